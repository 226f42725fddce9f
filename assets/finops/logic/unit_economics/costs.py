"""Costs in the scope of each metric, per day or month, and how far they are known."""

from datetime import date

import polars as pl

from assets.finops.logic.efficiency.amounts import without_cost
from assets.finops.logic.panel import cost
from assets.finops.logic.unit_economics.metrics import SCOPE

SERIES = ("metric", *SCOPE)
_PROVISIONAL_DAYS = 2
_SILENT_DAYS = 35
"""A provider that delivered nothing for longer than a month and some days has been left."""
_KEYS = ("series", "BillingCurrency")
_FAR = date(9999, 12, 31)


def scope_costs(daily_costs: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Costs of every series and currency, for each period from the metric's first on, without gaps.

    A day is `known` if every provider that bears costs in the scope and currency delivered it, `incomplete` while some of it is
    outstanding, `unknown` if a provider delivered nothing. A month is `known` if all its days are.

    Args:
        daily_costs: Rows of `finops/daily_costs`.
        series: Columns `series`, `SCOPE`, `period`, `first` and `last` (period_start of its first and last value).

    Returns:
        Columns `series`, `BillingCurrency`, `period_start`, `cost`, `cost_status`. A series without any cost has no row.
    """
    days = _days(_charged(daily_costs, series), daily_costs, series)
    month = pl.col("x_charge_date").dt.truncate("1mo")
    placed = days.join(series.select("series", "period"), on="series").with_columns(
        period_start=pl.when(pl.col("period") == "month").then(month).otherwise("x_charge_date")
    )
    state = pl.col("state")
    status = pl.when((state == "known").all()).then(pl.lit("known")).when((state == "unknown").all()).then(pl.lit("unknown"))
    return (
        placed.group_by(*_KEYS, "period_start")
        .agg(
            cost=pl.when((state != "unknown").any()).then(pl.col("cost").sum()),
            cost_status=status.otherwise(pl.lit("incomplete")),
        )
        .sort(*_KEYS, "period_start")
    )


def _charged(daily_costs: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Costs of each series per day, currency and provider, with the number of rows whose cost is unknown."""
    keys = ["x_charge_date", "ProviderName", "BillingCurrency"]
    parts = []
    for _, alike in series.group_by(*(pl.col(c).is_null().alias(f"no {c}") for c in SCOPE), maintain_order=True):
        given = [c for c in SCOPE if alike[c].null_count() == 0]
        grouped = daily_costs.group_by(*dict.fromkeys((*keys, *given))).agg(cost=cost().sum(), without=without_cost().sum())
        scope = alike.select("series", *given)
        joined = grouped.join(scope, on=given) if given else grouped.join(scope, how="cross")
        parts.append(joined.select("series", *keys, "cost", pl.col("without").cast(pl.Int64)))
    return pl.concat(parts)


def _days(charged: pl.DataFrame, daily_costs: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Every day of every series and currency with its cost, null if that is unknown, and state."""
    deliveries = _deliveries(daily_costs)
    keys = [*_KEYS, "ProviderName", "x_charge_date"]
    delivered = daily_costs.select("ProviderName", "x_charge_date").unique().with_columns(delivered=True)
    grid = (
        charged.select(*_KEYS, "ProviderName")
        .unique()
        .join(deliveries, on="ProviderName", nulls_equal=True)
        .join(_calendar(series, deliveries), on="series")
        .join(charged, on=keys, how="left", nulls_equal=True)
        .join(delivered, on=["ProviderName", "x_charge_date"], how="left", nulls_equal=True)
    )
    day = pl.col("x_charge_date")
    expected = grid.with_columns(
        expected=day.is_between("begin", "expected_until"),
        missing=pl.col("delivered").is_null() & (day <= pl.col("end")),
        open=(day > pl.col("settled_until")) | (pl.col("without") > 0).fill_null(value=False),
    )
    unknown = ~pl.col("expected").any() | (pl.col("expected") & pl.col("missing")).any()
    state = pl.when(unknown).then(pl.lit("unknown")).when((pl.col("expected") & pl.col("open")).any()).then(pl.lit("incomplete"))
    return (
        expected.group_by(*_KEYS, "x_charge_date")
        .agg(cost=pl.col("cost").sum(), state=state.otherwise(pl.lit("known")))
        .with_columns(cost=pl.when(pl.col("state") != "unknown").then("cost"))
    )


def _deliveries(daily_costs: pl.DataFrame) -> pl.DataFrame:
    """Per provider its first and last delivered day, the last one that no longer fills up, and until when days are expected."""
    spans = daily_costs.group_by("ProviderName").agg(begin=pl.col("x_charge_date").min(), end=pl.col("x_charge_date").max())
    left = (pl.col("end").max() - pl.col("end")).dt.total_days() > _SILENT_DAYS
    return spans.with_columns(
        expected_until=pl.when(left).then("end").otherwise(pl.lit(_FAR)),
        settled_until=pl.when(left).then("end").otherwise(pl.col("end").dt.offset_by(f"-{_PROVISIONAL_DAYS}d")),
    )


def _calendar(series: pl.DataFrame, deliveries: pl.DataFrame) -> pl.DataFrame:
    """Every day of each series from its first to the newest of costs and metric; whole months for monthly ones."""
    last = pl.max_horizontal(pl.col("last"), pl.lit(deliveries["end"].max(), pl.Date))
    whole = pl.when(pl.col("period") == "month").then(last.dt.month_end()).otherwise(last)
    return series.select("series", x_charge_date=pl.date_ranges("first", whole)).explode("x_charge_date")
