"""Steps that wait for the cloud: until it is as it has to be, or says that it failed."""

from collections.abc import Callable, Mapping
from typing import Any

from assets.recovery.drilling import acts
from assets.recovery.drilling.drill import Drill, StepFailed
from assets.recovery.drilling.lag import lag_seconds
from assets.recovery.logic.drills.verdict import ACTS
from resources.autonomous_databases import RUNNING, AutonomousDatabase
from resources.errors import NotFound

_LOOKS_AFTER_SUCCESS = 3
"""So often a database may still be as before after its work request succeeded: what is read may be a moment old."""


def wait(drill: Drill, step: str) -> dict[str, Any]:
    """Wait as a step has to; what was seen.

    Raises:
        StepFailed: The cloud says that it failed, says that it is done and shows otherwise, or took too long.
    """
    begun = drill.now()
    found = _WAITS[step](drill)
    return {"seconds": (drill.now() - begun).total_seconds(), **found}


def _until(
    drill: Drill, act: str, place: tuple[str, str], ready: Callable[[AutonomousDatabase], bool], what: str
) -> dict[str, Any]:
    """Until a database is ready and its work request did not fail; ends the act in the journal."""
    request_id = drill.evidence.data(act).get("work_request")
    after_success = 0

    def look() -> dict[str, Any] | None:
        nonlocal after_success
        now = drill.database(place)
        request = None if request_id is None else drill.world.databases.work_request(place[0], request_id)
        if request is not None and request.status in ("FAILED", "CANCELED"):
            why = "; ".join(request.errors) or "no reason is given"
            raise StepFailed(f"{what}: the cloud says {request.status}: {why}", data={"work_request_status": request.status})
        if ready(now) and _has_changed(drill, act, now) and (request is None or request.is_over or drill.order.way != "local"):
            return {"role": now.role, "lifecycle_state": now.lifecycle_state, "work_request": request_id}
        if request is not None and request.is_over:
            after_success += 1
            if after_success > _LOOKS_AFTER_SUCCESS:
                state = f"{now.lifecycle_state}, {now.role or 'without role'}"
                same = "; it is the database that was there before" if ready(now) else ""
                raise StepFailed(f"{what}: the cloud says that it succeeded, but the database in {place[0]} is {state}{same}")
        return None

    try:
        found = drill.until(look, what, measured=act in ACTS)
    except StepFailed as failed:
        if failed.by_service:
            acts.end(drill, act, f"failed: {failed.note}")
        raise
    acts.end(drill, act)
    return found


def _has_changed(drill: Drill, act: str, now: AutonomousDatabase) -> bool:
    """Whether a local standby is the primary now: it shares the OCID of its primary, which the moment of the change tells."""
    if drill.order.way != "local":
        return True
    at = None if now.time_role_changed is None else now.time_role_changed.isoformat()
    return at is not None and at != drill.evidence.data(act).get("role_changed_at")


def _leads(now: AutonomousDatabase) -> bool:
    return now.role == "PRIMARY" and now.lifecycle_state in RUNNING


def _roles(drill: Drill) -> dict[str, Any]:
    act = "switch_over" if drill.order.kind == "switchover" else "fail_over"
    return _until(drill, act, drill.target_place, _leads, "the standby did not become the primary")


def _roles_back(drill: Drill) -> dict[str, Any]:
    return _until(drill, "switch_back", drill.place, _leads, "the database did not become the primary again")


def _reinstated(drill: Drill) -> dict[str, Any]:
    """The other side is a healthy standby: only then the roles can be exchanged without loss."""

    def look() -> dict[str, Any] | None:
        now = drill.database(drill.place)
        if drill.order.way == "local":
            states = [s.lifecycle_state for s in now.standbys if s.kind == "local"]
            return {"standby": "STANDBY"} if now.lifecycle_state in RUNNING and states == ["STANDBY"] else None
        return {"standby": "STANDBY"} if (now.role, now.lifecycle_state) == ("STANDBY", "STANDBY") else None

    return drill.until(look, "the former primary did not become a healthy standby", measured=False)


def _ready(drill: Drill) -> dict[str, Any]:
    if drill.order.kind == "clone":
        return _until(
            drill, "make_clone", drill.target_place, lambda now: now.lifecycle_state in RUNNING, "the clone is not available"
        )
    return _until(
        drill, "open_snapshot", drill.peer_place,
        lambda now: now.role == "SNAPSHOT_STANDBY" and now.lifecycle_state in RUNNING, "the standby is no snapshot standby",
    )  # fmt: skip


def _gone(drill: Drill) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        try:
            state = drill.database(drill.target_place).lifecycle_state
        except NotFound:
            state = "TERMINATED"
        if state == "TERMINATED":
            return {"lifecycle_state": state}
        request = drill.evidence.data("drop_clone").get("work_request")
        if request is not None and state != "TERMINATING":
            done = drill.world.databases.work_request(drill.target_place[0], request)
            if done.status in ("FAILED", "CANCELED"):
                why = "; ".join(done.errors) or "no reason is given"
                raise StepFailed(f"the clone was not terminated: the cloud says {done.status}: {why}")
        return None

    try:
        found = drill.until(look, "the clone was not terminated", measured=False)
    except StepFailed as failed:
        if failed.by_service:
            acts.end(drill, "drop_clone", f"failed: {failed.note}")
        raise
    acts.end(drill, "drop_clone")
    return found


def _standby_again(drill: Drill) -> dict[str, Any]:
    found = _until(
        drill, "convert_back", drill.peer_place,
        lambda now: now.role == "STANDBY" and now.lifecycle_state == "STANDBY", "the snapshot standby is no standby again",
    )  # fmt: skip
    return {**found, "lag_seconds": drill.until(lambda: _caught_up(drill), "the standby does not catch up", measured=False)}


def _caught_up(drill: Drill) -> float | None:
    """Its lag once it is within what may be lost."""
    lag = lag_seconds(drill.world, drill.database(drill.place), "remote", drill.peer_place[1])
    return lag if lag is not None and lag <= (drill.order.rpo_seconds or 0) else None


_WAITS: Mapping[str, Callable[[Drill], dict[str, Any]]] = {
    "roles": _roles,
    "roles_back": _roles_back,
    "reinstated": _reinstated,
    "ready": _ready,
    "gone": _gone,
    "standby_again": _standby_again,
}
