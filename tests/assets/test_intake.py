"""From delivered files to the lake: whatever arrives, in whatever order, killed wherever, it ends in the same rows."""

import os
import random
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops import tables
from assets.finops.intake import ledger
from assets.finops.intake.inventory import Inventory, take_inventory
from assets.finops.intake.storing import Stored, store_lines
from assets.finops.logic import normalise
from assets.finops.tie_out import prove
from resources.errors import NotFound, Unavailable
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from tests.billing_files import (
    as_csv,
    aws_manifest,
    azure_row,
    cur_row,
    deliver,
    focus_csv,
    focus_row,
    oci_row,
    table_csv,
    total,
    zipped,
)

EVER = (date(1900, 1, 1), date(2999, 12, 31))
NOW = datetime(2026, 2, 10, tzinfo=UTC)
CUR = "cur/20260101-20260201"
EXPORT = "focus/data/BILLING_PERIOD=2026-01"


class Desk:
    """A folder of deliveries and a lake that they go to."""

    def __init__(self, folder: Path) -> None:
        self.inbox = folder / "inbox"
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.store = LocalObjectStore(root=str(self.inbox))
        self.lake = Lake(root=str(folder / "lake"))

    def put(self, key: str, body: bytes, minute: int | None = None) -> None:
        deliver(self.inbox, key, body, None if minute is None else NOW + timedelta(minutes=minute))

    def inspect(self, **options: object) -> Inventory:
        return take_inventory(self.store, self.lake, NOW, **options)  # type: ignore[arg-type]

    def run(self, **options: object) -> Stored:
        self.inspect()
        return store_lines(self.store, self.lake, EVER, **options)  # type: ignore[arg-type]

    def table(self) -> list[str]:
        """Every row with every value it has, as text, sorted."""
        rows = self.lake.scan(tables.COST_AND_USAGE).collect().to_dicts()
        return sorted(str(sorted((n.lower(), v) for n, v in row.items() if v is not None)) for row in rows)

    def costs(self) -> dict[str, Decimal]:
        frame = self.lake.scan(tables.COST_AND_USAGE).group_by("x_source_file").agg(pl.col("BilledCost").sum()).collect()
        return dict(frame.iter_rows())

    def files(self) -> dict[str, dict[str, object]]:
        return {r["x_source_file"]: r for r in self.lake.scan(tables.BILLING_FILES).collect().to_dicts()}

    def assert_all_ties_out(self) -> None:
        assert prove(self.lake).differences.is_empty()
        counting = self.lake.scan(tables.BILLING_FILES).filter(pl.col("state").is_in(["in force", "incomplete"])).collect()
        for table in (tables.COST_AND_USAGE, tables.BILLING_QUARANTINE):
            found = self.lake.scan(table).select(pl.col("x_delivery_id").unique()).collect()["x_delivery_id"]
            assert set(found) <= set(counting["x_delivery_id"])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def focus(*costs: str, **cells: str) -> bytes:
    return focus_csv(*(focus_row(BilledCost=c, **cells) for c in costs))


def cur(*costs: str) -> bytes:
    return table_csv(*(cur_row(UnblendedCost=c) for c in costs))


def oci(*costs: str) -> bytes:
    return table_csv(*(oci_row(myCost=c) for c in costs))


ARRIVALS: tuple[tuple[str, bytes, int], ...] = (
    (f"{CUR}/v1/part-1.csv.gz", zipped(cur("1", "2")), 1),
    (f"{CUR}/v1/part-2.csv.gz", zipped(cur("3")), 1),
    (f"{CUR}/v2/part-1.csv.gz", zipped(cur("1", "2.5")), 5),
    (f"{CUR}/v2/manifest.json", aws_manifest(f"{CUR}/v2/part-1.csv.gz"), 6),
    (f"{EXPORT}/run-1/p.csv", focus("10", "x", x_Team="blue"), 2),
    (f"{EXPORT}/run-2/p-1.csv", focus("11", X_TEAM="red"), 3),
    (f"{EXPORT}/run-2/manifest.json", aws_manifest(f"{EXPORT}/run-2/p-1.csv", f"{EXPORT}/run-2/p-2.csv"), 3),
    ("oci/a.csv", oci("0.1", "n/a"), 1),
    ("copy/a.csv.gz", zipped(oci("0.1", "n/a")), 4),
)


