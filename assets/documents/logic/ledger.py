"""What became of every object of the sources since the last look: the decisions of the ledger.

The ledger has one row per object, told apart by key and known by the hash of its content. A refresh takes three steps: `to_read`
names the objects whose bytes must be fetched, `decide` says what each is once their hashes are known, and `settle` gives the
ledger after the documents were read.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Literal

SIDECAR_SUFFIX = ".meta.json"
"""`a/b.pdf.meta.json` says what is known about `a/b.pdf`."""

State = Literal["read", "quarantined"]
Kind = Literal["unchanged", "touched", "changed", "renamed", "copied", "new", "deleted", "quarantined", "retried", "unread"]


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as its source lists it."""

    key: str
    etag: str
    size: int
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger.

    Attributes:
        key: Key of the object; unique.
        etag: Its etag when it was last looked at.
        content_hash: SHA-256 of its content, hexadecimal.
        document_id: Identity of the document, assigned at first sight; unique, and kept through edits and renaming.
        state: Whether the document could be read.
        reader_version: Version of the reader that tried.
        sidecar_etag: Etag of its sidecar; None if it has none.
    """

    key: str
    etag: str
    content_hash: str
    document_id: str
    state: State
    reader_version: int
    sidecar_etag: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What one object is.

    Attributes:
        kind: `unchanged` (same etag: not even fetched), `touched` (other etag, same content), `changed`, `renamed` (a new key
            with the content of one that is gone: keeps document and passages), `copied` (the content of a document that is there
            too: a document of its own), `new`, `deleted`, `quarantined` (before, and nothing speaks for another try), `retried`
            (quarantined by an older reader), `unread` (its content could not be fetched: looked at again next time).
        key: Key of the object.
        before: Its row before, of a renamed one that of its old key; None if there was none.
        after: Its row if the document can be read; None if there will be none.
        metadata_changed: Whether its sidecar appeared, changed or went.
    """

    kind: Kind
    key: str
    before: Entry | None
    after: Entry | None
    metadata_changed: bool = False

    @property
    def reads_text(self) -> bool:
        """Whether the document's text is to be read."""
        return self.kind in {"new", "copied", "changed", "retried"}


def to_read(ledger: Iterable[Entry], listing: Iterable[Listed], *, reader_version: int) -> list[str]:
    """Keys of the objects whose content must be fetched and hashed, sorted."""
    rows = {row.key: row for row in ledger}
    return sorted(key for key, found in _documents(listing).items() if _is_to_read(rows.get(key), found, reader_version))


def orphaned_sidecars(ledger: Iterable[Entry], listing: Sequence[Listed]) -> list[str]:
    """Keys of the sidecars that belong to no document, sorted."""
    known = {row.key for row in ledger} | set(_documents(listing))
    return sorted(key + SIDECAR_SUFFIX for key in _sidecars(listing) if key not in known)


def decide(
    ledger: Sequence[Entry], listing: Sequence[Listed], hashes: Mapping[str, str], *, complete: bool, reader_version: int
) -> list[Decision]:
    """What every listed object is, and every one that is gone; sorted by key, whatever the order of rows and listing.

    Args:
        ledger: Rows before.
        listing: Objects and sidecars now.
        hashes: SHA-256 of the objects of `to_read`, by key; those that could not be fetched are left out. One that is too big to
            fetch is known by anything that stands for its content, as its etag.
        complete: Whether the listing holds all there is; only then is what it lacks gone.
        reader_version: Version of the reader.
    """
    rows = {row.key: row for row in ledger}
    documents, sidecars = _documents(listing), _sidecars(listing)
    gone = {key: row for key, row in rows.items() if complete and key not in documents}
    added = {key: hashes[key] for key in documents if key not in rows and key in hashes}
    renamed = _renamed(gone, added)
    decisions = [_known(rows[key], documents[key], hashes, reader_version) for key in documents if key in rows]
    decisions += [Decision("unread", key, None, None) for key in documents if key not in rows and key not in added]
    decisions += [Decision("renamed", key, row, replace(row, key=key, etag=documents[key].etag)) for key, row in renamed.items()]
    moved = {row.key for row in renamed.values()}
    decisions += [Decision("deleted", key, row, None) for key, row in gone.items() if key not in moved]
    if not complete:
        decisions += [_unlisted(rows[key]) for key in sidecars if key in rows and key not in documents]
    others = {key: (documents[key], digest) for key, digest in added.items() if key not in renamed}
    decisions += _first_seen(others, decisions, ledger, reader_version)
    described = (_described(decision, sidecars, complete=complete) for decision in decisions)
    return sorted(described, key=lambda decision: decision.key)


