"""Reading billing files record by record: what a file is, and its records as text, whatever its compression and encoding.

Two readers give the same records. The fast one (Polars, streaming) takes files whose structure is sound; the careful one
(Python's `csv`) takes those with ragged records, mixed encodings or blank lines, and says of each bad record where it is.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

import polars as pl

from assets.finops.logic.formats.layout import ROW

Kind = Literal["csv", "parquet", "json", "archive", "other"]

CHUNK_ROWS = 100_000
_PEEK_BYTES = 512 * 1024
_NULLS = ("", "NULL")
_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_FIELD = 16 * 1024 * 1024
_DAMAGE = (OSError, EOFError, zlib.error, UnicodeDecodeError)


class DamagedFile(Exception):
    """The bytes are not what they claim to be: a torn download, a truncated archive."""


@dataclass(frozen=True, slots=True)
class Peek:
    """What the first bytes of a file say.

    Attributes:
        kind: What the file is.
        header: Column names, made distinct; empty unless tabular.
        delimiter: Field separator of a CSV.
        encoding: `utf-8`, `utf-16` (by its byte order mark); single lines may still differ.
        width: Fields of a record, where all records leave out the last columns of the header; else the header's.
    """

    kind: Kind
    header: tuple[str, ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    width: int = 0


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A record that does not fit the header."""

    row: int
    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Records as text columns (null = empty) with their number in `x_source_row`, the repairs and the broken ones."""

    frame: pl.DataFrame
    broken: list[BrokenRecord] = field(default_factory=list)
    changes: dict[int, str] = field(default_factory=dict)


def peek(path: Path) -> Peek:
    """Look at the first bytes. Raises DamagedFile if they do not decompress."""
    with path.open("rb") as stream:
        magic = stream.read(512)
    if magic[:4] == b"PAR1":
        return Peek("parquet", distinct_names(tuple(_parquet_schema(path))))
    if magic[:4] == b"PK\x03\x04" or magic[257:262] == b"ustar":
        return Peek("archive")
    try:
        with open_plain(path) as stream:
            head = stream.read(_PEEK_BYTES)
    except _DAMAGE as error:
        raise DamagedFile(f"cannot be decompressed ({error}); deliver it again") from error
    if magic[:2] == b"\x1f\x8b" and head[257:262] == b"ustar":
        return Peek("archive")
    return _peek_text(head)


def _peek_text(head: bytes) -> Peek:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    if encoding == "utf-8" and b"\x00" in head[:4096]:
        return Peek("other")
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        return Peek("json", encoding=encoding)
    if not text.strip():
        return Peek("other")
    if not any(d in text.split("\n", 1)[0] for d in _DELIMITERS):
        return Peek("other", encoding=encoding)
    tables = [(d, _sample(text, d)) for d in _DELIMITERS]
    delimiter, records = max(tables, key=lambda table: len(table[1][0]) if table[1] else 0)
    if not records:
        raise DamagedFile("line 1 ends in a lone carriage return; write the file with line feeds")
    header = distinct_names(records[0])
    # the last record of the sample may be cut off
    whole = records[1:-1] if len(head) == _PEEK_BYTES else records[1:]
    widths = {len(record) for record in whole if record}
    width = widths.pop() if len(widths) == 1 else len(header)
    return Peek("csv", header, delimiter, encoding, min(width, len(header)))


def _sample(text: str, delimiter: str) -> list[list[str]]:
    """The records of a sample up to the first that cannot be read."""
    csv.field_size_limit(_LONGEST_FIELD)
    records: list[list[str]] = []
    with suppress(csv.Error):
        records.extend(csv.reader(io.StringIO(text), delimiter=delimiter))
    return records


def distinct_names(header: Sequence[str]) -> tuple[str, ...]:
    """The header with a number added to repeated and empty names, so that each column can be told."""
    taken = {ROW}
    names = []
    for raw in header:
        name = raw.strip() or "column"
        if name == "*" or name.startswith("^"):  # Polars takes these for patterns
            name = f"column {name}"
        numbered = (name, *(f"{name}_{number}" for number in range(2, len(header) + 2)))
        names.append(next(n for n in numbered if n not in taken))
        taken.add(names[-1])
    return tuple(names)


def open_plain(path: Path) -> BinaryIO:
    """The file's bytes, decompressed if it is gzip."""
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]


