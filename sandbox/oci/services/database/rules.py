"""What may be asked of Autonomous Databases: names, passwords, sizes, and fields that exclude one another."""

from __future__ import annotations

import re

from sandbox.oci.errors import OciError, conflict, invalid
from sandbox.oci.services.database.lifecycle import DATABASES
from sandbox.oci.store import Body, Store

SIZES = ("cpuCoreCount", "computeModel", "computeCount", "dataStorageSizeInTBs", "dataStorageSizeInGBs")
NOT_WITH_SIZES = (
    "licenseModel", "databaseEdition", "whitelistedIps", "isMtlsConnectionRequired", "openMode", "permissionLevel",
    "privateEndpointLabel", "nsgIds", "dbVersion", "isRefreshableClone", "dbName", "scheduledOperations", "dbToolsDetails",
    "isFreeTier",
)  # fmt: skip
"""Cannot be updated together with sizes. Source: SDK docstrings of UpdateAutonomousDatabaseDetails."""
UPDATABLE = (
    "displayName", "freeformTags", "definedTags", "isAutoScalingEnabled", "isAutoScalingForStorageEnabled", "whitelistedIps",
    "licenseModel", "databaseEdition", "byolComputeCountLimit", "isMtlsConnectionRequired", "openMode", "permissionLevel",
    "backupRetentionPeriodInDays", "isBackupRetentionLocked", "customerContacts", "dbName", "dbWorkload", "scheduledOperations",
    "dbToolsDetails", "autonomousMaintenanceScheduleType",
)  # fmt: skip
"""What the sandbox updates beside sizes and the password. That `displayName` is among them is not sourced: the SDK's docstring
knows it for dedicated infrastructure alone."""
_DATA_GUARD = ("isLocalDataGuardEnabled", "isDataGuardEnabled")
_WITHOUT_DATA_GUARD = ("AJD", "APEX")
_BY_ACTIONS = (*_DATA_GUARD, "isRefreshableClone")
"""Updates that are actions of their own."""
LEAST_ECPUS = 2
"""Outside of elastic pools. Source: SDK docstring of `computeCount`."""
MOST_TERABYTES = 384
"""Source: SDK docstring of `dataStorageSizeInTBs`."""
MOST_RETENTION_DAYS = 60
"""Of automatic backups, at least 1. Source: docs.oracle.com, "Backup and Restore Autonomous AI Database Instances"."""


def demand_creatable(store: Store, body: Body, *, needs_secret: bool = True) -> None:
    """Raises OciError unless a new database may be as the request says.

    A password or a secret is mandatory with the sources NONE, DATABASE, BACKUP_FROM_ID and BACKUP_FROM_TIMESTAMP. Source:
    documentation of the Terraform provider's `oci_database_autonomous_database`.
    """
    if body.get("isDedicated") or body.get("autonomousContainerDatabaseId"):
        raise not_yet("databases on dedicated Exadata infrastructure")
    if body.get("isDataGuardEnabled") or body.get("isLocalDataGuardEnabled"):
        raise not_yet("standby databases")
    if not body.get("dbName"):
        raise OciError(400, "MissingParameter", "dbName is required")
    demand_name(store, body["dbName"])
    if body.get("adminPassword") and body.get("secretId"):
        raise invalid("adminPassword cannot be used together with secretId")
    if needs_secret and not body.get("adminPassword") and not body.get("secretId"):
        raise OciError(400, "MissingParameter", "adminPassword or secretId is required")
    _demand_secret(body)
    if body.get("computeCount") and not body.get("computeModel"):
        raise invalid("computeModel is required with computeCount")
    if body.get("computeModel") and not body.get("computeCount"):
        raise invalid("computeCount is required with computeModel")
    if not body.get("isFreeTier") and not body.get("computeCount") and not body.get("cpuCoreCount"):
        raise OciError(400, "MissingParameter", "computeModel and computeCount, or cpuCoreCount, are required")
    demand_sizes(body, body.get("computeModel") or "OCPU")
    _demand_retention(body)


def demand_updatable(store: Store, now: Body, body: Body) -> None:
    """Raises OciError unless a database may be changed as the request says."""
    given = {name for name, value in body.items() if value is not None}
    later = sorted(given - {*SIZES, *UPDATABLE, *_BY_ACTIONS, "adminPassword"})
    if later:
        raise not_yet(f"updates of {', '.join(later)}")
    _demand_lock_kept(now, body)
    if any(body.get(name) for name in _DATA_GUARD):
        demand_standby(now, "ADG")
    sizes = given & set(SIZES)
    together = sorted(given & set(NOT_WITH_SIZES))
    if sizes and together:
        raise invalid(f"{together[0]} cannot be updated together with {min(sizes)}")
    if sizes and now.get("isFreeTier"):
        raise invalid("an Always Free database cannot be scaled")
    if "dbName" in given and body["dbName"] != now["dbName"]:
        demand_name(store, body["dbName"])
    _demand_secret(body)
    demand_sizes(body, body.get("computeModel") or now.get("computeModel") or "ECPU")
    _demand_retention(body)


