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
        costs: Resource × day. 0 where there is no charge, NaN where the provider delivered nothing at all.
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
    are unknown too.

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
    keys = [*SERIES, "ResourceId"]
    amounts = _told_apart(resource_costs.group_by("x_charge_date", *keys).agg(cost=cost().sum().cast(pl.Float64)), told_apart)
    series = amounts.select(SERIES).unique().sort(SERIES, nulls_last=True)
    rows = amounts.select(keys).unique().sort(keys, nulls_last=True).with_row_index("row")
    owners = rows.join(series.with_row_index("owner"), on=SERIES, how="left", nulls_equal=True).sort("row")
    start: date = amounts["x_charge_date"].min()  # type: ignore[assignment]
    end: date = until or amounts["x_charge_date"].max()  # type: ignore[assignment]
    costs = np.zeros((len(rows), (end - start).days + 1))
    day = (pl.col("x_charge_date") - start).dt.total_days().alias("day")
    placed = amounts.join(rows, on=keys, nulls_equal=True).with_columns(day)
    for (provider,), delivered in placed.group_by("ProviderName"):
        silent = np.setdiff1d(np.arange(costs.shape[1]), delivered["day"].unique().to_numpy())
        mine = rows["ProviderName"].eq_missing(pl.Series([provider], dtype=pl.String)).to_numpy()
        costs[np.ix_(mine, silent)] = np.nan
    costs[placed["row"].to_numpy(), placed["day"].to_numpy()] = placed["cost"].to_numpy()
    return Panel(start, series, rows["ResourceId"], owners["owner"].cast(pl.Int64).to_numpy(), costs)


def _told_apart(amounts: pl.DataFrame, number: int) -> pl.DataFrame:
    """The amounts with the resources of each series beyond `number` put together as one without an id."""
    keys = [*SERIES, "ResourceId"]
    highest = amounts.group_by(keys).agg(pl.col("cost").abs().max())
    rank = pl.struct("cost", "ResourceId").rank("ordinal", descending=True).over(SERIES)
    small = highest.filter(rank > number)
    if small.is_empty():
        return amounts
    marked = amounts.join(small.select(*keys, small=pl.lit(value=True)), on=keys, how="left", nulls_equal=True)
    named = pl.when(pl.col("small").is_null()).then(pl.col("ResourceId"))
    return marked.with_columns(ResourceId=named).group_by("x_charge_date", *keys).agg(pl.col("cost").sum())
