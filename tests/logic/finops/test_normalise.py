"""Every record comes out exactly once, as a typed line or as a reject that says what is wrong."""

import json
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.columns import FOCUS_COLUMNS
from assets.finops.logic.formats.layout import ROW, Layout
from assets.finops.logic.formats.recognise import recognise
from assets.finops.logic.normalise import Normalised, doubtful_lines, normalise, plain_lines
from assets.finops.logic.reading import Peek, TextBatch, batches, peek
from tests.billing_files import azure_row, focus_csv, focus_row, oci_row, table_csv

DECIMALS = st.sampled_from(
    [
        *(
            "1",
            "0.5",
            "-2.25",
            "",
            "NULL",
            " 7",
            "8 ",
            "1e-7",
            "2E+3",
            "12,5",
            "$10",
            "NaN",
            "１２",
            "1_0",
            "0x1",
            "+5",
            ".5",
            "5.",
        ),
        *("123456789012345", "99999999999999", "0." + "1" * 25, "0." + "1" * 24, "1e999", ".1234567890123456e-9", "-0", "inf"),
        *("12345678901234567890", "0.1234567890123456789", "abc", "1.2.3", "--5"),
    ]
)
TIMES = st.sampled_from(
    [
        *("2026-01-05T00:00:00Z", "2026-01-05T10:00Z", "2026-01-05 00:00:00", "2026-01-05T00:00:00.123Z", "2026-01-05"),
        *("2026-01-05 00:00:00.123", "2026-01-05T00:00:60Z", " 026-01-05T00:00:00Z", "2026-01- 5 00:00:00", "1/5/2026", ""),
        *(
            "2026-01-05T00:00:00+02:00",
            "2026-01-05 00:00:00 UTC",
            "soon",
            "2026-13-05T00:00:00Z",
            " 2026-01-05T00:00:00Z",
            "NULL",
        ),
        *("0000-01-05T00:00:00Z", "2026-02-29T00:00:00Z", "20260105T000000Z", "+026-01-05T00:00:00Z"),
    ]
)
TEXTS = st.text(st.sampled_from('aé",;\n '), max_size=4) | st.sampled_from(["NULL", "USD", "'", "\\"])
MOSTLY = {"ChargePeriodStart": "2026-01-05T00:00:00Z", "BillingPeriodStart": "2026-01-01T00:00:00Z", "BilledCost": "1.5"}


@st.composite
def records(draw: st.DrawFn) -> dict[str, str]:
    """A FOCUS record in which some cells are nasty."""
    row = focus_row(x_Provider_Column=draw(TEXTS))
    kinds = {c.name: c.kind for c in FOCUS_COLUMNS}
    for name in draw(st.lists(st.sampled_from(sorted(row)), max_size=4, unique=True)):
        row[name] = draw({"decimal": DECIMALS, "datetime": TIMES}.get(kinds.get(name, "text"), TEXTS))
    return row


def opened(path: Path) -> tuple[Peek, Layout]:
    look = peek(path)
    layout = recognise(look.header)
    assert layout
    return look, layout


def slowly(path: Path, *, careful: bool = False) -> Normalised:
    look, layout = opened(path)
    parts = [normalise(batch, layout) for batch in batches(path, look, careful=careful, chunk_rows=3)]
    return Normalised(pl.concat(p.lines for p in parts), pl.concat(p.rejects for p in parts))


def one(folder: Path, *rows: dict[str, str]) -> Normalised:
    (folder / "one.csv").write_bytes(table_csv(*rows))
    return slowly(folder / "one.csv", careful=True)


