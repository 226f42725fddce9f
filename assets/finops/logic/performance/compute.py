"""Which resources are paid by the hour of a processor, and what they cost by day."""

from datetime import date

import polars as pl

from assets.finops.logic.panel import SERIES, cost

KEY = (*SERIES, "ResourceId")
_CPU_HOURS = ("vCPU-Hours", "OCPU-Hours", "ECPU-Hours", "ACU-Hours")
_MACHINE_HOURS = "Hours"
_MACHINES = ("Virtual machines", "Relational database")
"""Comparable services whose hours are hours of a machine of some size."""

DAYS: dict[str, pl.DataType] = {
    "x_charge_date": pl.Date(),
    **dict.fromkeys(KEY, pl.String()),
    "cost": pl.Decimal(38, 24),
    "cpu_hours": pl.Float64(),
    "cpu_hours_unit": pl.String(),
}
"""Columns of `compute_days`. `cpu_hours` is null if the day counts none, or several units, which are never added."""


def compute_days(resource_costs: pl.LazyFrame, first: date, last: date) -> pl.DataFrame:
    """One row per resource that is paid by the hour of a processor or machine, and day: its cost and these hours.

    The cost is that of all lines of the resource in its service, memory and storage included. It is null if none of them has one.

    Args:
        resource_costs: Rows of `finops/resource_costs`.
        first: First day.
        last: Last day, included.
    """
    days = resource_costs.filter(pl.col("x_charge_date").is_between(first, last) & pl.col("ResourceId").is_not_null())
    unit, quantity = pl.col("x_comparable_unit"), pl.col("x_comparable_quantity")
    by_cpu = unit.is_in(_CPU_HOURS)
    by_machine = (unit == _MACHINE_HOURS) & pl.col("x_comparable_service").is_in(_MACHINES)
    hourly = (by_cpu | by_machine).fill_null(value=False)
    summed = days.group_by("x_charge_date", *KEY).agg(
        cost=pl.when(cost().count() > 0).then(cost().sum()),
        cpu_hours=quantity.filter(hourly).sum().cast(pl.Float64),
        units=unit.filter(hourly).n_unique(),
        cpu_hours_unit=unit.filter(hourly).first(),
        uncounted=quantity.filter(hourly).null_count(),
    ).collect(engine="streaming")  # fmt: skip
    paid = summed.filter(pl.col("units") > 0).select(KEY).unique()
    counted = (pl.col("units") == 1) & (pl.col("uncounted") == 0)
    return (
        summed.join(paid, on=KEY, how="semi", nulls_equal=True)
        .with_columns(pl.when(counted).then(pl.col(name)).alias(name) for name in ("cpu_hours", "cpu_hours_unit"))
        .select(pl.col(name).cast(dtype) for name, dtype in DAYS.items())
        .sort("x_charge_date", *KEY, nulls_last=True)
    )
