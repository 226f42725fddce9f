"""Whatever a file's compression, encoding and structure: every record is read, or named as broken with its line."""

import gzip
import random
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.control import control_totals
from assets.finops.logic.formats.layout import ROW
from assets.finops.logic.formats.recognise import recognise
from assets.finops.logic.normalise import normalise
from assets.finops.logic.reading import BrokenRecord, DamagedFile, Peek, batches, distinct_names, lines_of, peek
from tests.billing_files import FOCUS_HEADER, as_csv, focus_csv, focus_row, zipped

ROWS = [focus_row(BilledCost=str(n)) for n in range(1, 6)]
CELLS = st.text(st.sampled_from('a1,"\n ;é\t\\#'), max_size=6) | st.sampled_from(["NULL", "", "x\r\ny", "'", "0"])


class Read:
    """A file as the reader that suits it gives it."""

    def __init__(self, path: Path) -> None:
        self.look = peek(path)
        layout = recognise(self.look.header)
        assert layout
        self.careful = control_totals(path, self.look, layout).careful
        try:
            parts = list(batches(path, self.look, careful=self.careful, chunk_rows=2))
        except pl.exceptions.PolarsError:  # as when storing: what reading whole shows is left to the careful reader
            assert not self.careful
            self.careful = True
            parts = list(batches(path, self.look, careful=True, chunk_rows=2))
        empty = pl.DataFrame(schema=dict.fromkeys(self.look.header, pl.String))
        self.frame = pl.concat([empty, *(part.frame for part in parts)], how="diagonal")
        self.broken: list[BrokenRecord] = [b for part in parts for b in part.broken]
        self.changes = {row: change for part in parts for row, change in part.changes.items()}
        self.costs = self.frame[self.look.header[0]].to_list()


@pytest.fixture
def read(tmp_path: Path):
    def _read(body: bytes, name: str = "file.csv") -> Read:
        path = tmp_path / name
        path.write_bytes(body)
        return Read(path)

    return _read


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_and_line_ending_is_recognised(read, delimiter, newline):
    body = as_csv(ROWS, delimiter=delimiter, newline=newline)

    assert read(body).costs == ["1", "2", "3", "4", "5"]
    assert not read(body).careful


@pytest.mark.parametrize("encode", [zipped, lambda b: b"\xef\xbb\xbf" + b, lambda b: zipped(b[:900]) + zipped(b[900:])])
def test_gzip_even_in_several_members_and_a_byte_order_mark_change_nothing(read, encode):
    got = read(encode(focus_csv(*ROWS)))

    assert got.look.header == FOCUS_HEADER
    assert got.costs == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_by_its_byte_order_mark(read, encoding):
    text = focus_csv(*ROWS, focus_row(ChargeDescription="Größe")).decode()
    body = text.encode(encoding) if encoding == "utf-16" else ("\ufeff" + text).encode(encoding)

    assert read(body).frame["ChargeDescription"].to_list()[-1] == "Größe"


def test_a_single_line_in_windows_1252_is_decoded_and_named(read):
    body = focus_csv(*ROWS, focus_row(ChargeDescription="caf?"), *ROWS).replace(b"caf?", b"caf\xe9")
    got = read(body)

    assert got.frame["ChargeDescription"].to_list()[5] == "café"
    assert got.changes == {6: "record: decoded from Windows-1252"}
    assert len(got.frame) == 11


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_blank_lines_are_no_records_wherever_they_are(read, newline):
    header, first, *rest = as_csv(ROWS, newline=newline).decode().splitlines()
    got = read(newline.join([header, first, "", *rest, "", ""]).encode() + newline.encode())

    assert got.costs == ["1", "2", "3", "4", "5"]
    assert got.frame[ROW].to_list() == [1, 2, 3, 4, 5]
    assert not got.broken


