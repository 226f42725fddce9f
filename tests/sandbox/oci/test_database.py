"""Autonomous Databases as the service keeps them: states, sizes, backups and wallets."""

import io
import zipfile

import oci
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from sandbox.oci.services.database import DATABASES, add_backup, add_database, add_local_standby
from sandbox.oci.services.identity import add_compartment
from tests.sandbox.oci.conftest import refused

MODELS = oci.database.models
HOME, AWAY = "eu-frankfurt-1", "us-ashburn-1"
PASSWORD = "Long4enough_pass"


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.database.DatabaseClient, "database")


@pytest.fixture
def database(sandbox):
    """OCID of a database that is AVAILABLE."""
    return add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "orders").body["id"]


def details(sandbox, **more):
    usual = {"compartment_id": sandbox.tenancy, "db_name": "sales", "admin_password": PASSWORD}
    return MODELS.CreateAutonomousDatabaseDetails(**{**usual, "compute_model": "ECPU", "compute_count": 2.0, **more})


def update(**fields):
    return MODELS.UpdateAutonomousDatabaseDetails(**fields)


def state(client, ocid):
    return client.get_autonomous_database(ocid).data.lifecycle_state


def work(sandbox, answer):
    requests = sandbox.client(oci.work_requests.WorkRequestClient, "work_requests")
    return requests.get_work_request(answer.headers["opc-work-request-id"]).data


def test_a_new_database_is_provisioned_before_it_is_available(sandbox, client):
    made = client.create_autonomous_database(details(sandbox, whitelisted_ips=["10.0.0.0/8"], freeform_tags={"team": "blue"}))
    assert made.data.lifecycle_state == "PROVISIONING"
    assert work(sandbox, made).status == "ACCEPTED"
    sandbox.advance(300)
    found = client.get_autonomous_database(made.data.id).data
    assert (found.lifecycle_state, found.compute_count, found.data_storage_size_in_tbs) == ("AVAILABLE", 2.0, 1)
    assert (found.db_workload, found.is_auto_scaling_enabled, found.is_mtls_connection_required) == ("OLTP", False, False)
    assert (found.display_name, found.freeform_tags, found.is_access_control_enabled) == ("sales", {"team": "blue"}, True)
    assert work(sandbox, made).status == "SUCCEEDED"


def test_the_sdk_waits_for_a_new_database(sandbox, client):
    requests = sandbox.client(oci.work_requests.WorkRequestClient, "work_requests")
    composite = oci.database.DatabaseClientCompositeOperations(client, work_request_client=requests)
    sandbox.cloud.store.clock.stopped_at = None
    done = composite.create_autonomous_database_and_wait_for_work_request(
        details(sandbox),
        waiter_kwargs={"max_interval_seconds": 0.01, "wait_callback": lambda *_: sandbox.advance(100)},
    )
    assert done.data.status == "SUCCEEDED"


def test_a_password_is_never_kept(sandbox, client):
    client.create_autonomous_database(details(sandbox))
    assert PASSWORD not in sandbox.cloud.store.save().read_text()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"db_name": "1sales"}, "InvalidParameter"),
        ({"db_name": "s" * 31}, "InvalidParameter"),
        ({"db_name": None}, "MissingParameter"),
        ({"admin_password": "short1A"}, "InvalidParameter"),
        ({"admin_password": "nouppercase12"}, "InvalidParameter"),
        ({"admin_password": "myAdmin123456"}, "InvalidParameter"),
        ({"admin_password": None}, "MissingParameter"),
        ({"secret_id": "ocid1.vaultsecret.oc1..a"}, "InvalidParameter"),
        ({"compute_count": 1.0}, "InvalidParameter"),
        ({"compute_model": None}, "InvalidParameter"),
        ({"compute_count": None}, "InvalidParameter"),
        ({"compute_count": None, "compute_model": None}, "MissingParameter"),
        ({"compute_count": None, "cpu_core_count": 2}, "InvalidParameter"),
        ({"data_storage_size_in_tbs": 385}, "InvalidParameter"),
        ({"data_storage_size_in_tbs": 1, "data_storage_size_in_gbs": 20}, "InvalidParameter"),
        ({"backup_retention_period_in_days": 61}, "InvalidParameter"),
    ],
)
def test_a_database_that_cannot_be_is_refused(sandbox, client, wrong, code):
    assert refused(client.create_autonomous_database, details(sandbox, **wrong)) == (400, code)
    assert client.list_autonomous_databases(sandbox.tenancy).data == []


