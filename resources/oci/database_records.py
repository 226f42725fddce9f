"""Autonomous Databases and their backups out of the JSON of Oracle's Database service. What it does not say is None."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from resources.autonomous_databases import AutonomousDatabase, Backup, Role, Standby

_GIGABYTES = 1024
_ROLES: Mapping[str, Role] = {role: role for role in get_args(Role)}
_LONG = "LONG"
"""Form of a connect descriptor, as against that of an easy connect string."""


def database_of(row: Mapping[str, Any], region: str) -> AutonomousDatabase:
    """A database out of the model AutonomousDatabase or AutonomousDatabaseSummary.

    Args:
        row: JSON of the model.
        region: Where it was asked.
    """
    urls = row.get("connectionUrls") or {}
    return AutonomousDatabase(
        id=str(row["id"]),
        region=region,
        compartment_id=str(row["compartmentId"]),
        display_name=str(row.get("displayName") or row["dbName"]),
        db_name=str(row["dbName"]),
        lifecycle_state=str(row["lifecycleState"]),
        lifecycle_details=row.get("lifecycleDetails"),
        role=_ROLES.get(row.get("role") or ""),
        workload=row.get("dbWorkload"),
        compute_model=row.get("computeModel"),
        compute_count=_number(row.get("computeCount")),
        is_auto_scaling_enabled=row.get("isAutoScalingEnabled"),
        data_storage_gb=_gigabytes(row, "dataStorageSizeInGBs", "dataStorageSizeInTBs"),
        used_storage_gb=_gigabytes(row, "usedDataStorageSizeInGBs", "actualUsedDataStorageSizeInTBs", "usedDataStorageSizeInTBs"),
        open_mode=row.get("openMode"),
        standbys=tuple(_standbys(row)),
        peer_ids=tuple(row.get("peerDbIds") or ()),
        disaster_recovery_region_type=row.get("disasterRecoveryRegionType"),
        backup_retention_days=row.get("backupRetentionPeriodInDays"),
        is_backup_retention_locked=row.get("isBackupRetentionLocked"),
        replicates_backups=(row.get("remoteDisasterRecoveryConfiguration") or {}).get("isReplicateAutomaticBackups"),
        is_refreshable_clone=bool(row.get("isRefreshableClone")),
        source_id=row.get("sourceId"),
        is_free_tier=bool(row.get("isFreeTier")),
        is_dedicated=bool(row.get("isDedicated")),
        license_model=row.get("licenseModel"),
        db_version=row.get("dbVersion"),
        is_mtls_required=row.get("isMtlsConnectionRequired"),
        profiles=_profiles(row),
        ords_url=urls.get("ordsUrl"),
        contacts=tuple(str(one["email"]) for one in row.get("customerContacts") or () if one.get("email")),
        tags=_tags(row),
        time_created=_moment(row.get("timeCreated")),
        time_role_changed=_moment(row.get("timeDataGuardRoleChanged")),
    )


def backup_of(row: Mapping[str, Any], region: str) -> Backup:
    """A backup out of the model AutonomousDatabaseBackup or AutonomousDatabaseBackupSummary."""
    return Backup(
        id=str(row["id"]),
        database_id=str(row["autonomousDatabaseId"]),
        region=region,
        display_name=str(row.get("displayName") or ""),
        type=str(row["type"]),
        lifecycle_state=str(row["lifecycleState"]),
        is_automatic=row.get("isAutomatic"),
        is_restorable=row.get("isRestorable"),
        time_started=_moment(row.get("timeStarted")),
        time_ended=_moment(row.get("timeEnded")),
        time_available_till=_moment(row.get("timeAvailableTill")),
        retention_days=row.get("retentionPeriodInDays"),
        size_tb=_number(row.get("sizeInTBs")),
    )


def region_of(ocid: str) -> str | None:
    """The region that an OCID names, in full or by its key; None if it names none."""
    from oci.regions import get_region_from_short_name

    parts = ocid.split(".")
    return str(get_region_from_short_name(parts[3])) if len(parts) > 4 and parts[3] else None


def _standbys(row: Mapping[str, Any]) -> Iterator[Standby]:
    """What a primary says of its standbys. Of one in another region it names the OCID alone; a standby names its primary."""
    local = row.get("localStandbyDb")
    if local:
        kind = row.get("localDisasterRecoveryType") or ("ADG" if row.get("isLocalDataGuardEnabled") else None)
        yield Standby("local", local.get("lifecycleState"), _number(local.get("lagTimeInSeconds")), recovery_type=kind)
    peers = row.get("peerDbIds") or ()
    if row.get("role") != "PRIMARY":
        return
    kind = "ADG" if row.get("isRemoteDataGuardEnabled") and len(peers) == 1 else None
    for ocid in peers:
        yield Standby("remote", None, None, id=str(ocid), region=region_of(str(ocid)), recovery_type=kind)


def _profiles(row: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Connect descriptors by consumer group and way; of several, the long form."""
    found: dict[tuple[str, str], str] = {}
    for one in (row.get("connectionStrings") or {}).get("profiles") or ():
        key = (str(one.get("consumerGroup") or ""), str(one.get("tlsAuthentication") or ""))
        if key not in found or one.get("syntaxFormat") == _LONG:
            found[key] = str(one["value"])
    return found


def _tags(row: Mapping[str, Any]) -> dict[str, str]:
    found = {str(key): str(value) for key, value in (row.get("freeformTags") or {}).items()}
    for space, defined in (row.get("definedTags") or {}).items():
        found |= {f"{space}.{key}": str(value) for key, value in defined.items()}
    return found


def _gigabytes(row: Mapping[str, Any], gigabytes: str, *terabytes: str) -> float | None:
    """What is told in gigabytes, else in terabytes: by the first field that is there."""
    if row.get(gigabytes) is not None:
        return float(row[gigabytes])
    return next((float(row[name]) * _GIGABYTES for name in terabytes if row.get(name) is not None), None)


def _number(value: Any) -> float | None:  # noqa: ANN401
    return None if value is None else float(value)


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).astimezone(UTC) if value else None
