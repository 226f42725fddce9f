"""Restore tests against the embedded Oracle cloud over HTTP: restored, verified, deleted; cut off anywhere, run again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.inventory import inventory
from assets.journal import Journal
from assets.recovery import tables
from assets.recovery.backup_state import look
from assets.recovery.logic.restore_tests import Due
from assets.recovery.policy_files import policies_in_force
from assets.recovery.restorability import restorability
from assets.recovery.restoring.reading import note_now
from assets.recovery.restoring.records import past_tests, proofs, tried
from jobs.restore_changes import Order, Removed, RestoreWorld, prove, remove_leftovers
from jobs.restore_tests import restore_tests
from resources.autonomous_databases import NewDatabase
from resources.database_service import AutonomousDatabases
from resources.errors import Unavailable
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.sql_sessions import SqlSession
from sandbox.oci.services.database import contents
from tests.jobs.recovery_worlds import HOME, World, metadata, why, world

OP = "prove_restores"
POLICY = "policies: [{name: all, match: {}, restore_test_days: 30}]"
ORDER = Order("now", 60, 2, 14_400, 5)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        one.says("recovery/backup_policies.yaml", POLICY)
        yield one


def doing(made: World, run_id: str = "run", **order: Any) -> RestoreWorld:
    asked = Order(**{**{name: getattr(ORDER, name) for name in Order.__slots__}, **order})
    journal = Journal(made.lake, tables.JOURNAL, run_id, "ann")
    return RestoreWorld(made.databases, made.resources["database_sessions"], made.clock, journal, made.lake, asked)


def once(made: World, ocid: str, run_id: str = "run", rto: float | None = None, **order: Any) -> dict[str, Any]:
    """What the job does, without Dagster: leftovers go, and one database is tested."""
    looked = look(made.databases, policies_in_force(made.resources["inputs_store"]))
    running = doing(made, run_id, **order)
    assert remove_leftovers(running, looked.inventory).failed == []
    (known,) = [one for one in looked.known if one.database.id == ocid]
    return prove(running, Due(known.database, known.policy, "it is asked for"), rto)


def test_a_plan_says_what_is_due_and_does_nothing(made):
    made.add("orders")

    result = made.run(restore_tests, OP)

    assert result.success
    assert "no test proves it" in str(metadata(result)["plan"])
    assert (made.names(), made.journal(), made.table(tables.RESTORE_TESTS)) == (["orders"], [], [])


def test_what_is_due_is_restored_to_a_new_database_proven_and_deleted(made):
    orders = made.add("orders")

    result = made.run(restore_tests, OP, mode="apply", settle_seconds=60)

    assert result.success, why(result, OP)
    (row,) = made.table(tables.RESTORE_TESTS)
    assert (row["database_id"], row["verdict"], row["reasons"], row["removed"]) == (orders, "pass", "", True)
    assert (row["tables_same"], row["tables_different"], row["tables_unknown"]) == (5, 0, 0)
    assert row["rows"] > 500
    assert row["restore_seconds"] > 0
    assert row["copy_id"] != orders
    assert row["cost"] is None
    assert made.names() == ["orders"]
    assert [operation for operation, _ in made.journal()] == ["restore to a new database"] * 2 + ["delete restored database"] * 2
    (known,) = made.table(tables.RESTORABILITY)
    assert (known["verdict"], known["overdue"], known["restore_seconds"]) == ("pass", False, row["restore_seconds"])
    again = made.run(restore_tests, OP, mode="apply")
    assert len(made.table(tables.RESTORE_TESTS)) == 1
    assert again.success


def test_no_source_is_ever_restored_in_place(made, monkeypatch):
    orders = made.add("orders")
    before = made.sandbox.cloud.store.find("database.autonomous_databases", orders).version

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("restored in place")

    monkeypatch.setattr(type(made.databases), "restore", never)
    assert AutonomousDatabases.restore is not never
    once(made, orders)

    assert made.sandbox.cloud.store.find("database.autonomous_databases", orders).version == before


def test_rows_that_a_backup_lost_are_a_failure_and_the_copy_is_gone_all_the_same(made):
    orders = made.add("orders")
    made.fault(orders, "backup_corrupt", loses="rows")

    result = made.run(restore_tests, OP, mode="apply", settle_seconds=0)

    assert "rows instead of" in why(result, OP)
    (row,) = made.table(tables.RESTORE_TESTS)
    assert (row["verdict"], row["removed"]) == ("fail", True)
    assert made.names() == ["orders"]


def test_a_backup_that_cannot_be_restored_is_a_failure(made):
    orders = made.add("orders")
    made.fault(orders, "backup_corrupt")

    row = once(made, orders)

    assert row["verdict"] == "fail"
    assert "corrupt" in row["reasons"]
    assert made.names() == ["orders"]


def test_a_restore_that_takes_longer_than_its_objective_is_a_failure(made):
    row = once(made, made.add("orders"), rto=1)

    assert row["verdict"] == "fail"
    assert "1 s are allowed" in row["reasons"]


def test_a_source_that_does_not_answer_is_unknown_and_nothing_is_made(made):
    orders = made.add("orders")
    made.fault(orders, "hung")

    row = once(made, orders, sql_seconds=0.2)

    assert (row["verdict"], row["copy_id"]) == ("unknown", None)
    assert made.journal() == []


def test_a_table_that_is_written_to_is_held_against_its_past(made, monkeypatch):
    orders = made.add("orders")
    store = made.sandbox.cloud.store
    slept = 0

    def sleep(clock: Any, seconds: float) -> None:
        nonlocal slept
        slept += 1
        contents.run(store, orders, "DELETE FROM payments WHERE id = :n", {"n": slept})
        made.sandbox.advance(seconds)

    monkeypatch.setattr(type(made.clock), "sleep", sleep)
    row = once(made, orders)

    assert slept > 2
    assert (row["verdict"], row["reasons"]) == ("pass", "")


def test_the_newest_backup_and_an_earlier_note_can_be_restored_too(made):
    orders = made.add("orders")

    newest = once(made, orders, "one", point="newest backup")
    first = once(made, orders, "two")
    made.sandbox.advance(3 * 86400)
    contents.run(made.sandbox.cloud.store, orders, "DELETE FROM payments WHERE id = 1")
    earlier = once(made, orders, "three", point="earlier")

    assert (newest["point"], newest["verdict"]) == ("newest backup", "pass")
    assert (earlier["point"], earlier["verdict"], earlier["restored_to"]) == ("earlier", "pass", first["restored_to"])


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(
    ("of", "call", "nth", "when"),
    [
        (OciAutonomousDatabases, "create", 1, "before"),
        (OciAutonomousDatabases, "create", 1, "after"),
        (OciAutonomousDatabases, "work_request", 2, "before"),
        (Journal, "end", 1, "before"),
        (OciAutonomousDatabases, "delete", 1, "after"),
        (Journal, "end", 2, "before"),
    ],
)
def test_wherever_a_run_is_cut_off_the_next_one_leaves_no_database_behind(made, monkeypatch, of, call, nth, when):
    orders = made.add("orders")
    real, real_delete = getattr(of, call), OciAutonomousDatabases.delete
    dead = False
    calls = 0

    def cut(*arguments: Any, **named: Any) -> Any:
        nonlocal calls, dead
        if dead:
            raise Killed  # what is cleaned up on the way out does not happen in a process that is gone
        calls += 1
        if calls < nth:
            return real(*arguments, **named)
        dead = True
        if when == "after":
            real(*arguments, **named)
        raise Killed

    def gone(*arguments: Any, **named: Any) -> Any:
        if dead:
            raise Killed
        return real_delete(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(OciAutonomousDatabases, "delete", gone)
        patched.setattr(of, call, cut)
        with pytest.raises(Killed):
            once(made, orders, "first")
    made.sandbox.advance(3600)
    row = once(made, orders, "second")

    assert row["verdict"] == "pass"
    assert made.names() == ["orders"]
    outcomes = [outcome for _, outcome in made.journal()]
    assert outcomes.count("begun") * 2 == len(outcomes)


def test_a_database_that_only_looks_like_a_leftover_is_left_alone(made):
    orders = made.add("orders")
    tags = {"cloudops-restore-test": "somebody", "cloudops-restored-from": orders}
    details = NewDatabase(
        made.sandbox.tenancy, "RTSOMETHING", "cloudops-restore-test-orders", admin_password="Long4enough_pass", free_tags=tags
    )
    made.databases.create(HOME, details, "token")
    made.sandbox.advance(3600)

    once(made, orders)

    assert made.names() == ["cloudops-restore-test-orders", "orders"]


def test_what_was_never_tested_warns_and_what_failed_is_an_error(made):
    made.add("fresh")
    orders = made.add("orders")
    made.fault(orders, "backup_corrupt")
    once(made, orders)
    needed = ("lake", "cloud_clock", "inputs_store", "autonomous_databases")

    result = dg.materialize([restorability], resources={name: made.resources[name] for name in needed})

    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert not checks["no_restore_failed"].passed
    assert "orders" in checks["no_restore_failed"].description
    assert checks["every_database_is_proven_restorable"].description == "fresh: it was never restored"
    assert checks["every_database_is_proven_restorable"].severity == dg.AssetCheckSeverity.WARN


def test_a_proof_that_has_grown_old_is_due_again(made):
    orders = made.add("orders")
    once(made, orders)
    made.sandbox.advance(timedelta(days=31).total_seconds())

    result = made.run(restore_tests, OP)

    assert "its last proof is of 2026-11-16" in str(metadata(result)["plan"])


def left_behind(made: World, ocid: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a run be cut off before it deletes what it restored; returns the name of that."""

    def gone(*_: Any, **__: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(made.databases), "delete", gone)
        with pytest.raises(Killed):
            once(made, ocid, "first")
    (copy,) = [d for d in made.databases.databases(HOME, made.sandbox.tenancy) if d.id != ocid]
    return copy.db_name