def test_names_of_databases_are_unique_until_they_are_terminated(sandbox, client, database):
    assert refused(client.create_autonomous_database, details(sandbox, db_name="ORDERS")) == (400, "InvalidParameter")
    client.delete_autonomous_database(database)
    sandbox.advance(120)
    assert client.create_autonomous_database(details(sandbox, db_name="ORDERS")).data.db_name == "ORDERS"


def test_a_compartment_that_is_not_there_gets_no_database(sandbox, client):
    wrong = details(sandbox, compartment_id="ocid1.compartment.oc1..none")
    assert refused(client.create_autonomous_database, wrong) == (404, "NotAuthorizedOrNotFound")


def test_partial_clones_standbys_at_birth_and_dedicated_databases_are_not_answered(sandbox, client, database):
    usual = {"compartment_id": sandbox.tenancy, "source_id": database, "db_name": "copy", "admin_password": PASSWORD}
    clone = MODELS.CreateAutonomousDatabaseCloneDetails(clone_type="PARTIAL", **usual)
    assert refused(client.create_autonomous_database, clone) == (501, "NotImplemented")
    assert refused(client.create_autonomous_database, details(sandbox, is_dedicated=True)) == (501, "NotImplemented")
    assert refused(client.create_autonomous_database, details(sandbox, is_local_data_guard_enabled=True))[0] == 501


def test_a_creation_that_is_repeated_with_its_token_makes_one_database(sandbox, client):
    first = client.create_autonomous_database(details(sandbox), opc_retry_token="once")
    sandbox.advance(300)
    again = client.create_autonomous_database(details(sandbox), opc_retry_token="once")
    assert again.data.lifecycle_state == "PROVISIONING"
    assert (first.data.id, first.headers["opc-work-request-id"]) == (again.data.id, again.headers["opc-work-request-id"])
    assert len(client.list_autonomous_databases(sandbox.tenancy).data) == 1
    other = details(sandbox, db_name="other")
    assert refused(client.create_autonomous_database, other, opc_retry_token="once") == (409, "InvalidatedRetryToken")


def test_the_legacy_count_of_cores_means_ocpus(sandbox, client):
    made = client.create_autonomous_database(details(sandbox, compute_model=None, compute_count=None, cpu_core_count=2)).data
    assert (made.compute_model, made.compute_count, made.cpu_core_count) == ("OCPU", 2.0, 2)


def test_a_free_database_cannot_be_scaled(sandbox, client):
    free = details(sandbox, is_free_tier=True, compute_model=None, compute_count=None)
    ocid = client.create_autonomous_database(free).data.id
    sandbox.advance(300)
    wanted = update(compute_model="ECPU", compute_count=4.0)
    assert refused(client.update_autonomous_database, ocid, wanted) == (400, "InvalidParameter")


def test_databases_are_listed_in_pages_the_youngest_first(sandbox, client):
    for number in range(5):
        add_database(sandbox.cloud.store, HOME, sandbox.tenancy, f"db{number}")
        sandbox.advance(1)
    first = client.list_autonomous_databases(sandbox.tenancy, limit=3)
    rest = client.list_autonomous_databases(sandbox.tenancy, limit=3, page=first.next_page)
    assert [d.db_name for d in first.data + rest.data] == ["db4", "db3", "db2", "db1", "db0"]
    assert not rest.has_next_page
    by_name = client.list_autonomous_databases(sandbox.tenancy, sort_by="DISPLAYNAME").data
    assert [d.db_name for d in by_name] == ["db0", "db1", "db2", "db3", "db4"]


