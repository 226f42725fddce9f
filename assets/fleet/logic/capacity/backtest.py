"""How far forecasts of growth were off: made anew from the past of each day and compared with what came.

Errors are in units of what they may be expected to be, so that those of short and long horizons and of databases of any size can
be laid together. What piles up wanders by `noise` a day: with a slope that was taken from n such days, the forecast for h days
ahead has the standard deviation noise · √(h + 1.2 h²/n) (the variance of a least-squares slope of a random walk is 1.2 σ²/n).
What begins anew each day has noise · √(1 + 1/n + 12 (h + n/2)²/n³), the prediction error of a straight line.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from assets.fleet.logic.capacity.growth import Daily, Growth, growth

HORIZONS = (1, 3, 7, 14, 28, 56, 90)
COVERAGE = 0.8
"""Share of outcomes that an interval is to hold."""
LEAST_ERRORS = 15
"""With so many errors of a horizon a database is judged by its own; before, by those of the fleet."""
_USUAL = (-2.0, 2.0)
"""Bounds where nobody has any error yet: wider than those of a normal distribution, which would be 1.28."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Miss:
    """One forecast of the past, and what came.

    Attributes:
        origin: The last day that it knew.
        target: The day that it was for.
        horizon: Days between.
        error: What came less what was forecast, in expected standard deviations.
    """

    origin: date
    target: date
    horizon: int
    error: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one horizon: forecasts, and how many of their intervals held what came."""

    horizon: int
    forecasts: int
    inside: int

    @property
    def share(self) -> float | None:
        """Of the forecasts; None without any."""
        return self.inside / self.forecasts if self.forecasts else None


def expected_deviation(grown: Growth, horizon: int | Floats) -> Floats:
    """Standard deviation of the forecast for so many days ahead."""
    ahead = np.asarray(horizon, float)
    if not grown.piles_up:
        return np.asarray(grown.noise * np.sqrt(1 + 1 / grown.days + 12 * (ahead + grown.days / 2) ** 2 / grown.days**3))
    return np.asarray(grown.noise * np.sqrt(ahead + 1.2 * ahead**2 / grown.days))


def misses(daily: Daily, *, piles_up: bool = True) -> list[Miss]:
    """Forecasts from every other day of the past for the horizons that have come."""
    came = dict(daily)
    found: list[Miss] = []
    for end in range(len(daily) - 1, 0, -2):
        grown = growth(daily[:end], piles_up=piles_up)
        if grown is None:
            break
        for horizon in HORIZONS:
            target = date.fromordinal(grown.day.toordinal() + horizon)
            if target in came:
                off = came[target] - grown.level - grown.per_day * horizon
                found.append(Miss(grown.day, target, horizon, float(off / expected_deviation(grown, horizon))))
    return sorted(found, key=lambda miss: (miss.origin, miss.horizon))


class Errors:
    """Errors by horizon, as far as they are known; more are added as days pass."""

    def __init__(self, known: Iterable[Miss] = ()) -> None:
        self._sorted: dict[int, list[float]] = {}
        for miss in known:
            self.add(miss)

    def add(self, miss: Miss) -> None:
        """Let an error be known."""
        insort(self._sorted.setdefault(miss.horizon, []), miss.error)

    def bounds(self, horizon: int, fleet: Errors | None = None) -> tuple[float, float]:
        """Between which expected standard deviations `COVERAGE` of the errors of a horizon lie.

        With few errors of its own, those of the fleet; with few of those, those of the next shorter horizon. n errors in order
        leave n + 1 gaps, each of which the next error falls into with the same chance (split conformal prediction).
        """
        for shorter in [h for h in reversed(HORIZONS) if h <= horizon]:
            for errors in (self, *([fleet] if fleet else [])):
                found = errors._sorted.get(shorter, [])
                if len(found) >= LEAST_ERRORS:
                    place = max(int((1 - COVERAGE) / 2 * (len(found) + 1)) - 1, 0)
                    return min(found[place], 0.0), max(found[-1 - place], 0.0)
        return _USUAL


def coverage(by_database: Mapping[str, Sequence[Miss]]) -> list[Coverage]:
    """How often intervals held, each made with nothing but errors that were known on its day."""
    arriving = sorted(((miss, name) for name, all_of in by_database.items() for miss in all_of), key=lambda one: one[0].target)
    judged = sorted(((miss, name) for name, all_of in by_database.items() for miss in all_of), key=lambda one: one[0].origin)
    own, fleet = {name: Errors() for name in by_database}, Errors()
    tally = {horizon: [0, 0] for horizon in HORIZONS}
    place = 0
    for miss, name in judged:
        while arriving[place][0].target <= miss.origin:
            known, whose = arriving[place]
            own[whose].add(known)
            fleet.add(known)
            place += 1
        low, high = own[name].bounds(miss.horizon, fleet)
        tally[miss.horizon][0] += 1
        tally[miss.horizon][1] += low <= miss.error <= high
    return [Coverage(horizon, n, inside) for horizon, (n, inside) in tally.items()]