def leftovers(made: World, run_id: str = "second") -> Removed:
    return remove_leftovers(doing(made, run_id), inventory(made.databases))


def test_a_copy_that_the_journal_does_not_know_is_told_and_stays(made, monkeypatch):
    name = left_behind(made, made.add("orders"), monkeypatch)
    made.lake.replace(tables.JOURNAL, pl.DataFrame(schema=tables.JOURNAL.schema), where=None)

    removed = leftovers(made)

    assert removed.done == []
    assert name in removed.failed[0]
    assert made.names() == ["cloudops-restore-test-orders", "orders"]


def test_somebodys_clone_of_a_copy_is_theirs_and_needs_backups(made, monkeypatch):
    orders = made.add("orders")
    name = left_behind(made, orders, monkeypatch)
    (copy,) = [d for d in made.databases.databases(HOME, made.sandbox.tenancy) if d.db_name == name]
    details = NewDatabase(
        copy.compartment_id, "RESCUED", copy.display_name, admin_password="Long4enough_pass", free_tags=copy.tags,
        source="clone", source_id=copy.id, data_storage_gb=copy.data_storage_gb,
    )  # fmt: skip
    clone = made.databases.create(HOME, details, "token").resource_id
    made.sandbox.advance(3600)

    assert leftovers(made).done == [name]
    assert clone in look(made.databases, policies_in_force(made.resources["inputs_store"])).held
    assert made.names() == ["cloudops-restore-test-orders", "orders"]


