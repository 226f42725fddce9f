"""The large FOCUS file: its shape, its size and that it is always the same."""

import csv
import gzip
import io
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.big_file import main, write_big_file
from sandbox.focus_columns import DECIMALS, FOCUS_1_2

ROWS = 60_500
"""More than one chunk, and not a multiple of it."""


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("big") / "focus.csv.gz"
    assert main(["--rows", str(ROWS), "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def records(big_file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(big_file.read_bytes()).decode())))


def test_it_has_the_focus_columns_two_of_its_own_and_the_rows_asked_for(records: list[dict[str, str]]):
    assert len(FOCUS_1_2) == 57
    assert set(FOCUS_1_2) < set(records[0])
    assert len(records[0]) == 59
    assert len(records) == ROWS


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(big_file: Path, tmp_path: Path):
    write_big_file(tmp_path / "same.csv.gz", ROWS, seed=1)
    write_big_file(tmp_path / "other.csv.gz", ROWS, seed=2)

    assert (tmp_path / "same.csv.gz").read_bytes() == big_file.read_bytes()
    assert (tmp_path / "other.csv.gz").read_bytes() != big_file.read_bytes()


def test_amounts_are_exact_decimals_and_costs_follow_from_them(records: list[dict[str, str]]):
    for record in records[::97]:
        assert all(Decimal(record[name]) >= 0 for name in DECIMALS if record[name])
        assert len(record["BilledCost"].partition(".")[2]) == 10
        product = Decimal(record["PricingQuantity"]) * Decimal(record["ListUnitPrice"])
        assert Decimal(record["ListCost"]) == product


def test_cardinalities_are_realistic_and_time_is_in_no_order(records: list[dict[str, str]]):
    days = [record["ChargePeriodStart"][:10] for record in records]

    assert len({record["ResourceId"] for record in records}) == 5_000
    assert len({record["ServiceName"] for record in records}) == 20
    assert len(set(days)) == 30
    assert days != sorted(days)


def test_times_and_tags_can_be_read(records: list[dict[str, str]]):
    for record in records[::97]:
        start, end = (datetime.fromisoformat(record[f"ChargePeriod{which}"]) for which in ("Start", "End"))
        assert (end - start).total_seconds() == 3600
        assert json.loads(record["Tags"])["environment"] == "prod"
