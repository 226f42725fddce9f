"""What Autonomous Databases and their backups look like, and how a scenario lets them exist."""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta

from sandbox.oci.clock import text
from sandbox.oci.services.database import connections, contents
from sandbox.oci.services.database.faults import LOCAL
from sandbox.oci.services.database.lifecycle import BACKUPS, DATABASES
from sandbox.oci.store import Body, Resource, Store

USUAL_RETENTION_DAYS = 60
"""Of automatic backups. Not sourced: the documentation says only that there may be up to 60."""
_USUAL_VERSION = "26ai"
"""Not sourced: the SDK's docstring says only that the default is the recommended version."""
_DIGEST = "adminPassword"
_FREE_GIGABYTES = 20
"""Source: SDK docstring of `isFreeTier`."""
_KEPT = (
    "characterSet", "ncharacterSet", "isAutoScalingEnabled", "isAutoScalingForStorageEnabled", "whitelistedIps", "licenseModel",
    "databaseEdition", "byolComputeCountLimit", "customerContacts", "scheduledOperations", "dbToolsDetails",
    "isBackupRetentionLocked", "autonomousMaintenanceScheduleType", "subnetId", "nsgIds", "privateEndpointLabel",
)  # fmt: skip
"""Fields of a request that a database shows as they were given."""


def add_database(store: Store, region: str, compartment: str, name: str, **fields: object) -> Resource:
    """Let an Autonomous Database exist: AVAILABLE, with two ECPUs and a terabyte, unless fields say otherwise."""
    usual: Body = {"computeModel": "ECPU", "computeCount": 2.0, "dataStorageSizeInTBs": 1}
    body = {
        **made(store, region, {"compartmentId": compartment, "dbName": name, **usual, **fields}),
        "lifecycleState": "AVAILABLE",
    }
    return store.add(DATABASES, {**body, **fields}, region)


def add_backup(store: Store, database: Resource, name: str, **fields: object) -> Resource:
    """Let a backup exist: an ACTIVE, automatic one, unless fields say otherwise."""
    body = backup(store, database, name, seconds=0, days=int(database.body["backupRetentionPeriodInDays"]))
    return store.add(BACKUPS, {**body, "isAutomatic": True, "lifecycleState": "ACTIVE", **fields}, database.region)


def add_local_standby(store: Store, database: Resource) -> None:
    """Let a database have a standby in its own region, which follows it."""
    standby = {"lifecycleState": "STANDBY"}
    database.change(role="PRIMARY", isLocalDataGuardEnabled=True, isDataGuardEnabled=True, localStandbyDb=standby)
    contents.follow(store, str(database.body["id"]) + LOCAL, str(database.body["id"]))


def add_standby(store: Store, primary: Resource, region: str, kind: str = "ADG", **fields: object) -> Resource:
    """Let a database have a standby in another region, which follows it; `kind` is `ADG` or `BACKUP_BASED`."""
    details = {
        **{name: value for name, value in primary.body.items() if value is not None and name != "id"},
        "displayName": f"{primary.body['displayName']}_Remote",
        "dataStorageSizeInTBs": None,
        "cpuCoreCount": None,
    }
    body = {**made(store, region, details), **standby(primary, kind), "lifecycleState": "STANDBY", **fields}
    found = store.add(DATABASES, body, region, **password_of(primary))
    primary.change(**leading(primary, str(body["id"])), role="PRIMARY", isRemoteDataGuardEnabled=kind == "ADG")
    contents.follow(store, str(body["id"]), str(primary.body["id"]))
    return found


def standby(primary: Resource, kind: str, *, replicates_backups: bool = False) -> Body:
    """What a standby in another region shows of being one."""
    config = {
        "disasterRecoveryType": kind,
        "isSnapshotStandby": False,
        "isReplicateAutomaticBackups": replicates_backups,
    }
    return {
        "role": "STANDBY" if kind == "ADG" else "BACKUP_COPY",
        "openMode": "READ_ONLY",
        "peerDbIds": [primary.body["id"]],
        "sourceId": primary.body["id"],
        "isRemoteDataGuardEnabled": kind == "ADG",
        "disasterRecoveryRegionType": "REMOTE",
        "dataguardRegionType": "REMOTE_STANDBY_DG_REGION",
        "remoteDisasterRecoveryConfiguration": config,
    }


def leading(primary: Resource, standby: str) -> Body:
    """What a primary shows of another standby in another region."""
    return {
        "peerDbIds": [*primary.body["peerDbIds"], standby],
        "disasterRecoveryRegionType": "PRIMARY",
        "dataguardRegionType": "PRIMARY_DG_REGION",
    }


def keep_password(found: Resource, details: Body) -> None:
    """Keep the digest of a password that is set, by which the database knows it."""
    if details.get("adminPassword"):
        found.hidden[_DIGEST] = hashlib.sha256(details["adminPassword"].encode()).hexdigest()


def password_of(found: Resource) -> Body:
    """The digest of a database's password, for one that has the same."""
    return {name: value for name, value in found.hidden.items() if name == _DIGEST}


