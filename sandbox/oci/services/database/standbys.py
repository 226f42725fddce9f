"""Standbys of Autonomous Databases: exchanging roles with them, and writing to them for a while.

A standby in the region of its primary has no OCID: it is a part of its primary, of which everything is asked. One in another
region is a database of its own, and role changes are asked of it, in its region. Source: SDK docstrings of
`switchover_autonomous_database`, `fail_over_autonomous_database`, `peerDbIds` and `change_disaster_recovery_configuration`.
"""

from __future__ import annotations

from datetime import timedelta

from sandbox.oci.clock import parsed, text
from sandbox.oci.errors import conflict, invalid
from sandbox.oci.exchange import Answer, Asked, answers, page_of
from sandbox.oci.services.database import contents, faults, lifecycle, rules
from sandbox.oci.services.database.autonomous import database
from sandbox.oci.services.database.faults import LOCAL
from sandbox.oci.services.database.lifecycle import DATABASES, at_end_of, at_failure_of
from sandbox.oci.store import Body, Change, Resource, Store, effect

REINSTATEMENT_SECONDS = 600
"""After a failover, until the old primary is a standby. Not sourced: only that a standby is there again afterwards is."""
LONGEST_SNAPSHOT = timedelta(hours=48)
"""Then it becomes a standby again by itself. Source: docs.oracle.com, "Convert Cross Region Peer to Snapshot Standby"."""
_BACKUP_BASED_TIMES = 10
"""A backup-based standby is made out of backups at the time of a role change: so many times slower. Not sourced."""


@answers("database")
def switchover_autonomous_database(asked: Asked) -> Answer:
    """Exchange the roles of a database and its standby, without loss."""
    return _change_roles(asked, "switch over")


@answers("database")
def fail_over_autonomous_database(asked: Asked) -> Answer:
    """Let the standby be the primary with what it has; its primary need not answer."""
    return _change_roles(asked, "fail over")


@answers("database")
def list_autonomous_database_peers(asked: Asked) -> Answer:
    """Standbys of a database, or its primary, in whichever other region they are."""
    found = database(asked)
    table = asked.store.table(DATABASES)
    wrong = faults.of(asked.store, str(found.body["id"]), "wrong_region")
    rows = [{"id": ocid, "region": table[ocid].region if ocid in table else None} for ocid in found.body["peerDbIds"] or []]
    if wrong is not None:
        rows = [{**row, "region": wrong.get("region", found.region)} for row in rows]
    part, headers = page_of(asked, rows)
    return Answer({"items": list(part)}, headers=headers)


@answers("database")
def change_disaster_recovery_configuration(asked: Asked) -> Answer:
    """Open a remote standby for writing, or let it be a standby again, which discards what was written.

    Source: docs.oracle.com, "Convert Cross Region Peer to Snapshot Standby".
    """
    found, body = database(asked), {name: value for name, value in asked.body.items() if value is not None}
    found.demand_etag(asked.if_match)
    config = found.body.get("remoteDisasterRecoveryConfiguration") or {}
    others = [
        name for name in ("disasterRecoveryType", "isReplicateAutomaticBackups") if body.get(name) not in (None, config.get(name))
    ]
    if others or "isSnapshotStandby" not in body:
        raise rules.not_yet(f"changes of {others[0] if others else 'nothing'} in the configuration of disaster recovery")
    action = "convert to snapshot standby" if body["isSnapshotStandby"] else "convert to standby"
    lifecycle.demand(found, action)
    till = _till(asked, body)
    if lifecycle.is_dry(asked):
        return lifecycle.unchanged(found)
    headers = lifecycle.begin(asked.store, found, action, details={"till": till})
    return Answer(found.body, headers=headers)


def _till(asked: Asked, body: Body) -> str:
    latest = asked.store.clock.now() + LONGEST_SNAPSHOT
    given = body.get("timeSnapshotStandbyEnabledTill")
    if given is not None and not asked.store.clock.now() < parsed(given) <= latest:
        raise invalid(f"timeSnapshotStandbyEnabledTill must be to come, by {text(latest)} at the latest")
    return text(parsed(given) if given else latest)


