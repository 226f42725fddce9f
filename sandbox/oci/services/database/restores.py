"""Restoring an Autonomous Database in place: what was written since is lost."""

from __future__ import annotations

from sandbox.oci.clock import parsed
from sandbox.oci.errors import invalid
from sandbox.oci.exchange import Answer, Asked, answers
from sandbox.oci.services.database import contents, lifecycle, rules
from sandbox.oci.services.database.autonomous import database
from sandbox.oci.services.database.creation import demanded_moment
from sandbox.oci.services.database.faults import LOCAL
from sandbox.oci.services.database.lifecycle import DATABASES, at_end_of
from sandbox.oci.store import Body, Resource, Store


@answers("database")
def restore_autonomous_database(asked: Asked) -> Answer:
    """Restore to a moment, or to the latest state with the least loss; its standbys follow from there.

    That exactly one of the two is to be given, and that standbys follow, is not sourced.
    """
    found, body = database(asked), {name: value for name, value in asked.body.items() if value is not None}
    found.demand_etag(asked.if_match)
    if "databaseScn" in body:
        raise rules.not_yet("restoring to a system change number")
    if ("timestamp" in body) == bool(body.get("latest")):
        raise invalid("One of timestamp and latest is required")
    lifecycle.demand(found, "restore")
    at = demanded_moment(asked.store, found, body["timestamp"]) if "timestamp" in body else None
    if lifecycle.is_dry(asked):
        return lifecycle.unchanged(found)
    details = {"at": at, "restored_from": found.body["id"]}
    headers = lifecycle.begin(asked.store, found, "restore", if_it_fails="RESTORE_FAILED", details=details)
    return Answer(found.body, headers=headers)


@at_end_of("restore")
def _restored(store: Store, found: Resource, details: Body) -> None:
    ocid = str(found.body["id"])
    contents.restore(store, ocid, parsed(details["at"]) if details["at"] else None)
    if (found.body.get("localStandbyDb") or {}).get("lifecycleState") == "STANDBY":
        contents.follow(store, ocid + LOCAL, ocid)
    for standby in found.body["peerDbIds"]:
        if store.table(DATABASES)[standby].body["role"] == "STANDBY":
            contents.follow(store, standby, ocid)