@pytest.mark.parametrize("extra", [["z"], ["z", "z"], ["", "z"]])
def test_a_record_with_too_many_fields_is_set_aside_with_its_line(read, extra):
    cells = [list(row.values()) for row in ROWS]
    got = read(as_csv([cells[0], cells[1] + extra, *cells[2:]]))

    assert got.costs == ["1", "3", "4", "5"]
    assert [(b.row, b.line) for b in got.broken] == [(2, 3)]


def test_a_record_with_too_few_fields_is_set_aside_with_its_line_even_after_quoted_newlines(read):
    cells = [list(focus_row(ChargeDescription="one\ntwo\r\n\nthree", BilledCost=str(n)).values()) for n in range(4)]
    got = read(as_csv([cells[0], cells[1][:-2], cells[2], cells[3][:3]]))

    assert got.costs == ["0", "2"]
    assert [(b.row, b.line, b.reason) for b in got.broken] == [
        (2, 6, "17 fields where 19 are expected"),
        (4, 14, "3 fields where 19 are expected"),
    ]
    assert '"1"' in got.broken[0].text


def test_records_that_all_leave_out_the_same_last_columns_are_read_and_named(read):
    got = read(as_csv([list(row.values())[:-2] for row in ROWS]))

    assert got.costs == ["1", "2", "3", "4", "5"]
    assert got.frame["Tags"].null_count() == 5
    assert set(got.changes.values()) == {"record: 2 last fields missing"}


def test_a_quote_inside_an_unquoted_field_is_a_character(read):
    lines = focus_csv(*ROWS).decode().splitlines()
    torn = lines[1].replace("Standard storage", '5" disk')
    got = read("\n".join([lines[0], torn, *lines[2:], torn, ""]).encode())

    assert got.costs == ["1", "2", "3", "4", "5", "1"]
    assert got.frame["ChargeDescription"].to_list()[0] == '5" disk'


def test_text_after_a_closing_quote_is_no_reason_to_fail(read):
    lines = focus_csv(*ROWS).decode().splitlines()
    got = read("\n".join([*lines, lines[1].replace("Standard storage", '"a"b'), ""]).encode())

    assert got.costs == ["1", "2", "3", "4", "5", "1"]


def test_a_quote_left_open_takes_what_follows_with_it_and_says_where(read):
    lines = focus_csv(*ROWS, *ROWS).decode().splitlines()
    lines[6] = lines[6].replace("Standard storage", '"never closed')
    got = read("\n".join([*lines, ""]).encode())

    assert got.costs == ["1", "2", "3", "4", "5"]
    assert [(b.row, b.line) for b in got.broken] == [(6, 7)]
    assert "never closed" in got.broken[0].text


def test_null_as_text_and_empty_cells_are_empty_in_both_readers(tmp_path):
    path = tmp_path / "nulls.csv"
    path.write_bytes(focus_csv(focus_row(Tags="NULL", ListCost="", RegionId="NULL"), focus_row(Tags="null")))
    for careful in (False, True):
        (batch,) = batches(path, peek(path), careful=careful)
        assert batch.frame.select("Tags", "ListCost", "RegionId").rows() == [(None, None, None), ("null", "2", "eu-west-1")]


@pytest.mark.parametrize("body", [focus_csv(), focus_csv().strip(), zipped(focus_csv())])
def test_a_file_that_holds_only_its_header_has_no_records(read, body):
    assert read(body).costs == []


@pytest.mark.parametrize("body", [b"", b"\n\n", zipped(b""), b"hello", b"\x00\x01\x02", b"a,b\x00,c\n1,2,3\n"])
def test_what_is_no_table_is_no_table(tmp_path, body):
    (tmp_path / "x").write_bytes(body)

    assert peek(tmp_path / "x").kind == "other"


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["a", "a", "a_2"], ("a", "a_2", "a_2_2")),
        (["a_2", "a", "a", "a"], ("a_2", "a", "a_3", "a_4")),
        (["", " ", "column"], ("column", "column_2", "column_3")),
        ([" a ", "x_source_row"], ("a", "x_source_row_2")),
    ],
)
def test_repeated_and_empty_names_are_told_apart(header, names):
    assert distinct_names(header) == names


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("ab_2*^$ "), max_size=4), min_size=1, max_size=8))
def test_names_are_always_distinct_and_none_is_a_pattern(header):
    names = distinct_names(header)

    assert len(set(names)) == len(header)
    assert pl.DataFrame(schema=dict.fromkeys(names, pl.String)).select(pl.col(n) for n in names).columns == list(names)


