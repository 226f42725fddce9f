"""Which objects of a store are new: the decision of every bucket sensor, without a clock or side effects."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Self

from resources.errors import BadInput
from resources.object_store import StoredObject


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the arrivals have been taken.

    Attributes:
        last_modified: Instant of the newest object taken; None before the first.
        seen: `key@etag` of every version taken that was written at exactly that instant.
    """

    last_modified: datetime | None = None
    seen: frozenset[str] = frozenset()

    def to_json(self) -> str:
        """Text for Dagster to keep between ticks."""
        instant = self.last_modified.isoformat() if self.last_modified else None
        return json.dumps({"last_modified": instant, "seen": sorted(self.seen)})

    @classmethod
    def from_json(cls, text: str | None) -> Self:
        """The cursor kept as `text`; None and "" are the beginning.

        Raises:
            BadInput: The text is not a cursor of this kind.
        """
        if not text:
            return cls()
        try:
            kept = json.loads(text)
            instant = kept["last_modified"]
            return cls(datetime.fromisoformat(instant) if instant else None, frozenset(kept["seen"]))
        except (ValueError, TypeError, KeyError) as error:
            raise BadInput(
                f"the cursor of the sensor is unreadable: {text[:80]}",
                "Clear it on the sensor's page: every object is then taken once more.",
            ) from error


def new_arrivals(cursor: Cursor, objects: Iterable[StoredObject], *, limit: int) -> tuple[list[StoredObject], Cursor]:
    """The next at most `limit` objects that are new since `cursor`, oldest first, and the cursor after them.

    A version of an object (its key and etag) is taken exactly once, as long as it appears with a
    `last_modified` that is not before the cursor's: objects that share an instant are told apart by name, and
    a rewritten object is new. What exceeds `limit` comes at the next call.

    An object that appears later with an *older* time (a clock that is behind, an upload that took long) is
    found by the nightly full listing, not here.

    Raises:
        ValueError: `limit` is not positive; nothing would ever be taken.
    """
    if limit < 1:
        raise ValueError(f"limit is {limit}, but at least one object must be taken at a time")
    batch = nsmallest(limit, (found for found in objects if _is_new(cursor, found)), key=_order)
    if not batch:
        return [], cursor
    newest = batch[-1].last_modified
    before = cursor.seen if newest == cursor.last_modified else frozenset()
    return batch, Cursor(newest, before | {_version(taken) for taken in batch if taken.last_modified == newest})


def _is_new(cursor: Cursor, found: StoredObject) -> bool:
    if cursor.last_modified is None or found.last_modified > cursor.last_modified:
        return True
    return found.last_modified == cursor.last_modified and _version(found) not in cursor.seen


def _order(found: StoredObject) -> tuple[datetime, str, str]:
    return found.last_modified, found.key, found.etag


def _version(found: StoredObject) -> str:
    return f"{found.key}@{found.etag}"
