"""Brings the budgets of one cloud to what is wanted: plan, guard, apply, verify, and a journal of it.

Cut off anywhere and run again, it ends where it would have ended: what is there is read anew, and only what is missing is done.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assets.finops.logic.budgets.plan import Note, Plan, Step, as_json, plan
from assets.journal import Change, Journal
from jobs.carrying_out import carry_out
from resources.budgets import Budget, BudgetService
from resources.errors import BadInput, CloudOpsError, PermanentError, Unavailable

_LOG = logging.getLogger(__name__)
OPERATIONS = ("create budget", "update budget", "retire budget")
"""Operations in the journal."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted in one cloud.

    Attributes:
        budgets: One per target.
        reasons: Why each is as it is, by key.
        notes: Targets that get no budget.
        keep: Keys of budgets that stay as they are.
    """

    budgets: Sequence[Budget]
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[Note] = ()
    keep: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan.

    Attributes:
        done: Steps that were done.
        held: Deletions that nobody confirmed.
        failed: Steps that the cloud refused, with the error.
    """

    done: tuple[Step[Budget], ...]
    held: tuple[Step[Budget], ...]
    failed: tuple[tuple[Step[Budget], CloudOpsError], ...]


def planned(service: BudgetService, wanted: Wanted, actual: Sequence[Budget]) -> Plan[Budget]:
    """What has to be done in one cloud; changes nothing. What the cloud cannot hold is refused, and what it has for it stays."""
    fitted: list[Budget] = []
    notes = list(wanted.notes)
    for budget in wanted.budgets:
        try:
            fitted.append(service.fitted(budget))
        except BadInput as error:
            notes.append(Note("refused", service.system, budget.key, str(error)))
    refused = {note.key for note in notes if note.operation == "refused"}
    return plan(fitted, actual, wanted.reasons, notes, {*refused, *wanted.keep})


def settle(service: BudgetService, journal: Journal, actual: Sequence[Budget], now: datetime) -> int:
    """Write down what became of changes that were cut off; returns how many there were."""
    return journal.settle(service.system, OPERATIONS, {budget.key: as_json(budget) for budget in actual}, now)


def apply(
    service: BudgetService, whole: Plan[Budget], journal: Journal, clock: Callable[[], datetime], confirmed: Collection[str] = ()
) -> Applied:
    """Do what a plan says, apart from deletions that nobody confirmed, and read back whether it is so.

    A budget that the cloud refuses does not stop the others; a cloud that does not answer does.

    Args:
        service: Budgets of the cloud.
        whole: The plan.
        journal: Where every step is written down before it is done, and its end afterwards.
        clock: Tells the time.
        confirmed: Keys of budgets that may be deleted.

    Raises:
        TransientError: The cloud did not answer: run again.
        PermanentError: What is there afterwards is not what was wanted.
    """
    guarded, held = whole.guarded(confirmed)
    steps = guarded.changes
    done, failed = carry_out(steps, _change, lambda step: _do(service, step), journal, clock)
    if steps:
        _verify(service, guarded, [*held, *(step for step, _ in failed)])
    return Applied(tuple(done), held, tuple(failed))


def _do(service: BudgetService, step: Step[Budget]) -> None:
    _LOG.info("%s: %s %s", step.budget.system, step.operation, step.budget.key)
    if step.after is None and step.before is not None:
        service.retire(step.before)
    elif step.before is None and step.after is not None:
        service.create(step.after)
    elif step.before is not None and step.after is not None:
        service.update(step.before, step.after)


def _verify(service: BudgetService, guarded: Plan[Budget], excused: Sequence[Step[Budget]]) -> None:
    """Raises if a target that was neither held nor refused is not as it should be."""
    known = {(step.operation, step.budget.key) for step in excused}
    wanted = [step.after for step in guarded.steps if step.after is not None]
    again = plan(wanted, service.managed())
    wrong = [step for step in again.changes if (step.operation, step.budget.key) not in known]
    if any(step.operation == "create" for step in wrong):
        missing = ", ".join(step.budget.key for step in wrong if step.operation == "create")
        raise Unavailable(
            f"{service.system}: made and not there: {missing}",
            "Run this job again. If it lasts, see who deletes them, and whether the caller may read budgets.",
        )
    if wrong:
        said = "; ".join(f"{step.operation} {step.budget.key} ({', '.join(step.fields)})" for step in wrong)
        raise PermanentError(
            f"{service.system}: budgets are not as they were written: still to do is {said}",
            "See who else changes these budgets, and run this job again.",
        )


def _change(step: Step[Budget]) -> Change:
    budget = step.budget
    before, after = as_json(step.before), as_json(step.after)
    return Change(budget.system, f"{step.operation} budget", budget.key, before, after, step.reason)
