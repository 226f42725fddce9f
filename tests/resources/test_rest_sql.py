"""SQL over REST against the embedded cloud's databases, which answer as Oracle documents it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from resources import rest_sql
from resources.autonomous_databases import AutonomousDatabase
from resources.errors import Unavailable
from resources.rest_sql import RestSqlSession, RestSqlSessions
from resources.sql_sessions import LoginRefused, SqlSession, StatementFailed
from sandbox.oci.ords import PASSWORD, USER
from sandbox.oci.services import database
from sandbox.oci.services.database import contents
from tests.sandboxes import Sandbox, running

HOME = "eu-frankfurt-1"


class World:
    """A database on a served sandbox, and sessions with it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.made = sandbox, 0

    def add(self, **fields: Any) -> AutonomousDatabase:
        self.made += 1
        body = database.add_database(self.sandbox.cloud.store, HOME, self.sandbox.tenancy, f"orders{self.made}", **fields).body
        return AutonomousDatabase(
            body["id"], HOME, self.sandbox.tenancy, body["displayName"], body["dbName"], body["lifecycleState"],
            ords_url=body["connectionUrls"]["ordsUrl"],
        )  # fmt: skip

    def session(
        self, of: AutonomousDatabase, password: str = PASSWORD, timeout: float = 10
    ) -> AbstractContextManager[SqlSession]:
        return RestSqlSessions(user=USER, password=password).session(of, timeout)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("cloud")) as sandbox:
        yield World(sandbox)


def test_all_pages_of_a_result_are_read(world, monkeypatch):
    monkeypatch.setattr(rest_sql, "PAGE_ROWS", 7)
    with world.session(world.add()) as session:
        found = session.rows("SELECT id FROM customers ORDER BY id")

    assert [row["id"] for row in found] == list(range(1, 61))


def test_a_wrong_password_is_denied_and_no_message_has_it(world):
    with world.session(world.add(), password="Wrong-Password-1") as session, pytest.raises(LoginRefused) as denied:
        session.rows("SELECT 1 FROM dual")

    assert "Wrong-Password-1" not in str(denied.value)
    assert "Wrong-Password-1" not in repr(RestSqlSessions(user=USER, password="Wrong-Password-1"))


@pytest.mark.parametrize("fields", [{"lifecycleState": "STOPPED"}, {"lifecycleState": "STANDBY", "role": "STANDBY"}])
def test_a_database_that_is_stopped_or_a_standby_is_unavailable(world, fields):
    with world.session(world.add(**fields)) as session, pytest.raises(Unavailable):
        session.rows("SELECT 1 FROM dual")


def test_what_is_read_only_says_so(world):
    with world.session(world.add(openMode="READ_ONLY")) as session:
        assert session.rows("SELECT COUNT(*) n FROM orders") == [{"n": 140}]
        with pytest.raises(StatementFailed) as failed:
            session.execute("DELETE FROM payments")
    assert failed.value.code == 16000


def test_a_hung_database_is_unavailable_after_the_timeout(world):
    of = world.add()
    contents.disturb(world.sandbox.cloud.store, of.id, hung=True)
    begun = time.monotonic()
    with world.session(of, timeout=0.3) as session, pytest.raises(Unavailable, match="ReadTimeout"):
        session.rows("SELECT 1 FROM dual")

    assert time.monotonic() - begun < 3


def test_a_database_without_an_address_or_with_a_dead_one_is_unavailable(world):
    of = world.add()
    with pytest.raises(Unavailable), world.session(replace(of, ords_url=None)):
        pass
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = replace(of, ords_url=f"http://127.0.0.1:{taken.getsockname()[1]}/ords/")
        with world.session(dead) as session, pytest.raises(Unavailable):
            session.rows("SELECT 1 FROM dual")


def test_something_else_that_answers_is_no_database(world):
    with (
        world.session(replace(world.add(), ords_url=f"{world.sandbox.url}/sandbox/health?")) as session,
        pytest.raises(Unavailable),
    ):
        session.rows("SELECT 1 FROM dual")


@pytest.mark.parametrize(
    "answered",
    [
        "<html>",
        "[]",
        '{"items": []}',
        '{"items": ["x"]}',
        '{"items": [{"resultSet": {}}]}',
        '{"items": [{"resultSet": {"items": [1]}}]}',
        '{"items": [{"errorCode": "?"}]}',
    ],
)
def test_an_answer_of_another_form_is_unavailable(answered):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=answered))
    with httpx.Client(transport=transport) as client, pytest.raises(Unavailable, match="something else than results of SQL"):
        RestSqlSession(client, "https://orders/_/sql", "orders").rows("SELECT 1 FROM dual")