@settings(max_examples=7, deadline=None)
@given(st.permutations(ARRIVALS), st.lists(st.booleans(), min_size=len(ARRIVALS), max_size=len(ARRIVALS)))
def test_any_order_and_interleaving_of_arrivals_ends_in_the_same_table(tmp_path_factory, arrivals, runs):
    desk = Desk(tmp_path_factory.mktemp("shuffled"))
    for (key, body, minute), run_now in zip(arrivals, runs, strict=True):
        desk.put(key, body, minute)
        if run_now:
            desk.run()
            desk.assert_all_ties_out()
    desk.run()

    at_once = Desk(tmp_path_factory.mktemp("at-once"))
    for key, body, minute in ARRIVALS:
        at_once.put(key, body, minute)
    at_once.run()
    assert desk.table() == at_once.table()
    desk.assert_all_ties_out()
    assert desk.costs() == {
        f"{CUR}/v2/part-1.csv.gz": Decimal("3.5"),
        f"{EXPORT}/run-1/p.csv": Decimal(10),
        "oci/a.csv": Decimal("0.1"),
    }
    assert {k: f["state"] for k, f in desk.files().items()} == {k: f["state"] for k, f in at_once.files().items()}


def test_an_export_overwritten_in_place_with_fewer_parts_leaves_only_the_new_ones(desk):
    for n in (1, 2, 3):
        desk.put(f"{EXPORT}/p-{n}.csv", focus(str(n)), 1)
    desk.put("focus/metadata/Manifest.json", aws_manifest(*(f"{EXPORT}/p-{n}.csv" for n in (1, 2, 3))), 1)
    desk.run()
    assert sum(desk.costs().values()) == 6
    desk.put(f"{EXPORT}/p-1.csv", focus("50"), 9)
    desk.put("focus/metadata/Manifest.json", aws_manifest(f"{EXPORT}/p-1.csv"), 9)
    desk.run()

    assert desk.costs() == {f"{EXPORT}/p-1.csv": Decimal(50)}
    desk.assert_all_ties_out()


def test_a_rerun_inspects_and_stores_nothing(desk):
    desk.put("a.csv", focus("1", "bad"))
    desk.put("wholly-bad.csv", focus("bad"))
    desk.put("header.csv", focus())
    first = desk.run()
    versions = [desk.lake.version(t) for t in (tables.COST_AND_USAGE, tables.BILLING_QUARANTINE, tables.BILLING_FILES)]

    assert (first.rows, first.quarantined) == (1, 2)
    assert desk.inspect().inspected == []
    assert desk.run() == Stored()
    assert versions == [desk.lake.version(t) for t in (tables.COST_AND_USAGE, tables.BILLING_QUARANTINE, tables.BILLING_FILES)]


def test_storing_again_gives_the_same_table(desk):
    desk.put("a.csv", focus("1", "bad", "3"))
    desk.put("o.csv", oci("1"))
    desk.run()
    before = desk.table()
    again = desk.run(again=True)

    assert (again.rows, again.quarantined) == (3, 1)
    assert desk.table() == before
    desk.assert_all_ties_out()


def test_a_rewritten_file_takes_the_place_of_what_it_was(desk):
    desk.put("a.csv", focus("1", "bad"), 1)
    desk.run()
    desk.put("a.csv", focus("7"), 2)
    stored = desk.run()

    assert stored.dropped == 1
    assert desk.costs() == {"a.csv": Decimal(7)}
    assert len(desk.lake.scan(tables.BILLING_QUARANTINE).collect()) == 0
    desk.assert_all_ties_out()