def _change_roles(asked: Asked, name: str) -> Answer:
    found, peer = database(asked), asked.query.get("peerDbId")
    found.demand_etag(asked.if_match)
    return _remotely(asked, found, name, peer) if peer else _locally(asked, found, name + " locally")


def _locally(asked: Asked, found: Resource, name: str) -> Answer:
    """The database keeps its OCID and its region; what it holds is then that of its local standby."""
    lifecycle.demand(found, name)
    local = found.body.get("localStandbyDb") or {}
    if local.get("lifecycleState") != "STANDBY":
        raise conflict(f"The Autonomous Database has no local standby that is ready: {local.get('lifecycleState')}.")
    if lifecycle.is_dry(asked):
        return lifecycle.unchanged(found)
    headers = lifecycle.begin(asked.store, found, name, details={"at": text(asked.store.clock.now())})
    return Answer(found.body, headers=headers)


def _remotely(asked: Asked, standby: Resource, name: str, peer: str) -> Answer:
    """Asked of the standby, in its region; the peer that is named is its primary."""
    lifecycle.demand(standby, name)
    primary = asked.store.table(DATABASES).get(peer)
    if primary is None or peer not in standby.body["peerDbIds"]:
        raise invalid("peerDbId is no peer of the Autonomous Database")
    if primary.body["role"] != "PRIMARY" or primary.body["lifecycleState"] in ("ROLE_CHANGE_IN_PROGRESS", "TERMINATING"):
        raise conflict(f"The peer is {primary.body['lifecycleState']} with the role {primary.body['role']}.")
    if name == "switch over":
        lifecycle.demand(primary, "lead")
    if lifecycle.is_dry(asked):
        return lifecycle.unchanged(standby)
    if name == "fail over":
        lifecycle.cancel(asked.store, primary)
    slower = _BACKUP_BASED_TIMES if standby.body["role"] == "BACKUP_COPY" else 1
    seconds = lifecycle.ACTIONS[name].seconds * slower
    details = {"primary": peer, "as": standby.body["role"], "at": text(asked.store.clock.now())}
    headers = lifecycle.begin(asked.store, standby, name, with_it=[primary], seconds=seconds, details=details)
    return Answer(standby.body, headers=headers)


@at_end_of("switch over")
def _switched_over(store: Store, standby: Resource, details: Body) -> None:
    primary = store.table(DATABASES)[details["primary"]]
    contents.exchange(store, details["primary"], str(standby.body["id"]))
    _lead(store, standby, primary, details["as"], "STANDBY")
    primary.change(role=details["as"])


@at_end_of("fail over")
def _failed_over(store: Store, standby: Resource, details: Body) -> None:
    primary, ocid = store.table(DATABASES)[details["primary"]], str(standby.body["id"])
    contents.promote(store, ocid, parsed(details["at"]))  # what had not reached it when its primary was given up is lost
    _lead(store, standby, primary, "DISABLED_STANDBY", "UNAVAILABLE")
    fields = {"role": details["as"], "lifecycleState": "STANDBY"}
    change = Change("", DATABASES, details["primary"], fields, "database.reinstated", {"primary": ocid})
    store.afterwards(REINSTATEMENT_SECONDS, change)


@effect("database.reinstated")
def _reinstated(store: Store, change: Change) -> None:
    """After a failover the old primary follows the new one, unless it was terminated meanwhile."""
    found = store.table(DATABASES)[change.key]
    if found.body["role"] == "DISABLED_STANDBY" and found.body["lifecycleState"] == "UNAVAILABLE":
        found.change(**change.fields)
        contents.follow(store, change.key, change.details["primary"])


def _lead(store: Store, leader: Resource, before: Resource, role: str, state: str) -> None:
    """Let a database be the primary of all that its old primary led."""
    now, ocid, old = text(store.clock.now()), str(leader.body["id"]), str(before.body["id"])
    others = [one for one in before.body["peerDbIds"] if one != ocid]
    changed = {"timeDataGuardRoleChanged": now, "timeDisasterRecoveryRoleChanged": now}
    leader.change(role="PRIMARY", openMode="READ_WRITE", peerDbIds=[old, *others], **changed)
    before.change(role=role, lifecycleState=state, openMode="READ_ONLY", peerDbIds=[ocid], **changed)
    for one in others:
        store.table(DATABASES)[one].change(peerDbIds=[ocid])
        contents.follow(store, one, ocid)


