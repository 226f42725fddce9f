"""The assets of costs per day: per service, and per resource."""

from collections.abc import Callable
from datetime import date

import dagster as dg
import polars as pl

from assets.catalogue import table_metadata
from assets.finops import tables
from assets.finops.logic import daily
from assets.finops.logic.conservation import by_currency, money_text
from assets.finops.partitions import DAYS, window
from assets.finops.tie_out import of_days
from resources.lake import Lake
from resources.tables import Table

_LINES = dg.AssetKey(["finops", "cost_and_usage"])


def _check(asset: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        "totals_equal_the_lines",
        asset=["finops", asset],
        blocking=True,
        description="Per day and currency, BilledCost and the number of lines equal those of finops/cost_and_usage, exactly; "
        "no amount is without a currency.",
    )


@dg.asset(
    key=["finops", "daily_costs"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.DAILY_COSTS),
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[_LINES],
    check_specs=[_check("daily_costs")],
)
def daily_costs(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult:
    """Cost per sub-account, service, region, currency and day, with provider-neutral service and place."""
    return _replace_days(lake, tables.DAILY_COSTS, window(context), daily.daily_costs)


@dg.asset(
    key=["finops", "resource_costs"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.RESOURCE_COSTS),
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[_LINES],
    check_specs=[_check("resource_costs")],
)
def resource_costs(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult:
    """Cost and comparable usage per resource, service, region, currency and day."""
    return _replace_days(lake, tables.RESOURCE_COSTS, window(context), daily.resource_costs)


def _replace_days(
    lake: Lake, table: Table, days: tuple[date, date], summed: Callable[[pl.LazyFrame], pl.DataFrame]
) -> dg.MaterializeResult:
    first, last = days
    lines = lake.scan(tables.COST_AND_USAGE).filter(of_days(days))
    lake.replace(table, summed(lines), where=f"x_charge_date >= '{first}' AND x_charge_date <= '{last}'")
    stored = lake.scan(table).filter(pl.col("x_charge_date").is_between(first, last))
    here = _totals(stored, pl.col("x_lines").sum())
    there = _totals(lines, pl.len())
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": int(stored.select(pl.len()).collect().item()),
            "billed": dg.MetadataValue.json(money_text(by_currency(here))),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="totals_equal_the_lines",
                passed=here.equals(there) and here["BillingCurrency"].null_count() == 0,
                metadata={
                    "billed_here": dg.MetadataValue.json(money_text(by_currency(here))),
                    "billed_in_the_lines": dg.MetadataValue.json(money_text(by_currency(there))),
                },
            )
        ],
    )


def _totals(frame: pl.LazyFrame, lines: pl.Expr) -> pl.DataFrame:
    keys = ("x_charge_date", "BillingCurrency")
    summed = frame.group_by(keys).agg(BilledCost=pl.col("BilledCost").sum(), lines=lines.cast(pl.Int64))
    return summed.sort(keys).collect(engine="streaming")
