"""Counters that only grow until an instance starts anew: what they grew by between two readings, or why nobody knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.fleet.logic.measured import Missing

Row = Mapping[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counters as they stood.

    Attributes:
        at: When they were read.
        instances: When each instance had started, by its number; None if that could not be read.
        rows: What was answered.
    """

    at: datetime
    instances: Mapping[str, str] | None
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Growth:
    """What counters grew by between two moments.

    Attributes:
        start: The earlier moment.
        end: The later one.
        rows: The later rows, with the growth in place of the counters.
    """

    start: datetime
    end: datetime
    rows: Sequence[Row]

    @property
    def seconds(self) -> float:
        """Between the two."""
        return (self.end - self.start).total_seconds()

    def total(self, counter: str) -> float:
        """Growth of a counter over all rows."""
        return float(sum(row[counter] for row in self.rows))


def growth(before: Snapshot | None, now: Snapshot, keys: Sequence[str], counters: Sequence[str]) -> Growth | Missing:
    """What system counters grew by: those that stay as long as an instance runs.

    A key that was not there before began at 0. If an instance started anew, or a counter is smaller than it was, the growth is
    unknown: what was counted before the restart is lost.
    """
    refused = _incomparable(before, now)
    if refused or before is None:
        return refused or Missing("unknown", "")
    rows = _grown(before.rows, now.rows, keys, counters)
    back = next((name for row in rows for name in counters if row[name] < 0), None)
    if back:
        return Missing("unknown", f"counters went back ({back}) since {_said(before.at)}: it seems to have restarted")
    return Growth(before.at, now.at, rows)


def cursor_growth(before: Snapshot | None, now: Snapshot, keys: Sequence[str], counters: Sequence[str]) -> Growth | Missing:
    """What counters of cursors grew by: those that go with their cursor when it leaves the cache.

    A cursor that was not there before, or whose counters are smaller, came into the cache meanwhile: all that it counts is of
    the interval. One that left the cache is not counted. Of cursors that were read only if among the first, one that rose among
    them counts at most as much too much as the last of them had then.
    """
    refused = _incomparable(before, now)
    if refused or before is None:
        return refused or Missing("unknown", "")
    grown = _grown(before.rows, now.rows, keys, counters)
    rows = [old if any(new[name] < 0 for name in counters) else new for old, new in zip(now.rows, grown, strict=True)]
    return Growth(before.at, now.at, rows)


def _incomparable(before: Snapshot | None, now: Snapshot) -> Missing | None:
    """Why two readings cannot be held against each other."""
    if before is None:
        return Missing("unknown", "it takes two collections, and this is the first")
    if now.at <= before.at:
        return Missing("unknown", f"no time has passed since it was last read at {_said(before.at)}")
    if before.instances is None or now.instances is None:
        return None
    restarted = sorted(n for n, started in now.instances.items() if before.instances.get(n) != started)
    if restarted or set(before.instances) - set(now.instances):
        return Missing("unknown", f"instances were started or stopped since {_said(before.at)}: counters began anew")
    return None


def _grown(before: Sequence[Row], now: Sequence[Row], keys: Sequence[str], counters: Sequence[str]) -> list[Row]:
    then = {_key(row, keys): row for row in before}
    none: Row = dict.fromkeys(counters, 0)
    return [
        {**row, **{name: row[name] - then.get(_key(row, keys), none)[name] for name in counters}}
        for row in now
    ]  # fmt: skip


def _key(row: Row, keys: Sequence[str]) -> Key:
    return tuple(row[name] for name in keys)


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