def test_a_list_is_narrowed_by_state_name_workload_and_kind(sandbox, client):
    store = sandbox.cloud.store
    add_database(store, HOME, sandbox.tenancy, "a", displayName="Orders", lifecycleState="STOPPED")
    add_database(store, HOME, sandbox.tenancy, "b", dbWorkload="DW", isFreeTier=True)
    add_database(store, HOME, sandbox.tenancy, "c", isRefreshableClone=True, dbVersion="19c")
    add_database(store, AWAY, sandbox.tenancy, "d")
    add_database(store, HOME, add_compartment(store, sandbox.tenancy, "other")["id"], "e")

    def names(**by):
        return {d.db_name for d in client.list_autonomous_databases(sandbox.tenancy, **by).data}

    assert names() == {"a", "b", "c"}
    assert names(lifecycle_state="STOPPED") == names(display_name="ORDERS") == {"a"}
    assert names(lifecycle_state_not_equal_to="STOPPED") == {"b", "c"}
    assert names(db_workload="DW") == names(is_free_tier=True) == {"b"}
    assert names(is_refreshable_clone=True) == names(db_version="19c") == {"c"}
    assert names(is_refreshable_clone=False) == {"a", "b"}
    assert names(is_resource_pool_leader=True) == set()


def test_a_database_of_another_region_is_not_found(sandbox, client):
    away = add_database(sandbox.cloud.store, AWAY, sandbox.tenancy, "away").body["id"]
    assert refused(client.get_autonomous_database, away) == (404, "NotAuthorizedOrNotFound")
    other = sandbox.client(oci.database.DatabaseClient, "database", AWAY)
    assert other.get_autonomous_database(away).data.db_name == "away"


def test_a_database_stops_and_starts(sandbox, client, database):
    assert client.stop_autonomous_database(database).data.lifecycle_state == "STOPPING"
    sandbox.advance(60)
    assert state(client, database) == "STOPPED"
    assert client.start_autonomous_database(database).data.lifecycle_state == "STARTING"
    sandbox.advance(119)
    assert state(client, database) == "STARTING"
    sandbox.advance(1)
    assert state(client, database) == "AVAILABLE"


def test_a_database_restarts(sandbox, client, database):
    assert client.restart_autonomous_database(database, is_online_restart=False).data.lifecycle_state == "RESTARTING"
    sandbox.advance(120)
    assert state(client, database) == "AVAILABLE"


def test_what_a_state_forbids_is_a_conflict(sandbox, client, database):
    wrong = (409, "IncorrectState")
    assert refused(client.start_autonomous_database, database) == wrong
    client.stop_autonomous_database(database)
    for call in (client.stop_autonomous_database, client.restart_autonomous_database, client.delete_autonomous_database):
        assert refused(call, database) == wrong
    assert refused(client.update_autonomous_database, database, update(display_name="x")) == wrong
    sandbox.advance(60)
    assert refused(client.update_autonomous_database, database, update(compute_count=4.0)) == wrong
    backup = MODELS.CreateAutonomousDatabaseBackupDetails(autonomous_database_id=database)
    assert refused(client.create_autonomous_database_backup, backup) == wrong


