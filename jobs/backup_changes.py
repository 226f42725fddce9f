"""Brings backups to what is planned: each step guarded, written down before and after, verified, and never done twice.

Cut off anywhere and run again, it ends where it would have ended: a retention is what it is, and a long-term backup that was
asked for is found in the listing, or by the service under its token.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from assets.journal import DONE, FOUND_DONE, FOUND_UNDONE, Change
from assets.recovery.backup_state import Looked
from assets.recovery.logic.backup_plan import DELETE, LOCK, MAKE, OPERATIONS, SET_RETENTION, Step
from jobs.database_changes import Applied, DatabaseWorld
from resources.autonomous_databases import AutonomousDatabase, Begun, Changes
from resources.errors import Conflict, PermanentError, TransientError
from resources.work_following import follow

_LOG = logging.getLogger(__name__)


def settle(world: DatabaseWorld, looked: Looked) -> int:
    """Write down what became of changes that were cut off, where their database could be seen; returns how many."""
    ends = []
    for lost in world.journal.cut_off("oci", OPERATIONS):
        state = _is_so(lost.change, looked)
        if state is not None:
            ends.append((lost, FOUND_DONE if state else FOUND_UNDONE))
    world.journal.end(ends, world.clock.now())
    return len(ends)


def apply(world: DatabaseWorld, steps: Sequence[Step]) -> Applied[Step]:
    """Do what a plan says, apart from what is held. What the service refuses does not stop the others.

    Raises:
        TransientError: The service did not answer: run again.
    """
    applied: Applied[Step] = Applied(held=[step for step in steps if step.held])
    failed_for: set[str] = set()
    for step in steps:
        if step.held:
            continue
        if step.operation == LOCK and step.database.id in failed_for:
            applied.failed.append(f"{step.database.display_name}: not locked, since its retention could not be set")
            continue
        (entry,) = world.journal.begin([_change(step)], world.clock.now())
        _LOG.info("%s %s", step.operation, step.database.display_name)
        try:
            _DO[step.operation](world, step)
        except TransientError:
            raise  # it stays `begun`: the next run sees what became of it
        except PermanentError as error:
            world.journal.end([(entry, f"failed: {error}")], world.clock.now())
            applied.failed.append(f"{step.database.display_name}: {step.operation}: {error}")
            failed_for.add(step.database.id)
        else:
            world.journal.end([(entry, DONE)], world.clock.now())
            applied.done.append(step)
    return applied


def _set_retention(world: DatabaseWorld, step: Step) -> None:
    wanted, seen = int((step.after or {})["days"]), int((step.before or {})["days"])
    now = world.service.database(step.database.region, step.database.id)
    if now.backup_retention_days == wanted:
        return
    is_locked = now.is_backup_retention_locked
    if now.backup_retention_days != seen or is_locked or (is_locked is None and wanted < seen):
        raise Conflict("its retention, or its lock, was changed since it was planned", "Run this job again.")
    _update(world, now, Changes(backup_retention_days=wanted), lambda after: after.backup_retention_days == wanted)


def _lock(world: DatabaseWorld, step: Step) -> None:
    days = (step.after or {})["days"]
    now = world.service.database(step.database.region, step.database.id)
    if now.is_backup_retention_locked:
        return
    if now.backup_retention_days != days:
        raise Conflict(f"its retention is {now.backup_retention_days} days and not {days}, which were to be locked", "Run again.")
    _update(world, now, Changes(is_backup_retention_locked=True), lambda after: after.is_backup_retention_locked is True)


def _update(
    world: DatabaseWorld, now: AutonomousDatabase, changes: Changes, is_so: Callable[[AutonomousDatabase], bool]
) -> None:  # fmt: skip
    begun = world.service.update(now.region, now.id, changes, now.etag)
    _await(world, now.region, begun)
    if not is_so(world.service.database(now.region, now.id)):
        raise PermanentError("the service accepted the change, and it is not so", "See who else changes it, and run again.")


def _make(world: DatabaseWorld, step: Step) -> None:
    after = step.after or {}
    database, name = step.database, str(after["name"])
    begun = world.service.back_up(database.region, database.id, name, step.token, int(after["keep_days"]))
    _await(world, database.region, begun)
    made = [b for b in world.service.backups(database.region, database.id) if b.id == begun.resource_id]
    if not made or made[0].lifecycle_state not in ("ACTIVE", "CREATING"):
        state = made[0].lifecycle_state if made else "not listed"
        raise PermanentError(f"the backup {name} is {state}", "See in the console why, and run this job again.")


def _delete(world: DatabaseWorld, step: Step) -> None:
    begun = world.service.delete_backup(step.database.region, step.subject)
    _await(world, step.database.region, begun)


def _await(world: DatabaseWorld, region: str, begun: Begun) -> None:
    if begun.work_request_id is not None:
        follow(world.service, region, begun.work_request_id, world.clock, world.longest_wait_seconds)


_DO: Mapping[str, Callable[[DatabaseWorld, Step], None]] = {
    SET_RETENTION: _set_retention, LOCK: _lock, MAKE: _make, DELETE: _delete,
}  # fmt: skip


def _is_so(change: Change, looked: Looked) -> bool | None:
    """Whether a change is as it was to be; None if its database, or its backups, could not be seen."""
    if change.operation == DELETE:
        return _is_gone(change.subject, looked)
    database = looked.inventory.by_id.get(change.subject)
    after = change.after or {}
    if database is None:
        return None
    if change.operation == SET_RETENTION:
        return database.backup_retention_days == after.get("days")
    if change.operation == LOCK:
        return database.is_backup_retention_locked
    held = looked.held.get(database.id)
    if held is None or held.backups is None:
        return None
    return any(b.display_name == after.get("name") and b.lifecycle_state in ("ACTIVE", "CREATING") for b in held.backups)


def _is_gone(backup_id: str, looked: Looked) -> bool | None:
    if looked.inventory.failures or any(held.backups is None for held in looked.held.values()):
        return None
    left = {b.id for held in looked.held.values() for b in held.backups or () if b.lifecycle_state not in ("DELETING", "DELETED")}
    return backup_id not in left


def _change(step: Step) -> Change:
    return Change("oci", step.operation, step.subject, step.before, step.after, step.reason)
