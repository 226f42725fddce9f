"""Daily costs as matrices: the form in which detectors and forecasters see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

SERIES = ("ProviderName", "SubAccountId", "ServiceName", "RegionId", "BillingCurrency")
"""What a series is: one sub-account's service in one region and currency."""

Matrix = NDArray[np.float64]
TOLD_APART = 100


@dataclass(frozen=True, slots=True)
class Panel:
    """Costs per resource and day, and the series that the resources belong to.

    Attributes:
        start: The first day; column `t` is the day `start + t`.
        series: One row per series, columns `SERIES`; row `i` is series `i`.
        resources: `ResourceId` of each resource row, sorted by series.
        owner: Series of each resource row, non-decreasing.
        costs: Resource × day. 0 where there is no charge, NaN for all resources of a series on a day of which not all is known.
    """

    start: date
    series: pl.DataFrame
    resources: pl.Series
    owner: NDArray[np.int64]
    costs: Matrix

    @property
    def days(self) -> int:
        """Number of days."""
        return int(self.costs.shape[1])

    @property
    def dates(self) -> list[date]:
        """The day of each column."""
        return [self.start + timedelta(days=n) for n in range(self.days)]

    @property
    def totals(self) -> Matrix:
        """Costs per series and day."""
        if not len(self.owner):
            return np.zeros((len(self.series), self.days))
        begins = np.searchsorted(self.owner, np.arange(len(self.series)))
        return np.asarray(np.add.reduceat(self.costs, begins, axis=0), dtype=np.float64)

    def until(self, days: int) -> Panel:
        """The panel as it was when only the first `days` days were known."""
        return replace(self, costs=self.costs[:, :days])

    def first_days(self) -> NDArray[np.int64]:
        """Per series the first day with a cost above 0, as credits alone are no use of a service; `days` if there is none."""
        used = np.nan_to_num(self.totals) > 0
        return np.where(used.any(axis=1), used.argmax(axis=1), self.days)


def cost() -> pl.Expr:
    """EffectiveCost, or BilledCost where that is unknown."""
    return pl.coalesce("EffectiveCost", "BilledCost")


def panel(resource_costs: pl.DataFrame, *, until: date | None = None, told_apart: int = TOLD_APART) -> Panel:
    """The panel of `finops/resource_costs`, sums rounded to binary floats.

    A day on which a provider has no row at all is unknown for each of its series, not free; the days after a provider's last one
    are unknown too. So is the day of a series that has a row of unknown cost.

    Args:
        resource_costs: Rows with `x_charge_date`, the `SERIES`, `ResourceId`, `EffectiveCost` and `BilledCost`.
        until: Last day of the panel; the newest one of any provider if not given.
        told_apart: Resources per series that get a row of their own, those that cost most on a day; the others share the row of
            costs without a resource.

    Raises:
        ValueError: There is no row, or none up to that day.
    """
    if until is not None:
        resource_costs = resource_costs.filter(pl.col("x_charge_date") <= until)
    if resource_costs.is_empty():
        raise ValueError("no costs: there is nothing to put into a panel")
    rows, amounts = _amounts(resource_costs, told_apart)
    series = rows.select(SERIES).unique().sort(SERIES, nulls_last=True)
    owner = rows.join(series.with_row_index("owner"), on=SERIES, how="left", nulls_equal=True, maintain_order="left")["owner"]
    start: date = amounts["x_charge_date"].min()  # type: ignore[assignment]
    end: date = until or amounts["x_charge_date"].max()  # type: ignore[assignment]
    day = (pl.col("x_charge_date") - start).dt.total_days().alias("day")
    placed = amounts.filter(pl.col("x_charge_date") <= end).select("row", day, "cost")
    costs = np.zeros((len(rows), (end - start).days + 1))
    providers = rows["ProviderName"].rank("dense").fill_null(0).to_numpy()
    for provider in np.unique(providers):
        mine = np.flatnonzero(providers == provider)
        delivered = placed.filter(pl.col("row").is_between(int(mine[0]), int(mine[-1])))["day"].unique()
        silent = np.setdiff1d(np.arange(costs.shape[1]), delivered.to_numpy())
        costs[np.ix_(mine, silent)] = np.nan
    costs[placed["row"].to_numpy(), placed["day"].to_numpy()] = placed["cost"].to_numpy()
    owners = owner.cast(pl.Int64).to_numpy()
    unknown = resource_costs.filter(cost().is_null()).select(*SERIES, day).unique()
    if not unknown.is_empty():
        places = unknown.join(series.with_row_index("owner"), on=SERIES, nulls_equal=True)
        of_series = np.zeros((len(series), costs.shape[1]), dtype=np.bool_)
        of_series[places["owner"].to_numpy(), places["day"].to_numpy()] = True
        costs[of_series[owners]] = np.nan
    return Panel(start, series, rows["ResourceId"], owners, costs)


def _amounts(resource_costs: pl.DataFrame, told_apart: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the panel in order, and `row`, `x_charge_date`, `cost` where there is a charge.

    Rows are numbered once, so that strings are compared once per line and not in every step.
    """
    keys = [*SERIES, "ResourceId"]
    lines = resource_costs.select("x_charge_date", *keys, cost=cost())
    rows = lines.select(keys).unique().sort(keys, nulls_last=True).with_row_index("row")
    numbered = lines.join(rows, on=keys, nulls_equal=True).group_by("row", "x_charge_date").agg(pl.col("cost").sum())
    amounts = numbered.with_columns(pl.col("cost").cast(pl.Float64))
    highest = rows.join(amounts.group_by("row").agg(pl.col("cost").abs().max()), on="row", how="left")
    rank = pl.struct("cost", "row").rank("ordinal", descending=True).over(SERIES)
    small = highest.filter(rank > told_apart)
    if small.is_empty():
        return rows.drop("row"), amounts
    others = small.select(SERIES).unique().with_columns(ResourceId=pl.lit(None, dtype=pl.String))
    kept = rows.join(small, on="row", how="anti").select(keys)
    fewer = pl.concat([kept, others]).unique().sort(keys, nulls_last=True).with_row_index("to")
    named = pl.when(pl.col("row").is_in(small["row"].implode())).then(None).otherwise(pl.col("ResourceId"))
    moved = rows.with_columns(ResourceId=named).join(fewer, on=keys, nulls_equal=True).select("row", "to")
    summed = amounts.join(moved, on="row").group_by(row="to", x_charge_date="x_charge_date").agg(pl.col("cost").sum())
    return fewer.select(keys), summed
