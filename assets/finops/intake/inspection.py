"""What one object is: its format, facts and control totals."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

from assets.finops.intake.content import extracted
from assets.finops.intake.ledger import identity
from assets.finops.logic.archives import UnsafeArchive, members
from assets.finops.logic.control import ControlTotals, control_totals
from assets.finops.logic.deliveries import parse_manifest, scope_of
from assets.finops.logic.formats.layout import Layout
from assets.finops.logic.formats.recognise import EXPECTED, recognise, refusal
from assets.finops.logic.reading import DamagedFile, Peek, open_plain, peek
from resources.errors import Unavailable
from resources.object_store import ObjectStore, StoredObject


def inspect_object(
    store: ObjectStore, stored: StoredObject, now: datetime
) -> Iterator[tuple[dict[str, Any], ControlTotals | None]]:
    """The ledger row of an object, or of an archive and each file in it, with control totals where it is billing."""
    with store.fetch(stored.key) as path:
        row = _ledger_row(stored.key, stored, now)
        try:
            look = peek(path)
            if look.kind != "archive":
                yield _inspect_file(path, look, row)
                return
            inside = members(path)
        except DamagedFile as error:
            yield {**row, "result": "refused", "reason": str(error)}, None
            return
        except UnsafeArchive as error:
            yield {**row, "result": "refused", "reason": f"archive: {error}"}, None
            return
        yield {**row, "result": "archive", "reason": f"{len(inside)} files inside"}, None
        for member in inside:
            inner = _ledger_row(f"{stored.key}!/{member.name}", stored, now, size=member.size)
            yield _inspect_member(path, member.name, inner)


def _inspect_member(archive: Path, name: str, row: dict[str, Any]) -> tuple[dict[str, Any], ControlTotals | None]:
    try:
        with extracted(archive, name) as path:
            look = peek(path)
            if look.kind == "archive":
                reason = "an archive inside an archive: deliver it unpacked"
                return {**row, "result": "ignored", "reason": reason}, None
            return _inspect_file(path, look, row)
    except (DamagedFile, UnsafeArchive) as error:
        return {**row, "result": "refused", "reason": str(error)}, None


def _ledger_row(key: str, stored: StoredObject, now: datetime, *, size: int | None = None) -> dict[str, Any]:
    return {
        "x_source_file": key,
        "x_delivery_id": identity(key, stored.etag),
        "etag": stored.etag,
        "last_modified": stored.last_modified,
        "size_bytes": stored.size if size is None else size,
        "inspected_at": now,
    }


def _inspect_file(path: Path, look: Peek, row: dict[str, Any]) -> tuple[dict[str, Any], ControlTotals | None]:
    if look.kind == "json":
        named = parse_manifest(path.read_text(encoding=look.encoding, errors="replace")) if row["size_bytes"] < 1 << 24 else None
        if named:
            return {**row, "result": "manifest", "manifest_files": list(named)}, None
        return {**row, "result": "ignored", "reason": "JSON that is no manifest"}, None
    layout = recognise(look.header)
    if layout is None:
        reason = refusal(look.header)
        if reason:
            return {**row, "result": "refused", "reason": reason}, None
        what = "a table that is not billing" if look.header else "a document"
        return {**row, "result": "ignored", "reason": f"{what}. Billing would be one of: {EXPECTED}"}, None
    control = control_totals(path, look, layout)
    return {**row, **facts(path, look, layout, control, row["x_source_file"])}, control


def facts(path: Path, look: Peek, layout: Layout, control: ControlTotals, key: str) -> dict[str, Any]:
    """What the ledger says of a billing file beyond its name and date."""
    scope, version = scope_of(key, replaces_period=layout.replaces_period)
    invoices = control.totals["InvoiceId"]
    days = control.totals["x_charge_date"]
    return {
        "result": "billing",
        "format": layout.format,
        "scope": scope,
        "version": version,
        "content_id": _content_id(path, look, control),
        "reader": "careful" if control.careful else "fast",
        "focus_columns": sorted(layout.given),
        "extra_columns": sorted(layout.kept.values()),
        "final": bool(invoices.null_count() == 0) if layout.final_by_invoice and control.rows else None,
        "rows": control.rows,
        "first_day": days.min(),
        "last_day": days.max(),
    }


def _content_id(path: Path, look: Peek, control: ControlTotals) -> str:
    """Equal for equal content, compressed or not: checksum and length of the content, and a digest of its control totals.

    gzip ends with both (RFC 1952), so a large file need not be read once more.
    """
    if look.kind == "parquet":
        with path.open("rb") as stream:
            return sha256(stream.read()).hexdigest()[:32]
    with path.open("rb") as raw:
        if raw.read(2) == b"\x1f\x8b":
            raw.seek(-8, 2)
            trailer = raw.read(8)
            checksum, length = int.from_bytes(trailer[:4], "little"), int.from_bytes(trailer[4:], "little")
        else:
            checksum = length = 0
            with open_plain(path) as stream:
                while block := stream.read(1 << 20):
                    checksum, length = crc32(block, checksum), (length + len(block)) & 0xFFFFFFFF
    totals = sha256(control.totals.write_csv().encode()).hexdigest()[:16]
    return f"{checksum:08x}-{length:08x}-{totals}"


def recognised(look: Peek, file: dict[str, Any]) -> Layout:
    """The layout of a file that was recognised before. Raises Unavailable if it no longer is."""
    layout = recognise(look.header)
    if layout is None:
        raise Unavailable(f"{file['x_source_file']} changed while it was read", "run this step again")
    return layout
