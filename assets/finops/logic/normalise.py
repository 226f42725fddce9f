"""From FOCUS columns as text to charge lines with types, and the records that cannot be charge lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl

from assets.finops.logic.columns import FOCUS_COLUMNS
from assets.finops.logic.decimals import MONEY_SCALE, QUANTITY_SCALE, read_decimals
from assets.finops.logic.formats.layout import ROW, Layout
from assets.finops.logic.reading import CHUNK_ROWS, Peek, TextBatch, whole_records
from assets.finops.logic.timestamps import read_times

READER_VERSION = "1"
"""Part of every delivery's identity: raise it when the same file would give other lines, and all files are read again."""

REJECT_SCHEMA = {
    ROW: pl.Int64(),
    "line": pl.Int64(),
    "column": pl.String(),
    "value": pl.String(),
    "reason": pl.String(),
    "x_charge_date": pl.Date(),
    "BillingCurrency": pl.String(),
    "InvoiceId": pl.String(),
    "BilledCost": pl.Decimal(38, MONEY_SCALE),
    "record": pl.String(),
}


def scale_of(column: str) -> int:
    """Digits after the point that the lake keeps for a decimal FOCUS column."""
    return QUANTITY_SCALE if column.endswith("Quantity") else MONEY_SCALE


_ESSENTIAL = {
    "ChargePeriodStart": "no time of the charge",
    "BillingCurrency": "no currency, so the money cannot be added to any total",
}


@dataclass(frozen=True, slots=True)
class Normalised:
    """Charge lines with types (FOCUS columns, kept `x_…`, row, changes, day, month) and the records set aside."""

    lines: pl.DataFrame
    rejects: pl.DataFrame


def normalise(batch: TextBatch, layout: Layout) -> Normalised:
    """Give one batch of text records its types. Every record comes out exactly once, as a line or as a reject."""
    return _normalise_text(layout.to_focus(batch.frame), layout, batch)


def _normalise_text(text: pl.DataFrame, layout: Layout, batch: TextBatch | None = None) -> Normalised:
    batch = batch or TextBatch(text)
    typed, changes, faults = _typed(text)
    lines = _with_periods(typed, layout).with_columns(_changes(text, changes, batch.changes))
    faults = faults + [(name, reason, lines[name].is_null()) for name, reason in _ESSENTIAL.items() if lines[name].null_count()]
    rejects = _rejects(batch, text, lines, faults)
    if len(rejects):
        lines = lines.filter(~lines[ROW].is_in(rejects[ROW].implode()))
    return Normalised(lines, rejects)


def plain_lines(path: Path, look: Peek, layout: Layout) -> pl.LazyFrame:
    """The charge lines of a sound CSV that can be read at the speed of one streaming query.

    Left out are records in which anything needs a closer look; `doubtful_lines` gives those. Of use only where columns map
    one to one (`Layout.is_plain`).
    """
    text = _focus_text(path, look, layout)
    names = text.collect_schema().names()
    query = _marked(text).filter(~pl.col("doubtful"))
    lines = query.select(pl.col(_TYPED + n).alias(n) if n in _TYPED_COLUMNS else pl.col(n) for n in names)
    return _with_periods(lines, layout).with_columns(x_source_changes=pl.lit(None, pl.String))


def doubtful_lines(path: Path, look: Peek, layout: Layout) -> Iterator[Normalised]:
    """What `plain_lines` leaves out, read by `normalise`: repaired lines and rejects."""
    text = _focus_text(path, look, layout)
    query = _marked(text).filter("doubtful").select(text.collect_schema().names())
    for frame in query.collect_batches(chunk_size=CHUNK_ROWS, maintain_order=True, engine="streaming"):
        yield _normalise_text(frame, layout)


def _focus_text(path: Path, look: Peek, layout: Layout) -> pl.LazyFrame:
    return layout.select_focus(whole_records(path, look))


_TIME_FORMATS = {
    "%Y-%m-%dT%H:%M:%SZ": r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z$",
    "%Y-%m-%d %H:%M:%S": r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9]$",
    "%Y-%m-%dT%H:%M:%S%.3fZ": r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]\.[0-9]{3}Z$",
    "%Y-%m-%d %H:%M:%S%.3f": r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9]\.[0-9]{3}$",
}
"""Forms read by the fast query, and how they look: Polars also reads ` 024-02-29T23:59:60Z` by them."""


def _time_formats(text: pl.LazyFrame) -> dict[str, str]:
    """The form that each time column of the first records has."""
    names = [c.name for c in FOCUS_COLUMNS if c.kind == "datetime"]
    sample = text.select(names).head(100).collect()
    return {name: next((f for f in _TIME_FORMATS if sample[name].str.to_datetime(f, strict=False, time_zone="UTC").null_count()
                        == sample[name].null_count()), next(iter(_TIME_FORMATS))) for name in names}  # fmt: skip


_TYPED = "typed "
_TYPED_COLUMNS = frozenset(c.name for c in FOCUS_COLUMNS if c.kind in ("decimal", "datetime"))


