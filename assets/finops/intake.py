"""Brings billing files from the store into the lake: inspects what arrived, decides what is in force, stores its lines.

The assets `billing_files` and `cost_and_usage` are the callers. What a format means is in `logic`; this module moves bytes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import polars as pl

from assets.finops import tables
from assets.finops.logic.archives import UnsafeArchive, extract, members
from assets.finops.logic.control import ControlTotals, control_totals
from assets.finops.logic.deliveries import (
    Delivery,
    Manifest,
    Verdict,
    delivery_id,
    parse_manifest,
    scope_of,
    verdicts,
)
from assets.finops.logic.formats.layout import Layout
from assets.finops.logic.formats.recognise import EXPECTED, recognise, refusal
from assets.finops.logic.normalise import READER_VERSION, Normalised, doubtful_lines, normalise, plain_lines
from assets.finops.logic.reading import DamagedFile, Peek, batches, lines_of, open_plain, peek
from resources.errors import Conflict, Unavailable
from resources.lake import Lake, StagedFiles
from resources.object_store import ObjectStore, StoredObject

WRITER = "finops-intake"
"""Name of this writer in the lake: two runs of it never overlap."""
_ATTEMPTS = 3


Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


def silent(_what: str, _done: int, _total: int) -> None:
    """No progress shown."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What an inspection found.

    Attributes:
        files: The whole ledger, rows as in `BILLING_FILES`.
        inspected: Keys that were new or rewritten.
        days: UTC days whose truth changed by it.
    """

    files: pl.DataFrame
    inspected: list[str]
    days: list[date]


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing did: files read, lines stored and records quarantined by it, deliveries dropped."""

    files: list[str] = field(default_factory=list)
    rows: int = 0
    quarantined: int = 0
    dropped: int = 0


# -- inspecting ------------------------------------------------------------------------------------------------------------


def take_inventory(
    store: ObjectStore,
    lake: Lake,
    now: datetime,
    *,
    prefix: str = "",
    keys: Collection[str] | None = None,
    progress: Progress = silent,
) -> Inventory:
    """Inspect every object that is new or was rewritten, and decide anew which files are in force.

    Args:
        store: Where billing files are delivered.
        lake: Where the ledger is kept.
        now: Time of the inspection.
        prefix: Only objects whose key starts so.
        keys: Only these objects; None lists everything.
        progress: Told of each file.
    """
    ledger = lake.scan(tables.BILLING_FILES).collect()
    known = set(ledger.filter(pl.col("x_delivery_id").is_in(_expected_ids(ledger).implode()))["x_delivery_id"].to_list())
    objects = [store.head(k) for k in keys] if keys is not None else list(store.list_objects(prefix))
    fresh = [o for o in objects if delivery_id(o.key, o.etag, READER_VERSION) not in known]
    rows: list[dict[str, Any]] = []
    totals: list[pl.DataFrame] = []
    for number, stored in enumerate(fresh):
        progress(f"inspecting {stored.key}", number, len(fresh))
        for row, control in _inspect_object(store, stored, now):
            rows.append(row)
            if control is not None:
                totals.append(_labelled(control.totals, row))
    merged = _merge(ledger, rows)
    judged = _judge(merged)
    changed = _changed(ledger, judged)
    found = pl.concat(totals) if totals else pl.DataFrame(schema=tables.BILLING_FILE_TOTALS.schema)
    if len(found):
        lake.replace(
            tables.BILLING_FILE_TOTALS,
            found,
            where=_any_of("x_delivery_id", found["x_delivery_id"].unique().to_list()),
        )
    if len(changed):
        lake.replace(tables.BILLING_FILES, changed, where=_any_of("x_delivery_id", changed["x_delivery_id"].to_list()))
    return Inventory(judged, [o.key for o in fresh], _days(lake, changed))


def _expected_ids(ledger: pl.DataFrame) -> pl.Series:
    ids = [delivery_id(k, e, READER_VERSION) for k, e in ledger.select("x_source_file", "etag").iter_rows()]
    return pl.Series(ids, dtype=pl.String)


def _inspect_object(
    store: ObjectStore, stored: StoredObject, now: datetime
) -> Iterator[tuple[dict[str, Any], ControlTotals | None]]:
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
        with _extracted(archive, name) as path:
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
        "x_delivery_id": delivery_id(key, stored.etag, READER_VERSION),
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
    return {**row, **_facts(path, look, layout, control, row["x_source_file"])}, control