@at_end_of("switch over locally")
def _switched_over_locally(store: Store, found: Resource, _details: Body) -> None:
    ocid = str(found.body["id"])
    contents.exchange(store, ocid, ocid + LOCAL)
    _changed_locally(store, found, "STANDBY")


@at_end_of("fail over locally")
def _failed_over_locally(store: Store, found: Resource, details: Body) -> None:
    """The standby is the database now, and a new standby is made."""
    ocid = str(found.body["id"])
    contents.promote(store, ocid + LOCAL, parsed(details["at"]))
    _changed_locally(store, found, "PROVISIONING")
    store.afterwards(REINSTATEMENT_SECONDS, Change("", DATABASES, ocid, {}, "database.local_standby_ready"))


def _changed_locally(store: Store, found: Resource, standby: str) -> None:
    now = text(store.clock.now())
    changed = {"timeDataGuardRoleChanged": now, "timeDisasterRecoveryRoleChanged": now}
    found.change(localStandbyDb={"lifecycleState": standby, **changed}, **changed)


@at_end_of("add local standby")
def _protected(store: Store, found: Resource, _details: Body) -> None:
    found.change(role="PRIMARY", timeLocalDataGuardEnabled=text(store.clock.now()))
    _local_standby_ready(store, Change("", DATABASES, str(found.body["id"]), {}))


@at_failure_of("add local standby")
def _not_protected(_store: Store, found: Resource, _details: Body) -> None:
    found.change(isLocalDataGuardEnabled=False, isDataGuardEnabled=False, localStandbyDb=None)


@effect("database.local_standby_ready")
def _local_standby_ready(store: Store, change: Change) -> None:
    found = store.table(DATABASES)[change.key]
    if found.body.get("localStandbyDb"):
        found.change(localStandbyDb={**found.body["localStandbyDb"], "lifecycleState": "STANDBY"})
        contents.follow(store, change.key + LOCAL, change.key)


@at_end_of("remove local standby")
def _unprotected(store: Store, found: Resource, _details: Body) -> None:
    role = "PRIMARY" if found.body["peerDbIds"] else None
    found.change(role=role, isLocalDataGuardEnabled=False, isDataGuardEnabled=False, localStandbyDb=None)
    contents.remove(store, found.body["id"] + LOCAL)


@at_end_of("convert to snapshot standby")
def _opened(store: Store, found: Resource, details: Body) -> None:
    config = {**found.body["remoteDisasterRecoveryConfiguration"], "isSnapshotStandby": True}
    config["timeSnapshotStandbyEnabledTill"] = details["till"]
    found.change(role="SNAPSHOT_STANDBY", openMode="READ_WRITE", remoteDisasterRecoveryConfiguration=config)
    contents.detach(store, str(found.body["id"]))
    left = (parsed(details["till"]) - store.clock.now()).total_seconds()
    change = Change("", DATABASES, str(found.body["id"]), {}, "database.snapshot_over", {"till": details["till"]})
    store.afterwards(max(left, 0), change)


@at_end_of("convert to standby")
def _closed(store: Store, found: Resource, _details: Body) -> None:
    config = {**found.body["remoteDisasterRecoveryConfiguration"], "isSnapshotStandby": False}
    config["timeSnapshotStandbyEnabledTill"] = None
    found.change(role="STANDBY", openMode="READ_ONLY", remoteDisasterRecoveryConfiguration=config)
    contents.rejoin(store, str(found.body["id"]), found.body["peerDbIds"][0])


@effect("database.snapshot_over")
def _snapshot_over(store: Store, change: Change) -> None:
    """The time of a snapshot standby is over, unless it was converted back before; if it is busy, a little later."""
    found = store.table(DATABASES)[change.key]
    config = found.body["remoteDisasterRecoveryConfiguration"] or {}
    if found.body["role"] != "SNAPSHOT_STANDBY" or config.get("timeSnapshotStandbyEnabledTill") != change.details["till"]:
        return
    if found.body["lifecycleState"] in lifecycle.ACTIONS["convert to standby"].states:
        lifecycle.begin(store, found, "convert to standby")
    elif found.body["lifecycleState"] not in ("TERMINATING", "TERMINATED"):
        store.afterwards(60, change)