@settings(max_examples=100, deadline=None)
@given(st.lists(records(), min_size=1, max_size=8))
def test_the_streaming_path_and_the_record_path_give_the_same_lines_and_rejects(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.csv")
        path.write_bytes(focus_csv(*rows))
        look, layout = opened(path)
        plain = plain_lines(path, look, layout).collect()
        doubtful = list(doubtful_lines(path, look, layout))
        slow = slowly(path)

    fast = pl.concat([plain, *(d.lines.select(plain.columns) for d in doubtful)]).sort(ROW)
    assert fast.equals(slow.lines.select(fast.columns).sort(ROW))
    assert dict(fast.schema) == dict(slow.lines.select(fast.columns).schema)
    rejects = pl.concat([slow.rejects.clear(), *(d.rejects for d in doubtful)]).sort(ROW)
    assert rejects.drop("record").equals(slow.rejects.drop("record").sort(ROW))
    assert sorted([*fast[ROW], *rejects[ROW]]) == list(range(1, len(rows) + 1))


@settings(max_examples=40, deadline=None)
@given(st.lists(records(), min_size=1, max_size=6))
def test_a_reject_keeps_the_whole_record_on_either_path(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.csv")
        path.write_bytes(focus_csv(*rows))
        look, layout = opened(path)
        rejects = [slowly(path).rejects, *(d.rejects for d in doubtful_lines(path, look, layout))]

    for reject in pl.concat(rejects).iter_rows(named=True):
        kept = json.loads(reject["record"])
        wanted = {v for v in rows[reject[ROW] - 1].values() if v not in ("", "NULL")}
        assert wanted <= set(kept.values())


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"BilledCost": "12,5"}, "BilledCost", "not a decimal number"),
        ({"ListCost": "999999999999999"}, "ListCost", "more than 14 digits before the decimal point"),
        ({"ChargePeriodStart": "soon"}, "ChargePeriodStart", "not a time"),
        ({"BillingPeriodEnd": "later"}, "BillingPeriodEnd", "not a time"),
        ({"ChargePeriodStart": ""}, "ChargePeriodStart", "no time of the charge"),
        ({"BillingCurrency": "NULL"}, "BillingCurrency", "no currency, so the money cannot be added to any total"),
    ],
)
def test_a_record_that_cannot_be_a_line_is_rejected_with_column_value_and_reason(tmp_path, cells, column, reason):
    done = one(tmp_path, focus_row(), focus_row(**cells))

    assert done.lines[ROW].to_list() == [1]
    (reject,) = done.rejects.to_dicts()
    assert (reject[ROW], reject["column"], reject["reason"]) == (2, column, reason)
    assert reject["value"] == (cells[column] if cells[column] not in ("", "NULL") else None)
    assert reject["BilledCost"] == (None if column == "BilledCost" else Decimal("1.5"))


def test_a_record_with_two_faults_is_rejected_once(tmp_path):
    done = one(tmp_path, focus_row(BilledCost="x", ListCost="y", ChargePeriodStart="z", BillingCurrency=""))

    assert len(done.lines) == 0
    assert len(done.rejects) == 1


def test_every_repair_of_a_row_is_named_on_it(tmp_path):
    done = one(tmp_path, focus_row(BilledCost=" 1 ", ChargePeriodStart="2026-01-05T02:00:00+02:00"), focus_row())

    assert done.lines["x_source_changes"].to_list() == [
        "BilledCost: spaces removed; ChargePeriodStart: converted to UTC from 2026-01-05T02:00:00+02:00",
        None,
    ]


def test_the_day_and_month_of_a_charge_are_those_of_its_start_in_utc(tmp_path):
    line = one(tmp_path, focus_row(ChargePeriodStart="2026-01-31T23:30:00-01:00")).lines.to_dicts()[0]

    assert (line["x_charge_date"], line["x_charge_month"]) == (date(2026, 2, 1), "2026-02")


def test_periods_that_a_format_leaves_out_are_derived(tmp_path):
    azure = one(tmp_path, azure_row()).lines.to_dicts()[0]
    oci = one(tmp_path, oci_row()).lines.to_dicts()[0]

    assert azure["ChargePeriodEnd"] == datetime(2026, 1, 6, tzinfo=UTC)
    assert azure["BillingPeriodEnd"] == datetime(2026, 2, 1, tzinfo=UTC)
    assert (oci["BillingPeriodStart"], oci["BillingPeriodEnd"]) == (
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 2, 1, tzinfo=UTC),
    )


def test_an_unknown_cost_stays_unknown_and_is_not_zero(tmp_path):
    assert one(tmp_path, focus_row(BilledCost="")).lines["BilledCost"].to_list() == [None]


def test_a_batch_without_records_gives_no_lines(tmp_path):
    (tmp_path / "one.csv").write_bytes(focus_csv(focus_row()))
    look, layout = opened(tmp_path / "one.csv")
    nothing = TextBatch(pl.DataFrame(schema={**dict.fromkeys(look.header, pl.String), ROW: pl.Int64}))

    assert len(normalise(nothing, layout).lines) == 0
