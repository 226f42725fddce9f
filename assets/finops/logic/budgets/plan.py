"""What has to be done so that the budgets that there are become those that are wanted. Only budgets of ours are known here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Generic, Literal, Protocol, TypeVar

Operation = Literal["create", "update", "leave", "retire"]
ALL = "all"
"""Confirms whatever a plan would delete."""


class HasRule(Protocol):
    """An alert rule."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - as in resources.budgets
    @property
    def threshold_percent(self) -> Decimal: ...  # noqa: D102
    @property
    def recipients(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102


class HasBudget(Protocol):
    """A budget; `key` is the same for all budgets of one target, `reference` is the cloud's own name for one of them."""

    @property
    def system(self) -> str: ...  # noqa: D102
    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def amount(self) -> Decimal: ...  # noqa: D102
    @property
    def currency(self) -> str: ...  # noqa: D102
    @property
    def rules(self) -> Sequence[HasRule]: ...  # noqa: D102
    @property
    def reference(self) -> str: ...  # noqa: D102


B = TypeVar("B", bound=HasBudget)


@dataclass(frozen=True, slots=True)
class Step(Generic[B]):
    """One budget and what has to be done to it.

    Attributes:
        operation: `create`, `update`, `leave` or `retire`.
        before: As it is; None if it is not there.
        after: As it is to be; None if it is to go.
        reason: Why.
    """

    operation: Operation
    before: B | None
    after: B | None
    reason: str

    @property
    def budget(self) -> B:
        """The budget as it is to be, or as it is if it is to go."""
        found = self.after if self.after is not None else self.before
        if found is None:
            raise ValueError("a step is about a budget")
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        """What changes in an update."""
        if self.before is None or self.after is None:
            return ()
        was, will = self.before, self.after
        changed = {
            "name": was.name != will.name,
            "amount": was.amount != will.amount,
            "currency": was.currency != will.currency,
            "rules": sorted(map(_rule_key, was.rules)) != sorted(map(_rule_key, will.rules)),
        }
        return tuple(name for name, differs in changed.items() if differs)


@dataclass(frozen=True, slots=True)
class Note:
    """A target without a budget, and why; `operation` is `unknown` or `refused`."""

    operation: Literal["unknown", "refused"]
    system: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan(Generic[B]):
    """Steps in the order in which they are done, and targets that get no budget."""

    steps: tuple[Step[B], ...]
    notes: tuple[Note, ...] = ()

    @property
    def changes(self) -> tuple[Step[B], ...]:
        """What is to be done at all."""
        return tuple(step for step in self.steps if step.operation != "leave")

    def guarded(self, confirmed: Collection[str]) -> tuple[Plan[B], tuple[Step[B], ...]]:
        """The plan without deletions that nobody confirmed, and these.

        Args:
            confirmed: Keys of budgets that may be deleted, or `ALL`.
        """
        held = tuple(s for s in self.steps if s.operation == "retire" and not {s.budget.key, ALL} & set(confirmed))
        return replace(self, steps=tuple(s for s in self.steps if s not in held)), held

    def counts(self) -> dict[str, int]:
        """How many steps there are of each operation, and notes."""
        said = [s.operation for s in self.steps] + [n.operation for n in self.notes]
        return {name: said.count(name) for name in ("create", "update", "leave", "retire", "unknown", "refused")}

    def rows(self) -> list[dict[str, str]]:
        """For a table that people read: amounts as `before → after`."""
        steps = [
            {
                "what": step.operation,
                "cloud": step.budget.system,
                "target": step.budget.key,
                "name": step.budget.name,
                "amount": _movement(step),
                "currency": step.budget.currency,
                "changes": ", ".join(step.fields),
                "reason": step.reason,
            }
            for step in self.steps
        ]
        nothing = dict.fromkeys(("name", "amount", "currency", "changes"), "")
        notes = [{"what": n.operation, "cloud": n.system, "target": n.key, **nothing, "reason": n.reason} for n in self.notes]
        return [*steps, *notes]

    def table(self) -> str:
        """The rows as lines of text in columns."""
        rows = self.rows()
        if not rows:
            return "nothing is planned"
        head = list(rows[0])
        cells = [head, *([row[name] for name in head] for row in rows)]
        widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)

    def as_json(self) -> dict[str, Any]:
        """The plan for machines; amounts are text."""
        steps = [
            {
                "operation": step.operation,
                "system": step.budget.system,
                "key": step.budget.key,
                "fields": list(step.fields),
                "before": as_json(step.before),
                "after": as_json(step.after),
                "reason": step.reason,
            }
            for step in self.steps
        ]
        notes = [{"operation": n.operation, "system": n.system, "key": n.key, "reason": n.reason} for n in self.notes]
        return {"steps": steps, "notes": notes}


