"""The rows of `finops/unit_economics`: costs divided by metrics, and how sure that is."""

import numpy as np
import polars as pl

from assets.finops.logic.unit_economics.costs import scope_costs
from assets.finops.logic.unit_economics.metrics import SCOPE
from assets.finops.logic.unit_economics.movement import outliers, trend

_MONEY, _QUANTITY = pl.Decimal(38, 24), pl.Decimal(38, 18)
_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("metric", *SCOPE, "BillingCurrency", "kind", "metric_currency", "period"), pl.String()),
    "period_start": pl.Date(),
    "cost": _MONEY,
    "cost_status": pl.String(),
    "metric_value": _QUANTITY,
    **dict.fromkeys(("cost_per_unit", "cost_percent_of_revenue"), _MONEY),
    **dict.fromkeys(("status", "reason"), pl.String()),
    "trailing_cost_per_unit": _MONEY,
    "trailing_days": pl.Int64(),
    **dict.fromkeys(("trend_percent", "trend_low_percent", "trend_high_percent"), pl.Float64()),
    "expected_cost_per_unit": _MONEY,
    "score": pl.Float64(),
    "anomaly": pl.Boolean(),
    "driver": pl.String(),
}
_TRAILING_DAYS, _FEWEST_TRAILING = 28, 14
_LARGEST_FIGURE = 9e11
"""What a percentage with 24 decimals can hold; Polars refuses a whole column for one quotient that does not fit."""
_DIGITS = 12
_IDENTITY = ("metric", *SCOPE, "kind", "metric_currency", "period")


def unit_economics(daily_costs: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
    """Cost per unit of every metric, columns as in the table.

    Args:
        daily_costs: Rows of `finops/daily_costs`, of all days.
        metrics: As `metrics.read_metrics` gives them.
    """
    if metrics.is_empty() or daily_costs.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    series = _series(metrics)
    costs = scope_costs(daily_costs, series)
    values = metrics.join(series.select("series", *_IDENTITY), on=_IDENTITY, nulls_equal=True)
    joined = (
        costs.join(series.select("series", *_IDENTITY), on="series")
        .join(values.select("series", "period_start", "metric_value"), on=["series", "period_start"], how="left")
        .sort("series", "BillingCurrency", "period_start")
    )
    parts = [_moved(part) for part in _divided(joined).partition_by("series", "BillingCurrency", maintain_order=True)]
    if not parts:
        return pl.DataFrame(schema=_SCHEMA)
    rows = pl.concat(parts).select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())
    return rows.sort("metric", *SCOPE, "BillingCurrency", "period_start", nulls_last=False)


def without_metric(rows: pl.DataFrame) -> pl.DataFrame:
    """Per metric and scope: settled periods with a cost, those of them without a value (`missing`), and the first such.

    Args:
        rows: Of `unit_economics`.
    """
    keys = ["metric", *SCOPE, "period"]
    spent = rows.filter((pl.col("cost_status") == "known") & (pl.col("cost") != 0))
    periods = spent.group_by(*keys, "period_start").agg(missing=pl.col("metric_value").is_null().any())
    counted = periods.group_by(keys).agg(
        periods=pl.len(),
        missing=pl.col("missing").sum(),
        first_missing=pl.col("period_start").filter("missing").min(),
    )
    return counted.sort(keys, nulls_last=False)


