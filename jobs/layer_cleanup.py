"""Versions of layers that nobody needs are deleted: a job that plans, and acts where it is told to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table
from assets.failures import errors_classified
from assets.journal import Journal
from assets.layers import tables
from assets.layers.estate import EstateReader
from assets.layers.held import held_versions
from assets.layers.logic.cleanup import Plan, Retentions, Rules, Verdict
from assets.layers.logic.estate import Estate
from assets.layers.logic.usage import known_versions
from assets.layers.specifications import specifications_of
from jobs.layer_version_changes import World, apply, plan, settle
from resources.clock import Clock
from resources.errors import PermanentError
from resources.lake import Lake
from resources.lambda_layers import LayerVersion
from resources.lambda_service import LambdaService
from resources.object_store import ObjectStore

_COST = "0: Lambda charges nothing for code storage; what is saved is room within the quota"
"""Source: aws.amazon.com/lambda/pricing has no price of code storage of functions that are zips."""
_COLUMNS = {"layer": pl.String, "version": pl.Int64, "place": pl.String, "created": pl.String, "bytes": pl.Int64}


class LayerCleanUpConfig(dg.Config):
    """Whether to act, and what may go."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    layers: list[str] = Field(
        default=[],
        description="Names of layers without a specification that may be cleaned up too, `*` for any text; else they are only "
        "reported.",
    )
    disregard_grants: list[str] = Field(
        default=[],
        description="Accounts and organisations, or `*` for everybody, whose grants keep no version though their functions are "
        "not seen.",
    )
    most_deletions: int = Field(default=100, ge=1, description="Versions that a run deletes; others go in the next.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")


@dg.op(
    description="Finds versions of layers that no function of any account uses and nothing else keeps; with `mode: apply`, "
    "deletes them. If anything cannot be read, nothing is deleted.",
    pool="lambda",
)
def clean_up_layers(
    context: dg.OpExecutionContext,
    config: LayerCleanUpConfig,
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    lambda_service: dg.ResourceParam[LambdaService],
) -> None:
    """Plan, print the plan, and act only if told to. A repeat does what is left, and nothing twice."""
    with errors_classified():
        if missing := lambda_service.missing():
            context.log.info("nothing is planned: %s", missing)
            context.add_output_metadata({"mode": config.mode, "plan": f"not configured: {missing}"})
            return
        retentions = Retentions(specifications_of(inputs_store), lambda_service.places()[0], config.layers)
        world = World(
            EstateReader(lambda_service, clock),
            lambda: Rules(retentions, held_versions(lake), frozenset(config.disregard_grants)),
            Journal(lake, tables.JOURNAL, context.run_id, config.by),
            clock.now,
        )
        estate = world.reader.read(aliases=False)
        if estate.unread:
            context.add_output_metadata({"mode": config.mode, "deleted": 0, "unread": dg.MetadataValue.json(list(estate.unread))})
            raise PermanentError(
                f"nothing is deleted, since what uses layers is not known: {'; '.join(estate.unread)}",
                "Let these places be read, or take them out of the settings if nothing there uses layers; then run this again.",
            )
        wanted, estate = plan(
            world, estate, config.most_deletions, known_versions(lake.scan(tables.VERSIONS).collect().to_dicts())
        )
        metadata: dict[str, Any] = {"mode": config.mode, **_told(wanted, estate)}
        context.log.info("plan: delete %s of %s", len(wanted.delete), len([*estate.owned()]))
        problems: Sequence[str] = ()
        if config.mode == "apply":
            metadata["settled"] = settle(world, estate)
            applied = apply(world, wanted, estate.details)
            metadata |= {
                "deleted": len(applied.deleted),
                "deleted_bytes": _bytes(applied.deleted, estate.details)[0],
                "kept_since": _table(applied.kept, estate.details),
            }
            problems = applied.problems
        context.add_output_metadata(metadata)
        if problems:
            raise PermanentError("; ".join(problems), "Correct what is named, and run this job again: it does what is left.")


def _told(wanted: Plan, estate: Estate) -> dict[str, Any]:
    """The plan for people: what goes, what it frees, and why everything else stays."""
    freed, unknown = _bytes(wanted.delete, estate.details)
    keeps = Counter(_kind(reason) for one in wanted.kept for reason in one.keeps)
    return {
        "plan": _table(wanted.delete, estate.details),
        "versions_to_delete": len(wanted.delete),
        "versions_for_later_runs": len(wanted.later),
        "bytes_to_free": freed,
        "versions_of_unknown_size": unknown,
        "share_of_quota": dg.MetadataValue.json(_shares(wanted.delete, estate)),
        "money_saved": _COST,
        "without_specification": _table(wanted.reported, estate.details),
        "kept": len(wanted.kept),
        "kept_because": dg.MetadataValue.json(dict(keeps.most_common())),
        "kept_versions": _table(wanted.kept, estate.details),
    }


def _bytes(verdicts: Sequence[Verdict], sizes: Mapping[str, LayerVersion]) -> tuple[int, int]:
    """Size of versions together, and of how many it is not known."""
    found = [sizes[arn].zip_bytes if (arn := str(one.version.arn)) in sizes else None for one in verdicts]
    return sum(size or 0 for size in found), found.count(None)


def _shares(verdicts: Sequence[Verdict], estate: Estate) -> dict[str, str]:
    """What is freed of the quota of each place."""
    said = {}
    for reading in estate.readings:
        of = [
            v for v in verdicts if (v.version.arn.account, v.version.arn.region) == (reading.place.account, reading.place.region)
        ]
        freed = _bytes(of, estate.details)[0]
        said[str(reading.place)] = f"{freed / reading.code.limit_bytes:.2%}" if reading.code else "the quota is unknown"
    return said


def _kind(reason: str) -> str:
    """A reason without the names that it tells."""
    return reason.split(" by ")[0].split(" to ")[0]


def _table(verdicts: Sequence[Verdict], sizes: Mapping[str, LayerVersion]) -> dg.MarkdownMetadataValue | str:
    if not verdicts:
        return "none"
    rows = [
        {
            "layer": one.version.arn.name,
            "version": one.version.arn.version,
            "place": f"{one.version.arn.account}/{one.version.arn.region}",
            "created": f"{one.version.created:%Y-%m-%d}" if one.version.created else None,
            "bytes": sizes[arn].zip_bytes if (arn := str(one.version.arn)) in sizes else None,
            "why": "; ".join(one.keeps) or "nothing uses or keeps it",
        }
        for one in verdicts
    ]
    return markdown_table(pl.DataFrame(rows, schema={**_COLUMNS, "why": pl.String}), limit=200)


@dg.job(
    description="Deletes versions of layers that no function, published version or alias of any account uses and nothing else "
    "keeps; only plans unless told to apply.",
    run_tags={"domain": "layers"},
)
def layer_cleanup() -> None:
    """Plan, or carry out, the clean-up."""
    clean_up_layers()