def _facts(path: Path, look: Peek, layout: Layout, control: ControlTotals, key: str) -> dict[str, Any]:
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


def _merge(ledger: pl.DataFrame, rows: list[dict[str, Any]]) -> pl.DataFrame:
    found = pl.DataFrame(rows, schema=tables.BILLING_FILES.schema, orient="row")
    kept = ledger.filter(~pl.col("x_delivery_id").is_in(found["x_delivery_id"].implode()))
    return pl.concat([kept.select(found.columns), found])


def _judge(files: pl.DataFrame) -> pl.DataFrame:
    """The ledger with state and reason of every billing file."""
    billing = files.filter(pl.col("result") == "billing")
    # what no newer reader has read (yet, or because the object is gone) still counts as it was read
    ids = billing["x_delivery_id"]
    expected = _expected_ids(billing)
    current = billing.filter((ids == expected) | ~expected.is_in(ids.implode()))
    names = ("etag", "last_modified", "scope", "version", "content_id", "rows")
    deliveries = [
        Delivery(key=r["x_source_file"], delivery_id=r["x_delivery_id"], **{n: r[n] for n in names})
        for r in current.iter_rows(named=True)
    ]
    manifests = [
        Manifest(r["x_source_file"], r["last_modified"], tuple(r["manifest_files"]))
        for r in files.filter(pl.col("result") == "manifest").iter_rows(named=True)
    ]
    states = verdicts(deliveries, manifests)
    outdated = Verdict("superseded", "read again by a newer reader")
    judged = [
        {"x_delivery_id": d, "state": v.state, "reason": v.reason}
        for d in billing["x_delivery_id"].to_list()
        for v in [states.get(d, outdated)]
    ]
    schema = {"x_delivery_id": pl.String, "state": pl.String, "reason": pl.String}
    joined = files.drop("state").join(pl.DataFrame(judged, schema=schema), on="x_delivery_id", how="left", suffix=" new")
    reason = pl.when(pl.col("result") == "billing").then(pl.col("reason new")).otherwise(pl.col("reason"))
    return joined.with_columns(reason=reason).select(files.columns)


