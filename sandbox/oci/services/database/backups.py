"""Operations on backups of Autonomous Databases."""

from __future__ import annotations

from sandbox.oci.clock import parsed
from sandbox.oci.errors import OciError, conflict, invalid
from sandbox.oci.exchange import Answer, Asked, answers, etag_shown, page, shown
from sandbox.oci.services import work_requests
from sandbox.oci.services.database import automatic, bodies, contents, faults, lifecycle
from sandbox.oci.services.database.autonomous import in_order
from sandbox.oci.services.database.lifecycle import BACKUPS, DATABASES
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body, Change, Resource, Store, effect

LONG_TERM_DAYS = (90, 3650)
"""Least and most. Source: docs.oracle.com, "Backup and Restore Autonomous AI Database Instances" (three months to ten years), and
the same bounds in days in the API reference of Oracle Database@AWS."""
_CREATE_SECONDS, _DELETE_SECONDS = lifecycle.ACTIONS["back up"].seconds, 60
"""Not sourced."""
_SAME = ("lifecycleState", "type", "displayName", "keyStoreId", "infrastructureType", "autonomousDatabaseId", "compartmentId")


@answers("database")
def create_autonomous_database_backup(asked: Asked) -> Answer:
    """A backup: CREATING, then ACTIVE. The database works on meanwhile.

    Source of the latter: docs.oracle.com, "Concurrent Operations on Autonomous Database".
    """
    body = asked.body
    database = asked.store.find(DATABASES, body["autonomousDatabaseId"], asked.region)
    automatic.keep_up(asked.store, database)
    lifecycle.demand(database, "back up")
    if body.get("backupDestinationDetails"):
        raise OciError(501, "NotImplemented", "The sandbox knows no other destinations of backups: see docs/sandbox.md.")
    long_term = bool(body.get("isLongTermBackup"))
    days = _days(body, database, long_term=long_term)
    name = body.get("displayName") or f"{database.body['dbName']}-{asked.store.clock.now():%Y%m%d%H%M%S}"
    made = bodies.backup(asked.store, database, name, seconds=_CREATE_SECONDS, days=days, long_term=long_term)
    if lifecycle.is_dry(asked):
        return Answer(made)
    found = asked.store.add(BACKUPS, made, asked.region)
    fields = bodies.finished(asked.store, database, _CREATE_SECONDS)
    title = lifecycle.ACTIONS["back up"].title
    resources = [work_requests.affected("autonomousDatabaseBackup", "CREATED", str(made["id"]))]
    request = work_requests.start_open(asked.store, asked.region, made["compartmentId"], title, resources, _CREATE_SECONDS)
    change = Change("", BACKUPS, made["id"], fields, "database.backed_up", {"request": request})
    asked.store.afterwards(_CREATE_SECONDS, change)
    return Answer(dict(made), headers={"etag": found.etag, "opc-work-request-id": request})


@answers("database")
def get_autonomous_database_backup(asked: Asked) -> Answer:
    """One backup."""
    found = _backup(asked)
    return Answer(shown(asked, found.body, found.before), headers={"etag": etag_shown(asked, found)})


@answers("database")
def list_autonomous_database_backups(asked: Asked) -> Answer:
    """Backups of a database or of a compartment; one of the two is to be named. Source: SDK docstring."""
    query = asked.query
    if query.get("compartmentId"):
        demand_compartment(asked, query["compartmentId"])
        for database in asked.store.all(DATABASES, asked.region):
            automatic.keep_up(asked.store, database)
    elif query.get("autonomousDatabaseId"):
        automatic.keep_up(asked.store, asked.store.find(DATABASES, query["autonomousDatabaseId"], asked.region))
    else:
        raise OciError(400, "MissingParameter", "autonomousDatabaseId or compartmentId is required")
    rows = [
        shown(asked, r.body, r.before)
        for r in asked.store.all(BACKUPS, asked.region)
        if all(query.get(field) in (None, r.body.get(field)) for field in _SAME)
    ]
    if query.get("backupDestinationId"):
        rows = []
    if query.get("isPitrEligible"):
        rows = [row for row in rows if row["isRestorable"] and row["type"] != "LONGTERM"]
    return page(asked, in_order(asked, rows, "timeStarted"))


