"""What became of each file since the last look: what must be read, what only moved, what is gone.

A file is told apart by the version of its object first, which costs nothing, and by the hash of its bytes where that differs.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

State = Literal["in force", "quarantined", "deleted"]
Fate = Literal["new", "changed", "touched", "renamed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger.

    Attributes:
        source_key: Key of the object.
        document_id: Identity of the document; it outlives changes of the content and a new name.
        etag: Version of the object that was looked at last.
        size: Bytes.
        last_modified: When the object was last written.
        content_hash: SHA-256 of its bytes; None if they were not read.
        sidecar_etag: Version of the description beside it; None without one.
        state: `in force`, `quarantined` (it cannot be used, see `reason`), or `deleted`.
        reason: Why it is quarantined.
        reader_version: Reader that looked at it.
    """

    source_key: str
    document_id: str
    etag: str
    size: int
    last_modified: datetime
    content_hash: str | None
    sidecar_etag: str | None
    state: State
    reason: str | None
    reader_version: str


@dataclass(frozen=True, slots=True)
class Found:
    """An object in the store, with the version of the description beside it (None without one)."""

    source_key: str
    etag: str
    size: int
    last_modified: datetime
    sidecar_etag: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a listing says of the ledger.

    Attributes:
        fetch: Objects to be looked at: new ones, rewritten ones, those with another description, and those that another reader
            looked at.
        gone: Keys in the ledger, not deleted yet, that are not there any more.
        unchanged: How many need nothing.
    """

    fetch: tuple[Found, ...]
    gone: tuple[str, ...]
    unchanged: int


def look(ledger: Mapping[str, Entry], found: Sequence[Found], *, reader_version: str, whole: bool) -> Look:
    """Compare a listing with the ledger.

    Args:
        ledger: Its rows by key.
        found: What was listed.
        reader_version: The present reader: what another one read, or could not read, is looked at again.
        whole: Whether everything was listed. Of a part, nothing can be said to be gone.
    """
    fetch = [item for item in found if not _is_known(ledger.get(item.source_key), item, reader_version)]
    there = {item.source_key for item in found}
    gone = sorted(k for k, e in ledger.items() if whole and e.state != "deleted" and k not in there)
    return Look(tuple(fetch), tuple(gone), len(found) - len(fetch))


def _is_known(known: Entry | None, item: Found, reader_version: str) -> bool:
    if known is None or known.state == "deleted":
        return False
    # S3 gives an object that is copied onto itself, with other metadata, the same etag
    before = (known.etag, known.last_modified, known.sidecar_etag, known.reader_version)
    return before == (item.etag, item.last_modified, item.sidecar_etag, reader_version)


@dataclass(frozen=True, slots=True)
class Decision:
    """What an object whose bytes were hashed is.

    Attributes:
        found: The object.
        content_hash: SHA-256 of its bytes.
        document_id: The document that it is.
        fate: `new`, `changed` (another text under its name), `touched` (the same bytes; what is said beside them may differ),
            `renamed` (bytes of a document whose own object is gone).
        renamed_from: Key that the document had; None if it was not renamed.
    """

    found: Found
    content_hash: str
    document_id: str
    fate: Fate
    renamed_from: str | None


def decide(ledger: Mapping[str, Entry], hashed: Sequence[tuple[Found, str]], gone: Collection[str]) -> list[Decision]:
    """Tell what each object is, in the order of keys.

    Args:
        ledger: Rows by key.
        hashed: Objects of `Look.fetch`, each with the SHA-256 of its bytes.
        gone: Keys of `Look.gone`. Only their documents can have been renamed; the same bytes beside one are a copy.
    """
    orphans: dict[str, list[Entry]] = {}
    for key in sorted(gone, reverse=True):
        entry = ledger[key]
        if entry.content_hash is not None:
            orphans.setdefault(entry.content_hash, []).append(entry)
    taken = {known.document_id: key for key, known in ledger.items() if known.state != "deleted"}
    decisions = []
    for found, content_hash in sorted(hashed, key=lambda pair: pair[0].source_key):
        known = ledger.get(found.source_key)
        if known is not None and known.state != "deleted":
            fate: Fate = "touched" if known.content_hash == content_hash else "changed"
            decisions.append(Decision(found, content_hash, known.document_id, fate, None))
        elif orphans.get(content_hash):
            former = orphans[content_hash].pop()
            decisions.append(Decision(found, content_hash, former.document_id, "renamed", former.source_key))
        else:
            identity = document_id(found, content_hash)
            if taken.get(identity, found.source_key) != found.source_key:  # copied back, times and all, to where it was
                identity = document_id(found, f"{content_hash} beside {taken[identity]}")
            decisions.append(Decision(found, content_hash, identity, "new", None))
    return decisions


def document_id(found: Found, content_hash: str) -> str:
    """Identity of a document at first sight: of its key, bytes and time of writing, so that a later one of that name differs."""
    said = "\0".join((found.source_key, content_hash, found.last_modified.isoformat(), found.etag))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def entry(decision: Decision, *, reader_version: str, reason: str | None) -> Entry:
    """The row of an object that was looked at; with a reason, it is in quarantine."""
    found = decision.found
    return Entry(
        found.source_key,
        decision.document_id,
        found.etag,
        found.size,
        found.last_modified,
        decision.content_hash,
        found.sidecar_etag,
        "in force" if reason is None else "quarantined",
        reason,
        reader_version,
    )


def deleted(known: Entry) -> Entry:
    """The row of a file that is gone; its identity stays, so that it can be told what became of it."""
    return replace(known, state="deleted", reason=None)
