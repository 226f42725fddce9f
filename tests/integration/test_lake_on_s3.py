"""The lake's promises hold in a bucket, too: over HTTP, against an S3-compatible service."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import boto3
import polars as pl
import pytest

from assets.finops import tables
from assets.finops.intake.inventory import take_inventory
from assets.finops.intake.storing import store_lines
from assets.finops.tie_out import prove
from resources.errors import Conflict
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from tests.billing_files import deliver, focus_csv, focus_row, oci_row, table_csv
from tests.resources.test_lake import LINES, NOTES, held, lines, notes, store

EVER = (date(2000, 1, 1), date(2100, 1, 1))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A service in a process of its own: delta-rs does not let another thread of this one answer it."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--oci-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        yield next(line.rsplit(" ", 1)[1].strip() for line in process.stdout if "ready at" in line)
        process.terminate()


@pytest.fixture
def lake(endpoint: str, request: pytest.FixtureRequest) -> Lake:
    bucket = f"lake-{abs(hash(request.node.nodeid))}"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys).create_bucket(Bucket=bucket)
    return Lake(
        root=f"s3://{bucket}/lake",
        endpoint_url=endpoint,
        region="us-east-1",
        access_key_id="test",
        secret_access_key="test",
    )


def test_a_replacement_takes_the_place_of_what_the_predicate_names(lake):
    assert lake.version(NOTES) is None
    lake.replace(NOTES, notes(k1="a", k2="b"), where=None)
    lake.replace(NOTES, notes(k2="c"), where="key = 2")

    assert sorted(lake.scan(NOTES).select("key", "text").collect().rows()) == [(1, "a"), (2, "c")]


def test_a_swap_adds_and_drops_in_one_version_even_from_compacted_files(lake):
    store(lake, lines("a", "b", x_Team="blue"))
    store(lake, lines("c", cost=Decimal("1e-24")))
    lake.compact(LINES)
    version = lake.version(LINES)
    written = store(lake, lines("d", month="2026-02"), drop={"b"})

    assert held(lake) == ["a", "c", "d"]
    assert lake.version(LINES) == version + 1 == written.version
    assert dict(lake.scan(LINES).select("delivery", "cost").collect().iter_rows())["c"] == Decimal("1e-24")
    assert held(lake, "x_Team") == [None, None, "blue"]


def test_the_later_of_two_writers_is_refused_before_and_during_the_commit(lake, monkeypatch):
    store(lake, lines("a"))
    with pytest.raises(Conflict, match="run by another"):
        store(lake, lines("b"), after=0)
    publish = Lake._publish
    overtaken: list[bool] = []

    def slow(self, table, file):
        if not overtaken:
            overtaken.append(True)
            store(lake, lines("first"))
        return publish(self, table, file)

    monkeypatch.setattr(Lake, "_publish", slow)
    with pytest.raises(Conflict, match="another writer was first"):
        store(lake, lines("second"))
    assert held(lake) == ["a", "first"]


def test_a_vacuum_keeps_what_the_table_needs(lake):
    store(lake, lines("a"))
    store(lake, lines("b"), drop={"a"})
    lake.vacuum(LINES, keep_hours=0)

    assert held(lake) == ["b"]


def test_billing_files_tie_out_in_a_bucket_and_a_rerun_stores_nothing(lake, tmp_path: Path):
    inbox = tmp_path / "inbox"
    deliver(inbox, "focus.csv", focus_csv(focus_row(), focus_row(BilledCost="12,5"), focus_row(x_Team="blue")))
    deliver(inbox, "oci.csv", table_csv(oci_row(), oci_row(myCost="1e-9")))
    source = LocalObjectStore(root=str(inbox))
    take_inventory(source, lake, datetime.now(UTC))
    stored = store_lines(source, lake, EVER)

    assert (stored.rows, stored.quarantined) == (4, 1)
    assert prove(lake).differences.is_empty()
    assert lake.scan(tables.COST_AND_USAGE).select(pl.col("BilledCost").sum()).collect().item() == Decimal("4.500000001")
    assert take_inventory(source, lake, datetime.now(UTC)).inspected == []
    assert store_lines(source, lake, EVER).rows == 0
    (inbox / "focus.csv").write_bytes(focus_csv(focus_row(BilledCost="7")))
    take_inventory(source, lake, datetime.now(UTC))
    assert store_lines(source, lake, EVER).dropped == 1
    assert prove(lake).differences.is_empty()
