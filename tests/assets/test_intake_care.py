"""Files whose faults only show when they are read whole: the control totals are read again, carefully, and all ties out."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from assets.finops import tables
from assets.finops.intake.inventory import take_inventory
from assets.finops.intake.storing import store_lines
from assets.finops.tie_out import prove
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from tests.billing_files import as_csv, focus_row

EVER = (date(1900, 1, 1), date(2999, 12, 31))


@pytest.mark.parametrize("fault", ["nothing and more behind the end", "another encoding", "unclosed quote"])
def test_a_fault_in_a_column_that_control_totals_do_not_read_is_found_when_storing(tmp_path, fault):
    cells = list(focus_row().values())
    sound = as_csv([cells] * 3_000)
    record = as_csv([cells]).split(b"\n", 1)[1]
    faulty = {
        "nothing and more behind the end": record.rstrip(b"\r\n") + b",,more\n",
        "another encoding": record.replace(b"Standard", b"Gr\xf6\xdfe"),
        "unclosed quote": record.replace(b"Standard", b'"Standard'),
    }[fault]
    folder = tmp_path / "bills"
    folder.mkdir()
    (folder / "f.csv").write_bytes(sound + faulty + sound.split(b"\n", 1)[1])
    store, lake = LocalObjectStore(root=str(folder)), Lake(root=str(tmp_path / "lake"))

    take_inventory(store, lake, datetime(2026, 1, 1, tzinfo=UTC))
    stored = store_lines(store, lake, EVER)

    proof = prove(lake)
    assert not len(proof.differences)
    assert stored.rows + stored.quarantined == int(proof.control["rows"].sum())
    assert stored.quarantined == (fault != "another encoding")
    if fault != "unclosed quote":
        assert stored.rows + stored.quarantined == 6_001
    assert lake.scan(tables.BILLING_FILES).select("reader").collect().item() == "careful"
    assert store_lines(store, lake, EVER).files == []
    changed = lake.scan(tables.COST_AND_USAGE).filter(pl.col("x_source_changes").is_not_null()).collect()
    assert len(changed) == (fault == "another encoding")


def test_separators_with_nothing_behind_them_at_the_end_of_a_line_are_harmless(tmp_path):
    cells = list(focus_row().values())
    (tmp_path / "f.csv").write_bytes(as_csv([cells] * 2) + as_csv([cells]).split(b"\n", 1)[1].rstrip(b"\r\n") + b",\n")
    store, lake = LocalObjectStore(root=str(tmp_path)), Lake(root=str(tmp_path / ".lake"))

    take_inventory(store, lake, datetime(2026, 1, 1, tzinfo=UTC))
    assert store_lines(store, lake, EVER).rows == 3
    assert not len(prove(lake).differences)


def test_rows_of_no_file_in_force_are_a_difference_whatever_days_are_asked_for(tmp_path):
    (tmp_path / "f.csv").write_bytes(as_csv([list(focus_row().values())] * 2))
    store, lake = LocalObjectStore(root=str(tmp_path)), Lake(root=str(tmp_path / ".lake"))
    take_inventory(store, lake, datetime(2026, 1, 1, tzinfo=UTC))
    store_lines(store, lake, EVER)
    left_over = lake.scan(tables.COST_AND_USAGE).collect().with_columns(x_delivery_id=pl.lit("0" * 24))

    lake.replace(tables.COST_AND_USAGE, left_over, where=f"x_delivery_id = '{'0' * 24}'")

    assert prove(lake).differences["rows_accounted"].to_list() == [2]
    assert len(prove(lake, (date(1999, 1, 1), date(1999, 1, 2))).differences) == 1
