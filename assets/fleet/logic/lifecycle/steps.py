"""Single changes of a database: what one call does, and how it is seen afterwards that it was done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from resources.autonomous_databases import GONE, RUNNING, SETTLED, AutonomousDatabase, Backup, Changes, NewDatabase

KEY_TAG = "cloudops-key"
"""Tag of a database that was made here: by it a repeat knows it as its own, however much later it comes."""
Seen = Literal["done", "undone", "under way"]
DONE: Seen = "done"
UNDONE: Seen = "undone"
UNDER_WAY: Seen = "under way"
_KEY_LENGTH = 24


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


def _is(database: AutonomousDatabase, name: str, value: object) -> bool:
    if name == "lifecycle_state" and value == "AVAILABLE":
        return database.lifecycle_state in RUNNING
    return bool(getattr(database, name) == value)


def _said(value: object) -> str:
    if value is None:
        return "unknown"
    return f"{value:g}" if isinstance(value, float) else str(value)
