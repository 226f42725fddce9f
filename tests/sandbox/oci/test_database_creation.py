"""Databases that are made out of others and of backups, and restored in place: what they hold and what is refused."""

from datetime import timedelta

import oci
import pytest

from sandbox.oci.services.database import DATABASES, add_backup, add_database, contents
from sandbox.oci.services.database.others import EXADATA, VM_CLUSTERS, add_db_system
from tests.sandbox.oci.conftest import NOW, refused

MODELS = oci.database.models
HOME, AWAY = "eu-frankfurt-1", "us-ashburn-1"
PASSWORD = "Long4enough_pass"
DAY = 86400
CONFLICT, INVALID = (409, "IncorrectState"), (400, "InvalidParameter")


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.database.DatabaseClient, "database")


@pytest.fixture
def database(sandbox):
    """OCID of a database that is AVAILABLE, with a table of its own."""
    ocid = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "orders", backupRetentionPeriodInDays=10).body["id"]
    run(sandbox, ocid, "CREATE TABLE beats (n NUMBER)")
    return ocid


def run(sandbox, key, sql, **binds):
    sandbox.cloud.store.catch_up()
    return contents.run(sandbox.cloud.store, key, sql, binds).rows


def beat(sandbox, ocid, n):
    run(sandbox, ocid, "INSERT INTO beats (n) VALUES (:n)", n=n)


def beats(sandbox, key):
    return [row[0] for row in run(sandbox, key, "SELECT n FROM beats ORDER BY n")]


def made(sandbox, client, kind, **fields):
    """What a creation answers, once it is done."""
    usual = {"compartment_id": sandbox.tenancy, "db_name": "copy", "admin_password": PASSWORD}
    answer = client.create_autonomous_database(getattr(MODELS, kind)(**{**usual, **fields}))
    sandbox.advance(300)
    return answer


def of_timestamp(sandbox, client, database, **fields):
    kind = "CreateAutonomousDatabaseFromBackupTimestampDetails"
    return made(sandbox, client, kind, autonomous_database_id=database, **{"clone_type": "FULL", **fields})


def status(sandbox, answer):
    requests = sandbox.client(oci.work_requests.WorkRequestClient, "work_requests")
    return requests.get_work_request(answer.headers["opc-work-request-id"]).data.status


@pytest.mark.parametrize(("clone_type", "rows"), [("FULL", [1]), ("METADATA", [])])
def test_a_clone_has_what_its_source_had_and_goes_its_own_way(sandbox, client, database, clone_type, rows):
    beat(sandbox, database, 1)
    clone = made(sandbox, client, "CreateAutonomousDatabaseCloneDetails", source_id=database, clone_type=clone_type).data.id
    beat(sandbox, database, 2)
    found = client.get_autonomous_database(clone).data
    assert (found.lifecycle_state, found.clone_type, found.source_id, found.role) == ("AVAILABLE", clone_type, database, None)
    assert (found.compute_count, found.backup_retention_period_in_days) == (2.0, 10)
    assert beats(sandbox, clone) == rows


def test_a_new_database_is_empty(sandbox, client):
    details = {"compute_model": "ECPU", "compute_count": 2.0}
    ocid = made(sandbox, client, "CreateAutonomousDatabaseDetails", **details).data.id
    assert run(sandbox, ocid, "SELECT COUNT(*) FROM user_tables") == [(0,)]


def test_a_clone_in_another_region_is_asked_for_there(sandbox, database):
    away = sandbox.client(oci.database.DatabaseClient, "database", AWAY)
    clone = made(sandbox, away, "CreateAutonomousDatabaseCloneDetails", source_id=database, clone_type="FULL").data.id
    assert away.get_autonomous_database(clone).data.lifecycle_state == "AVAILABLE"


def test_a_refreshable_clone_is_brought_up_to_date_and_disconnected(sandbox, client, database):
    kind = "CreateRefreshableAutonomousDatabaseCloneDetails"
    clone = made(sandbox, client, kind, source_id=database, admin_password=None).data.id
    beat(sandbox, database, 1)
    assert beats(sandbox, clone) == []
    sandbox.advance(60)
    client.autonomous_database_manual_refresh(clone, MODELS.AutonomousDatabaseManualRefreshDetails())
    sandbox.advance(120)
    found = client.get_autonomous_database(clone).data
    assert (found.is_refreshable_clone, found.open_mode, beats(sandbox, clone)) == (True, "READ_ONLY", [1])
    assert found.time_of_last_refresh_point - NOW == timedelta(seconds=360)
    client.update_autonomous_database(clone, MODELS.UpdateAutonomousDatabaseDetails(is_refreshable_clone=False))
    sandbox.advance(60)
    found = client.get_autonomous_database(clone).data
    assert (found.is_refreshable_clone, found.open_mode) == (False, "READ_WRITE")
    assert refused(client.autonomous_database_manual_refresh, clone, MODELS.AutonomousDatabaseManualRefreshDetails()) == CONFLICT