def _marked(text: pl.LazyFrame) -> pl.LazyFrame:
    """Text columns, their values as `typed …`, and `doubtful` where one of them needs a closer look."""
    formats = _time_formats(text)
    typed: list[pl.Expr] = []
    doubts = [pl.col(name).is_null() for name in _ESSENTIAL]
    for name in sorted(_TYPED_COLUMNS):
        raw, value = pl.col(name), pl.col(_TYPED + name)
        if form := formats.get(name):
            typed.append(raw.str.to_datetime(form, strict=False, time_zone="UTC", time_unit="us").alias(_TYPED + name))
            unusual = ~raw.str.contains(_TIME_FORMATS[form])
        else:
            scale = scale_of(name)
            typed.append(raw.cast(pl.Decimal(38, scale), strict=False).alias(_TYPED + name))
            # coarser than `doubtful`, and cheaper: any exponent is left to the closer look
            unusual = (raw.str.len_bytes() > scale) | raw.str.contains_any(["e", "E"])
        doubts.append(unusual.fill_null(value=False) | (raw.is_not_null() & value.is_null()))
    return text.with_columns(typed).with_columns(doubtful=pl.any_horizontal(doubts))


_Faults = list[tuple[str, str, pl.Series]]


def _typed(text: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, pl.Series], _Faults]:
    columns: list[pl.Series] = []
    changes: dict[str, pl.Series] = {}
    faults: _Faults = []
    for column in FOCUS_COLUMNS:
        if column.kind not in ("decimal", "datetime"):
            continue
        raw = text[column.name]
        read = read_decimals(raw, scale_of(column.name)) if column.kind == "decimal" else read_times(raw)
        columns.append(read.values.alias(column.name))
        if read.changes is not None:
            changes[column.name] = read.changes
        if read.faults is not None:
            faults += [
                (column.name, reason, (read.faults == reason).fill_null(value=False))
                for reason in read.faults.unique().drop_nulls().sort().to_list()
            ]
    return text.with_columns(columns), changes, faults


_Frame = TypeVar("_Frame", pl.DataFrame, pl.LazyFrame)


def _with_periods(lines: _Frame, layout: Layout) -> _Frame:
    """Day and month of the charge, and the ends of periods that the format leaves out."""
    start = pl.col("ChargePeriodStart")
    month = start.dt.truncate("1mo")
    derived = {}
    if layout.charge_period and "ChargePeriodEnd" not in layout.given:
        derived["ChargePeriodEnd"] = start.dt.offset_by(layout.charge_period)
    if layout.inclusive_period_end:
        derived["BillingPeriodEnd"] = pl.col("BillingPeriodEnd").dt.offset_by("1d")
    lines = lines.with_columns(**derived)
    if layout.months_are_periods:
        lines = lines.with_columns(
            BillingPeriodStart=pl.coalesce("BillingPeriodStart", month),
            BillingPeriodEnd=pl.coalesce("BillingPeriodEnd", month.dt.offset_by("1mo")),
        )
    return lines.with_columns(x_charge_date=start.dt.date(), x_charge_month=start.dt.strftime("%Y-%m"))


def _changes(text: pl.DataFrame, changes: dict[str, pl.Series], of_records: dict[int, str]) -> pl.Series:
    """`x_source_changes`: every repair of the row, `Column: what`, joined by `; `."""
    notes = [pl.lit(f"{name}: ") + pl.lit(series) for name, series in changes.items()]
    if of_records:
        notes.append(
            pl.lit(text[ROW].replace_strict(list(of_records), list(of_records.values()), default=None, return_dtype=pl.String))
        )
    if not notes:
        return pl.Series("x_source_changes", [None] * len(text), dtype=pl.String)
    joined = pl.concat_str(notes, separator="; ", ignore_nulls=True)
    return text.select(pl.when(joined != "").then(joined).alias("x_source_changes")).to_series()


def _rejects(batch: TextBatch, text: pl.DataFrame, lines: pl.DataFrame, faults: _Faults) -> pl.DataFrame:
    """One reject per record, with its first fault."""
    found: dict[int, dict[str, object]] = {
        b.row: {ROW: b.row, "line": b.line, "reason": b.reason, "record": b.text} for b in batch.broken
    }
    for name, reason, mask in faults:
        at = mask.arg_true()
        if not len(at):
            continue
        raw = batch.frame[at]
        read = lines.select("x_charge_date", "BillingCurrency", "InvoiceId", "BilledCost")[at].to_dicts()
        values = text[name].gather(at).to_list()
        records = raw.drop(ROW).select(pl.struct(pl.all()).struct.json_encode()).to_series().to_list()
        for row, value, record, known in zip(raw[ROW].to_list(), values, records, read, strict=True):
            found.setdefault(
                row,
                {
                    ROW: row,
                    "line": None,
                    "column": name,
                    "value": value,
                    "reason": reason,
                    "record": record,
                    **known,
                },
            )
    return pl.DataFrame([found[row] for row in sorted(found)], schema=REJECT_SCHEMA, orient="row")
