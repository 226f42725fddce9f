"""Brings the tables of invoices to what ledger, readings and corrections say; only what changed is written."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.invoices import tables
from assets.invoices.intake import keys_by_content, ledger_of
from assets.invoices.logic.known_sellers import KnownSellers
from assets.invoices.logic.ledger import Entry
from assets.invoices.readings import extracted
from assets.invoices.rows import Posted, Said, posted
from assets.invoices.taught import corrections_by_invoice, model_in_force
from resources.clock import Clock
from resources.lake import Lake
from resources.tables import Table

_FILES_AT_ONCE = 500
_NOBODY = KnownSellers()
_LAYOUT = 2
"""Raised whenever the same readings would give other rows."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What was done: files whose invoices were written, files whose invoices are gone, and files that need reading again."""

    written: int
    removed: int
    unread: tuple[str, ...]


def bring_up_to_date(lake: Lake, clock: Clock, known: KnownSellers = _NOBODY) -> Brought:
    """Write the invoices of files that are new, or whose reading or corrections changed; take out those of files that are gone.

    Invoices come last, with the fingerprint of everything they follow from: what a killed run wrote is written again.

    Args:
        lake: Tables of the deployment.
        clock: Gives the time of what is kept.
        known: Sellers that need no look.
    """
    ledger = ledger_of(lake)
    keys, versions = keys_by_content(ledger), _versions(ledger.values())
    said, model = corrections_by_invoice(lake), model_in_force(lake)
    of_file = _by_file(said)
    wanted = {
        content: _fingerprint(keys[content], f"{version} {model.digest} {known.digest}", of_file.get(content[:32], {}))
        for content, version in versions.items()
    }
    there = _there(lake)
    changed = sorted(content for content, fingerprint in wanted.items() if there.get(content) != fingerprint)
    gone = sorted(set(there) - set(wanted))
    readings, unread = extracted(lake, clock), []
    written = 0
    for start in range(0, len(changed), _FILES_AT_ONCE):
        some = changed[start : start + _FILES_AT_ONCE]
        found = readings.many({content: versions[content] for content in some})
        unread += [keys[content][0] for content in some if content not in found]
        rows = [
            posted(found[content], content, keys[content], said, model, known, wanted[content])
            for content in some
            if content in found
        ]
        _write(lake, [content for content in some if content in found], rows)
        written += len(rows)
    for start in range(0, len(gone), _FILES_AT_ONCE):
        _write(lake, gone[start : start + _FILES_AT_ONCE], [])
    return Brought(written, len(gone), tuple(unread))


def _versions(ledger: Iterable[Entry]) -> dict[str, str]:
    """What read each file that holds an invoice, by the hash of its bytes."""
    return {e.content_hash: e.reader_version for e in ledger if e.state == "read" and e.content_hash is not None and e.invoices}


def _by_file(said: Mapping[str, Mapping[str, Said]]) -> dict[str, dict[str, dict[str, list[str | int | None]]]]:
    """What was said, by file, invoice and field."""
    found: dict[str, dict[str, dict[str, list[str | int | None]]]] = {}
    for identity, fields in said.items():
        values = {name: [said.value, said.action, said.revision] for name, said in fields.items()}
        found.setdefault(identity.rpartition("-")[0], {})[identity] = values
    return found


def _fingerprint(keys: Sequence[str], version: str, said: Mapping[str, Mapping[str, list[str | int | None]]]) -> str:
    text = json.dumps([_LAYOUT, version, list(keys), said], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _there(lake: Lake) -> dict[str, str]:
    rows = lake.scan(tables.INVOICES).select("content_hash", "fingerprint").unique().collect()
    return dict(rows.iter_rows())


def _write(lake: Lake, contents: Sequence[str], rows: Sequence[Posted]) -> None:
    if not contents:
        return
    where = f"content_hash IN ({', '.join(repr(content) for content in contents)})"

    def put(table: Table, found: list[dict[str, Any]]) -> None:
        lake.replace(table, pl.DataFrame(found, schema=table.schema), where=where)

    put(tables.LINE_ITEMS, [row for one in rows for row in one.items])
    put(tables.FIELD_VALUES, [row for one in rows for row in one.values])
    put(tables.INVOICES, [row for one in rows for row in one.invoices])
