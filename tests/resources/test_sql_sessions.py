"""What every session with a database promises, however it is reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

import pytest

from resources.autonomous_databases import AutonomousDatabase
from resources.errors import Denied
from resources.rest_sql import RestSqlSessions
from resources.sql_sessions import SqlSession, StatementFailed
from sandbox.oci.ords import PASSWORD, USER
from sandbox.oci.services import database
from tests.resources.oracle_db.live import live_session
from tests.sandboxes import running

HOME = "eu-frankfurt-1"


@pytest.fixture(scope="module", params=["rest", pytest.param("thin", marks=pytest.mark.live)])
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlSession]:
    if request.param == "thin":
        with live_session() as over_the_network:
            yield over_the_network
        return
    with running(tmp_path_factory.mktemp("cloud")) as sandbox:
        body = database.add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "orders").body
        urls = body["connectionUrls"]
        one = AutonomousDatabase(body["id"], HOME, "c", "orders", "orders", "AVAILABLE", ords_url=urls["ordsUrl"])
        with RestSqlSessions(user=USER, password=PASSWORD).session(one, 10) as over_http:
            yield over_http


@pytest.fixture
def table(session: SqlSession) -> Iterator[str]:
    """An empty table, which is gone afterwards."""
    name = f"cloudops_{uuid4().hex[:12]}"
    session.execute(
        f"CREATE TABLE {name} (id NUMBER PRIMARY KEY, at TIMESTAMP WITH TIME ZONE, note VARCHAR2(20 CHAR), hash RAW(32))"
    )
    yield name
    session.execute(f"DROP TABLE {name} PURGE")


def test_rows_come_by_lower_case_name_and_changes_are_counted_and_kept(session, table):
    insert = f"INSERT INTO {table} (id, note) VALUES (:id, :note)"  # noqa: S608 - made here
    assert session.execute(insert, {"id": 1, "note": "it's; fine: really"}) == 1
    assert session.execute(insert, {"id": 2, "note": None}) == 1

    assert session.rows(f"SELECT id, note AS Said FROM {table} ORDER BY id") == [  # noqa: S608
        {"id": 1, "said": "it's; fine: really"},
        {"id": 2, "said": None},
    ]
    assert session.execute(f"UPDATE {table} SET note = 'x' WHERE id > :least", {"least": 0}) == 2  # noqa: S608
    assert session.rows(f"SELECT id FROM {table} WHERE 1 = 0") == []  # noqa: S608


def test_times_are_text_with_their_offset_and_raw_is_hexadecimal(session, table):
    session.execute(f"INSERT INTO {table} (id, at, hash) VALUES (1, SYSTIMESTAMP, STANDARD_HASH('abc', 'SHA256'))")  # noqa: S608
    (row,) = session.rows(f"SELECT at, hash FROM {table}")  # noqa: S608

    assert datetime.fromisoformat(row["at"]).utcoffset() is not None
    assert row["hash"] == "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"


def test_what_may_not_be_read_and_what_cannot_be_done_are_told_apart_by_the_databases_number(session, table):
    insert = f"INSERT INTO {table} (id) VALUES (1)"  # noqa: S608 - made here
    session.execute(insert)
    with pytest.raises(Denied):
        session.rows("SELECT * FROM cloudops_is_nowhere")
    for statement, code in ((insert, 1), (f"SELECT absent FROM {table}", 904)):  # noqa: S608
        with pytest.raises(StatementFailed) as failed:
            session.rows(statement) if code == 904 else session.execute(statement)
        assert failed.value.code == code
