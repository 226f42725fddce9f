"""The asset of resources, what they cost for what they do, and which are worth a look."""

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.finops import tables
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.efficiency.assess import assess
from resources.lake import Lake


@dg.asset(
    key=["finops", "resource_efficiency"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"polars", "numpy", "deltalake"},
    metadata=table_metadata(tables.RESOURCE_EFFICIENCY),
    deps=[dg.AssetKey(["finops", "resource_costs"])],
    automation_condition=WHEN_COSTS_CHANGED,
)
def resource_efficiency(lake: Lake) -> dg.MaterializeResult:
    """Each resource's cost, use, trend and unit price, its state in one word, and candidates with their evidence.

    Bills say what was paid, not whether it was needed: without measured use nothing is called idle or too large.
    """
    found = assess(lake.scan(tables.RESOURCE_COSTS))
    lake.replace(tables.RESOURCE_EFFICIENCY, found, where=None)
    kinds = found.select(pl.col("candidates").explode(empty_as_null=False).value_counts(sort=True).struct.unnest())
    worth_a_look = found.filter(pl.col("candidates").list.len() > 0).sort("cost_30d", descending=True)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "states": dg.MetadataValue.json(dict(sorted(found["state"].value_counts().iter_rows()))),
            "candidates": dg.MetadataValue.json(dict(kinds.iter_rows())),
            "resources_without_observed_use": len(found.filter(pl.col("utilisation_status") != "observed")),
            "worth_a_look": markdown_table(
                worth_a_look.select(
                    "ServiceName", "ResourceId", "BillingCurrency", pl.col("cost_30d").round(2), "state", "candidates", "evidence"
                )
            ),
        }
    )
