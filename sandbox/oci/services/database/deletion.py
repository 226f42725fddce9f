"""Terminating Autonomous Databases, and what goes with them."""

from __future__ import annotations

from sandbox.oci.errors import conflict
from sandbox.oci.exchange import Answer, Asked, answers
from sandbox.oci.services.database import backups, contents, lifecycle
from sandbox.oci.services.database.autonomous import database
from sandbox.oci.services.database.faults import LOCAL
from sandbox.oci.services.database.lifecycle import BACKUPS, DATABASES, at_end_of
from sandbox.oci.store import Body, Resource, Store


@answers("database")
def delete_autonomous_database(asked: Asked) -> Answer:
    """Terminate a database. Its backups go with it; long-term ones do if that is asked for and they are not locked.

    Source: SDK docstring of `must_delete_associated_long_term_backups`. That standbys in other regions are to be terminated first
    is not sourced.
    """
    found, store = database(asked), asked.store
    found.demand_etag(asked.if_match)
    lifecycle.demand(found, "delete")
    if found.body["role"] == "PRIMARY" and found.body["peerDbIds"]:
        raise conflict("The Autonomous Database has standbys in other regions; terminate those first.")
    if lifecycle.is_dry(asked):
        return Answer(status=204)
    all_of_them = asked.query.get("mustDeleteAssociatedLongTermBackups", False) and not found.body["isBackupRetentionLocked"]
    headers = lifecycle.begin(store, found, "delete")
    for backup in list(store.all(BACKUPS)):
        goes = all_of_them or backup.body["type"] != "LONGTERM"
        if backup.body["autonomousDatabaseId"] == found.body["id"] and goes and backup.body["lifecycleState"] != "DELETED":
            backups.discard(store, backup, lifecycle.ACTIONS["delete"].seconds)
    return Answer(status=204, headers={"opc-work-request-id": headers["opc-work-request-id"]})


@at_end_of("delete")
def _left(store: Store, found: Resource, _details: Body) -> None:
    """A terminated database is nobody's standby, and holds nothing."""
    ocid, table = str(found.body["id"]), store.table(DATABASES)
    if found.body["role"] != "PRIMARY":
        for primary in (table[one] for one in found.body["peerDbIds"] if one in table):
            _without(primary, ocid)
    found.change(peerDbIds=[], localStandbyDb=None)
    contents.remove(store, ocid)
    contents.remove(store, ocid + LOCAL)


def _without(primary: Resource, ocid: str) -> None:
    left = [one for one in primary.body["peerDbIds"] if one != ocid]
    role = primary.body["role"] if left or primary.body["isLocalDataGuardEnabled"] else None
    primary.change(peerDbIds=left, role=role, isRemoteDataGuardEnabled=bool(left) and primary.body["isRemoteDataGuardEnabled"])
