"""Fingerprints of tables, on a small database with the functions of Oracle that they use."""

import sqlite3
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.recovery.logic.fingerprints import (
    Fingerprint,
    ForeignKey,
    Relation,
    differences,
    fingerprint,
    foreign_keys,
    orphans,
    relations,
    statement,
    unread,
)

ORDERS = Relation("main", "ORDERS", (("ID", "NUMBER"), ("NAME", "VARCHAR2"), ("NOTE", "VARCHAR2")))
ROWS = st.lists(st.tuples(st.integers(0, 50), st.text(max_size=3) | st.none(), st.text(max_size=3) | st.none()), max_size=6)


def _hash(value: object, most: int = 4294967295, seed: int = 0) -> int | None:
    return None if value is None else zlib.crc32(f"{seed}:{value}".encode()) % (most + 1)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:") as made:
        made.row_factory = sqlite3.Row
        for arguments in (1, 2, 3):
            made.create_function("ORA_HASH", arguments, _hash)
        made.execute("CREATE TABLE ORDERS (ID INTEGER, NAME TEXT, NOTE TEXT)")
        yield made
    made.close()


def read(database: sqlite3.Connection, rows: list[tuple[int, str | None, str | None]]) -> Fingerprint:
    database.execute("DELETE FROM ORDERS")
    database.executemany("INSERT INTO ORDERS VALUES (?, ?, ?)", rows)
    return fingerprint(ORDERS, database.execute(statement(ORDERS)).fetchone())


def test_two_values_of_one_hash_are_told_apart_by_the_other_seed(database):
    first, second = "one", "two"
    for arguments in (1, 3):
        database.create_function(
            "ORA_HASH",
            arguments,
            lambda v, most=2**32 - 1, seed=0: 7 if seed == 0 and v in (first, second) else _hash(v, most, seed),
        )

    one, other = read(database, [(1, first, None)]), read(database, [(1, second, None)])

    assert [difference.kind for difference in differences([one], [other])] == ["checksum"]


@given(before=ROWS, after=ROWS)
def test_two_tables_agree_exactly_if_they_hold_the_same_rows_in_any_order(before, after):
    with sqlite3.connect(":memory:") as made:
        made.row_factory = sqlite3.Row
        for arguments in (1, 2, 3):
            made.create_function("ORA_HASH", arguments, _hash)
        made.execute("CREATE TABLE ORDERS (ID INTEGER, NAME TEXT, NOTE TEXT)")
        one, other, turned = read(made, before), read(made, after), read(made, before[::-1])
    made.close()

    assert one == turned
    assert (differences([one], [other]) == []) == (sorted(map(repr, before)) == sorted(map(repr, after)))


def test_values_that_change_places_between_rows_or_columns_are_seen(database):
    before = read(database, [(1, "a", "b"), (2, "c", "d")])

    assert [d.kind for d in differences([before], [read(database, [(1, "c", "b"), (2, "a", "d")])])] == ["checksum"]
    assert [d.kind for d in differences([before], [read(database, [(1, "b", "a"), (2, "c", "d")])])] == ["checksum"]
    assert [d.kind for d in differences([before], [read(database, [(1, "a", "b")])])] == ["rows"]


def test_a_missing_value_is_not_an_empty_one(database):
    assert differences([read(database, [(1, "", None)])], [read(database, [(1, None, "")])])


def test_what_could_not_be_read_is_unknown_and_not_equal():
    lost = unread(ORDERS, "ORA-01555")

    assert [d.kind for d in differences([lost], [lost])] == ["unknown"]
    assert [d.kind for d in differences([], [lost])] == ["surplus"]
    assert [d.kind for d in differences([lost], [])] == ["missing"]


def test_large_objects_count_by_their_length_and_are_named_as_left_out():
    relation = Relation("APP", "DOCS", (("ID", "NUMBER"), ("BODY", "CLOB"), ("SHAPE", "SDO_GEOMETRY")))

    assert relation.left_out == ("BODY", "SHAPE")
    assert 'DBMS_LOB.GETLENGTH("BODY")' in statement(relation)
    assert "SHAPE" not in statement(relation)


def test_the_past_is_asked_by_a_bind():
    assert statement(ORDERS, as_of=True).endswith("AS OF TIMESTAMP TO_TIMESTAMP(:at, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF')")


@pytest.mark.parametrize("name", ['A" FROM DUAL --', "", "A\0", "A" * 129])
def test_no_name_gets_into_a_statement_that_could_end_its_quotes(name):
    with pytest.raises(ValueError, match="no name"):
        statement(Relation("APP", name, (("ID", "NUMBER"),)))
    with pytest.raises(ValueError, match="no name"):
        statement(Relation("APP", "T", ((name, "NUMBER"),)))


def test_a_name_that_is_not_a_plain_one_is_read_all_the_same():
    assert 'ORA_HASH("Straße 1", 4294967295, 0)' in statement(Relation("APP", "My Table", (("Straße 1", "NUMBER"),)))


def test_types_of_which_no_hash_is_known_are_left_out_and_the_others_count():
    kinds = (
        "MY_TYPE",
        "JSON",
        "VECTOR",
        "LONG RAW",
        "XMLTYPE",
        "TIMESTAMP(6) WITH TIME ZONE",
        "INTERVAL DAY(2) TO SECOND(6)",
        "RAW",
    )
    relation = Relation("APP", "T", tuple((f"C{n}", kind) for n, kind in enumerate(kinds)))

    assert relation.left_out == ("C0", "C1", "C2", "C3", "C4")


def test_a_column_that_is_lost_or_of_another_type_is_seen_even_in_an_empty_table():
    empty = {"row_count": 0, "checksum_0": None, "checksum_1": None}
    whole = fingerprint(Relation("APP", "T", (("ID", "NUMBER"), ("DOC", "JSON"))), empty)

    for columns in ((("ID", "NUMBER"),), (("ID", "NUMBER"), ("DOC", "CLOB"))):
        assert [d.kind for d in differences([whole], [fingerprint(Relation("APP", "T", columns), empty)])] == ["checksum"]


def test_own_tables_and_dropped_ones_are_not_compared():
    rows = [
        {"owner": "APP", "table_name": name, "column_name": "ID", "data_type": "NUMBER"}
        for name in ("ORDERS", "CLOUDOPS_HEARTBEAT", "BIN$aVbQ+/3xEFngUwIAAAr==$0")
    ]

    assert [r.name for r in relations(rows)] == ["APP.ORDERS"]


def test_rows_without_a_parent_are_counted(database):
    database.executescript(
        "CREATE TABLE LINES (A INTEGER, B INTEGER); CREATE TABLE HEADS (X INTEGER, Y INTEGER);"
        "INSERT INTO HEADS VALUES (1, 1); INSERT INTO LINES VALUES (1, 1), (1, 2), (NULL, 3), (4, 4);"
    )
    parts = [("A", "X"), ("B", "Y")]
    (key,) = foreign_keys(
        {
            "owner": "main", "constraint_name": "FK", "table_name": "LINES", "column_name": own, "position": n,
            "parent_owner": "main", "parent_table": "HEADS", "parent_column": theirs,
        }
        for n, (own, theirs) in enumerate(parts)
    )  # fmt: skip

    assert key == ForeignKey("FK", "main", "LINES", ("A", "B"), "main", "HEADS", ("X", "Y"))
    assert database.execute(orphans(key)).fetchone()["orphans"] == 2