def settle(ledger: Iterable[Entry], decisions: Iterable[Decision], *, unreadable: Collection[str] = ()) -> list[Entry]:
    """The ledger afterwards, sorted by key.

    Args:
        ledger: Rows before.
        decisions: What `decide` said of them.
        unreadable: Keys of the documents that were to be read and went into quarantine.
    """
    rows = {row.key: row for row in ledger}
    settled = list(decisions)
    for decision in settled:
        if decision.before is not None and decision.kind != "unread":
            del rows[decision.before.key]
    for decision in settled:
        if decision.after is not None:
            failed = decision.reads_text and decision.key in unreadable
            rows[decision.key] = replace(decision.after, state="quarantined") if failed else decision.after
    return [rows[key] for key in sorted(rows)]


def _documents(listing: Iterable[Listed]) -> dict[str, Listed]:
    return {found.key: found for found in listing if not found.key.endswith(SIDECAR_SUFFIX)}


def _sidecars(listing: Iterable[Listed]) -> dict[str, Listed]:
    """Sidecars by the key of the document that each belongs to."""
    return {found.key.removesuffix(SIDECAR_SUFFIX): found for found in listing if found.key.endswith(SIDECAR_SUFFIX)}


def _is_to_read(row: Entry | None, found: Listed, reader_version: int) -> bool:
    return row is None or row.etag != found.etag or _deserves_another_try(row, reader_version)


def _deserves_another_try(row: Entry, reader_version: int) -> bool:
    return row.state == "quarantined" and row.reader_version < reader_version


def _known(row: Entry, found: Listed, hashes: Mapping[str, str], reader_version: int) -> Decision:
    """What an object is that has a row."""
    if not _is_to_read(row, found, reader_version):
        return Decision("quarantined" if row.state == "quarantined" else "unchanged", row.key, row, row)
    digest = hashes.get(row.key)
    if digest is None:
        return Decision("unread", row.key, row, row)
    if digest != row.content_hash:
        changed = replace(row, etag=found.etag, content_hash=digest, state="read", reader_version=reader_version)
        return Decision("changed", row.key, row, changed)
    if _deserves_another_try(row, reader_version):
        tried = replace(row, etag=found.etag, state="read", reader_version=reader_version)
        return Decision("retried", row.key, row, tried)
    return Decision("touched", row.key, row, replace(row, etag=found.etag))


def _unlisted(row: Entry) -> Decision:
    """A document of which a partial listing holds the sidecar only."""
    return Decision("quarantined" if row.state == "quarantined" else "unchanged", row.key, row, row)


def _renamed(gone: Mapping[str, Entry], added: Mapping[str, str]) -> dict[str, Entry]:
    """The row of a key that is gone for every added key that has its content; of several, those with the same file name first."""
    left: dict[str, list[str]] = defaultdict(list)
    for key in sorted(gone):
        left[gone[key].content_hash].append(key)
    found: dict[str, Entry] = {}
    for same_name in (True, False):
        for key in sorted(added.keys() - found.keys()):
            candidates = left[added[key]]
            old = next((old for old in candidates if not same_name or _name(old) == _name(key)), None)
            if old is not None:
                candidates.remove(old)
                found[key] = gone[old]
    return found


def _name(key: str) -> str:
    return PurePosixPath(key).name


def _first_seen(
    added: Mapping[str, tuple[Listed, str]], decisions: Sequence[Decision], ledger: Sequence[Entry], reader_version: int
) -> list[Decision]:
    """The objects that no document is known for, with new identities."""
    present = {decision.after.content_hash for decision in decisions if decision.after is not None}
    used = {row.document_id for row in ledger}
    # A partial listing says nothing of the other rows: they are there as far as anybody knows.
    decided = {decision.before.key for decision in decisions if decision.before is not None}
    present |= {row.content_hash for row in ledger if row.key not in decided}
    found = []
    for key in sorted(added):
        listed, digest = added[key]
        kind: Kind = "copied" if digest in present else "new"
        identity = _new_identity(key, digest, used)
        found.append(Decision(kind, key, None, Entry(key, listed.etag, digest, identity, "read", reader_version)))
        present.add(digest)
        used.add(identity)
    return found


def _new_identity(key: str, digest: str, used: Collection[str]) -> str:
    """An identity from key and content at first sight; counted on where a document that was renamed since has taken it."""
    number = 0
    while True:
        name = f"{key}\0{digest}\0{number}".encode("utf-8", "surrogatepass")
        identity = hashlib.sha256(name).hexdigest()[:32]
        if identity not in used:
            return identity
        number += 1


def _described(decision: Decision, sidecars: Mapping[str, Listed], *, complete: bool) -> Decision:
    """The decision with the sidecar that is there now; a partial listing that lacks it says nothing of it."""
    row = decision.after
    if row is None or decision.kind == "unread":
        return decision
    sidecar = sidecars.get(decision.key)
    etag = sidecar.etag if sidecar else None if complete else row.sidecar_etag
    return replace(decision, after=replace(row, sidecar_etag=etag), metadata_changed=etag != row.sidecar_etag)
