"""The job that sets up standbys and the asset that watches them, against the embedded Oracle cloud over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.inventory import inventory
from assets.journal import Journal
from assets.recovery import tables
from assets.recovery.drilling import contents
from assets.recovery.logic.standbys import plan
from assets.recovery.policy_files import standbys_wanted
from assets.recovery.replication import replication
from jobs.database_changes import Applied, DatabaseWorld
from jobs.standby_changes import apply, settle
from jobs.standbys import standbys
from tests.jobs.recovery_worlds import AWAY, HOME, World, metadata, why, world

OP = "set_up_standbys"
WANTED = "standbys: [{match: {database: orders}, local: true, remote: [{region: us-ashburn-1, replicate_backups: true}]}]"
NONE_WANTED = "standbys: [{match: {database: orders}}]"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        one.says("recovery/standbys.yaml", WANTED)
        yield one


def once(made: World, run_id: str = "run", *confirmed: str) -> Applied[Any]:
    """What the job does, without Dagster."""
    found = inventory(made.databases)
    doing = DatabaseWorld(made.databases, made.clock, Journal(made.lake, tables.JOURNAL, run_id, "ann"), 14_400)
    steps = plan(found.databases, standbys_wanted(made.resources["inputs_store"]), confirmed)
    settle(doing, found.by_id)
    return apply(doing, steps)


def kinds(made: World, ocid: str) -> list[tuple[str, str | None]]:
    return [(s.kind, s.region) for s in made.databases.database(HOME, ocid).standbys]


def watch(made: World, **config: Any) -> tuple[list[dict[str, Any]], dict[str, bool]]:
    """Look how far standbys are behind: all rows so far, and the checks."""
    needed = [name for name in made.resources if name != "object_lifecycle"]
    result = dg.materialize(
        [replication],
        resources={name: made.resources[name] for name in needed},
        run_config={"ops": {"recovery__replication": {"config": config}}},
    )
    return made.table(tables.REPLICATION), {c.check_name: c.passed for c in result.get_asset_check_evaluations()}


def test_a_plan_changes_nothing(made):
    orders = made.add("orders")

    result = made.run(standbys, OP)

    assert metadata(result)["steps"] == 2
    assert kinds(made, orders) == []


def test_a_name_that_is_of_no_database_and_a_region_that_is_not_the_tenancys_stop_a_run_before_anything_is_done(made):
    made.add("orders")

    assert "ordrs: confirmed, and no database" in why(made.run(standbys, OP, mode="apply", confirm_remove=["ordrs"]), OP)
    made.says("recovery/standbys.yaml", WANTED.replace("us-ashburn-1", "mars-1"))
    assert "not subscribed to: mars-1" in why(made.run(standbys, OP, mode="apply"), OP)
    assert made.journal() == []


def test_standbys_are_made_in_both_regions_once(made):
    orders = made.add("orders")

    result = made.run(standbys, OP, mode="apply")

    assert result.success, why(result, OP)
    assert metadata(result)["done"] == 2
    assert sorted(kinds(made, orders)) == [("local", None), ("remote", AWAY)]
    (abroad,) = made.databases.databases(AWAY, made.sandbox.tenancy)
    assert (abroad.role, abroad.replicates_backups, abroad.environment) == ("STANDBY", True, "prod")
    assert once(made).done == []
    assert [operation for operation, _ in made.journal()].count("add remote standby") == 2


def test_what_is_not_wanted_is_removed_only_if_its_primary_is_named(made):
    orders = made.add("orders")
    once(made)
    made.says("recovery/standbys.yaml", NONE_WANTED)

    assert len(once(made, "two").held) == 2
    assert len(kinds(made, orders)) == 2
    applied = once(made, "three", "orders")
    assert (len(applied.done), applied.failed) == (2, [])
    assert kinds(made, orders) == []


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(("call", "when"), [("create", "before"), ("create", "after"), ("work_request", "before")])
def test_a_run_that_is_cut_off_is_finished_by_the_next(made, monkeypatch, call, when):
    orders = made.add("orders")
    kind = type(made.databases)
    real = getattr(kind, call)

    def cut(*arguments: Any, **named: Any) -> Any:
        if when == "after":
            real(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(kind, call, cut)
        with pytest.raises(Killed):
            once(made, "first")
    made.sandbox.advance(3600)
    once(made, "second")

    assert sorted(kinds(made, orders)) == [("local", None), ("remote", AWAY)]
    assert len(made.databases.databases(AWAY, made.sandbox.tenancy)) == 1
    outcomes = [outcome for _, outcome in made.journal()]
    assert outcomes.count("begun") * 2 == len(outcomes)


def test_how_far_standbys_are_behind_is_watched_and_kept(made):
    orders = made.add("orders")
    once(made)

    rows, checks = watch(made)
    assert {(row["kind"], row["status"]) for row in rows} == {("local", "within"), ("remote", "within")}
    assert all(checks.values())

    made.fault(orders, "lagging", seconds=500)
    made.sandbox.advance(900)
    rows, checks = watch(made)
    assert len(rows) == 4
    assert {(row["kind"], row["status"]) for row in rows[2:]} | {(row["kind"], row["status"]) for row in rows[:2]} >= {
        ("local", "behind"), ("remote", "behind"),
    }  # fmt: skip
    assert not checks["no_standby_is_too_far_behind"]


def test_a_lag_that_nobody_tells_is_unknown(made):
    made.add("orders")
    once(made)
    made.sandbox.fault("status", operation="summarize_metrics_data", status=500, times=99)

    rows, checks = watch(made)

    remote = next(row for row in rows if row["kind"] == "remote")
    assert (remote["rpo_seconds"], remote["status"]) == (None, "unknown")
    assert not checks["it_is_known_how_far_standbys_are_behind"]


def test_a_standby_that_was_removed_can_be_made_anew_at_once(made):
    orders = made.add("orders")
    once(made)
    made.says("recovery/standbys.yaml", NONE_WANTED)
    once(made, "two", "orders")
    made.says("recovery/standbys.yaml", WANTED)

    assert once(made, "three").failed == []
    assert sorted(kinds(made, orders)) == [("local", None), ("remote", AWAY)]


def test_a_heartbeat_of_long_ago_does_not_show_that_a_standby_is_near(made):
    orders = made.add("orders")
    once(made)
    made.sandbox.fault("status", operation="summarize_metrics_data", status=500, times=99)
    database = made.databases.database(HOME, orders)
    with made.resources["database_sessions"].session(database, 5) as session:
        if not contents.has_table(session):
            contents.make_table(session)
        contents.write(session, 1 + contents.last_number(session), made.clock, "run")
    (abroad,) = made.databases.databases(AWAY, made.sandbox.tenancy)
    made.databases.convert_standby(AWAY, abroad.id, to_snapshot=True, if_match="*")
    made.sandbox.advance(86400)

    def seen(**config: Any) -> tuple[float | None, str]:
        row = max((row for row in watch(made, **config)[0] if row["kind"] == "remote"), key=lambda row: row["at"])
        return row["rpo_seconds"], row["status"]

    assert seen() == (None, "unknown")
    seconds, status = seen(heartbeats=True)  # one more, which does not arrive: the standby has not followed since
    assert (seconds is not None and 86400 < seconds < 86500, status) == (True, "behind")
