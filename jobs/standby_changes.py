"""Makes and removes standbys as planned: each asked where it belongs, written down before and after, and never made twice."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence

import polars as pl

from assets.journal import BEGUN, DONE, FOUND_DONE, FOUND_UNDONE, Begun, Change
from assets.recovery.logic.standbys import ADD_LOCAL, ADD_REMOTE, DROP_LOCAL, OPERATIONS, Step, standbys_elsewhere
from jobs.database_changes import Applied, DatabaseWorld
from resources.autonomous_databases import GONE, AutonomousDatabase, Changes, NewDatabase
from resources.autonomous_databases import Begun as Accepted
from resources.errors import Conflict, PermanentError, TransientError
from resources.work_following import follow

_LOG = logging.getLogger(__name__)


def settle(world: DatabaseWorld, by_id: Mapping[str, AutonomousDatabase]) -> None:
    """Write down what became of changes that were cut off, where their primary could be seen."""
    ends: list[tuple[Begun, str]] = []
    for lost in world.journal.cut_off("oci", OPERATIONS):
        primary = by_id.get(lost.change.subject)
        if primary is not None:
            there = _is_there(primary, str((lost.change.after or lost.change.before or {})["region"]), by_id)
            ends.append((lost, FOUND_DONE if there == (lost.change.after is not None) else FOUND_UNDONE))
    world.journal.end(ends, world.clock.now())


def apply(world: DatabaseWorld, steps: Sequence[Step]) -> Applied[Step]:
    """Do what a plan says, apart from what is held, one after another: a primary takes one change at a time.

    Raises:
        TransientError: The service did not answer: run again.
    """
    applied: Applied[Step] = Applied(held=[step for step in steps if step.held])
    for step in steps:
        if step.held:
            continue
        (entry,) = world.journal.begin([_change(step)], world.clock.now())
        _LOG.info("%s of %s in %s", step.operation, step.database.display_name, step.region)
        try:
            _await(world, step.region, _do(world, step))
            _demand(world, step)
        except TransientError:
            raise  # it stays `begun`: the next run sees what became of it
        except PermanentError as error:
            world.journal.end([(entry, f"failed: {error}")], world.clock.now())
            applied.failed.append(f"{step.database.display_name}: {step.operation} in {step.region}: {error}")
        else:
            world.journal.end([(entry, DONE)], world.clock.now())
            applied.done.append(step)
    return applied


def _do(world: DatabaseWorld, step: Step) -> Accepted:
    primary = step.database
    if step.operation == ADD_REMOTE and step.remote is not None:
        # asked in the standby's region, with the primary as its source
        return world.service.create(step.region, _details(primary, step), _token(world, step))
    if step.standby_id is not None:
        standby = world.service.database(step.region, step.standby_id)
        if standby.role == "PRIMARY" or primary.id not in standby.peer_ids:
            raise Conflict(f"{standby.display_name} is no standby of {primary.display_name} any more", "Run this job again.")
        return world.service.delete(step.region, standby.id, standby.etag)
    now = world.service.database(primary.region, primary.id)
    if now.role not in (None, "PRIMARY"):
        raise Conflict(f"it is {now.role} by now", "Run this job again.")
    wanted = step.operation == ADD_LOCAL
    if _has_local(now) == wanted:
        return Accepted(now.id, None)
    return world.service.update(now.region, now.id, Changes(is_local_data_guard_enabled=wanted), now.etag)


def _details(primary: AutonomousDatabase, step: Step) -> NewDatabase:
    remote = step.remote
    if remote is None:
        raise ValueError(f"{step.operation} says nothing of the standby")
    return NewDatabase(
        compartment_id=primary.compartment_id,
        db_name=primary.db_name,
        display_name=f"{primary.display_name}_Remote",
        free_tags={key: value for key, value in primary.tags.items() if "." not in key},
        source="standby",
        source_id=primary.id,
        recovery_type=remote.recovery_type,
        replicate_backups=remote.replicate_backups,
    )


def _token(world: DatabaseWorld, step: Step) -> str:
    """The same in a repeat of what was cut off.

    One that was made and removed since, or that failed, is not what a repeat means: how many there were is counted in.
    """
    ended = ~pl.col("outcome").is_in([BEGUN, FOUND_UNDONE]) & (pl.col("subject") == step.database.id)
    regions = [json.loads(after)["region"] for after in world.journal.rows([ADD_REMOTE]).filter(ended)["after"]]
    return hashlib.sha256(f"{step.database.id}/{step.region}/{regions.count(step.region)}".encode()).hexdigest()[:40]


def _demand(world: DatabaseWorld, step: Step) -> None:
    """Read back whether it is so."""
    now = world.service.database(step.database.region, step.database.id)
    if step.operation in (ADD_LOCAL, DROP_LOCAL):
        is_so = _has_local(now) == (step.operation == ADD_LOCAL)
    else:
        is_so = _is_there(now, step.region, {}) == (step.operation == ADD_REMOTE)
    if not is_so:
        raise PermanentError("the service says that it is done, and it is not so", "See in the console, and run this job again.")


def _is_there(primary: AutonomousDatabase, region: str, by_id: Mapping[str, AutonomousDatabase]) -> bool:
    if region == primary.region:
        return _has_local(primary)
    return any(there == region for there, _ in standbys_elsewhere(primary, by_id).values())


def _has_local(database: AutonomousDatabase) -> bool:
    return any(standby.kind == "local" and standby.lifecycle_state not in GONE for standby in database.standbys)


def _await(world: DatabaseWorld, region: str, begun: Accepted) -> None:
    if begun.work_request_id is not None:
        follow(world.service, region, begun.work_request_id, world.clock, world.longest_wait_seconds)


def _change(step: Step) -> Change:
    kind = step.remote.recovery_type if step.remote else "ADG"
    state = {"region": step.region, "type": kind, "standby": step.standby_id}
    adds = step.operation in (ADD_LOCAL, ADD_REMOTE)
    return Change("oci", step.operation, step.database.id, None if adds else state, state if adds else None, step.reason)
