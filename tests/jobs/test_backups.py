"""The job that keeps backups, against the embedded Oracle cloud over HTTP: planned, applied, cut off anywhere, run again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import oci
import pytest

from assets.journal import Journal
from assets.recovery import tables
from assets.recovery.backup_state import look as look_at
from assets.recovery.backups import backup_state
from assets.recovery.logic.backup_plan import Confirmed, plan
from assets.recovery.policy_files import policies_in_force
from jobs.backup_changes import apply, settle
from jobs.backups import backups
from jobs.database_changes import Applied, DatabaseWorld
from jobs.export_rules import age_exports
from sandbox.oci.services.database import add_backup
from sandbox.oci.services.object_lifecycle import REFUSED
from tests.jobs.recovery_worlds import HOME, World, metadata, why, world

OP = "keep_backups"
NAMESPACE = "acmesandbox"
NOTHING = Confirmed()
POLICY = """
policies:
  - name: short
    match: {database: ledger}
    retention_days: 30
    long_term: [{every: month, keep_days: 365}, {every: year, keep_days: 2555}]
    newest_backup_hours: 26
  - {name: rest, match: {}, newest_backup_hours: 26}
"""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        one.says("recovery/backup_policies.yaml", POLICY)
        yield one


def long_terms(made: World, ocid: str) -> list[tuple[str, int | None]]:
    listed = made.databases.backups(HOME, ocid)
    return [(b.display_name, b.retention_days) for b in listed if b.type == "LONGTERM" and b.lifecycle_state != "DELETED"]


def once(made: World, run_id: str = "run", confirmed: Confirmed = NOTHING) -> Applied[Any]:
    """What the job does to backups, without Dagster."""
    looked = look_at(made.databases, policies_in_force(made.resources["inputs_store"]))
    doing = DatabaseWorld(made.databases, made.clock, Journal(made.lake, tables.JOURNAL, run_id, "ann"), 7200)
    steps = plan(looked.known, confirmed, made.clock.now())
    settle(doing, looked)
    applied = apply(doing, steps)
    assert applied.failed == []
    return applied


def keep(made: World, **config: Any) -> dict[str, Any]:
    result = made.run(backups, OP, **config)
    assert result.success, why(result, OP)
    return metadata(result)


def look(made: World) -> dict[str, bool]:
    needed = ("lake", "cloud_clock", "inputs_store", "autonomous_databases")
    result = dg.materialize([backup_state], resources={name: made.resources[name] for name in needed})
    return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}


def test_a_plan_changes_nothing(made):
    ledger = made.add("ledger")

    told = keep(made)

    assert (told["mode"], told["steps"]) == ("plan", 2)
    assert long_terms(made, ledger) == []
    assert made.journal() == []


def test_a_confirmation_of_no_database_stops_a_run_before_anything_is_done(made):
    made.add("ledger")

    assert "legder: confirmed, and no database" in why(made.run(backups, OP, mode="apply", confirm_shorten=["legder"]), OP)
    assert made.journal() == []


def test_missing_long_term_backups_are_made_once(made):
    ledger = made.add("ledger")

    assert keep(made, mode="apply")["done"] == 1
    assert long_terms(made, ledger) == [("cloudops-longterm-2026-2026-11", 2555)]
    assert once(made).done == []
    made.sandbox.advance(20 * 86400)
    once(made)
    assert len(long_terms(made, ledger)) == 2
    assert made.journal() == [("make long-term backup", "begun"), ("make long-term backup", "done")] * 2


def test_a_retention_is_shortened_only_by_name_and_locked_only_by_name(made):
    ledger = made.add("ledger")
    made.says("recovery/backup_policies.yaml", "policies: [{name: a, match: {}, retention_days: 30, lock_retention: true}]")

    def state() -> tuple[int | None, bool | None]:
        seen = made.databases.database(HOME, ledger)
        return seen.backup_retention_days, seen.is_backup_retention_locked

    assert len(once(made).held) == 2
    assert state() == (60, False)
    once(made, confirmed=Confirmed(shorten=["ledger"]))
    assert state() == (30, False)
    once(made, confirmed=Confirmed(lock=["ledger"]))
    assert state() == (30, True)
    made.says("recovery/backup_policies.yaml", "policies: [{name: a, match: {}, retention_days: 7}]")
    assert len(once(made, confirmed=Confirmed(shorten=["ledger"])).held) == 1
    assert state() == (30, True)


def test_a_long_term_backup_beyond_policy_goes_only_if_it_is_named(made):
    ledger = made.add("ledger", environment="dev")
    made.says("recovery/backup_policies.yaml", "policies: [{name: a, match: {}}]")
    database = made.sandbox.cloud.store.find("database.autonomous_databases", ledger)
    kept = {"type": "LONGTERM", "isAutomatic": False, "retentionPeriodInDays": 400}
    add_backup(made.sandbox.cloud.store, database, "old", **kept)

    assert len(once(made).held) == 1
    assert len(long_terms(made, ledger)) == 1
    assert len(once(made, confirmed=Confirmed(delete=["old"])).done) == 1
    assert long_terms(made, ledger) == []


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(("call", "when"), [("back_up", "before"), ("back_up", "after"), ("work_request", "before")])
def test_a_run_that_is_cut_off_anywhere_makes_no_backup_twice(made, monkeypatch, call, when):
    ledger = made.add("ledger")
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
    once(made, "second")

    assert long_terms(made, ledger) == [("cloudops-longterm-2026-2026-11", 2555)]
    outcomes = [outcome for _, outcome in made.journal()]
    assert outcomes.count("begun") * 2 == len(outcomes)


def test_what_is_missing_is_named_by_a_check_and_unknown_by_another(made):
    made.add("ledger")
    fresh = made.add("fresh", timeCreated="2026-11-16T11:00:00.000Z")

    checks = look(made)

    gaps = {(row["database"], row["requirement"], row["period"]) for row in made.table(tables.BACKUP_GAPS)}
    assert gaps == {("ledger", "long-term backup", p) for p in ("2026", "2026-11")} | {("fresh", "newest backup", "")}
    assert checks == {"backups_are_as_their_policies_ask": False, "everything_about_backups_is_known": True}
    assert {row["type"] for row in made.table(tables.BACKUPS)} == {"FULL", "INCREMENTAL"}
    assert fresh not in {row["database_id"] for row in made.table(tables.BACKUPS)}


def test_backups_that_cannot_be_listed_are_unknown_and_those_seen_before_are_kept(made):
    made.add("ledger", environment="dev")
    look(made)
    before = len(made.table(tables.BACKUPS))
    made.sandbox.fault("status", operation="list_autonomous_database_backups", status=500, times=99)

    checks = look(made)

    assert [(row["requirement"], row["status"]) for row in made.table(tables.BACKUP_GAPS)] == [("backups listed", "unknown")]
    assert not checks["everything_about_backups_is_known"]
    assert len(made.table(tables.BACKUPS)) == before > 0


EXPORTS = """
policies: [{name: a, match: {}}]
exports: [{bucket: exports, prefix: expdp/, infrequent_after_days: 31, archive_after_days: 90, delete_after_days: 400}]
"""


def test_exports_age_by_rules_of_ours_beside_those_of_people(made):
    made.says("recovery/backup_policies.yaml", EXPORTS)
    models = oci.object_storage.models
    client = made.sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    client.create_bucket(NAMESPACE, models.CreateBucketDetails(name="exports", compartment_id=made.sandbox.tenancy))
    by_hand = models.ObjectLifecycleRule(name="mine", action="DELETE", time_amount=9, time_unit="DAYS", is_enabled=True)
    client.put_object_lifecycle_policy(NAMESPACE, "exports", models.PutObjectLifecyclePolicyDetails(items=[by_hand]))

    def aged(*, acts: bool) -> int:
        exports = policies_in_force(made.resources["inputs_store"]).exports
        journal = Journal(made.lake, tables.JOURNAL, "run", "ann")
        return age_exports(made.resources["object_lifecycle"], exports, journal, made.clock, acts=acts).changed

    assert aged(acts=False) == 0
    assert keep(made, mode="apply")["export_rules_changed"] == 1
    assert aged(acts=True) == 0

    rules = client.get_object_lifecycle_policy(NAMESPACE, "exports").data.items
    assert [(rule.name, rule.time_amount) for rule in rules] == [
        ("mine", 9),
        ("cloudops-infrequent-access-expdp", 31),
        ("cloudops-archive-expdp", 90),
        ("cloudops-delete-expdp", 400),
    ]
    made.says("recovery/backup_policies.yaml", "policies: [{name: a, match: {}}]")
    assert aged(acts=True) == 1
    assert [rule.name for rule in client.get_object_lifecycle_policy(NAMESPACE, "exports").data.items] == ["mine"]
    assert aged(acts=True) == 0
    client.delete_object_lifecycle_policy(NAMESPACE, "exports")
    client.delete_bucket(NAMESPACE, "exports")
    assert aged(acts=True) == 0
    assert made.journal() == [("set rules of a bucket", "begun"), ("set rules of a bucket", "done")] * 2


def test_what_the_service_may_not_do_is_told_with_the_statement_that_lets_it(made):
    made.says("recovery/backup_policies.yaml", EXPORTS)
    client = made.sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    details = oci.object_storage.models.CreateBucketDetails(name="exports", compartment_id=made.sandbox.tenancy)
    client.create_bucket(NAMESPACE, details)
    made.sandbox.cloud.store.add(REFUSED, {"name": "exports"}, key=f"{NAMESPACE}/exports")

    told = why(made.run(backups, OP, mode="apply"), OP)

    assert "Allow service objectstorage-eu-frankfurt-1 to manage object-family" in told


def test_a_file_that_is_not_understood_stops_the_run(made):
    made.says("recovery/backup_policies.yaml", "policies: [{name: a, match: {}, retention_days: 99}]")

    assert "from 1 to 60" in why(made.run(backups, OP, mode="apply"), OP)
