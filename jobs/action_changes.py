"""Carries out actions that people approved: plan, guard, apply, verify, and a journal of it.

Cut off anywhere and run again, it ends where it would have ended: the journal says what was begun, the cloud what became of it.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from assets.finops import tables
from assets.finops.action_book import OPERATIONS, Clouds, begun, book, is_schedule, last_turns, resource_of, said, store_events
from assets.finops.logic.actions import steps
from assets.finops.logic.actions.lifecycle import (
    APPROVED,
    EXECUTED,
    EXECUTING,
    EXPIRED,
    FAILED,
    ROLLED_BACK,
    ROLLING_BACK,
    VERIFIED,
    Book,
    Standing,
)
from assets.finops.logic.actions.model import AUTOSCALE, AUTOSCALE_OFF, DELETE, Facts
from assets.finops.logic.actions.plan import Protection
from assets.finops.logic.actions.steps import Approved, Next, next_step
from assets.journal import DONE, FOUND_DONE, FOUND_UNDONE, Begun, Change, Journal
from resources.actions import Operation, Seen
from resources.errors import CloudOpsError, PermanentError, TransientError
from resources.lake import Lake
from resources.object_store import ObjectStore

_LOG = logging.getLogger(__name__)
_FIRST = (EXECUTING, ROLLING_BACK, EXECUTED, VERIFIED, APPROVED)
"""What was begun goes first, then what is taken back, then timetables, then what is new."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a run may do: so many new actions, and whether anything may be deleted."""

    most: int
    allow_delete: bool
    protection: Protection


@dataclass(frozen=True, slots=True)
class Item:
    """An action with what to do about it; `seen` is its resource, if it could be looked at."""

    row: Mapping[str, Any]
    approved: Approved
    step: Next
    facts: Facts | None = None
    seen: Seen | None = None

    @property
    def standing(self) -> Standing:
        """Where it stood when this was planned."""
        return self.approved.standing

    def told(self) -> dict[str, str]:
        """For people."""
        return {
            "action_id": self.approved.action_id,
            "resource": self.row["resource_id"],
            "state": self.standing.state,
            "verdict": self.step.verdict,
            "does": f"{self.step.operation} {self.step.size}".strip(),
            "reason": self.step.reason,
            "approved_by": self.standing.approved_by or "",
        }