def made(store: Store, region: str, details: Body) -> Body:
    """A new database by what was asked for.

    Source of defaults: SDK docstrings of CreateAutonomousDatabaseDetails (OLTP, AL32UTF8, BRING_YOUR_OWN_LICENSE, no mutual TLS
    demanded, no auto scaling); that the display name is the database's unless given, and AL16UTF16, are not sourced.
    """
    name, workload = details["dbName"], details.get("dbWorkload") or "OLTP"
    mutual = bool(details.get("isMtlsConnectionRequired"))
    usual: Body = {
        "characterSet": "AL32UTF8",
        "ncharacterSet": "AL16UTF16",
        "isAutoScalingEnabled": False,
        "isAutoScalingForStorageEnabled": False,
        "licenseModel": "BRING_YOUR_OWN_LICENSE",
        "isBackupRetentionLocked": False,
    }
    ocid = str(details.get("id") or store.new_ocid("autonomousdatabase", region))
    served = connections.ords(store.address, ocid)
    return {
        **usual,
        "id": ocid,
        "compartmentId": details["compartmentId"],
        "lifecycleState": "PROVISIONING",
        "lifecycleDetails": None,
        "dbName": name,
        "displayName": details.get("displayName") or name,
        "dbWorkload": workload,
        "dbVersion": details.get("dbVersion") or _USUAL_VERSION,
        **sizes(details),
        "isFreeTier": bool(details.get("isFreeTier")),
        "isDedicated": False,
        "isMtlsConnectionRequired": mutual,
        "isAccessControlEnabled": bool(details.get("whitelistedIps")),
        "isDataGuardEnabled": False,
        "isLocalDataGuardEnabled": False,
        "isRemoteDataGuardEnabled": False,
        "isRefreshableClone": False,
        "peerDbIds": [],
        "role": None,
        "openMode": "READ_WRITE",
        "permissionLevel": "UNRESTRICTED",
        "operationsInsightsStatus": "NOT_ENABLED",
        "databaseManagementStatus": "NOT_ENABLED",
        "dataSafeStatus": "NOT_REGISTERED",
        "backupRetentionPeriodInDays": details.get("backupRetentionPeriodInDays") or USUAL_RETENTION_DAYS,
        "timeCreated": text(store.clock.now()),
        "freeformTags": details.get("freeformTags") or {},
        "definedTags": details.get("definedTags") or {},
        **{field: details[field] for field in _KEPT if details.get(field) is not None},
        **reached(name, region, workload, mutual_only=mutual, served=served),
    }


def reached(name: str, region: str, workload: str, *, mutual_only: bool, served: str | None) -> Body:
    """Fields that tell how a database is reached; `served` is its address in a sandbox that is served."""
    return {
        "connectionStrings": connections.strings(name, region, workload, mutual_only=mutual_only),
        "connectionUrls": connections.urls(name, region, served),
    }


def sizes(details: Body) -> Body:
    """CPUs and storage. `computeCount` is shown for both models; `cpuCoreCount` alone means the legacy model, OCPU.

    Source: SDK docstrings of `computeModel` and `computeCount`; that gigabytes are shown in whole terabytes too is not sourced.
    """
    if details.get("isFreeTier"):
        return {
            "computeModel": details.get("computeModel") or "ECPU",
            "computeCount": float(details.get("computeCount") or 1),
            "dataStorageSizeInTBs": 1,
            "dataStorageSizeInGBs": _FREE_GIGABYTES,
        }
    found: Body = {}
    if details.get("computeCount"):
        found |= {"computeModel": details["computeModel"], "computeCount": float(details["computeCount"])}
        found |= {"cpuCoreCount": int(details["computeCount"]) if details["computeModel"] == "OCPU" else None}
    elif details.get("cpuCoreCount"):
        cores = details["cpuCoreCount"]
        found |= {"computeModel": "OCPU", "computeCount": float(cores), "cpuCoreCount": cores}
    if details.get("dataStorageSizeInGBs"):
        gigabytes = details["dataStorageSizeInGBs"]
        return {**found, "dataStorageSizeInGBs": gigabytes, "dataStorageSizeInTBs": math.ceil(gigabytes / 1024)}
    terabytes = details.get("dataStorageSizeInTBs") or 1
    return {**found, "dataStorageSizeInTBs": terabytes, "dataStorageSizeInGBs": terabytes * 1024}


def backup(store: Store, database: Resource, name: str, *, seconds: float, days: int, long_term: bool = False) -> Body:
    """A backup that is done after so many seconds and kept for so many days."""
    now = store.clock.now()
    return {
        "id": store.new_ocid("autonomousdatabasebackup", database.region),
        "compartmentId": database.body["compartmentId"],
        "autonomousDatabaseId": database.body["id"],
        "displayName": name,
        "type": "LONGTERM" if long_term else "FULL",
        "isAutomatic": False,
        "timeStarted": text(now),
        "timeEnded": None if seconds else text(now),
        "lifecycleState": "CREATING" if seconds else "ACTIVE",
        "lifecycleDetails": None,
        "isRestorable": not seconds,
        "retentionPeriodInDays": days if long_term else None,
        "timeAvailableTill": text(now + timedelta(days=days)),
        "dbVersion": database.body["dbVersion"],
        "databaseSizeInTBs": float(database.body["dataStorageSizeInTBs"]),
        "sizeInTBs": None if seconds else _size(database),
        "region": database.region,
    }


def finished(store: Store, database: Resource, seconds: float) -> Body:
    """What a backup shows when it is done."""
    ended = text(store.clock.now() + timedelta(seconds=seconds))
    return {"lifecycleState": "ACTIVE", "timeEnded": ended, "isRestorable": True, "sizeInTBs": _size(database)}


def _size(database: Resource) -> float:
    """A tenth of the storage: the sandbox's databases hold no data. Not sourced."""
    return round(float(database.body["dataStorageSizeInTBs"]) / 10, 3)
