"""What backups of a database lack, held against its policy. What cannot be known is a gap of its own: unknown, not fine."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from assets.recovery.logic.backup_policies import BackupPolicy, LongTerm
from resources.autonomous_databases import GONE, AutonomousDatabase, Backup

LONGTERM = "LONGTERM"
_ALIVE = frozenset({"CREATING", "ACTIVE", "UPDATING"})
_MADE_WITHIN = timedelta(days=1)
"""A backup that is in the making for longer may never be."""
_SLACK = timedelta(days=2)
"""The service counts the days of a long-term backup in its own way; so much less is no gap."""
Status = Literal["missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a policy asks for and that is not so, or of which it is unknown.

    Attributes:
        requirement: `backups listed`, `newest backup`, `retention`, `retention lock`, `long-term backup`, `cross-region copy`,
            `policy`.
        status: `missing` or `unknown`.
        said: In words: what is, what should be.
        period: Of a long-term backup, such as `2026-11`; else empty.
    """

    requirement: str
    status: Status
    said: str
    period: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a database's backups.

    Attributes:
        backups: All of them; None if they could not be listed.
        error: Why not.
        copies: Whether backups are replicated to each standby in another region; None where that is unknown.
    """

    backups: Sequence[Backup] | None
    error: str = ""
    copies: Sequence[bool | None] = ()


def not_subject(database: AutonomousDatabase, own: Collection[str]) -> str:
    """Why a database needs no backups of its own; empty if it does.

    Args:
        database: Which.
        own: OCIDs of databases that a restore test made.
    """
    if database.lifecycle_state in GONE:
        return "it is being terminated"
    if database.id in own:
        return "a restore test made it, and removes it"
    if database.role is not None and database.role != "PRIMARY":
        return f"it is a {database.role.lower().replace('_', ' ')}: backups are its primary's"
    if database.is_refreshable_clone:
        return "a refreshable clone has no backups: it is made anew from its source"
    if database.is_dedicated:
        return "on dedicated infrastructure its container database says what is backed up"
    return ""


def gaps(database: AutonomousDatabase, held: Held, policy: BackupPolicy | None, now: datetime) -> list[Gap]:
    """Everything that is missing, or unknown, of a database's backups."""
    if policy is None:
        return [Gap("policy", "unknown", "no policy says what its backups have to be like")]
    found = [*_retention(database, policy), *_copy(database, held, policy)]
    if held.backups is None:
        return [Gap("backups listed", "unknown", f"its backups could not be listed: {held.error}"), *found]
    found += _newest(held.backups, policy, now)
    for rule, period in missing_long_term(held.backups, policy, now):
        said = f"no long-term backup of {period} that is kept {rule.keep_days} days"
        found.append(Gap("long-term backup", "missing", said, period))
    return [*found, *_unfinished(held.backups, policy, now)]


def newest(backups: Sequence[Backup]) -> Backup | None:
    """The youngest backup that can be restored."""
    usable = [b for b in backups if b.lifecycle_state == "ACTIVE" and b.is_restorable is not False and b.time_ended is not None]
    return max(usable, key=lambda b: (b.time_ended, b.id), default=None)


def missing_long_term(backups: Sequence[Backup], policy: BackupPolicy, now: datetime) -> list[tuple[LongTerm, str]]:
    """Rules of a policy for which there is no backup of the present period, the longest kept first; one may serve several."""
    return sorted(
        (
            (rule, rule.period(now.date()))
            for rule in policy.long_term
            if not any(serves(b, rule, rule.period(now.date())) for b in backups)
        ),
        key=lambda pair: -pair[0].keep_days,
    )


def serves(backup: Backup, rule: LongTerm, period: str) -> bool:
    """Whether a backup is what a rule asks for in a period."""
    if backup.type != LONGTERM or backup.lifecycle_state not in _ALIVE or backup.time_started is None:
        return False
    return rule.period(backup.time_started.date()) == period and _kept(backup) >= timedelta(days=rule.keep_days) - _SLACK


