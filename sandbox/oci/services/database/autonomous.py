"""Operations on Autonomous Databases."""

from __future__ import annotations

from typing import Any

from sandbox.oci.exchange import Answer, Asked, answers, etag_shown, page, page_of, shown
from sandbox.oci.services.database import bodies, connections, lifecycle, rules
from sandbox.oci.services.database.lifecycle import DATABASES
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body, Resource

_SAME = (
    "lifecycleState", "dbWorkload", "dbVersion", "infrastructureType", "autonomousContainerDatabaseId", "resourcePoolLeaderId",
)  # fmt: skip
_FLAGS = ("isFreeTier", "isDataGuardEnabled", "isRefreshableClone")


@answers("database")
def list_autonomous_databases(asked: Asked) -> Answer:
    """Databases of a compartment in this region, by default the youngest first. Source: SDK docstring (filters and orders)."""
    demand_compartment(asked, asked.query["compartmentId"])
    rows = [
        shown(asked, r.body, r.before)
        for r in asked.store.all(DATABASES, asked.region)
        if r.body["compartmentId"] == asked.query["compartmentId"]
    ]
    return page(asked, in_order(asked, [row for row in rows if _is_wanted(asked, row)], "timeCreated"))


@answers("database")
def get_autonomous_database(asked: Asked) -> Answer:
    """One database."""
    found = database(asked)
    return Answer(shown(asked, found.body, found.before), headers={"etag": etag_shown(asked, found)})


@answers("database")
def create_autonomous_database(asked: Asked) -> Answer:
    """A new database, with `source` NONE alone: it is PROVISIONING, then AVAILABLE."""
    body = asked.body
    if body.get("source", "NONE") != "NONE":
        raise rules.not_yet(f"creation with source {body['source']}")
    demand_compartment(asked, body["compartmentId"])
    rules.demand_creatable(asked.store, body)
    made = bodies.made(asked.store, asked.region, body)
    if lifecycle.is_dry(asked):
        return Answer(made)
    found = asked.store.add(DATABASES, made, asked.region)
    headers = lifecycle.begin(asked, found, "create")
    return Answer(dict(found.body), headers=headers)


@answers("database")
def update_autonomous_database(asked: Asked) -> Answer:
    """Change a database. Sizes change when the scaling is done, all else at once; that it is so is not sourced."""
    found, body = database(asked), {name: value for name, value in asked.body.items() if value is not None}
    found.demand_etag(asked.if_match)
    action = "scale" if any(name in rules.SIZES for name in body) else "update"
    lifecycle.demand(found, action)
    rules.demand_updatable(asked.store, found.body, body)
    if lifecycle.is_dry(asked):
        return lifecycle.unchanged(found)
    scaled = _scaled(found.body, body) if action == "scale" else {}
    at_once = {name: value for name, value in body.items() if name in rules.UPDATABLE}
    at_once |= _reached_anew(asked, found.body, at_once)
    headers = lifecycle.begin(asked, found, action, at_once, scaled)
    return Answer(found.body, headers=headers)


@answers("database")
def start_autonomous_database(asked: Asked) -> Answer:
    """Start a stopped database."""
    return _acted(asked, "start")


@answers("database")
def stop_autonomous_database(asked: Asked) -> Answer:
    """Stop a running database."""
    return _acted(asked, "stop")


@answers("database")
def restart_autonomous_database(asked: Asked) -> Answer:
    """Restart a running database."""
    return _acted(asked, "restart")


