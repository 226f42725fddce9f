"""The asset of cost anomalies."""

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.finops import tables
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic import anomalies
from resources.lake import Lake


@dg.asset(
    key=["finops", "cost_anomalies"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"python", "numpy", "deltalake"},
    metadata=table_metadata(tables.COST_ANOMALIES),
    deps=[dg.AssetKey(["finops", "daily_costs"]), dg.AssetKey(["finops", "resource_costs"])],
    automation_condition=WHEN_COSTS_CHANGED,
)
def cost_anomalies(lake: Lake) -> dg.MaterializeResult:
    """Days on which a series cost far more or less than its own past lets expect, with the resources that moved.

    Judged anew over all days whenever costs change, each day with the days before it alone, so that late and corrected files are
    taken in.
    """
    daily = lake.scan(tables.DAILY_COSTS).collect()
    found = anomalies.detect(daily, lake.scan(tables.RESOURCE_COSTS).collect())
    lake.replace(tables.COST_ANOMALIES, found, where=None)
    newest = found.sort("x_charge_date", "impact", descending=True)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "series": daily.select(anomalies.SERIES).n_unique() if len(daily) else 0,
            "series_without_enough_history": anomalies.unjudged(daily),
            "newest": markdown_table(
                newest.select(
                    "x_charge_date", "ServiceName", "RegionId", "BillingCurrency", "actual", "expected", "resource_ids"
                ).with_columns(pl.col("actual", "expected").round(2))
            ),
        }
    )
