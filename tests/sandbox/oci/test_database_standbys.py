"""Standbys of Autonomous Databases as the service keeps them: roles, what is lost and what is not, faults on demand."""

from datetime import timedelta

import oci
import pytest

from sandbox.oci.services.database import DATABASES, add_database, add_local_standby, add_standby, contents
from sandbox.oci.store import Store
from tests.sandbox.oci.conftest import NOW, refused

MODELS = oci.database.models
HOME, AWAY, FAR = "eu-frankfurt-1", "us-ashburn-1", "ap-tokyo-1"
PASSWORD = "Long4enough_pass"
CONFLICT = (409, "IncorrectState")


@pytest.fixture
def home(sandbox):
    return sandbox.client(oci.database.DatabaseClient, "database", HOME)


@pytest.fixture
def away(sandbox):
    return sandbox.client(oci.database.DatabaseClient, "database", AWAY)


@pytest.fixture
def pair(sandbox):
    """OCIDs of a primary at home and of its standby away, which have caught up."""
    primary = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "orders")
    standby = add_standby(sandbox.cloud.store, primary, AWAY)
    run(sandbox, primary.body["id"], "CREATE TABLE beats (n NUMBER)")
    sandbox.advance(60)
    return primary.body["id"], standby.body["id"]


def run(sandbox, key, sql, **binds):
    sandbox.cloud.store.catch_up()
    return contents.run(sandbox.cloud.store, key, sql, binds).rows


def beat(sandbox, ocid, n):
    run(sandbox, ocid, "INSERT INTO beats (n) VALUES (:n)", n=n)


def beats(sandbox, key):
    return [row[0] for row in run(sandbox, key, "SELECT n FROM beats ORDER BY n")]


def shape(client, ocid):
    found = client.get_autonomous_database(ocid).data
    return found.lifecycle_state, found.role


def work(sandbox, answer, region=AWAY):
    requests = sandbox.client(oci.work_requests.WorkRequestClient, "work_requests", region)
    return requests.get_work_request(answer.headers["opc-work-request-id"]).data.status


def snapshot(*, on):
    return MODELS.ChangeDisasterRecoveryConfigurationDetails(is_snapshot_standby=on)


def test_a_failover_loses_what_had_not_reached_the_standby_when_it_was_asked_for(sandbox, home, away, pair):
    primary, standby = pair
    sandbox.database_fault(standby, "lagging", seconds=120)
    sandbox.advance(600)
    for n in range(10):
        beat(sandbox, primary, n)
        sandbox.advance(30)
    answer = away.fail_over_autonomous_database(standby, peer_db_id=primary)
    assert shape(home, primary) == ("ROLE_CHANGE_IN_PROGRESS", "PRIMARY")
    sandbox.advance(180)
    assert (shape(away, standby), work(sandbox, answer)) == (("AVAILABLE", "PRIMARY"), "SUCCEEDED")
    assert beats(sandbox, standby) == [0, 1, 2, 3, 4, 5, 6]
    sandbox.advance(600)
    assert shape(home, primary) == ("STANDBY", "STANDBY")
    beat(sandbox, standby, 100)
    sandbox.advance(600)
    assert beats(sandbox, primary) == [0, 1, 2, 3, 4, 5, 6, 100]


def test_a_switchover_loses_nothing(sandbox, home, away, pair):
    primary, standby = pair
    beat(sandbox, primary, 1)
    away.switchover_autonomous_database(standby, peer_db_id=primary)
    sandbox.advance(300)
    assert beats(sandbox, standby) == [1]
    changed = away.get_autonomous_database(standby).data
    assert changed.time_data_guard_role_changed - NOW == timedelta(seconds=360)
    assert (shape(home, primary), changed.peer_db_ids) == (("STANDBY", "STANDBY"), [primary])
    assert home.list_autonomous_database_peers(primary).data.items[0].region == AWAY


@pytest.mark.parametrize("operation", ["fail_over_autonomous_database", "switchover_autonomous_database"])
def test_a_role_change_is_refused_on_the_wrong_side_without_its_peer_and_twice(sandbox, home, away, pair, operation):
    primary, standby = pair
    other = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "other").body["id"]
    assert refused(getattr(home, operation), primary, peer_db_id=standby) == CONFLICT
    assert refused(getattr(home, operation), primary) == CONFLICT
    assert refused(getattr(home, operation), other) == CONFLICT
    assert refused(getattr(away, operation), standby) == CONFLICT
    assert refused(getattr(away, operation), standby, peer_db_id=other) == (400, "InvalidParameter")
    assert refused(getattr(home, operation), standby, peer_db_id=primary) == (404, "NotAuthorizedOrNotFound")
    assert refused(getattr(away, operation), standby, peer_db_id=primary, if_match="other") == (412, "NoEtagMatch")
    getattr(away, operation)(standby, peer_db_id=primary)
    assert refused(getattr(away, operation), standby, peer_db_id=primary) == CONFLICT


