"""What comparisons of databases ask of the embedded ones: names with their owner, the dictionary, and the past."""

from datetime import timedelta

import pytest

from assets.recovery.logic.fingerprints import (
    COLUMNS,
    FOREIGN_KEYS,
    fingerprint,
    foreign_keys,
    moment,
    orphans,
    relations,
    statement,
)
from resources.autonomous_databases import AutonomousDatabase
from resources.rest_sql import RestSqlSessions
from resources.sql_sessions import StatementFailed
from sandbox.oci.ords import PASSWORD, USER
from sandbox.oci.services.database import add_database
from tests.sandboxes import NOW

SESSIONS = RestSqlSessions(user=USER, password=PASSWORD)


@pytest.fixture
def orders(sandbox):
    body = add_database(sandbox.cloud.store, "eu-frankfurt-1", sandbox.tenancy, "orders").body
    return AutonomousDatabase(
        id=body["id"], region="eu-frankfurt-1", compartment_id="c", display_name="orders", db_name="orders",
        lifecycle_state="AVAILABLE", ords_url=f"{sandbox.url}/sandbox/ords/{body['id']}/ords/",
    )  # fmt: skip


def test_tables_are_told_with_their_owner_and_keys_with_their_parents(orders):
    with SESSIONS.session(orders, 5) as session:
        found = relations(session.rows(COLUMNS))
        keys = foreign_keys(session.rows(FOREIGN_KEYS))
        broken = [session.rows(orphans(key))[0]["orphans"] for key in keys]

    assert {"ADMIN.ORDERS", "ADMIN.PAYMENTS"} <= {relation.name for relation in found}
    assert ("ADMIN", "ORDER_ITEMS", "ADMIN", "ORDERS") in [(k.owner, k.table, k.parent_owner, k.parent_table) for k in keys]
    assert set(broken) == {0}


def test_a_table_can_be_asked_for_as_it_was_for_some_time(sandbox, orders):
    with SESSIONS.session(orders, 5) as session:
        payments = next(r for r in relations(session.rows(COLUMNS)) if r.table == "PAYMENTS")
        before = fingerprint(payments, session.rows(statement(payments))[0])
        sandbox.advance(60)
        session.execute("DELETE FROM payments WHERE id = 1")
        after = fingerprint(payments, session.rows(statement(payments))[0])
        then = fingerprint(payments, session.rows(statement(payments, as_of=True), {"at": moment(NOW)})[0])

        assert then == before != after
        sandbox.advance(timedelta(days=1).total_seconds())
        with pytest.raises(StatementFailed, match="ORA-01555"):
            session.rows(statement(payments, as_of=True), {"at": moment(NOW)})
