"""What is known of each series when a forecast is made: its settled costs, and whether anything can be said of it at all.

Exports fill up late: a provider's last two days are not settled and are left out, so that they drag no forecast down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.panel import SERIES, cost, panel

PROVISIONAL_DAYS = 2
"""The last days of a provider that still fill up."""
RECENT_DAYS = 14
"""Recent cost is that of so many last settled days; a series without cost for longer may have ended."""
LEAST_HISTORY = 28
"""With fewer known days nothing is said of a series, not even that it ended."""
_LONGER_THAN_ANY_PAUSE = 7
_SILENT_FOR_GOOD = 45
"""A provider that delivered nothing for longer than a billing month and its two weeks of closing is not used any more."""

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class History:
    """Settled costs of all series.

    Attributes:
        start: The first day; column `t` is the day `start + t`.
        series: One row per series, columns `SERIES`.
        costs: Series × day. NaN on unknown days, which are also those after `settled`; 0 before the first cost.
        settled: Per series, the column of its provider's last settled day; -1 if none is.
        recent: Per series, exact cost of its provider's last 14 settled days, `Decimal`.
    """

    start: date
    series: pl.DataFrame
    costs: Matrix
    settled: Indices
    recent: pl.Series

    @property
    def last(self) -> int:
        """Column of the newest settled day of any provider."""
        return int(self.settled.max())

    @property
    def origin(self) -> date:
        """The newest settled day: the day from which the forecast looks ahead."""
        return self.day(self.last)

    def day(self, column: int) -> date:
        """The day of a column; also of one before or after those there are."""
        return self.start + timedelta(days=column)

    @property
    def begun(self) -> Matrix:
        """The costs with NaN before the first cost of each series: the form in which they are forecast."""
        return np.where(np.arange(self.costs.shape[1]) >= first_costs(self.costs)[:, None], self.costs, np.nan)

    @property
    def history_days(self) -> Indices:
        """Known days of each series since its first cost."""
        return np.asarray((~np.isnan(self.begun)).sum(axis=1), dtype=np.int64)

    def endings(self) -> list[str | None]:
        """Why a series is not to be forecast from its history: `ended`, `no deliveries`, or None if it is."""
        return [self._ending(row) for row in range(len(self.series))]

    def _ending(self, row: int) -> str | None:
        silence = self.last - self.settled[row]
        if silence > RECENT_DAYS:
            return "no deliveries" if silence <= _SILENT_FOR_GOOD else "ended"
        known = self.costs[row][~np.isnan(self.costs[row])]
        paid = np.flatnonzero(known)
        if len(known) < LEAST_HISTORY:
            return None
        if not len(paid):
            return "ended"
        # what is charged once a month pauses for weeks and has not ended
        longest = int(np.diff(paid).max(initial=1)) - 1
        ended = len(known) - 1 - paid[-1] > max(RECENT_DAYS, longest + _LONGER_THAN_ANY_PAUSE)
        return "ended" if ended else None


def first_costs(costs: Matrix) -> Indices:
    """Per row the column of the first cost; the number of columns if there is none."""
    paid = np.nan_to_num(costs) != 0
    return np.asarray(np.where(paid.any(axis=1), paid.argmax(axis=1), costs.shape[1]), dtype=np.int64)


def history(daily: pl.DataFrame, today: date) -> History | None:
    """The history that `finops/daily_costs` tells; None if there is no row.

    Unknown days are those of `panel`.

    Args:
        daily: Rows with `x_charge_date`, the `SERIES`, `EffectiveCost` and `BilledCost`.
        today: Rows after it, such as those of charges made in advance, are left out.
    """
    rows = daily.filter(pl.col("x_charge_date") <= today)
    if rows.is_empty():
        return None
    seen = panel(rows.with_columns(ResourceId=pl.lit(None, pl.String)))
    costs = seen.totals.copy()
    days = rows.group_by("ProviderName").agg(settled=pl.col("x_charge_date").max().dt.offset_by(f"-{PROVISIONAL_DAYS}d"))
    last_days = seen.series.join(days, on="ProviderName", how="left", nulls_equal=True, maintain_order="left")["settled"]
    settled = np.maximum((last_days - seen.start).dt.total_days().to_numpy(), -1)
    costs[np.arange(costs.shape[1]) > settled[:, None]] = np.nan
    return History(seen.start, seen.series, costs, settled, _recent(rows, seen.series, last_days))


def _recent(rows: pl.DataFrame, series: pl.DataFrame, settled: pl.Series) -> pl.Series:
    last = series.with_columns(settled=settled)
    placed = rows.join(last, on=SERIES, nulls_equal=True)
    ahead = (pl.col("settled") - pl.col("x_charge_date")).dt.total_days()
    summed = placed.filter((ahead >= 0) & (ahead < RECENT_DAYS)).group_by(SERIES).agg(recent=cost().sum())
    return series.join(summed, on=SERIES, how="left", nulls_equal=True, maintain_order="left")["recent"].fill_null(0)