def test_a_file_that_was_wholly_in_quarantine_leaves_it_when_it_is_rewritten(desk):
    desk.put("a.csv", focus("bad", "worse"), 1)
    desk.run()
    assert len(desk.lake.scan(tables.BILLING_QUARANTINE).collect()) == 2
    desk.put("a.csv", focus("7"), 2)
    desk.run()

    assert len(desk.lake.scan(tables.BILLING_QUARANTINE).collect()) == 0
    desk.assert_all_ties_out()


def test_only_files_that_charge_the_window_are_stored_with_all_their_days(desk):
    desk.put("a.csv", focus_csv(focus_row(), focus_row(ChargePeriodStart="2026-02-03T00:00:00Z")))
    desk.put("b.csv", focus("5", ChargePeriodStart="2026-03-01T00:00:00Z"))
    desk.inspect()
    store_lines(desk.store, desk.lake, (date(2026, 2, 1), date(2026, 2, 28)))

    assert desk.costs() == {"a.csv": Decimal(3)}
    assert desk.run().files == ["b.csv"]


def test_a_copy_that_turns_out_the_original_replaces_it_even_outside_the_window(desk):
    desk.put("copy.csv", oci("1"), 5)
    desk.run()
    desk.put("original.csv", oci("1"), 1)
    desk.inspect()
    store_lines(desk.store, desk.lake, (date(2020, 1, 1), date(2020, 1, 2)))

    assert desk.costs() == {"original.csv": Decimal(1)}
    desk.assert_all_ties_out()


def test_a_file_rewritten_between_inspection_and_storing_is_not_stored_and_says_what_to_do(desk):
    desk.put("a.csv", focus("1"), 1)
    desk.inspect()
    desk.put("a.csv", focus("2"), 2)
    with pytest.raises(Unavailable, match="rewritten since") as caught:
        store_lines(desk.store, desk.lake, EVER)

    assert "billing_files" in caught.value.advice
    assert desk.run().files == ["a.csv"]
    assert desk.costs() == {"a.csv": Decimal(2)}


def test_a_new_reader_reads_again_and_what_it_has_not_read_yet_keeps_counting(desk, monkeypatch):
    desk.put("a.csv", focus("1"))
    desk.put("gone.csv", oci("2"))
    desk.run()
    monkeypatch.setattr(ledger, "READER_VERSION", normalise.READER_VERSION + "+")
    desk.inspect(keys=["a.csv"])
    store_lines(desk.store, desk.lake, EVER)
    assert sum(desk.costs().values()) == 3
    (desk.inbox / "gone.csv").unlink()
    desk.run()

    assert sum(desk.costs().values()) == 3
    desk.assert_all_ties_out()


def test_a_tampered_lake_is_detected(desk):
    desk.put("a.csv", focus("1", "2", "2"))
    desk.run()
    desk.assert_all_ties_out()
    DeltaTable(desk.lake.uri(tables.COST_AND_USAGE)).delete("x_source_row = 2")
    (difference,) = prove(desk.lake).differences.to_dicts()

    assert (difference["rows_in_file"], difference["rows_accounted"]) == (3, 2)
    assert (difference["money_in_file"], difference["money_accounted"]) == (Decimal(5), Decimal(3))


def test_a_delivery_is_replaced_in_a_lake_that_was_compacted(desk):
    for name in "abc":
        desk.put(f"{name}.csv", focus("1", ServiceName=name), 1)
        desk.run()
    desk.lake.compact(tables.COST_AND_USAGE)
    desk.put("b.csv", focus("8"), 2)
    desk.run()

    assert desk.costs() == {"a.csv": Decimal(1), "b.csv": Decimal(8), "c.csv": Decimal(1)}
    desk.assert_all_ties_out()


def hostile_zip() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../evil.csv", focus("1"))
        archive.writestr("/abs/evil.csv", oci("2"))
        archive.writestr("folder/notes.txt", b"hello")
        archive.writestr("inner.zip", b"PK\x03\x04 not really")
    return buffer.getvalue()