RUNNING = {"AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "SCALE_IN_PROGRESS"}
QUIET = {"AVAILABLE", "AVAILABLE_NEEDS_ATTENTION"}
LEGAL = {
    "start_autonomous_database": {"STOPPED"},
    "stop_autonomous_database": RUNNING,
    "restart_autonomous_database": RUNNING,
    "delete_autonomous_database": RUNNING | {"STOPPED", "UNAVAILABLE", "INACCESSIBLE", "RESTORE_FAILED", "STANDBY"},
    "fail_over_autonomous_database": {"AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "UNAVAILABLE"},
    "switchover_autonomous_database": QUIET,
}
STATES = sorted(
    getattr(MODELS.AutonomousDatabase, name) for name in vars(MODELS.AutonomousDatabase) if name.startswith("LIFECYCLE_STATE_")
)


@pytest.mark.parametrize("operation", LEGAL)
def test_only_what_is_legal_in_a_state_is_accepted(sandbox, client, operation):
    found = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "orders")
    if "over" in operation:
        add_local_standby(sandbox.cloud.store, found)
    accepted, refusals = set(), set()
    for now in STATES:
        found.body["lifecycleState"] = now
        try:
            getattr(client, operation)(found.body["id"], opc_dry_run=True)
            accepted.add(now)
        except oci.exceptions.ServiceError as error:
            refusals.add((error.status, error.code))
    assert len(STATES) > 20
    assert accepted == LEGAL[operation]
    assert refusals == {(409, "IncorrectState")}


def test_a_scaling_that_was_interrupted_ends_its_work_request_when_it_is_given_up(sandbox, client, database):
    scaling = client.update_autonomous_database(database, update(compute_count=8.0))
    client.stop_autonomous_database(database)
    sandbox.advance(60)
    assert work(sandbox, scaling).status == "IN_PROGRESS"
    client.delete_autonomous_database(database)
    assert work(sandbox, scaling).status == "CANCELED"


def test_sizes_change_when_the_scaling_is_done(sandbox, client, database):
    answer = client.update_autonomous_database(database, update(compute_model="ECPU", compute_count=8.0))
    assert (answer.data.lifecycle_state, answer.data.compute_count) == ("SCALE_IN_PROGRESS", 2.0)
    sandbox.advance(120)
    found = client.get_autonomous_database(database).data
    assert (found.lifecycle_state, found.compute_count, found.data_storage_size_in_tbs) == ("AVAILABLE", 8.0, 1)
    client.update_autonomous_database(database, update(data_storage_size_in_tbs=3))
    sandbox.advance(120)
    found = client.get_autonomous_database(database).data
    assert (found.compute_count, found.data_storage_size_in_tbs, found.data_storage_size_in_gbs) == (8.0, 3, 3072)


def test_a_scaling_pauses_while_the_database_is_stopped(sandbox, client, database):
    client.update_autonomous_database(database, update(compute_count=8.0))
    client.stop_autonomous_database(database)
    sandbox.advance(600)
    found = client.get_autonomous_database(database).data
    assert (found.lifecycle_state, found.compute_count) == ("STOPPED", 2.0)
    client.start_autonomous_database(database)
    sandbox.advance(120)
    found = client.get_autonomous_database(database).data
    assert (found.lifecycle_state, found.compute_count) == ("AVAILABLE", 8.0)


def test_a_scaling_goes_on_after_a_restart_and_ends_with_the_database(sandbox, client, database):
    client.update_autonomous_database(database, update(compute_count=8.0))
    client.restart_autonomous_database(database)
    sandbox.advance(120)
    assert client.get_autonomous_database(database).data.compute_count == 8.0
    client.update_autonomous_database(database, update(compute_count=16.0))
    client.delete_autonomous_database(database)
    sandbox.advance(600)
    found = client.get_autonomous_database(database).data
    assert (found.lifecycle_state, found.compute_count) == ("TERMINATED", 8.0)


def test_both_counts_of_cpus_at_once_are_a_conflict(client, database):
    both = update(cpu_core_count=4, compute_count=8.0)
    assert refused(client.update_autonomous_database, database, both) == (409, "IncorrectState")


def test_sizes_are_not_changed_together_with_what_excludes_them(client, database):
    for field in ({"license_model": "LICENSE_INCLUDED"}, {"whitelisted_ips": ["10.0.0.1"]}, {"open_mode": "READ_ONLY"}):
        wrong = update(compute_count=8.0, **field)
        assert refused(client.update_autonomous_database, database, wrong) == (400, "InvalidParameter")


def test_tags_names_and_auto_scaling_are_an_update(sandbox, client, database):
    wanted = update(display_name="Orders", freeform_tags={"team": "blue"}, is_auto_scaling_enabled=True)
    assert client.update_autonomous_database(database, wanted).data.lifecycle_state == "UPDATING"
    assert refused(client.stop_autonomous_database, database) == (409, "IncorrectState")
    sandbox.advance(30)
    found = client.get_autonomous_database(database).data
    assert (found.lifecycle_state, found.display_name, found.freeform_tags) == ("AVAILABLE", "Orders", {"team": "blue"})
    assert found.is_auto_scaling_enabled is True


def test_an_update_of_a_stopped_database_leaves_it_stopped(sandbox, client, database):
    client.stop_autonomous_database(database)
    sandbox.advance(60)
    client.update_autonomous_database(database, update(freeform_tags={"team": "blue"}))
    sandbox.advance(30)
    assert state(client, database) == "STOPPED"


def test_what_is_not_updated_is_said(client, database):
    assert refused(client.update_autonomous_database, database, update(db_version="26ai")) == (501, "NotImplemented")


def test_a_new_name_changes_how_the_database_is_reached(sandbox, client, database):
    before = client.get_autonomous_database(database).data.connection_strings.high
    client.update_autonomous_database(database, update(db_name="shop"))
    after = client.get_autonomous_database(database).data.connection_strings.high
    assert "orders_high" in before
    assert "shop_high" in after


def test_profiles_without_a_wallet_are_there_unless_mutual_tls_is_demanded(sandbox, client, database):
    profiles = client.get_autonomous_database(database).data.connection_strings.profiles
    assert {(p.tls_authentication, "port=1521" in p.value) for p in profiles} == {("SERVER", True), ("MUTUAL", False)}
    assert {p.consumer_group for p in profiles} == {"HIGH", "MEDIUM", "LOW", "TP", "TPURGENT"}
    client.update_autonomous_database(database, update(is_mtls_connection_required=True))
    profiles = client.get_autonomous_database(database).data.connection_strings.profiles
    assert {p.tls_authentication for p in profiles} == {"MUTUAL"}


def test_a_database_changed_meanwhile_is_not_changed_again(sandbox, client, database):
    seen = client.get_autonomous_database(database).headers["etag"]
    client.update_autonomous_database(database, update(freeform_tags={"a": "b"}), if_match=seen)
    sandbox.advance(30)
    stale = (412, "NoEtagMatch")
    assert refused(client.update_autonomous_database, database, update(display_name="x"), if_match=seen) == stale
    for call in (client.stop_autonomous_database, client.restart_autonomous_database, client.delete_autonomous_database):
        assert refused(call, database, if_match=seen) == stale
    now = client.get_autonomous_database(database).headers["etag"]
    assert client.stop_autonomous_database(database, if_match=now).data.lifecycle_state == "STOPPING"


def test_a_dry_run_checks_and_changes_nothing(sandbox, client, database):
    assert client.create_autonomous_database(details(sandbox), opc_dry_run=True).data.db_name == "sales"
    assert refused(client.create_autonomous_database, details(sandbox, db_name="1"), opc_dry_run=True)[0] == 400
    client.update_autonomous_database(database, update(compute_count=8.0), opc_dry_run=True)
    client.stop_autonomous_database(database, opc_dry_run=True)
    client.delete_autonomous_database(database, opc_dry_run=True)
    assert refused(client.start_autonomous_database, database, opc_dry_run=True) == (409, "IncorrectState")
    (left,) = client.list_autonomous_databases(sandbox.tenancy).data
    assert left.lifecycle_state == "AVAILABLE"


def test_a_terminated_database_stays_visible_and_its_backups_go_but_for_long_term_ones(sandbox, client, database):
    found = sandbox.cloud.store.find(DATABASES, database)
    add_backup(sandbox.cloud.store, found, "nightly")
    add_backup(sandbox.cloud.store, found, "yearly", type="LONGTERM", isAutomatic=False)
    answer = client.delete_autonomous_database(database)
    assert state(client, database) == "TERMINATING"
    sandbox.advance(120)
    assert state(client, database) == "TERMINATED"
    assert work(sandbox, answer).status == "SUCCEEDED"
    assert refused(client.delete_autonomous_database, database) == (409, "IncorrectState")
    backups = client.list_autonomous_database_backups(compartment_id=sandbox.tenancy).data
    assert {b.display_name: b.lifecycle_state for b in backups} == {"nightly": "DELETED", "yearly": "ACTIVE"}


def test_a_backup_that_is_being_made_when_its_database_goes_never_gets_done(sandbox, client, database):
    backup = client.create_autonomous_database_backup(
        MODELS.CreateAutonomousDatabaseBackupDetails(autonomous_database_id=database)
    ).data
    client.delete_autonomous_database(database)
    states = []
    for _ in range(2):
        sandbox.advance(600)
        states.append(client.get_autonomous_database_backup(backup.id).data.lifecycle_state)
    assert states == ["DELETED", "DELETED"]


def test_long_term_backups_go_with_the_database_if_that_is_asked_for(sandbox, client, database):
    found = sandbox.cloud.store.find(DATABASES, database)
    add_backup(sandbox.cloud.store, found, "yearly", type="LONGTERM")
    client.delete_autonomous_database(database, must_delete_associated_long_term_backups=True)
    sandbox.advance(120)
    (backup,) = client.list_autonomous_database_backups(autonomous_database_id=database).data
    assert backup.lifecycle_state == "DELETED"


def test_a_backup_is_created_while_the_database_works_on(sandbox, client, database):
    wanted = MODELS.CreateAutonomousDatabaseBackupDetails(
        autonomous_database_id=database, display_name="before the release", is_long_term_backup=True, retention_period_in_days=365
    )
    made = client.create_autonomous_database_backup(wanted, opc_retry_token="once")
    again = client.create_autonomous_database_backup(wanted, opc_retry_token="once")
    assert (made.data.lifecycle_state, made.data.type, made.data.id) == ("CREATING", "LONGTERM", again.data.id)
    assert state(client, database) == "AVAILABLE"
    sandbox.advance(600)
    found = client.get_autonomous_database_backup(made.data.id)
    assert (found.data.lifecycle_state, found.data.is_restorable) == ("ACTIVE", True)
    assert (found.data.time_ended - found.data.time_started).total_seconds() == 600
    assert (found.data.time_available_till - found.data.time_started).days == 365
    assert work(sandbox, made).status == "SUCCEEDED"


def test_a_long_term_backup_is_kept_for_three_months_to_ten_years(client, database):
    for days in (None, 89, 3651):
        wrong = MODELS.CreateAutonomousDatabaseBackupDetails(
            autonomous_database_id=database, is_long_term_backup=True, retention_period_in_days=days
        )
        assert refused(client.create_autonomous_database_backup, wrong) == (400, "InvalidParameter")


def test_backups_are_listed_in_pages_of_a_database_or_a_compartment(sandbox, client, database):
    found = sandbox.cloud.store.find(DATABASES, database)
    other = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "other")
    for number in range(3):
        add_backup(sandbox.cloud.store, found, f"b{number}")
        sandbox.advance(1)
    add_backup(sandbox.cloud.store, other, "c", type="LONGTERM")
    assert refused(client.list_autonomous_database_backups) == (400, "MissingParameter")
    first = client.list_autonomous_database_backups(autonomous_database_id=database, limit=2)
    rest = client.list_autonomous_database_backups(autonomous_database_id=database, limit=2, page=first.next_page)
    assert [b.display_name for b in first.data + rest.data] == ["b2", "b1", "b0"]
    everywhere = client.list_autonomous_database_backups(compartment_id=sandbox.tenancy, sort_by="DISPLAYNAME").data
    assert [b.display_name for b in everywhere] == ["b0", "b1", "b2", "c"]
    assert len(client.list_autonomous_database_backups(compartment_id=sandbox.tenancy, is_pitr_eligible=True).data) == 3
    assert len(client.list_autonomous_database_backups(compartment_id=sandbox.tenancy, type="LONGTERM").data) == 1


