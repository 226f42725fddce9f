"""Which timetable a database has: its tag, or the first rule of the team's file that fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from assets.fleet.logic.scaling.schedule import NotASchedule, Schedule, parsed
from resources.autonomous_databases import AutonomousDatabase

TAG = "scale-schedule"


@dataclass(frozen=True, slots=True)
class Rule:
    """A timetable for all databases whose tags fit patterns, and whose display name does; `*` is anything."""

    name: str
    tags: Mapping[str, str]
    databases: str
    schedule: Schedule

    def fits(self, database: AutonomousDatabase) -> bool:
        """Whether it is for a database."""
        fit = all(fnmatchcase((database.tag(key) or "").lower(), pattern.lower()) for key, pattern in self.tags.items())
        return fit and fnmatchcase(database.display_name, self.databases)


@dataclass(frozen=True, slots=True)
class Rules:
    """The team's file: rules in their order, and the time zone of tags that name none."""

    rules: Sequence[Rule] = ()
    timezone: str = "UTC"

    def of(self, database: AutonomousDatabase) -> Schedule | None:
        """The timetable of a database; None if it has none. Its own tag goes before the file.

        Raises:
            NotASchedule: Its tag is none.
        """
        tag = database.tag(TAG)
        if tag is not None:
            return None if tag.strip().lower() in ("none", "off") else parsed(tag, self.timezone)
        return next((rule.schedule for rule in self.rules if rule.fits(database)), None)


def rules_of(content: object) -> Rules:
    """The rules in what a YAML file holds.

    Raises:
        NotASchedule: Something in it cannot be so.
    """
    if not isinstance(content, dict) or not isinstance(content.get("schedules", []), list):
        raise NotASchedule("the file has to hold `timezone` and a list of `schedules`")
    timezone = str(content.get("timezone", "UTC"))
    parsed("else 2", timezone)
    return Rules(tuple(_rule(number, one, timezone) for number, one in enumerate(content.get("schedules", []), 1)), timezone)


def _rule(number: int, given: Any, timezone: str) -> Rule:  # noqa: ANN401 - out of a file
    name = f"schedule {number}"
    if not isinstance(given, dict) or "schedule" not in given:
        raise NotASchedule(f"{name} has no `schedule`")
    if unknown := sorted(set(given) - {"name", "tags", "databases", "schedule", "timezone"}):
        raise NotASchedule(f"{name}: there is no {', '.join(unknown)}")
    tags = given.get("tags", {})
    if not isinstance(tags, dict):
        raise NotASchedule(f"{name}: `tags` maps keys to patterns")
    if not tags and "databases" not in given:
        raise NotASchedule(f"{name} is for all databases: give `tags`, or `databases`; * is anything")
    try:
        schedule = parsed(str(given["schedule"]), str(given.get("timezone", timezone)))
    except NotASchedule as error:
        raise NotASchedule(f"{name}: {error}") from error
    patterns = {str(key): str(value) for key, value in tags.items()}
    return Rule(str(given.get("name", name)), patterns, str(given.get("databases", "*")), schedule)