@answers("database")
def delete_autonomous_database(asked: Asked) -> Answer:
    """Terminate a database. Its backups go with it; long-term ones do if that is asked for and they are not locked.

    Source: SDK docstring of `must_delete_associated_long_term_backups`.
    """
    found = database(asked)
    found.demand_etag(asked.if_match)
    lifecycle.demand(found, "delete")
    if lifecycle.is_dry(asked):
        return Answer(status=204)
    all_of_them = asked.query.get("mustDeleteAssociatedLongTermBackups", False) and not found.body["isBackupRetentionLocked"]
    seconds = lifecycle.ACTIONS["delete"].seconds
    for backup in asked.store.all(lifecycle.BACKUPS):
        goes = all_of_them or backup.body["type"] != "LONGTERM"
        if backup.body["autonomousDatabaseId"] == found.body["id"] and goes and backup.body["lifecycleState"] != "DELETED":
            asked.store.forget_changes(lifecycle.BACKUPS, backup.body["id"])  # one that is being made never gets done
            asked.store.later(seconds, lifecycle.BACKUPS, backup.body["id"], lifecycleState="DELETED", isRestorable=False)
    headers = lifecycle.begin(asked, found, "delete")
    return Answer(status=204, headers={"opc-work-request-id": headers["opc-work-request-id"]})


@answers("database")
def list_autonomous_database_peers(asked: Asked) -> Answer:
    """Standbys of a database, in whichever region they are."""
    peers = database(asked).body.get("peerDbIds") or []
    table = asked.store.table(DATABASES)
    rows = [{"id": ocid, "region": table[ocid].region if ocid in table else None} for ocid in peers]
    part, headers = page_of(asked, rows)
    return Answer({"items": list(part)}, headers=headers)


def database(asked: Asked) -> Resource:
    """The database that the path names, in this region."""
    return asked.store.find(DATABASES, asked.path["autonomousDatabaseId"], asked.region)


def in_order(asked: Asked, rows: list[Body], moment: str) -> list[Body]:
    """By time, the youngest first, or by name from A on. Source: SDK docstrings of `sort_by`."""
    by_name = asked.query.get("sortBy") == "DISPLAYNAME"
    usual = "ASC" if by_name else "DESC"
    numbered: list[tuple[Any, Body]] = [((row["displayName" if by_name else moment], n), row) for n, row in enumerate(rows)]
    ordered = sorted(numbered, key=lambda pair: pair[0], reverse=asked.query.get("sortOrder", usual) == "DESC")
    return [row for _, row in ordered]


def _acted(asked: Asked, action: str) -> Answer:
    found = database(asked)
    found.demand_etag(asked.if_match)
    lifecycle.demand(found, action)
    if lifecycle.is_dry(asked):
        return lifecycle.unchanged(found)
    headers = lifecycle.begin(asked, found, action)
    return Answer(found.body, headers=headers)


def _is_wanted(asked: Asked, row: Body) -> bool:
    query = asked.query
    name = query.get("displayName")
    pool = query.get("isResourcePoolLeader")
    return (
        all(query.get(field) in (None, row.get(field)) for field in _SAME)
        and all(query.get(field) in (None, bool(row.get(field))) for field in _FLAGS)
        and (name is None or name.lower() == row["displayName"].lower())
        and query.get("lifecycleStateNotEqualTo") != row["lifecycleState"]
        and pool in (None, row.get("resourcePoolSummary") is not None)
    )


def _scaled(now: Body, asked_for: Body) -> Body:
    """Sizes after a scaling: what was not asked for stays."""
    given = dict(asked_for)
    if "computeCount" in given:
        given.setdefault("computeModel", now["computeModel"])
    sized = bodies.sizes(given)
    storage = ("dataStorageSizeInTBs", "dataStorageSizeInGBs")
    keeps_storage = not any(name in given for name in storage)
    return {name: value for name, value in sized.items() if not (keeps_storage and name in storage)}


def _reached_anew(asked: Asked, now: Body, changed: Body) -> Body:
    """How a database is reached after a change of its name, workload or demands on TLS."""
    found: Body = {}
    if "whitelistedIps" in changed:
        found["isAccessControlEnabled"] = bool(changed["whitelistedIps"])
    if any(name in changed for name in ("dbName", "dbWorkload", "isMtlsConnectionRequired")):
        after = {**now, **changed}
        mutual = bool(after["isMtlsConnectionRequired"])
        served = connections.ords(asked.store.address, str(now["id"]))
        found |= bodies.reached(after["dbName"], asked.region, after["dbWorkload"], mutual_only=mutual, served=served)
    return found
