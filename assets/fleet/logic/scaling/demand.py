"""What databases needed in the hours that a smaller size would be for: nothing is scaled below that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.fleet.logic.scaling.schedule import Schedule, Want

WEEKS = 3
"""So many weeks are looked at. Our choice."""
COVERED = 0.7
"""Share of their hours that has to be known. Our choice."""
FULL = 0.8
"""A size is enough if the busiest hour takes this share of it at most. Our choice, the reciprocal of a head-room of a quarter."""
SCALED = 3
"""With auto scaling, utilisation is a share of three times the ECPUs. Source: "Available Metrics" at docs.oracle.com."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Used:
    """CPU utilisation in an hour, by its start, in per cent of what the database might use."""

    hour: datetime
    percent: float


@dataclass(frozen=True, slots=True)
class Was:
    """What a database was from an instant on, until it was something else. What is unknown is None."""

    since: datetime
    ecpus: float | None
    auto_scaling: bool | None
    stopped: bool


@dataclass(frozen=True, slots=True)
class Need:
    """ECPUs that are enough for the busiest hour; None if that is unknown, and why."""

    ecpus: float | None
    why: str


def needed(used: Sequence[Used], was: Sequence[Was], schedule: Schedule, want: Want, now: datetime) -> Need:
    """What the last weeks needed in the hours in which the timetable wants the same as now.

    Args:
        used: Utilisation, in any order.
        was: Sizes and states over time, in any order.
        schedule: The timetable.
        want: What it wants now.
        now: The present.
    """
    begin = _whole(now) - WEEKS * timedelta(weeks=1)
    hours = [hour for hour in _hours(begin, _whole(now)) if schedule.wanted(hour) == want]
    measured = {_whole(one.hour): one.percent for one in used}
    periods = sorted(was, key=lambda one: one.since)
    taken: list[tuple[float, datetime]] = []
    unknown = 0
    index = -1
    for hour in hours:
        while index + 1 < len(periods) and periods[index + 1].since <= hour:
            index += 1
        ecpus = _ecpus(periods[index] if index >= 0 else None, measured.get(hour))
        if ecpus is None:
            unknown += 1
        else:
            taken.append((ecpus, hour))
    if not hours or len(taken) < COVERED * len(hours):
        return Need(None, f"of {len(hours)} such hours in {WEEKS} weeks, the need of {unknown} is unknown")
    most, when = max(taken)
    enough = most / FULL
    return Need(enough, f"the busiest such hour in {WEEKS} weeks, {when:%Y-%m-%d %H:%M} UTC, took {most:.2g} ECPUs")


def whole_ecpus(need: float) -> float:
    """The least whole number of ECPUs that is enough, 2 at least."""
    return float(max(2, math.ceil(need - 1e-9)))


def _ecpus(was: Was | None, percent: float | None) -> float | None:
    """ECPUs that were used in an hour; of one that stood still none, and None if that cannot be told."""
    if percent is None:
        return 0.0 if was is not None and was.stopped else None
    if was is None or was.ecpus is None:
        return None
    # what is not known to be off may have been on, and then more was used
    allowed = was.ecpus if was.auto_scaling is False else was.ecpus * SCALED
    return percent / 100 * allowed


def _whole(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _hours(begin: datetime, end: datetime) -> Sequence[datetime]:
    return [begin + n * _HOUR for n in range(int((end - begin) / _HOUR))]
