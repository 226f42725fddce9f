"""Carries out a restore test: note the source, restore it to a new database, look into that, and delete it, whatever happened.

A source is never restored in place: `AutonomousDatabases.restore` is called nowhere here. A run that is cut off leaves a database
behind at most; the next one knows it again by its marks and by the journal, and removes it.
"""

import json
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from assets.inventory import Inventory
from assets.journal import DONE, FOUND_DONE, FOUND_UNDONE, Begun, Change, Journal
from assets.recovery.logic.backup_gaps import newest
from assets.recovery.logic.restore_tests import (
    FAIL,
    NAME_PREFIX,
    UNKNOWN,
    Due,
    Found,
    Judged,
    Noted,
    Point,
    copy_name,
    is_copy,
    is_leftover,
    judged,
    storage_of,
    tags,
)
from assets.recovery.prices import cost_of
from assets.recovery.restoring.reading import Source, look_into, note_now, note_past
from assets.recovery.restoring.records import checkpoints, keep_checkpoint, keep_test
from resources.autonomous_databases import GONE, AutonomousDatabase, NewDatabase
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import CloudOpsError, NotFound, PermanentError, Unavailable
from resources.lake import Lake
from resources.sql_sessions import SqlSessions
from resources.work_following import FAILED, NotSucceeded, follow

_LOG = logging.getLogger(__name__)
RESTORE, REMOVE = "restore to a new database", "delete restored database"
"""Operations in the journal."""
_USUAL_RETENTION_DAYS = 60
_ANSWERS = "SELECT 1 AS answer FROM dual"
_LOOKS, _LOOK_SECONDS = 20, 15.0


@dataclass(frozen=True, slots=True)
class Order:
    """How databases are tested."""

    point: Point
    settle_seconds: float
    compute_count: float
    longest_wait_seconds: float
    sql_seconds: float


@dataclass(frozen=True, slots=True)
class RestoreWorld:
    """What a run works with."""

    service: AutonomousDatabases
    sessions: SqlSessions
    clock: Clock
    journal: Journal
    lake: Lake
    order: Order


