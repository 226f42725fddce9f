"""What became of each file since the last look: what must be read, and what is gone.

Invoices belong to the bytes of a file, not to its name: a renamed file is one that is gone and a new one whose bytes are known.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

State = Literal["read", "quarantined", "deleted"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger.

    Attributes:
        source_key: Key of the object.
        etag: Version of the object that was looked at last.
        size: Bytes.
        last_modified: When the object was last written.
        content_hash: SHA-256 of its bytes; None if they were not read.
        state: `read`, `quarantined` (it cannot be used, see `reason`), or `deleted`.
        reason: Why it is quarantined.
        reader_version: What looked at it.
        invoices: Invoices found in it; None if it was not read.
        pages: Its pages; None likewise.
        pages_recognised: Pages that are pictures; None likewise.
        engine: Engine that the invoices come from; None likewise.
        notes: What was unusual.
    """

    source_key: str
    etag: str
    size: int
    last_modified: datetime
    content_hash: str | None
    state: State
    reason: str | None
    reader_version: str
    invoices: int | None = None
    pages: int | None = None
    pages_recognised: int | None = None
    engine: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An object in the store."""

    source_key: str
    etag: str
    size: int
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """What a listing says of the ledger.

    Attributes:
        fetch: Objects to be read: new ones, rewritten ones, and those that another reader looked at.
        gone: Keys in the ledger, not deleted yet, that are not there any more.
        unchanged: How many need nothing.
    """

    fetch: tuple[Found, ...]
    gone: tuple[str, ...]
    unchanged: int


def look(
    ledger: Mapping[str, Entry],
    found: Sequence[Found],
    *,
    reader_version: str,
    whole: bool,
    again: Collection[str] = (),
) -> Look:
    """Compare a listing with the ledger.

    Args:
        ledger: Its rows by key.
        found: What was listed.
        reader_version: The present reader: what another one read, or could not read, is looked at again.
        whole: Whether everything was listed. Of a part, nothing can be said to be gone.
        again: Keys that are looked at again whatever is known of them.
    """

    def known(item: Found) -> bool:
        entry = ledger.get(item.source_key)
        if entry is None or entry.state == "deleted" or item.source_key in again:
            return False
        before = (entry.etag, entry.last_modified, entry.reader_version)
        return before == (item.etag, item.last_modified, reader_version)

    fetch = tuple(item for item in found if not known(item))
    there = {item.source_key for item in found}
    gone = sorted(key for key, entry in ledger.items() if whole and entry.state != "deleted" and key not in there)
    return Look(fetch, tuple(gone), len(found) - len(fetch))


def deleted(entry: Entry) -> Entry:
    """The row of a file that is gone."""
    return replace(entry, state="deleted", reason=None)
