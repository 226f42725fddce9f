"""The lake's promises on a local disk: atomic writes, refused overlaps, rows found again after compaction, readable by others.

Read here with Polars, DuckDB and Arrow. Spark and Trino need a Java machine and cannot run here; what they rely on is what
these readers rely on, too: the Delta log, plain Parquet files, exact decimals and physical partitions.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from datetime import date
from decimal import Context, Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.errors import BadInput, Conflict
from resources.lake import Lake, Written
from resources.tables import MONEY, Column, Table

LINES = Table(
    name="test/lines",
    description="Lines of deliveries.",
    columns=(
        # more columns before the indexed ones than Delta keeps statistics of by default
        *(Column(f"c{n:02}", pl.String(), "Filler.") for n in range(40)),
        Column("cost", MONEY, "Cost."),
        Column("day", pl.Date(), "Day.", nullable=False),
        Column("month", pl.String(), "Month.", nullable=False),
        Column("delivery", pl.String(), "Delivery.", nullable=False),
    ),
    partition_by=("month",),
    indexed=("delivery", "day"),
    open_schema=True,
)
NOTES = Table(
    name="test/notes",
    description="Notes by key.",
    columns=(
        Column("key", pl.Int64(), "Key.", nullable=False),
        Column("cost", MONEY, "Cost."),
        Column("text", pl.String(), "Text."),
    ),
)
COST = Decimal("12345678901234.123456789012345678901234")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(root=str(tmp_path / "lake"))


def lines(*deliveries: str, month: str = "2026-01", cost: Decimal | None = Decimal(1), **extra: str) -> pl.DataFrame:
    """One line per delivery named."""
    rows = [{"delivery": d, "month": month, "day": date.fromisoformat(f"{month}-05"), "cost": cost, **extra} for d in deliveries]
    return pl.DataFrame(rows, schema_overrides={"cost": MONEY})


def store(lake: Lake, *frames: pl.DataFrame, drop: Collection[str] = (), after: int | None = None) -> Written:
    extra = {n: pl.String() for f in frames for n in f.columns if n.lower().startswith("x_")}
    seen = lake.last_commit(LINES, "w") if after is None else after
    with lake.stage(LINES, extra=extra) as staged:
        for frame in frames:
            staged.write(frame)
        return lake.swap(LINES, staged, drop={"delivery": set(drop)}, writer="w", after=seen)


def held(lake: Lake, column: str = "delivery") -> list[object]:
    return sorted(lake.scan(LINES).collect()[column].to_list(), key=str)


def notes(**texts: str) -> pl.DataFrame:
    return pl.DataFrame({"key": [int(k[1:]) for k in texts], "text": list(texts.values())})


def test_a_table_that_does_not_exist_is_empty_with_the_right_columns(lake):
    assert lake.version(NOTES) is None
    assert lake.last_commit(NOTES, "w") == 0
    assert dict(lake.scan(NOTES).collect().schema) == NOTES.schema
    assert lake.vacuum(NOTES, keep_hours=1) == 0
    lake.compact(NOTES)


def test_a_replacement_takes_the_place_of_what_the_predicate_names_and_nothing_else(lake):
    lake.replace(NOTES, notes(k1="a", k2="b"), where=None)
    written = lake.replace(NOTES, notes(k2="c"), where="key = 2")

    assert sorted(lake.scan(NOTES).select("key", "text").collect().rows()) == [(1, "a"), (2, "c")]
    assert written == Written(1, lake.version(NOTES))
    lake.replace(NOTES, notes().cast({"key": pl.Int64, "text": pl.String}), where="key = 1")
    assert lake.scan(NOTES).collect()["key"].to_list() == [2]


def test_a_reader_sees_a_replacement_whole_or_not_at_all(lake):
    lake.replace(NOTES, notes(k1="old", k2="old"), where=None)
    before = lake.scan(NOTES)
    seen: list[set[str]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.append(set(lake.scan(NOTES).collect()["text"].to_list()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for round_ in range(8):
        lake.replace(NOTES, notes(k1=f"new {round_}", k2=f"new {round_}"), where=None)
    stop.set()
    watcher.join()

    assert all(len(texts) == 1 for texts in seen)
    assert set(before.collect()["text"].to_list()) == {"old"}


def test_a_replacement_that_fails_leaves_the_table_as_it_was(lake):
    lake.replace(NOTES, notes(k1="a"), where=None)
    version = lake.version(NOTES)
    with pytest.raises(BadInput, match="no column other"):
        lake.replace(NOTES, pl.DataFrame({"key": [1], "other": ["x"]}), where=None)

    assert lake.version(NOTES) == version


def test_replacements_of_different_rows_at_once_all_happen(lake):
    lake.replace(NOTES, notes(k0="zero"), where=None)
    errors: list[Exception] = []

    def write(key: int) -> None:
        try:
            lake.replace(NOTES, notes(**{f"k{key}": "x"}), where=f"key = {key}")
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=write, args=(key,)) for key in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not errors
    assert sorted(lake.scan(NOTES).collect()["key"]) == [0, 1, 2, 3]


def test_whoever_opens_a_table_of_many_commits_reads_a_few(lake):
    for key in range(25):
        lake.replace(NOTES, pl.DataFrame({"key": [key]}), where=f"key = {key}")
    log = Path(lake.uri(NOTES)) / "_delta_log"
    last = json.loads((log / "_last_checkpoint").read_text())["version"]

    for commit in range(last + 1):
        (log / f"{commit:020}.json").unlink()

    assert lake.version(NOTES) - last < 10
    assert sorted(lake.scan(NOTES).collect()["key"]) == list(range(25))


def test_a_swap_adds_and_drops_in_one_version(lake):
    store(lake, lines("a", "b", "b"), lines("c", month="2026-02"))
    version = lake.version(LINES)
    written = store(lake, lines("d"), drop={"b", "c"})

    assert held(lake) == ["a", "d"]
    assert lake.version(LINES) == version + 1 == written.version
    assert written.rows == 1
    assert sorted(pl.scan_delta(lake.uri(LINES), version=version).collect()["delivery"]) == ["a", "b", "b", "c"]


def test_a_swap_that_only_drops_or_drops_what_is_not_there_is_no_error(lake):
    store(lake, lines("a", "b"))
    store(lake, drop={"a", "unknown"})
    store(lake, drop={"nothing"})

    assert held(lake) == ["b"]


def test_the_later_of_two_writers_that_decided_on_the_same_state_is_refused(lake):
    store(lake, lines("a"))
    seen = lake.last_commit(LINES, "w")
    store(lake, lines("b"), after=seen)

    with pytest.raises(Conflict, match="run by another"):
        store(lake, lines("c"), after=seen)
    assert held(lake) == ["a", "b"]


def test_a_writer_that_is_overtaken_while_it_publishes_is_refused_and_leaves_nothing_visible(lake, monkeypatch):
    store(lake, lines("a"))
    publish = Lake._publish
    overtaken: list[bool] = []

    def slow(self: Lake, table: Table, file: object) -> object:
        if not overtaken:
            overtaken.append(True)
            store(lake, lines("first"))
        return publish(self, table, file)

    monkeypatch.setattr(Lake, "_publish", slow)
    with pytest.raises(Conflict, match="another writer was first"):
        store(lake, lines("second"), drop={"a"})
    assert held(lake) == ["a", "first"]


def test_columns_beyond_the_table_are_refused_unless_its_schema_is_open(lake):
    with pytest.raises(BadInput, match="no columns beyond"), lake.stage(NOTES, extra={"x_new": pl.String()}):
        pass
    with pytest.raises(BadInput, match="no column x_new"), lake.stage(LINES) as staged:
        staged.write(lines("a", x_new="1"))
    assert lake.version(NOTES) is None


def test_new_columns_widen_the_table_and_are_matched_whatever_their_case(lake):
    store(lake, lines("a"))
    store(lake, lines("b", x_Team="blue"))
    store(lake, lines("c", X_TEAM="red"), lines("d", x_team="green", x_other="1"))

    table = lake.scan(LINES).collect()
    assert [n for n in table.columns if n.lower().startswith("x_")] == ["x_Team", "x_other"]
    assert sorted(table.select("delivery", "x_Team", "x_other").rows()) == [
        ("a", None, None),
        ("b", "blue", None),
        ("c", "red", None),
        ("d", "green", "1"),
    ]


def test_writers_that_create_or_widen_a_table_at_once_all_get_their_columns(tmp_path):
    for existing in (False, True):
        root = tmp_path / f"lake-{existing}"
        if existing:
            store(Lake(root=str(root)), lines("old"))
        errors: list[Exception] = []

        def widen(number: int, root: Path = root, errors: list[Exception] = errors) -> None:
            try:
                with Lake(root=str(root)).stage(LINES, extra={f"x_{number}": pl.String()}) as staged:
                    staged.write(lines("a", **{f"x_{number}": "1"}))
            except Exception as error:  # noqa: BLE001
                errors.append(error)

        threads = [threading.Thread(target=widen, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert not errors
        assert {"x_0", "x_1", "x_2"} <= set(Lake(root=str(root)).scan(LINES).collect_schema().names())


def test_a_column_that_the_definition_gained_later_is_null_in_old_rows(lake):
    lake.replace(NOTES, notes(k1="a"), where=None)
    wider = Table(NOTES.name, NOTES.description, (*NOTES.columns, Column("since", pl.Date(), "Later.")))

    assert lake.scan(wider).select("key", "since").collect().rows() == [(1, None)]
    lake.replace(wider, pl.DataFrame({"key": [2], "since": [date(2026, 1, 1)]}), where="key = 2")
    assert sorted(lake.scan(wider).select("key", "since").collect().rows()) == [(1, None), (2, date(2026, 1, 1))]


def test_a_delivery_is_dropped_from_compacted_files_and_the_others_stay(lake):
    for delivery in "abcd":
        store(lake, lines(delivery, delivery, x_Team=delivery))
    store(lake, lines("b", month="2026-02"))
    lake.compact(LINES)
    assert len(DeltaTable(lake.uri(LINES)).file_uris()) == 2
    store(lake, lines("e"), drop={"b", "c"})

    assert held(lake) == ["a", "a", "d", "d", "e"]
    assert held(lake, "x_Team") == [None, "a", "a", "d", "d"]


def test_rows_are_found_even_in_files_without_statistics(lake):
    store(lake, lines("a", "b"))
    DeltaTable(lake.uri(LINES)).alter.set_table_properties({"delta.dataSkippingStatsColumns": "c00"})
    store(lake, lines("c"))
    lake.compact(LINES)
    store(lake, drop={"a"})

    assert held(lake) == ["b", "c"]


DELIVERIES = st.sampled_from("abcdef")
STEPS = st.lists(
    st.tuples(st.sets(DELIVERIES, max_size=3), st.sets(DELIVERIES, max_size=3), st.sampled_from(["swap", "compact", "vacuum"])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_whatever_is_swapped_compacted_and_vacuumed_the_rows_are_those_of_a_plain_list(tmp_path_factory, steps):
    lake = Lake(root=str(tmp_path_factory.mktemp("lake")))
    expected: list[str] = []
    for add, drop, what in steps:
        if what == "compact":
            lake.compact(LINES)
        elif what == "vacuum":
            lake.vacuum(LINES, keep_hours=0)
        else:
            store(lake, *([lines(*sorted(add))] if add else []), drop=drop)
            expected = [d for d in expected if d not in drop] + sorted(add)
        assert held(lake) == sorted(expected)


def test_a_vacuum_deletes_what_no_version_kept_needs_and_what_killed_writers_left(lake):
    store(lake, lines("a"))
    store(lake, lines("b"), drop={"a"})
    folder = Path(lake.uri(LINES), "month=2026-01")
    shutil.copy(next(folder.glob("*.parquet")), folder / "part-published-but-never-committed.parquet")
    assert len(list(folder.glob("*.parquet"))) == 3
    assert lake.vacuum(LINES, keep_hours=1) == 0
    time.sleep(1.1)

    assert lake.vacuum(LINES, keep_hours=0) == 2
    assert len(list(folder.glob("*.parquet"))) == 1
    assert held(lake) == ["b"]


def test_staged_files_are_unseen_until_they_are_swapped_and_gone_if_they_are_not(lake):
    store(lake, lines("a"))
    with pytest.raises(RuntimeError, match="killed"), lake.stage(LINES) as staged:
        staged.write(lines("b"))
        staged.close()
        assert held(lake) == ["a"]
        raise RuntimeError("killed")

    assert held(lake) == ["a"]
    assert not list(Path(lake.root, "_staging").iterdir())


def test_what_a_killed_writer_staged_is_removed_by_the_vacuum_and_what_another_stages_is_not(lake):
    store(lake, lines("a"))
    left = Path(lake.root, "_staging", "write-killed")
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"PAR1")
    long_ago = time.time() - 50 * 3600
    for path in (left / "half.parquet", left):
        os.utime(path, (long_ago, long_ago))

    with lake.stage(LINES) as staged:
        staged.write(lines("b"))
        lake.vacuum(LINES, keep_hours=24)
        assert not left.exists()
        lake.swap(LINES, staged, drop={"delivery": set()}, writer="w", after=1)
    assert held(lake) == ["a", "b"]


@pytest.mark.parametrize("cost", [COST, -COST, Decimal("1e-24"), None])
def test_polars_duckdb_and_arrow_read_the_same_exact_decimals(lake, cost):
    store(lake, lines("a", "b", cost=cost))
    store(lake, lines("c", month="2026-02", cost=Decimal(2)), drop={"b"})
    table = DeltaTable(lake.uri(LINES)).to_pyarrow_table()
    frame = lake.scan(LINES).collect().to_arrow()
    expected = [("a", "2026-01", cost), ("c", "2026-02", Decimal(2))]

    with duckdb.connect() as connection:
        for name, source in (("arrow", table), ("polars", frame)):
            connection.register(name, source)
            query = f"SELECT delivery, month, cost FROM {name} ORDER BY delivery"  # noqa: S608
            assert connection.execute(query).fetchall() == expected
        paths = DeltaTable(lake.uri(LINES)).file_uris()
        total = connection.execute("SELECT sum(cost) FROM read_parquet(?)", [paths]).fetchone()
    assert total == (Context(prec=38).add(cost or Decimal(0), Decimal(2)),)
    assert sorted(lake.scan(LINES).select("delivery", "month", "cost").collect().rows()) == expected


def test_one_partition_streams_into_one_file_with_its_statistics(lake):
    store(lake)
    with lake.stage(LINES) as staged:
        assert staged.sink(lines("a", "b").lazy(), {"month": "2026-01"}) == 2
        assert staged.sink(lines("a").clear().lazy(), {"month": "2026-01"}) == 0
        lake.swap(LINES, staged, drop={"delivery": set()}, writer="w", after=lake.last_commit(LINES, "w"))

    (action,) = pl.DataFrame(DeltaTable(lake.uri(LINES)).get_add_actions(flatten=True)).to_dicts()
    assert (action["num_records"], action["min.delivery"], action["max.delivery"]) == (2, "a", "b")
    assert held(lake) == ["a", "b"]


_WRITER = """
import sys
from tests.resources.test_lake import lines, store
from resources.errors import Conflict
from resources.lake import Lake
lake, name = Lake(root=sys.argv[1]), sys.argv[2]
for round_ in range(4):
    while True:
        try:
            store(lake, lines(name), drop={name})
            break
        except Conflict:
            pass
"""


def test_two_processes_that_store_at_once_end_with_the_right_rows(lake):
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, lake.root, name], env=env) for name in ("a", "b")]

    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    assert held(lake) == ["a", "b"]
    assert lake.last_commit(LINES, "w") == 8
