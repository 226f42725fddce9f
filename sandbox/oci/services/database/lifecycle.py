"""States of Autonomous Databases and how one leads to another, by the sandbox's clock.

States and roles are those of the SDK's model AutonomousDatabase. Source of what may happen while a database scales:
docs.oracle.com, "Concurrent Operations on Autonomous Database": most actions proceed; stopping or restarting pauses the scaling,
which goes on when the database has started; terminating ends it. Source of what standbys refuse: docs.oracle.com, "Autonomous
Data Guard Notes": all operations are asked of the primary. Which other states an action demands, and how long each takes, is not
sourced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.oci.errors import conflict
from sandbox.oci.exchange import Answer, Asked
from sandbox.oci.services import work_requests
from sandbox.oci.services.database import automatic, faults
from sandbox.oci.store import Body, Change, Resource, Store, effect

DATABASES, BACKUPS = "database.autonomous_databases", "database.backups"
RUNNING = ("AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "SCALE_IN_PROGRESS")
"""In these a database serves its clients and may begin most actions."""
_QUIET = ("AVAILABLE", "AVAILABLE_NEEDS_ATTENTION")
_ALONE, _PRIMARY = (None,), ("PRIMARY",)
_LEADING = (*_ALONE, *_PRIMARY)
_WRITABLE = (*_LEADING, "SNAPSHOT_STANDBY")
_FOLLOWING = ("STANDBY", "BACKUP_COPY")
_DONE = "database.done"
_STILL_STUCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a database goes through.

    Attributes:
        title: As work requests name it.
        states: In which it may begin.
        roles: In which it may begin; None is a database without standbys.
        during: State meanwhile; the one that it had if empty.
        after: State at the end; the one that it had if empty.
        seconds: How long it takes. Not sourced: Oracle gives levels for role changes, and no durations.
    """

    title: str
    states: tuple[str, ...]
    roles: tuple[str | None, ...]
    during: str
    after: str
    seconds: float


_UPDATE = "Update Autonomous Database"
ACTIONS: Mapping[str, Action] = {
    "create": Action("Create Autonomous Database", (), (), "PROVISIONING", "AVAILABLE", 300),
    "create standby": Action("Create Autonomous Database", (), (), "PROVISIONING", "STANDBY", 900),
    "start": Action("Start Autonomous Database", ("STOPPED",), _WRITABLE, "STARTING", "AVAILABLE", 120),
    "stop": Action("Stop Autonomous Database", RUNNING, _WRITABLE, "STOPPING", "STOPPED", 60),
    "restart": Action("Restart Autonomous Database", RUNNING, _WRITABLE, "RESTARTING", "AVAILABLE", 120),
    "scale": Action(_UPDATE, _QUIET, _WRITABLE, "SCALE_IN_PROGRESS", "AVAILABLE", 120),
    "update": Action(_UPDATE, (*_QUIET, "STOPPED"), _WRITABLE, "UPDATING", "", 30),
    "delete": Action(
        "Delete Autonomous Database",
        (*RUNNING, "STOPPED", "UNAVAILABLE", "INACCESSIBLE", "RESTORE_FAILED", "STANDBY"),
        (*_WRITABLE, *_FOLLOWING, "DISABLED_STANDBY"),
        "TERMINATING",
        "TERMINATED",
        120,
    ),
    "back up": Action("Create Autonomous Database Backup", RUNNING, _LEADING, "", "", 600),
    "clone": Action("Clone Autonomous Database", (*RUNNING, "STOPPED"), _LEADING, "", "", 600),
    "restore": Action(
        "Restore Autonomous Database",
        (*_QUIET, "STOPPED", "UNAVAILABLE", "RESTORE_FAILED"),
        _LEADING,
        "RESTORE_IN_PROGRESS",
        "AVAILABLE",
        900,
    ),
    "refresh": Action("Refresh Autonomous Database", _QUIET, _ALONE, "UPDATING", "AVAILABLE", 120),
    "disconnect": Action(_UPDATE, _QUIET, _ALONE, "UPDATING", "AVAILABLE", 60),
    "add local standby": Action(_UPDATE, _QUIET, _LEADING, "UPDATING", "AVAILABLE", 300),
    "remove local standby": Action(_UPDATE, _QUIET, _PRIMARY, "UPDATING", "AVAILABLE", 60),
    "add remote standby": Action("Create Autonomous Database", (*RUNNING, "STOPPED"), _LEADING, "", "", 900),
    "switch over locally": Action("Switchover Autonomous Database", _QUIET, _PRIMARY, "ROLE_CHANGE_IN_PROGRESS", "AVAILABLE", 45),
    "fail over locally": Action(
        "Failover Autonomous Database", (*_QUIET, "UNAVAILABLE"), _PRIMARY, "ROLE_CHANGE_IN_PROGRESS", "AVAILABLE", 45
    ),
    "switch over": Action(
        "Switchover Autonomous Database", ("STANDBY",), _FOLLOWING, "ROLE_CHANGE_IN_PROGRESS", "AVAILABLE", 300
    ),
    "fail over": Action("Failover Autonomous Database", ("STANDBY",), _FOLLOWING, "ROLE_CHANGE_IN_PROGRESS", "AVAILABLE", 180),
    "lead": Action("", _QUIET, _PRIMARY, "ROLE_CHANGE_IN_PROGRESS", "STANDBY", 0),
    "convert to snapshot standby": Action(
        "Change Disaster Recovery Configuration", ("STANDBY",), ("STANDBY",), "UPDATING", "AVAILABLE", 300
    ),
    "convert to standby": Action(
        "Change Disaster Recovery Configuration", (*_QUIET, "STOPPED"), ("SNAPSHOT_STANDBY",), "UPDATING", "STANDBY", 300
    ),
}
"""The legal transitions: action × state × role. `lead` is what a remote switchover demands of the primary. Anything else is a
conflict. Backup-based standbys have the role BACKUP_COPY and the state STANDBY (docs.oracle.com shows it with "Backup copy")."""

