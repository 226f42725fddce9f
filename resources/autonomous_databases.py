"""Autonomous Databases, their backups and standbys: what is known of them, and what may be asked for.

Types alone, without SDK and Dagster, so that pure logic may use them. `resources.database_service` is what can be done with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["PRIMARY", "STANDBY", "DISABLED_STANDBY", "BACKUP_COPY", "SNAPSHOT_STANDBY"]
RUNNING = frozenset({"AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "SCALE_IN_PROGRESS", "BACKUP_IN_PROGRESS"})
"""Lifecycle states in which a database answers SQL."""
GONE = frozenset({"TERMINATING", "TERMINATED"})
SETTLED = frozenset({"AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "STOPPED", "STANDBY", "TERMINATED", "UNAVAILABLE", "INACCESSIBLE",
                     "RESTORE_FAILED"})  # fmt: skip
"""Lifecycle states that do not end by themselves."""
_OVER = ("SUCCEEDED", "FAILED", "CANCELED")
"""Statuses with which a work request is over."""


@dataclass(frozen=True, slots=True)
class Compartment:
    """A compartment that may hold databases; `path` is the names from the tenancy down, `acme/prod`."""

    id: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Standby:
    """A standby as its primary tells of it.

    Attributes:
        kind: `local` (same region) or `remote`.
        lifecycle_state: Of the standby.
        lag_seconds: How far it is behind; None if the service does not say.
        id: OCID of a remote standby; a local one has none.
        region: Of a remote standby.
        recovery_type: `ADG` (Autonomous Data Guard) or `BACKUP_BASED`; None if the service does not say.
    """

    kind: Literal["local", "remote"]
    lifecycle_state: str | None
    lag_seconds: float | None
    id: str | None = None
    region: str | None = None
    recovery_type: str | None = None


@dataclass(frozen=True, slots=True)
class AutonomousDatabase:
    """One Autonomous Database as the service shows it. What it does not show is None, never a zero.

    Attributes:
        id: OCID.
        region: Where it is.
        compartment_id: OCID.
        display_name: For people.
        db_name: Name inside the tenancy; of a standby, that of its primary.
        lifecycle_state: Of the SDK's states.
        lifecycle_details: Why, where the service says.
        role: None without Data Guard.
        workload: `OLTP`, `DW`, `AJD`, `APEX`, `LH`.
        compute_model: `ECPU` or `OCPU`.
        compute_count: In units of the model.
        is_auto_scaling_enabled: Whether the service may use up to three times the CPUs.
        data_storage_gb: Storage that is allocated.
        used_storage_gb: Storage that is used.
        open_mode: `READ_WRITE` or `READ_ONLY`.
        standbys: Those that it names.
        peer_ids: OCIDs of the other sides, in other regions.
        disaster_recovery_region_type: `PRIMARY`, or `REMOTE` of what was made as the other side.
        backup_retention_days: Of automatic backups.
        is_backup_retention_locked: Whether it can no longer be shortened.
        replicates_backups: Of a standby in another region: whether automatic backups are replicated to it.
        is_refreshable_clone: Whether it follows its source.
        source_id: What it was cloned from.
        is_free_tier: Always Free.
        is_dedicated: On dedicated infrastructure.
        license_model: `LICENSE_INCLUDED` or `BRING_YOUR_OWN_LICENSE`.
        db_version: Such as `26ai`.
        is_mtls_required: Whether only mutual TLS connects.
        profiles: Connect descriptors by consumer group and way, `("LOW", "SERVER")`.
        ords_url: Base address of Oracle REST Data Services, ending with `/ords/`.
        contacts: E-mail addresses of the customer's contacts.
        tags: Free-form tags by key, defined tags by `namespace.key`.
        time_created: When.
        time_role_changed: When it, or its local standby, last became the primary; None if it never did.
        etag: Version that was seen; empty if it comes from a list that shows none.
    """

    id: str
    region: str
    compartment_id: str
    display_name: str
    db_name: str
    lifecycle_state: str
    lifecycle_details: str | None = None
    role: Role | None = None
    workload: str | None = None
    compute_model: str | None = None
    compute_count: float | None = None
    is_auto_scaling_enabled: bool | None = None
    data_storage_gb: float | None = None
    used_storage_gb: float | None = None
    open_mode: str | None = None
    standbys: tuple[Standby, ...] = ()
    peer_ids: tuple[str, ...] = ()
    disaster_recovery_region_type: str | None = None
    backup_retention_days: int | None = None
    is_backup_retention_locked: bool | None = None
    replicates_backups: bool | None = None
    is_refreshable_clone: bool = False
    source_id: str | None = None
    is_free_tier: bool = False
    is_dedicated: bool = False
    license_model: str | None = None
    db_version: str | None = None
    is_mtls_required: bool | None = None
    profiles: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ords_url: str | None = None
    contacts: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    time_created: datetime | None = None
    time_role_changed: datetime | None = None
    etag: str = ""

    def tag(self, name: str) -> str | None:
        """Value of a tag by its key in any namespace, in any case; None if it has none, or several that differ."""
        found = {value for key, value in self.tags.items() if key.rpartition(".")[2].lower() == name.lower()}
        return found.pop() if len(found) == 1 else None

    @property
    def environment(self) -> str | None:
        """Its tag `environment`; None if it is not tagged."""
        return self.tag("environment")

    @property
    def is_protected(self) -> bool:
        """Whether a tag `protected` says so. Anything but a clear no protects: two tags that differ do too."""
        values = {v.strip().lower() for k, v in self.tags.items() if k.rpartition(".")[2].lower() == "protected"}
        return bool(values - {"false", "no", "0"})


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup of an Autonomous Database.

    Attributes:
        id: OCID.
        database_id: Of what.
        region: Where it is.
        display_name: For people.
        type: `FULL`, `INCREMENTAL`, `LONGTERM`, …
        lifecycle_state: `CREATING`, `ACTIVE`, `DELETING`, `DELETED`, `FAILED`, `UPDATING`.
        is_automatic: Whether the service made it by itself.
        is_restorable: Whether the service says that it can be restored.
        time_started: When it began.
        time_ended: When it was done.
        time_available_till: Until when it is kept.
        retention_days: Of a long-term backup.
        size_tb: In terabytes.
    """

    id: str
    database_id: str
    region: str
    display_name: str
    type: str
    lifecycle_state: str
    is_automatic: bool | None
    is_restorable: bool | None
    time_started: datetime | None
    time_ended: datetime | None
    time_available_till: datetime | None
    retention_days: int | None
    size_tb: float | None


