"""Automatic backups: they appear and go as time passes, and are worked out when somebody looks.

Each database is backed up once a day from its creation on, in full every seventh time. Not sourced: the documentation says only
that full, cumulative and incremental backups are taken from time to time, and that a database can be restored to any moment of
its retention. That a database is not backed up while it is stopped, is no primary or is not there is not sourced either.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.oci.clock import parsed, text
from sandbox.oci.store import Body, Resource, Store

BACKUPS = "database.backups"
EVERY, LASTS = timedelta(days=1), timedelta(minutes=10)
_REPLICATED = timedelta(days=7)
"""Of backups that are replicated to a standby in another region. Source: SDK docstring of `isReplicateAutomaticBackups`."""
_FULL_EVERY = 7
_LAST, _MADE = "backed_up", "automatic"
_NOT_BACKED_UP = ("PROVISIONING", "STOPPED", "STANDBY", "TERMINATING", "TERMINATED", "UNAVAILABLE")


def keep_up(store: Store, database: Resource) -> None:
    """Let the backups exist that were made since this was last asked, and those be gone whose time is over.

    To be asked before anything changes on which they depend.
    """
    now = store.clock.now()
    last = parsed(database.hidden.get(_LAST) or database.body["timeCreated"])
    if now - last < EVERY + LASTS:
        return
    made: list[str] = database.hidden.setdefault(_MADE, [])
    table = store.table(BACKUPS)
    while made and (made[0] not in table or parsed(table[made[0]].body["timeAvailableTill"]) <= now):
        table.pop(made.pop(0), None)
    count = (now - LASTS - last) // EVERY
    database.hidden[_LAST] = text(last + count * EVERY)
    created, kept = parsed(database.body["timeCreated"]), _kept(database)
    for number in range(1, count + 1):
        started = last + number * EVERY
        if kept is not None and started + kept > now:
            row = _backup(store, database, started, kept, full=(started - created) // EVERY % _FULL_EVERY == 0)
            store.add(BACKUPS, row, database.region)
            made.append(str(row["id"]))


def retain(store: Store, database: Resource) -> None:
    """Let all of them be kept for as long as the database's retention says now."""
    table, kept = store.table(BACKUPS), timedelta(days=int(database.body["backupRetentionPeriodInDays"]))
    for backup in (table[ocid] for ocid in database.hidden.get(_MADE, ()) if ocid in table):
        backup.change(timeAvailableTill=text(parsed(backup.body["timeStarted"]) + kept))


def _kept(database: Resource) -> timedelta | None:
    """How long backups of a database are kept now, or those that are replicated to a standby; None if there are none of it."""
    body = database.body
    if body["role"] in ("STANDBY", "BACKUP_COPY"):
        replicated = (body.get("remoteDisasterRecoveryConfiguration") or {}).get("isReplicateAutomaticBackups")
        return _REPLICATED if replicated and body["lifecycleState"] == "STANDBY" else None
    if body["role"] not in (None, "PRIMARY") or body["lifecycleState"] in _NOT_BACKED_UP:
        return None
    return timedelta(days=int(body["backupRetentionPeriodInDays"]))


def _backup(store: Store, database: Resource, started: datetime, kept: timedelta, *, full: bool) -> Body:
    storage = float(database.body["dataStorageSizeInTBs"])
    return {
        "id": store.new_ocid("autonomousdatabasebackup", database.region),
        "compartmentId": database.body["compartmentId"],
        "autonomousDatabaseId": database.body["id"],
        "displayName": f"{database.body['dbName']}-{started:%Y%m%d%H%M%S}",
        "type": "FULL" if full else "INCREMENTAL",
        "isAutomatic": True,
        "timeStarted": text(started),
        "timeEnded": text(started + LASTS),
        "lifecycleState": "ACTIVE",
        "lifecycleDetails": None,
        "isRestorable": True,
        "retentionPeriodInDays": None,
        "timeAvailableTill": text(started + kept),
        "dbVersion": database.body["dbVersion"],
        "databaseSizeInTBs": storage,
        "sizeInTBs": round(storage / (10 if full else 100), 3),
        "region": database.region,
    }
