"""Autonomous Databases under whatever is asked of them in whatever order: refused or done, never half."""

import oci
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.oci.services.database import BACKUPS, DATABASES, add_database, add_standby
from sandbox.oci.services.work_requests import WORK_REQUESTS

MODELS = oci.database.models
REGIONS = ("eu-frankfurt-1", "us-ashburn-1", "ap-tokyo-1")
PASSWORD = "Long4enough_pass"
SETTLED = {"AVAILABLE", "STOPPED", "STANDBY", "TERMINATED", "UNAVAILABLE", "RESTORE_FAILED"}
DAY = 86400
FAULTS = ("failover_stuck", "failover_fails", "wrong_region", "replication_stopped", "work_request_fails", "backup_corrupt")

update = MODELS.UpdateAutonomousDatabaseDetails
OPERATIONS = {
    "start": lambda client, ocid, _: client.start_autonomous_database(ocid),
    "stop": lambda client, ocid, _: client.stop_autonomous_database(ocid),
    "restart": lambda client, ocid, _: client.restart_autonomous_database(ocid),
    "scale": lambda client, ocid, _: client.update_autonomous_database(ocid, update(compute_count=4.0)),
    "tag": lambda client, ocid, _: client.update_autonomous_database(ocid, update(freeform_tags={"a": "b"})),
    "protect": lambda client, ocid, _: client.update_autonomous_database(ocid, update(is_local_data_guard_enabled=True)),
    "unprotect": lambda client, ocid, _: client.update_autonomous_database(ocid, update(is_local_data_guard_enabled=False)),
    "delete": lambda client, ocid, _: client.delete_autonomous_database(ocid),
    "back up": lambda client, ocid, _: client.create_autonomous_database_backup(
        MODELS.CreateAutonomousDatabaseBackupDetails(
            autonomous_database_id=ocid, is_long_term_backup=True, retention_period_in_days=90
        )
    ),
    "restore": lambda client, ocid, _: client.restore_autonomous_database(
        ocid, MODELS.RestoreAutonomousDatabaseDetails(latest=True)
    ),
    "fail over": lambda client, ocid, peer: client.fail_over_autonomous_database(ocid, **peer),
    "switch over": lambda client, ocid, peer: client.switchover_autonomous_database(ocid, **peer),
    "open": lambda client, ocid, _: client.change_disaster_recovery_configuration(
        ocid, MODELS.ChangeDisasterRecoveryConfigurationDetails(is_snapshot_standby=True)
    ),
    "close": lambda client, ocid, _: client.change_disaster_recovery_configuration(
        ocid, MODELS.ChangeDisasterRecoveryConfigurationDetails(is_snapshot_standby=False)
    ),
    "clone": lambda client, ocid, _: client.create_autonomous_database(
        MODELS.CreateAutonomousDatabaseCloneDetails(
            compartment_id=client.tenancy, source_id=ocid, clone_type="FULL", db_name="copy", admin_password=PASSWORD
        )
    ),
    "standby": lambda client, ocid, _: client.create_autonomous_database(
        MODELS.CreateCrossRegionAutonomousDatabaseDataGuardDetails(compartment_id=client.tenancy, source_id=ocid)
    ),
}
STEPS = st.tuples(
    st.sampled_from(sorted(OPERATIONS)),
    st.integers(0, 4),
    st.sampled_from(REGIONS),
    st.booleans(),
    st.sampled_from((0, 30, 120, 600, 3600, DAY)),
    st.sampled_from((None, None, None, *FAULTS)),
)


@pytest.fixture
def clients(sandbox):
    made = {region: sandbox.client(oci.database.DatabaseClient, "database", region) for region in REGIONS}
    for one in made.values():
        one.tenancy = sandbox.tenancy
    return made


def asked(client, operation, ocid, peer):
    """Accepted or refused; anything but a clear refusal is an error."""
    try:
        OPERATIONS[operation](client, ocid, peer)
    except oci.exceptions.ServiceError as error:
        if error.status not in (400, 404, 409):
            raise


def check_groups(store):
    """Of a primary and its standbys, one is the primary, and both sides name one another."""
    table = store.table(DATABASES)
    for ocid, found in table.items():
        body = found.body
        assert body["lifecycleState"] in SETTLED, (ocid, body["lifecycleState"])
        if body["role"] in (None, "PRIMARY"):
            others = [table[one].body for one in body["peerDbIds"]]
            assert all(one["peerDbIds"] == [ocid] and one["role"] != "PRIMARY" for one in others)
            led = bool(others or body["isLocalDataGuardEnabled"])
            assert led == (body["role"] == "PRIMARY") or body["lifecycleState"] == "TERMINATED"
        elif body["lifecycleState"] != "TERMINATED":
            assert table[body["peerDbIds"][0]].body["role"] in ("PRIMARY", None)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=4, max_size=14))
def test_whatever_is_asked_in_whatever_order_ends_in_a_state_that_can_be(sandbox, clients, steps):
    store = sandbox.cloud.store
    for table in (DATABASES, BACKUPS, WORK_REQUESTS):
        store.table(table).clear()
    store.changes.clear()
    primary = add_database(store, REGIONS[0], sandbox.tenancy, "orders")
    add_standby(store, primary, REGIONS[1])
    add_database(store, REGIONS[0], sandbox.tenancy, "other")
    for operation, number, region, remote, seconds, kind in steps:
        ocids = list(store.table(DATABASES))
        ocid = ocids[number % len(ocids)]
        peers = store.table(DATABASES)[ocid].body["peerDbIds"]
        if kind is not None:
            sandbox.database_fault(ocid, kind)
        client = clients[store.table(DATABASES)[ocid].region if operation != "standby" else region]
        asked(client, operation, ocid, {"peer_db_id": peers[0]} if remote and peers else {})
        sandbox.advance(seconds)
    for ocid in store.table(DATABASES):
        sandbox.own("DELETE", f"databases/{ocid}/faults")
    sandbox.advance(3 * DAY)
    clients[REGIONS[0]].list_autonomous_databases(sandbox.tenancy)
    check_groups(store)
    assert {one.body["status"] for one in store.all(WORK_REQUESTS)} <= {"SUCCEEDED", "FAILED", "CANCELED"}
