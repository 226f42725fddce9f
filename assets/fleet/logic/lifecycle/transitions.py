"""Which operation may begin in which state of a database: an explicit table, and why it refuses what it refuses.

It allows less than the service does: an operation begins only on a database at rest, so that no two overlap. Sources: "Concurrent
Operations on Autonomous Database", "Restrictions and Notes for Database Features", "Refreshable Clone Notes" and "Always Free
Autonomous AI Database" at docs.oracle.com. What is not documented is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

from resources.autonomous_databases import SETTLED, AutonomousDatabase

Operation = Literal["start", "stop", "scale", "configure", "back up", "clone", "clone refreshable", "migrate", "decommission"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)

_OPEN = frozenset({"AVAILABLE", "AVAILABLE_NEEDS_ATTENTION"})
_STOPPED = frozenset({"STOPPED"})
STATES: Mapping[Operation, frozenset[str]] = {
    "start": _STOPPED,
    "stop": _OPEN,
    "scale": _OPEN,
    "configure": _OPEN | _STOPPED,
    "back up": _OPEN,
    "clone": _OPEN,
    "clone refreshable": _OPEN,
    "migrate": _OPEN,
    "decommission": _OPEN | _STOPPED | {"UNAVAILABLE", "INACCESSIBLE", "RESTORE_FAILED"},
}
"""States of the service in which an operation may begin."""
_ALONE_OR_PRIMARY = frozenset({None, "PRIMARY"})
ROLES: Mapping[Operation, frozenset[str | None]] = dict.fromkeys(OPERATIONS, _ALONE_OR_PRIMARY)
"""Roles in which it may; None is a database without Data Guard. A standby follows its primary, and is operated through it."""

_Refuses = Callable[[AutonomousDatabase], bool]


def _free(database: AutonomousDatabase) -> bool:
    return database.is_free_tier


def _refreshable(database: AutonomousDatabase) -> bool:
    return database.is_refreshable_clone


def _read_only(database: AutonomousDatabase) -> bool:
    return database.open_mode == "READ_ONLY"


def _has_remote_standby(database: AutonomousDatabase) -> bool:
    # a remote side that is already gone is still named for a while
    remote = [standby for standby in database.standbys if standby.kind == "remote"]
    if remote:
        return any(standby.lifecycle_state not in ("TERMINATING", "TERMINATED") for standby in remote)
    return bool(database.peer_ids)


def _other_infrastructure(database: AutonomousDatabase) -> bool:
    return database.is_dedicated


CONDITIONS: tuple[tuple[frozenset[Operation], _Refuses, str], ...] = (
    (frozenset({"scale"}), _free, "an Always Free database has a fixed size"),
    (
        frozenset({"back up", "clone refreshable"}),
        _free,
        "an Always Free database knows no backups of its own and no such clones",
    ),
    (frozenset({"back up"}), _refreshable, "a refreshable clone cannot be backed up: its source is"),
    (frozenset({"clone", "clone refreshable"}), _refreshable, "a refreshable clone cannot be cloned: clone its source"),
    (frozenset({"migrate"}), _refreshable, "a refreshable clone is read-only: migrate its source"),
    (frozenset({"migrate"}), _read_only, "it is open read-only"),
    (frozenset({"decommission"}), _has_remote_standby, "it has a standby in another region, which has to be removed first"),
    (frozenset(OPERATIONS), _other_infrastructure, "databases on dedicated infrastructure are not operated"),
)
"""Properties of a database that refuse an operation in any state."""


def operation_of(name: str) -> Operation:
    """An operation by its name. Raises ValueError if the table does not know it."""
    for operation in OPERATIONS:
        if operation == name:
            return operation
    raise ValueError(f"{name!r} is no operation on a database")


def refusal(operation: Operation, database: AutonomousDatabase) -> str | None:
    """Why an operation may not begin on a database as it is; None if it may."""
    if database.role not in ROLES[operation]:
        return f"its role is {database.role}; {operation} demands the primary, or a database without standbys"
    for operations, refuses, why in CONDITIONS:
        if operation in operations and refuses(database):
            return why
    state = database.lifecycle_state
    if state in STATES[operation]:
        return None
    if state not in SETTLED:
        return f"it is {state}: something else is under way, wait until it is over"
    return f"it is {state}; {operation} demands {' or '.join(sorted(STATES[operation]))}"