def hostile_tar() -> bytes:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, body in (("../up.csv", focus("4")), ("twice.csv", oci("8")), ("twice.csv", oci("16"))):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, BytesIO(body))
        for name, kind in (("link.csv", tarfile.SYMTYPE), ("hard.csv", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    return buffer.getvalue()


def test_archives_with_hostile_names_and_links_are_read_and_write_nothing_anywhere(desk, tmp_path):
    desk.put("a/evil.zip", hostile_zip())
    desk.put("a/evil.tar.gz", hostile_tar())
    desk.run()

    assert sum(desk.costs().values()) == 1 + 2 + 4 + 16
    files = desk.files()
    assert Counter(f["result"] for f in files.values()) == {"archive": 2, "billing": 4, "ignored": 2}
    assert files["a/evil.zip!/inner.zip"]["reason"] == "an archive inside an archive: deliver it unpacked"
    assert {p.name for p in tmp_path.iterdir()} <= {"inbox", "lake", "home"}
    assert not list(tmp_path.parent.glob("*evil*"))
    desk.assert_all_ties_out()
    assert desk.run() == Stored()


def test_a_bomb_or_damaged_archive_is_refused_and_the_rest_goes_on(desk):
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.csv", bytes(30_000_000))
    secret = BytesIO()
    with zipfile.ZipFile(secret, "w") as archive:
        archive.writestr("a.csv", focus("1"))
        archive.writestr("b.csv", focus("2"))
    locked = bytearray(secret.getvalue())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    desk.put("bomb.zip", bomb.getvalue())
    desk.put("torn.tar.gz", hostile_tar()[:-60])
    desk.put("locked.zip", bytes(locked))
    desk.put("sound.csv", focus("5"))
    desk.run()

    results = {k: f["result"] for k, f in desk.files().items()}
    assert results == {
        "bomb.zip": "refused",
        "torn.tar.gz": "refused",
        "locked.zip": "archive",
        "locked.zip!/a.csv": "refused",
        "locked.zip!/b.csv": "billing",
        "sound.csv": "billing",
    }
    assert sum(desk.costs().values()) == 7


@pytest.mark.parametrize(
    ("name", "body", "result"),
    [
        ("empty.csv", b"", "ignored"),
        ("header.csv", focus(), "billing"),
        ("torn.csv.gz", zipped(focus(*map(str, random.Random(1).sample(range(10**9), 9000))))[:-200], "refused"),
        ("junk.gz", b"\x1f\x8b\x08\x00" + b"\xff" * 99, "refused"),
        ("mac.csv", focus("1").replace(b"\n", b"\r"), "refused"),
        ("half.csv", focus("1").decode().encode("utf-16")[:-1], "refused"),
        ("torn.parquet", b"PAR1xxxx", "refused"),
        ("deep.json", b"[" * 100_000, "ignored"),
        ("odd.json", b'{"reportKeys": 5}', "ignored"),
        ("google.csv", b"billing_account_id,service.id,usage_start_time,cost,currency\n1,2,3,4,5\n", "refused"),
        ("[1]*.csv", focus("1"), "billing"),
        ("stars.csv", as_csv([["1", "2", *focus_row().values()]], ["*", "^.*$", *focus_row()]), "billing"),
        ("ours.csv", focus("1", x_source_row="9", x_delivery_id="theirs", x_charge_month="1999-01"), "billing"),
        ("ragged.csv", focus("1") + b"a,b,c\n", "billing"),
        ("long.csv", focus("1") + focus("2").split(b"\n", 1)[1].replace(b"\n", b",z\n"), "billing"),
        ("quotes.csv", focus("1") + focus("2").split(b"\n", 1)[1].replace(b"Standard storage", b'"a"b'), "billing"),
        ("latin.csv", focus("1") + focus("2").split(b"\n", 1)[1].replace(b"Standard", b"Gr\xf6\xdfe"), "billing"),
        ("azure.csv", table_csv(azure_row()), "billing"),
    ],
)
def test_any_file_ends_in_a_stated_result_and_never_stops_the_others(desk, name, body, result):
    desk.put(name, body)
    desk.put("sound.csv", oci("5"))
    desk.run()

    found = desk.files()[name]
    assert found["result"] == result
    assert found["reason"] if result != "billing" else found["state"] == "in force"
    assert desk.costs()["sound.csv"] == 5
    rows = Counter(desk.lake.scan(tables.COST_AND_USAGE).collect()["x_source_file"].to_list())
    rows += Counter(desk.lake.scan(tables.BILLING_QUARANTINE).collect()["x_source_file"].to_list())
    assert rows[name] == (found["rows"] or 0)
    desk.assert_all_ties_out()
    assert desk.run() == Stored()


def test_many_files_whose_faults_show_only_when_read_whole_are_all_stored(desk):
    line = focus("2").split(b"\n", 1)[1].rstrip(b"\n")
    for number in range(5):
        desk.put(f"{number}.csv", focus("1", ServiceName=str(number)) + line + b",,z\n")
    desk.put("sound.csv", focus("5"))
    stored = desk.run()

    assert (stored.rows, stored.quarantined) == (6, 5)
    desk.assert_all_ties_out()


def test_a_file_that_no_reader_can_take_whole_is_refused_and_what_it_replaced_counts_again(desk):
    desk.put(f"{CUR}/v1/p.csv", cur("3"), 1)
    header, first, second = cur("4", "5").splitlines()
    torn = header + b"\n" + first.replace(b"Standard", b"St\randard") + b"\n" + second + b",,z\n"
    desk.put(f"{CUR}/v2/p.csv", torn, 2)
    desk.run()

    assert desk.files()[f"{CUR}/v2/p.csv"]["result"] == "refused"
    assert desk.costs() == {f"{CUR}/v1/p.csv": Decimal(3)}
    desk.assert_all_ties_out()
    assert desk.run() == Stored()


def test_a_quarantined_record_is_told_with_its_line_in_the_file(desk):
    desk.put("a.csv", focus_csv(focus_row(ChargeDescription="two\nlines"), focus_row(BilledCost="bad"), focus_row()) + b"a,b\n")
    desk.put("b.csv", focus_csv(focus_row(ChargeDescription="two\nlines"), focus_row(BilledCost="bad")))
    desk.run()
    rejects = desk.lake.scan(tables.BILLING_QUARANTINE).select("x_source_file", "x_source_row", "line", "column").collect()

    assert sorted(rejects.rows(), key=str) == [
        ("a.csv", 2, 4, "BilledCost"),
        ("a.csv", 4, 6, None),
        ("b.csv", 2, 4, "BilledCost"),
    ]


def test_an_object_that_is_asked_for_and_not_there_is_named(desk):
    with pytest.raises(NotFound, match=r"missing\.csv"):
        desk.inspect(keys=["missing.csv"])


# -- killed ----------------------------------------------------------------------------------------------------------------

_KILLED = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from tests.assets.test_intake import Desk

folder, at = Path(sys.argv[1]), int(sys.argv[2])
steps = 0

def step():
    global steps
    steps += 1
    if steps == at:
        os.kill(os.getpid(), signal.SIGKILL)

def around(owner, name):
    original = getattr(owner, name)
    def wrapped(*args, **kwargs):
        step()
        result = original(*args, **kwargs)
        step()
        return result
    setattr(owner, name, wrapped)

for owner, name in ((LocalObjectStore, "fetch"), (Lake, "replace"), (Lake, "swap"), (Lake, "_publish")):
    around(owner, name)
Desk(folder).run()
print(steps)
"""


def scene(desk: Desk) -> None:
    """A lake with two deliveries, one of which has been rewritten, and new ones of which one has bad records."""
    desk.put("a.csv", focus("1", "bad"), 1)
    desk.put("b.csv", oci("2"), 1)
    desk.run()
    desk.put("a.csv", focus("10", "20", "worse", x_New="1"), 2)
    desk.put("c.csv", focus("4", ChargePeriodStart="2026-02-01T00:00:00Z"), 2)
    desk.put("d.csv", focus("bad"), 2)


def killed_at(folder: Path, step: int) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", _KILLED, str(folder), str(step)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("step", [2, 7, 11, 16, 20, 23])
def test_a_run_killed_anywhere_leaves_a_lake_that_the_next_run_brings_to_the_same_rows(tmp_path, step):
    reference, desk = Desk(tmp_path / "reference"), Desk(tmp_path / "killed")
    scene(reference)
    reference.run()
    scene(desk)
    before = desk.table()
    run = killed_at(tmp_path / "killed", step)
    assert run.returncode == -signal.SIGKILL, run.stdout + run.stderr
    halfway = desk.table()
    desk.run()

    assert halfway in (before, reference.table())
    assert desk.table() == reference.table()
    desk.assert_all_ties_out()
    quarantine = [
        d.lake.scan(tables.BILLING_QUARANTINE).collect().sort("x_source_file", "x_source_row") for d in (desk, reference)
    ]
    assert quarantine[0].equals(quarantine[1])
    desk.lake.vacuum(tables.COST_AND_USAGE, keep_hours=0)
    assert desk.table() == reference.table()


def test_two_processes_that_run_at_once_end_with_the_right_rows(tmp_path):
    reference, desk = Desk(tmp_path / "reference"), Desk(tmp_path / "twice")
    scene(reference)
    reference.run()
    scene(desk)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", _KILLED, str(tmp_path / "twice"), "0"]
    runs = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE) for _ in range(2)]
    for run in runs:
        run.communicate(timeout=120)

    assert [run.returncode for run in runs] == [0, 0]
    assert desk.table() == reference.table()
    desk.assert_all_ties_out()


# -- real files --------------------------------------------------------------------------------------------------------------


def real(desk: Desk, folder: Path) -> dict[str, dict[str, object]]:
    """Take every file of a folder through; every billing file must be accounted for to the last row and digit."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        desk.put(path.relative_to(folder).as_posix(), path.read_bytes())
    desk.run()
    desk.assert_all_ties_out()
    return desk.files()


@pytest.mark.data
def test_the_oci_report_is_stored_whole_and_exact(desk, data_folder):
    folder = data_folder / "focus" / "oci-cost-report"
    files = real(desk, folder)
    lines = desk.lake.scan(tables.COST_AND_USAGE).collect()
    raw = pl.concat([pl.read_csv(p, infer_schema=False)["cost/myCost"] for p in folder.glob("*.csv")])

    assert len(lines) == 506 == len(raw)
    assert lines["BilledCost"].sum() == total(raw)
    assert {f["format"] for f in files.values()} == {"oci-cost-report"}


@pytest.mark.data
def test_the_focus_sample_is_stored_whole(desk, data_folder):
    files = real(desk, data_folder / "focus" / "focus-1.0-sample")

    assert len(desk.lake.scan(tables.COST_AND_USAGE).collect()) == 1000
    assert {f["format"] for f in files.values() if f["result"] == "billing"} == {"focus-1.0"}


@pytest.mark.data
@pytest.mark.parametrize("name", ["azure-ea", "koku-edge-cases"])
def test_every_real_edge_case_ends_in_a_stated_result_with_all_rows_accounted_for(desk, data_folder, name):
    files = real(desk, data_folder / "focus" / name)
    accounted = Counter(desk.lake.scan(tables.COST_AND_USAGE).collect()["x_source_file"].to_list())
    accounted += Counter(desk.lake.scan(tables.BILLING_QUARANTINE).collect()["x_source_file"].to_list())

    assert files
    for key, file in files.items():
        assert file["result"] in ("billing", "manifest", "archive", "refused", "ignored")
        if file["result"] in ("refused", "ignored"):
            assert file["reason"]
        if file["state"] in ("in force", "incomplete"):
            assert accounted[key] == file["rows"]
