"""Statements of the tables that track migrations: reviewed against Oracle's manuals, run by a real database if there is one."""

import re
from pathlib import Path

import pytest

from assets.fleet.logic.lifecycle.evidence import LAST_LOGIN, OPEN_SESSIONS
from assets.fleet.logic.migrations import tracking

GOLDEN = Path(__file__).parent / "golden" / "migration_tracking.sql"
STATEMENTS = {name: value for name, value in vars(tracking).items() if name.isupper() and isinstance(value, str) and " " in value}
RESERVED = {"ACCESS", "COMMENT", "DATE", "FILE", "LEVEL", "LOCK", "MODE", "NUMBER", "OPTION", "SESSION", "SET", "SIZE", "START"}
"""Words of ours that could be columns and are reserved. Source: SQL Language Reference, "Oracle SQL Reserved Words"."""


def script() -> str:
    created = [*tracking.CREATE.values(), *tracking.PROBE.values()]
    return "".join(f"{statement}\n/\n" for statement in (*created, *STATEMENTS.values(), OPEN_SESSIONS, LAST_LOGIN))


def test_statements_are_those_that_were_reviewed():
    assert script() == GOLDEN.read_text()


def test_no_name_is_reserved_by_oracle_or_too_long():
    for statement in tracking.CREATE.values():
        names = re.findall(r"^  (\w+) (?:VARCHAR2|NUMBER)", statement, re.MULTILINE) + re.findall(r"CONSTRAINT (\w+)", statement)
        assert names
        assert not {name.upper() for name in names} & RESERVED
        assert all(len(name) <= 128 for name in names)


@pytest.mark.live
def test_a_real_database_takes_them_all():
    from resources.oracle_db.connections import executed, selected
    from tests.resources.oracle_db.live import _database

    with _database().connection("a test of migrations", building=True) as session:
        for statement in tracking.CREATE.values():
            executed(session, statement)
        try:
            for probe in tracking.PROBE.values():
                assert selected(session, probe) == []
            held = {"owner_name": "one", "moment": "2026-11-16T12:00:00", "expires_at": "2026-11-16T13:00:00"}
            executed(session, tracking.TAKE_LOCK, held)
            assert [row[0] for row in selected(session, tracking.READ_LOCK)] == ["one"]
            executed(session, tracking.GIVE_LOCK_BACK, {"owner_name": "one"})
            assert selected(session, tracking.READ_LOCK) == []
        finally:
            for table in tracking.CREATE:
                executed(session, f"DROP TABLE {table} PURGE")
