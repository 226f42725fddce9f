"""Tables of measured use, and of what it costs."""

from collections.abc import Iterator

import polars as pl

from assets.finops.tables.shared import DAY, SERIES_KEY
from resources.tables import MONEY, Column, Table


def _metric(name: str, what: str) -> Iterator[Column]:
    yield Column(f"{name}_mean", pl.Float64(), f"{what}, mean of the day's datapoints; null if there is none.")
    yield Column(f"{name}_p95", pl.Float64(), "Their 95th percentile, as the cloud tells it.")
    yield Column(f"{name}_max", pl.Float64(), "Their largest.")
    yield Column(f"{name}_datapoints", pl.Int64(), "How many there are; null if there is none.")


RESOURCE_UTILISATION = Table(
    name="finops/resource_utilisation",
    description="One row per machine or database that is paid by the hour, and day: its use by the metrics of its cloud (OCI "
    "Monitoring, Amazon CloudWatch). What was read once stays, as clouds forget it; days that cannot be read are unknown.",
    columns=(
        DAY,
        Column("ProviderName", pl.String(), "Cloud."),
        Column("ResourceId", pl.String(), "Resource, as bills name it.", nullable=False),
        Column("RegionId", pl.String(), "Region."),
        Column("x_source", pl.String(), "Namespace of the metrics; null if this kind of resource has none that are read."),
        *_metric("cpu", "CPU in per cent of what it has"),
        *_metric("memory", "Memory in per cent of what it has"),
        *_metric("network", "Bytes received per datapoint"),
        Column(
            "utilisation_status",
            pl.String(),
            "`known` (12 or more datapoints of CPU), `too few datapoints`, or `unknown` (none at all).",
            nullable=False,
        ),
    ),
    partition_by=("x_charge_date",),
)

RESOURCE_PERFORMANCE = Table(
    name="finops/resource_performance",
    description="One row per machine or database that is paid by the hour: its use over the 30 days up to `as_of`, what an hour "
    "of use costs, how it moves, how well its size fits, and a verdict. Days count whose use is known.",
    columns=(
        *SERIES_KEY,
        Column("ResourceId", pl.String(), "Resource.", nullable=False),
        Column("as_of", pl.Date(), "Last settled day of the provider, two before its newest.", nullable=False),
        Column("x_source", pl.String(), "Namespace of the metrics; null if none were read."),
        Column("days_with_cost", pl.Int64(), "Days of the 30 on which it was paid for.", nullable=False),
        Column("days_observed", pl.Int64(), "Those of them whose use is known.", nullable=False),
        Column("datapoints", pl.Int64(), "Datapoints of CPU on these.", nullable=False),
        Column("utilisation_status", pl.String(), "`observed`, `too few days` (below 14) or `unknown`.", nullable=False),
        Column("cpu_mean", pl.Float64(), "Mean CPU in per cent, of all datapoints."),
        Column(
            "cpu_p95",
            pl.Float64(),
            "95th percentile of CPU of the busiest day, in per cent: at most 5 % of any day's datapoints are above it.",
        ),
        Column("cpu_p95_typical", pl.Float64(), "95th percentile of CPU of a day in the middle (median), in per cent."),
        Column("cpu_max", pl.Float64(), "Largest CPU in per cent."),
        Column("memory_mean", pl.Float64(), "Mean memory in per cent, of all datapoints."),
        Column("memory_p95", pl.Float64(), "95th percentile of memory of the busiest day; null below 14 days with it."),
        Column("memory_p95_typical", pl.Float64(), "The same of a day in the middle."),
        Column("network_bytes_a_day", pl.Float64(), "Bytes received on a day, mean."),
        Column("cost_30d", MONEY, "Cost of the 30 days: EffectiveCost, or BilledCost where that is unknown."),
        Column("cost_observed", MONEY, "Cost of the observed days."),
        Column(
            "cpu_hours",
            pl.Float64(),
            "Hours paid for on the observed days, in `cpu_hours_unit`; null if a day counts none, or several units.",
        ),
        Column("utilised_cpu_hours", pl.Float64(), "Sum over these days of hours paid for × mean CPU of the day."),
        Column(
            "cpu_hours_unit",
            pl.String(),
            "`OCPU-Hours`, `ECPU-Hours`, `vCPU-Hours`, `ACU-Hours`; or `Hours` of a whole machine, whose CPUs no bill counts.",
        ),
        Column(
            "cost_per_utilised_cpu_hour",
            pl.Float64(),
            "`cost_observed` / `utilised_cpu_hours`: compare only where the unit is the same. Null if nothing was used.",
        ),
        Column("cpu_trend", pl.Float64(), "Trend of the daily mean CPU, in points per 30 days; null below 28 observed days."),
        Column("cpu_trend_low", pl.Float64(), "Lower bound of the trend, 90 % confidence."),
        Column("cpu_trend_high", pl.Float64(), "Upper bound of the trend, 90 % confidence."),
        Column(
            "efficiency_score",
            pl.Float64(),
            "How well its size is used: 100 × `score_fit` × (1 + `score_evenness`) / 2; null if CPU or memory is unknown.",
        ),
        Column("score_peak", pl.Float64(), "Higher of `cpu_p95` and `memory_p95`; CPU alone where memory comes with it."),
        Column("score_fit", pl.Float64(), "Peak / 80 up to a peak of 80 %, above it 1 − (peak − 80) / 40."),
        Column(
            "score_evenness", pl.Float64(), "`cpu_mean` / `cpu_p95`, at most 1: what a schedule or autoscaling leaves unused."
        ),
        Column("score_unknown_because", pl.String(), "Why there is no score; null if there is one."),
        Column(
            "verdict",
            pl.String(),
            "`idle` (CPU below 5 %), `oversized` (CPU and memory below 40 %), `hot` (CPU or memory of 85 % or more on half "
            "of the days; all by the 95th percentile), `fits`, or `unknown`.",
            nullable=False,
        ),
        Column("evidence", pl.String(), "The datapoints behind it, in words.", nullable=False),
    ),
)