def scopes_without_costs(rows: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
    """Metrics and scopes of which no cost is known at all, perhaps as the scope is misspelt."""
    keys = ["metric", *SCOPE]
    return metrics.select(keys).unique().join(rows.select(keys).unique(), on=keys, how="anti", nulls_equal=True).sort(keys)


def _series(metrics: pl.DataFrame) -> pl.DataFrame:
    """Each metric in each scope, with its first and last period."""
    spans = metrics.group_by(_IDENTITY).agg(first=pl.col("period_start").min(), last=pl.col("period_start").max())
    return spans.sort(_IDENTITY, nulls_last=False).with_row_index("series")


def _divided(joined: pl.DataFrame) -> pl.DataFrame:
    """With the ratio where both sides are known, else with the reason why there is none."""
    value, cost = pl.col("metric_value"), pl.col("cost")
    foreign = (pl.col("kind") == "revenue") & (pl.col("metric_currency") != pl.col("BillingCurrency"))
    quotient = cost.cast(pl.Float64) / value.cast(pl.Float64)
    too_large = ~((quotient.abs() < _LARGEST_FIGURE).fill_null(value=True))
    unknown = (
        pl.when(foreign)
        .then(pl.format("revenue is in {}, costs in {}: not converted", "metric_currency", "BillingCurrency"))
        .when(value.is_null())
        .then(pl.format("no metric for this {}", "period"))
        .when(value <= 0)
        .then(pl.lit("the metric is not above zero"))
        .when(pl.col("cost_status") == "unknown")
        .then(pl.lit("no costs were delivered"))
        .when(too_large)
        .then(pl.lit("the quotient is too large"))
    )
    incomplete = pl.when(pl.col("cost_status") == "incomplete").then(pl.lit("the costs are not complete"))
    status = pl.when(unknown.is_not_null()).then(pl.lit("unknown")).when(incomplete.is_not_null()).then(pl.lit("incomplete"))
    told = joined.with_columns(status=status.otherwise(pl.lit("known")), reason=pl.coalesce(unknown, incomplete))
    known = pl.col("status") == "known"
    per_unit = (pl.when(known).then(cost) / pl.when(known).then(value).otherwise(1)).cast(_MONEY)
    percent = pl.when(pl.col("kind") == "revenue").then(pl.col("cost_per_unit") * 100)
    return told.with_columns(cost_per_unit=per_unit).with_columns(cost_percent_of_revenue=percent.cast(_MONEY))


def _moved(part: pl.DataFrame) -> pl.DataFrame:
    """One series in one currency, its periods without gaps: with trailing ratio, trend and anomalies."""
    monthly = part["period"][0] == "month"
    known = part["status"] == "known"
    costs, values = (part[name].cast(pl.Float64).set(~known, None).to_numpy() for name in ("cost", "metric_value"))
    usable = np.nan_to_num(values) > 0
    ratios = np.divide(costs, values, out=np.full(len(costs), np.nan), where=usable)
    with_trend = pl.concat([part, trend(ratios, monthly=monthly)], how="horizontal")
    if monthly:
        return with_trend.with_columns(
            trailing_cost_per_unit=pl.lit(None, _MONEY), trailing_days=pl.lit(0, pl.Int64),
            expected_cost_per_unit=pl.lit(None, _MONEY), score=pl.lit(None, pl.Float64),
            anomaly=pl.lit(None, pl.Boolean), driver=pl.lit(None, pl.String),
        )  # fmt: skip
    judged = outliers(costs, values)
    expected = judged["expected"].round_sig_figs(_DIGITS).cast(_MONEY, strict=False).alias("expected_cost_per_unit")
    return with_trend.with_columns(*_trailing(), expected, *judged.select("score", "anomaly", "driver"))


def _trailing() -> tuple[pl.Expr, pl.Expr]:
    """Ratio of the sums over the last four weeks, and the days in it; sums of ratios would weigh quiet days like busy ones."""
    known = pl.col("status") == "known"
    cost, value, days = (
        _last_days(pl.when(known).then(of).otherwise(pl.lit(0, dtype)))
        for of, dtype in ((pl.col("cost"), _MONEY), (pl.col("metric_value"), _QUANTITY), (pl.lit(1, pl.Int64), pl.Int64()))
    )
    enough = (days >= _FEWEST_TRAILING) & (pl.int_range(pl.len()) >= _TRAILING_DAYS - 1)
    ratio = pl.when(enough).then(cost) / pl.when(enough).then(value).otherwise(1)
    return ratio.cast(_MONEY).alias("trailing_cost_per_unit"), days.cast(pl.Int64).alias("trailing_days")


def _last_days(values: pl.Expr) -> pl.Expr:
    total = values.cum_sum()
    return total - total.shift(_TRAILING_DAYS, fill_value=0)
