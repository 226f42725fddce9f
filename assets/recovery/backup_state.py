"""How backups are, database by database, and what they lack: looked at in the cloud and held against the policies."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from assets.inventory import Inventory, inventory
from assets.recovery import tables
from assets.recovery.logic.backup_gaps import Gap, Held, gaps, not_subject
from assets.recovery.logic.backup_plan import Known
from assets.recovery.logic.backup_policies import BackupPolicies, BackupPolicy
from assets.recovery.logic.restore_tests import is_copy
from assets.recovery.logic.standbys import standbys_elsewhere
from resources.autonomous_databases import AutonomousDatabase, Backup
from resources.database_service import AutonomousDatabases
from resources.errors import CloudOpsError

_AT_A_TIME = 8


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen.

    Attributes:
        inventory: All databases.
        held: Backups of each that needs some, by OCID.
        policies: The policy of each, by OCID; None of one that none matches.
        excused: Why others need no backups of their own, by OCID.
    """

    inventory: Inventory
    held: Mapping[str, Held]
    policies: Mapping[str, BackupPolicy | None]
    excused: Mapping[str, str]

    @property
    def subject(self) -> list[AutonomousDatabase]:
        """Databases that need backups of their own."""
        return [database for database in self.inventory.databases if database.id in self.held]

    @property
    def known(self) -> list[Known]:
        """Those that have a policy, with it and their backups."""
        pairs = [(database, self.policies[database.id]) for database in self.subject]
        return [Known(database, policy, self.held[database.id]) for database, policy in pairs if policy is not None]

    def gaps(self, now: datetime) -> list[tuple[AutonomousDatabase, Gap]]:
        """Everything that is missing, or unknown, by database."""
        return [
            (database, gap)
            for database in self.subject
            for gap in gaps(database, self.held[database.id], self.policies[database.id], now)
        ]


def look(service: AutonomousDatabases, policies: BackupPolicies) -> Looked:
    """Look at all databases and their backups.

    Raises:
        CloudOpsError: Not even regions or compartments can be listed.
    """
    found = inventory(service)
    own = {database.id for database in found.databases if is_copy(database)}
    reasons = {database.id: not_subject(database, own) for database in found.databases}
    subject = [database for database in found.databases if not reasons[database.id]]
    listed = _backups_of(service, subject)
    by_id = found.by_id
    held = {database.id: _held(database, listed[database.id], by_id) for database in subject}
    return Looked(
        found, held, {d.id: policies.of(d) for d in subject}, {ocid: reason for ocid, reason in reasons.items() if reason}
    )


def backup_rows(looked: Looked, before: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The table of all backups; of databases whose backups could not be listed, or that could not, as they were seen before."""
    rows = [
        _row(database, backup, now)
        for database in looked.subject
        for backup in looked.held[database.id].backups or ()
        if backup.lifecycle_state != "DELETED"
    ]
    seen = [database.id for database in looked.subject if looked.held[database.id].backups is not None]
    fresh = pl.DataFrame(rows, schema=tables.BACKUPS.schema, orient="row")
    lost = ~pl.col("database_id").is_in([*seen, *looked.excused])
    if not looked.inventory.failures:
        lost &= pl.col("database_id").is_in(list(looked.held))  # all places could be listed: what is not there is gone
    return pl.concat([fresh, before.filter(lost).select(fresh.columns)])


def gap_rows(looked: Looked, now: datetime) -> pl.DataFrame:
    """The table of what is missing; places whose databases could not be listed are in it."""
    rows = [
        {**_which(database), "policy": _name(looked.policies[database.id]), "requirement": gap.requirement,
         "period": gap.period, "status": gap.status, "said": gap.said, "seen_at": now}
        for database, gap in looked.gaps(now)
    ]  # fmt: skip
    rows += [
        {"database_id": "", "database": f"all in {place}", "region": place.partition(",")[0], "environment": None, "policy": None,
         "requirement": "databases listed", "period": "", "status": "unknown", "said": why, "seen_at": now}
        for place, why in looked.inventory.failures.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=tables.BACKUP_GAPS.schema)


def _held(database: AutonomousDatabase, listed: list[Backup] | str, by_id: Mapping[str, AutonomousDatabase]) -> Held:
    elsewhere = standbys_elsewhere(database, by_id)
    copies = [by_id[ocid].replicates_backups if ocid in by_id else None for ocid in elsewhere]
    return Held(None, listed, copies) if isinstance(listed, str) else Held(listed, "", copies)


def _which(database: AutonomousDatabase) -> dict[str, Any]:
    return {
        "database_id": database.id, "database": database.display_name, "region": database.region,
        "environment": database.environment,
    }  # fmt: skip


def _name(policy: BackupPolicy | None) -> str | None:
    return None if policy is None else policy.name


def _row(database: AutonomousDatabase, backup: Backup, now: datetime) -> tuple[Any, ...]:
    return (
        *_which(database).values(), backup.id, backup.display_name, backup.type, backup.lifecycle_state, backup.is_automatic,
        backup.is_restorable, backup.time_started, backup.time_ended, backup.time_available_till, backup.retention_days,
        backup.size_tb, now,
    )  # fmt: skip


def _backups_of(service: AutonomousDatabases, databases: list[AutonomousDatabase]) -> dict[str, list[Backup] | str]:
    """Backups by OCID of the database, the youngest first; why they could not be listed, where they could not."""

    def listed(database: AutonomousDatabase) -> list[Backup] | str:
        try:
            return list(service.backups(database.region, database.id))
        except CloudOpsError as error:
            return str(error)

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return dict(zip((d.id for d in databases), pool.map(listed, databases), strict=True))