@dataclass(slots=True)
class Outcome:
    """What a run did, by id of the action; `failed` with the reason."""

    done: list[str] = field(default_factory=list)
    found_done: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a run works with."""

    lake: Lake
    book: Book
    journal: Journal
    clouds: Clouds
    clock: Callable[[], datetime]

    @classmethod
    def of(
        cls, lake: Lake, inputs_store: ObjectStore, journal: Journal, clouds: Clouds, clock: Callable[[], datetime]
    ) -> "Opened":
        """With everything that people said taken in, but not stored."""
        opened = book(lake)
        opened.hear(said(lake, inputs_store, opened.standings), clock())
        return cls(lake, opened, journal, clouds, clock)


def planned(opened: Opened, bounds: Bounds) -> list[Item]:
    """What is to be done about every action that is approved, going on, or to be taken back; changes nothing.

    Raises:
        TransientError: A cloud does not answer.
    """
    turns, cut_off = last_turns(opened.journal), begun(opened.journal)
    rows = {row["action_id"]: row for row in opened.lake.scan(tables.ACTIONS).collect().iter_rows(named=True)}
    active = [
        (row, standing)
        for action_id, standing in opened.book.standings.items()
        if standing.state in steps.ACTIVE and (row := rows.get(action_id)) is not None
        if standing.state not in (EXECUTED, VERIFIED) or is_schedule(row)
    ]
    active.sort(key=lambda pair: (_FIRST.index(pair[1].state), pair[1].approved_at or pair[1].since, pair[0]["action_id"]))
    items = [_item(opened, bounds, row, _approved(row, standing, turns, cut_off)) for row, standing in active]
    return _bounded(items, bounds)


def apply(opened: Opened, items: Sequence[Item]) -> Outcome:
    """Do what the items say. What a cloud refuses does not stop the others; a cloud that does not answer does.

    Raises:
        TransientError: A cloud did not answer: run again.
    """
    store_events(opened.lake, opened.book)
    _settle(opened, items)
    outcome = Outcome()
    for item in items:
        action_id = item.approved.action_id
        if item.step.verdict == steps.LEAVE:
            _leave(opened, item)
            outcome.left[action_id] = item.step.reason
        elif item.step.verdict == steps.DONE_ALREADY:
            _write(opened, item, FOUND_DONE)
            _arrive(opened, item)
            outcome.found_done.append(action_id)
        elif item.step.verdict == steps.DO:
            _do(opened, item, outcome)
    return outcome


def _item(opened: Opened, bounds: Bounds, row: Mapping[str, Any], approved: Approved) -> Item:
    resource = resource_of(row)
    seen = opened.clouds.look(row["system"], row["operation"], resource)
    facts, raw = (None, None) if isinstance(seen, str) else seen
    told = seen if isinstance(seen, str) else seen[0]
    step = next_step(approved, told, opened.clock(), bounds.protection, resource_id=resource.id)
    return Item(row, approved, step, facts, raw)


def _approved(row: Mapping[str, Any], standing: Standing, turns: Mapping[str, str], cut_off: Iterable[str]) -> Approved:
    action_id = row["action_id"]
    return Approved(
        action_id, row["operation"], json.loads(row["parameters"]), (row["status_seen"], row["size_seen"]), row["fingerprint"],
        standing, turns.get(action_id), action_id in cut_off,
    )  # fmt: skip


def _bounded(items: Sequence[Item], bounds: Bounds) -> list[Item]:
    """With what is too much, or a deletion that the config does not allow, held for another run."""
    new = 0
    bounded = []
    for item in items:
        why = ""
        if item.step.verdict == steps.DO and item.step.operation == DELETE and not bounds.allow_delete:
            why = "allow_delete in the config allows it"
        elif item.step.verdict == steps.DO and item.standing.state == APPROVED:
            new += 1
            why = f"this run begins {bounds.most} actions at most" if new > bounds.most else ""
        step = Next(steps.WAIT, item.step.operation, item.step.size, why) if why else item.step
        bounded.append(Item(item.row, item.approved, step, item.facts, item.seen))
    return bounded


def _settle(opened: Opened, items: Sequence[Item]) -> None:
    """Write down what became of what was cut off, where its resource could be looked at."""
    settled = (item for item in items if item.facts is not None and item.facts.status not in ("changing", "unknown"))
    known = {item.approved.action_id: item.step for item in settled}
    ends: list[tuple[Begun, str]] = []
    for system in opened.clouds.services:
        for lost in opened.journal.cut_off(system, OPERATIONS):
            step = known.get((lost.change.after or {}).get("action_id", ""))
            if step is not None:
                ends.append((lost, FOUND_DONE if step.verdict in (steps.DONE_ALREADY, steps.NOTHING) else FOUND_UNDONE))
    opened.journal.end(ends, opened.clock())


def _do(opened: Opened, item: Item, outcome: Outcome) -> None:
    action_id = item.approved.action_id
    service = opened.clouds.service(item.row["system"], item.row["operation"])
    if service is None or item.seen is None:
        raise AssertionError(f"{action_id} was planned without a look")
    (entry,) = opened.journal.begin([_change(item)], opened.clock())
    if item.standing.state == APPROVED:
        _step(opened, action_id, EXECUTING, item.step.reason)
    _LOG.info("%s %s", item.step.operation, item.row["resource_id"])
    try:
        service.perform(_operation(item.step.operation), resource_of(item.row), item.seen, item.step.size)
    except TransientError as error:
        opened.journal.end([(entry, f"failed: {error}")], opened.clock())
        raise
    except PermanentError as error:
        opened.journal.end([(entry, f"failed: {error}")], opened.clock())
        _fail(opened, item, error)
        outcome.failed[action_id] = str(error)
    else:
        opened.journal.end([(entry, DONE)], opened.clock())
        _arrive(opened, item)
        outcome.done.append(action_id)


def _arrive(opened: Opened, item: Item) -> None:
    """It is done, or taken back; a turn of a timetable changes no state."""
    action_id, state = item.approved.action_id, opened.book.standings[item.approved.action_id].state
    if state == APPROVED:
        _step(opened, action_id, EXECUTING, item.step.reason)
        state = EXECUTING
    if state == EXECUTING:
        _step(opened, action_id, EXECUTED, item.step.reason)
    elif state == ROLLING_BACK:
        _step(opened, action_id, ROLLED_BACK, item.step.reason)


def _leave(opened: Opened, item: Item) -> None:
    state = opened.book.standings[item.approved.action_id].state
    if state == APPROVED:
        _step(opened, item.approved.action_id, EXPIRED, f"left alone: {item.step.reason}")
    elif state in (EXECUTING, ROLLING_BACK):
        _step(opened, item.approved.action_id, FAILED, f"left alone: {item.step.reason}")


def _fail(opened: Opened, item: Item, error: CloudOpsError) -> None:
    """A turn of a timetable that failed is tried again; anything else ends."""
    if opened.book.standings[item.approved.action_id].state in (EXECUTING, ROLLING_BACK):
        _step(opened, item.approved.action_id, FAILED, str(error))


def _step(opened: Opened, action_id: str, state: str, note: str) -> None:
    opened.book.step(action_id, state, opened.clock(), note=note)
    store_events(opened.lake, opened.book)


def _write(opened: Opened, item: Item, outcome: str) -> None:
    """Something that was found done: written down where it was not, so that it is known from then on."""
    if item.approved.resumed or item.step.operation == "release":
        return
    begun_now = opened.journal.begin([_change(item)], opened.clock())
    opened.journal.end([(entry, outcome) for entry in begun_now], opened.clock())


def _change(item: Item) -> Change:
    facts = item.facts
    before: dict[str, Any] | None = None if facts is None else {"status": facts.status, "size": facts.size}
    after: dict[str, Any] = {"action_id": item.approved.action_id, "operation": item.step.operation}
    if item.step.operation in (AUTOSCALE, AUTOSCALE_OFF):
        after["auto_scaling"] = item.step.operation == AUTOSCALE
        if before is not None and facts is not None:
            before["auto_scaling"] = facts.auto_scaling
    if item.step.size:
        after["size"] = item.step.size
    kind = facts.kind if facts else ""
    by = item.standing.approved_by
    reason = f"{item.step.reason}; approved by {by}" if by else item.step.reason
    operation = f"{item.step.operation} {kind}"
    return Change(item.row["system"], operation, item.row["resource_id"], before, after, reason)


def _operation(name: str) -> Operation:
    operations: Mapping[str, Operation] = {
        "stop": "stop", "start": "start", "resize": "resize", "autoscale": "autoscale", "autoscale-off": "autoscale-off",
        "delete": "delete", "restore": "restore", "hold": "hold",
    }  # fmt: skip
    return operations[name]


def table(items: Sequence[Item]) -> pl.DataFrame:
    """What is planned, for people."""
    names = ("action_id", "resource", "state", "verdict", "does", "reason", "approved_by")
    return pl.DataFrame([item.told() for item in items], schema=dict.fromkeys(names, pl.String))