def test_what_became_of_a_deletion_is_not_told_of_a_listing_that_failed(made, monkeypatch):
    orders = made.add("orders")
    seen = inventory(made.databases)
    left_behind(made, orders, monkeypatch)

    blind = replace(seen, databases=(), failures={f"{HOME}, acme": "no answer"})
    assert remove_leftovers(doing(made, "second"), blind).failed == []

    assert [outcome for _, outcome in made.journal()].count("begun") == 2
    assert made.journal()[-1] == ("delete restored database", "begun")


def test_a_restore_that_may_not_be_followed_proves_nothing(made):
    orders = made.add("orders")
    made.sandbox.fault("status", operation="get_work_request", status=404, times=1)

    row = once(made, orders)
    made.sandbox.advance(3600)

    assert row["verdict"] == "unknown"
    assert not row["removed"]
    assert leftovers(made).failed == []
    assert made.names() == ["orders"]


class Impatient(SqlSession):
    """A session with a database one table of which takes too long."""

    def __init__(self, session: SqlSession) -> None:
        self._session = session

    def rows(self, sql: str, binds: Any = None) -> list[dict[str, Any]]:
        if '"PAYMENTS"' in sql.upper():
            raise Unavailable("no answer in time", "Wait longer.")
        return self._session.rows(sql, binds)

    def execute(self, sql: str, binds: Any = None) -> int:
        return self._session.execute(sql, binds)


def test_a_table_that_is_too_large_is_unknown_and_the_others_are_known(made):
    database = made.databases.database(HOME, made.add("orders"))

    with made.resources["database_sessions"].session(database, 5) as session:
        noted = note_now(Impatient(session), made.clock).noted

    assert [one.name.partition(".")[2] for one in noted.after if one.rows is None] == ["PAYMENTS"]
    assert len(noted.after) == 5


def test_a_proof_that_a_later_test_refutes_stands_no_longer(made):
    orders = made.add("orders")
    once(made, orders, "one")
    assert list(proofs(past_tests(made.lake))) == [orders]
    made.fault(orders, "backup_corrupt")
    once(made, orders, "two")

    assert proofs(past_tests(made.lake)) == {}
    assert list(tried(past_tests(made.lake))) == [orders]
