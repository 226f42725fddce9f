"""What forecasts come to: over all their days, and over calendar months together with what was paid already."""

from datetime import timedelta

import polars as pl

from assets.finops.logic.panel import cost

BOUNDS = ("lower_80", "upper_80", "lower_95", "upper_95")
_KEYS = ["BillingCurrency", "ProviderName"]
_MONEY = pl.Decimal(38, 24)
MONTHS: dict[str, pl.DataType] = {
    "BillingCurrency": pl.String(),
    "level": pl.String(),
    "ProviderName": pl.String(),
    "month": pl.Date(),
    "days_missing": pl.Int64(),
    "paid": _MONEY,
    "expected": _MONEY,
    "total": _MONEY,
    **{f"total_{bound}": _MONEY for bound in BOUNDS},
}
"""Per currency, cloud (level `provider`) or all clouds (`currency`), and month: what settled days cost, what is expected of the
others, and both together with its bounds. Null where it cannot be told; `days_missing` are neither settled nor forecast."""


def totals(forecasts: pl.DataFrame, quality: pl.DataFrame) -> pl.DataFrame:
    """Each total over all its days: BillingCurrency, ProviderName (null: all clouds), level, status, `from`, `to`, the sum of
    `point` with its bounds (null unless every day is told), last_day_used and share_without_forecast.

    Args:
        forecasts: Rows of one issue of `finops/cost_forecasts`.
        quality: `finops/forecast_quality` of that issue.
    """  # noqa: D205 - one sentence
    summed = forecasts.filter(pl.col("level") != "series").group_by(*_KEYS, "level")
    day = pl.col("x_charge_date")
    told = summed.agg(
        day.min().alias("from"),
        day.max().alias("to"),
        *(_whole(name) for name in ("point", *BOUNDS)),
        pl.col("status", "last_day_used", "share_without_forecast").first(),
    ).sort("BillingCurrency", "level", "ProviderName", nulls_last=True)
    return with_bounds_of_sums(told, quality.filter(pl.col("level") != "series"), [*_KEYS, "level"])


def with_bounds_of_sums(told: pl.DataFrame, quality: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The rows with the bounds that sums over all days had in the backtest.

    Where there were too few of them, the bounds stay those of the days, added up: wider than need be, as errors even out in part.
    """
    of_sums = quality.select(*keys, *(pl.col(f"sum_{bound}") for bound in BOUNDS))
    joined = told.join(of_sums, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(pl.coalesce(f"sum_{bound}", bound).alias(bound) for bound in BOUNDS).select(told.columns)


def months(forecasts: pl.DataFrame, daily: pl.DataFrame) -> pl.DataFrame:
    """Calendar months that forecasts reach into, and those before them, as `MONTHS`.

    The total of a month is what its settled days cost and what is expected of the others. Its bounds add up those of the days:
    as the errors of days even out in part, they are wider than they say. A total of all clouds is that of its clouds.

    Args:
        forecasts: Rows of one issue of `finops/cost_forecasts`.
        daily: `finops/daily_costs`.
    """
    ahead = forecasts.filter(pl.col("level") == "provider")
    if ahead.is_empty():
        return pl.DataFrame(schema=MONTHS)
    since = ahead.select(pl.col("origin").min() - timedelta(days=31)).item().replace(day=1)
    days = pl.concat([_paid(ahead, daily), _expected(ahead)]).filter(pl.col("day") >= since)
    clouds = days.group_by(*_KEYS, pl.col("day").dt.month_start().alias("month")).agg(
        _whole("paid", pl.col("settled")), _whole("expected", ~pl.col("settled")), days=pl.len()
    )
    known = clouds.join(_begins(daily), on=_KEYS, how="left", nulls_equal=True)
    start = pl.max_horizontal("month", "begins")
    missing = (pl.col("month").dt.month_end() - start).dt.total_days() + 1 - pl.col("days")
    whole = pl.when(pl.col("days_missing") == 0).then(pl.col("paid") + pl.col("expected"))
    told = known.with_columns(days_missing=missing.clip(lower_bound=0)).with_columns(total=whole)
    every = told.group_by("BillingCurrency", "month").agg(
        *(_whole(name) for name in ("paid", "expected", "total")), pl.col("days_missing").sum()
    )
    totals = every.with_columns(ProviderName=pl.lit(None, pl.String), level=pl.lit("currency"))
    return _bounded(pl.concat([told.with_columns(level=pl.lit("provider")), totals], how="diagonal"), forecasts)


def _paid(ahead: pl.DataFrame, daily: pl.DataFrame) -> pl.DataFrame:
    """Cost of each settled day of each cloud."""
    settled = ahead.group_by(_KEYS).agg(pl.col("last_day_used").first())
    past = daily.join(settled, on=_KEYS, nulls_equal=True).filter(pl.col("x_charge_date") <= pl.col("last_day_used"))
    summed = past.group_by(*_KEYS, pl.col("x_charge_date").alias("day")).agg(_whole("paid", amount=cost()))
    return summed.with_columns(expected=pl.lit(0, _MONEY), settled=pl.lit(value=True))


def _expected(ahead: pl.DataFrame) -> pl.DataFrame:
    later = ahead.filter((pl.col("x_charge_date") > pl.col("last_day_used")).fill_null(value=True))
    return later.select(*_KEYS, day="x_charge_date", paid=pl.lit(0, _MONEY), expected="point", settled=pl.lit(value=False))


def _begins(daily: pl.DataFrame) -> pl.DataFrame:
    return daily.group_by(_KEYS).agg(begins=pl.col("x_charge_date").min())


def _bounded(told: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """With the distance of the daily bounds from what is expected, added up per month."""
    distances = (
        forecasts.filter(pl.col("level") != "series")
        .group_by(*_KEYS, "level", pl.col("x_charge_date").dt.month_start().alias("month"))
        .agg(_whole(bound, amount=pl.col(bound) - pl.col("point")) for bound in BOUNDS)
        .with_columns(ahead=pl.lit(value=True))
    )
    joined = told.join(distances, on=[*_KEYS, "level", "month"], how="left", nulls_equal=True)
    # A month of settled days alone has no bounds but itself.
    distance = (pl.when(pl.col("ahead")).then(pl.col(bound)).otherwise(pl.lit(0, _MONEY)) for bound in BOUNDS)
    bounds = {f"total_{bound}": pl.col("total") + part for bound, part in zip(BOUNDS, distance, strict=True)}
    ordered = joined.with_columns(**bounds).sort("BillingCurrency", "level", "ProviderName", "month")
    return ordered.select(pl.col(name).cast(dtype) for name, dtype in MONTHS.items())


def _whole(name: str, only: pl.Expr | None = None, *, amount: pl.Expr | None = None) -> pl.Expr:
    """The sum of the amounts, null if any is; 0 if there are none."""
    chosen = pl.col(name) if amount is None else amount
    if only is not None:
        chosen = chosen.filter(only)
    return pl.when(chosen.null_count() == 0).then(chosen.sum()).cast(_MONEY).alias(name)
