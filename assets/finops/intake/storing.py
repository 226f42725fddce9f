"""Stores the lines of the files in force, and drops those of files that no longer are."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from assets.finops import tables
from assets.finops.intake.content import content
from assets.finops.intake.inspection import recognised
from assets.finops.intake.inventory import inspect_with_care
from assets.finops.intake.ledger import any_of
from assets.finops.logic.normalise import Normalised, doubtful_lines, normalise, plain_lines
from assets.finops.logic.reading import Peek, batches, lines_of, peek
from assets.progress import Progress, silent
from resources.errors import Conflict
from resources.lake import Lake, StagedFiles
from resources.object_store import ObjectStore

WRITER = "finops-intake"
"""Name of this writer in the lake: two runs of it never overlap."""
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing did: files read, lines stored and records quarantined by it, deliveries dropped."""

    files: list[str] = field(default_factory=list)
    rows: int = 0
    quarantined: int = 0
    dropped: int = 0


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
                inspect_with_care(store, lake, file)
    raise AssertionError("unreachable")


class _NeedsCare(Exception):
    """Files that seemed sound when their control totals were read are not, read whole."""

    def __init__(self, files: list[dict[str, Any]]) -> None:
        self.files = files
        super().__init__(", ".join(file["x_source_file"] for file in files))


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
            with content(store, file) as path:
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
            lake.replace(tables.BILLING_QUARANTINE, rejects, where=any_of("x_delivery_id", [*ids, *to_drop]))
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


def _stage_file(staged: StagedFiles, path: Path, file: dict[str, Any], months: list[str]) -> list[pl.DataFrame]:
    """Stage the lines of one file; returns its rejects."""
    look = peek(path)
    layout = recognised(look, file)
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
