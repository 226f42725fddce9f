"""How something grows: the level and slope of daily values, robust against single days and free of steps that are no trend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Daily = tuple[tuple[date, float], ...]
"""Values by day, ascending; a day that was not measured is not there."""

WINDOW_DAYS = 42
"""Days that the slope is of: whole weeks, so that a weekly rhythm does not tilt it."""
LEAST_DAYS = 14
"""Fewer measured days than two weeks tell no trend from a rhythm."""
RECURRING = 3
"""So many steps in one direction within the window are how it grows (a weekly load, a monthly purge), not events."""
_STEP_SPREADS, _STEP_SHARE, _LAST_DAYS = 8.0, 0.03, 5
_TO_SIGMA = 1.4826
"""From the median absolute deviation to the standard deviation of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Step:
    """A level that changed from one day to the next and stayed: a purge, a reorganisation, a load."""

    day: date
    size: float


@dataclass(frozen=True, slots=True)
class Growth:
    """How something grows.

    Attributes:
        day: The last measured day.
        level: What it stands at on that day, without the noise of the day.
        per_day: Slope, steps left out.
        noise: Standard deviation of what a day adds, or of days about the line if it does not pile up; steps left out.
        days: Measured days that the slope is of.
        steps: Steps that were left out.
        piles_up: Whether what a day adds stays, as of storage, or the next day begins anew, as of CPU.
    """

    day: date
    level: float
    per_day: float
    noise: float
    days: int
    steps: tuple[Step, ...]
    piles_up: bool = True


def growth(daily: Daily, *, piles_up: bool = True) -> Growth | None:
    """Growth over the last days; None with fewer than `LEAST_DAYS` measured days in the window.

    The slope is the median of the slopes of all pairs of days (Theil, 1950; Sen, 1968), the level the median of the last days
    moved along it.
    """
    if not daily:
        return None
    last = daily[-1][0]
    recent = [(d, v) for d, v in daily if d > last - timedelta(days=WINDOW_DAYS)]
    if len(recent) < LEAST_DAYS:
        return None
    at = np.array([(d - last).days for d, _ in recent], float)
    values = np.array([v for _, v in recent], float)
    where, sizes = _steps(at, values)
    straight = values.copy()
    for place, size in zip(where, sizes, strict=True):
        straight[:place] += size
    slope = _theil_sen(at, straight)
    about = straight - slope * at
    level = float(np.median(about[-_LAST_DAYS:] if piles_up else about))
    noise = _noise(at, straight, slope) if piles_up else float(np.std(about))
    return Growth(
        day=last,
        level=level,
        per_day=slope,
        noise=max(noise, 1e-4 * abs(level)),
        days=len(recent),
        steps=tuple(Step(recent[p][0], float(s)) for p, s in zip(where, sizes, strict=True)),
        piles_up=piles_up,
    )


def _steps(at: Floats, values: Floats) -> tuple[list[int], list[float]]:
    """Places before which the level changed for good, and by how much; none of a direction in which it keeps happening."""
    added = np.diff(values) / np.diff(at)
    usual = float(np.median(added))
    spread = _TO_SIGMA * float(np.median(np.abs(added - usual)))
    least = max(_STEP_SPREADS * spread, _STEP_SHARE * float(np.median(np.abs(values))), 1e-9)
    found = []
    for place in np.flatnonzero(np.abs(added - usual) * np.diff(at) > least) + 1:
        jump = float(values[place] - values[place - 1] - usual * (at[place] - at[place - 1]))
        before, after = values[max(place - 3, 0) : place], values[place : place + 3]
        stayed = float(np.median(after) - np.median(before))
        if stayed * jump > 0 and abs(stayed) > abs(jump) / 2:
            found.append((int(place), jump))
    kept = [step for step in found if sum(other * step[1] > 0 for _, other in found) < RECURRING]
    return [place for place, _ in kept], [jump for _, jump in kept]


def _theil_sen(at: Floats, values: Floats) -> float:
    first, second = np.triu_indices(len(at), 1)
    return float(np.median((values[second] - values[first]) / (at[second] - at[first])))


def _noise(at: Floats, values: Floats, slope: float) -> float:
    """Of the days' additions."""
    gaps = np.diff(at)
    return _spread((np.diff(values) - slope * gaps) / np.sqrt(gaps))


def _spread(values: Floats) -> float:
    """Where most values are equal, the spread of all is the better measure."""
    robust = _TO_SIGMA * float(np.median(np.abs(values - np.median(values))))
    return robust or float(np.std(values))