@pytest.mark.parametrize("column", ["*", "^.*$", "^Bill", "BilledCost", "x_source_row", "x_charge_date", "", "doubtful", "a\nb"])
def test_a_further_column_of_any_name_is_kept_and_harms_nothing(read, tmp_path, column):
    body = as_csv([[*row.values(), "more"] for row in ROWS], [*FOCUS_HEADER, column])
    got = read(body)
    layout = recognise(got.look.header)
    lines = [normalise(batch, layout).lines for batch in batches(tmp_path / "file.csv", got.look, careful=got.careful)]

    assert got.costs == ["1", "2", "3", "4", "5"]
    assert [line["BilledCost"].sum() for line in lines if len(line)] == [Decimal(15)]
    assert pl.concat(lines)[next(iter(layout.kept.values()))].to_list() == ["more"] * 5


def test_a_file_whose_name_looks_like_a_pattern_is_read(read):
    assert read(focus_csv(*ROWS), "cost [1]*.csv").costs == ["1", "2", "3", "4", "5"]


def test_a_very_long_field_is_read(read):
    assert read(focus_csv(focus_row(Tags="x" * 300_000))).frame["Tags"].str.len_bytes().to_list() == [300_000]


@pytest.mark.parametrize("cut", [slice(None, -300), slice(None, -8), slice(None, -4), slice(None, 40)])
def test_a_truncated_gzip_is_damaged(read, cut):
    noise = random.Random(1)
    body = zipped(focus_csv(*(focus_row(ChargeDescription=noise.randbytes(20).hex()) for _ in range(4000))))

    with pytest.raises(DamagedFile, match="deliver it again"):
        read(body[cut])


@pytest.mark.parametrize("place", [0.02, 0.5, 0.99999])
def test_a_gzip_with_a_flipped_byte_is_damaged(read, place):
    noise = random.Random(1)
    body = bytearray(zipped(focus_csv(*(focus_row(ChargeDescription=noise.randbytes(20).hex()) for _ in range(4000)))))
    body[int(len(body) * place)] ^= 0xFF

    with pytest.raises(DamagedFile, match="deliver it again"):
        read(bytes(body))


@pytest.mark.parametrize(
    "body",
    [
        focus_csv(*ROWS).replace(b"\n", b"\r"),
        focus_csv(*ROWS).decode().encode("utf-16")[:-1],
        b"PAR1 and nothing else",
        b"\x1f\x8b\x08\x00" + b"\xff" * 100,
    ],
    ids=["old Mac line ends", "half a UTF-16 character", "no Parquet", "no gzip"],
)
def test_bytes_that_are_not_what_they_claim_are_damaged_and_nothing_else_is_raised(read, body):
    with pytest.raises(DamagedFile):
        read(body)


def test_a_truncated_or_scrambled_parquet_is_damaged(read, tmp_path):
    pl.DataFrame(ROWS * 100).write_parquet(tmp_path / "whole.parquet")
    body = (tmp_path / "whole.parquet").read_bytes()
    scrambled = bytearray(body)
    scrambled[10:200] = bytes(b ^ 0x55 for b in body[10:200])

    for damaged in (body[:-20], body[:100], bytes(scrambled)):
        with pytest.raises(DamagedFile, match="not readable Parquet"):
            read(damaged)