def test_a_moment_is_restored_to_a_new_database(sandbox, client, database):
    for n in range(5):
        beat(sandbox, database, n)
        sandbox.advance(DAY)
    then = of_timestamp(sandbox, client, database, timestamp=NOW + timedelta(days=2, hours=1)).data.id
    now = of_timestamp(sandbox, client, database, use_latest_available_backup_time_stamp=True, db_name="latest").data.id
    assert (beats(sandbox, then), beats(sandbox, now), beats(sandbox, database)) == ([0, 1, 2], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4])


def test_a_moment_outside_of_the_retention_is_refused(sandbox, client, database):
    sandbox.advance(20 * DAY)
    for days in (-1, 9, 21):
        wrong = {"autonomous_database_id": database, "clone_type": "FULL", "timestamp": NOW + timedelta(days=days)}
        usual = {"compartment_id": sandbox.tenancy, "db_name": "copy", "admin_password": PASSWORD}
        kind = MODELS.CreateAutonomousDatabaseFromBackupTimestampDetails
        assert refused(client.create_autonomous_database, kind(**usual, **wrong)) == INVALID
        place = MODELS.RestoreAutonomousDatabaseDetails(timestamp=wrong["timestamp"])
        assert refused(client.restore_autonomous_database, database, place) == INVALID
    assert refused(client.restore_autonomous_database, database, MODELS.RestoreAutonomousDatabaseDetails()) == INVALID


def test_a_backup_is_restored_to_a_new_database_even_when_its_own_is_gone(sandbox, client, database):
    beat(sandbox, database, 1)
    wanted = MODELS.CreateAutonomousDatabaseBackupDetails(
        autonomous_database_id=database, is_long_term_backup=True, retention_period_in_days=365
    )
    backup = client.create_autonomous_database_backup(wanted).data.id
    creation = {"autonomous_database_backup_id": backup, "clone_type": "FULL", "db_name": "again", "admin_password": PASSWORD}
    kind = MODELS.CreateAutonomousDatabaseFromBackupDetails
    early = kind(compartment_id=sandbox.tenancy, **creation)
    assert refused(client.create_autonomous_database, early) == CONFLICT
    sandbox.advance(600)
    beat(sandbox, database, 2)
    client.delete_autonomous_database(database)
    sandbox.advance(30 * DAY)
    found = made(sandbox, client, kind.__name__, **creation).data.id
    assert beats(sandbox, found) == [1]
    sandbox.advance(400 * DAY)
    assert refused(client.get_autonomous_database_backup, backup) == (404, "NotAuthorizedOrNotFound")


def test_a_restore_in_place_forgets_what_was_written_since(sandbox, client, database):
    beat(sandbox, database, 1)
    sandbox.advance(3600)
    beat(sandbox, database, 2)
    sandbox.advance(3600)
    details = MODELS.RestoreAutonomousDatabaseDetails(timestamp=NOW + timedelta(minutes=30))
    answer = client.restore_autonomous_database(database, details)
    assert answer.data.lifecycle_state == "RESTORE_IN_PROGRESS"
    assert refused(client.stop_autonomous_database, database) == CONFLICT
    sandbox.advance(900)
    assert (status(sandbox, answer), beats(sandbox, database)) == ("SUCCEEDED", [1])


def test_a_corrupt_backup_cannot_be_restored_or_lacks_rows(sandbox, client, database):
    before = run(sandbox, database, "SELECT COUNT(*) FROM payments")
    sandbox.database_fault(database, "backup_corrupt")
    sandbox.advance(60)
    failed = of_timestamp(sandbox, client, database, use_latest_available_backup_time_stamp=True)
    assert (status(sandbox, failed), client.get_autonomous_database(failed.data.id).data.lifecycle_state) == (
        "FAILED",
        "UNAVAILABLE",
    )
    place = client.restore_autonomous_database(database, MODELS.RestoreAutonomousDatabaseDetails(latest=True))
    sandbox.advance(900)
    assert (status(sandbox, place), client.get_autonomous_database(database).data.lifecycle_state) == ("FAILED", "RESTORE_FAILED")
    sandbox.database_fault(database, "backup_corrupt", loses="rows")
    worse = of_timestamp(sandbox, client, database, use_latest_available_backup_time_stamp=True, db_name="worse")
    assert status(sandbox, worse) == "SUCCEEDED"
    assert run(sandbox, worse.data.id, "SELECT COUNT(*) FROM payments") < before