@dataclass(frozen=True, slots=True)
class WorkRequest:
    """How far something has come that the service does in the background.

    Attributes:
        id: OCID.
        status: `ACCEPTED`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `CANCELING`, `CANCELED`.
        percent: Done, 0 to 100.
        operation: As the service calls it.
        retry_after_seconds: When to look again; None once it is over.
        errors: Why it failed.
    """

    id: str
    status: str
    percent: float
    operation: str
    retry_after_seconds: float | None = None
    errors: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in _OVER


@dataclass(frozen=True, slots=True)
class Begun:
    """A change that the service accepted: of which database or backup, and the work request to follow."""

    resource_id: str
    work_request_id: str | None


@dataclass(frozen=True, slots=True)
class NewDatabase:
    """A database to be made; `source` says out of what.

    Attributes:
        compartment_id: Where.
        db_name: A letter, then letters and digits, 30 at most.
        display_name: For people.
        workload: See AutonomousDatabase.
        compute_count: ECPUs.
        data_storage_gb: Storage.
        admin_password: Of ADMIN; never shown. Not for standbys.
        secret_id: OCID of a vault secret that holds it instead.
        is_auto_scaling_enabled: See AutonomousDatabase.
        license_model: See AutonomousDatabase.
        backup_retention_days: Of automatic backups.
        free_tags: Free-form tags.
        defined_tags: Defined tags by namespace.
        source: `new`; `clone` (of `source_id`, with `clone_type`); `refreshable clone` (of `source_id`); `backup` (`source_id` is
            the backup's); `timestamp` (`source_id` as it was at `at`, or at its latest backup if None); `standby` (of `source_id`,
            in another region, by `recovery_type`).
        source_id: OCID of what it is made out of.
        clone_type: `FULL` or `METADATA`.
        at: Moment for `timestamp`.
        recovery_type: `ADG` or `BACKUP_BASED`.
        replicate_backups: Of a standby: whether the last seven days' automatic backups are replicated to it.
    """

    compartment_id: str
    db_name: str
    display_name: str
    workload: str = "OLTP"
    compute_count: float = 2
    data_storage_gb: float | None = 1024
    admin_password: str | None = field(default=None, repr=False)
    secret_id: str | None = None
    is_auto_scaling_enabled: bool = False
    license_model: str | None = None
    backup_retention_days: int | None = None
    free_tags: Mapping[str, str] = field(default_factory=dict)
    defined_tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    source: Literal["new", "clone", "refreshable clone", "backup", "timestamp", "standby"] = "new"
    source_id: str | None = None
    clone_type: Literal["FULL", "METADATA"] = "FULL"
    at: datetime | None = None
    recovery_type: Literal["ADG", "BACKUP_BASED"] = "ADG"
    replicate_backups: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What an update is to change; None stays as it is. Sizes (`compute_count`, `data_storage_gb`) exclude most others."""

    compute_count: float | None = None
    data_storage_gb: float | None = None
    is_auto_scaling_enabled: bool | None = None
    is_local_data_guard_enabled: bool | None = None
    backup_retention_days: int | None = None
    is_backup_retention_locked: bool | None = None
    display_name: str | None = None
    free_tags: Mapping[str, str] | None = None
