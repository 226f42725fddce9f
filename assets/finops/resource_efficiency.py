"""The asset of resources, what they cost for what they do, and which are worth a look."""

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.finops import tables
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.efficiency.assess import assess
from assets.finops.logic.performance import judge as performance
from resources.lake import Lake


@dg.asset(
    key=["finops", "resource_efficiency"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"polars", "numpy", "deltalake"},
    metadata=table_metadata(tables.RESOURCE_EFFICIENCY),
    deps=[dg.AssetKey(["finops", name]) for name in ("resource_costs", "resource_utilisation")],
    automation_condition=WHEN_COSTS_CHANGED,
)
def resource_efficiency(lake: Lake) -> dg.MaterializeResult:
    """Each resource's cost, use, trend and unit price, its state in one word, and candidates with their evidence.

    Bills say what was paid, not whether it was needed: without measured use nothing is called idle or too large. How much
    machines and databases use, what an hour of it costs and how well their size fits goes to `finops/resource_performance`.
    """
    costs = lake.scan(tables.RESOURCE_COSTS)
    judged = performance.judge(costs, lake.scan(tables.RESOURCE_UTILISATION).collect())
    found = assess(costs, performance.assessed(judged))
    lake.replace(tables.RESOURCE_PERFORMANCE, judged, where=None)
    lake.replace(tables.RESOURCE_EFFICIENCY, found, where=None)
    kinds = found.select(pl.col("candidates").explode(empty_as_null=False).value_counts(sort=True).struct.unnest())
    worth_a_look = found.filter(pl.col("candidates").list.len() > 0).sort("cost_30d", descending=True)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "states": dg.MetadataValue.json(dict(sorted(found["state"].value_counts().iter_rows()))),
            "candidates": dg.MetadataValue.json(dict(kinds.iter_rows())),
            "resources_without_observed_use": len(found.filter(pl.col("utilisation_status") != "observed")),
            "machines_and_databases": dg.MetadataValue.json(dict(sorted(judged["verdict"].value_counts().iter_rows()))),
            "measured": markdown_table(_measured(judged)),
            "worth_a_look": markdown_table(
                worth_a_look.select(
                    "ServiceName", "ResourceId", "BillingCurrency", pl.col("cost_30d").round(2), "state", "candidates", "evidence"
                )
            ),
        }
    )


def _measured(judged: pl.DataFrame) -> pl.DataFrame:
    """The dearest machines and databases with what is known of their use."""
    shown = ("ServiceName", "ResourceId", "BillingCurrency", "cost_30d", "verdict", "cpu_p95", "memory_p95")
    more = ("cost_per_utilised_cpu_hour", "cpu_hours_unit", "cpu_trend", "efficiency_score", "score_unknown_because")
    dearest = judged.sort("cost_30d", descending=True, nulls_last=True).select(*shown, *more)
    return dearest.with_columns(pl.col("cost_30d").round(2), pl.selectors.float().round(2))