OVERFLOW = "fields beyond the header"
"""Column of `scan_csv` that is empty in every record that is not too long."""


def scan_csv(path: Path, look: Peek) -> pl.LazyFrame:
    """The records of a sound CSV as a streaming Polars query over text columns, and `OVERFLOW`.

    Polars notices records that are too long only where it reads every column; a column beyond the last one shows them always.
    """
    return pl.scan_csv(
        path,
        separator=look.delimiter,
        schema={name: pl.String() for name in (*look.header, OVERFLOW)},
        null_values=list(_NULLS),
        glob=False,
        missing_columns="insert",
        row_index_name=ROW,
        row_index_offset=1,
    )


def whole_records(path: Path, look: Peek) -> pl.LazyFrame:
    """Every column of `scan_csv`; a record that is too long fails the query with a PolarsError."""
    sound = scan_csv(path, look).filter(pl.col(OVERFLOW).is_null()).drop(OVERFLOW)
    return sound.with_columns(pl.col(ROW).cast(pl.Int64))


def fast_batches(path: Path, look: Peek, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[TextBatch]:
    """Batches of a sound CSV. Order within the file is kept."""
    query = whole_records(path, look)
    for frame in query.collect_batches(chunk_size=chunk_rows, maintain_order=True, engine="streaming"):
        yield TextBatch(frame)


def parquet_batches(path: Path, look: Peek, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[TextBatch]:
    """Batches of a Parquet file, every value as the text that a CSV would hold."""
    schema = _parquet_schema(path)
    query = (
        pl.scan_parquet(path, glob=False)
        .rename(dict(zip(schema, look.header, strict=True)))
        .with_row_index(ROW, offset=1)
        .with_columns(
            pl.col(ROW).cast(pl.Int64),
            *(_as_text(n, t) for n, t in zip(look.header, schema.values(), strict=True)),
        )
    )
    try:
        for frame in query.collect_batches(chunk_size=chunk_rows, maintain_order=True, engine="streaming"):
            yield TextBatch(frame)
    except pl.exceptions.PolarsError as error:
        raise DamagedFile(f"not readable Parquet ({error}); deliver it again") from error


def _parquet_schema(path: Path) -> dict[str, pl.DataType]:
    try:
        return dict(pl.read_parquet_schema(path))
    except pl.exceptions.PolarsError as error:
        raise DamagedFile(f"not readable Parquet ({error}); deliver it again") from error


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ") if dtype.time_zone else column.dt.strftime(
            "%Y-%m-%dT%H:%M:%S%.fZ"
        )  # fmt: skip
    if isinstance(dtype, pl.Date):
        return column.dt.strftime("%Y-%m-%d")
    if dtype.is_nested():
        return column.map_elements(_json, return_dtype=pl.String)
    text = column.cast(pl.String)
    return pl.when(text.is_in(list(_NULLS))).then(None).otherwise(text).alias(name)


def _json(value: object) -> str | None:
    """A nested Parquet value as JSON; a list of key-value structs, as which some write a map, as an object."""
    items = value.to_list() if isinstance(value, pl.Series) else value
    if items is None:
        return None
    if isinstance(items, list) and items and all(isinstance(i, dict) and set(i) == {"key", "value"} for i in items):
        items = {i["key"]: i["value"] for i in items}
    return json.dumps(items, default=str, ensure_ascii=False)


def careful_batches(path: Path, look: Peek, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[TextBatch]:
    """Batches of any CSV: ragged records are set aside, single lines in another encoding are decoded and named as changed."""
    width, missing = look.width, len(look.header) - look.width
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    broken: list[BrokenRecord] = []
    changes: dict[int, str] = {}
    for number, line, fields, change in _records(path, look):
        if len(fields) > width and all(f in _NULLS for f in fields[width:]):
            fields = fields[:width]  # separators at the end of a line, with nothing behind them
        if len(fields) == width:
            rows.append([None if f in _NULLS else f for f in fields] + [None] * missing)
            numbers.append(number)
            if missing:
                change = "; ".join(filter(None, [change, f"record: {missing} last fields missing"]))
            if change:
                changes[number] = change
        else:
            fault = f"{len(fields)} fields where {width} are expected"
            broken.append(BrokenRecord(number, line, fault, json.dumps(fields, ensure_ascii=False)))
        if len(rows) + len(broken) >= chunk_rows:
            yield TextBatch(_frame(rows, numbers, look.header), broken, changes)
            rows, numbers, broken, changes = [], [], [], {}
    yield TextBatch(_frame(rows, numbers, look.header), broken, changes)


def _frame(rows: list[list[str | None]], numbers: list[int], header: Sequence[str]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    return frame.with_columns(pl.Series(ROW, numbers, dtype=pl.Int64))


def _records(path: Path, look: Peek) -> Iterator[tuple[int, int, list[str], str | None]]:
    """Number, first line, fields and repair of each record; blank lines are no records."""
    lines = _Lines(path, look.encoding)
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(lines, delimiter=look.delimiter)
    number = start = 0
    try:
        for fields in reader:
            if number or start:
                if fields:
                    yield number, start + 1, fields, lines.take_change()
                    number += 1
            else:
                number = 1
                lines.take_change()
            start = reader.line_num
    except _DAMAGE as error:
        raise DamagedFile(f"ends in the middle ({error}); deliver it again") from error
    except csv.Error as error:
        raise DamagedFile(f"line {reader.line_num}: {error}; is a quote left open?") from error


class _Lines:
    """Decoded lines of a file; remembers that a line was not in the file's encoding until asked."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._stream = open_plain(path)
        self._encoding = encoding
        self._change: str | None = None

    def __iter__(self) -> Iterator[str]:
        with self._stream as stream:
            if self._encoding != "utf-8":
                with io.TextIOWrapper(stream, encoding=self._encoding, newline="") as text:
                    yield from text
                return
            for number, line in enumerate(stream):
                yield self._decode(line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line)

    def _decode(self, line: bytes) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            self._change = "record: decoded from Windows-1252"
            return line.decode("cp1252", errors="replace")

    def take_change(self) -> str | None:
        """The repair of the lines read since the last call."""
        change, self._change = self._change, None
        return change


def lines_of(path: Path, look: Peek, rows: set[int]) -> dict[int, int]:
    """Line number of each of the given records: a second reading, made only where something is to be reported."""
    found: dict[int, int] = {}
    last = max(rows, default=0)
    with suppress(DamagedFile):  # what the fast reader takes may be more than the careful one does
        for number, line, _fields, _change in _records(path, look):
            if number in rows:
                found[number] = line
            if number >= last:
                break
    return found


def batches(path: Path, look: Peek, *, careful: bool, chunk_rows: int = CHUNK_ROWS) -> Iterator[TextBatch]:
    """The records of a file by the reader that suits it."""
    if look.kind == "parquet":
        return parquet_batches(path, look, chunk_rows=chunk_rows)
    if careful:
        return careful_batches(path, look, chunk_rows=chunk_rows)
    return fast_batches(path, look, chunk_rows=chunk_rows)


def is_ragged(path: Path, look: Peek, records: int) -> bool:
    """Whether a CSV has records of another width than its header, or blank lines; Polars fills such records silently."""
    from pyarrow import csv as arrow

    ragged = False

    def note(_row: object) -> str:
        nonlocal ragged
        ragged = True
        return "skip"

    with open_plain(path) as stream:
        reader = arrow.open_csv(
            stream,
            read_options=arrow.ReadOptions(block_size=8 << 20, column_names=list(look.header), skip_rows=1),
            parse_options=arrow.ParseOptions(delimiter=look.delimiter, newlines_in_values=True, invalid_row_handler=note),
            convert_options=arrow.ConvertOptions(
                include_columns=[look.header[0]], column_types={look.header[0]: "binary"}, check_utf8=False
            ),
        )
        count = 0
        for batch in reader:
            if ragged:
                return True
            count += batch.num_rows
    return ragged or count != records
