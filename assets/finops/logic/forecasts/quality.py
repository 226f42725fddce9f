"""Judgements on forecasts: whether they add up, whether their intervals hold what they say, and whether they are worth having."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

LEAST_COVERAGE, MOST_COVERAGE = 0.90, 0.99
"""Between these an interval of 95 % is taken as calibrated."""
_LEVELS = {"provider": ["ProviderName", "BillingCurrency"], "currency": ["BillingCurrency"]}


def differences(forecasts: pl.DataFrame) -> pl.DataFrame:
    """Days on which a total is not the exact sum of its series: whose total, `point` and `sum_of_series`.

    Args:
        forecasts: Rows of one origin of `finops/cost_forecasts`. Totals that are null claim nothing.
    """
    series = forecasts.filter(pl.col("level") == "series")
    found = []
    for level, keys in _LEVELS.items():
        days = ["x_charge_date", *keys]
        sums = series.group_by(days).agg(sum_of_series=pl.col("point").sum())
        totals = forecasts.filter((pl.col("level") == level) & pl.col("point").is_not_null())
        joined = totals.join(sums, on=days, how="left", nulls_equal=True)
        differs = pl.col("point").eq_missing(pl.col("sum_of_series")).not_()
        found.append(joined.filter(differs))
    columns = ["x_charge_date", "level", "ProviderName", "BillingCurrency", "point", "sum_of_series"]
    return pl.concat(found).select(columns).sort(columns[:4])


@dataclass(frozen=True, slots=True)
class Calibration:
    """Share of backtest days inside the intervals, over all series, and how many days that is; shares are None if it is none."""

    coverage_80: float | None
    coverage_95: float | None
    points: int

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against the intervals of 95 %: also where there is nothing to judge by."""
        return self.coverage_95 is None or LEAST_COVERAGE <= self.coverage_95 <= MOST_COVERAGE


def calibration(quality: pl.DataFrame, level: str = "series") -> Calibration:
    """Coverage in the backtest, pooled over the series or totals of a level, each by its number of days."""
    judged = quality.filter((pl.col("level") == level) & (pl.col("points") > 0)).drop_nulls(["coverage_80", "coverage_95"])
    points = int(judged["points"].sum())
    if not points:
        return Calibration(None, None, 0)
    shares = judged.select((pl.col("coverage_80", "coverage_95") * pl.col("points")).sum() / points)
    return Calibration(shares["coverage_80"].item(), shares["coverage_95"].item(), points)


def skill_by_currency(quality: pl.DataFrame) -> dict[str, float]:
    """1 − error / error of the seasonal naive forecast, both summed in money over the series of a currency.

    Money weighs by cost: a series of a thousand a day counts for more than one of cents. A currency is left out where no series
    has a backtest, or the naive forecast made no error at all.
    """
    judged = quality.filter(pl.col("level") == "series").drop_nulls(["mae", "mae_seasonal_naive"])
    errors = pl.col("mae", "mae_seasonal_naive").sum().cast(pl.Float64)
    summed = judged.group_by("BillingCurrency").agg(errors).filter(pl.col("mae_seasonal_naive") > 0).sort("BillingCurrency")
    return {currency: 1 - mae / naive for currency, mae, naive in summed.iter_rows()}


def money_by_model(forecasts: pl.DataFrame) -> pl.DataFrame:
    """How much of the money forecast comes from which model, per currency: `series`, `forecast` and `share`."""
    told = forecasts.filter((pl.col("level") == "series") & pl.col("model").is_not_null())
    keys = ["ProviderName", "SubAccountId", "ServiceName", "RegionId"]
    summed = told.group_by("BillingCurrency", "model").agg(series=pl.struct(keys).n_unique(), forecast=pl.col("point").sum())
    size = pl.col("forecast").cast(pl.Float64).abs()
    whole = size.sum().over("BillingCurrency")
    shares = summed.with_columns(share=pl.when(whole > 0).then(size / whole).round(3))
    return shares.sort("BillingCurrency", "share", "model", descending=[False, True, False])


def totals_of_the_span(forecasts: pl.DataFrame) -> pl.DataFrame:
    """Each total over all days of the forecast: its sum, and how much of recent money it leaves out."""
    totals = forecasts.filter(pl.col("level") != "series")
    keys = ["BillingCurrency", "ProviderName", "level", "status"]
    told = pl.when(pl.col("point").null_count() == 0).then(pl.col("point").sum()).alias("forecast")
    days = (pl.col("x_charge_date").min().alias("from"), pl.col("x_charge_date").max().alias("to"))
    summed = totals.group_by(keys).agg(*days, told, pl.col("last_day_used", "share_without_forecast").first())
    named = pl.when(pl.col("level") == "currency").then(pl.lit("all")).otherwise("ProviderName").alias("cloud")
    chosen = summed.sort("BillingCurrency", "level", "ProviderName", nulls_last=True)
    return chosen.select(
        "BillingCurrency", named, "from", "to", "forecast", "status", "last_day_used", pl.col("share_without_forecast").round(3)
    )
