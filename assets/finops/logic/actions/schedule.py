"""Timetables: what must be on at an instant, by weekdays and hours of a time zone, through changes of the clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Timetable:
    """On certain days of the week from a time until another, by the clocks of a place.

    Attributes:
        timezone: Name of the time zone, such as Europe/Berlin.
        days: Days of the week.
        start: `HH:MM` from which it is on.
        stop: `HH:MM` from which it is off, later on the same day; `24:00` is midnight.
    """

    timezone: str
    days: tuple[str, ...]
    start: str
    stop: str

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Timetable:
        """The timetable in the parameters of an action."""
        return cls(parameters["timezone"], tuple(parameters["days"]), parameters["start"], parameters["stop"])

    def is_on(self, at: datetime) -> bool:
        """Whether it must be on at an instant, given with its zone.

        An hour that the clocks skip never comes; one that they repeat counts both times.
        """
        local = at.astimezone(ZoneInfo(self.timezone))
        minute = local.hour * 60 + local.minute
        return WEEK[local.weekday()] in self.days and _minute(self.start) <= minute < _minute(self.stop)

    @property
    def minutes_on(self) -> int:
        """Minutes of a week, without a change of clocks, in which it is on."""
        return len(set(self.days)) * (_minute(self.stop) - _minute(self.start))

    @property
    def parameters(self) -> dict[str, Any]:
        """As parameters of an action."""
        return {"timezone": self.timezone, "days": list(self.days), "start": self.start, "stop": self.stop}


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


OFFICE_HOURS = Timetable("UTC", WEEK[:5], "07:00", "19:00")
"""What is proposed where nobody says otherwise."""