def plan(
    desired: Iterable[B],
    actual: Iterable[B],
    reasons: Mapping[str, str] | None = None,
    notes: Sequence[Note] = (),
    keep: Collection[str] = (),
) -> Plan[B]:
    """Compare what is wanted in one cloud with what there is.

    A second budget of ours for the same target is surplus: the one with the least reference counts.

    Args:
        desired: One budget per key.
        actual: Budgets of ours, as they are.
        reasons: Why a desired budget is as it is, by key.
        notes: Targets that get none.
        keep: Keys of budgets that stay although none is wanted for them.
    """
    wanted = {budget.key: budget for budget in sorted(desired, key=lambda b: b.key)}
    there: dict[str, B] = {}
    retired: list[Step[B]] = []
    for budget in sorted(actual, key=lambda b: (b.key, b.reference)):
        if budget.key in there:
            retired.append(
                Step("retire", budget, None, f"a second budget for {budget.key}, beside {there[budget.key].reference}")
            )
        else:
            there[budget.key] = budget
    steps = [_step(there.get(key), budget, (reasons or {}).get(key, "")) for key, budget in wanted.items()]
    for key, budget in there.items():
        if key in keep and key not in wanted:
            steps.append(Step("leave", budget, budget, "stays as it is: none can be planned for it"))
        elif key not in wanted:
            retired.append(Step("retire", budget, None, "no budget is wanted for it any more"))
    return Plan((*steps, *retired), tuple(notes))


def outcome(planned: Plan[B], actual: Iterable[B]) -> list[B]:
    """The budgets that there will be when every step is done; those that no step is about stay."""
    touched = {id(step.before) for step in planned.steps if step.before is not None}
    after = [step.after for step in planned.steps if step.after is not None]
    return [*after, *(budget for budget in actual if id(budget) not in touched)]


def as_json(budget: HasBudget | None) -> dict[str, Any] | None:
    """A budget for the journal and for machines: what is wanted of it, not what the cloud calls it."""
    if budget is None:
        return None
    rules = [
        {
            "kind": rule.kind,
            "threshold_percent": f"{rule.threshold_percent.normalize():f}",
            "recipients": list(rule.recipients),
            "message": rule.message,
        }
        for rule in sorted(budget.rules, key=_rule_key)
    ]
    return {
        "key": budget.key,
        "name": budget.name,
        "amount": f"{budget.amount.normalize():f}",
        "currency": budget.currency,
        "rules": rules,
    }


def _step(before: B | None, after: B, reason: str) -> Step[B]:
    if before is None:
        return Step("create", None, after, reason)
    step: Step[B] = Step("update", before, after, reason)
    return step if step.fields else replace(step, operation="leave")


def _rule_key(rule: HasRule) -> tuple[str, Decimal, tuple[str, ...], str]:
    return rule.kind, rule.threshold_percent, tuple(rule.recipients), rule.message


def _movement(step: Step[B]) -> str:
    amounts = [f"{budget.amount.normalize():f}" for budget in (step.before, step.after) if budget is not None]
    if step.operation == "retire":
        return f"{amounts[0]} → none"
    return " → ".join(dict.fromkeys(amounts))
