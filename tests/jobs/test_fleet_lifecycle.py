"""Lifecycle of databases from end to end, against the embedded cloud: planned, guarded, done once, cut off anywhere."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

import dagster as dg
import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from assets.fleet import tables
from assets.fleet.logic.lifecycle.evidence import Evidence
from assets.fleet.logic.lifecycle.requests import (
    BackUp,
    Clone,
    Decommission,
    Named,
    Provision,
    Request,
    Scale,
    Start,
    Stop,
    Target,
)
from assets.fleet.logic.lifecycle.templates import STANDARD
from assets.fleet.logic.lifecycle.transitions import OPERATIONS, Operation, refusal
from assets.journal import Journal
from benchmarks.lifecycle import World, is_legal, repeated, unmatched
from benchmarks.lifecycle_cloud import Cloud, Fuse, Killed, point_of
from jobs.fleet_lease import Lease
from jobs.fleet_lifecycle import fleet_lifecycle
from jobs.lifecycle_changes import Bounds, Lifecycle
from resources.autonomous_databases import Changes, NewDatabase
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput, Conflict, PermanentError, Unavailable
from sandbox.oci.services.database import add_local_standby, add_standby
from sandbox.oci.services.database.lifecycle import DATABASES
from tests.lifecycle_fleets import AWAY, HOME, SECRET, Fleet, failure_of, fleet, metadata_of

KNOWN = Evidence((), (), 0, None, asked=True)


class Brittle:
    """A service of which one call ends the run: before it or after it."""

    def __init__(self, service: Any, call: str, *, after: bool) -> None:
        self._service, self._call, self._after = service, call, after

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._service, name)
        if name != self._call:
            return asked

        def called(*arguments: Any, **named: Any) -> Any:
            if self._after:
                asked(*arguments, **named)
            raise Killed

        return called


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Fleet]:
    with fleet(tmp_path) as made:
        yield made


def lifecycle(world: Fleet, root: str, run_id: str = "", service: Any = None, over: Any = ()) -> Lifecycle:
    journal = Journal(world.lake, tables.JOURNAL, run_id or root, "ann")
    lease = Lease(journal, world.clock, root, lambda run: run in over)
    asked = cast(AutonomousDatabases, service or world.service)
    return Lifecycle(asked, lease, world.clock, STANDARD, lambda _: KNOWN, Bounds(longest_wait=timedelta(hours=2)))


def named(world: Fleet, name: str, **fields: Any) -> Named:
    usual = {"environment": "development", "tags": {"owner": "ann"}, "secret_id": SECRET}
    return Named(HOME, world.sandbox.tenancy, name, name, **{**usual, **fields})


def apply(world: Fleet, **config: Any) -> Any:
    return world.run(fleet_lifecycle, "change_database", config)


@dataclass(frozen=True)
class Kind:
    """An operation: what it asks for, the call that does it, and what it finds."""

    request: Callable[[Fleet, str], Request]
    call: str
    logged: str
    state: str = "AVAILABLE"


KINDS = {
    "provision": Kind(lambda world, _: Provision(named(world, "sales")), "create", "create_autonomous_database"),
    "clone": Kind(lambda world, ocid: Clone(named(world, "copy"), ocid, "full"), "create", "create_autonomous_database"),
    "scale": Kind(lambda _, ocid: Scale(Target(HOME, ocid), ecpus=4), "update", "update"),
    "start": Kind(lambda _, ocid: Start(Target(HOME, ocid)), "start", "start", "STOPPED"),
    "stop": Kind(lambda _, ocid: Stop(Target(HOME, ocid)), "stop", "stop"),
    "back up": Kind(lambda _, ocid: BackUp(Target(HOME, ocid), 90), "back_up", "backup"),
    "decommission": Kind(lambda _, ocid: Decommission(Target(HOME, ocid), 90), "delete", "delete"),
}


@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_is_killed_at_its_call_and_run_again_does_it_once(world, after):
    for number, (name, kind) in enumerate(KINDS.items()):
        ocid = world.add(f"orders{number}", lifecycleState=kind.state)
        request, before, known = kind.request(world, ocid), len(world.log()), len(world.outcomes())
        with pytest.raises(Killed):
            lifecycle(world, name, service=Brittle(world.service, kind.call, after=after)).apply(request)
        world.clock.sleep(1)
        lifecycle(world, name, f"{name}, again").apply(request)
        assert len([row for row in world.log()[before:] if kind.logged in row["operation"]]) == 1
        ends = [outcome for operation, outcome in world.outcomes()[known:] if operation == name]
        assert ends == (["found done"] if after else ["found undone", "done"])
        before = len(world.log())
        lifecycle(world, name, f"{name}, once more").apply(request)
        assert len(world.log()) == before


def test_a_database_is_made_by_its_template_and_the_plan_says_so_before(world):
    new = {"db_name": "sales", "display_name": "Sales", "environment": "production", "secret_id": SECRET}
    tags = {"owner": "ann", "cost-center": "7"}
    what = {"provision": {"region": HOME, "compartment_id": world.sandbox.tenancy, "tags": tags, **new}}
    told = metadata_of(apply(world, what=what))
    assert (told["mode"], told["would_be_refused"], world.log()) == ("plan", "no", [])
    assert "compute_count 4" in told["plan"]
    metadata_of(apply(world, mode="apply", what=what, by="ann"))
    (made,) = [one for one in world.service.databases(HOME, world.sandbox.tenancy) if one.db_name == "sales"]
    assert (made.compute_count, made.backup_retention_days, made.is_protected, made.environment) == (4, 30, True, "production")
    assert world.outcomes() == [("provision", "done")]
    assert "is there already" in failure_of(apply(world, mode="apply", what=what))


def test_what_cannot_be_asked_for_is_told_before_any_call(world):
    ocid = world.add("orders")
    failed = failure_of(apply(world, mode="apply", what={"scale": {"region": HOME, "database": ocid, "ecpus": 100}}))
    assert "ecpus is 100" in failed
    assert (world.log(), world.journal().height) == ([], 0)


def test_what_is_protected_is_stopped_only_by_its_name(world):
    ocid = world.add("orders", displayName="Orders", freeformTags={"protected": "true"})
    what = {"stop": {"region": HOME, "database": ocid}}
    assert "it is protected" in failure_of(apply(world, mode="apply", what=what, confirm="orders"))
    assert world.look(ocid).lifecycle_state == "AVAILABLE"
    metadata_of(apply(world, mode="apply", what=what, confirm="Orders"))
    assert world.look(ocid).lifecycle_state == "STOPPED"


def test_a_database_goes_only_after_its_last_backup_can_be_restored(world):
    ocid = world.add("orders", displayName="Orders")
    what = {"decommission": {"region": HOME, "database": ocid, "keep_days": 400}}
    told = metadata_of(apply(world, what=what))
    with world.sessions.session(world.look(ocid), 10) as session:
        (seen,) = session.rows("SELECT COUNT(*) AS n FROM gv$session WHERE type = 'USER' AND username IS NOT NULL AND sid <> 1")
    assert f"open sessions: {seen['n']}; last login: " in told["plan"]
    assert "unknown" not in told["plan"].split("note: ")[1]
    metadata_of(apply(world, mode="apply", what=what, confirm="Orders"))
    assert world.look(ocid).lifecycle_state == "TERMINATED"
    (kept,) = [one for one in world.service.backups(HOME, ocid) if one.type == "LONGTERM"]
    assert (kept.lifecycle_state, kept.is_restorable, kept.retention_days) == ("ACTIVE", True, 400)
    assert world.outcomes() == [("back up", "done"), ("decommission", "done")]


def test_a_database_whose_last_backup_fails_is_left_as_it_is(world):
    ocid = world.add("orders")

    class Unrestorable(Brittle):
        def __getattr__(self, name: str) -> Any:
            asked = getattr(self._service, name)
            if name != "backups":
                return asked
            return lambda *arguments: [replace(one, is_restorable=None) for one in asked(*arguments)]

    with pytest.raises(PermanentError, match="restorable: unknown"):
        lifecycle(world, "one", service=Unrestorable(world.service, "", after=False)).apply(Decommission(Target(HOME, ocid), 90))
    assert world.look(ocid).lifecycle_state == "AVAILABLE"


def test_a_database_that_was_used_for_days_after_its_last_backup_does_not_go_by_a_late_repeat(world):
    ocid = world.add("orders")
    request = Decommission(Target(HOME, ocid), 90)
    with pytest.raises(Killed):
        lifecycle(world, "one", service=Brittle(world.service, "delete", after=False)).apply(request)
    world.clock.sleep(timedelta(days=3).total_seconds())
    with pytest.raises(PermanentError, match="too old"):
        lifecycle(world, "one", "again").apply(request)
    assert world.look(ocid).lifecycle_state == "AVAILABLE"
    lifecycle(world, "two").apply(request)
    assert (world.look(ocid).lifecycle_state, len(world.log("backup"))) == ("TERMINATED", 2)


def test_a_change_that_the_service_gives_up_is_written_down_and_can_be_run_again(world):
    ocid = world.add("orders")
    fault = {"kind": "work_request_fails", "action": "scale", "times": 1}
    httpx.post(f"{world.sandbox.url}/sandbox/databases/{ocid}/faults", json=fault).raise_for_status()
    with pytest.raises(PermanentError):
        lifecycle(world, "one").apply(Scale(Target(HOME, ocid), ecpus=4))
    lifecycle(world, "one", "again").apply(Scale(Target(HOME, ocid), ecpus=4))
    assert world.outcomes() == [("scale", "failed"), ("scale", "done")]
    assert world.look(ocid).compute_count == 4


def test_another_run_waits_until_the_first_is_known_to_be_over(world):
    ocid = world.add("orders")
    with pytest.raises(Killed):
        lifecycle(world, "one", service=Brittle(world.service, "stop", after=True)).apply(Stop(Target(HOME, ocid)))
    other = Scale(Target(HOME, ocid), ecpus=4)
    with pytest.raises(Conflict, match="run one is at work on it"):
        lifecycle(world, "two").apply(other)
    with pytest.raises(Conflict, match="STOPPED"):
        lifecycle(world, "two", over={"one"}).apply(other)
    assert world.outcomes() == [("stop", "found done")]


def test_a_lease_that_is_too_old_keeps_nobody_away(world):
    ocid = world.add("orders")
    with pytest.raises(Killed):
        lifecycle(world, "one", service=Brittle(world.service, "update", after=False)).apply(Scale(Target(HOME, ocid), ecpus=4))
    world.clock.sleep(7 * 3600)
    lifecycle(world, "two").apply(Scale(Target(HOME, ocid), ecpus=8))
    assert world.outcomes() == [("scale", "found undone"), ("scale", "done")]


def test_how_long_others_stay_away_is_said_by_who_is_at_work_and_not_by_who_comes(world):
    ocid = world.add("orders")
    with pytest.raises(Killed):
        lifecycle(world, "one", service=Brittle(world.service, "update", after=False)).apply(Scale(Target(HOME, ocid), ecpus=4))
    world.clock.sleep(3600)
    hasty = lifecycle(world, "two")
    with pytest.raises(Conflict, match="run one is at work on it"):
        replace(hasty, lease=replace(hasty.lease, lasts=timedelta(minutes=3))).apply(Stop(Target(HOME, ocid)))


def test_of_two_that_begin_at_once_the_later_stands_back(world):
    ocid = world.add("orders")

    class Slow(Brittle):
        def __getattr__(self, name: str) -> Any:
            asked = getattr(self._service, name)
            if name != "update":
                return asked

            def called(*arguments: Any, **more: Any) -> Any:
                # it looked before the other began, and begins after it
                with pytest.raises(Conflict, match="at work"):
                    lifecycle(world, "two").apply(Stop(Target(HOME, ocid)))
                return asked(*arguments, **more)

            return called

    lifecycle(world, "one", service=Slow(world.service, "", after=False)).apply(Scale(Target(HOME, ocid), ecpus=4))
    assert [row["operation"] for row in world.log()] == ["update_autonomous_database"]


def test_a_database_that_changed_since_it_was_planned_is_left_alone(world):
    ocid = world.add("orders")

    class Changing(Brittle):
        looks = 0

        def __getattr__(self, name: str) -> Any:
            asked = getattr(self._service, name)
            if name == "database":
                self.looks += 1
                if self.looks == 2:
                    by_hand = world.service.update(HOME, ocid, Changes(compute_count=16), "*")
                    world.clock.sleep(600)
                    assert by_hand
            return asked

    with pytest.raises(Conflict, match="changed since it was planned"):
        lifecycle(world, "one", service=Changing(world.service, "", after=False)).apply(Scale(Target(HOME, ocid), ecpus=4))
    assert world.look(ocid).compute_count == 16


def test_a_service_that_does_not_answer_leaves_the_change_open_and_the_next_run_ends_it(world):
    ocid = world.add("orders")
    world.sandbox.fault("drop_after", operation="stop_autonomous_database", times=1)
    with pytest.raises(Unavailable):
        lifecycle(world, "one").apply(Stop(Target(HOME, ocid)))
    assert world.outcomes() == []
    lifecycle(world, "one", "again").apply(Stop(Target(HOME, ocid)))
    assert (world.outcomes(), len(world.log("stop"))) == ([("stop", "found done")], 1)


def test_a_database_made_twice_by_a_lost_answer_is_made_once_even_when_its_token_is_forgotten(world):
    request = Provision(named(world, "sales"))
    with pytest.raises(Killed):
        lifecycle(world, "one", service=Brittle(world.service, "create", after=True)).apply(request)
    world.clock.sleep(30 * 3600)
    lifecycle(world, "one", "again").apply(request)
    assert len(world.log("create")) == 1
    assert world.outcomes() == [("provision", "found done")]


def test_nothing_is_done_to_what_is_not_there(world):
    with pytest.raises(Conflict, match="there is none of this OCID"):
        lifecycle(world, "one").apply(Stop(Target(HOME, "ocid1.autonomousdatabase.oc1.eu-frankfurt-1.gone")))


def test_what_is_wrong_by_itself_is_told_before_the_service_is_asked_anything(world):
    one = "ocid1.autonomousdatabase.oc1..x"
    wrong = [Scale(Target(HOME, "orders"), ecpus=4), BackUp(Target(HOME, one), 7), Provision(named(world, "9lives"))]
    wrong.append(Clone(named(world, "copy", environment="moon"), one, "full"))
    for request in wrong:
        with pytest.raises(BadInput):
            lifecycle(world, "one", service=object()).apply(request)


def test_a_request_that_cannot_be_is_told_by_the_plan_too(world):
    with pytest.raises(BadInput, match="whole number"):
        lifecycle(world, "one").planned(Scale(Target(HOME, world.add("orders")), ecpus=2.5))


def agree(world: Fleet, ocid: str, region: str) -> None:
    """What the table allows to a database, the cloud has to accept."""
    database = world.service.database(region, ocid)
    calls: dict[Operation, Callable[[], Any]] = {
        "start": lambda: world.service.start(region, ocid, "*"),
        "stop": lambda: world.service.stop(region, ocid, "*"),
        "scale": lambda: world.service.update(region, ocid, Changes(compute_count=6), "*"),
        "configure": lambda: world.service.update(region, ocid, Changes(is_auto_scaling_enabled=True), "*"),
        "back up": lambda: world.service.back_up(region, ocid, "b", f"b{ocid}{database.etag}"),
        "clone": lambda: world.service.create(region, copy(world, ocid, "clone"), f"c{ocid}{database.etag}"),
        "clone refreshable": lambda: world.service.create(
            region, copy(world, ocid, "refreshable clone"), f"r{ocid}{database.etag}"
        ),
        "decommission": lambda: world.service.delete(region, ocid, "*"),
    }
    found = world.sandbox.cloud.store.table(DATABASES)[ocid]
    for operation, call in calls.items():
        kept = dict(found.body)
        if refusal(operation, database) is None:
            call()
        found.body.clear()
        found.body.update(kept)
        world.sandbox.cloud.store.forget_changes(DATABASES, ocid)


def copy(world: Fleet, ocid: str, source: Any) -> NewDatabase:
    number = len(world.sandbox.cloud.store.table(DATABASES))
    secret = None if source == "refreshable clone" else SECRET
    return NewDatabase(world.sandbox.tenancy, f"copy{number}", "copy", source=source, source_id=ocid, secret_id=secret)


def test_what_the_table_allows_the_cloud_accepts_in_every_state_and_role(world):
    store = world.sandbox.cloud.store
    for number, state in enumerate(["AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "STOPPED", "UNAVAILABLE", "RESTORE_FAILED",
                                    "UPDATING", "STOPPING", "INACCESSIBLE"]):  # fmt: skip
        agree(world, world.add(f"alone{number}", lifecycleState=state), HOME)
    agree(world, world.add("free", isFreeTier=True), HOME)
    primary = world.add("led")
    standby = add_standby(store, store.table(DATABASES)[primary], AWAY, "ADG")
    agree(world, primary, HOME)
    agree(world, str(standby.body["id"]), AWAY)
    local = world.add("local")
    add_local_standby(store, store.table(DATABASES)[local])
    agree(world, local, HOME)
    assert set(OPERATIONS) - {"migrate"} == {"start", "stop", "scale", "configure", "back up", "clone", "clone refreshable",
                                             "decommission"}  # fmt: skip


class Steps(RuleBasedStateMachine):
    """Random operations on a fleet, cut off anywhere and repeated, against a cloud whose clock stands still."""

    brittle: Cloud
    number = 0

    @initialize()
    def begin(self) -> None:
        Steps.number += 1
        self.world = World.at(self.brittle, 0, f"fleet{Steps.number}")

    @rule(seed=st.integers(0, 2**32))
    def step(self, seed: int) -> None:
        self.world.random.seed(seed)
        self.world.step()

    def teardown(self) -> None:
        self.world.finish()
        found = self.world.count
        assert (found.illegal_accepted, found.refused_by_the_cloud, found.repeated, found.unequal) == (0, 0, 0, 0)
        assert found.races == found.races_refused


def test_operations_are_legal_done_once_and_journalled_whatever_happens(world):
    Steps.brittle = Cloud.at(world.sandbox.url, world.folder / "cloud")
    few = settings(max_examples=3, stateful_step_count=8, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Steps, settings=few)


def test_a_change_that_the_journal_does_not_know_and_one_that_was_not_made_are_noticed():
    at = datetime(2026, 11, 16, 12, tzinfo=UTC)
    made = {"operation": "stop_autonomous_database", "token": None, "database": "one", "time": at.isoformat()}
    known = {"operation": "stop", "key": "k", "subject": "one", "at": at, "end": at, "wanted": "root r"}
    assert unmatched([made], [known]) == 0
    assert unmatched([made], []) == unmatched([], [known]) == 1
    assert unmatched([made, made], [known]) == 1
    assert unmatched([made], [{**known, "subject": "two"}]) == 2
    assert repeated([], [known, known]) == 1
    assert repeated([{**made, "token": "t"}, {**made, "token": "t"}], []) == 1


@pytest.mark.parametrize(
    ("operation", "was", "legal"),
    [
        ("stop_autonomous_database", {}, True),
        ("stop_autonomous_database", {"lifecycleState": "STOPPED"}, False),
        ("stop_autonomous_database", {"lifecycleState": "SCALE_IN_PROGRESS"}, False),
        ("start_autonomous_database", {}, False),
        ("start_autonomous_database", {"lifecycleState": "STOPPED", "role": "STANDBY"}, False),
        ("update_autonomous_database", {"lifecycleState": "STOPPED"}, False),
        ("delete_autonomous_database", {"lifecycleState": "STOPPED"}, True),
        ("delete_autonomous_database", {"lifecycleState": "TERMINATING"}, False),
        ("delete_autonomous_database", {"role": "PRIMARY", "peerDbIds": ["away"]}, False),
        ("create_autonomous_database_backup", {"isRefreshableClone": True}, False),
        ("create_autonomous_database", None, True),
        ("create_autonomous_database", {"lifecycleState": "UPDATING"}, False),
    ],
)
def test_what_the_cloud_took_in_a_wrong_state_is_noticed(operation, was, legal):
    usual = {"lifecycleState": "AVAILABLE", "role": None, "isRefreshableClone": None, "isFreeTier": None, "peerDbIds": []}
    row = {"operation": operation, "was": None if was is None else {**usual, **was}, "fields": ["computeCount"]}
    assert is_legal(row) is legal


def test_a_run_ends_before_or_after_the_point_that_was_chosen_and_points_that_were_missed_are_known():
    class First(Random):
        def random(self) -> float:
            return 0.0

        def choice(self, known: Any) -> Any:
            return known[0]

    def run(fuse: Fuse) -> list[str]:
        done = []
        with contextlib.suppress(Killed):
            for point in ("look", "act"):
                with fuse.burning(point):
                    done.append(point)
        return done

    fuse = Fuse()
    assert (run(fuse), fuse.missed()) == (["look", "act"], [("act", False), ("act", True), ("look", False), ("look", True)])
    ends = []
    for _ in range(4):
        fuse.arm(First())
        ends.append((run(fuse), len(fuse.missed())))
    assert ends == [([], 3), (["look"], 2), (["look"], 1), (["look", "act"], 0)]
    assert point_of("PUT", "http://x/eu/database/20160918/autonomousDatabases/ocid1.a.b?c=d") == "PUT autonomousDatabases/*"


def test_the_launchpad_begins_with_a_config_that_can_be_launched_and_only_plans():
    (config,) = (op["config"] for op in dg.validate_run_config(fleet_lifecycle)["ops"].values())
    assert config["mode"] == "plan"
