"""Control totals are what an independent reckoning of the raw file gives."""

import csv
import io
import tempfile
from collections import defaultdict
from decimal import Decimal, localcontext
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.control import SCHEMA, ControlTotals, control_totals
from assets.finops.logic.formats.recognise import recognise
from assets.finops.logic.normalise import normalise
from assets.finops.logic.reading import batches, peek
from tests.billing_files import FOCUS_HEADER, as_csv, focus_csv, focus_row, zipped

COSTS = st.one_of(
    st.decimals(-(10**12), 10**12, places=24).map(lambda d: format(d, "f")),
    st.decimals(-1000, 1000, places=4).map(str),
    st.sampled_from(["", "n/a", "1,5", "NULL", " 2 ", "1e-7", "3E+2", "0", "-0.000000000000000000000001", "NaN", "1e999"]),
)
STARTS = st.sampled_from(["2026-01-05T00:00:00Z", "2026-01-05 23:59:59", "2026-01-06T01:00:00+02:00", "2026-01-07", "", "soon"])
DAYS = dict(
    zip(["2026-01-05T00:00:00Z", "2026-01-05 23:59:59", "2026-01-06T01:00:00+02:00", "2026-01-07"], [5, 5, 5, 7], strict=True)
)
ROWS = st.fixed_dictionaries(
    {
        "BilledCost": COSTS,
        "ChargePeriodStart": STARTS,
        "BillingCurrency": st.sampled_from(["USD", "EUR", "", "NULL"]),
        "InvoiceId": st.sampled_from(["A", "B", ""]),
        "ChargeDescription": st.text(st.sampled_from('a",\n'), max_size=3),
    }
)


def totals_of(path: Path) -> ControlTotals:
    look = peek(path)
    layout = recognise(look.header)
    assert layout
    return control_totals(path, look, layout)


def reckoned(body: bytes) -> set[tuple[object, ...]]:
    """Rows, money and unreadable costs by day, currency and invoice, by Python alone."""
    rows: dict[tuple[object, ...], list[object]] = defaultdict(lambda: [0, Decimal(0), 0])
    with localcontext() as context:
        context.prec = 200
        for record in csv.DictReader(io.StringIO(body.decode(), newline="")):
            value = {n: v if v not in ("", "NULL") else None for n, v in record.items()}
            day = DAYS.get(value["ChargePeriodStart"] or "")
            entry = rows[(day, value["BillingCurrency"], value["InvoiceId"])]
            entry[0] += 1
            text = (value["BilledCost"] or "").strip()
            if not text and value["BilledCost"] is None:
                continue
            if text in ("n/a", "1,5", "NaN", "1e999", ""):
                entry[2] += 1
            else:
                entry[1] += Decimal(text)
    return {(*key, *entry) for key, entry in rows.items()}


def as_set(totals: pl.DataFrame) -> set[tuple[object, ...]]:
    return {(day and day.day, *rest) for day, *rest in totals.select(list(SCHEMA)).rows()}


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=12), st.booleans(), st.booleans())
def test_control_totals_equal_an_independent_reckoning_to_the_last_digit(rows, ragged, gzip):
    body = focus_csv(*(focus_row(**row) for row in rows))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.csv")
        broken = b"only,three,fields\n" if ragged else b""
        path.write_bytes(zipped(body + broken) if gzip else body + broken)
        control = totals_of(path)
        look = peek(path)
        done = [normalise(b, recognise(look.header)) for b in batches(path, look, careful=control.careful)]

    expected = reckoned(body)
    if ragged:
        none = next((e for e in expected if e[:3] == (None, None, None)), (None, None, None, 0, Decimal(0), 0))
        expected = expected - {none} | {(*none[:3], none[3] + 1, *none[4:])}
    assert as_set(control.totals) == expected
    assert control.careful == ragged
    assert control.rows == len(rows) + ragged == sum(len(d.lines) + len(d.rejects) for d in done)


@settings(max_examples=30, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=8))
def test_both_readers_give_the_same_totals(rows):
    body = focus_csv(*(focus_row(**row) for row in rows))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.csv")
        path.write_bytes(body)
        fast = totals_of(path)
        path.write_bytes(body.replace(b"\n", b"\n\n", 1))
        careful = totals_of(path)

    assert (fast.careful, careful.careful) == (False, True)
    assert fast.totals.equals(careful.totals)


def test_sums_keep_more_digits_than_python_does_by_itself(tmp_path):
    costs = ["12345678901.123456789012345678901234", "0.000000000000000000000001", "1e-24"]
    (tmp_path / "f.csv").write_bytes(focus_csv(*(focus_row(BilledCost=c) for c in costs)))

    assert totals_of(tmp_path / "f.csv").totals["BilledCost"].to_list() == [Decimal("12345678901.123456789012345678901236")]


def test_a_file_of_one_header_has_no_totals(tmp_path):
    (tmp_path / "f.csv").write_bytes(focus_csv())

    assert totals_of(tmp_path / "f.csv").rows == 0
    assert dict(totals_of(tmp_path / "f.csv").totals.schema) == SCHEMA


@pytest.mark.parametrize("fault", ["too long", "too short", "blank line"])
def test_a_structural_fault_anywhere_in_a_large_file_calls_for_the_careful_reader(tmp_path, fault):
    cells = list(focus_row().values())
    bodies = {"too long": [*cells, "z"], "too short": cells[:-1]}
    middle = b"\n" if fault == "blank line" else as_csv([bodies[fault]]).split(b"\n", 1)[1]
    sound = as_csv([cells] * 20_000)
    (tmp_path / "f.csv").write_bytes(sound + middle + sound.split(b"\n", 1)[1])

    control = totals_of(tmp_path / "f.csv")
    assert control.careful
    assert control.rows == 40_000 + (fault != "blank line")


def test_a_parquet_has_the_totals_of_its_csv(tmp_path):
    rows = [focus_row(BilledCost=c) for c in ("1.10", "2e-3", "", "n/a")]
    (tmp_path / "f.csv").write_bytes(focus_csv(*rows))
    pl.DataFrame(rows, schema=dict.fromkeys(FOCUS_HEADER, pl.String)).write_parquet(tmp_path / "f.parquet")

    assert totals_of(tmp_path / "f.parquet").totals.equals(totals_of(tmp_path / "f.csv").totals)
    assert not totals_of(tmp_path / "f.parquet").careful
