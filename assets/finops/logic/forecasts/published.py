"""Forecasts and their quality as rows of `finops/cost_forecasts` and `finops/forecast_quality`: exact decimals that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.forecasts.alone import BOUNDS, OF_SUMS, Alone
from assets.finops.logic.forecasts.hierarchy import Total
from assets.finops.logic.panel import SERIES

_DIGITS = 6
"""Digits after the point: no forecast knows more."""
TOLD = ("ok", "ended")
"""Status of totals that have a forecast."""
_MONEY = pl.Decimal(38, 24)
_KEYS = {"level": pl.String(), **dict.fromkeys(SERIES, pl.String())}
FORECASTS = {
    "origin": pl.Date(), "x_charge_date": pl.Date(), **_KEYS, "last_day_used": pl.Date(), "point": _MONEY,
    **dict.fromkeys(BOUNDS, _MONEY), "model": pl.String(), "status": pl.String(), "share_without_forecast": pl.Float64(),
}  # fmt: skip
"""Columns of `finops/cost_forecasts`."""
QUALITY = {
    "origin": pl.Date(), **_KEYS, "model": pl.String(), "status": pl.String(), "history_days": pl.Int64(), "recent_cost": _MONEY,
    "origins": pl.Int64(), "points": pl.Int64(), "mae": _MONEY, "mae_seasonal_naive": _MONEY,
    "bias": _MONEY, **dict.fromkeys(("mase", "smape", "skill", "coverage_80", "coverage_95"), pl.Float64()),
    **dict.fromkeys(("sum_point", *OF_SUMS), _MONEY),
}  # fmt: skip
"""Columns of `finops/forecast_quality`."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of forecasts: from which day, for which days, of which series and totals."""

    origin: date
    days: Sequence[date]
    series: pl.DataFrame
    totals: Sequence[Total]

    @property
    def keys(self) -> pl.DataFrame:
        """`level` and `SERIES` of every series and then of every total; totals have nulls where they are above."""
        above = [{"level": t.level, "ProviderName": t.provider, "BillingCurrency": t.currency} for t in self.totals]
        series = self.series.select(pl.lit("series").alias("level"), *SERIES)
        return pl.concat([series, pl.DataFrame(above, schema=_KEYS)])


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said beside the figures, for every series and then for every total."""

    status: Sequence[str]
    model: Sequence[str | None]
    last_days: Sequence[date | None]
    history_days: Sequence[int]
    recent: Sequence[Decimal]
    shares: Sequence[float | None]


def forecast_rows(issue: Issue, standing: Standing, series: Alone, totals: Alone) -> pl.DataFrame:
    """One row per day of every series and total.

    The points of series are rounded, and those of totals are the sums of what was rounded, so that they agree to the last digit.
    A total whose status is not one of `TOLD` is null.
    """
    said = issue.keys.with_columns(
        pl.Series("last_day_used", standing.last_days, dtype=pl.Date),
        pl.Series("model", standing.model, dtype=pl.String),
        pl.Series("status", standing.status, dtype=pl.String),
        pl.Series("share_without_forecast", standing.shares, dtype=pl.Float64),
        pl.lit(issue.origin).alias("origin"),
    )
    figures = {"point": (series.point, totals.point)} | {n: (series.bounds[n], totals.bounds[n]) for n in BOUNDS}
    number, length = said.height, len(issue.days)
    rows = said[np.repeat(np.arange(number), length)].with_columns(
        pl.Series("x_charge_date", list(issue.days) * number, dtype=pl.Date),
        *(_money(np.concatenate(both).ravel()).alias(name) for name, both in figures.items()),
    )
    summed = _with_sums(rows).with_columns(_holding_the_point(name) for name in BOUNDS)
    return summed.select(pl.col(name).cast(dtype) for name, dtype in FORECASTS.items())


def _holding_the_point(bound: str) -> pl.Expr:
    """The bound, or the point where agreement with the totals, or a digit of rounding, has put that outside of it."""
    outside = pl.col(bound) > pl.col("point") if bound.startswith("lower") else pl.col(bound) < pl.col("point")
    return pl.when(outside).then("point").otherwise(bound).alias(bound)


def _with_sums(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the points of totals as exact sums of those of their series."""
    series = rows.filter(pl.col("level") == "series").drop_nulls("point")
    parts = []
    for level, keys in (("provider", ["ProviderName", "BillingCurrency"]), ("currency", ["BillingCurrency"])):
        sums = series.group_by("x_charge_date", *keys).agg(summed=pl.col("point").sum())
        of_level = rows.filter(pl.col("level") == level)
        parts.append(of_level.join(sums, on=["x_charge_date", *keys], how="left", nulls_equal=True, maintain_order="left"))
    totals = pl.concat(parts).with_columns(point=pl.when(pl.col("status").is_in(TOLD)).then("summed")).drop("summed")
    return pl.concat([rows.filter(pl.col("level") == "series"), totals])


def _money(amounts: NDArray[np.float64]) -> pl.Series:
    return pl.Series(amounts).round(_DIGITS).fill_nan(None).cast(pl.Decimal(38, _DIGITS)).cast(_MONEY)


def quality_rows(issue: Issue, standing: Standing, series: Alone, totals: Alone, forecasts: pl.DataFrame) -> pl.DataFrame:
    """One row per series and total: what the backtest says of its own forecast; nulls where there was none.

    The sum of the days of `forecasts`, rows of `forecast_rows`, gets the interval that the sums in the backtest had.
    """
    offset = pl.col("row") + len(issue.series)
    measures = pl.concat([series.measures, totals.measures.with_columns(row=offset)])
    said = issue.keys.with_columns(
        pl.Series("model", standing.model, dtype=pl.String),
        pl.Series("status", standing.status, dtype=pl.String),
        pl.Series("history_days", standing.history_days, dtype=pl.Int64),
        pl.Series("recent_cost", standing.recent, dtype=_MONEY),
        pl.lit(issue.origin).alias("origin"),
        row=pl.int_range(pl.len(), dtype=pl.Int64),
    )
    joined = said.join(measures, on="row", how="left", maintain_order="left").with_columns(
        pl.col("points").fill_null(0),
        *(pl.col(name).round(_DIGITS).cast(pl.Decimal(38, _DIGITS)) for name in ("mae", "mae_seasonal_naive", "bias")),
    )
    known = pl.when(pl.col("point").null_count() == 0).then(pl.col("point").sum())
    sums = forecasts.group_by("level", *SERIES).agg(sum_point=known)
    summed = joined.join(sums, on=["level", *SERIES], how="left", nulls_equal=True, maintain_order="left")
    least = pl.lit(0, dtype=_MONEY)
    bounds = {name: pl.col("sum_point") + _exact(name) for name in OF_SUMS}
    nought = pl.col("sum_point") >= 0
    clipped = {name: pl.when(nought & (bound < 0)).then(least).otherwise(bound) for name, bound in bounds.items()}
    return summed.with_columns(**clipped).select(pl.col(name).cast(dtype) for name, dtype in QUALITY.items())


def _exact(name: str) -> pl.Expr:
    return pl.col(name).fill_nan(None).round(_DIGITS).cast(pl.Decimal(38, _DIGITS)).cast(_MONEY)
