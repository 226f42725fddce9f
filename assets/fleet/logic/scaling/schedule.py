"""Timetables of sizes: on which days, from when to when, how large; by the clocks of a place.

Written in a tag or a file: `weekdays 07-19 8; saturday 09:30-13 4; else 2`. The first part that fits holds; sizes are ECPUs, or
`stop`. A window that ends before it begins goes on after midnight. An hour that the clocks skip never comes, and one that they
repeat counts both times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

STOP: Final = "stop"
Want = float | Literal["stop"]
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SETS = {"weekdays": range(5), "weekends": range(5, 7), "daily": range(7)}
_PART = re.compile(
    r"(?P<days>[a-z]+(?:-[a-z]+)?(?:\+[a-z]+)*) (?P<start>\d{1,2}(?::\d\d)?)-(?P<stop>\d{1,2}(?::\d\d)?) (?P<size>\S+)"
)
_ELSE = re.compile(r"else (?P<size>\S+)")
_LATE, _DAY_MINUTES = timedelta(days=15), 24 * 60
"""No timetable stays the same for longer than two weeks unless it never changes: clocks may skip the hour of one of them."""
_DAY, _STEP = timedelta(days=1), timedelta(minutes=15)
"""Clocks change, and offsets are, at quarters of an hour."""


class NotASchedule(ValueError):
    """What is written is no timetable."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the week with a size of its own; `start` and `stop` are minutes of the day."""

    days: frozenset[int]
    start: int
    stop: int
    size: Want

    def holds(self, weekday: int, minute: int) -> bool:
        """Whether a minute of a day is in it."""
        if self.start < self.stop:
            return weekday in self.days and self.start <= minute < self.stop
        return (weekday in self.days and minute >= self.start) or ((weekday - 1) % 7 in self.days and minute < self.stop)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A timetable.

    Attributes:
        timezone: Whose clocks count.
        windows: The first that holds says the size.
        otherwise: The size if none does.
    """

    timezone: str
    windows: tuple[Window, ...]
    otherwise: Want

    def wanted(self, at: datetime) -> Want:
        """The size that a database is to have at an instant, given with its zone."""
        local = at.astimezone(ZoneInfo(self.timezone))
        weekday, minute = local.weekday(), local.hour * 60 + local.minute
        return next((window.size for window in self.windows if window.holds(weekday, minute)), self.otherwise)

    def turn(self, at: datetime) -> datetime | None:
        """When it last came to want what it wants at an instant; None if it never wants anything else."""
        now, moment = self.wanted(at), timedelta(microseconds=1)
        edges = reversed(self._edges(at - _LATE, at))
        return next((edge for edge in edges if self.wanted(edge - moment) != now), None)

    def next_turn(self, at: datetime) -> datetime | None:
        """When it will want something else; None if it never does."""
        now = self.wanted(at)
        return next((edge for edge in self._edges(at, at + _LATE) if edge > at and self.wanted(edge) != now), None)

    def _edges(self, begin: datetime, end: datetime) -> list[datetime]:
        """Instants from one to another at which it may begin to want something else, in their order."""
        zone, found = ZoneInfo(self.timezone), set()
        edges = {edge % _DAY_MINUTES for window in self.windows for edge in (window.start, window.stop)} | {0}
        # a day more on both sides: days of the place and of UTC do not begin at once
        day, last = begin.astimezone(zone).date() - _DAY, end.astimezone(zone).date() + _DAY
        while day <= last:
            for edge in edges:
                for fold in (0, 1):
                    wall = datetime.combine(day, time(edge // 60, edge % 60), zone).replace(fold=fold)
                    found.add(wall.astimezone(UTC))
            midnight = datetime.combine(day, time(), UTC)
            if midnight.astimezone(zone).utcoffset() != (midnight + _DAY).astimezone(zone).utcoffset():
                found |= {midnight + n * _STEP for n in range(_DAY // _STEP)}
            day += _DAY
        return sorted(one for one in found if begin <= one <= end)


def parsed(text: str, timezone: str = "UTC") -> Schedule:
    """The timetable that is written in a text; it may begin with its own time zone, such as `Europe/Berlin`.

    Raises:
        NotASchedule: It is none; says which part.
    """
    words = text.strip().split()
    if words and "/" in words[0]:
        timezone, words = words[0], words[1:]
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise NotASchedule(f"there is no time zone {timezone!r}") from error
    parts = [part.strip().lower() for part in re.split(r"[;,]", " ".join(words)) if part.strip()]
    if not parts:
        raise NotASchedule("it is empty")
    last = _ELSE.fullmatch(parts[-1])
    if last is None:
        raise NotASchedule("it has to end with what holds otherwise, such as `else 2`")
    return Schedule(timezone, tuple(_window(part) for part in parts[:-1]), _size(last["size"]))


def _window(part: str) -> Window:
    matched = _PART.fullmatch(part)
    if matched is None:
        raise NotASchedule(f"{part!r} is not like `weekdays 07-19 8`")
    start, stop = _minute(matched["start"]), _minute(matched["stop"])
    if start in (stop, _DAY_MINUTES):
        raise NotASchedule(f"{part!r} holds at no time")
    return Window(_days(matched["days"]), start, stop, _size(matched["size"]))


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for piece in text.split("+"):
        first, _, last = piece.partition("-")
        if first in _SETS and not last:
            found |= set(_SETS[first])
        else:
            begin, end = _day(first), _day(last or first)
            found |= {(begin + n) % 7 for n in range((end - begin) % 7 + 1)}
    return frozenset(found)


def _day(name: str) -> int:
    matching = [number for number, day in enumerate(_DAYS) if len(name) >= 3 and day.startswith(name)]
    if not matching:
        raise NotASchedule(f"{name!r} is no day of the week")
    return matching[0]


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    minute = int(hours) * 60 + int(minutes or 0)
    if minute > _DAY_MINUTES or int(minutes or 0) > 59:
        raise NotASchedule(f"{text!r} is no time of the day")
    return minute


def _size(text: str) -> Want:
    if text == STOP:
        return STOP
    if not text.isdigit() or int(text) < 2:
        raise NotASchedule(f"{text!r} is neither a number of ECPUs, 2 or more, nor `stop`")
    return float(text)
