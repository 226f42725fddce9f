"""Rows of `finops/resource_utilisation`: what was measured of each resource and day, and what could not be."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

import polars as pl

from assets.finops.logic.performance.rule import PerformanceRule

METRICS = ("cpu", "memory", "network")
STATISTICS = ("mean", "p95", "max")
ENOUGH, TOO_FEW, UNKNOWN = "known", "too few datapoints", "unknown"
_ID = ("ProviderName", "ResourceId", "x_charge_date")


class Use(NamedTuple):
    """One metric of one resource and day, as it was read."""

    ResourceId: str
    x_charge_date: date
    mean: float
    p95: float | None
    max: float | None
    datapoints: int


_USE = pl.Schema(
    {"ResourceId": pl.String(), "x_charge_date": pl.Date(), "mean": pl.Float64(), "p95": pl.Float64(), "max": pl.Float64(),
     "datapoints": pl.Int64()}
)  # fmt: skip
SCHEMA: dict[str, pl.DataType] = {
    "x_charge_date": pl.Date(),
    **dict.fromkeys(("ProviderName", "ResourceId", "RegionId", "x_source"), pl.String()),
    **{
        f"{metric}_{statistic}": pl.Int64() if statistic == "datapoints" else pl.Float64()
        for metric in METRICS
        for statistic in (*STATISTICS, "datapoints")
    },
    "utilisation_status": pl.String(),
}
"""Columns of the rows."""


def resources_of(days: pl.DataFrame) -> pl.DataFrame:
    """`ProviderName`, `ResourceId`, `RegionId` and `SubAccountId` of each resource of compute days, as on its last day."""
    newest = days.sort("x_charge_date", "cost", nulls_last=False)
    return (
        newest.group_by("ProviderName", "ResourceId")
        .agg(pl.col("RegionId", "SubAccountId").last())
        .sort("ProviderName", "ResourceId")
    )


def rows(
    days: pl.DataFrame, use: Mapping[str, Iterable[Use]], sources: Mapping[str, str], rule: PerformanceRule | None = None
) -> pl.DataFrame:
    """One row per resource and day that is paid for; where nothing was measured, everything is null.

    Args:
        days: What is paid for, as `compute.compute_days` gives it.
        use: By name of the metric, what was read.
        sources: Namespace of a resource's metrics, by ResourceId, where its kind is measured at all.
        rule: Thresholds.
    """
    rule = rule or PerformanceRule()
    joined = days.group_by(_ID).agg(pl.col("RegionId").first())
    known = pl.DataFrame(list(sources.items()), schema={"ResourceId": pl.String(), "x_source": pl.String()}, orient="row")
    joined = joined.join(known, on="ResourceId", how="left")
    for metric in METRICS:
        read = pl.DataFrame(list(use.get(metric, ())), schema=_USE, orient="row")
        named = read.rename({name: f"{metric}_{name}" for name in (*STATISTICS, "datapoints")})
        joined = joined.join(named, on=("ResourceId", "x_charge_date"), how="left", validate="m:1")
    return joined.with_columns(utilisation_status=_status(rule)).select(pl.col(n).cast(t) for n, t in SCHEMA.items()).sort(_ID)


def kept(new: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The new rows; but where one is unknown that was known before, what was known: clouds forget after a while."""
    known = stored.filter(pl.col("utilisation_status") != UNKNOWN)
    lost = (
        new.filter(pl.col("utilisation_status") == UNKNOWN)
        .select(_ID)
        .join(known.select(_ID), on=_ID, how="semi", nulls_equal=True)
    )
    still = known.join(lost, on=_ID, how="semi", nulls_equal=True).select(new.columns)
    return pl.concat([new.join(lost, on=_ID, how="anti", nulls_equal=True), still]).sort(_ID)


def coverage(days: pl.DataFrame, utilisation: pl.DataFrame) -> pl.DataFrame:
    """Per provider and currency: what the compute days cost, and for how much of it the use is known.

    Columns `ProviderName`, `BillingCurrency`, `cost`, `cost_known`, `resources`, `resources_known` (at least one day known) and
    `share`, null where nothing was spent. Credits, which are no use, are left out.
    """
    known = utilisation.filter(pl.col("utilisation_status") == ENOUGH).select(_ID).with_columns(known=True)
    joined = days.join(known, on=_ID, how="left", nulls_equal=True).with_columns(pl.col("known").fill_null(value=False))
    spent = joined.filter(pl.col("cost") > 0)
    summed = spent.group_by("ProviderName", "BillingCurrency").agg(
        pl.col("cost").sum(),
        cost_known=pl.col("cost").filter("known").sum(),
        resources=pl.col("ResourceId").n_unique(),
        resources_known=pl.col("ResourceId").filter("known").n_unique(),
    )
    share = pl.col("cost_known").cast(pl.Float64) / pl.col("cost").cast(pl.Float64)
    return summed.with_columns(share=share).sort("ProviderName", "BillingCurrency")


def _status(rule: PerformanceRule) -> pl.Expr:
    number = pl.col("cpu_datapoints").fill_null(0)
    return (
        pl.when((number == 0) | pl.col("cpu_mean").is_null())
        .then(pl.lit(UNKNOWN))
        .when(number < rule.fewest_datapoints)
        .then(pl.lit(TOO_FEW))
        .otherwise(pl.lit(ENOUGH))
    )
