"""Schema migrations from end to end, on the SQL of an embedded database: once, under a lock, and clear where one fails."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fleet.logic.migrations import tracking
from assets.fleet.logic.migrations.progress import Resume
from jobs.fleet_migrations import fleet_migrate_schema, migrations_in
from jobs.migration_changes import Migrator
from resources.errors import BadInput, Conflict, Denied, PermanentError, Unavailable
from resources.object_store import LocalObjectStore
from tests.lifecycle_fleets import HOME, Fleet, failure_of, fleet, metadata_of

ONE = "-- first; of all\nCREATE TABLE parts (id NUMBER PRIMARY KEY, name VARCHAR2(20));\nINSERT INTO parts VALUES (1, 'a;b');\n"
TWO = "CREATE TABLE makers (id NUMBER PRIMARY KEY);\nINSERT INTO parts VALUES (1, 'twice');\nINSERT INTO makers VALUES (7);\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Fleet]:
    with fleet(tmp_path) as made:
        made.put("fleet/migrations/parts/V001__parts.sql", ONE)
        yield made


def run(world: Fleet, ocid: str, **config: Any) -> Any:
    return world.run(fleet_migrate_schema, "migrate_schema", {"region": HOME, "database": ocid, "migrations": "parts", **config})


def rows(world: Fleet, ocid: str, sql: str) -> list[dict[str, Any]]:
    with world.sessions.session(world.look(ocid), 10) as session:
        return session.rows(sql)


def migrator(world: Fleet, session: Any, owner: str, **more: Any) -> Migrator:
    return Migrator(session, world.clock, "parts", owner, f"{owner}-run", "ann", **more)


def files(world: Fleet) -> Any:
    return migrations_in(LocalObjectStore(root=str(world.folder / "inputs")), "parts")


def test_statements_are_printed_run_once_and_written_down(world):
    ocid = world.add("orders")
    told = metadata_of(run(world, ocid))
    assert "INSERT INTO parts VALUES (1, 'a;b')" in told["plan"]
    with pytest.raises(Denied):
        rows(world, ocid, "SELECT id FROM parts")
    assert metadata_of(run(world, ocid, mode="apply"))["applied"] == 1
    assert metadata_of(run(world, ocid, mode="apply"))["applied"] == 0
    assert rows(world, ocid, "SELECT id, name FROM parts") == [{"id": 1, "name": "a;b"}]
    (known,) = rows(world, ocid, "SELECT version, state, run_by FROM cloudops_migrations")
    assert known == {"version": "001", "state": "done", "run_by": "cloudops"}
    assert world.outcomes() == [("apply migration", "done")]
    world.put("fleet/migrations/parts/V001__parts.sql", ONE + "-- more\n")
    assert "V001__parts.sql was changed after it was applied" in failure_of(run(world, ocid, mode="apply"))


def test_a_statement_that_fails_leaves_a_clear_state_from_which_it_goes_on(world):
    ocid = world.add("orders")
    world.put("fleet/migrations/parts/V002__makers.sql", TWO)
    failed = failure_of(run(world, ocid, mode="apply"))
    assert "V002__makers.sql: statement 2 of 3, line 2, failed with" in failed
    assert "ORA-00001" in failed
    assert "decide about 002/2" in metadata_of(run(world, ocid))["refused"]
    assert "decide about 002/2" in failure_of(run(world, ocid, mode="apply"))
    assert rows(world, ocid, tracking.READ_LOCK) == []
    again = metadata_of(run(world, ocid, mode="apply", resume_at="002/2", resume="count as done"))
    assert again["applied"] == 1
    assert rows(world, ocid, "SELECT id FROM makers") == [{"id": 7}]
    states = rows(
        world, ocid, "SELECT statement_no, state FROM cloudops_migration_steps WHERE version = '002' ORDER BY statement_no"
    )
    assert [row["state"] for row in states] == ["done", "marked", "done"]
    assert world.outcomes() == [("apply migration", "done"), ("apply migration", "failed"), ("apply migration", "done")]


def test_a_statement_without_an_answer_waits_for_a_decision(world):
    ocid = world.add("orders")

    class Deaf:
        """A session that loses the answer to one statement, after it was run."""

        def __init__(self, session: Any) -> None:
            self.session = session

        def rows(self, *arguments: Any) -> Any:
            return self.session.rows(*arguments)

        def execute(self, sql: str, *binds: Any) -> int:
            done = int(self.session.execute(sql, *binds))
            if sql.startswith("INSERT INTO parts"):
                raise Unavailable("no answer", "wait")
            return done

    with world.sessions.session(world.look(ocid), 10) as session:
        first = migrator(world, Deaf(session), "one")
        first.lock()
        with pytest.raises(Unavailable):
            first.apply(first.planned(files(world), None, out_of_order=False).todo[0])
        second = migrator(world, session, "two")
        with pytest.raises(Conflict, match="one/one-run migrates it since"):
            second.lock()
        again = migrator(world, session, "one")
        again.lock()
        assert "nobody knows how it ended" in again.planned(files(world), None, out_of_order=False).refused
        decided = again.planned(files(world), Resume("001/2", "count as done"), out_of_order=False)
        again.apply(decided.todo[0])
        again.unlock()
        assert again.planned(files(world), None, out_of_order=False).done == ("001",)
    assert rows(world, ocid, "SELECT id FROM parts") == [{"id": 1}]


def test_a_lock_is_taken_over_only_once_it_expired_and_by_the_name_of_its_owner(world):
    ocid = world.add("orders")
    with world.sessions.session(world.look(ocid), 10) as session:
        first, second = migrator(world, session, "one"), migrator(world, session, "two")
        first.lock()
        with pytest.raises(Conflict, match="its lock lasts until"):
            second.lock("one/one-run")
        world.clock.sleep(timedelta(hours=2).total_seconds())
        with pytest.raises(Conflict, match="its lock expired"):
            second.lock()
        second.lock("one/one-run")
        with pytest.raises(Conflict, match="taken by another"):
            first.apply(first.planned(files(world), None, out_of_order=False).todo[0])
        first.unlock()
        assert rows(world, ocid, tracking.READ_LOCK)[0]["owner_name"] == "two/two-run"


def test_an_attempt_that_is_not_as_dead_as_it_seemed_stops_before_its_next_statement(world):
    ocid = world.add("orders")
    with world.sessions.session(world.look(ocid), 10) as session:
        first = migrator(world, session, "one")
        first.lock()
        again = replace(first, run_id="again")
        again.lock()
        todo = first.planned(files(world), None, out_of_order=False).todo[0]
        with pytest.raises(Conflict, match="taken by another"):
            first.apply(todo)
        first.unlock()
        again.apply(replace(todo, is_begun=True))
        assert again.planned(files(world), None, out_of_order=False).done == ("001",)


def test_a_decision_about_a_statement_is_not_lost_when_the_run_ends_amidst_it(world):
    ocid = world.add("orders")
    world.put("fleet/migrations/parts/V002__makers.sql", TWO)
    run(world, ocid, mode="apply")
    with world.sessions.session(world.look(ocid), 10) as session:

        class Ending:
            """A session whose program ends with its first change of what is known of a statement."""

            rows = session.rows

            def execute(self, sql: str, *binds: Any) -> int:
                session.execute(sql, *binds)
                if "cloudops_migration_steps" in sql:
                    raise KeyboardInterrupt
                return 1

        ending = migrator(world, Ending(), "one")
        decided = ending.planned(files(world), Resume("002/2", "count as done"), out_of_order=False)
        ending.lock()
        with pytest.raises(KeyboardInterrupt):
            ending.apply(decided.todo[0])
        left = ending.planned(files(world), None, out_of_order=False).todo[0]
        assert left.numbers == (3,)


def test_a_long_migration_keeps_others_away_for_as_long_as_its_statements_may_take(world):
    ocid = world.add("orders")
    world.put("fleet/migrations/parts/V002__makers.sql", TWO)
    run(world, ocid, mode="apply", statement_timeout_minutes=200)
    begun = world.journal().filter(pl.col("outcome") == "begun").to_dicts()
    untils = [datetime.fromisoformat(json.loads(row["after"])["until"]) - row["at"] for row in begun]
    assert sorted(untils) == [timedelta(minutes=2 * 2 * 200), timedelta(minutes=3 * 2 * 200)]


def test_a_protected_database_is_migrated_by_its_name_and_a_clone_never(world):
    ocid = world.add("orders", displayName="Orders", freeformTags={"protected": "true"})
    assert "protected" in failure_of(run(world, ocid, mode="apply"))
    assert metadata_of(run(world, ocid, mode="apply", confirm="Orders"))["applied"] == 1
    clone = world.add("copy", isRefreshableClone=True, openMode="READ_ONLY")
    assert "read-only" in failure_of(run(world, clone))
    assert "STOPPED" in failure_of(run(world, world.add("off", lifecycleState="STOPPED")))


def test_files_that_cannot_be_run_are_told_before_anything_is(world):
    ocid = world.add("orders")
    world.put("fleet/migrations/parts/V002__echo.sql", "SET ECHO ON\n")
    assert "V002__echo.sql: line 1: SET is a command" in failure_of(run(world, ocid, mode="apply"))
    with pytest.raises(BadInput, match="no migration"):
        migrations_in(LocalObjectStore(root=str(world.folder / "inputs")), "other")


def test_a_migrator_that_finds_another_at_its_first_table_goes_on(world):
    ocid = world.add("orders")
    with world.sessions.session(world.look(ocid), 10) as session:
        session.execute(tracking.CREATE[tracking.LOCK])
        migrator(world, session, "one").lock()
        with pytest.raises(PermanentError):
            session.execute(tracking.CREATE[tracking.LOCK])
