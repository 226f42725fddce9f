"""The rows of `finops/resource_performance`: per resource its use over a period, what that costs, how it moves, and a verdict."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from assets.finops.logic.efficiency.rule import Rule
from assets.finops.logic.performance.compute import KEY, compute_days
from assets.finops.logic.performance.measurements import ENOUGH
from assets.finops.logic.performance.rule import PerformanceRule
from assets.finops.logic.performance.score import with_score
from assets.finops.logic.trends import slopes

IDLE, OVERSIZED, HOT, FITS, UNKNOWN = "idle", "oversized", "hot", "fits", "unknown"
_MEMORY_FOLLOWS_CPU = ("oci_autonomous_database",)
"""Sources whose resources have no memory of a size of their own: it comes with the ECPUs."""
_MONTH = 30
_MONEY = pl.Decimal(38, 24)
_FIGURES = (
    "cpu_mean", "cpu_p95", "cpu_p95_typical", "cpu_max", "memory_mean", "memory_p95", "memory_p95_typical", "network_bytes_a_day",
)  # fmt: skip
SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(KEY, pl.String()),
    "as_of": pl.Date(),
    "x_source": pl.String(),
    "days_with_cost": pl.Int64(),
    "days_observed": pl.Int64(),
    "datapoints": pl.Int64(),
    "utilisation_status": pl.String(),
    **dict.fromkeys(_FIGURES, pl.Float64()),
    **dict.fromkeys(("cost_30d", "cost_observed"), _MONEY),
    **dict.fromkeys(("cpu_hours", "utilised_cpu_hours"), pl.Float64()),
    "cpu_hours_unit": pl.String(),
    **dict.fromkeys(("cost_per_utilised_cpu_hour", "cpu_trend", "cpu_trend_low", "cpu_trend_high"), pl.Float64()),
    **dict.fromkeys(("efficiency_score", "score_peak", "score_fit", "score_evenness"), pl.Float64()),
    "score_unknown_because": pl.String(),
    "verdict": pl.String(),
    "evidence": pl.String(),
}
"""Columns of the rows."""
ASSESSED: dict[str, pl.DataType] = {
    "ResourceId": pl.String(),
    "cpu_p95": pl.Float64(),
    "memory_p95": pl.Float64(),
    "days_observed": pl.Int64(),
    "memory_follows_cpu": pl.Boolean(),
}
"""What the assessment of resources takes of it."""


def judge(
    resource_costs: pl.LazyFrame,
    utilisation: pl.DataFrame,
    rule: Rule | None = None,
    performance: PerformanceRule | None = None,
) -> pl.DataFrame:
    """One row per resource that is paid by the hour of a processor, over the last period of its provider's settled days.

    Days count whose use is known by enough datapoints. The 95th percentile of the period is that of its busiest day: at most 5 %
    of any day's datapoints are above it. Cost per utilised CPU-hour = cost of the observed days / Σ (hours of CPU paid for ×
    mean CPU of the day); hours are those of the bill, of a processor or, with the unit `Hours`, of a whole machine.

    Args:
        resource_costs: Rows of `finops/resource_costs`, of all days.
        utilisation: Rows of `finops/resource_utilisation`.
        rule: Thresholds of the efficiency of resources.
        performance: Thresholds of measured use.
    """
    rule, performance = rule or Rule(), performance or PerformanceRule()
    ends = resource_costs.group_by("ProviderName").agg(pl.col("x_charge_date").max()).collect(engine="streaming")
    parts = [
        _of_provider(resource_costs, utilisation, name, end - timedelta(days=rule.provisional_days), rule)
        for name, end in ends.sort("ProviderName", nulls_last=True).iter_rows()
    ]
    if not parts:
        return pl.DataFrame(schema=SCHEMA)
    scored = with_score(pl.concat(parts), performance)
    judged = scored.with_columns(verdict=_verdict(rule, performance)).with_columns(evidence=_evidence())
    return judged.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()).sort(KEY, nulls_last=True)


def assessed(performance: pl.DataFrame) -> pl.DataFrame | None:
    """Measured use per ResourceId, columns as in `ASSESSED`; None if nothing was measured."""
    measured = performance.filter(pl.col("days_observed") > 0)
    if measured.is_empty():
        return None
    follows = measured.with_columns(memory_follows_cpu=_follows())
    return follows.select(list(ASSESSED)).unique("ResourceId", keep="first", maintain_order=True)


def _of_provider(costs: pl.LazyFrame, utilisation: pl.DataFrame, name: str | None, as_of: date, rule: Rule) -> pl.DataFrame:
    first = as_of - timedelta(days=rule.period_days - 1)
    mine = pl.col("ProviderName").eq_missing(pl.lit(name, pl.String))
    paid = compute_days(costs.filter(mine), first, as_of)
    on = ("ProviderName", "ResourceId", "x_charge_date")
    measured = utilisation.filter(mine & (pl.col("utilisation_status") == ENOUGH)).drop("RegionId", "utilisation_status")
    days = paid.join(measured, on=on, how="left", nulls_equal=True)
    summed = days.group_by(KEY).agg(*_sums(rule)).sort(KEY, nulls_last=True)
    status = (
        pl.when(pl.col("days_observed") == 0)
        .then(pl.lit("unknown"))
        .when(pl.col("days_observed") < rule.evidence_days)
        .then(pl.lit("too few days"))
        .otherwise(pl.lit("observed"))
    )
    figures = summed.with_columns(as_of=pl.lit(as_of), utilisation_status=status, memory_follows_cpu=_follows(), **_per_hour())
    return figures.join(_trends(days, first, rule), on=KEY, how="left", nulls_equal=True)


def _sums(rule: Rule) -> list[pl.Expr]:
    seen = pl.col("cpu_mean").is_not_null()
    weight = pl.col("cpu_datapoints")
    remembered = pl.col("memory_datapoints").filter(pl.col("memory_mean").is_not_null()).sum()
    enough_memory = pl.col("memory_p95").count() >= rule.evidence_days
    used = pl.col("cpu_hours") * pl.col("cpu_mean") / 100
    uncounted = seen & (pl.col("cpu_hours").is_null() | pl.col("cost").is_null())
    one_unit = ~uncounted.any() & (pl.col("cpu_hours_unit").filter(seen).n_unique() == 1)
    remembered = pl.when(remembered > 0).then(remembered)
    mean_memory = (pl.col("memory_mean") * pl.col("memory_datapoints")).sum() / remembered
    return [
        pl.col("x_source").drop_nulls().first(),
        pl.len().cast(pl.Int64).alias("days_with_cost"),
        seen.sum().cast(pl.Int64).alias("days_observed"),
        weight.sum().alias("datapoints"),
        ((pl.col("cpu_mean") * weight).sum() / pl.when(weight.sum() > 0).then(weight.sum())).alias("cpu_mean"),
        _all_known("cpu_p95", seen, pl.col("cpu_p95").max()).alias("cpu_p95"),
        _all_known("cpu_p95", seen, pl.col("cpu_p95").median()).alias("cpu_p95_typical"),
        pl.col("cpu_max").max(),
        mean_memory.alias("memory_mean"),
        pl.when(enough_memory).then(pl.col("memory_p95").max()).alias("memory_p95"),
        pl.when(enough_memory).then(pl.col("memory_p95").median()).alias("memory_p95_typical"),
        (pl.col("network_mean") * pl.col("network_datapoints")).mean().alias("network_bytes_a_day"),
        pl.when(pl.col("cost").count() > 0).then(pl.col("cost").sum()).alias("cost_30d"),
        pl.when(pl.col("cost").filter(seen).count() > 0).then(pl.col("cost").filter(seen).sum()).alias("cost_observed"),
        pl.when(one_unit).then(pl.col("cpu_hours").filter(seen).sum()).alias("cpu_hours"),
        pl.when(one_unit).then(used.filter(seen).sum()).alias("utilised_cpu_hours"),
        pl.when(one_unit).then(pl.col("cpu_hours_unit").filter(seen).first()).alias("cpu_hours_unit"),
    ]


def _all_known(name: str, seen: pl.Expr, figure: pl.Expr) -> pl.Expr:
    """A percentile of days is known only if that of every observed day is."""
    return pl.when(pl.col(name).count() >= seen.sum()).then(figure)


def _follows() -> pl.Expr:
    return pl.col("x_source").is_in(_MEMORY_FOLLOWS_CPU).fill_null(value=False)


def _per_hour() -> dict[str, pl.Expr]:
    used = pl.col("utilised_cpu_hours")
    return {"cost_per_utilised_cpu_hour": pl.when(used > 0).then(pl.col("cost_observed").cast(pl.Float64) / used)}


def _trends(days: pl.DataFrame, first: date, rule: Rule) -> pl.DataFrame:
    """Trend of the daily mean CPU in percentage points per 30 days; null below the days of history that a trend needs."""
    keys = days.select(KEY).unique().sort(KEY, nulls_last=True).with_row_index("row")
    seen = days.filter(pl.col("cpu_mean").is_not_null()).join(keys, on=KEY, nulls_equal=True)
    matrix = np.full((len(keys), rule.period_days), np.nan)
    day = (seen["x_charge_date"] - first).dt.total_days().to_numpy()
    matrix[seen["row"].to_numpy(), day] = seen["cpu_mean"].to_numpy()
    found = slopes(matrix)
    enough = (~np.isnan(matrix)).sum(axis=1) >= rule.history_days
    columns = {
        name: np.where(enough, values, np.nan) * _MONTH
        for name, values in (("cpu_trend", found.slope), ("cpu_trend_low", found.low), ("cpu_trend_high", found.high))
    }
    return pl.concat([keys.drop("row"), pl.DataFrame(columns).fill_nan(None)], how="horizontal")


def _verdict(rule: Rule, performance: PerformanceRule) -> pl.Expr:
    """The first that holds: unknown if not observed; idle with little CPU, whatever memory holds; a size is judged by both."""
    memory = pl.when(pl.col("memory_follows_cpu")).then(pl.col("cpu_p95")).otherwise(pl.col("memory_p95"))
    hot = pl.any_horizontal(
        (pl.col(name) >= performance.hot).fill_null(value=False) for name in ("cpu_p95_typical", "memory_p95_typical")
    )
    small = (pl.col("cpu_p95") < rule.half_size) & (memory < rule.half_size)
    return (
        pl.when((pl.col("utilisation_status") != "observed") | pl.col("cpu_p95").is_null())
        .then(pl.lit(UNKNOWN))
        .when(pl.col("cpu_p95") < rule.idle_cpu)
        .then(pl.lit(IDLE))
        .when(hot)
        .then(pl.lit(HOT))
        .when(small)
        .then(pl.lit(OVERSIZED))
        .when((pl.col("cpu_p95") < rule.half_size) & memory.is_null())
        .then(pl.lit(UNKNOWN))
        .otherwise(pl.lit(FITS))
    )


def _evidence() -> pl.Expr:
    def number(name: str) -> pl.Expr:
        return pl.col(name).round(1).cast(pl.String).fill_null("unknown")

    memory = pl.when(pl.col("memory_follows_cpu")).then(pl.lit("comes with its CPU")).otherwise(number("memory_p95"))
    text = "{} of {} days observed, {} datapoints; busiest day's 95th percentile: CPU {}, memory {} (per cent); mean CPU {}"
    parts = (
        pl.col("days_observed"),
        pl.col("days_with_cost"),
        pl.col("datapoints"),
        number("cpu_p95"),
        memory,
        number("cpu_mean"),
    )
    return pl.when(pl.col("days_observed") > 0).then(pl.format(text, *parts)).otherwise(pl.lit("no datapoints"))