def test_only_long_term_backups_are_deleted(sandbox, client, database):
    found = sandbox.cloud.store.find(DATABASES, database)
    nightly = add_backup(sandbox.cloud.store, found, "nightly").body["id"]
    yearly = add_backup(sandbox.cloud.store, found, "yearly", type="LONGTERM").body["id"]
    assert refused(client.delete_autonomous_database_backup, nightly) == (400, "InvalidParameter")
    assert refused(client.delete_autonomous_database_backup, yearly, if_match="other") == (412, "NoEtagMatch")
    client.delete_autonomous_database_backup(yearly)
    assert client.get_autonomous_database_backup(yearly).data.lifecycle_state == "DELETING"
    assert refused(client.delete_autonomous_database_backup, yearly) == (409, "IncorrectState")
    sandbox.advance(60)
    assert client.get_autonomous_database_backup(yearly).data.lifecycle_state == "DELETED"


def test_a_locked_retention_keeps_backups(sandbox, client):
    found = add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "ledger", isBackupRetentionLocked=True)
    yearly = add_backup(sandbox.cloud.store, found, "yearly", type="LONGTERM").body["id"]
    assert refused(client.delete_autonomous_database_backup, yearly) == (409, "IncorrectState")


def test_peers_are_listed_with_their_regions(sandbox, client, database):
    assert client.list_autonomous_database_peers(database).data.items == []
    standby = add_database(sandbox.cloud.store, AWAY, sandbox.tenancy, "orders2", role="STANDBY").body["id"]
    sandbox.cloud.store.find(DATABASES, database).change(peerDbIds=[standby])
    (peer,) = client.list_autonomous_database_peers(database).data.items
    assert (peer.id, peer.region) == (standby, AWAY)