def surplus(backups: Sequence[Backup], policy: BackupPolicy) -> list[Backup]:
    """Long-term backups that no rule of a policy asks for: those of a period beyond one, and all of no rule at all."""
    found = [(b.time_started, b.id, b) for b in backups if b.time_started is not None]
    spare = [b for _, _, b in sorted(found, key=lambda one: one[:2]) if b.type == LONGTERM and b.lifecycle_state == "ACTIVE"]
    needed = set()
    for rule in policy.long_term:
        first: dict[str, Backup] = {}
        for backup in spare:
            period = rule.period(backup.time_started.date()) if backup.time_started else ""
            if serves(backup, rule, period):
                first.setdefault(period, backup)
        needed |= {backup.id for backup in first.values()}
    return [b for b in spare if b.id not in needed]


def _unfinished(backups: Sequence[Backup], policy: BackupPolicy, now: datetime) -> list[Gap]:
    """Long-term backups that are there, and have been in the making for too long."""
    found = []
    for rule in policy.long_term:
        period = rule.period(now.date())
        there = [b for b in backups if serves(b, rule, period)]
        begun = [b.time_started for b in there if b.lifecycle_state == "CREATING" and b.time_started]
        if begun and len(begun) == len(there) and now - min(begun) > _MADE_WITHIN:
            said = f"the long-term backup of {period} is in the making since {min(begun):%Y-%m-%d %H:%M}"
            found.append(Gap("long-term backup", "unknown", said, period))
    return found


def _kept(backup: Backup) -> timedelta:
    """How long it is kept from its beginning; nothing if that is not told."""
    if backup.retention_days is not None:
        return timedelta(days=backup.retention_days)
    if backup.time_available_till is not None and backup.time_started is not None:
        return backup.time_available_till - backup.time_started
    return timedelta()


def _retention(database: AutonomousDatabase, policy: BackupPolicy) -> list[Gap]:
    found = []
    if policy.retention_days is not None:
        if database.backup_retention_days is None:
            found.append(Gap("retention", "unknown", "the service does not say how long automatic backups are kept"))
        elif database.backup_retention_days < policy.retention_days:
            said = f"automatic backups are kept {database.backup_retention_days} days instead of {policy.retention_days}"
            found.append(Gap("retention", "missing", said))
    if policy.lock_retention and not database.is_backup_retention_locked:
        known = database.is_backup_retention_locked is not None
        said = "the retention of automatic backups is not locked" if known else "the service does not say whether it is locked"
        found.append(Gap("retention lock", "missing" if known else "unknown", said))
    return found


def _copy(database: AutonomousDatabase, held: Held, policy: BackupPolicy) -> list[Gap]:
    if not policy.cross_region_copy:
        return []
    remote = max(sum(standby.kind == "remote" for standby in database.standbys), len(database.peer_ids))
    if not remote:
        return [Gap("cross-region copy", "missing", "it has no standby or backup copy in another region")]
    if any(held.copies):
        return []
    if all(copied is False for copied in held.copies) and len(held.copies) == remote:
        return [Gap("cross-region copy", "missing", "automatic backups are not replicated to its standby in another region")]
    return [Gap("cross-region copy", "unknown", "the service does not say whether backups are replicated to its standby")]


def _newest(backups: Sequence[Backup], policy: BackupPolicy, now: datetime) -> list[Gap]:
    if policy.newest_backup_hours is None:
        return []
    last = newest(backups)
    if last is None or last.time_ended is None:
        return [Gap("newest backup", "missing", "it has no backup that can be restored")]
    age = (now - last.time_ended) / timedelta(hours=1)
    if age <= policy.newest_backup_hours:
        return []
    failed = sum(
        b.lifecycle_state == "FAILED" and b.time_started is not None and b.time_started > last.time_ended for b in backups
    )
    why = f"; {failed} failed since" if failed else ""
    return [Gap("newest backup", "missing", f"the newest is {age:.0f} h old, {policy.newest_backup_hours:g} h are allowed{why}")]
