"""Takes invoices in: lists the store, reads what is new, and keeps the ledger. A killed run goes on where it was."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from assets.files import UNNAMEABLE, batches, content_hash_of, is_storable, printable, text_hash_of
from assets.invoices import tables
from assets.invoices.logic.ledger import Entry, Found, deleted, look
from assets.invoices.reading import InvoiceReader
from assets.progress import Progress
from resources.document_ai.interface import Limits, Unreadable
from resources.errors import BadInput, Denied, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

_BATCH, _BATCH_BYTES = 50, 200_000_000
"""Files and bytes that are on this machine between two commits of the ledger; results of each file are kept at once."""
_NAMED_AT_ONCE = 2_000
_KEPT = timedelta(days=7)
"""How long what was read of a file is kept after the file is gone, for runs that are at it and for renames."""
_NOT_BY_CHANCE = 10
"""Files that do not all disappear between two looks, unless it is the store that did."""


@dataclass(slots=True)
class TakenIn:
    """What a look at the store came to.

    Attributes:
        unchanged: Files that needed nothing.
        read: Files that were read.
        known: Files whose bytes were read before, under whatever name.
        quarantined: Files that this look put into quarantine.
        deleted: Files that are gone.
        refused: Files that could not be looked at, with the reason. Nothing is concluded about them, and nothing noted.
    """

    unchanged: int = 0
    read: int = 0
    known: int = 0
    quarantined: int = 0
    deleted: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def take_in(
    store: ObjectStore,
    reader: InvoiceReader,
    lake: Lake,
    now: datetime,
    progress: Progress,
    *,
    limits: Limits,
    keys: Sequence[str] | None,
    prefix: str = "",
    may_be_empty: bool = False,
) -> TakenIn:
    """Look at the store, or at some of its objects, and bring ledger and readings to it.

    Args:
        store: Where invoices arrive.
        reader: What reads them.
        lake: Where ledger and readings are.
        now: Time of the look.
        progress: Told of files read.
        limits: What reading one may cost; under others than the usual, files in quarantine are looked at again.
        keys: Objects to look at; None lists all.
        prefix: Only objects whose key starts so.
        may_be_empty: Believe a store that lists nothing at all, and take every invoice out.

    Raises:
        BadInput: The store lists nothing, though many files are known: a disk that is not mounted looks so.
    """
    ledger = ledger_of(lake)
    whole = keys is None and not prefix
    found = _listed(store, prefix) if keys is None else _some(store, keys)
    taken = TakenIn(refused={printable(item.source_key): UNNAMEABLE for item in found if not is_storable(item.source_key)})
    found = [item for item in found if is_storable(item.source_key)]
    again = {key for key, known in ledger.items() if known.state == "quarantined"} if limits != Limits() else set()
    seen = look(ledger, found, reader_version=reader.version, whole=whole, again=again)
    if not found and len(seen.gone) >= _NOT_BY_CHANCE and not may_be_empty:
        raise BadInput(
            f"the store of invoices is empty, and {len(seen.gone):,} files are known",
            "Look whether it is mounted and its prefix is right. If all are to go, run invoices_refresh with `may_be_empty`.",
        )
    taken.unchanged = seen.unchanged
    done = 0
    for batch in batches(seen.fetch, _BATCH, _BATCH_BYTES):
        entries = []
        for entry in _read_batch(store, reader, batch, limits, taken):
            progress("reading invoices", done, len(seen.fetch))
            entries.append(entry)
            done += 1
        _note(lake, entries, now)
    if seen.gone:
        taken.deleted = len(seen.gone)
        _note(lake, [deleted(ledger[key]) for key in seen.gone], now)
    if whole:
        _forget(lake, now)
    return taken


def _forget(lake: Lake, now: datetime) -> None:
    """Drop what was read of files that are gone: it holds what they held. What is young may belong to a file not noted yet."""
    alive = {entry.content_hash for entry in ledger_of(lake).values() if entry.state != "deleted"}
    kept = lake.scan(tables.READINGS).group_by("content_hash").agg(pl.col("made_at").max()).collect()
    old = kept.filter(pl.col("made_at") < now - _KEPT)["content_hash"].to_list()
    gone = sorted(content for content in old if content not in alive)
    for start in range(0, len(gone), _NAMED_AT_ONCE):
        named = ", ".join(f"'{content}'" for content in gone[start : start + _NAMED_AT_ONCE])
        lake.replace(tables.READINGS, pl.DataFrame(schema=tables.READINGS.schema), where=f"content_hash IN ({named})")


def ledger_of(lake: Lake) -> dict[str, Entry]:
    """What is known of each file, by key."""
    names = [f.name for f in fields(Entry)]
    rows = lake.scan(tables.SOURCE_INVOICES).select(names).collect().iter_rows(named=True)
    return {row["source_key"]: Entry(**{**row, "notes": tuple(row["notes"])}) for row in rows}


def _read_batch(
    store: ObjectStore, reader: InvoiceReader, batch: Sequence[Found], limits: Limits, taken: TakenIn
) -> Iterator[Entry]:
    """Read the files of a batch, and say what became of each."""
    for item in batch:
        if item.size > limits.size:
            taken.quarantined += 1
            yield _entry(item, None, reader, reason=f"it is larger than {limits.size:,} bytes")
            continue
        with ExitStack() as fetched:
            try:
                path = fetched.enter_context(store.fetch(item.source_key))
            except NotFound:
                continue  # deleted since it was listed; the next look finds it gone
            except Denied as error:
                taken.refused[item.source_key] = error.message
                continue
            yield _read(path, item, reader, taken)


def _read(path: Path, item: Found, reader: InvoiceReader, taken: TakenIn) -> Entry:
    content_hash = content_hash_of(path)
    try:
        reading, known = reader.read(path, item.source_key, content_hash)
    except Unreadable as unreadable:
        taken.quarantined += 1
        return _entry(item, content_hash, reader, reason=str(unreadable))
    taken.known += known
    taken.read += not known
    return Entry(
        item.source_key, item.etag, item.size, item.last_modified, content_hash, "read", None, reader.version,
        invoices=len(reading.invoices),
        pages=len(reading.pages),
        pages_recognised=sum(page.origin == "ocr" for page in reading.pages),
        engine=reading.engine,
        notes=reading.notes,
    )  # fmt: skip


def _entry(item: Found, content_hash: str | None, reader: InvoiceReader, *, reason: str) -> Entry:
    """The row of a file in quarantine."""
    return Entry(
        item.source_key, item.etag, item.size, item.last_modified, content_hash, "quarantined", reason, reader.version
    )  # fmt: skip


def _listed(store: ObjectStore, prefix: str) -> list[Found]:
    return [Found(item.key, item.etag, item.size, item.last_modified) for item in store.list_objects(prefix)]


def _some(store: ObjectStore, keys: Iterable[str]) -> list[Found]:
    found = []
    for key in sorted(set(keys)):
        try:
            item = store.head(key)
        except NotFound:
            continue  # it is gone, and the next whole listing says so
        found.append(Found(item.key, item.etag, item.size, item.last_modified))
    return found


def _note(lake: Lake, entries: Sequence[Entry], now: datetime) -> None:
    """Put rows into the ledger."""
    for start in range(0, len(entries), _NAMED_AT_ONCE):
        noted = [
            {**asdict(e), "key_hash": text_hash_of(e.source_key), "seen_at": now} for e in entries[start : start + _NAMED_AT_ONCE]
        ]
        frame = pl.DataFrame(noted, schema=tables.SOURCE_INVOICES.schema)
        named = ", ".join(f"'{key}'" for key in frame["key_hash"])
        lake.replace(tables.SOURCE_INVOICES, frame, where=f"key_hash IN ({named})")


def keys_by_content(ledger: Mapping[str, Entry]) -> dict[str, list[str]]:
    """Keys of the files that were read and are there, oldest first, by the hash of their bytes."""
    alive = sorted((e for e in ledger.values() if e.state == "read"), key=lambda e: (e.last_modified, e.source_key))
    keys: dict[str, list[str]] = {}
    for entry in alive:
        if entry.content_hash is not None:
            keys.setdefault(entry.content_hash, []).append(entry.source_key)
    return keys
