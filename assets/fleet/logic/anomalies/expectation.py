"""What a metric is expected to be: its level, or the usual at that time of the day or week; and its noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.fleet.logic.anomalies import past
from assets.fleet.logic.anomalies.past import Floats
from assets.fleet.logic.anomalies.settings import Settings

Times = NDArray[np.int64]
"""Seconds, ascending."""
DAY = 86_400
_AROUND = 900
"""Seconds on each side of a time of day that count as that time."""
_LEAST_LEVEL = 3
_LEAST_ERRORS = 10
_LEAST_CONTEST = 20
_LEAST_CONTEST_OF_WEEKS = 100
_STEPS = 1000
_MAD_SCALE = 1.4826
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Expectation:
    """Per point; NaN where too little is known.

    Attributes:
        value: What was expected.
        noise: How far values usually are off that.
    """

    value: Floats
    noise: Floats


def expect(times: Times, values: Floats, settings: Settings) -> Expectation:
    """What was expected of each value, from those before it."""
    level = past.median(values, settings.level, _LEAST_LEVEL)
    around = past.median_within(times, values, 2 * _AROUND)
    daily = same_time(times, around, range(1, settings.days + 1))
    weekly = same_time(times, around, range(7, 7 * settings.weeks + 1, 7))
    value = _better(values, level, daily, settings.contest, _LEAST_CONTEST)
    value = _better(values, value, weekly, settings.contest, _LEAST_CONTEST_OF_WEEKS, settings.week_better)
    young = ~past.since_first(times, values, 2 * settings.least_days * DAY)
    value = np.where(young, _nearer(values, level, daily), value)
    floor = settings.least_share * np.abs(level) + _NOTHING
    return Expectation(value, noise_of(values - value, settings) + floor)


def noise_of(errors: Floats, settings: Settings) -> Floats:
    """How large errors usually were before each of them, NaN where too few are known.

    The median of their sizes, scaled to a standard deviation, over those that are not exactly 0: so a metric that rests most of
    the time is measured by what it does when it does something, from its first time on. A part of the standard deviation is
    added in squares.
    """
    size = np.abs(errors)
    usual = past.median(np.where(size > _NOTHING, size, np.nan), settings.noise)
    spread = np.sqrt(past.mean(size * size, settings.noise, _LEAST_ERRORS))
    return np.asarray(np.hypot(_MAD_SCALE * np.nan_to_num(usual), settings.tails * spread), dtype=np.float64)


def same_time(times: Times, around: Floats, days: Sequence[int]) -> Floats:
    """Median, over so many days ago each, of the medians of the half hour around that time; NaN where none was measured then.

    So with a value a minute, the season is not as noisy as single values are; with a value an hour, it is made of those.

    Args:
        times: Of the points.
        around: Median of each point and those in the half hour before it.
        days: How many days ago.
    """
    step = past.median(np.diff(times, prepend=times[:1]).astype(np.float64), _STEPS)
    seen = np.full((len(days), len(times)), np.nan)
    for row, back in enumerate(days):
        until = times - back * DAY + _AROUND
        last = np.searchsorted(times, until, side="right") - 1
        near = (last >= 0) & (until - times[last] <= _AROUND + 0.75 * step)
        seen[row, near] = around[last[near]]
    return _median(seen)


def _better(values: Floats, one: Floats, other: Floats, contest: int, least: int, part: float = 1.0) -> Floats:
    """The other, where it erred by less than that part of what the one did over the last points; if one is unknown, the other."""
    of_one = np.nan_to_num(past.mean(np.abs(values - one), contest, _LEAST_CONTEST), nan=np.inf)
    of_other = np.nan_to_num(past.mean(np.abs(values - other), contest, least), nan=np.inf)
    chosen = np.where(of_other < part * of_one, other, one)
    return np.where(np.isnan(chosen), np.where(np.isnan(one), other, one), chosen)


def _nearer(values: Floats, one: Floats, other: Floats) -> Floats:
    return np.where(np.isnan(one) | (np.abs(values - other) < np.abs(values - one)), other, one)


def _median(rows: Floats) -> Floats:
    """Per column, of what is known; `np.nanmedian` warns of columns without anything and is many times slower."""
    known = (~np.isnan(rows)).sum(axis=0)
    ordered = np.sort(rows, axis=0)
    column = np.arange(rows.shape[1])
    upper, lower = np.minimum(known // 2, len(rows) - 1), np.maximum((known - 1) // 2, 0)
    return np.asarray((ordered[lower, column] + ordered[upper, column]) / 2, dtype=np.float64)