def wallet(client, ocid, **more):
    wanted = MODELS.GenerateAutonomousDatabaseWalletDetails(**{"password": "wallet_1pass", **more})
    return zipfile.ZipFile(io.BytesIO(client.generate_autonomous_database_wallet(ocid, wanted).data.content))


def test_a_wallet_holds_names_and_a_key_that_its_password_opens(client, database):
    archive = wallet(client, database)
    assert sorted(archive.namelist()) == ["README", "ewallet.pem", "sqlnet.ora", "tnsnames.ora"]
    profiles = client.get_autonomous_database(database).data.connection_strings.profiles
    (high,) = [p for p in profiles if (p.consumer_group, p.tls_authentication) == ("HIGH", "MUTUAL")]
    assert f"orders_high = {high.value}" in archive.read("tnsnames.ora").decode()
    pem = archive.read("ewallet.pem")
    key = load_pem_private_key(pem, b"wallet_1pass")
    assert key.public_key() == load_pem_x509_certificate(pem).public_key()
    with pytest.raises(ValueError):
        load_pem_private_key(pem, b"another_1pass")


def test_a_wallet_for_the_region_names_all_databases_in_it(sandbox, client, database):
    add_database(sandbox.cloud.store, HOME, sandbox.tenancy, "sales", dbWorkload="DW")
    add_database(sandbox.cloud.store, AWAY, sandbox.tenancy, "away")
    names = wallet(client, database, generate_type="ALL").read("tnsnames.ora").decode()
    assert "orders_tp" in names
    assert "sales_high" in names
    assert "sales_tp" not in names
    assert "away" not in names