@answers("database")
def delete_autonomous_database_backup(asked: Asked) -> Answer:
    """Delete a long-term backup; others cannot be deleted.

    Source: SDK docstring. Statuses of the refusals are not sourced.
    """
    found = _backup(asked)
    found.demand_etag(asked.if_match)
    if found.body["type"] != "LONGTERM":
        raise invalid("Only long-term backups can be deleted.")
    if found.body["lifecycleState"] not in ("ACTIVE", "FAILED"):
        raise conflict(f"The backup is {found.body['lifecycleState']}; deletion demands ACTIVE or FAILED.")
    database = asked.store.table(DATABASES).get(found.body["autonomousDatabaseId"])
    if database is not None and database.body["isBackupRetentionLocked"]:
        raise conflict("The retention of the database's backups is locked.")
    if lifecycle.is_dry(asked):
        return Answer(status=204)
    found.change(lifecycleState="DELETING", isRestorable=False)
    fields = {"lifecycleState": "DELETED"}
    asked.store.afterwards(_DELETE_SECONDS, Change("", BACKUPS, found.body["id"], fields, "database.backup_deleted"))
    resources = [work_requests.affected("autonomousDatabaseBackup", "DELETED", str(found.body["id"]))]
    title, compartment = "Delete Autonomous Database Backup", str(found.body["compartmentId"])
    request = work_requests.start(asked.store, asked.region, compartment, title, resources, _DELETE_SECONDS)
    return Answer(status=204, headers={"opc-work-request-id": request})


def discard(store: Store, backup: Resource, seconds: float) -> None:
    """Let a backup be deleted in so many seconds; one that is being made never gets done."""
    for change in store.forget_changes(BACKUPS, str(backup.body["id"])):
        if "request" in change.details:
            work_requests.end(store, change.details["request"], status="CANCELED")
    store.later(seconds, BACKUPS, str(backup.body["id"]), lifecycleState="DELETED", isRestorable=False)


@effect("database.backed_up")
def _backed_up(store: Store, change: Change) -> None:
    """A backup is done. A long-term one has contents of its own, since it outlives its database."""
    backup = store.table(BACKUPS)[change.key]
    failed = faults.failure(store, [backup.body["autonomousDatabaseId"]], "back up")
    work_requests.end(store, change.details["request"], failed)
    if failed:
        backup.change(lifecycleState="FAILED", lifecycleDetails=failed[1], isRestorable=False)
        return
    backup.change(**change.fields)
    if backup.body["type"] == "LONGTERM":
        contents.copy(store, str(backup.body["autonomousDatabaseId"]), change.key, store.clock.now())
    left = (parsed(backup.body["timeAvailableTill"]) - store.clock.now()).total_seconds()
    store.afterwards(left, Change("", BACKUPS, change.key, {}, "database.backup_expired"))


@effect("database.backup_expired")
def _expired(store: Store, change: Change) -> None:
    """The time of a backup is over. That it is no longer listed then is not sourced."""
    store.table(BACKUPS).pop(change.key, None)
    contents.remove(store, change.key)


@effect("database.backup_deleted")
def _backup_deleted(store: Store, change: Change) -> None:
    store.table(BACKUPS)[change.key].change(**change.fields)
    contents.remove(store, change.key)


def _backup(asked: Asked) -> Resource:
    return asked.store.find(BACKUPS, asked.path["autonomousDatabaseBackupId"], asked.region)


def _days(body: Body, database: Resource, *, long_term: bool) -> int:
    days = body.get("retentionPeriodInDays")
    if not long_term:
        if days is not None:
            raise invalid("retentionPeriodInDays is for long-term backups alone")
        return int(database.body["backupRetentionPeriodInDays"])
    least, most = LONG_TERM_DAYS
    if days is None or not least <= days <= most:
        raise invalid(f"retentionPeriodInDays of a long-term backup must be between {least} and {most}")
    return int(days)