def test_a_typed_parquet_reads_like_its_csv(tmp_path):
    rows = [focus_row(BilledCost="0.000000000123456789", Tags='{"team": "blue"}'), focus_row(BilledCost="-12.5", Tags="{}")]
    rows.append(focus_row(BilledCost="", Tags="", ChargePeriodStart="2026-01-06T00:00:00.250Z"))
    (tmp_path / "a.csv").write_bytes(focus_csv(*rows))
    start = [datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, 0, 0, 0, 250_000, UTC)]
    columns = {name: pa.array([row[name] for row in rows]) for name in FOCUS_HEADER}
    columns["BilledCost"] = pa.array([Decimal("0.000000000123456789"), Decimal("-12.5"), None], pa.decimal128(38, 18))
    columns["ChargePeriodStart"] = pa.array(start, pa.timestamp("us", "UTC"))
    columns["BillingPeriodStart"] = pa.array([date(2026, 1, 1)] * 3)
    columns["ConsumedQuantity"] = pa.array([3.0] * 3)
    columns["Tags"] = pa.array([[("team", "blue")], [], None], pa.map_(pa.string(), pa.string()))
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")

    def lines(name: str) -> pl.DataFrame:
        look = peek(tmp_path / name)
        done = [normalise(b, recognise(look.header)) for b in batches(tmp_path / name, look, careful=False)]
        assert not any(len(d.rejects) for d in done)
        return pl.concat(d.lines for d in done)

    assert lines("a.parquet").equals(lines("a.csv"))
    assert lines("a.parquet")["Tags"].to_list() == ['{"team": "blue"}', "{}", None]


def test_a_parquet_exported_from_the_lake_can_be_delivered(read, tmp_path):
    pl.DataFrame(ROWS).with_columns(x_source_row=pl.lit(7), x_charge_date=pl.lit("x")).write_parquet(tmp_path / "whole.parquet")

    assert read((tmp_path / "whole.parquet").read_bytes()).frame[ROW].to_list() == [1, 2, 3, 4, 5]


@settings(deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=4, max_size=4).filter(lambda r: r[0] not in ("", "NULL")), max_size=8),
    st.sampled_from(["\n", "\r\n"]),
)
def test_the_careful_and_the_fast_reader_agree_on_sound_files(rows, newline):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sound.csv")
        path.write_bytes(as_csv(rows, ["a", "b", "c", "d"], newline=newline))
        look = Peek("csv", ("a", "b", "c", "d"), ",", "utf-8", 4)
        fast = [row for b in batches(path, look, careful=False) for row in b.frame.select("a", "b", "c", "d", ROW).rows()]
        careful = [row for b in batches(path, look, careful=True) for row in b.frame.select("a", "b", "c", "d", ROW).rows()]

        assert fast == careful
        assert fast == [(*(c if c not in ("", "NULL") else None for c in row), n) for n, row in enumerate(rows, start=1)]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["", "\n", "\n\n"])), min_size=1, max_size=8))
def test_ragged_records_are_told_with_the_line_they_start_on(shape):
    lines, expected, line = ["a,b,c,d"], [], 2
    for number, (width, blank) in enumerate(shape, start=1):
        record = ",".join(['"x\ny"'] * width)
        lines.append(record + blank)
        expected.append((number, line, width))
        line += width + 1 + len(blank)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ragged.csv")
        path.write_text("\n".join(lines) + "\n")
        look = Peek("csv", ("a", "b", "c", "d"), ",", "utf-8", 4)
        found = list(batches(path, look, careful=True, chunk_rows=3))

        assert [(b.row, b.line) for part in found for b in part.broken] == [(n, at) for n, at, w in expected if w != 4]
        assert [r for part in found for r in part.frame[ROW].to_list()] == [n for n, _, w in expected if w == 4]
        assert lines_of(path, look, {n for n, _, _ in expected}) == {n: at for n, at, _ in expected}


def test_a_large_file_in_gzip_is_read_in_batches_that_keep_the_order(tmp_path):
    path = tmp_path / "large.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(focus_csv(*(focus_row(BilledCost=str(n)) for n in range(3000))))
    parts = list(batches(path, peek(path), careful=False, chunk_rows=1000))

    assert [c for p in parts for c in p.frame["BilledCost"].to_list()] == [str(n) for n in range(3000)]
