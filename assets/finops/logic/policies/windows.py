"""Daily use as what policies ask for: one value per metric, statistic and window of days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from assets.finops.logic.policies.filters import Clause, MetricFilter
from assets.finops.logic.policies.inventory import MEASUREMENTS
from assets.finops.logic.policies.schema import Policy

DAILY: dict[str, pl.DataType] = {
    "ResourceId": pl.String(),
    "metric": pl.String(),
    "day": pl.Date(),
    **dict.fromkeys(("mean", "p95", "maximum"), pl.Float64()),
    "datapoints": pl.Int64(),
}
"""Use of a resource on a day that has datapoints; what the cloud does not tell is null."""


_METRICS = {"cpu": "cpu", "memory": "memory", "network": "network_in"}
"""Names of metrics in `finops/resource_utilisation`, and in policies."""
_FEWEST_DATAPOINTS = 12
"""A day with fewer is not measured well enough to say anything of it."""


def daily_use(utilisation: pl.LazyFrame) -> pl.DataFrame:
    """Rows of `finops/resource_utilisation` by metric, columns as in `DAILY`; days with too few datapoints are left out."""
    parts = [
        utilisation.filter(pl.col(f"{stored}_datapoints") >= _FEWEST_DATAPOINTS).select(
            "ResourceId", pl.lit(named).alias("metric"), pl.col("x_charge_date").alias("day"),
            mean=f"{stored}_mean", p95=f"{stored}_p95", maximum=f"{stored}_max", datapoints=f"{stored}_datapoints",
        )
        for stored, named in _METRICS.items()
    ]  # fmt: skip
    return pl.concat(parts).select(pl.col(name).cast(dtype) for name, dtype in DAILY.items()).collect()


def windows_asked(policies: Iterable[Policy]) -> list[int]:
    """The windows, in days, that any metric filter of the policies names."""
    return sorted({asked.days for policy in policies for clause in policy.filters for asked in _metrics(clause)})


def windowed(daily: pl.DataFrame, ends: pl.DataFrame, windows: Iterable[int]) -> pl.DataFrame:
    """Measurements for an inventory; columns as in `inventory.MEASUREMENTS`.

    `mean` weighs days by their datapoints. `p95` is the highest of the days': the true one is at most that, so that whoever asks
    for less than a bound is never told so wrongly. `maximum` is the highest. A window of which fewer than half the days are
    measured is unknown, and so is a statistic that a measured day does not tell.

    Args:
        daily: Columns as in `DAILY`.
        ends: `ResourceId` and `as_of`, the last day of its windows.
        windows: Lengths of the windows, in days.
    """
    dated = daily.filter(pl.col("datapoints") > 0).join(ends.unique("ResourceId"), on="ResourceId")
    parts = [pl.DataFrame(schema=MEASUREMENTS)]
    for days in windows:
        age = (pl.col("as_of") - pl.col("day")).dt.total_days()
        inside = dated.filter((age >= 0) & (age < days))
        weighed = (pl.col("mean") * pl.col("datapoints")).sum() / pl.col("datapoints").sum()
        summed = inside.group_by("ResourceId", "metric").agg(
            mean=_told("mean", weighed),
            p95=_told("p95", pl.col("p95").max()),
            maximum=_told("maximum", pl.col("maximum").max()),
            rows=pl.col("datapoints").sum(),
            measured=pl.col("day").n_unique(),
        )
        enough = summed.filter(2 * pl.col("measured") >= days)
        long = enough.unpivot(("mean", "p95", "maximum"), index=("ResourceId", "metric", "rows"), variable_name="statistic")
        parts.append(
            long.filter(pl.col("value").is_not_null()).with_columns(days=pl.lit(days, pl.Int64)).select(list(MEASUREMENTS))
        )
    return pl.concat(parts).sort(list(MEASUREMENTS))


def _told(name: str, value: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(name).is_not_null().all()).then(value)


def _metrics(clause: Clause) -> Iterator[MetricFilter]:
    _, said = clause.chosen()
    if isinstance(said, MetricFilter):
        yield said
    elif isinstance(said, Clause):
        yield from _metrics(said)
    elif isinstance(said, tuple):
        for part in said:
            yield from _metrics(part)
