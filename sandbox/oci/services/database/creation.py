"""Making Autonomous Databases: new ones, and out of another database, its backups, or as its standby in another region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from sandbox.oci.clock import parsed, text
from sandbox.oci.errors import conflict, invalid
from sandbox.oci.exchange import Answer, Asked, answers
from sandbox.oci.services.database import bodies, contents, lifecycle, rules
from sandbox.oci.services.database.autonomous import database
from sandbox.oci.services.database.lifecycle import BACKUPS, DATABASES, at_end_of
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body, Resource, Store

_INHERITED = (
    "dbName", "dbWorkload", "dbVersion", "characterSet", "ncharacterSet", "licenseModel", "databaseEdition",
    "isAutoScalingEnabled", "isMtlsConnectionRequired", "whitelistedIps", "backupRetentionPeriodInDays", "customerContacts",
    "subnetId", "nsgIds", "privateEndpointLabel",
)  # fmt: skip
"""What is as in the database that another is made out of, unless the request says otherwise. Not sourced."""
_SIZES = ("computeModel", "computeCount", "dataStorageSizeInGBs")
_BACKUP_BASED_SECONDS = 1800


@answers("database")
def create_autonomous_database(asked: Asked) -> Answer:
    """A database by the `source` of the request: it is PROVISIONING, then AVAILABLE, or STANDBY if it is one."""
    body = asked.body
    making = _SOURCES.get(body.get("source") or "NONE")
    if making is None:
        raise rules.not_yet(f"creation with source {body['source']}")
    demand_compartment(asked, body["compartmentId"])
    return making(asked, {name: value for name, value in body.items() if value is not None})


def _new(asked: Asked, body: Body) -> Answer:
    rules.demand_creatable(asked.store, body)
    return _made(asked, bodies.made(asked.store, asked.region, body))


def _clone(asked: Asked, body: Body) -> Answer:
    """A copy of a database as it is now, or of its tables without rows."""
    source = asked.store.find(DATABASES, body["sourceId"])
    lifecycle.demand(source, "clone")
    details = {"source": body["sourceId"], "at": _now(asked), "rows": _with_rows(body)}
    return _copied(asked, body, source, {"cloneType": body["cloneType"]}, details)


def _refreshable(asked: Asked, body: Body) -> Answer:
    """A copy that cannot be written and is brought up to date on demand; refreshing by itself is not done."""
    source = asked.store.find(DATABASES, body["sourceId"])
    lifecycle.demand(source, "clone")
    now = _now(asked)
    shown = {
        "isRefreshableClone": True,
        "refreshableMode": "MANUAL",
        "refreshableStatus": "NOT_REFRESHING",
        "openMode": "READ_ONLY",
        "timeOfLastRefresh": now,
        "timeOfLastRefreshPoint": now,
    }
    if body.get("refreshableMode") == "AUTOMATIC":
        raise rules.not_yet("automatic refreshes")
    return _copied(asked, body, source, shown, {"source": body["sourceId"], "at": now, "rows": True}, needs_secret=False)


def _of_backup(asked: Asked, body: Body) -> Answer:
    """What a backup holds. A long-term one has contents of its own; the database of others is still there."""
    backup = asked.store.find(BACKUPS, body["autonomousDatabaseBackupId"], asked.region)
    if backup.body["lifecycleState"] != "ACTIVE" or not backup.body["isRestorable"]:
        raise conflict(f"The backup is {backup.body['lifecycleState']} and cannot be restored now.")
    of = str(backup.body["autonomousDatabaseId"])
    long_term = backup.body["type"] == "LONGTERM"
    details = {
        "source": str(backup.body["id"]) if long_term else of,
        "at": backup.body["timeEnded"],
        "rows": _with_rows(body),
        "restored_from": of,
    }
    shown = {"cloneType": body["cloneType"]}
    return _copied(asked, body, asked.store.find(DATABASES, of), shown, details)


def _of_timestamp(asked: Asked, body: Body) -> Answer:
    """A database as it was at a moment of its retention, or as of its latest backup: backups are continuous."""
    of = asked.store.find(DATABASES, body["autonomousDatabaseId"])
    latest = bool(body.get("useLatestAvailableBackupTimeStamp"))
    if latest == ("timestamp" in body):
        raise invalid("One of timestamp and useLatestAvailableBackupTimeStamp is required")
    if of.body["lifecycleState"] in ("PROVISIONING", "TERMINATING", "TERMINATED"):
        raise conflict(f"The Autonomous Database is {of.body['lifecycleState']}; it cannot be restored.")
    at = _now(asked) if latest else demanded_moment(asked.store, of, body["timestamp"])
    details = {"source": of.body["id"], "at": at, "rows": _with_rows(body), "restored_from": of.body["id"]}
    return _copied(asked, body, of, {"cloneType": body["cloneType"]}, details)


def _standby(asked: Asked, body: Body) -> Answer:
    """A standby of a database of another region, asked for in its own; at most one in each region.

    Source: docs.oracle.com, "About Autonomous Data Guard with Cross-Region Standby"; that the name is the primary's with
    `_Remote` is not sourced.
    """
    primary = asked.store.find(DATABASES, body["sourceId"])
    if primary.region == asked.region:
        raise invalid("A standby by this request is in another region than its primary.")
    kind = body.get("remoteDisasterRecoveryType") or "ADG"
    rules.demand_standby(primary.body, kind)
    lifecycle.demand(primary, "add remote standby")
    if any(asked.store.table(DATABASES)[ocid].region == asked.region for ocid in primary.body["peerDbIds"]):
        raise conflict("The Autonomous Database has a standby in this region already.")
    given = {"displayName": primary.body["displayName"] + "_Remote", **body, "dbName": primary.body["dbName"]}
    replicates = bool(body.get("isReplicateAutomaticBackups"))
    made = {**_inheriting(asked, given, primary), **bodies.standby(primary, kind, replicates_backups=replicates)}
    if lifecycle.is_dry(asked):
        return Answer(made)
    primary.change(**bodies.leading(primary, str(made["id"])))
    return _begun(asked, made, "create standby", {"primary": primary.body["id"], "kind": kind})


_SOURCES: Mapping[str, Callable[[Asked, Body], Answer]] = {
    "NONE": _new,
    "DATABASE": _clone,
    "CLONE_TO_REFRESHABLE": _refreshable,
    "BACKUP_FROM_ID": _of_backup,
    "BACKUP_FROM_TIMESTAMP": _of_timestamp,
    "CROSS_REGION_DATAGUARD": _standby,
    "CROSS_REGION_DISASTER_RECOVERY": _standby,
}


def demanded_moment(store: Store, of: Resource, timestamp: str) -> str:
    """A moment to which a database can be restored.

    Raises:
        OciError: It is to come, before the database was made, or further back than its retention.
    """
    moment, now = parsed(timestamp), store.clock.now()
    earliest = max(parsed(of.body["timeCreated"]), now - timedelta(days=int(of.body["backupRetentionPeriodInDays"])))
    if not earliest <= moment <= now:
        raise invalid(f"timestamp must be between {text(earliest)} and {text(now)}")
    return text(moment)


@at_end_of("create")
def _filled(store: Store, found: Resource, details: Body) -> None:
    ocid = str(found.body["id"])
    if "source" not in details:
        contents.create(store, ocid)
    else:
        contents.copy(store, details["source"], ocid, parsed(details["at"]), rows=details["rows"])


@at_end_of("create standby")
def _followed(store: Store, found: Resource, details: Body) -> None:
    primary = store.table(DATABASES)[details["primary"]]
    primary.change(role="PRIMARY", isRemoteDataGuardEnabled=primary.body["isRemoteDataGuardEnabled"] or details["kind"] == "ADG")
    contents.follow(store, str(found.body["id"]), details["primary"])


@answers("database")
def autonomous_database_manual_refresh(asked: Asked) -> Answer:
    """Bring a refreshable clone up to date, by default to now."""
    found = database(asked)
    found.demand_etag(asked.if_match)
    if not found.body["isRefreshableClone"]:
        raise conflict("The Autonomous Database is no refreshable clone.")
    lifecycle.demand(found, "refresh")
    cutoff = (asked.body or {}).get("timeRefreshCutoff")
    source = asked.store.find(DATABASES, found.body["sourceId"])
    at = demanded_moment(asked.store, source, cutoff) if cutoff else _now(asked)
    if lifecycle.is_dry(asked):
        return lifecycle.unchanged(found)
    done = {"timeOfLastRefresh": _now(asked), "timeOfLastRefreshPoint": at, "refreshableStatus": "NOT_REFRESHING"}
    details = {"source": found.body["sourceId"], "at": at}
    headers = lifecycle.begin(asked.store, found, "refresh", {"refreshableStatus": "REFRESHING"}, done, details=details)
    return Answer(found.body, headers=headers)


@at_end_of("refresh")
def _refreshed(store: Store, found: Resource, details: Body) -> None:
    contents.copy(store, details["source"], str(found.body["id"]), parsed(details["at"]))


@at_end_of("disconnect")
def _disconnected(_store: Store, found: Resource, _details: Body) -> None:
    found.change(isRefreshableClone=False, refreshableMode=None, refreshableStatus=None, openMode="READ_WRITE")


def _copied(asked: Asked, body: Body, source: Resource, shown: Body, details: Body, *, needs_secret: bool = True) -> Answer:
    given = _given(body, source)
    rules.demand_creatable(asked.store, given, needs_secret=needs_secret)
    made = {**_inheriting(asked, body, source), **shown, "sourceId": source.body["id"]}
    return _made(asked, made, details)


def _made(asked: Asked, made: Body, details: Body | None = None) -> Answer:
    return Answer(made) if lifecycle.is_dry(asked) else _begun(asked, made, "create", details or {})


def _begun(asked: Asked, made: Body, action: str, details: Body) -> Answer:
    found = asked.store.add(DATABASES, made, asked.region)
    bodies.keep_password(found, asked.body)
    if "primary" in details:
        found.hidden |= bodies.password_of(asked.store.find(DATABASES, details["primary"]))
    seconds = _BACKUP_BASED_SECONDS if details.get("kind") == "BACKUP_BASED" else None
    headers = lifecycle.begin(asked.store, found, action, if_it_fails="UNAVAILABLE", seconds=seconds, details=details)
    return Answer(dict(found.body), headers=headers)


def _given(body: Body, source: Resource) -> Body:
    """What was asked for, and the rest as the source has it."""
    sized = any(name in body for name in rules.SIZES if name.startswith(("compute", "cpu")))
    stored = any(name in body for name in rules.SIZES if name.startswith("data"))
    taken = [name for name in _SIZES if not (stored if name.startswith("data") else sized)]
    inherited = {name: source.body.get(name) for name in (*_INHERITED, *taken)}
    return {**{name: value for name, value in inherited.items() if value is not None}, **body}


def _inheriting(asked: Asked, body: Body, source: Resource) -> Body:
    return bodies.made(asked.store, asked.region, _given(body, source))


def _with_rows(body: Body) -> bool:
    if body["cloneType"] == "PARTIAL":
        raise rules.not_yet("partial clones")
    return bool(body["cloneType"] == "FULL")


def _now(asked: Asked) -> str:
    return text(asked.store.clock.now())
