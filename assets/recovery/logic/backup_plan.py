"""What is to be done so that backups are as their policies say, and what of it has to be confirmed by name."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.recovery.logic.backup_gaps import LONGTERM, Held, missing_long_term, surplus
from assets.recovery.logic.backup_policies import BackupPolicy
from resources.autonomous_databases import RUNNING, AutonomousDatabase, Backup

SET_RETENTION, LOCK, MAKE, DELETE = "set backup retention", "lock backup retention", "make long-term backup", "delete backup"
OPERATIONS = (SET_RETENTION, LOCK, MAKE, DELETE)
"""Operations in the journal, in the order in which they are done."""
MADE_NAME = "cloudops-longterm"
"""Beginning of the names of long-term backups that are made here; their period follows."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a run was told that it may do, by display name or OCID of the database; of a deletion, by that of the backup."""

    shorten: Collection[str] = ()
    lock: Collection[str] = ()
    delete: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done.

    Attributes:
        operation: One of `OPERATIONS`.
        database: Of which.
        subject: OCID of what it is done to: the database, or a backup.
        before: It as it is; None if it is not there.
        after: It as it is to be; None if it goes.
        reason: Why.
        held: Why it is not done in this run; empty if it is.
        token: What makes the service do it once, however often it is asked (`opc-retry-token`); only of what it makes.
    """

    operation: str
    database: AutonomousDatabase
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str
    held: str = ""
    token: str = ""

    def told(self) -> dict[str, str]:
        """For people."""
        show = {"before": self.before, "after": self.after}
        said = {name: ", ".join(f"{k} {v}" for k, v in (value or {}).items()) for name, value in show.items()}
        return {
            "database": self.database.display_name, "operation": self.operation, **said, "reason": self.reason, "held": self.held,
            "region": self.database.region,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """A database with its policy and its backups."""

    database: AutonomousDatabase
    policy: BackupPolicy
    held: Held


def plan(fleet: Sequence[Known], confirmed: Confirmed, now: datetime) -> list[Step]:
    """All steps, those of one database together. What is not known is left alone."""
    names = [known.database.display_name for known in fleet]
    spare = {known.database.id: surplus(known.held.backups or (), known.policy) for known in fleet}
    spare_names = [backup.display_name for of in spare.values() for backup in of]
    steps: list[Step] = []
    for known in fleet:
        steps += _retention(known, confirmed, names)
        steps += _long_term(known, now)
        steps += _deletions(known, spare[known.database.id], confirmed, spare_names)
    return steps


def is_named(names: Collection[str], database: AutonomousDatabase, fleet: Sequence[str]) -> bool:
    """Whether a database is among those that a run was told; a display name counts where only one database has it."""
    return database.id in names or (database.display_name in names and fleet.count(database.display_name) == 1)


def strangers(names: Collection[str], fleet: Sequence[AutonomousDatabase]) -> list[str]:
    """Names that a run was told and that are of no database, or of several."""
    shown, ids = [database.display_name for database in fleet], {database.id for database in fleet}
    return sorted(name for name in names if name not in ids and shown.count(name) != 1)


def _retention(known: Known, confirmed: Confirmed, names: Sequence[str]) -> list[Step]:
    database, policy = known.database, known.policy
    days, wanted = database.backup_retention_days, policy.retention_days
    steps = []
    if wanted is not None and days is not None and days != wanted:
        held = _why_not_retention(database, confirmed, names, shorter=wanted < days)
        dearer = f"; backups of {wanted - days} more days are charged{_size(known)}" if wanted > days else ""
        steps.append(
            Step(
                SET_RETENTION, database, database.id, {"days": days}, {"days": wanted},
                f"policy {policy.name} asks for {wanted} days{dearer}", held,
            )
        )  # fmt: skip
    if policy.lock_retention and database.is_backup_retention_locked is False:
        held = "" if is_named(confirmed.lock, database, names) else "it cannot be undone: confirm_lock allows it"
        waits = next((f"the retention is not set yet: {s.held}" for s in steps if s.held), "")
        days_then = wanted if wanted is not None else days
        steps.append(
            Step(
                LOCK, database, database.id, {"locked": False, "days": days}, {"locked": True, "days": days_then},
                f"policy {policy.name} asks for it", held or waits,
            )
        )  # fmt: skip
    return steps


def _why_not_retention(database: AutonomousDatabase, confirmed: Confirmed, names: Sequence[str], *, shorter: bool) -> str:
    """Why a retention stays as it is.

    Source: docs.oracle.com, "About Backup and Recovery on Autonomous Database": a locked retention can no longer be changed,
    and that of the OCPU model is always 60 days.
    """
    if database.is_backup_retention_locked:
        return "the retention is locked, which cannot be undone"
    if database.compute_model == "OCPU":
        return "the service changes the retention of databases with ECPUs alone"
    if shorter and database.is_backup_retention_locked is None:
        return "the service does not say whether the retention is locked"
    if shorter and not is_named(confirmed.shorten, database, names):
        return "backups would be lost: confirm_shorten allows it"
    return ""


def _long_term(known: Known, now: datetime) -> list[Step]:
    """One backup serves all rules that lack one, kept as long as the longest of them asks."""
    database, policy = known.database, known.policy
    missing = [] if known.held.backups is None else missing_long_term(known.held.backups, policy, now)
    if not missing:
        return []
    days = missing[0][0].keep_days
    periods = sorted({period for _, period in missing}, key=lambda period: (len(period), period))
    held = "" if database.lifecycle_state in RUNNING else f"it is {database.lifecycle_state}: a backup demands that it runs"
    name = "-".join((MADE_NAME, *periods))
    said = f"policy {policy.name} asks for one of {', '.join(periods)}; it is charged for {days} days"
    token = _token(database.id, name, known.held.backups or ())
    return [Step(MAKE, database, database.id, None, {"name": name, "keep_days": days}, said, held, token)]


def _token(database_id: str, name: str, backups: Sequence[Backup]) -> str:
    """Made of database and name, and so of the period: a repeat has the same.

    A backup of that name that failed or was deleted is not what a repeat means: they are counted in.
    """
    spoilt = sum(b.display_name == name and b.lifecycle_state in ("FAILED", "DELETED", "DELETING") for b in backups)
    return hashlib.sha256(f"{database_id}/{name}/{spoilt}".encode()).hexdigest()[:40]


def _size(known: Known) -> str:
    """How much is held now, where the service tells it."""
    sizes = [backup.size_tb for backup in known.held.backups or () if backup.is_automatic and backup.lifecycle_state == "ACTIVE"]
    told = [size for size in sizes if size is not None]
    return f" ({sum(told):.2f} TB are held now)" if sizes and len(told) == len(sizes) else ""


def _deletions(known: Known, spare: Sequence[Backup], confirmed: Confirmed, names: Sequence[str]) -> list[Step]:
    """A display name counts where only one backup that may go has it: those that are made here are named alike everywhere."""
    steps = []
    for backup in spare:
        by_name = backup.display_name in confirmed.delete and names.count(backup.display_name) == 1
        named = backup.id in confirmed.delete or by_name
        locked = "the retention is locked" if known.database.is_backup_retention_locked else ""
        held = locked or ("" if named else "confirm_delete allows it")
        before = {"name": backup.display_name, "type": LONGTERM, "started": f"{backup.time_started:%Y-%m-%d}"}
        reason = f"no rule of policy {known.policy.name} asks for it"
        steps.append(Step(DELETE, known.database, backup.id, before, None, reason, held))
    return steps