def _changed(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Rows that are new or whose state or reason changed."""
    compared = ["x_delivery_id", "state", "reason"]
    return after.join(before.select(compared), on=compared, how="anti", nulls_equal=True)


def _days(lake: Lake, changed: pl.DataFrame) -> list[date]:
    if not len(changed):
        return []
    ids = changed.filter(pl.col("result") == "billing")["x_delivery_id"]
    days = (
        lake.scan(tables.BILLING_FILE_TOTALS)
        .filter(pl.col("x_delivery_id").is_in(ids.implode()))
        .select(pl.col("x_charge_date").drop_nulls().unique().sort())
    )
    return days.collect()["x_charge_date"].to_list()


# -- storing ---------------------------------------------------------------------------------------------------------------


def store_lines(
    store: ObjectStore,
    lake: Lake,
    window: tuple[date, date],
    *,
    again: bool = False,
    progress: Progress = silent,
) -> Stored:
    """Make the lake hold exactly the files in force that charge any day of the window (first and last day, inclusive).

    What is stored already is left alone, so a repeat costs nothing; `again` reads it anew. Files no longer in force are
    dropped in the same commit. Raises Conflict if other runs keep storing at the same time.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        after = lake.last_commit(tables.COST_AND_USAGE, WRITER)
        to_read, to_drop = _plan(lake, window, again=again)
        if not len(to_read) and not to_drop:
            return Stored()
        try:
            return _store(store, lake, to_read, to_drop, after, progress)
        except Conflict:
            if attempt == _ATTEMPTS:
                raise
        except _NeedsCare as found:
            if attempt == _ATTEMPTS:
                raise
            for file in found.files:
                _inspect_with_care(store, lake, file)
    raise AssertionError("unreachable")


class _NeedsCare(Exception):
    """Files that seemed sound when their control totals were read are not, read whole."""

    def __init__(self, files: list[dict[str, Any]]) -> None:
        self.files = files
        super().__init__(", ".join(file["x_source_file"] for file in files))


def _inspect_with_care(store: ObjectStore, lake: Lake, file: dict[str, Any]) -> None:
    """Read the control totals again with the careful reader, and remember that the file needs it, or is damaged."""
    totals = pl.DataFrame(schema=tables.BILLING_FILE_TOTALS.schema)
    with _content(store, file) as path:
        look = peek(path)
        layout = _layout(look, file)
        try:
            control = control_totals(path, look, layout, careful=True)
            row = {**file, **_facts(path, look, layout, control, file["x_source_file"])}
            totals = _labelled(control.totals, row)
        except DamagedFile as error:
            row = {**file, "result": "refused", "state": None, "reason": str(error)}
    mine = pl.col("x_delivery_id") == file["x_delivery_id"]
    ledger = lake.scan(tables.BILLING_FILES).collect()
    judged = _judge(_merge(ledger, [row]))
    changed = pl.concat([judged.filter(mine), _changed(ledger, judged).filter(~mine)])
    lake.replace(tables.BILLING_FILE_TOTALS, totals, where=_any_of("x_delivery_id", [file["x_delivery_id"]]))
    lake.replace(tables.BILLING_FILES, changed, where=_any_of("x_delivery_id", changed["x_delivery_id"].to_list()))


def _layout(look: Peek, file: dict[str, Any]) -> Layout:
    """The layout of a file that was recognised before. Raises Unavailable if it no longer is."""
    layout = recognise(look.header)
    if layout is None:
        raise Unavailable(f"{file['x_source_file']} changed while it was read", "run this step again")
    return layout


def _plan(lake: Lake, window: tuple[date, date], *, again: bool) -> tuple[pl.DataFrame, set[str]]:
    """The files to read, and the deliveries to drop."""
    files = lake.scan(tables.BILLING_FILES).filter(pl.col("result") == "billing").collect()
    counting = files.filter(pl.col("state").is_in(["in force", "incomplete"]))
    stored, present = _stored_ids(lake, counting)
    dropped = present - set(counting["x_delivery_id"].to_list())
    replaced = files.filter(pl.col("x_delivery_id").is_in(list(dropped)))
    first, last = window
    overlaps = (pl.col("first_day") <= last) & (pl.col("last_day") >= first)
    replacing = pl.col("scope").is_in(replaced["scope"].implode()) | pl.col("content_id").is_in(replaced["content_id"].implode())
    concerned = overlaps | pl.col("first_day").is_null() | replacing
    to_read = counting.filter(concerned & (pl.col("rows") > 0))
    if not again:
        to_read = to_read.filter(~pl.col("x_delivery_id").is_in(list(stored)))
    return to_read.sort("x_source_file"), dropped


def _stored_ids(lake: Lake, counting: pl.DataFrame) -> tuple[set[str], set[str]]:
    """Deliveries that are stored (lines in the lake, or every record in the quarantine), and all that are in either."""
    lines = lake.scan(tables.COST_AND_USAGE).select(pl.col("x_delivery_id").unique()).collect(engine="streaming")
    quarantined = lake.scan(tables.BILLING_QUARANTINE).group_by("x_delivery_id").agg(rows=pl.len().cast(pl.Int64)).collect()
    wholly = counting.join(quarantined, on=["x_delivery_id", "rows"], how="semi")
    there = set(lines["x_delivery_id"].to_list())
    return there | set(wholly["x_delivery_id"].to_list()), there | set(quarantined["x_delivery_id"].to_list())


def _store(store: ObjectStore, lake: Lake, to_read: pl.DataFrame, to_drop: set[str], after: int, progress: Progress) -> Stored:
    names = {name.lower(): name for columns in to_read["extra_columns"].to_list() for name in columns or []}
    extra = {name: pl.String() for name in names.values()}
    ids = to_read["x_delivery_id"].to_list()
    rejected: list[pl.DataFrame] = []
    unsound: list[dict[str, Any]] = []
    with lake.stage(tables.COST_AND_USAGE, extra=extra) as staged:
        for number, file in enumerate(to_read.iter_rows(named=True)):
            progress(f"storing {file['x_source_file']}", number, len(ids))
            with _content(store, file) as path:
                try:
                    rejected += _stage_file(staged, path, file, _months(lake, file))
                except pl.exceptions.PolarsError:
                    if file["reader"] == "careful":
                        raise
                    unsound.append(file)
        if unsound:
            raise _NeedsCare(unsound)
        rejects = pl.concat(rejected) if rejected else pl.DataFrame(schema=tables.BILLING_QUARANTINE.schema)
        # the quarantine goes first: killed in between, the lines are missing and the file is simply read again
        if len(rejects) or lake.version(tables.BILLING_QUARANTINE) is not None:
            lake.replace(tables.BILLING_QUARANTINE, rejects, where=_any_of("x_delivery_id", [*ids, *to_drop]))
        written = lake.swap(
            tables.COST_AND_USAGE,
            staged,
            drop={"x_delivery_id": {*ids, *to_drop}},
            writer=WRITER,
            after=after,
        )
    return Stored(to_read["x_source_file"].to_list(), written.rows, len(rejects), len(to_drop))


def _months(lake: Lake, file: dict[str, Any]) -> list[str]:
    totals = lake.scan(tables.BILLING_FILE_TOTALS).filter(pl.col("x_delivery_id") == file["x_delivery_id"])
    months = totals.select(pl.col("x_charge_date").dt.strftime("%Y-%m").drop_nulls().unique().sort())
    return months.collect()["x_charge_date"].to_list()


@contextmanager
def _content(store: ObjectStore, file: dict[str, Any]) -> Iterator[Path]:
    """The file as it was inspected. Raises Unavailable if it was rewritten since."""
    key, _, member = file["x_source_file"].partition("!/")
    if store.head(key).etag != file["etag"]:
        raise Unavailable(f"{key} was rewritten since it was inspected", "materialize finops/billing_files, then this again")
    with store.fetch(key) as path:
        if not member:
            yield path
            return
        with _extracted(path, member) as inner:
            yield inner


@contextmanager
def _extracted(archive: Path, member: str) -> Iterator[Path]:
    with TemporaryDirectory(prefix="cloudops-") as folder:
        target = Path(folder) / "member"
        extract(archive, member, target)
        yield target


def _stage_file(staged: StagedFiles, path: Path, file: dict[str, Any], months: list[str]) -> list[pl.DataFrame]:
    """Stage the lines of one file; returns its rejects."""
    look = peek(path)
    layout = _layout(look, file)
    labels = {
        "x_source_file": pl.lit(file["x_source_file"]),
        "x_source_format": pl.lit(layout.format),
        "x_delivery_id": pl.lit(file["x_delivery_id"]),
    }
    careful = file["reader"] == "careful"
    rest: Iterable[Normalised]
    if look.kind == "csv" and not careful and layout.is_plain and len(months) == 1:
        plain = plain_lines(path, look, layout).with_columns(**labels)
        stored = staged.sink(plain, {"x_charge_month": months[0]})
        rest = doubtful_lines(path, look, layout) if stored < file["rows"] else ()
    else:
        rest = (normalise(batch, layout) for batch in batches(path, look, careful=careful))
    rejects = []
    for batch in rest:
        staged.write(batch.lines.with_columns(**labels))
        if len(batch.rejects):
            rejects.append(
                _located(batch.rejects, path, look).with_columns(**{k: v for k, v in labels.items() if "format" not in k})
            )
    return [r.select(list(tables.BILLING_QUARANTINE.schema)) for r in rejects]


def _located(rejects: pl.DataFrame, path: Path, look: Peek) -> pl.DataFrame:
    """Rejects with the line on which each record starts."""
    unknown = set(rejects.filter(pl.col("line").is_null())["x_source_row"].to_list())
    if look.kind != "csv" or not unknown:
        return rejects
    lines = lines_of(path, look, unknown)
    found = pl.col("x_source_row").replace_strict(lines, default=None, return_dtype=pl.Int64)
    return rejects.with_columns(line=pl.coalesce("line", found))


# -- shared ----------------------------------------------------------------------------------------------------------------


def _labelled(totals: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    return totals.with_columns(x_source_file=pl.lit(row["x_source_file"]), x_delivery_id=pl.lit(row["x_delivery_id"])).select(
        list(tables.BILLING_FILE_TOTALS.schema)
    )


def _any_of(column: str, values: Iterable[str]) -> str:
    """A predicate; the values are identities of ours, hexadecimal."""
    return f"{column} IN ({', '.join(repr(v) for v in sorted(set(values)))})"