def test_a_wallet_that_is_asked_for_again_with_its_token_is_whole(client, database):
    wanted = MODELS.GenerateAutonomousDatabaseWalletDetails(password="wallet_1pass")
    for _ in range(2):
        answer = client.generate_autonomous_database_wallet(database, wanted, opc_retry_token="once")
        assert zipfile.is_zipfile(io.BytesIO(answer.data.content))


@pytest.mark.parametrize("password", ["short1", "onlyletters", "12345678"])
def test_a_weak_password_of_a_wallet_is_refused(client, database, password):
    wrong = MODELS.GenerateAutonomousDatabaseWalletDetails(password=password)
    assert refused(client.generate_autonomous_database_wallet, database, wrong) == (400, "InvalidParameter")


def test_a_database_that_is_being_made_has_no_wallet(sandbox, client):
    ocid = client.create_autonomous_database(details(sandbox)).data.id
    wanted = MODELS.GenerateAutonomousDatabaseWalletDetails(password="wallet_1pass")
    assert refused(client.generate_autonomous_database_wallet, ocid, wanted) == (409, "IncorrectState")


def test_a_stale_answer_shows_the_state_before(sandbox, client, database):
    client.stop_autonomous_database(database)
    sandbox.fault("stale", service="database")
    assert state(client, database) == "AVAILABLE"