def test_backups_appear_daily_and_go_when_their_time_is_over(sandbox, client, database):
    sandbox.advance(7.5 * DAY)
    found = client.list_autonomous_database_backups(autonomous_database_id=database).data
    assert [b.time_started - NOW for b in found] == [timedelta(days=n) for n in range(7, 0, -1)]
    assert [b.type for b in found] == ["FULL"] + ["INCREMENTAL"] * 6
    assert all(b.is_automatic and b.is_restorable for b in found)
    sandbox.advance(30 * DAY)
    found = client.list_autonomous_database_backups(autonomous_database_id=database).data
    assert [b.time_started - NOW for b in found] == [timedelta(days=n) for n in range(37, 27, -1)]
    client.update_autonomous_database(database, MODELS.UpdateAutonomousDatabaseDetails(backup_retention_period_in_days=3))
    assert {b.time_available_till - b.time_started for b in found} == {timedelta(days=10)}
    sandbox.advance(DAY)
    found = client.list_autonomous_database_backups(compartment_id=sandbox.tenancy).data
    assert [b.time_started - NOW for b in found] == [timedelta(days=n) for n in (38, 37, 36)]


def test_a_stopped_database_is_not_backed_up(sandbox, client, database):
    client.stop_autonomous_database(database)
    sandbox.advance(5.5 * DAY)
    client.start_autonomous_database(database)
    sandbox.advance(1.5 * DAY)
    found = client.list_autonomous_database_backups(autonomous_database_id=database).data
    assert [b.time_started - NOW for b in found] == [timedelta(days=6)]


def test_a_locked_retention_is_neither_shortened_nor_unlocked(sandbox, client, database):
    update = MODELS.UpdateAutonomousDatabaseDetails
    client.update_autonomous_database(database, update(is_backup_retention_locked=True))
    sandbox.advance(30)
    assert refused(client.update_autonomous_database, database, update(backup_retention_period_in_days=9)) == CONFLICT
    assert refused(client.update_autonomous_database, database, update(is_backup_retention_locked=False)) == CONFLICT
    client.update_autonomous_database(database, update(backup_retention_period_in_days=11))


def test_what_is_going_on_fails_as_often_as_is_asked_for(sandbox, client, database):
    sandbox.database_fault(database, "work_request_fails", times=1)
    first = client.stop_autonomous_database(database)
    sandbox.advance(60)
    assert (status(sandbox, first), client.get_autonomous_database(database).data.lifecycle_state) == ("FAILED", "AVAILABLE")
    again = client.stop_autonomous_database(database)
    sandbox.advance(60)
    assert (status(sandbox, again), client.get_autonomous_database(database).data.lifecycle_state) == ("SUCCEEDED", "STOPPED")


def test_a_backup_that_fails_stays_visible_and_cannot_be_restored(sandbox, client, database):
    sandbox.database_fault(database, "work_request_fails", action="back up")
    wanted = MODELS.CreateAutonomousDatabaseBackupDetails(autonomous_database_id=database)
    answer = client.create_autonomous_database_backup(wanted)
    sandbox.advance(600)
    found = client.get_autonomous_database_backup(answer.data.id).data
    assert (found.lifecycle_state, found.is_restorable, status(sandbox, answer)) == ("FAILED", False, "FAILED")


def test_the_backup_of_a_database_that_goes_is_cancelled(sandbox, client, database):
    wanted = MODELS.CreateAutonomousDatabaseBackupDetails(autonomous_database_id=database)
    answer = client.create_autonomous_database_backup(wanted)
    client.delete_autonomous_database(database)
    sandbox.advance(600)
    assert status(sandbox, answer) == "CANCELED"


def test_only_what_can_be_cloned_is(sandbox, client, database):
    client.delete_autonomous_database(database)
    clone = {"compartment_id": sandbox.tenancy, "source_id": database, "db_name": "copy", "admin_password": PASSWORD}
    kind = MODELS.CreateAutonomousDatabaseCloneDetails
    assert refused(client.create_autonomous_database, kind(clone_type="FULL", **clone)) == CONFLICT
    no_name = kind(clone_type="FULL", **{**clone, "db_name": "orders"})
    assert refused(client.create_autonomous_database, no_name) == CONFLICT


def test_a_deleted_backup_is_not_restored(sandbox, client, database):
    found = sandbox.cloud.store.find(DATABASES, database)
    backup = add_backup(sandbox.cloud.store, found, "yearly", type="LONGTERM").body["id"]
    client.delete_autonomous_database_backup(backup)
    sandbox.advance(60)
    creation = MODELS.CreateAutonomousDatabaseFromBackupDetails(
        compartment_id=sandbox.tenancy,
        autonomous_database_backup_id=backup,
        clone_type="FULL",
        db_name="again",
        admin_password=PASSWORD,
    )
    assert refused(client.create_autonomous_database, creation) == CONFLICT


def test_other_kinds_of_databases_are_listed_by_compartment(sandbox, client):
    add_db_system(sandbox.cloud.store, HOME, sandbox.tenancy, "base")
    add_db_system(sandbox.cloud.store, AWAY, sandbox.tenancy, "away")
    assert [one.display_name for one in client.list_db_systems(sandbox.tenancy).data] == ["base"]
    assert client.list_cloud_vm_clusters(sandbox.tenancy).data == []
    assert client.list_cloud_exadata_infrastructures(sandbox.tenancy).data == []
    assert not sandbox.cloud.store.table(VM_CLUSTERS)
    assert not sandbox.cloud.store.table(EXADATA)