@dataclass(slots=True)
class Removed:
    """Leftovers: names of those that were removed, and why others could not be."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Course:
    """How far a test has come."""

    started_at: datetime
    name: str = ""
    point: str = ""
    source: Source | None = None
    copy: AutonomousDatabase | None = None
    copy_id: str | None = None
    given_up: bool = False
    restore_seconds: float | None = None
    found: Found | None = None
    problem: str = ""
    removed: bool = True


def remove_leftovers(world: RestoreWorld, inventory: Inventory) -> Removed:
    """Delete what earlier runs restored and did not delete, and write down what became of what was cut off.

    What bears every mark of a test and is not in the journal is told, and stays: it costs money, and nobody else looks at it.
    """
    known = _begun(world)
    removed = Removed()
    for database in inventory.databases:
        if not is_leftover(database, known):
            if is_copy(database) and database.lifecycle_state not in GONE:
                why = "a restore test made it, and it was changed since, or the journal does not know it: delete it, or its tags"
                removed.failed.append(f"{database.display_name} ({database.db_name}) stays: {why}")
            continue
        _LOG.info("an earlier test left %s behind", database.display_name)
        try:
            _remove(world, database.region, database.id, "an earlier test left it behind")
            removed.done.append(database.db_name)
        except CloudOpsError as error:
            removed.failed.append(f"{database.display_name} ({database.db_name}) could not be removed: {error}")
    _settle(world, inventory)
    return removed


def prove(world: RestoreWorld, one: Due, rto_seconds: float | None) -> dict[str, Any]:
    """Test one database; returns the row that was written down. The restored database is deleted in any case."""
    course = _Course(world.clock.now(), point=world.order.point)
    try:
        source = course.source = _noted(world, one, course)
        copy = _restore(world, one, course, source)
        with world.sessions.session(copy, world.order.sql_seconds) as session:
            course.found = look_into(session, source.heartbeats)
    except CloudOpsError as error:
        course.problem = str(error)
    finally:
        course.removed = _removed(world, one, course)
    row = _row(world, one, course, _judged(course, rto_seconds))
    keep_test(world.lake, row)
    return row


def _noted(world: RestoreWorld, one: Due, course: _Course) -> Source:
    """What the source holds around the moment that is restored; sets which that is, where it is not what was asked for."""
    database, order = world.service.database(one.database.region, one.database.id), world.order
    since = world.clock.now() - timedelta(days=database.backup_retention_days or _USUAL_RETENTION_DAYS)
    if order.point == "earlier" and (known := checkpoints(world.lake, database.id, since)):
        at, noted = known[int.from_bytes(world.journal.run_id.encode()[-4:]) % len(known)]
        return Source(at, noted, ())
    with world.sessions.session(database, order.sql_seconds) as session:
        if order.point == "newest backup":
            last = newest(world.service.backups(database.region, database.id))
            if last is None or last.time_ended is None:
                raise PermanentError(f"{database.display_name} has no backup that can be restored", "See recovery/backup_gaps.")
            return note_past(session, last.time_ended)
        course.point = "now"
        source = note_now(session, world.clock)
    keep_checkpoint(world.lake, database.id, source, world.journal.run_id)
    world.clock.sleep(order.settle_seconds)
    return source


def _restore(world: RestoreWorld, one: Due, course: _Course, source: Source) -> AutonomousDatabase:
    """Ask for the new database, wait for it, and until it answers."""
    database, run_id = one.database, world.journal.run_id
    course.name = copy_name(run_id, database.id, _attempts(world, database.id))
    details = NewDatabase(
        compartment_id=database.compartment_id,
        db_name=course.name,
        display_name=f"{NAME_PREFIX}{database.display_name}",
        workload=database.workload or "OLTP",
        compute_count=world.order.compute_count,
        data_storage_gb=storage_of(database),
        admin_password=_password(),
        license_model=database.license_model,
        backup_retention_days=1,
        free_tags=tags(run_id, database.id),
        source="timestamp",
        source_id=database.id,
        at=source.at,
    )
    after = {
        "db_name": course.name, "source": database.id, "run_id": run_id, "region": database.region, "at": source.at.isoformat(),
    }  # fmt: skip
    (entry,) = world.journal.begin([Change("oci", RESTORE, database.id, None, after, one.why)], world.clock.now())
    course.started_at = world.clock.now()
    try:
        begun = world.service.create(database.region, details, f"{course.name}-{run_id}"[:64])
        course.copy_id = begun.resource_id
        if begun.work_request_id is not None:
            follow(world.service, database.region, begun.work_request_id, world.clock, world.order.longest_wait_seconds)
        course.copy = _answering(world, database.region, begun.resource_id)
    except CloudOpsError as error:
        course.given_up = isinstance(error, NotSucceeded) and error.status == FAILED
        world.journal.end([(entry, f"failed: {error}")], world.clock.now())
        raise
    course.restore_seconds = (world.clock.now() - course.started_at).total_seconds()
    world.journal.end([(entry, DONE)], world.clock.now())
    return course.copy


def _answering(world: RestoreWorld, region: str, copy_id: str) -> AutonomousDatabase:
    """The restored database, once it answers a statement. Raises Unavailable if it does not."""
    said = ""
    for _ in range(_LOOKS):
        copy = world.service.database(region, copy_id)
        try:
            with world.sessions.session(copy, world.order.sql_seconds) as session:
                session.rows(_ANSWERS)
        except CloudOpsError as error:  # users may be let in later than the service says that it is available
            said = str(error)
            world.clock.sleep(_LOOK_SECONDS)
        else:
            return copy
    raise Unavailable(f"the restored database does not answer: {said}", "See in the console what state it is in.")


def _removed(world: RestoreWorld, one: Due, course: _Course) -> bool:
    """Delete what was restored; of a request whose answer was lost, what it made is looked for."""
    region, name = one.database.region, course.name
    try:
        if course.copy_id is None and name:
            listed = world.service.databases(region, one.database.compartment_id)
            course.copy_id = next((d.id for d in listed if d.db_name.upper() == name), None)
        if course.copy_id is not None:
            _remove(world, region, course.copy_id, "the test is over")
    except CloudOpsError as error:
        course.problem = "; ".join(filter(None, [course.problem, f"it could not be deleted: {error}"]))
        return False
    return True


def _remove(world: RestoreWorld, region: str, copy_id: str, why: str) -> None:
    """Delete a restored database, and see that it is gone. Its marks are looked at once more, by what it is now.

    Raises:
        PermanentError: It is not one that a test made, or the service refuses.
    """
    try:
        now = world.service.database(region, copy_id)
    except NotFound:
        return
    if now.lifecycle_state in GONE:
        return
    if not is_leftover(now, _begun(world)):
        raise PermanentError(
            f"{now.display_name} ({copy_id}) is not what a restore test made", "Nothing was deleted: look at it."
        )
    before = {"db_name": now.db_name, "display_name": now.display_name, "tags": dict(now.tags)}
    (entry,) = world.journal.begin([Change("oci", REMOVE, copy_id, before, None, why)], world.clock.now())
    try:
        begun = world.service.delete(region, copy_id, now.etag)
        if begun.work_request_id is not None:
            follow(world.service, region, begun.work_request_id, world.clock, world.order.longest_wait_seconds)
    except CloudOpsError as error:
        world.journal.end([(entry, f"failed: {error}")], world.clock.now())
        raise
    world.journal.end([(entry, DONE)], world.clock.now())


def _begun(world: RestoreWorld) -> dict[str, tuple[str, str, str]]:
    """Run, source and region of all restores that the journal knows, by name of the new database."""
    found = map(json.loads, world.journal.rows([RESTORE])["after"])
    return {said["db_name"].upper(): (said["run_id"], said["source"], said["region"]) for said in found}


def _attempts(world: RestoreWorld, source_id: str) -> int:
    """How often this run has begun to restore a source."""
    return sum(known[:2] == (world.journal.run_id, source_id) for known in _begun(world).values())


def _settle(world: RestoreWorld, inventory: Inventory) -> None:
    """Write down what became of what was cut off, as the listing of before this run shows it.

    What is not listed is gone only if everything could be listed; else a later run settles it.
    """
    names = {database.db_name.upper() for database in inventory.databases}
    left = {database.id for database in inventory.databases if database.lifecycle_state not in GONE}
    ends: list[tuple[Begun, str]] = []
    for lost in world.journal.cut_off("oci", [RESTORE, REMOVE]):
        restores = lost.change.operation == RESTORE
        is_there = str((lost.change.after or {})["db_name"]).upper() in names if restores else lost.change.subject in left
        if is_there or not inventory.failures:
            ends.append((lost, FOUND_DONE if is_there == restores else FOUND_UNDONE))
    world.journal.end(ends, world.clock.now())


def _judged(course: _Course, rto_seconds: float | None) -> Judged:
    """What the test proves. A restore that the service gave up proves that the backup cannot be restored."""
    noted = course.source.noted if course.source else Noted((), ())
    if course.found is None:
        names = {one.name for one in noted.after}
        return Judged(FAIL if course.given_up else UNKNOWN, (course.problem or "nothing was looked at",), 0, 0, len(names))
    told = judged(noted, course.found, course.restore_seconds, rto_seconds)
    if course.problem and told.verdict == "pass":
        return Judged(told.verdict, (course.problem,), told.same, told.different, told.unknown)
    return told


def _row(world: RestoreWorld, one: Due, course: _Course, told: Judged) -> dict[str, Any]:
    database, found, copy = one.database, course.found, course.copy
    prints = (found.tables if found else None) or ()
    ended_at = world.clock.now()
    hours = (ended_at - course.started_at).total_seconds() / 3600
    cost, currency = cost_of(world.lake, database, world.order.compute_count, hours) if course.copy_id else (None, None)
    counted = [one_table.rows for one_table in prints if one_table.rows is not None]
    return {
        "test_id": course.name or f"{world.journal.run_id}/{database.id}", "run_id": world.journal.run_id,
        "database_id": database.id, "database": database.display_name, "region": database.region,
        "environment": database.environment, "policy": one.policy.name, "point": course.point,
        "restored_to": course.source.at if course.source else None, "copy_id": course.copy_id,
        "started_at": course.started_at, "restore_seconds": course.restore_seconds,
        "size_gb": copy.used_storage_gb if copy else None, "tables_same": told.same, "tables_different": told.different,
        "tables_unknown": told.unknown, "rows": sum(counted) if counted else None,
        "left_out": sum(len(p.left_out) for p in prints) if found and found.tables is not None else None,
        "heartbeat_at": found.restorable_to if found else None, "verdict": told.verdict, "reasons": "; ".join(told.reasons),
        "ended_at": ended_at, "removed": course.removed, "cost": cost, "currency": currency,
    }  # fmt: skip


def _password() -> str:
    """A password of ADMIN that nobody knows: the users of the source are in the restored database too.

    12 to 30 characters, with letters of both kinds and a digit. Source: SDK docstring of `admin_password`.
    """
    return f"Aa1{secrets.token_hex(12)}"
