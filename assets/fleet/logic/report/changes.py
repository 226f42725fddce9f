"""What changed since the report of the day before: the fleet as it was is kept, and held against the fleet as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.fleet.logic.report import wording
from assets.fleet.logic.report.data import ReportData
from assets.pages import snapshots
from assets.pages.snapshots import Changes, Snapshot

_MOVED_DAYS, _MOVED_SHARE = 7, 0.25
"""A forecast that moved by less than a week, or than a quarter of what it was, has not moved."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as it was.

    Attributes:
        kind: What it is about: `status`, `fleet`, `role`, `incident`, `capacity`, `recommendation`, `shape`.
        tone: `bad`, `good` or empty.
        database_id: Which database; None if it is about several.
        name: Of the database, or of what it is about.
        said: What changed.
    """

    kind: str
    tone: str
    database_id: str | None
    name: str
    said: str


def snapshot(data: ReportData) -> Snapshot:
    """The fleet as it is now, as far as the next report compares it."""
    return {
        "at": data.now.isoformat(),
        "databases": {row["database_id"]: _database(data, row) for row in data.databases},
        "incidents": {row["incident_id"]: data.named(row["said"]) for row in data.incidents if row["is_open"]},
        "recommendations": {
            row["recommendation_id"]: [row["database_id"], row["display_name"], row["title"]]
            for row in data.recommendations
            if row["state"] != "resolved"
        },
    }


def compared(kept: bytes | None, now: Snapshot) -> tuple[Changes[Change], bytes]:
    """What changed, and what is to be kept; see `assets.pages.snapshots`."""
    return snapshots.compared(kept, now, _changes)


def _database(data: ReportData, row: Mapping[str, Any]) -> dict[str, Any]:
    full = data.full.get((row["database_id"], "storage", 100.0))
    return {
        "name": row["display_name"],
        "level": data.level(row["database_id"]),
        "role": row["role"],
        "state": row["lifecycle_state"],
        "size": [row["compute_count"], row["is_auto_scaling_enabled"], row["data_storage_gb"]],
        "answer": full["answer"] if full else "unknown",
        "days": full["days"] if full else None,
        "full": wording.full(full),
    }


def _changes(before: Snapshot, now: Snapshot) -> Iterator[Change]:
    was, are = before["databases"], now["databases"]
    for key in sorted(are.keys() - was.keys(), key=lambda key: str(are[key]["name"])):
        yield Change("fleet", "", key, are[key]["name"], f"new in the fleet, {are[key]['state']}")
    for key in sorted(was.keys() - are.keys(), key=lambda key: str(was[key]["name"])):
        yield Change("fleet", "bad", None, was[key]["name"], f"gone; it was {was[key]['state']}")
    both = sorted(are.keys() & was.keys(), key=lambda key: str(are[key]["name"]))
    for compare in (_status, _role, _state, _size, _capacity):
        for key in both:
            said = compare(was[key], are[key])
            if said is not None:
                yield Change(said[0], said[1], key, are[key]["name"], said[2])
    for key in now["incidents"].keys() - before["incidents"].keys():
        yield Change("incident", "bad", None, "new incident", now["incidents"][key])
    for key in before["incidents"].keys() - now["incidents"].keys():
        yield Change("incident", "good", None, "over", before["incidents"][key])
    yield from _recommendations(before["recommendations"], now["recommendations"])


_Said = tuple[str, str, str]
_Compare = Callable[[Mapping[str, Any], Mapping[str, Any]], _Said | None]


def _status(was: Mapping[str, Any], now: Mapping[str, Any]) -> _Said | None:
    if was["level"] == now["level"]:
        return None
    worse = wording.LEVELS.index(now["level"]) < wording.LEVELS.index(was["level"])
    return "status", "bad" if worse else "good" if now["level"] == "ok" else "", f"{was['level']} → {now['level']}"


def _role(was: Mapping[str, Any], now: Mapping[str, Any]) -> _Said | None:
    if was["role"] == now["role"]:
        return None
    return "role", "bad", f"{was['role'] or 'without Data Guard'} → {now['role'] or 'without Data Guard'}"


def _state(was: Mapping[str, Any], now: Mapping[str, Any]) -> _Said | None:
    return None if was["state"] == now["state"] else ("shape", "", f"{was['state']} → {now['state']}")


def _size(was: Mapping[str, Any], now: Mapping[str, Any]) -> _Said | None:
    if list(was["size"]) == list(now["size"]):
        return None
    return "shape", "", f"{_shape(was['size'])} → {_shape(now['size'])}"


def _shape(size: Sequence[Any]) -> str:
    scaling = {True: " with auto-scaling", False: "", None: ""}[size[1]]
    return f"{wording.number(size[0])} CPUs{scaling}, {wording.quantity(size[2], 'GB', 0)}"


def _capacity(was: Mapping[str, Any], now: Mapping[str, Any]) -> _Said | None:
    if was["answer"] != now["answer"]:
        sooner = now["answer"] in ("forecast", "reached") and was["answer"] not in ("reached", "unknown")
        return "capacity", "bad" if sooner else "", f"storage full: {was['full']} → {now['full']}"
    if now["answer"] != "forecast" or was["days"] is None or now["days"] is None:
        return None
    moved = now["days"] - was["days"]
    if abs(moved) < max(_MOVED_DAYS, _MOVED_SHARE * was["days"]):
        return None
    return "capacity", "bad" if moved < 0 else "good", f"storage full: {was['full']} → {now['full']}"


def _recommendations(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for key in sorted(now.keys() - before.keys(), key=lambda key: str(now[key][1:])):
        database, name, title = now[key]
        yield Change("recommendation", "", database, name, f"new: {title}")
    for key in sorted(before.keys() - now.keys(), key=lambda key: str(before[key][1:])):
        _, name, title = before[key]
        yield Change("recommendation", "good", None, name, f"resolved: {title}")
