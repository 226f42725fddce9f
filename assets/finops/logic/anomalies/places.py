"""Days that are unusual by the calendar: fees and batches at the same place of each month, and holidays.

Nothing is built in: the places are learnt from the series' own months before, a holiday from many series falling together.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.panel import Matrix

_MONTHS = 3
_LEAST_WEEKLY_SERIES = 5
_SHARE_THAT_FELL = 0.4
_Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekday, day of month and days left in the month, per day."""

    weekdays: NDArray[np.int64]
    day_of_month: NDArray[np.int64]
    days_left: NDArray[np.int64]

    @classmethod
    def of(cls, dates: Sequence[date]) -> Calendar:
        """The calendar of the days."""
        return cls(
            np.array([d.weekday() for d in dates], dtype=np.int64),
            np.array([d.day for d in dates], dtype=np.int64),
            np.array([monthrange(d.year, d.month)[1] - d.day for d in dates], dtype=np.int64),
        )

    def same_place(self, t: int) -> NDArray[np.int64]:
        """Days of the last months with the same day of month, then those with as many days left in it."""
        found = [np.flatnonzero(places[:t] == places[t])[-_MONTHS:] for places in (self.day_of_month, self.days_left)]
        days = np.concatenate(found)
        return days[(t - days >= 26) & (days > 0)]


def monthly(residual: Matrix, past: Matrix, days: NDArray[np.int64], scale: Matrix) -> tuple[Matrix, NDArray[np.int64]]:
    """The residual that the same place of a month before lets expect: the nearest one that was itself conspicuous, else 0.

    Args:
        residual: Of today, per series.
        past: Residuals at the same place of months before, day × series; 0 where unknown.
        days: The days that they are of.
        scale: Noise per series.

    Returns:
        The expected residual, and the day that it was learnt from (-1 if none).
    """
    expected, source = np.zeros(len(residual)), np.full(len(residual), -1, dtype=np.int64)
    for day, then in zip(days, past, strict=True):
        like = (np.abs(then) > np.maximum(2.5 * scale, 0.05)) & (np.sign(then) == np.sign(residual))
        nearer = like & (np.abs(residual - then) < np.abs(residual - expected))
        expected, source = np.where(nearer, then, expected), np.where(nearer, day, source)
    explained = (expected != 0) & (np.abs(residual - expected) < np.maximum(0.5 * np.abs(expected), 3 * scale))
    return np.where(explained, expected, 0.0), np.where(explained, source, -1)


def holiday(residual: Matrix, factors: Matrix, weekday: int, scale: Matrix, regular: _Flags) -> _Flags:
    """Series whose fall on a weekday is a holiday's: many of those with a quiet weekend fell towards it on the same day.

    Args:
        residual: Of today, per series.
        factors: Weekday factors, 7 × series.
        weekday: Of today.
        scale: Noise per series.
        regular: Series with a level and enough history.
    """
    none = np.zeros(len(residual), dtype=np.bool_)
    weekend = factors[5:].mean(axis=0)
    weekly = regular & (weekend < 0.8 * factors[:5].mean(axis=0))
    if weekday >= 5 or weekly.sum() < _LEAST_WEEKLY_SERIES:
        return none
    gap = 1 - weekend / factors[weekday]
    if np.mean(residual[weekly] < -0.5 * gap[weekly]) <= _SHARE_THAT_FELL:
        return none
    return np.asarray(weekly & (residual < 0) & (residual > -gap - np.maximum(3 * scale, 0.15)), dtype=np.bool_)