def test_a_switchover_demands_a_primary_that_runs_and_a_failover_does_not(sandbox, home, away, pair):
    primary, standby = pair
    home.stop_autonomous_database(primary)
    sandbox.advance(60)
    assert refused(away.switchover_autonomous_database, standby, peer_db_id=primary) == CONFLICT
    away.fail_over_autonomous_database(standby, peer_db_id=primary)
    sandbox.advance(180)
    assert shape(away, standby) == ("AVAILABLE", "PRIMARY")


def test_a_failover_ends_what_the_primary_was_going_through(sandbox, home, away, pair):
    primary, standby = pair
    scaling = home.update_autonomous_database(primary, MODELS.UpdateAutonomousDatabaseDetails(compute_count=8.0))
    away.fail_over_autonomous_database(standby, peer_db_id=primary)
    sandbox.advance(900)
    assert (shape(home, primary), work(sandbox, scaling, HOME)) == (("STANDBY", "STANDBY"), "CANCELED")
    assert home.get_autonomous_database(primary).data.compute_count == 2.0


def test_a_standby_refuses_all_but_what_concerns_it_as_one(sandbox, away, pair):
    _, standby = pair
    update = MODELS.UpdateAutonomousDatabaseDetails
    backup = MODELS.CreateAutonomousDatabaseBackupDetails(autonomous_database_id=standby)
    clone = MODELS.CreateAutonomousDatabaseCloneDetails(
        compartment_id=sandbox.tenancy, source_id=standby, clone_type="FULL", db_name="copy", admin_password=PASSWORD
    )
    for call, *arguments in (
        (away.start_autonomous_database, standby),
        (away.stop_autonomous_database, standby),
        (away.restart_autonomous_database, standby),
        (away.update_autonomous_database, standby, update(compute_count=4.0)),
        (away.update_autonomous_database, standby, update(freeform_tags={"a": "b"})),
        (away.update_autonomous_database, standby, update(is_local_data_guard_enabled=True)),
        (away.restore_autonomous_database, standby, MODELS.RestoreAutonomousDatabaseDetails(latest=True)),
        (away.create_autonomous_database_backup, backup),
        (away.create_autonomous_database, clone),
        (away.change_disaster_recovery_configuration, standby, snapshot(on=False)),
    ):
        assert refused(call, *arguments) == CONFLICT


def test_a_terminated_standby_leaves_its_primary_alone(sandbox, home, away, pair):
    primary, standby = pair
    assert refused(home.delete_autonomous_database, primary) == CONFLICT
    away.delete_autonomous_database(standby)
    sandbox.advance(120)
    found = home.get_autonomous_database(primary).data
    assert (found.role, found.peer_db_ids, found.is_remote_data_guard_enabled) == (None, [], False)
    home.delete_autonomous_database(primary)


def test_a_region_has_one_standby_and_workloads_without_data_guard_have_none(sandbox, home, away, pair):
    primary, _ = pair

    def wanted(source):
        kind = MODELS.CreateCrossRegionAutonomousDatabaseDataGuardDetails
        return kind(compartment_id=sandbox.tenancy, source_id=source)

    assert refused(away.create_autonomous_database, wanted(primary)) == CONFLICT
    assert refused(home.create_autonomous_database, wanted(primary)) == (400, "InvalidParameter")
    for fields in ({"dbWorkload": "APEX"}, {"isFreeTier": True}):
        lone = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "lone" + str(len(fields)) + next(iter(fields)), **fields)
        assert refused(away.create_autonomous_database, wanted(lone.body["id"])) == (400, "InvalidParameter")


def test_all_standbys_follow_the_new_primary(sandbox, away, pair):
    primary, standby = pair
    third = add_standby(sandbox.cloud.store, sandbox.cloud.store.find(DATABASES, primary), FAR).body["id"]
    away.switchover_autonomous_database(standby, peer_db_id=primary)
    sandbox.advance(300)
    beat(sandbox, standby, 7)
    sandbox.advance(60)
    assert away.get_autonomous_database(standby).data.peer_db_ids == [primary, third]
    assert beats(sandbox, third) == beats(sandbox, primary) == [7]


