"""A knowledge base, payment models or a session in a real Oracle Database, for tests that have one; nothing is left behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from resources.autonomous_databases import AutonomousDatabase
from resources.databases_not_configured import NoAutonomousDatabases
from resources.oracle_db.connections import OracleDatabase, executed, selected
from resources.oracle_db.database_sessions import OracleSessions
from resources.oracle_db.knowledge_base import OracleKnowledgeBase
from resources.oracle_db.payment_models import OraclePaymentModels
from resources.sql_sessions import SqlSession

_NEEDED = ("dsn", "user", "password")
_OPTIONAL = ("config_dir", "wallet_location", "wallet_password")
_GIVEN = {  # read while tests are collected: none of them sees variables of ours while it runs
    name: os.environ.get(f"CLOUDOPS_TEST_ORACLE_{name.upper()}") for name in (*_NEEDED, *_OPTIONAL)
}


@contextmanager
def live_knowledge_base(**tuning: Any) -> Iterator[OracleKnowledgeBase]:
    """An empty one under a prefix of its own; skips where no database is named."""
    database = _database()
    prefix = f"kbtest_{uuid4().hex[:8]}"
    try:
        yield OracleKnowledgeBase(database=database, prefix=prefix, **tuning)
    finally:
        _erase(database, prefix)


@contextmanager
def live_payment_models() -> Iterator[OraclePaymentModels]:
    """Empty ones under a prefix of their own; skips where no database is named."""
    database = _database()
    prefix = f"paytest_{uuid4().hex[:8]}"
    try:
        yield OraclePaymentModels(database=database, prefix=prefix)
    finally:
        with database.connection("cleaning up after a test", building=True) as session:
            names = {"names": prefix.upper().replace("_", "\\_") + "\\_%"}
            query = "SELECT model_name FROM user_mining_models WHERE model_name LIKE :names ESCAPE '\\'"
            for (name,) in selected(session, query, names):
                executed(session, "BEGIN DBMS_DATA_MINING.DROP_MODEL(:name); END;", {"name": name})
        _erase(database, prefix)


@contextmanager
def live_session() -> Iterator[SqlSession]:
    """A session with the database as with one of a fleet; skips where none is named, or it needs a wallet."""
    database = _database()
    if database.wallet_location:
        pytest.skip("live: needs an Oracle Database that is reached without a wallet")
    sessions = OracleSessions(
        user=database.user, password=database.password, service=NoAutonomousDatabases(advice="wallets are not asked for")
    )
    one = AutonomousDatabase("live", "nowhere", "c", "live", "live", "AVAILABLE", profiles={("LOW", "SERVER"): database.dsn})
    with sessions.session(one, 60) as session:
        yield session
    sessions.close()


def _database() -> OracleDatabase:
    if not all(_GIVEN[name] for name in _NEEDED):
        names = ", ".join(f"CLOUDOPS_TEST_ORACLE_{name.upper()}" for name in _NEEDED)
        pytest.skip(f"live: needs an Oracle Database: set {names}")
    return OracleDatabase(**{name: value for name, value in _GIVEN.items() if value})


def _erase(database: OracleDatabase, prefix: str) -> None:
    with database.connection("cleaning up after a test", building=True) as session:
        executed(session, "ALTER SESSION SET DDL_LOCK_TIMEOUT = 10")
        found = selected(
            session,
            "SELECT object_type, object_name FROM user_objects\n"
            "WHERE object_type IN ('VIEW', 'SEQUENCE', 'TABLE') AND object_name LIKE :names ESCAPE '\\'",
            {"names": prefix.upper().replace("_", "\\_") + "\\_%"},
        )
        for kind, name in found:
            executed(session, f'DROP {kind} "{name}"' + (" CASCADE CONSTRAINTS PURGE" if kind == "TABLE" else ""))
        for (name,) in selected(
            session, "SELECT pre_name FROM ctx_user_preferences WHERE pre_name = :name", {"name": f"{prefix}_lexer".upper()}
        ):
            executed(session, "BEGIN CTX_DDL.DROP_PREFERENCE(:name); END;", {"name": name})
