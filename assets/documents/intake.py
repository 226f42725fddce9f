"""Takes documents in: lists the store, reads what is new, and keeps the ledger. A killed run goes on where it was."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from assets.documents import tables
from assets.documents.logic.document import Document
from assets.documents.logic.language import language
from assets.documents.logic.ledger import Decision, Entry, Found, decide, deleted, entry, look
from assets.documents.logic.metadata import PathRule, is_sidecar, merged, path_rules, sidecar_of
from assets.documents.logic.parsing import READER_VERSION, Limits, Unreadable
from assets.documents.reader import Reader
from assets.files import UNNAMEABLE, batches, content_hash_of, is_storable, printable, text_hash_of
from assets.progress import Progress
from resources.errors import BadInput, Denied, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore, StoredObject

RULES_KEY = "documents/path_rules.yaml"
"""Where the rules for paths lie in the inputs store."""
_BATCH, _BATCH_BYTES = 200, 200_000_000
"""Files and bytes that are on this machine between two commits."""
_NAMED_AT_ONCE = 2_000
"""Identities in a predicate; many more overflow the stack of the engine that reads it."""
_NOT_BY_CHANCE = 10
"""Documents that do not all disappear between two looks, unless it is the store that did."""
_LARGEST_SIDECAR = 65_536
_TELLING = 20_000
"""Characters from whose language that of a document is told."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where documents come from.

    Attributes:
        store: Their objects.
        rules: What a key says about a document.
        limits: What reading one may cost.
        reader_version: Reader and rules together: what others looked at is looked at again.
    """

    store: ObjectStore
    rules: tuple[PathRule, ...]
    limits: Limits
    reader_version: str


@dataclass(slots=True)
class TakenIn:
    """What a look at the store came to.

    Attributes:
        unchanged: Files that needed nothing.
        fates: How many files were new, changed, touched or renamed.
        read: Files that were read.
        quarantined: Files that this look put into quarantine.
        deleted: Files that are gone.
        refused: Files that could not be looked at, with the reason. Nothing is concluded about them, and nothing noted.
    """

    unchanged: int = 0
    fates: dict[str, int] = field(default_factory=dict)
    read: int = 0
    quarantined: int = 0
    deleted: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def sources_of(store: ObjectStore, inputs: ObjectStore, limits: Limits) -> Sources:
    """The store with the rules that people put into the inputs store.

    Raises:
        BadInput: The rules cannot be understood; without them departments would be lost without a word.
    """
    try:
        text = inputs.get(RULES_KEY).decode("utf-8", "replace")
        rules = path_rules(text)
    except NotFound:
        text, rules = "", ()
    except ValueError as error:
        raise BadInput(f"{RULES_KEY}: {error}", "Correct it in the inputs store.") from error
    version = f"{READER_VERSION}.{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    return Sources(store, rules, limits, version)


def take_in(
    sources: Sources,
    lake: Lake,
    now: datetime,
    progress: Progress,
    *,
    keys: Sequence[str] | None,
    prefix: str = "",
    may_be_empty: bool = False,
) -> TakenIn:
    """Look at the store, or at some of its objects, and bring ledger and documents to it.

    Args:
        sources: Where documents come from.
        lake: Where ledger and documents are.
        now: Time of the look.
        progress: Told of files read.
        keys: Objects to look at; None lists all. Of some, only renamed ones are noticed to be gone.
        prefix: Only objects whose key starts so.
        may_be_empty: Believe a store that lists nothing at all, and take every document out.

    Raises:
        BadInput: The store lists nothing, though many documents are known: a disk that is not mounted looks so.
    """
    ledger = _ledger(lake, sources.limits)
    whole = keys is None and not prefix
    found = _listed(sources.store, prefix) if keys is None else _some(sources.store, keys)
    taken = TakenIn(refused={printable(item.source_key): UNNAMEABLE for item in found if not is_storable(item.source_key)})
    found = [item for item in found if is_storable(item.source_key)]
    seen = look(ledger, found, reader_version=sources.reader_version, whole=whole)
    if not found and len(seen.gone) >= _NOT_BY_CHANCE and not may_be_empty:
        raise BadInput(
            f"the store of documents is empty, and {len(seen.gone):,} documents are known",
            "Look whether it is mounted and its prefix is right. If all are to go, run documents_refresh with `may_be_empty`.",
        )
    taken.unchanged = seen.unchanged
    gone = set(seen.gone)
    with Reader(sources.limits) as reader:
        done = 0
        for batch in batches(seen.fetch, _BATCH, _BATCH_BYTES):
            progress("reading documents", done, len(seen.fetch))
            gone -= _take_batch(sources, lake, ledger, reader, batch, gone, now, taken)
            done += len(batch)
    if gone:
        taken.deleted += len(gone)
        entries = [deleted(ledger[key]) for key in sorted(gone)]
        _note(lake, entries, now)
        ledger.update({e.source_key: e for e in entries})
    if whole:
        _drop_unknown(lake, ledger)
    return taken


def _drop_unknown(lake: Lake, ledger: Mapping[str, Entry]) -> None:
    """Take documents out that the ledger has not in force: deleted ones, and what a killed run wrote and never noted."""
    known = {e.document_id for e in ledger.values() if e.state == "in force"}
    unknown = sorted(_document_ids(lake) - known)
    for start in range(0, len(unknown), _NAMED_AT_ONCE):
        _write(lake, [], unknown[start : start + _NAMED_AT_ONCE])


def _take_batch(
    sources: Sources,
    lake: Lake,
    ledger: dict[str, Entry],
    reader: Reader,
    batch: Sequence[Found],
    gone: set[str],
    now: datetime,
    taken: TakenIn,
) -> set[str]:
    """Read a batch and commit it; returns the keys that documents were renamed from."""
    rows: list[dict[str, Any]] = []
    entries: list[Entry] = []
    left: list[str] = []
    with ExitStack() as fetched:
        too_large = [item for item in batch if item.size > sources.limits.size]
        paths: dict[str, Path] = {}
        hashed = []
        for item in (item for item in batch if item.size <= sources.limits.size):
            try:
                paths[item.source_key] = fetched.enter_context(sources.store.fetch(item.source_key))
            except NotFound:
                continue  # deleted since it was listed; the next look finds it gone
            except Denied as error:
                taken.refused[item.source_key] = error.message
                continue
            hashed.append((item, content_hash_of(paths[item.source_key])))
        vanished = gone | _vanished(sources.store, ledger, hashed)
        renamed: set[str] = set()
        for decision in decide(ledger, hashed, vanished):
            key, reason = decision.found.source_key, None
            try:
                rows.append(_row(sources, decision, reader.read(paths[key], key)))
            except Unreadable as unreadable:
                reason = unreadable.reason
                taken.quarantined += 1
                left.append(decision.document_id)
            except NotFound:
                continue  # deleted while it was read
            except Denied as error:  # what is said beside it
                taken.refused[key] = error.message
                continue
            taken.read += 1
            taken.fates[decision.fate] = taken.fates.get(decision.fate, 0) + 1
            entries.append(entry(decision, reader_version=sources.reader_version, reason=reason))
            if decision.renamed_from is not None:
                renamed.add(decision.renamed_from)
        for item in too_large:
            refused = _too_large(item, ledger.get(item.source_key), sources)
            entries.append(refused)
            left.append(refused.document_id)
            taken.quarantined += 1
    entries += [deleted(ledger[key]) for key in sorted(renamed)]
    # documents first: what was not noted is looked at again, and comes to the same
    _write(lake, rows, [row["document_id"] for row in rows] + left)
    _note(lake, entries, now)
    ledger.update({e.source_key: e for e in entries})
    return renamed


def _vanished(store: ObjectStore, ledger: Mapping[str, Entry], hashed: Sequence[tuple[Found, str]]) -> set[str]:
    """Keys of documents with the bytes of new objects whose own object is not there any more: they were renamed."""
    new = {
        content_hash
        for item, content_hash in hashed
        if item.source_key not in ledger or ledger[item.source_key].state == "deleted"
    }
    missing = set()
    for known in ledger.values():
        if known.content_hash in new and known.state != "deleted":
            try:
                store.head(known.source_key)
            except NotFound:
                missing.add(known.source_key)
            except Denied:
                continue  # it is there
    return missing


def _row(sources: Sources, decision: Decision, document: Document) -> dict[str, Any]:
    key = decision.found.source_key
    described = merged(
        document,
        key,
        sidecar=_sidecar(sources.store, decision.found),
        object_metadata=sources.store.user_metadata(key),
        rules=sources.rules,
    )
    metadata = described.metadata
    shown = {
        "source_key": key,
        "content_hash": decision.content_hash,
        "title": metadata.title or key,
        "dept": metadata.department,
        "created_date": metadata.created_date,
        "tags": list(metadata.tags),
        "language": language(document.text[:_TELLING]),
    }
    sections = [{"headings": list(s.headings), "start": s.start, "end": s.end} for s in document.sections]
    said = json.dumps([shown, document.text, sections, list(document.page_starts)], default=str, sort_keys=True)
    return {
        **shown,
        "document_id": decision.document_id,
        "fingerprint": text_hash_of(said),
        "metadata_from": [{"field": name, "source": source} for name, source in described.sources.items()],
        "format": document.format,
        "text": document.text,
        "sections": sections,
        "page_starts": list(document.page_starts),
        "ocr_pages": list(document.ocr_pages),
        "notes": [*document.notes, *described.notes],
    }


def _sidecar(store: ObjectStore, found: Found) -> bytes | None:
    if found.sidecar_etag is None:
        return None
    try:
        with store.open(sidecar_of(found.source_key)) as stream:
            return stream.read(_LARGEST_SIDECAR + 1)
    except NotFound:
        return None  # deleted since it was listed; the next look finds another description


def _too_large(item: Found, known: Entry | None, sources: Sources) -> Entry:
    """The row of a file that is not even fetched."""
    alive = known if known is not None and known.state != "deleted" else None
    identity = alive.document_id if alive else text_hash_of(f"{item.source_key}\0{item.etag}")[:32]
    reason = f"it is larger than {sources.limits.size:,} bytes"
    return Entry(item.source_key, identity, item.etag, item.size, item.last_modified, None, item.sidecar_etag, "quarantined",
                 reason, sources.reader_version)  # fmt: skip


def _listed(store: ObjectStore, prefix: str) -> list[Found]:
    objects = {item.key: item for item in store.list_objects(prefix)}
    return [_found(item, objects.get(sidecar_of(key))) for key, item in objects.items() if not is_sidecar(key)]


def _some(store: ObjectStore, keys: Iterable[str]) -> list[Found]:
    """Objects by key; of a sidecar, the document that it is beside."""
    documents = {key.removesuffix(sidecar_of("")) if is_sidecar(key) else key for key in keys}
    found = []
    for key in sorted(documents):
        item = _head(store, key)
        if item is not None:  # else it is gone, and the next whole listing says so
            found.append(_found(item, _head(store, sidecar_of(key))))
    return found


def _head(store: ObjectStore, key: str) -> StoredObject | None:
    try:
        return store.head(key)
    except NotFound:
        return None


def _found(item: StoredObject, sidecar: StoredObject | None) -> Found:
    return Found(item.key, item.etag, item.size, item.last_modified, sidecar.etag if sidecar else None)


def _ledger(lake: Lake, limits: Limits) -> dict[str, Entry]:
    """What is known of each file; where that does not hold any more, it is of no reader, and the file is read again.

    That is a document in force without its row, and, under other limits than the usual, a file in quarantine.
    """
    names, there = [f.name for f in fields(Entry)], _document_ids(lake)
    entries = [Entry(**row) for row in lake.scan(tables.SOURCE_DOCUMENTS).select(names).collect().iter_rows(named=True)]

    def again(known: Entry) -> bool:
        return (known.state == "in force" and known.document_id not in there) or (
            known.state == "quarantined" and limits != Limits()
        )

    return {e.source_key: replace(e, reader_version="") if again(e) else e for e in entries}


def _document_ids(lake: Lake) -> set[str]:
    return set(lake.scan(tables.DOCUMENTS).select("document_id").collect()["document_id"])


def _write(lake: Lake, rows: list[dict[str, Any]], replaced: Sequence[str]) -> None:
    """Put documents in the place of those that are named."""
    if replaced:
        frame = pl.DataFrame(rows, schema=tables.DOCUMENTS.schema)
        lake.replace(tables.DOCUMENTS, frame, where=f"document_id IN ({_quoted(replaced)})")


def _note(lake: Lake, entries: Sequence[Entry], now: datetime) -> None:
    """Put rows into the ledger."""
    for start in range(0, len(entries), _NAMED_AT_ONCE):
        some = entries[start : start + _NAMED_AT_ONCE]
        noted = [{**asdict(e), "key_hash": text_hash_of(e.source_key), "seen_at": now} for e in some]
        frame = pl.DataFrame(noted, schema=tables.SOURCE_DOCUMENTS.schema)
        lake.replace(tables.SOURCE_DOCUMENTS, frame, where=f"key_hash IN ({_quoted(frame['key_hash'])})")


def _quoted(identities: Iterable[str]) -> str:
    """Identities of ours, which are hexadecimal, for a predicate."""
    return ", ".join(f"'{identity}'" for identity in identities)
