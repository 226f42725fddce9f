"""Sessions over Oracle's own protocol: a pool for each database and address, private wallets that go, errors by number."""

from __future__ import annotations

import io
import socket
import stat
import tempfile
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pydantic import PrivateAttr

from resources.autonomous_databases import AutonomousDatabase
from resources.databases_not_configured import NoAutonomousDatabases
from resources.errors import Denied, Unavailable
from resources.oracle_db.database_sessions import OracleSessions, reached, unpacked
from resources.sql_sessions import LoginRefused, StatementFailed
from tests.resources.oracle_db.recording import Cursor, Session, failure

PASSWORD = "Never-Shown-1"
ADDRESS = "(description=(retry_count=20)(retry_delay=3)(address=(protocol=tcps)(port={port})(host={host})))"


class Columns(Cursor):
    """A cursor that also says what its columns are called."""

    description = (("ID", None), ("AT", None), ("HASH", None))


class Pooled(Session):
    @contextmanager
    def cursor(self):
        yield Columns(self)


class Pool:
    """What a pool of python-oracledb is to us."""

    def __init__(self) -> None:
        self.session, self.closed = Pooled(), False

    def acquire(self) -> Pooled:
        return self.session

    def close(self, *, force: bool) -> None:
        self.closed = force


class Wallets(NoAutonomousDatabases):
    """A service that gives wallets, and nothing else."""

    def wallet(self, region: str, database_id: str, password: str) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("ewallet.pem", f"{region} {database_id} {password}")
            archive.writestr("../outside.txt", "not outside")
        return content.getvalue()


class Recorded(OracleSessions):
    """Sessions whose pools record instead of connecting."""

    _made_of: list[tuple[str, Path | None, str]] = PrivateAttr(default_factory=list)
    _given: list[Pool] = PrivateAttr(default_factory=list)

    def _made(self, descriptor: str, seconds: float, wallet: Path | None, password: str) -> Any:
        assert seconds > 0
        self._made_of.append((descriptor, wallet, password))
        self._given.append(Pool())
        return self._given[-1]


def recorded() -> Recorded:
    return Recorded(user="CLOUDOPS", password=PASSWORD, service=Wallets(advice="none"))


def database(name: str = "orders", host: str = "db", port: int = 1521, **fields: Any) -> AutonomousDatabase:
    profiles = {("LOW", "SERVER"): ADDRESS.format(port=port, host=host), ("LOW", "MUTUAL"): ADDRESS.format(port=1522, host=host)}
    usual = {"profiles": profiles, **fields}
    return AutonomousDatabase(f"ocid1.{name}", "eu-frankfurt-1", "c", name, name, "AVAILABLE", **usual)


def test_a_database_has_one_pool_until_it_is_reached_otherwise():
    sessions = recorded()
    for one in (database(), database(), database("other"), database(host="after-failover")):
        with sessions.session(one, 5):
            pass

    assert len(sessions._given) == 3
    assert all("retry" not in descriptor for descriptor, _, _ in sessions._made_of)


def test_rows_are_as_they_are_over_rest_and_changes_are_committed():
    sessions = recorded()
    with sessions.session(database(), 2.5) as session:
        recording = sessions._given[0].session
        recording.when("FROM a", [(1, datetime(2026, 11, 16, 12), b"\x0a"), (2, None, None)])
        recording.when("FROM b", [(1, datetime(2026, 11, 16, 12, tzinfo=timezone(timedelta(hours=2))), None)])
        recording.when("UPDATE", 3)
        assert session.rows("SELECT * FROM a WHERE id > :id", {"id": 0}) == [
            {"id": 1, "at": "2026-11-16T12:00:00Z", "hash": "0A"},
            {"id": 2, "at": None, "hash": None},
        ]
        assert session.rows("SELECT * FROM b")[0]["at"] == datetime(2026, 11, 16, 10, tzinfo=UTC).isoformat().replace(
            "+00:00", "Z"
        )
        assert session.execute("UPDATE a SET id = :id", {"id": 4}) == 3

    assert recording.call_timeout == 2500
    assert recording.said[-1] == ("COMMIT", None)
    assert recording.closed == 1


def test_mutual_tls_takes_a_wallet_that_is_private_and_gone_afterwards():
    sessions = recorded()
    with sessions.session(database(is_mtls_required=True), 5):
        ((descriptor, wallet, password),) = sessions._made_of
        assert "1522" in descriptor
        assert wallet is not None
        assert stat.S_IMODE(wallet.stat().st_mode) == 0o700
        assert (wallet / "ewallet.pem").read_text() == f"eu-frankfurt-1 ocid1.orders {password}"
        assert sorted(file.name for file in wallet.iterdir()) == ["ewallet.pem", "outside.txt"]
    sessions.close()

    assert not wallet.exists()
    assert sessions._given[0].closed


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (failure("ORA-00942: secret", 942), Denied, None),
        (failure("ORA-01031: secret", 1031), Denied, None),
        (failure("ORA-00001: secret", 1), StatementFailed, 1),
        (failure("ORA-00904: secret", 904), StatementFailed, 904),
        (failure("DPY-4024: call timeout of 5 ms exceeded"), Unavailable, None),
        (OSError("refused"), Unavailable, None),
    ],
    ids=["no such table", "no privilege", "not unique", "wrong name", "too slow", "no connection"],
)
def test_errors_are_those_of_sql_sessions_and_quote_no_values(error, kind, code):
    sessions = recorded()
    with sessions.session(database(), 5) as session:
        sessions._given[0].session.when("INSERT", error)
        with pytest.raises(kind) as raised:
            session.execute("INSERT INTO a VALUES (:id)", {"id": 1})

    assert "secret" not in str(raised.value)
    assert getattr(raised.value, "code", None) == code


def test_a_database_without_an_address_is_unavailable_and_one_way_tls_is_taken_where_it_is_allowed():
    with pytest.raises(Unavailable):
        reached(database(profiles={}))

    assert reached(database()) == ("(description=(address=(protocol=tcps)(port=1521)(host=db)))", False)
    assert reached(database(is_mtls_required=True))[1]


def test_a_dead_port_is_unavailable_at_once_and_no_password_is_shown():
    sessions = OracleSessions(user="CLOUDOPS", password=PASSWORD, service=Wallets(advice="none"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        one = database(host="127.0.0.1", port=taken.getsockname()[1])
        with pytest.raises(Unavailable) as raised, sessions.session(one, 3):
            pass
    sessions.close()

    assert PASSWORD not in f"{raised.value} {sessions!r}"


def test_a_wallet_that_came_broken_fails_this_database_alone_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(Unavailable, match="cannot be unpacked"):
        unpacked(b"PK, but cut off")
    assert list(tmp_path.iterdir()) == []


class Closed(Pool):
    """A pool whose database lets nobody in."""

    def acquire(self) -> Pooled:
        raise failure("ORA-01017: secret", 1017)


def test_a_user_who_is_not_let_in_is_told_apart_from_one_who_may_not_read_something():
    sessions = recorded()
    with sessions.session(database(), 5):
        pass
    (pool,) = sessions._pools.values()
    pool.opened = Closed()
    with pytest.raises(LoginRefused, match="orders"), sessions.session(database(), 5):
        pass
