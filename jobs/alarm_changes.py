"""Brings alarms of databases to what is wanted: plan, guard, apply, verify, and a journal of it.

Cut off anywhere and run again, it ends where it would have ended: what is there is read anew, and only what is missing is done.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from assets.fleet.logic.alarms import Note, Plan, Step, Wanted, as_json, plan
from assets.journal import Change, Journal
from jobs.carrying_out import carry_out
from resources.alarms import Alarm, AlarmService, Suppression
from resources.errors import CloudOpsError, PermanentError, Unavailable

_LOG = logging.getLogger(__name__)
SYSTEM = "oci"
OPERATIONS = ("create alarm", "update alarm", "retire alarm")
"""Operations in the journal."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan: steps that were done, deletions that nobody confirmed, and steps that were refused."""

    done: tuple[Step[Alarm], ...]
    held: tuple[Step[Alarm], ...]
    failed: tuple[tuple[Step[Alarm], CloudOpsError], ...]


def planned(wanted: Sequence[Wanted], actual: Sequence[Alarm], notes: Sequence[Note] = ()) -> Plan[Alarm]:
    """What has to be done; changes nothing."""
    return plan([_alarm(one) for one in wanted], actual, notes)


def settle(journal: Journal, actual: Sequence[Alarm], now: datetime) -> int:
    """Write down what became of changes that were cut off; returns how many there were."""
    return journal.settle(SYSTEM, OPERATIONS, {alarm.key: as_json(alarm) for alarm in actual}, now)


def apply(
    service: AlarmService,
    whole: Plan[Alarm],
    journal: Journal,
    clock: Callable[[], datetime],
    regions: Collection[str],
    confirmed: Collection[str] = (),
) -> Applied:
    """Do what a plan says, apart from deletions that nobody confirmed, and read back whether it is so.

    An alarm that the cloud refuses does not stop the others; a cloud that does not answer does.

    Args:
        service: Alarms.
        whole: The plan.
        journal: Where every step is written down before it is done, and its end afterwards.
        clock: Tells the time.
        regions: Where alarms are looked for.
        confirmed: Keys of alarms that may be deleted.

    Raises:
        TransientError: The cloud did not answer: run again.
        PermanentError: What is there afterwards is not what was wanted.
    """
    guarded, held = whole.guarded(confirmed)
    steps = guarded.changes
    done, failed = carry_out(steps, _change, lambda step: _do(service, step), journal, clock)
    if steps:
        _verify(service, guarded, regions, [*held, *(step for step, _ in failed)])
    return Applied(tuple(done), held, tuple(failed))


def _do(service: AlarmService, step: Step[Alarm]) -> None:
    _LOG.info("%s alarm %s", step.operation, step.alarm.key)
    if step.after is None and step.before is not None:
        service.retire(step.before)
    elif step.before is None and step.after is not None:
        service.create(step.after)
    elif step.before is not None and step.after is not None:
        service.update(step.before, step.after)


def _verify(service: AlarmService, guarded: Plan[Alarm], regions: Collection[str], excused: Sequence[Step[Alarm]]) -> None:
    """Raises if an alarm that was neither held nor refused is not as it should be."""
    known = {(step.operation, step.alarm.key) for step in excused}
    again = plan([step.after for step in guarded.steps if step.after is not None], service.managed(regions))
    wrong = [step for step in again.changes if (step.operation, step.alarm.key) not in known]
    if any(step.operation == "create" for step in wrong):
        missing = ", ".join(step.alarm.key for step in wrong if step.operation == "create")
        raise Unavailable(
            f"made and not there: alarms {missing}",
            "Run this job again. If it lasts, see who deletes them, and whether the caller may read alarms.",
        )
    if wrong:
        said = "; ".join(f"{step.operation} {step.alarm.key} ({', '.join(step.fields)})" for step in wrong)
        raise PermanentError(
            f"alarms are not as they were written: still to do is {said}",
            "See who else changes these alarms, and run this job again.",
        )


def _alarm(wanted: Wanted) -> Alarm:
    pause = wanted.pause
    return Alarm(
        key=wanted.key,
        region=wanted.region,
        compartment_id=wanted.compartment_id,
        name=wanted.name,
        namespace=wanted.namespace,
        query=wanted.query,
        severity=wanted.severity,
        pending=wanted.pending,
        destinations=wanted.destinations,
        body=wanted.body,
        repeat=wanted.repeat,
        suppression=None if pause is None else Suppression(pause.start, pause.end, pause.reason),
    )


def _change(step: Step[Alarm]) -> Change:
    before, after = as_json(step.before), as_json(step.after)
    return Change(SYSTEM, f"{step.operation} alarm", step.alarm.key, before, after, step.reason)
