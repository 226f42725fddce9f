"""The engine under the embedded databases: Oracle's SQL, its dictionary, its errors, and statements that are kept or undone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.oracle_sql import dialect, performance
from sandbox.oracle_sql.demo import filled
from sandbox.oracle_sql.engine import Database, changes
from sandbox.oracle_sql.refusals import Refused

NOW = datetime(2026, 11, 16, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def database() -> Database:
    made = filled()
    made.views = lambda name: performance.view(name, "ocid1.a", NOW)
    return made


def run(database: Database, sql: str, **binds: Any) -> Any:
    return database.run(sql, binds, now=NOW)


def value(database: Database, sql: str, **binds: Any) -> Any:
    ((found,),) = run(database, sql, **binds).rows
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), \'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"\')', "2026-11-16T12:00:00.250Z"),
        ("TO_CHAR(SYSDATE, 'YYYY-MM-DD HH24:MI')", "2026-11-16 12:00"),
        ("SYSTIMESTAMP - INTERVAL '90' SECOND", "2026-11-16T11:58:30.250000Z"),
        ("SYSDATE - 1", "2026-11-15T12:00:00.250000Z"),
        ("TO_TIMESTAMP('16.11.2026 07:30', 'DD.MM.YYYY HH24:MI')", "2026-11-16T07:30:00.000000Z"),
        ("DATE '2026-01-02'", "2026-01-02T00:00:00.000000Z"),
        ("TO_CHAR(12.0) || NVL(NULL, '-') || NVL2(1, 'a', 'b')", "12-a"),
        ("RAWTOHEX(STANDARD_HASH('abc', 'SHA256'))", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"),
        ("DECODE(2, 1, 'one', 2, 'two', 'more')", "two"),
        ("q'[it's]'", "it's"),
        ("MOD(-7, 3)", -1),
        ("TRUNC(SYSDATE)", "2026-11-16T00:00:00.000000Z"),
    ],
)
def test_expressions_mean_what_they_mean_in_oracle(database, expression, expected):
    assert value(database, f"SELECT {expression} FROM dual") == expected  # noqa: S608 - made here


@pytest.mark.parametrize("end", ["WHERE ROWNUM <= 5", "WHERE id > 0 AND ROWNUM < 6", "ORDER BY id FETCH FIRST 5 ROWS ONLY",
                                 "ORDER BY id OFFSET 135 ROWS FETCH NEXT 9 ROWS ONLY"])  # fmt: skip
def test_rows_are_limited_in_each_of_oracles_ways(database, end):
    assert len(run(database, f"SELECT id FROM orders {end}").rows) == 5  # noqa: S608 - made here


def test_hashes_are_equal_for_equal_rows_within_their_bounds(database):
    row = "TO_CHAR(id) || '|' || NVL(reference, '-')"
    asked = f"SELECT ORA_HASH({row}, 99, 3) FROM payments"  # noqa: S608 - made here
    hashes = [found for (found,) in run(database, asked).rows]

    assert set(hashes) <= set(range(100))
    assert hashes == [found for (found,) in run(filled(), asked).rows]


def test_comments_and_literals_are_no_names_and_no_binds():
    text, kept = dialect.masked("SELECT ':no', \"Odd:name\" /* v$session :x */ FROM t -- :y\n WHERE a = :yes")

    assert (dialect.binds(text), kept) == ({"yes"}, ["':no'", '"Odd:name"'])
    assert "v$session" not in dialect.names(text)


def test_tables_columns_and_keys_are_in_the_dictionary(database):
    table = (
        "CREATE TABLE beats (id NUMBER GENERATED ALWAYS AS IDENTITY, at TIMESTAMP(6) WITH TIME ZONE DEFAULT SYSTIMESTAMP "
        "NOT NULL, note VARCHAR2(20 CHAR), CONSTRAINT beats_pk PRIMARY KEY (id))"
    )
    run(database, table)
    run(database, "INSERT INTO beats (note) VALUES ('x')")
    run(database, "ALTER TABLE beats ADD (size_gb NUMBER(5), kind VARCHAR2(9) DEFAULT 'a')")
    asked = "SELECT column_name, data_type, nullable FROM user_tab_columns WHERE table_name = 'BEATS' ORDER BY column_id"
    columns = run(database, asked).rows

    assert [name for name, _, _ in columns] == ["ID", "AT", "NOTE", "SIZE_GB", "KIND"]
    assert columns[:3] == [("ID", "NUMBER", "N"), ("AT", "TIMESTAMP(6)", "N"), ("NOTE", "VARCHAR2", "Y")]
    assert run(database, "SELECT id, at, kind FROM beats").rows == [(1, "2026-11-16T12:00:00.250000Z", "a")]
    assert value(database, "SELECT constraint_type FROM user_constraints WHERE table_name = 'BEATS'") == "P"


def test_sequences_go_on_and_a_failed_statement_changes_nothing(database):
    insert = "INSERT INTO orders (id, customer_id, status, ordered_at) VALUES (order_numbers.NEXTVAL, :c, 'open', SYSTIMESTAMP)"
    run(database, insert, c=1)
    first = value(database, "SELECT MAX(id) FROM orders")
    with pytest.raises(Refused, match="ORA-02291"):
        run(database, insert, c=999_999)
    run(database, insert, c=1)

    assert value(database, "SELECT MAX(id) FROM orders") == first + 1


def test_stored_code_is_kept_and_plain_blocks_are_run_as_a_whole(database):
    run(database, "CREATE OR REPLACE PROCEDURE tidy AS BEGIN DELETE FROM orders; END;")
    assert value(database, "SELECT object_type FROM user_objects WHERE object_name = 'TIDY'") == "PROCEDURE"

    run(database, "BEGIN UPDATE products SET price = 1; EXECUTE IMMEDIATE 'UPDATE products SET title = ''x;y'''; END;")
    assert run(database, "SELECT DISTINCT price, title FROM products").rows == [(1, "x;y")]
    with pytest.raises(Refused):
        run(database, "BEGIN UPDATE products SET price = 2; DELETE FROM customers; END;")
    assert value(database, "SELECT MAX(price) FROM products") == 1
    with pytest.raises(Refused, match="ORA-06550"):
        run(database, "BEGIN IF 1 = 1 THEN NULL; END IF; END;")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nowhere", 942),
        ("SELECT absent FROM orders", 904),
        ("SELEC 1", 900),
        ("INSERT INTO products VALUES ('SKU-000', 'a', 1)", 1),
        ("INSERT INTO products VALUES ('new', NULL, 1)", 1400),
        ("INSERT INTO products VALUES ('new', 'a', -1)", 2290),
        ("DELETE FROM customers", 2292),
        ("CREATE TABLE orders (id NUMBER)", 955),
        ("ALTER TABLE orders ADD (status NUMBER)", 1430),
        ("SELECT missing.NEXTVAL FROM dual", 2289),
        ("SELECT :a FROM dual", 1008),
    ],
)
def test_refusals_have_oracles_numbers(database, sql, code):
    with pytest.raises(Refused) as refused:
        run(database, sql)
    assert refused.value.code == code


def test_what_must_be_kept_is_told_from_what_only_asks():
    assert not changes("WITH a AS (SELECT 1 x FROM dual) SELECT * FROM a")
    assert changes("SELECT s.NEXTVAL FROM dual")
    assert changes("/* note */ UPDATE t SET a = 1")


@pytest.mark.parametrize(
    "name", ["v$session", "gv$sql", "v$sysstat", "v$system_event", "v$lock", "v$sgainfo", "v$pgastat", "v$sgastat"]
)
def test_views_of_the_instance_have_rows_with_their_names(database, name):
    found = run(database, f"SELECT * FROM {name}")  # noqa: S608 - made here

    assert found.rows
    assert len(found.columns) == len(set(found.columns)) == len(found.rows[0])
    assert (found.columns[0] == "INST_ID") == name.startswith("gv$")


def test_one_database_in_some_has_a_session_that_waits_for_another():
    waiting = []
    for number in range(30):
        made = Database()
        made.views = lambda name, key=f"ocid1.{number}": performance.view(name, key, NOW.replace(hour=14))
        asked = "SELECT w.sid FROM v$session w JOIN v$lock l ON l.sid = w.blocking_session AND l.block = 1"
        waiting += [row[0] for row in run(made, asked).rows]

    assert 0 < len(waiting) < 15
