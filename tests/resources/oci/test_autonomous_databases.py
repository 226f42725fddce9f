"""Autonomous Databases through the product's client, from the sandbox over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from resources.autonomous_databases import AutonomousDatabase, Begun, Changes, NewDatabase, WorkRequest
from resources.embedded_clock import EmbeddedClock
from resources.errors import BadInput, Conflict, NotFound, PermanentError, Unavailable
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.work_following import follow
from sandbox.oci.services.database import add_backup, add_database, add_local_standby, add_standby
from sandbox.oci.services.database.others import add_db_system
from sandbox.oci.services.identity import add_compartment
from tests.sandboxes import NOW, Sandbox

HOME, AWAY = "eu-frankfurt-1", "us-ashburn-1"
PASSWORD = "Long4enough_pass"


@pytest.fixture
def databases(clients: OciClients) -> OciAutonomousDatabases:
    return OciAutonomousDatabases(clients=clients, page_size=2)


@pytest.fixture
def clock(sandbox: Sandbox) -> EmbeddedClock:
    return EmbeddedClock(endpoint=sandbox.url)


@pytest.fixture
def done(databases: OciAutonomousDatabases, clock: EmbeddedClock) -> Callable[..., WorkRequest]:
    """Follows what was begun to its end."""

    def to_its_end(begun: Begun, region: str = HOME) -> WorkRequest:
        assert begun.work_request_id
        return follow(databases, region, begun.work_request_id, clock, 7200)

    return to_its_end


def new(sandbox: Sandbox, name: str, **more: Any) -> NewDatabase:
    return NewDatabase(sandbox.tenancy, name, name.title(), **{"admin_password": PASSWORD, **more})


def etag(databases: OciAutonomousDatabases, ocid: str, region: str = HOME) -> str:
    return databases.database(region, ocid).etag


def add(sandbox: Sandbox, name: str, **fields: Any) -> str:
    return str(add_database(sandbox.cloud.store, HOME, sandbox.tenancy, name, **fields).body["id"])


def with_standby(sandbox: Sandbox, kind: str = "ADG") -> tuple[str, str]:
    """A primary at home and its standby away."""
    primary = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "orders")
    standby = add_standby(sandbox.cloud.store, primary, AWAY, kind)
    return str(primary.body["id"]), str(standby.body["id"])


def test_regions_and_compartments_are_found_with_their_paths(sandbox, databases):
    prod = add_compartment(sandbox.cloud.store, sandbox.tenancy, "prod")["id"]
    erp = add_compartment(sandbox.cloud.store, prod, "erp")["id"]
    found = {one.path: one.id for one in databases.compartments()}
    assert found.items() >= {"acme": sandbox.tenancy, "acme/prod": prod, "acme/prod/erp": erp}.items()
    assert databases.compartments()[0].id == sandbox.tenancy
    assert HOME in databases.regions()


def test_all_pages_of_a_compartment_are_listed_without_terminated_databases(sandbox, databases):
    for n in range(5):
        add(sandbox, f"db{n}", lifecycleState="TERMINATED" if n == 3 else "AVAILABLE")
    assert {one.db_name for one in databases.databases(HOME, sandbox.tenancy)} == {"db0", "db1", "db2", "db4"}
    assert list(databases.databases(AWAY, sandbox.tenancy)) == []


def test_a_database_is_shown_as_the_service_knows_it(sandbox, databases):
    ocid = add(
        sandbox,
        "orders",
        freeformTags={"environment": "prod"},
        definedTags={"ops": {"protected": "true"}},
        customerContacts=[{"email": "dba@example.com"}],
        usedDataStorageSizeInTBs=1,
        actualUsedDataStorageSizeInTBs=0.5,
    )
    found = databases.database(HOME, ocid)
    assert (found.lifecycle_state, found.compute_model, found.compute_count) == ("AVAILABLE", "ECPU", 2.0)
    assert (found.data_storage_gb, found.used_storage_gb, found.role, found.standbys) == (1024, 512, None, ())
    assert (found.environment, found.is_protected, found.contacts) == ("prod", True, ("dba@example.com",))
    assert found.time_created == NOW
    assert "port=1521" in found.profiles["LOW", "SERVER"]
    assert found.etag == databases.clients.client("database", HOME).get_autonomous_database(ocid).headers["etag"]


def test_what_the_service_does_not_say_is_unknown(sandbox, databases):
    ocid = add(sandbox, "orders", isAutoScalingEnabled=None, connectionStrings=None, connectionUrls=None, openMode=None)
    found = databases.database(HOME, ocid)
    assert (found.used_storage_gb, found.is_auto_scaling_enabled, found.open_mode, found.ords_url) == (None,) * 4
    assert found.profiles == {}


def test_a_database_that_is_not_there_is_named_and_what_it_may_lack_is_said(databases):
    with pytest.raises(NotFound, match=r"ocid1\.autonomousdatabase\.oc1\.\.none") as error:
        databases.database(HOME, "ocid1.autonomousdatabase.oc1..none")
    assert "inspect autonomous-databases in compartment" in error.value.advice


def test_other_kinds_of_databases_are_counted(sandbox, databases):
    for n in range(3):
        add_db_system(sandbox.cloud.store, HOME, sandbox.tenancy, f"base{n}", lifecycleState="TERMINATED" if n else "AVAILABLE")
    assert databases.others(HOME, sandbox.tenancy) == {"base database": 1, "Exadata cloud": 0}


def test_a_database_goes_through_its_life(sandbox, databases, done):
    made = databases.create(HOME, new(sandbox, "sales", free_tags={"team": "blue"}), "create-1")
    again = databases.create(HOME, new(sandbox, "sales", free_tags={"team": "blue"}), "create-1")
    assert (made.resource_id, made.work_request_id) == (again.resource_id, again.work_request_id)
    assert done(made).status == "SUCCEEDED"
    ocid = made.resource_id
    done(databases.update(HOME, ocid, Changes(compute_count=8, data_storage_gb=2048), etag(databases, ocid)))
    found = databases.database(HOME, ocid)
    assert (found.compute_count, found.data_storage_gb, found.tag("team")) == (8, 2048, "blue")
    done(databases.stop(HOME, ocid, found.etag))
    assert databases.database(HOME, ocid).lifecycle_state == "STOPPED"
    done(databases.start(HOME, ocid, etag(databases, ocid)))
    done(databases.restart(HOME, ocid, etag(databases, ocid)))
    assert [one.operation for one in databases.work_requests(HOME, sandbox.tenancy, ocid)][-1] == "Create Autonomous Database"
    done(databases.delete(HOME, ocid, "*"))
    assert databases.database(HOME, ocid).lifecycle_state == "TERMINATED"
    assert list(databases.databases(HOME, sandbox.tenancy)) == []


@pytest.mark.parametrize("source", ["clone", "refreshable clone", "timestamp", "backup"])
def test_a_database_is_made_out_of_another(sandbox, databases, done, source):
    ocid = add(sandbox, "orders")
    sandbox.advance(86400 * 3)
    origin = databases.backups(HOME, ocid)[0].id if source == "backup" else ocid
    password = None if source == "refreshable clone" else PASSWORD
    wanted = new(sandbox, "copy", source=source, source_id=origin, at=NOW + timedelta(days=1), admin_password=password)
    begun = databases.create(HOME, wanted, "copy-1")
    done(begun)
    found = databases.database(HOME, begun.resource_id)
    assert (found.lifecycle_state, found.source_id) == ("AVAILABLE", ocid)
    assert (found.is_refreshable_clone, found.open_mode == "READ_ONLY") == (source == "refreshable clone",) * 2


@pytest.mark.parametrize("kind", ["ADG", "BACKUP_BASED"])
def test_a_standby_is_made_in_its_own_region(sandbox, databases, done, kind):
    ocid = add(sandbox, "orders")
    wanted = new(sandbox, "", source="standby", source_id=ocid, recovery_type=kind, admin_password=None)
    with pytest.raises(BadInput):
        databases.create(HOME, wanted, "wrong-region")
    begun = databases.create(AWAY, wanted, "standby-1")
    assert databases.database(AWAY, begun.resource_id).lifecycle_state == "PROVISIONING"
    done(begun, AWAY)
    standby, primary = databases.database(AWAY, begun.resource_id), databases.database(HOME, ocid)
    assert (standby.lifecycle_state, standby.role) == ("STANDBY", "STANDBY" if kind == "ADG" else "BACKUP_COPY")
    assert (standby.peer_ids, standby.db_name, standby.disaster_recovery_region_type) == ((ocid,), "orders", "REMOTE")
    (seen,) = primary.standbys
    assert (primary.role, seen.kind, seen.id, seen.region) == ("PRIMARY", "remote", standby.id, AWAY)
    (listed,) = databases.databases(HOME, sandbox.tenancy)
    assert listed.standbys[0].region == AWAY
    with pytest.raises(Conflict):
        databases.delete(HOME, ocid, "*")


def test_a_local_standby_is_added_lags_and_is_removed(sandbox, databases, done):
    ocid = add(sandbox, "orders")
    done(databases.update(HOME, ocid, Changes(is_local_data_guard_enabled=True), etag(databases, ocid)))
    (standby,) = databases.database(HOME, ocid).standbys
    assert (standby.kind, standby.lifecycle_state, standby.recovery_type) == ("local", "STANDBY", "ADG")
    assert standby.lag_seconds is not None
    assert standby.lag_seconds < 5
    sandbox.database_fault(ocid, "lagging", seconds=300)
    sandbox.advance(600)
    assert databases.database(HOME, ocid).standbys[0].lag_seconds == 300
    done(databases.update(HOME, ocid, Changes(is_local_data_guard_enabled=False), etag(databases, ocid)))
    assert (databases.database(HOME, ocid).standbys, databases.database(HOME, ocid).role) == ((), None)


@pytest.mark.parametrize("operation", ["switch_over", "fail_over"])
def test_roles_change_when_the_standby_is_asked_in_its_region(sandbox, databases, done, operation):
    primary, standby = with_standby(sandbox)
    with pytest.raises(Conflict):  # the wrong side
        getattr(databases, operation)(HOME, primary, standby, "wrong")
    begun = getattr(databases, operation)(AWAY, standby, primary, "once")
    again = getattr(databases, operation)(AWAY, standby, primary, "once")
    assert begun.work_request_id == again.work_request_id
    with pytest.raises(Conflict):
        getattr(databases, operation)(AWAY, standby, primary, "twice")
    assert databases.database(HOME, primary).lifecycle_state == "ROLE_CHANGE_IN_PROGRESS"
    done(begun, AWAY)
    leader, follower = databases.database(AWAY, standby), databases.database(HOME, primary)
    assert (leader.lifecycle_state, leader.role) == ("AVAILABLE", "PRIMARY")
    assert leader.standbys[0].region == HOME
    if operation == "fail_over":
        assert (follower.lifecycle_state, follower.role) == ("UNAVAILABLE", "DISABLED_STANDBY")
        sandbox.advance(600)
        follower = databases.database(HOME, primary)
    assert (follower.lifecycle_state, follower.role) == ("STANDBY", "STANDBY")
    done(databases.switch_over(HOME, primary, standby, "back"))
    assert databases.database(HOME, primary).role == "PRIMARY"


def test_a_standby_is_written_for_a_while(sandbox, databases, done):
    primary, standby = with_standby(sandbox)
    with pytest.raises(Conflict):
        databases.convert_standby(HOME, primary, to_snapshot=True, if_match="*")
    done(databases.convert_standby(AWAY, standby, to_snapshot=True, if_match=etag(databases, standby, AWAY)), AWAY)
    found = databases.database(AWAY, standby)
    assert (found.lifecycle_state, found.role, found.open_mode) == ("AVAILABLE", "SNAPSHOT_STANDBY", "READ_WRITE")
    done(databases.convert_standby(AWAY, standby, to_snapshot=False, if_match=found.etag), AWAY)
    assert databases.database(AWAY, standby).role == "STANDBY"


def test_backups_are_made_listed_and_deleted(sandbox, databases, done):
    ocid = add(sandbox, "orders")
    sandbox.advance(86400 * 2.5)
    begun = databases.back_up(HOME, ocid, "before the release", "backup-1", long_term_days=365)
    assert databases.back_up(HOME, ocid, "before the release", "backup-1", long_term_days=365) == begun
    done(begun)
    newest, *automatic = databases.backups(HOME, ocid)
    assert (newest.id, newest.type, newest.retention_days, newest.is_automatic) == (begun.resource_id, "LONGTERM", 365, False)
    assert [(one.is_automatic, one.is_restorable, one.lifecycle_state) for one in automatic] == [(True, True, "ACTIVE")] * 2
    done(databases.delete_backup(HOME, newest.id))
    assert databases.backups(HOME, ocid)[0].lifecycle_state == "DELETED"


@pytest.mark.parametrize("at", [None, NOW + timedelta(hours=1)])
def test_a_database_is_restored_in_place(sandbox, databases, done, at):
    ocid = add(sandbox, "orders")
    sandbox.advance(7200)
    begun = databases.restore(HOME, ocid, at, etag(databases, ocid))
    assert databases.database(HOME, ocid).lifecycle_state == "RESTORE_IN_PROGRESS"
    done(begun)
    assert databases.database(HOME, ocid).lifecycle_state == "AVAILABLE"


def test_a_moment_that_cannot_be_restored_is_refused(sandbox, databases):
    ocid = add(sandbox, "orders")
    with pytest.raises(BadInput):
        databases.restore(HOME, ocid, NOW - timedelta(days=1), "*")


def test_a_change_of_what_changed_meanwhile_is_a_conflict(sandbox, databases):
    ocid = add(sandbox, "orders")
    seen = etag(databases, ocid)
    databases.update(HOME, ocid, Changes(display_name="Orders"), seen)
    sandbox.advance(60)
    for call in (databases.stop, databases.restart, databases.delete):
        with pytest.raises(Conflict):
            call(HOME, ocid, seen)


@pytest.mark.parametrize("kind", ["drop_after", "status"])
def test_a_change_without_a_token_is_sent_once(sandbox, databases, kind):
    ocid = add(sandbox, "orders")
    for operation in ("update_autonomous_database", "stop_autonomous_database"):
        sandbox.count_requests(operation)
        sandbox.fault(kind, operation=operation, times=1)
    with pytest.raises(Unavailable):
        databases.update(HOME, ocid, Changes(display_name="Orders"), "*")
    sandbox.advance(60)
    with pytest.raises(Unavailable):
        databases.stop(HOME, ocid, "*")
    assert [sandbox.requests(one) for one in ("update_autonomous_database", "stop_autonomous_database")] == [1, 1]


def test_a_creation_whose_answer_is_lost_is_repeated_with_its_token(sandbox, databases):
    sandbox.fault("drop_after", operation="create_autonomous_database", times=1)
    databases.create(HOME, new(sandbox, "sales"), "create-1")
    assert len(databases.databases(HOME, sandbox.tenancy)) == 1


def test_reading_goes_on_after_throttles(sandbox, databases):
    ocid = add(sandbox, "orders")
    sandbox.fault("status", status=429, times=2)
    assert databases.database(HOME, ocid).id == ocid


def test_a_wallet_is_a_zip(sandbox, databases):
    assert databases.wallet(HOME, add(sandbox, "orders"), "Wallet4pass").startswith(b"PK")


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "clone"},
        {"admin_password": None},
        {"secret_id": "ocid1.vaultsecret.oc1..a"},
        {"data_storage_gb": 20.5},
    ],
)
def test_a_database_that_cannot_be_asked_for_is_not_asked_for(sandbox, databases, wrong):
    sandbox.count_requests("create_autonomous_database")
    with pytest.raises(BadInput):
        databases.create(HOME, new(sandbox, "sales", **wrong), "t")
    assert sandbox.requests("create_autonomous_database") == 0


def test_an_update_of_nothing_is_refused(sandbox, databases):
    with pytest.raises(BadInput):
        databases.update(HOME, add(sandbox, "orders"), Changes(), "*")


def test_a_work_request_that_fails_says_why(sandbox, databases, done):
    ocid = add(sandbox, "orders")
    sandbox.database_fault(ocid, "work_request_fails", action="scale")
    with pytest.raises(PermanentError, match="InternalServerError: The work request failed"):
        done(databases.update(HOME, ocid, Changes(compute_count=4), "*"))
    found = databases.database(HOME, ocid)
    assert (found.lifecycle_state, found.compute_count) == ("AVAILABLE", 2)


def test_what_does_not_end_in_time_goes_on(sandbox, databases, clock):
    primary, standby = with_standby(sandbox)
    sandbox.database_fault(standby, "failover_stuck")
    begun = databases.fail_over(AWAY, standby, primary, "once")
    with pytest.raises(Unavailable, match="goes on"):
        follow(databases, AWAY, str(begun.work_request_id), clock, 900)
    assert timedelta(seconds=900) <= clock.now() - NOW < timedelta(seconds=960)
    assert databases.database(AWAY, standby).lifecycle_state == "ROLE_CHANGE_IN_PROGRESS"
    sandbox.own("DELETE", f"databases/{standby}/faults")
    assert follow(databases, AWAY, str(begun.work_request_id), clock, 60).status == "SUCCEEDED"


def test_waiting_outlasts_a_service_that_fails_for_a_while(sandbox, databases, done):
    ocid = add(sandbox, "orders")
    begun = databases.stop(HOME, ocid, "*")
    sandbox.fault("status", operation="get_work_request", times=7)
    assert done(begun).status == "SUCCEEDED"


def test_waiting_ends_with_a_service_that_does_not_answer(sandbox, databases, done):
    ocid = add(sandbox, "orders")
    begun = databases.stop(HOME, ocid, "*")
    sandbox.fault("status", operation="get_work_request")
    with pytest.raises(Unavailable):
        done(begun)


def test_local_roles_change_when_the_database_itself_is_asked(sandbox, databases, done):
    found = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "orders")
    ocid = str(found.body["id"])
    with pytest.raises(Conflict):
        databases.fail_over(HOME, ocid, None, "alone")
    add_local_standby(sandbox.cloud.store, found)
    done(databases.switch_over(HOME, ocid, None, "once"))
    done(databases.fail_over(HOME, ocid, None, "then"))
    after = databases.database(HOME, ocid)
    assert (after.lifecycle_state, after.role, after.standbys[0].lifecycle_state) == ("AVAILABLE", "PRIMARY", "PROVISIONING")
    sandbox.advance(600)
    assert databases.database(HOME, ocid).standbys[0].lifecycle_state == "STANDBY"


def test_a_peer_in_a_wrong_region_is_told_as_the_service_tells_it(sandbox, databases):
    primary, _ = with_standby(sandbox)
    sandbox.database_fault(primary, "wrong_region", region="ap-tokyo-1")
    assert databases.database(HOME, primary).standbys[0].region == "ap-tokyo-1"


def test_backups_of_more_than_one_page_are_all_listed(sandbox, databases):
    found = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "orders")
    for n in range(5):
        add_backup(sandbox.cloud.store, found, f"b{n}")
        sandbox.advance(1)
    assert [one.display_name for one in databases.backups(HOME, found.body["id"])] == ["b4", "b3", "b2", "b1", "b0"]


def test_types_are_what_logic_gets(sandbox, databases):
    assert isinstance(databases.database(HOME, add(sandbox, "orders")), AutonomousDatabase)


@pytest.mark.parametrize("source", ["clone", "timestamp"])
def test_a_copy_is_reached_from_where_its_source_is_and_from_nowhere_else(sandbox, databases, monkeypatch, source):
    ocid = add(sandbox, "orders", whitelistedIps=["10.0.0.1"], timeCreated="2026-10-01T00:00:00.000Z")
    sent, real = [], OciAutonomousDatabases._call

    def recorded(self, operation, *arguments, **named):
        called = real(self, operation, *arguments, **named)
        return lambda *given, **more: (sent.append((operation, given)), called(*given, **more))[1]

    monkeypatch.setattr(OciAutonomousDatabases, "_call", recorded)
    databases.create(HOME, new(sandbox, "copy", source=source, source_id=ocid), "token")

    (body,) = [given[0] for operation, given in sent if operation == "create_autonomous_database"]
    assert body["whitelistedIps"] == ["10.0.0.1"]