Step = Callable[[Store, Resource, Body], None]
STEPS: dict[str, Step] = {}
FAILURES: dict[str, Step] = {}


def at_end_of(*actions: str) -> Callable[[Step], Step]:
    """Register what is done to contents and to other databases when an action ends well.

    The function gets the store, the database as it is now, and the details with which the action began.
    """

    def register(function: Step) -> Step:
        STEPS.update(dict.fromkeys(actions, function))
        return function

    return register


def at_failure_of(*actions: str) -> Callable[[Step], Step]:
    """Register what is done when an action does not end well; see `at_end_of`."""

    def register(function: Step) -> Step:
        FAILURES.update(dict.fromkeys(actions, function))
        return function

    return register


def demand(found: Resource, name: str) -> None:
    """Raises OciError (409) unless the database is in a state and a role for the action."""
    state, role, action = found.body["lifecycleState"], found.body.get("role"), ACTIONS[name]
    if role not in action.roles:
        raise conflict(f"The Autonomous Database has the role {role or '(none)'}, which does not allow to {name}.")
    if state not in action.states:
        raise conflict(f"The Autonomous Database is {state}; to {name} demands one of {', '.join(action.states)}.")


def begin(
    store: Store,
    found: Resource,
    name: str,
    at_once: Body | None = None,
    at_end: Body | None = None,
    *,
    with_it: Sequence[Resource] = (),
    if_it_fails: str = "",
    seconds: float | None = None,
    details: Body | None = None,
) -> dict[str, str]:
    """Let an action begin; returns the headers of its answer.

    Args:
        store: What exists.
        found: The database.
        name: Of the action.
        at_once: Fields that change now.
        at_end: Fields that change when it is done.
        with_it: Other databases that are in the same state until then; the action's step says what becomes of them.
        if_it_fails: State of the database if it fails; the one that it had if empty.
        seconds: How long it takes, if not as long as usual.
        details: For the action's step.
    """
    action, key = ACTIONS[name], str(found.body["id"])
    seconds = action.seconds if seconds is None else seconds
    state = found.body["lifecycleState"]
    before = {str(one.body["id"]): one.body["lifecycleState"] for one in with_it} | {key: if_it_fails or state}
    for one in (found, *with_it):
        automatic.keep_up(store, one)
    paused = _paused(store, found, name)
    if paused and state == "SCALE_IN_PROGRESS":
        before[key] = "AVAILABLE"
    for one in (found, *with_it):
        one.change(lifecycleState=action.during or one.body["lifecycleState"], lifecycleDetails=None)
    found.body.update(at_once or {})
    goes_on = paused if name in ("start", "restart") else {}
    if name == "stop":
        found.hidden["scaling"] = paused
    if name == "delete":
        for request in paused.get("requests", ()):
            work_requests.end(store, request, status="CANCELED")
    done = {"create": "CREATED", "create standby": "CREATED", "delete": "DELETED"}.get(name, "UPDATED")
    resources = [work_requests.affected("autonomousDatabase", done, key)]
    compartment = str(found.body["compartmentId"])
    request = work_requests.start_open(store, found.region, compartment, action.title, resources, seconds)
    known = {
        **(details or {}),
        "action": name,
        "before": before,
        "requests": [request, *goes_on.get("requests", ())],
    }
    fields = {**goes_on.get("fields", {}), **(at_end or {}), "lifecycleState": action.after or state}
    store.afterwards(seconds, Change("", DATABASES, key, fields, _DONE, known))
    return {"etag": found.etag, "opc-work-request-id": request}


