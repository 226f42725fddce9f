"""When a level is reached: a number of days with an interval, or one of the other answers, which are no numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from assets.fleet.logic.capacity.backtest import HORIZONS, Errors, expected_deviation
from assets.fleet.logic.capacity.growth import LEAST_DAYS, WINDOW_DAYS, Daily, Growth, growth

LEVELS = (80.0, 90.0, 100.0)
"""Per cent of what there is."""
YEAR = 365
STALE_DAYS = 3
"""What was last measured so long ago says nothing of today."""
Answer = Literal["forecast", "reached", "not within a year", "shrinking", "unknown"]


@dataclass(frozen=True, slots=True)
class Full:
    """When a level is reached.

    Attributes:
        level_percent: Of what there is.
        answer: Which kind of answer it is.
        days: Most likely number of days from the day of the forecast; 0 if it is reached, None if there is no number, or if only
            the earliest is within a year.
        earliest: With 80 %, not before; None if not within a year.
        latest: With 80 %, not after; None if it may take more than a year.
        needs_days: Days that are still to be measured before there can be an answer; None if that is not what is missing.
        reason: Why the answer is unknown; null otherwise.
    """

    level_percent: float
    answer: Answer
    days: int | None = None
    earliest: int | None = None
    latest: int | None = None
    needs_days: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Growth, if known, and when each level is reached."""

    grown: Growth | None
    full: tuple[Full, ...]


def outlook(
    daily: Daily,
    capacity: float | None,
    today: date,
    own: Errors | None = None,
    fleet: Errors | None = None,
    *,
    piles_up: bool = True,
) -> Outlook:
    """When levels of a capacity are reached.

    Args:
        daily: What was used, by day.
        capacity: What there is, in the same unit; None if not known.
        today: Days are counted from here.
        own: How far earlier forecasts of the same were off.
        fleet: Errors of others, for what has few of its own.
        piles_up: As for `growth`.
    """
    grown = growth(daily, piles_up=piles_up)
    unknown = _why_unknown(daily, capacity, today, grown)
    if unknown is not None or grown is None or capacity is None:
        reason, needs = unknown or ("", None)
        return Outlook(grown, tuple(Full(level, "unknown", needs_days=needs, reason=reason) for level in LEVELS))
    passed = (today - grown.day).days
    ahead = np.arange(1, YEAR + 1 + passed, dtype=float)
    low, high = zip(*((own or Errors()).bounds(horizon, fleet) for horizon in HORIZONS), strict=True)
    deviation = expected_deviation(grown, ahead)
    likely = grown.level + grown.per_day * ahead
    paths = (likely, *(likely + np.interp(ahead, HORIZONS, side) * deviation for side in (high, low)))
    reached_now = max(grown.level, daily[-1][1])
    full = []
    for level in LEVELS:
        goal = capacity * level / 100
        if reached_now >= goal:
            full.append(Full(level, "reached", 0, 0, 0))
            continue
        days, earliest, latest = (_first(path >= goal, passed) for path in paths)
        full.append(_answered(level, days, earliest, latest, shrinking=bool(paths[1][: 90 + passed][-1] < grown.level)))
    return Outlook(grown, tuple(full))


def _answered(level: float, days: int | None, earliest: int | None, latest: int | None, *, shrinking: bool) -> Full:
    if days is not None:
        return Full(level, "forecast", days, earliest, latest)
    if shrinking:
        return Full(level, "shrinking")
    return Full(level, "not within a year", None, earliest, None)


def _first(there: np.ndarray, passed: int) -> int | None:
    """Days from today until it is true for the first time."""
    found = np.flatnonzero(there)
    return max(int(found[0]) + 1 - passed, 0) if len(found) else None


def _why_unknown(daily: Daily, capacity: float | None, today: date, grown: Growth | None) -> tuple[str, int | None] | None:
    if capacity is None or capacity <= 0:
        return "how much there is is not known", None
    if not daily:
        return "nothing was measured yet", LEAST_DAYS
    since = (today - daily[-1][0]).days
    if since > STALE_DAYS:
        return f"nothing was measured since {daily[-1][0].isoformat()}", None
    if grown is None:
        measured = sum((daily[-1][0] - day).days < WINDOW_DAYS for day, _ in daily)
        needs = LEAST_DAYS - measured
        return f"{measured} days were measured: needs {needs} more", needs
    return None
