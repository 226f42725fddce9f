"""The asset of what policies match, and the checks that every policy can be trusted."""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.policies.blast import blast_radius, relations, with_dependants
from assets.finops.logic.policies.evaluate import evaluate
from assets.finops.logic.policies.inventory import Sources, inventory
from assets.finops.logic.policies.library import Library
from assets.finops.logic.policies.lifecycle import ENDED, follow
from assets.finops.logic.policies.schema import Policy
from assets.finops.logic.policies.windows import daily_use, windowed, windows_asked
from assets.finops.policy_files import PREFIX, policies_in_force
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["finops", "policy_matches"])
_INPUTS = ("resource_efficiency", "resource_costs", "resource_utilisation", "cost_and_usage", "cost_anomalies")
_DAYS_OF_TAGS = 91
_CENTS = pl.Decimal(38, 2)


@dg.asset(
    key=_KEY,
    group_name="finops",
    owners=["team:finops"],
    kinds={"yaml", "polars", "deltalake"},
    metadata=table_metadata(tables.POLICY_MATCHES),
    deps=[dg.AssetKey(["finops", name]) for name in _INPUTS],
    automation_condition=WHEN_COSTS_CHANGED,
    pool="finops_policies",
    check_specs=[
        dg.AssetCheckSpec(
            "every_policy_is_valid",
            asset=_KEY,
            description="Every policy file could be taken. One that could not is named with line, field and reason; it is not "
            "in force, the others are.",
        ),
        dg.AssetCheckSpec(
            "policies_pass_their_tests",
            asset=_KEY,
            description="Every policy says of the resources in its own file what that file expects. One that does not is not in "
            "force.",
        ),
    ],
)
def policy_matches(lake: Lake, inputs_store: ObjectStore) -> dg.MaterializeResult:
    """Which resources the policies match, since when and why, and what acting on them would touch; nothing is acted on.

    Policies come with the product and from `finops/policies/*.yaml` in the inputs store. What cannot be known never matches
    unless a policy says so, and is counted.
    """
    with errors_classified():
        library = policies_in_force(inputs_store)
    policies = list(library.policies.values())
    resources = policy_inventory(lake, policies)
    found = evaluate(policies, resources)
    files = pl.DataFrame(list(library.files.items()), schema={"policy": pl.String, "policy_file": pl.String}, orient="row")
    matched = with_dependants(found.matches.join(files, on="policy", how="left", maintain_order="left"), relations(resources))
    ends = resources.group_by("ProviderName").agg(pl.col("as_of").max())
    rows = follow(found, matched, lake.scan(tables.POLICY_MATCHES).collect(), ends, library.quarantined)
    lake.replace(tables.POLICY_MATCHES, rows, where=None)
    now = rows.filter(pl.col("state") != ENDED)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "resources": len(resources),
            "states": dg.MetadataValue.json(dict(sorted(rows["state"].value_counts().iter_rows()))),
            "policies": markdown_table(found.counts, limit=100),
            "blast_radius": markdown_table(blast_radius(now).with_columns(pl.col("cost_30d").round(2).cast(_CENTS)), limit=100),
            "own_policies": sum(not file.startswith("shipped/") for file in library.policies),
            "how_to_add_a_policy": f"Put a file at {PREFIX}NAME.yaml in the inputs store; try it with `cloudops policies check`.",
        },
        check_results=[_valid(library), _tested(library)],
    )


def policy_inventory(lake: Lake, policies: Sequence[Policy]) -> pl.DataFrame:
    """What the policies look at, read from the lake, with the measured use of the windows that they ask for."""
    efficiency = lake.scan(tables.RESOURCE_EFFICIENCY).collect()
    lines = lake.scan(tables.COST_AND_USAGE).select("ProviderName", "ResourceId", "Tags", "x_charge_date")
    if len(efficiency):
        since = efficiency["as_of"].to_list()
        lines = lines.filter(pl.col("x_charge_date") >= min(since) - timedelta(days=_DAYS_OF_TAGS))
    used = windowed(daily_use(lake.scan(tables.RESOURCE_UTILISATION)), efficiency, windows_asked(policies))
    looked = lake.version(tables.ANOMALY_EPISODES) is not None
    return inventory(
        Sources(
            efficiency=efficiency,
            resource_costs=lake.scan(tables.RESOURCE_COSTS),
            lines=lines,
            episodes=lake.scan(tables.ANOMALY_EPISODES).collect() if looked else None,
            measurements=used,
        )
    )


def _valid(library: Library) -> dg.AssetCheckResult:
    wrong = pl.DataFrame(
        {"file": list(library.quarantined), "reason": list(library.quarantined.values())},
        schema={"file": pl.String, "reason": pl.String},
    )
    ours = any(file.startswith("shipped/") for file in library.quarantined)
    return dg.AssetCheckResult(
        check_name="every_policy_is_valid",
        passed=wrong.is_empty(),
        severity=dg.AssetCheckSeverity.ERROR if ours else dg.AssetCheckSeverity.WARN,
        metadata={
            "policies": len(library.policies),
            "quarantined": len(wrong),
            "files": markdown_table(wrong),
        },
    )


def _tested(library: Library) -> dg.AssetCheckResult:
    failed = [outcome for outcome in library.outcomes if not outcome.passed]
    return dg.AssetCheckResult(
        check_name="policies_pass_their_tests",
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "tests": len(library.outcomes),
            "failed": len(failed),
            "complaints": markdown_table(
                pl.DataFrame({"test": [str(outcome) for outcome in failed]}, schema={"test": pl.String})
            ),
        },
    )