def test_a_snapshot_standby_is_written_receives_nothing_and_forgets(sandbox, home, away, pair):
    primary, standby = pair
    away.change_disaster_recovery_configuration(standby, snapshot(on=True))
    assert shape(away, standby) == ("UPDATING", "STANDBY")
    sandbox.advance(300)
    found = away.get_autonomous_database(standby).data
    assert (found.lifecycle_state, found.role, found.open_mode) == ("AVAILABLE", "SNAPSHOT_STANDBY", "READ_WRITE")
    beat(sandbox, primary, 1)
    beat(sandbox, standby, 50)
    sandbox.advance(60)
    assert (beats(sandbox, primary), beats(sandbox, standby)) == ([1], [50])
    assert refused(away.fail_over_autonomous_database, standby, peer_db_id=primary) == CONFLICT
    away.change_disaster_recovery_configuration(standby, snapshot(on=False))
    sandbox.advance(300)
    assert (shape(away, standby), beats(sandbox, standby)) == (("STANDBY", "STANDBY"), [1])
    assert refused(home.change_disaster_recovery_configuration, primary, snapshot(on=True)) == CONFLICT


def test_a_snapshot_standby_is_a_standby_again_after_two_days(sandbox, away, pair):
    _, standby = pair
    away.change_disaster_recovery_configuration(standby, snapshot(on=True))
    sandbox.advance(300)
    sandbox.advance(48 * 3600 - 300)
    assert shape(away, standby) == ("UPDATING", "SNAPSHOT_STANDBY")
    sandbox.advance(300)
    assert shape(away, standby) == ("STANDBY", "STANDBY")


def test_a_local_failover_keeps_the_ocid_and_loses_the_tail(sandbox, home):
    found = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "orders")
    ocid = found.body["id"]
    add_local_standby(sandbox.cloud.store, found)
    run(sandbox, ocid, "CREATE TABLE beats (n NUMBER)")
    sandbox.advance(60)
    sandbox.database_fault(ocid, "replication_stopped")
    beat(sandbox, ocid, 1)
    assert home.get_autonomous_database(ocid).data.local_standby_db.lag_time_in_seconds >= 1
    home.fail_over_autonomous_database(ocid)
    assert refused(home.fail_over_autonomous_database, ocid) == CONFLICT
    sandbox.advance(120)
    assert (shape(home, ocid), beats(sandbox, ocid)) == (("AVAILABLE", "PRIMARY"), [])
    assert home.get_autonomous_database(ocid).data.local_standby_db.lifecycle_state == "PROVISIONING"
    assert refused(home.switchover_autonomous_database, ocid) == CONFLICT


def test_a_failover_that_is_stuck_ends_when_the_fault_is_taken_back(sandbox, away, pair):
    primary, standby = pair
    sandbox.database_fault(primary, "failover_stuck")
    answer = away.fail_over_autonomous_database(standby, peer_db_id=primary)
    sandbox.advance(86400)
    assert (shape(away, standby)[0], work(sandbox, answer)) == ("ROLE_CHANGE_IN_PROGRESS", "IN_PROGRESS")
    sandbox.own("DELETE", f"databases/{primary}/faults")
    sandbox.advance(30)
    assert (shape(away, standby), work(sandbox, answer)) == (("AVAILABLE", "PRIMARY"), "SUCCEEDED")


def test_a_failover_that_fails_leaves_both_sides_as_they_were(sandbox, home, away, pair):
    primary, standby = pair
    sandbox.database_fault(standby, "failover_fails")
    answer = away.fail_over_autonomous_database(standby, peer_db_id=primary)
    sandbox.advance(180)
    assert work(sandbox, answer) == "FAILED"
    assert (shape(home, primary), shape(away, standby)) == (("AVAILABLE", "PRIMARY"), ("STANDBY", "STANDBY"))
    beat(sandbox, primary, 1)
    sandbox.advance(60)
    assert beats(sandbox, standby) == [1]


def test_a_role_change_in_the_wrong_region_succeeds_and_changes_nothing(sandbox, home, away, pair):
    primary, standby = pair
    sandbox.database_fault(standby, "wrong_region", region=FAR)
    answer = away.switchover_autonomous_database(standby, peer_db_id=primary)
    sandbox.advance(300)
    assert (work(sandbox, answer), shape(home, primary)[1], shape(away, standby)) == ("SUCCEEDED", "PRIMARY", ("STANDBY",) * 2)
    assert away.list_autonomous_database_peers(standby).data.items[0].region == FAR