def demand_standby(primary: Body, kind: str) -> None:
    """Raises OciError unless a database may have a standby of a kind, `ADG` or `BACKUP_BASED`.

    Source: docs.oracle.com, "About Standby Databases" of Autonomous Database for workloads, "Autonomous Data Guard Notes" for
    Always Free databases; that those have no backup-based one either is not sourced.
    """
    if primary.get("isFreeTier") or (kind == "ADG" and primary["dbWorkload"] in _WITHOUT_DATA_GUARD):
        raise invalid(f"There is no standby by {kind} of Always Free databases and of workloads {', '.join(_WITHOUT_DATA_GUARD)}")


def demand_name(store: Store, name: str) -> None:
    """A letter, then letters and digits, 30 at most; unique in the tenancy. Source: SDK docstring of `dbName`."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,29}", name):
        raise invalid("dbName must begin with a letter and have at most 30 letters and digits")
    taken = (r.body for r in store.all(DATABASES) if r.body["lifecycleState"] != "TERMINATED")
    if any(body["dbName"].lower() == name.lower() for body in taken):
        raise invalid(f"An Autonomous Database with the name {name} exists already.")


def demand_sizes(body: Body, model: str) -> None:
    """Sizes exclude one another and have bounds.

    Source: SDK docstrings; the answer to both counts of CPUs at once: oracle/terraform-provider-oci#1895.
    """
    if body.get("cpuCoreCount") and body.get("computeCount"):
        raise conflict(
            "Failed to update the Autonomous Database because it cannot have CPU (cpuCoreCount) and compute count"
            " (computeCount) at the same time"
        )
    if body.get("cpuCoreCount") and body.get("computeModel"):
        raise invalid("computeModel cannot be used together with cpuCoreCount")
    if body.get("dataStorageSizeInTBs") and body.get("dataStorageSizeInGBs"):
        raise invalid("dataStorageSizeInTBs cannot be used together with dataStorageSizeInGBs")
    least = LEAST_ECPUS if model == "ECPU" else 1
    if body.get("computeCount") is not None and body["computeCount"] < least:
        raise invalid(f"computeCount must be at least {least} with {model}")
    if body.get("cpuCoreCount") is not None and body["cpuCoreCount"] < 1:
        raise invalid("cpuCoreCount must be at least 1")
    if not 1 <= (body.get("dataStorageSizeInTBs") or 1) <= MOST_TERABYTES:
        raise invalid(f"dataStorageSizeInTBs must be between 1 and {MOST_TERABYTES}")


def demand_wallet_password(password: str) -> None:
    """Eight characters, a letter, and a digit or a special character. Source: SDK docstring of `password`."""
    if len(password) < 8 or not re.search(r"[A-Za-z]", password) or not re.search(r"[^A-Za-z]", password):
        raise invalid("password must have at least 8 characters, a letter, and a digit or a special character")


def not_yet(what: str) -> OciError:
    """What the service does and the sandbox does not."""
    return OciError(501, "NotImplemented", f"The sandbox does not answer {what} of Autonomous Databases: see docs/sandbox.md.")


def _demand_secret(body: Body) -> None:
    """12 to 30 characters, upper and lower case and a digit, no double quote, no `admin`. Source: SDK docstring."""
    password = body.get("adminPassword")
    if password is None:
        return
    wanted = (r"[A-Z]", r"[a-z]", r"\d")
    if not 12 <= len(password) <= 30 or not all(re.search(p, password) for p in wanted):
        raise invalid("adminPassword must have 12 to 30 characters with an upper and a lower case letter and a digit")
    if '"' in password or "admin" in password.lower():
        raise invalid("adminPassword must not contain a double quote or the user name")


def _demand_lock_kept(now: Body, body: Body) -> None:
    """A locked retention is neither unlocked nor shortened.

    Source: docs.oracle.com, "Backup and Restore Autonomous AI Database Instances"; the status is not sourced.
    """
    if not now.get("isBackupRetentionLocked"):
        return
    if body.get("isBackupRetentionLocked") is False:
        raise conflict("The retention of the database's backups is locked and cannot be unlocked.")
    if (body.get("backupRetentionPeriodInDays") or MOST_RETENTION_DAYS) < now["backupRetentionPeriodInDays"]:
        raise conflict("The retention of the database's backups is locked and cannot be shortened.")


def _demand_retention(body: Body) -> None:
    days = body.get("backupRetentionPeriodInDays")
    if days is not None and not 1 <= days <= MOST_RETENTION_DAYS:
        raise invalid(f"backupRetentionPeriodInDays must be between 1 and {MOST_RETENTION_DAYS}")
