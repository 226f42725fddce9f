"""Operations on Autonomous Databases."""

from __future__ import annotations

import math
from typing import Any

from sandbox.oci.exchange import Answer, Asked, answers, etag_shown, page, shown
from sandbox.oci.services.database import automatic, bodies, connections, contents, lifecycle, rules
from sandbox.oci.services.database.faults import LOCAL
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
        seen(asked, r)
        for r in asked.store.all(DATABASES, asked.region)
        if r.body["compartmentId"] == asked.query["compartmentId"]
    ]
    return page(asked, in_order(asked, [row for row in rows if _is_wanted(asked, row)], "timeCreated"))


@answers("database")
def get_autonomous_database(asked: Asked) -> Answer:
    """One database."""
    found = database(asked)
    return Answer(seen(asked, found), headers={"etag": etag_shown(asked, found)})


@answers("database")
def update_autonomous_database(asked: Asked) -> Answer:
    """Change a database. Sizes change when the scaling is done, all else at once; that it is so is not sourced."""
    found, body = database(asked), {name: value for name, value in asked.body.items() if value is not None}
    found.demand_etag(asked.if_match)
    action = _update(found, body)
    lifecycle.demand(found, action)
    rules.demand_updatable(asked.store, found.body, body)
    if lifecycle.is_dry(asked):
        return lifecycle.unchanged(found)
    scaled = _scaled(found.body, body) if action == "scale" else {}
    at_once = {name: value for name, value in body.items() if name in rules.UPDATABLE}
    at_once |= _reached_anew(asked, found.body, at_once)
    if action == "add local standby":
        at_once |= {"isLocalDataGuardEnabled": True, "isDataGuardEnabled": True}
        at_once["localStandbyDb"] = {"lifecycleState": "PROVISIONING"}
    bodies.keep_password(found, body)
    headers = lifecycle.begin(asked.store, found, action, at_once, scaled)
    if "backupRetentionPeriodInDays" in at_once:
        automatic.retain(asked.store, found)
    return Answer(found.body, headers=headers)


def _update(found: Resource, body: Body) -> str:
    """Which action an update is."""
    if any(name in body for name in rules.SIZES):
        return "scale"
    local = body.get("isLocalDataGuardEnabled", body.get("isDataGuardEnabled"))
    if local is not None and local != found.body["isLocalDataGuardEnabled"]:
        return "add local standby" if local else "remove local standby"
    if body.get("isRefreshableClone") is False and found.body["isRefreshableClone"]:
        return "disconnect"
    return "update"


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


def database(asked: Asked) -> Resource:
    """The database that the path names, in this region."""
    return asked.store.find(DATABASES, asked.path["autonomousDatabaseId"], asked.region)


def seen(asked: Asked, found: Resource) -> Body:
    """A database with how far its local standby is behind now."""
    body = shown(asked, found.body, found.before)
    local = body.get("localStandbyDb")
    if not local or local["lifecycleState"] != "STANDBY":
        return body
    behind = contents.lag(asked.store, found.body["id"] + LOCAL)
    local = {**local, "lagTimeInSeconds": None if behind is None else math.ceil(behind)}
    return {**body, "localStandbyDb": local, "standbyDb": local}


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
    headers = lifecycle.begin(asked.store, found, action)
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
