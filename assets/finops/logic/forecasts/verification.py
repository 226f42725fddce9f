"""How forecasts of the past came out, measured on the days that are settled by now."""

from __future__ import annotations

from datetime import date

import polars as pl

from assets.finops.logic.forecasts.history import PROVISIONAL_DAYS
from assets.finops.logic.panel import SERIES, cost

_MONEY = pl.Decimal(38, 24)
_DIGITS = 6
"""Forecasts are given to so many digits, and compared so."""
_ROW = ("origin", "level", "BillingCurrency", "horizon")
_FIRST_DAY = pl.col("horizon").str.extract(r"(\d+)").cast(pl.Int64)
_KEYS = {"series": SERIES, "provider": ("ProviderName", "BillingCurrency"), "currency": ("BillingCurrency",)}


def verified(forecasts: pl.DataFrame, daily: pl.DataFrame, today: date) -> pl.DataFrame:
    """Forecast against actual per origin, level, currency and horizon; columns as in `finops/forecast_verification`.

    A day counts once it is settled: its provider delivered it, and two later ones; for a currency, all its providers did. Totals
    are held against everything that was then charged, also by series that had no forecast or did not exist yet.

    Args:
        forecasts: Rows of `finops/cost_forecasts` of any origins.
        daily: `finops/daily_costs` of all days.
        today: Rows of days after it are left out.
    """
    told = forecasts.filter(pl.col("point").is_not_null()).with_columns(horizon=_horizon())
    settled = _settled(daily.filter(pl.col("x_charge_date") <= today))
    delivered = settled.select("ProviderName", "x_charge_date").unique()
    parts = [
        _outcomes(told.filter(pl.col("level") == level), _ready(level, told, delivered), settled, keys)
        for level, keys in _KEYS.items()
    ]
    return pl.concat(parts).group_by(_ROW).agg(_figures()).sort("origin", "level", "BillingCurrency", _FIRST_DAY)


def _horizon() -> pl.Expr:
    ahead = (pl.col("x_charge_date") - pl.col("origin")).dt.total_days()
    named = pl.when(ahead <= 7).then(pl.lit("1-7")).when(ahead <= 14).then(pl.lit("8-14"))
    return named.when(ahead <= 30).then(pl.lit("15-30")).otherwise(pl.lit("31+"))


def _settled(daily: pl.DataFrame) -> pl.DataFrame:
    """Rows of the days that do not fill up any more."""
    last = pl.col("x_charge_date").max().dt.offset_by(f"-{PROVISIONAL_DAYS}d").over("ProviderName")
    return daily.filter(pl.col("x_charge_date") <= last)


def _ready(level: str, told: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """Keys of the forecasts whose day is settled for all that they are about."""
    if level != "currency":
        return delivered
    keys = ["origin", "x_charge_date", "BillingCurrency"]
    alive = told.filter((pl.col("level") == "series") & (pl.col("status") != "ended"))
    parts = alive.select(*keys, "ProviderName").unique()
    seen = parts.join(
        delivered.with_columns(seen=pl.lit(value=True)), on=["ProviderName", "x_charge_date"], how="left", nulls_equal=True
    )
    return seen.group_by(keys).agg(pl.col("seen").fill_null(value=False).all()).filter("seen").drop("seen")


def _outcomes(told: pl.DataFrame, ready: pl.DataFrame, settled: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """The forecasts with `actual`: null where a day is not settled or a cost is unknown, 0 where nothing was charged."""
    amounts = settled.group_by("x_charge_date", *keys).agg(amount=cost().sum(), unknown=cost().is_null().any())
    seen = told.join(ready.with_columns(ready=pl.lit(value=True)), on=ready.columns, how="left", nulls_equal=True)
    joined = seen.join(amounts, on=["x_charge_date", *keys], how="left", nulls_equal=True)
    known = pl.col("ready").fill_null(value=False) & ~pl.col("unknown").fill_null(value=False)
    actual = pl.when(known).then(pl.col("amount").fill_null(0).round(_DIGITS)).cast(_MONEY)
    bounds = [f"{side}_{level}" for level in (80, 95) for side in ("lower", "upper")]
    return joined.select(*_ROW, "point", *bounds, actual=actual)


def _figures() -> list[pl.Expr]:
    passed = pl.col("actual").is_not_null()
    errors = (pl.col("point") - pl.col("actual")).cast(pl.Float64).abs().filter(passed).sum()
    size = pl.col("actual").cast(pl.Float64).abs().filter(passed).sum()
    inside = {f"coverage_{level}": pl.col("actual").is_between(f"lower_{level}", f"upper_{level}").mean() for level in (80, 95)}
    return [
        pl.len().cast(pl.Int64).alias("forecasts"),
        passed.sum().cast(pl.Int64).alias("passed"),
        pl.when(passed.any()).then(pl.col("actual").sum()).alias("actual"),
        pl.when(passed.any()).then(pl.col("point").filter(passed).sum()).alias("forecast"),
        pl.when(size > 0).then(errors / size).alias("wape"),
        *(share.alias(name) for name, share in inside.items()),
    ]