def test_a_standby_that_receives_nothing_cannot_be_switched_over_to(sandbox, away, pair):
    primary, standby = pair
    sandbox.database_fault(standby, "replication_stopped")
    answer = away.switchover_autonomous_database(standby, peer_db_id=primary)
    sandbox.advance(300)
    assert (work(sandbox, answer), shape(away, standby)) == ("FAILED", ("STANDBY", "STANDBY"))


def test_a_corrupted_standby_differs_once_it_is_the_primary(sandbox, away, pair):
    primary, standby = pair
    sandbox.database_fault(standby, "row_corrupted")
    total = "SELECT SUM(amount) FROM payments"
    before = run(sandbox, primary, total)
    away.switchover_autonomous_database(standby, peer_db_id=primary)
    sandbox.advance(300)
    assert run(sandbox, standby, total) != before


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "none"}, {"kind": "lagging"}, {"kind": "lagging", "seconds": "long"}, {"kind": "hung", "seconds": 1}, {}],
)
def test_a_fault_that_cannot_be_is_refused(sandbox, pair, wrong):
    path = f"databases/{pair[0]}/faults"
    assert sandbox.own("POST", path, wrong).status_code == 400
    assert sandbox.own("GET", path).json() == []


def test_faults_of_a_database_are_listed_and_taken_back_one_by_one(sandbox, pair):
    path = f"databases/{pair[1]}/faults"
    sandbox.database_fault(pair[1], "lagging", seconds=30)
    sandbox.database_fault(pair[1], "failover_stuck")
    assert {one["kind"] for one in sandbox.own("GET", path).json()} == {"lagging", "failover_stuck"}
    assert [one["kind"] for one in sandbox.own("DELETE", path, kind="lagging").json()] == ["failover_stuck"]
    assert sandbox.own("POST", "databases/none/faults", {"kind": "hung"}).status_code == 404


def test_what_is_going_on_goes_on_after_a_restart_of_the_sandbox(sandbox, away, pair):
    primary, standby = pair
    beat(sandbox, primary, 1)
    sandbox.advance(60)
    away.fail_over_autonomous_database(standby, peer_db_id=primary)
    sandbox.cloud.store.save()
    again = Store(sandbox.cloud.store.clock, sandbox.cloud.store.folder)
    assert again.restore()
    again.clock.advance(3600)
    again.catch_up()
    assert (again.find(DATABASES, standby).body["role"], again.find(DATABASES, primary).body["role"]) == ("PRIMARY", "STANDBY")
    assert contents.run(again, standby, "SELECT n FROM beats").rows == [(1,)]


def test_every_request_to_change_something_is_recorded_with_what_became_of_it(sandbox, home, away, pair):
    primary, standby = pair
    away.fail_over_autonomous_database(standby, peer_db_id=primary, opc_retry_token="once")
    away.fail_over_autonomous_database(standby, peer_db_id=primary, opc_retry_token="once")
    refused(away.fail_over_autonomous_database, standby, peer_db_id=primary, opc_retry_token="twice")
    home.get_autonomous_database(primary)
    refused(home.stop_autonomous_database, primary)
    log = sandbox.own("GET", "databases/log").json()
    assert [(r["operation"], r["database"], r["token"], r["accepted"], r["repeated"], r["code"]) for r in log] == [
        ("fail_over_autonomous_database", standby, "once", True, False, None),
        ("fail_over_autonomous_database", standby, "once", True, True, None),
        ("fail_over_autonomous_database", standby, "twice", False, False, "IncorrectState"),
        ("stop_autonomous_database", primary, None, False, False, "IncorrectState"),
    ]
    assert log[0]["work_request"] == log[1]["work_request"]


def test_backups_are_replicated_to_a_standby_that_was_asked_for_with_them(sandbox, away, pair):
    primary = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "ledger").body["id"]
    kind = MODELS.CreateCrossRegionDisasterRecoveryDetails
    wanted = {"source_id": primary, "remote_disaster_recovery_type": "BACKUP_BASED", "is_replicate_automatic_backups": True}
    standby = away.create_autonomous_database(kind(compartment_id=sandbox.tenancy, **wanted)).data.id
    sandbox.advance(1800)
    assert shape(away, standby) == ("STANDBY", "BACKUP_COPY")
    sandbox.advance(20 * 86400)
    found = away.list_autonomous_database_backups(autonomous_database_id=standby).data
    assert len(found) == 7
    assert {b.time_available_till - b.time_started for b in found} == {timedelta(days=7)}
    assert away.list_autonomous_database_backups(autonomous_database_id=pair[1]).data == []
