"""States of Autonomous Databases and how one leads to another, by the sandbox's clock.

States are those of the SDK's model AutonomousDatabase. Source of what may happen while a database scales: docs.oracle.com,
"Concurrent Operations on Autonomous Database": most actions proceed; stopping or restarting pauses the scaling, which goes on
when the database has started; terminating ends it. Which other states an action demands, and how long each takes, is not sourced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.oci.errors import conflict
from sandbox.oci.exchange import Answer, Asked
from sandbox.oci.services import work_requests
from sandbox.oci.store import Body, Resource, Store

DATABASES, BACKUPS = "database.autonomous_databases", "database.backups"
RUNNING = ("AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "SCALE_IN_PROGRESS")
"""In these a database serves its clients."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a database goes through.

    Attributes:
        title: As work requests name it.
        allowed: In which states it may begin.
        during: State meanwhile.
        after: State at the end; the one that it had if empty.
        seconds: How long it takes.
    """

    title: str
    allowed: tuple[str, ...]
    during: str
    after: str
    seconds: float


ACTIONS: Mapping[str, Action] = {
    "create": Action("Create Autonomous Database", (), "PROVISIONING", "AVAILABLE", 300),
    "start": Action("Start Autonomous Database", ("STOPPED",), "STARTING", "AVAILABLE", 120),
    "stop": Action("Stop Autonomous Database", RUNNING, "STOPPING", "STOPPED", 60),
    "restart": Action("Restart Autonomous Database", RUNNING, "RESTARTING", "AVAILABLE", 120),
    "scale": Action(
        "Update Autonomous Database", ("AVAILABLE", "AVAILABLE_NEEDS_ATTENTION"), "SCALE_IN_PROGRESS", "AVAILABLE", 120
    ),
    "update": Action("Update Autonomous Database", ("AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "STOPPED"), "UPDATING", "", 30),
    "delete": Action(
        "Delete Autonomous Database",
        (*RUNNING, "STOPPED", "UNAVAILABLE", "INACCESSIBLE", "RESTORE_FAILED"),
        "TERMINATING",
        "TERMINATED",
        120,
    ),
}


def demand(found: Resource, name: str) -> None:
    """Raises OciError (409) unless the database is in a state for the action."""
    state = found.body["lifecycleState"]
    if state not in ACTIONS[name].allowed:
        allowed = ", ".join(ACTIONS[name].allowed)
        raise conflict(f"The Autonomous Database is {state}; {name} demands one of {allowed}.")


def begin(asked: Asked, found: Resource, name: str, at_once: Body | None = None, at_end: Body | None = None) -> dict[str, str]:
    """Let an action begin; returns the headers of its answer.

    Args:
        asked: The request.
        found: The database.
        name: Of the action.
        at_once: Fields that change now.
        at_end: Fields that change when it is done.
    """
    action, store, key = ACTIONS[name], asked.store, str(found.body["id"])
    paused = _paused(store, found, name)
    after = action.after or found.body["lifecycleState"]
    found.change(lifecycleState=action.during, lifecycleDetails=None, **(at_once or {}))
    if name == "stop":
        found.hidden["scaling"] = paused
    goes_on = paused if name in ("start", "restart") else {}
    store.later(action.seconds, DATABASES, key, **{**goes_on, **(at_end or {}), "lifecycleState": after})
    done = {"create": "CREATED", "delete": "DELETED"}.get(name, "UPDATED")
    resources = [work_requests.affected("autonomousDatabase", done, key)]
    request = work_requests.start(store, asked.region, found.body["compartmentId"], action.title, resources, action.seconds)
    return {"etag": found.etag, "opc-work-request-id": request}


def is_dry(asked: Asked) -> bool:
    """Whether the request is to be checked alone. Source: SDK docstrings of `opc_dry_run`."""
    return asked.headers.get("opc-dry-run", "").lower() == "true"


def unchanged(found: Resource) -> Answer:
    """Answer of a dry run: the database as it is. Not sourced."""
    return Answer(found.body, headers={"etag": found.etag})


def _paused(store: Store, found: Resource, name: str) -> Body:
    """What a scaling that is interrupted would have changed."""
    key = str(found.body["id"])
    kept: Body = dict(found.hidden.pop("scaling", None) or {}) if name == "start" else {}
    if found.body["lifecycleState"] != "SCALE_IN_PROGRESS":
        return kept
    for change in store.forget_changes(DATABASES, key):
        kept |= {name: value for name, value in change.fields.items() if name != "lifecycleState"}
    return kept
