"""Single changes of a database: what one call does, and how it is seen afterwards that it was done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from resources.autonomous_databases import GONE, RUNNING, SETTLED, AutonomousDatabase, Backup, Changes, NewDatabase

KEY_TAG = "cloudops-key"
"""Tag of a database that was made here: by it a repeat knows it as its own, however much later it comes."""
Seen = Literal["done", "undone", "under way"]
DONE: Seen = "done"
UNDONE: Seen = "undone"
UNDER_WAY: Seen = "under way"
_KEY_LENGTH = 24
LAST_BACKUP = timedelta(days=1)
"""A database goes at most so long after its last backup began. Our choice; a backup takes hours at most."""


@dataclass(frozen=True, slots=True)
class Create:
    """Make a database."""

    details: NewDatabase


@dataclass(frozen=True, slots=True)
class Update:
    """Change a database."""

    changes: Changes


@dataclass(frozen=True, slots=True)
class TurnOn:
    """Start a database."""


@dataclass(frozen=True, slots=True)
class TurnOff:
    """Stop a database."""


@dataclass(frozen=True, slots=True)
class TakeBackup:
    """Make a backup, for so many days if it is a long-term one."""

    long_term_days: int | None


@dataclass(frozen=True, slots=True)
class Terminate:
    """Terminate a database."""


Call = Create | Update | TurnOn | TurnOff | TakeBackup | Terminate


@dataclass(frozen=True, slots=True)
class Step:
    """One change.

    Attributes:
        operation: As the journal and the table of transitions name it.
        subject: OCID of the database; of a new one, its name.
        call: What is asked of the service.
        before: What of the database it changes, as it is; None if it is not there.
        after: The same, as it is to be.
        destroys: What is lost by it; empty if nothing is.
    """

    operation: str
    subject: str
    call: Call
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    destroys: str = ""

    def __str__(self) -> str:
        told = ", ".join(
            f"{name} {_said((self.before or {}).get(name))} → {_said(value)}" if self.before else f"{name} {_said(value)}"
            for name, value in self.after.items()
        )
        return f"{self.operation}: {told}"


def key_of(root: str, step: Step, attempt: int) -> str:
    """Identity of one thing to be done: the same for every run that repeats it, another one once it was tried and failed.

    Args:
        root: What caused it: the first of the runs that repeat each other, or a turn of a timetable.
        step: The change.
        attempt: How often it was tried before and failed for certain.
    """
    said = json.dumps((root, step.operation, step.subject, step.after, attempt), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:_KEY_LENGTH]


def marked(call: Call, key: str) -> Call:
    """The call with its key on what it makes."""
    if isinstance(call, Create):
        return Create(replace(call.details, free_tags={**call.details.free_tags, KEY_TAG: key}))
    return call


def backup_name(key: str) -> str:
    """Name of a backup that is made for a key."""
    return f"cloudops-{key}"


def seen_of_database(after: Mapping[str, Any], database: AutonomousDatabase | None) -> Seen:
    """Whether a database is as a change was to leave it.

    A database that is gone was terminated, whoever did it; that it cannot be told who is why only one at a time is at work.

    Args:
        after: What of it the change was to leave.
        database: As it is now; None if it is not there.
    """
    wanted = after.get("lifecycle_state")
    if database is None or database.lifecycle_state == "TERMINATED":
        return DONE if wanted == "TERMINATED" else UNDONE
    if database.lifecycle_state not in SETTLED:
        return UNDER_WAY
    return DONE if all(_is(database, name, value) for name, value in after.items()) else UNDONE


def seen_of_new(key: str, databases: Sequence[AutonomousDatabase]) -> tuple[Seen, AutonomousDatabase | None]:
    """Whether the database of a key was made, and which it is."""
    made = next((one for one in databases if one.tags.get(KEY_TAG) == key), None)
    if made is None or made.lifecycle_state in GONE:
        return UNDONE, None
    return (DONE if made.lifecycle_state in SETTLED else UNDER_WAY), made


def seen_of_backup(key: str, backups: Sequence[Backup]) -> tuple[Seen, Backup | None]:
    """Whether the backup of a key was made, and which it is."""
    made = next((one for one in backups if one.display_name == backup_name(key)), None)
    if made is None or made.lifecycle_state in ("FAILED", "DELETED", "DELETING"):
        return UNDONE, made
    return (DONE if made.lifecycle_state == "ACTIVE" else UNDER_WAY), made


def unreliable(backup: Backup, wanted: TakeBackup, now: datetime) -> str | None:
    """Why a backup is not enough to let its database go; None if it is. What the service does not say is not enough.

    Args:
        backup: One that was made.
        wanted: How it was to be made.
        now: The present: what was written since it began would be lost.
    """
    if backup.type != "LONGTERM":
        return f"of the type {backup.type}, which goes with the database"
    if not backup.is_restorable:
        return f"restorable: {'unknown' if backup.is_restorable is None else 'no'}"
    if backup.retention_days is None or backup.retention_days < (wanted.long_term_days or 0):
        return f"kept {'for an unknown time' if backup.retention_days is None else f'{backup.retention_days} days'}"
    if backup.time_started is None or now - backup.time_started > LAST_BACKUP:
        return f"of {'unknown age' if backup.time_started is None else f'{backup.time_started:%Y-%m-%d %H:%M} UTC, too old'}"
    return None


def _is(database: AutonomousDatabase, name: str, value: object) -> bool:
    if name == "lifecycle_state" and value == "AVAILABLE":
        return database.lifecycle_state in RUNNING
    return bool(getattr(database, name) == value)


def _said(value: object) -> str:
    if value is None:
        return "unknown"
    return f"{value:g}" if isinstance(value, float) else str(value)