@effect(_DONE)
def _done(store: Store, change: Change) -> None:
    """The end of an action: as it was to end, with an error if a fault says so, or not yet."""
    found, details = store.table(DATABASES)[change.key], change.details
    ended = faults.end_of(store, change.key, details)
    if ended == "stuck":
        store.afterwards(_STILL_STUCK_SECONDS, change)
        return
    if ended is None:
        found.change(**change.fields)
    else:
        said = ended[1] if isinstance(ended, tuple) else None
        for ocid, state in details["before"].items():
            store.table(DATABASES)[ocid].change(lifecycleState=state, lifecycleDetails=said)
    step = (STEPS if ended is None else FAILURES).get(details["action"])
    if step is not None:
        step(store, found, details)
    for request in details["requests"]:
        work_requests.end(store, request, ended if isinstance(ended, tuple) else None)


def cancel(store: Store, found: Resource) -> None:
    """Let what a database is going through end without effect, since its standby takes over."""
    pending = [c for c in store.forget_changes(DATABASES, str(found.body["id"])) if c.effect == _DONE]
    for change in pending:
        for request in change.details["requests"]:
            work_requests.end(store, request, status="CANCELED")
    if pending:
        found.change(lifecycleState="AVAILABLE")


@at_failure_of("stop")
def _not_stopped(store: Store, found: Resource, _details: Body) -> None:
    """A scaling that was interrupted for it is given up."""
    for request in (found.hidden.pop("scaling", None) or {}).get("requests", ()):
        work_requests.end(store, request, status="CANCELED")


def is_dry(asked: Asked) -> bool:
    """Whether the request is to be checked alone. Source: SDK docstrings of `opc_dry_run`."""
    return asked.headers.get("opc-dry-run", "").lower() == "true"


def unchanged(found: Resource) -> Answer:
    """Answer of a dry run: the database as it is. Not sourced."""
    return Answer(found.body, headers={"etag": found.etag})


def _paused(store: Store, found: Resource, name: str) -> Body:
    """What a scaling that is interrupted would have changed, and the work requests that wait for it."""
    kept: Body = dict(found.hidden.pop("scaling", None) or {}) if name in ("start", "delete") else {}
    if found.body["lifecycleState"] != "SCALE_IN_PROGRESS":
        return kept
    for change in store.forget_changes(DATABASES, str(found.body["id"])):
        fields = {field: value for field, value in change.fields.items() if field != "lifecycleState"}
        kept = {"fields": fields, "requests": change.details["requests"]}
    return kept
