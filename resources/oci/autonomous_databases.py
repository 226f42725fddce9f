"""Autonomous Databases of Oracle's cloud: asked about and changed through its Database service.

Answers are taken as JSON: the SDK's objects of a database take longer to make than all else of a call. Fields are named as the
service names them. Changing calls that know a retry token are sent with the caller's; the others, PUT and DELETE among them, are
sent once: `if-match` guards them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from pydantic import Field

from resources.autonomous_databases import AutonomousDatabase, Backup, Begun, Changes, Compartment, NewDatabase, WorkRequest
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput
from resources.oci import retries
from resources.oci.clients import OciClients, Service
from resources.oci.database_records import backup_of, database_of
from resources.oci.paging import items

_OTHERS: Mapping[str, str] = {"base database": "list_db_systems", "Exadata cloud": "list_cloud_vm_clusters"}
"""Kinds of databases that are none of Autonomous Database Serverless, and what lists them."""
_GONE = ("TERMINATING", "TERMINATED", "FAILED")
_GUARDS_NOTHING = "*"
_GIGABYTES = 1024
_SOURCES: Mapping[str, str] = {
    "new": "NONE",
    "clone": "DATABASE",
    "refreshable clone": "CLONE_TO_REFRESHABLE",
    "backup": "BACKUP_FROM_ID",
    "timestamp": "BACKUP_FROM_TIMESTAMP",
}
_SOURCE_FIELDS: Mapping[str, str] = {
    "backup": "autonomousDatabaseBackupId",
    "timestamp": "autonomousDatabaseId",
}
"""Where a request names what a database is made out of, if not in `sourceId`."""
_COPIES = frozenset({"clone", "timestamp"})
_NETWORK = ("subnetId", "nsgIds", "whitelistedIps", "isMtlsConnectionRequired")
"""Source: SDK docstrings of `CreateAutonomousDatabaseBase`: without a subnet, the endpoint is public."""


class OciAutonomousDatabases(AutonomousDatabases):
    """The Database service in all regions of the tenancy that the clients call for."""

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    page_size: int = Field(default=500, ge=1, le=1000, description="Databases and backups of a page.")

    def regions(self) -> Sequence[str]:
        """See AutonomousDatabases."""
        answer = self._call("list_region_subscriptions", service="identity")(self.clients.tenancy())
        return [str(one.region_name) for one in answer.data if one.status == "READY"]

    def compartments(self) -> Sequence[Compartment]:
        """See AutonomousDatabases. A compartment whose parents may not be seen stands directly below the root."""
        tenancy = self.clients.tenancy()
        root = self._call("get_compartment", service="identity")(tenancy).data
        listing = self._call("list_compartments", service="identity")
        found = items(listing, tenancy, compartment_id_in_subtree=True, access_level="ANY", lifecycle_state="ACTIVE")
        below = {str(one.id): one for one in found if str(one.id) != tenancy}

        def path(one: Any) -> str:  # noqa: ANN401  # the SDK has no types
            parent = below.get(str(one.compartment_id))
            return f"{path(parent) if parent is not None else root.name}/{one.name}"

        return [
            Compartment(tenancy, str(root.name), str(root.name)),
            *(Compartment(ocid, str(one.name), path(one)) for ocid, one in below.items()),
        ]

    def databases(self, region: str, compartment_id: str) -> Sequence[AutonomousDatabase]:
        """See AutonomousDatabases. Regions of standbys are read from their OCIDs: only `database` asks for them."""
        listing = self._call("list_autonomous_databases", region, compartment_id)
        rows = items(listing, compartment_id, limit=self.page_size)
        return [database_of(row, region) for row in rows if row["lifecycleState"] != "TERMINATED"]

    def others(self, region: str, compartment_id: str) -> Mapping[str, int]:
        """See AutonomousDatabases. An Exadata is counted by its VM clusters."""
        return {
            kind: sum(
                row["lifecycleState"] not in _GONE
                for row in items(self._call(listing, region, compartment_id), compartment_id, limit=self.page_size)
            )
            for kind, listing in _OTHERS.items()
        }

    def database(self, region: str, database_id: str) -> AutonomousDatabase:
        """See AutonomousDatabases. Of a primary with standbys in other regions, the service is asked which regions those are."""
        answer = self._call("get_autonomous_database", region, database_id)(database_id)
        found = replace(database_of(answer.data, region), etag=str(answer.headers.get("etag", "")))
        if not any(one.kind == "remote" for one in found.standbys):
            return found
        regions = self._regions_of_peers(region, database_id)
        standbys = (replace(one, region=regions.get(one.id or "")) if one.kind == "remote" else one for one in found.standbys)
        return replace(found, standbys=tuple(standbys))

    def backups(self, region: str, database_id: str) -> Sequence[Backup]:
        """See AutonomousDatabases."""
        listing = self._call("list_autonomous_database_backups", region, database_id)
        rows = items(listing, autonomous_database_id=database_id, limit=self.page_size)
        earliest = datetime.min.replace(tzinfo=UTC)
        return sorted((backup_of(row, region) for row in rows), key=lambda one: one.time_started or earliest, reverse=True)

    def work_request(self, region: str, work_request_id: str) -> WorkRequest:
        """See AutonomousDatabases. Of one that failed, the service is asked why."""
        answer = self._call("get_work_request", region, work_request_id, "work_requests")(work_request_id)
        found = _work_request(answer.data, answer.headers.get("retry-after"))
        if found.status != "FAILED":
            return found
        listing = self._call("list_work_request_errors", region, work_request_id, "work_requests")
        return replace(found, errors=tuple(f"{one.code}: {one.message}" for one in items(listing, work_request_id)))

    def work_requests(self, region: str, compartment_id: str, database_id: str) -> Sequence[WorkRequest]:
        """See AutonomousDatabases."""
        listing = self._call("list_work_requests", region, database_id, "work_requests")
        found = sorted(items(listing, compartment_id, resource_id=database_id), key=lambda one: one.time_accepted, reverse=True)
        return [_work_request(one, None) for one in found]

    def create(self, region: str, details: NewDatabase, token: str) -> Begun:
        """See AutonomousDatabases. A copy of a database can be reached from where its source can, and from nowhere else."""
        making = self._call("create_autonomous_database", region, details.display_name)
        network = self._network_of(region, details.source_id) if details.source in _COPIES and details.source_id else {}
        answer = making({**creation(details), **network}, opc_retry_token=token)
        return _begun(answer, str(answer.data["id"]))

    def update(self, region: str, database_id: str, changes: Changes, if_match: str) -> Begun:
        """See AutonomousDatabases."""
        return self._guarded("update_autonomous_database", region, database_id, if_match, update(changes))

    def start(self, region: str, database_id: str, if_match: str) -> Begun:
        """See AutonomousDatabases."""
        return self._guarded("start_autonomous_database", region, database_id, if_match)

    def stop(self, region: str, database_id: str, if_match: str) -> Begun:
        """See AutonomousDatabases."""
        return self._guarded("stop_autonomous_database", region, database_id, if_match)

    def restart(self, region: str, database_id: str, if_match: str) -> Begun:
        """See AutonomousDatabases."""
        return self._guarded("restart_autonomous_database", region, database_id, if_match)

    def delete(self, region: str, database_id: str, if_match: str) -> Begun:
        """See AutonomousDatabases."""
        return self._guarded("delete_autonomous_database", region, database_id, if_match)

    def back_up(self, region: str, database_id: str, display_name: str, token: str, long_term_days: int | None = None) -> Begun:
        """See AutonomousDatabases."""
        details: dict[str, Any] = {"autonomousDatabaseId": database_id, "displayName": display_name}
        if long_term_days is not None:
            details |= {"isLongTermBackup": True, "retentionPeriodInDays": long_term_days}
        answer = self._call("create_autonomous_database_backup", region, database_id)(details, opc_retry_token=token)
        return _begun(answer, str(answer.data["id"]))

    def delete_backup(self, region: str, backup_id: str) -> Begun:
        """See AutonomousDatabases."""
        return self._guarded("delete_autonomous_database_backup", region, backup_id, _GUARDS_NOTHING)

    def restore(self, region: str, database_id: str, at: datetime | None, if_match: str) -> Begun:
        """See AutonomousDatabases."""
        details: dict[str, Any] = {"latest": True} if at is None else {"timestamp": _text(at)}
        return self._guarded("restore_autonomous_database", region, database_id, if_match, details)

    def switch_over(self, region: str, database_id: str, peer_id: str | None, token: str) -> Begun:
        """See AutonomousDatabases."""
        return self._change_roles("switchover_autonomous_database", region, database_id, peer_id, token)

    def fail_over(self, region: str, database_id: str, peer_id: str | None, token: str) -> Begun:
        """See AutonomousDatabases."""
        return self._change_roles("fail_over_autonomous_database", region, database_id, peer_id, token)

    def convert_standby(self, region: str, database_id: str, *, to_snapshot: bool, if_match: str) -> Begun:
        """See AutonomousDatabases. The service converts a snapshot standby back by itself after 48 hours.

        Source: docs.oracle.com, "Convert Cross Region Peer to Snapshot Standby".
        """
        details = {"isSnapshotStandby": to_snapshot}
        return self._guarded("change_disaster_recovery_configuration", region, database_id, if_match, details)

    def wallet(self, region: str, database_id: str, password: str) -> bytes:
        """See AutonomousDatabases."""
        details = {"password": password, "generateType": "SINGLE"}
        asking = self._call("generate_autonomous_database_wallet", region, database_id)
        answer = asking(database_id, details, retry_strategy=retries.repeated(self.clients.limits))
        with self.clients.errors("database", "generate_autonomous_database_wallet", database_id):
            return bytes(answer.data.content)

    def _network_of(self, region: str, database_id: str) -> dict[str, Any]:
        """What limits access to a database: without it, the service makes a copy that is reached from everywhere."""
        found = self._call("get_autonomous_database", region, database_id)(database_id).data
        return {name: found[name] for name in _NETWORK if found.get(name) not in (None, [])}

    def _regions_of_peers(self, region: str, database_id: str) -> Mapping[str, str | None]:
        listing = self._call("list_autonomous_database_peers", region, database_id)

        def listed(*arguments: Any, **named: Any) -> SimpleNamespace:  # noqa: ANN401
            answer = listing(*arguments, **named)
            return SimpleNamespace(data=answer.data["items"], next_page=answer.next_page)

        return {str(row["id"]): row.get("region") for row in items(listed, database_id)}

    def _change_roles(self, operation: str, region: str, database_id: str, peer_id: str | None, token: str) -> Begun:
        peer = {"peer_db_id": peer_id} if peer_id else {}
        return _begun(self._call(operation, region, database_id)(database_id, opc_retry_token=token, **peer), database_id)

    def _guarded(self, operation: str, region: str, ocid: str, if_match: str, *details: Mapping[str, Any]) -> Begun:
        """A changing call that knows no retry token: sent once."""
        guard = {} if if_match == _GUARDS_NOTHING else {"if_match": if_match}
        answer = self._call(operation, region, ocid)(ocid, *details, retry_strategy=retries.never(), **guard)
        return _begun(answer, ocid)

    def _call(self, operation: str, region: str = "", about: str = "", service: Service = "database_json") -> Any:  # noqa: ANN401
        method = getattr(self.clients.client(service, region), operation)

        def called(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            with self.clients.errors(service, operation, f"{operation} of {about}" if about else ""):
                return method(*arguments, **named)

        return called


def creation(details: NewDatabase) -> dict[str, Any]:
    """The body of a request to make a database.

    A standby by Autonomous Data Guard and one by backups, or with backups, are asked for by sources of their own, and take sizes,
    name and password of their primary.

    Raises:
        BadInput: It is not said out of what, or there is no password or two.
    """
    if details.source != "new" and not details.source_id:
        raise BadInput(f"{details.display_name}: it is not said out of what it is to be made", "Give source_id.")
    tags = {
        "freeformTags": dict(details.free_tags),
        "definedTags": {space: dict(of) for space, of in details.defined_tags.items()},
    }
    common: dict[str, Any] = {"compartmentId": details.compartment_id, "displayName": details.display_name, **tags}
    if details.source == "standby":
        if details.recovery_type == "ADG" and not details.replicate_backups:
            return {**common, "source": "CROSS_REGION_DATAGUARD", "sourceId": details.source_id}
        kind: dict[str, Any] = {
            "source": "CROSS_REGION_DISASTER_RECOVERY",
            "remoteDisasterRecoveryType": details.recovery_type,
            "isReplicateAutomaticBackups": details.replicate_backups,
        }
        return {**common, **kind, "sourceId": details.source_id}
    body = {
        **common,
        "source": _SOURCES[details.source],
        "dbName": details.db_name,
        "dbWorkload": details.workload,
        "computeModel": "ECPU",
        "computeCount": details.compute_count,
        **_storage(details.data_storage_gb),
        "isAutoScalingEnabled": details.is_auto_scaling_enabled,
        "licenseModel": details.license_model,
        "backupRetentionPeriodInDays": details.backup_retention_days,
        **_secret(details),
        **_made_of(details),
    }
    return {name: value for name, value in body.items() if value is not None}


def update(changes: Changes) -> dict[str, Any]:
    """The body of a request to change a database.

    Raises:
        BadInput: Nothing is to change.
    """
    body = {
        "computeCount": changes.compute_count,
        **_storage(changes.data_storage_gb),
        "isAutoScalingEnabled": changes.is_auto_scaling_enabled,
        "isLocalDataGuardEnabled": changes.is_local_data_guard_enabled,
        "backupRetentionPeriodInDays": changes.backup_retention_days,
        "isBackupRetentionLocked": changes.is_backup_retention_locked,
        "displayName": changes.display_name,
        "freeformTags": None if changes.free_tags is None else dict(changes.free_tags),
    }
    found = {name: value for name, value in body.items() if value is not None}
    if not found:
        raise BadInput("an update changes nothing", "Give at least one field that is to change.")
    return found


def _made_of(details: NewDatabase) -> dict[str, Any]:
    if details.source == "new":
        return {}
    found: dict[str, Any] = {_SOURCE_FIELDS.get(details.source, "sourceId"): details.source_id}
    if details.source == "refreshable clone":
        return {**found, "refreshableMode": "MANUAL"}
    if details.source == "timestamp":
        found |= {"timestamp": _text(details.at)} if details.at else {"useLatestAvailableBackupTimeStamp": True}
    return {**found, "cloneType": details.clone_type}


def _secret(details: NewDatabase) -> dict[str, Any]:
    """The password of ADMIN, or the secret that holds it; a refreshable clone has its source's."""
    if details.source == "refreshable clone":
        return {}
    if (details.admin_password is None) == (details.secret_id is None):
        raise BadInput(
            f"{details.display_name}: it needs a password of ADMIN, or a secret that holds one", "Give one of the two."
        )
    return {"adminPassword": details.admin_password, "secretId": details.secret_id}


def _storage(gigabytes: float | None) -> dict[str, int]:
    """Whole terabytes where it is so: not every workload takes gigabytes."""
    if gigabytes is None:
        return {}
    if gigabytes != int(gigabytes):
        raise BadInput(f"storage of {gigabytes} GB cannot be asked for", "Give whole gigabytes.")
    terabytes, rest = divmod(int(gigabytes), _GIGABYTES)
    return {"dataStorageSizeInGBs": int(gigabytes)} if rest else {"dataStorageSizeInTBs": terabytes}


def _begun(answer: Any, ocid: str) -> Begun:  # noqa: ANN401
    request = answer.headers.get("opc-work-request-id")
    return Begun(ocid, str(request) if request else None)


def _work_request(found: Any, retry_after: str | None) -> WorkRequest:  # noqa: ANN401
    return WorkRequest(
        id=str(found.id),
        status=str(found.status),
        percent=float(found.percent_complete or 0),
        operation=str(found.operation_type),
        retry_after_seconds=float(retry_after) if retry_after else None,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
