"""What a report leaves for the next one to be compared with: the last snapshot of each of the last days."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

_KEPT_DAYS = 10
_Change = TypeVar("_Change")
Snapshot = Mapping[str, Any]
"""Has `at`, the moment as ISO 8601, and whatever the report compares."""


@dataclass(frozen=True, slots=True)
class Changes(Generic[_Change]):
    """What changed since a moment; None if there is nothing to compare with, and why."""

    since: datetime | None
    changes: tuple[_Change, ...]
    remark: str | None = None


def compared(
    kept: bytes | None, now: Snapshot, changes: Callable[[Snapshot, Snapshot], Iterable[_Change]]
) -> tuple[Changes[_Change], bytes]:
    """What changed, and what is to be kept.

    Compared is with the last report of an earlier day; on the first day, with the last report of it.

    Args:
        kept: What the reports before left; None if there were none.
        now: Of this report.
        changes: Tells what changed between two snapshots.
    """
    try:
        earlier: list[Snapshot] = [] if kept is None else list(json.loads(kept))
        before = _baseline(earlier, now)
        found: Changes[_Change] = Changes(None, (), "This is the first report: there is nothing to compare with.")
        if before is not None:
            found = Changes(datetime.fromisoformat(before["at"]), tuple(changes(before, now)))
    except (ValueError, KeyError, TypeError) as error:
        earlier, found = [], Changes(None, (), f"What the report before left cannot be read ({type(error).__name__}): {error}")
    today = now["at"][:10]
    keep = [one for one in earlier if one["at"][:10] != today][-_KEPT_DAYS:]
    return found, json.dumps([*keep, now], ensure_ascii=False, separators=(",", ":")).encode()


def _baseline(earlier: Sequence[Snapshot], now: Snapshot) -> Snapshot | None:
    days_before = [one for one in earlier if one["at"][:10] < now["at"][:10]]
    candidates = days_before or list(earlier)
    return candidates[-1] if candidates else None
