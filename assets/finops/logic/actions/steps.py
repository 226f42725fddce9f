"""What to do next about an action that was approved: the step, or why it has to wait or is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from assets.finops.logic.actions.lifecycle import APPROVED, EXECUTED, EXECUTING, ROLLING_BACK, VERIFIED, Standing
from assets.finops.logic.actions.model import (
    AUTOSCALE,
    AUTOSCALE_OFF,
    DELETE,
    HOLD,
    LASTING,
    RESIZE,
    RESTORE,
    SCHEDULE,
    START,
    STOP,
    UNDO,
    Facts,
)
from assets.finops.logic.actions.plan import Protection
from assets.finops.logic.actions.schedule import Timetable

DO, DONE_ALREADY, WAIT, LEAVE, NOTHING = "do", "done already", "wait", "leave alone", "nothing"
"""`wait`: a later run looks again; `leave alone`: for good, and people are told."""
ACTIVE = frozenset({APPROVED, EXECUTING, EXECUTED, VERIFIED, ROLLING_BACK})
_AFTER = {STOP: "stopped", START: "running", DELETE: "absent"}
_SCALING = {AUTOSCALE: True, AUTOSCALE_OFF: False}


@dataclass(frozen=True, slots=True)
class Approved:
    """An action as it is stored, and where it stands.

    Attributes:
        action_id: Its id.
        operation: What is to be done.
        parameters: How.
        seen: Status and size of the resource when it was proposed.
        fingerprint: What the stored row says would be done.
        standing: Where it stands.
        last_turn: What a schedule did last: `stop` or `start`; None if nothing.
        resumed: Whether the journal says that it was begun and not how it ended.
    """

    action_id: str
    operation: str
    parameters: Mapping[str, Any]
    seen: tuple[str, str]
    fingerprint: str
    standing: Standing
    last_turn: str | None = None
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """What to do.

    Attributes:
        verdict: One of the above.
        operation: What is done to the resource; empty if nothing.
        size: Size or amount that it is to have; empty if that stays.
        reason: Why.
    """

    verdict: str
    operation: str = ""
    size: str = ""
    reason: str = field(default="")


def next_step(action: Approved, now_seen: Facts | str, now: datetime, protection: Protection, *, resource_id: str) -> Next:
    """The next step of an action.

    Args:
        action: It.
        now_seen: Its resource as it is now, or why nothing is seen.
        now: The time.
        protection: What is never acted on; what is taken back is not held up by it.
        resource_id: Id of its resource.
    """
    if early := _not_yet(action, now):
        return early
    if isinstance(now_seen, str):
        return Next(WAIT, reason=now_seen)
    if now_seen.status in ("changing", "unknown"):
        return Next(WAIT, reason=f"it is {now_seen.status}")
    if action.standing.state == ROLLING_BACK:
        return _taken_back(action, now_seen)
    if why := protection.why(resource_id, now_seen.tags):
        return Next(LEAVE if action.standing.state == APPROVED else WAIT, reason=why)
    if action.operation == SCHEDULE:
        return _turn(action, now_seen, now)
    return _executed(action, now_seen)


def _not_yet(action: Approved, now: datetime) -> Next | None:
    standing = action.standing
    if standing.state in (EXECUTED, VERIFIED) and action.operation != SCHEDULE:
        return Next(NOTHING, reason="it was executed")
    if standing.state == APPROVED and standing.fingerprint != action.fingerprint:
        return Next(WAIT, reason="what was approved is not what is stored: materialize finops/actions first")
    days = int(action.parameters.get("wait_days", 0))
    if standing.state == APPROVED and standing.approved_at is not None and now < standing.approved_at + timedelta(days=days):
        return Next(WAIT, reason=f"its owner has {days} days to object, from {standing.approved_at:%Y-%m-%d}")
    return None


def _executed(action: Approved, seen: Facts) -> Next:
    size = str(action.parameters.get("size") or action.parameters.get("amount") or "")
    begun = action.standing.state == EXECUTING
    if _is(action.operation, seen, size):
        if begun:
            return Next(DONE_ALREADY, action.operation, size, "it was done, and the answer was lost")
        if action.operation != HOLD:
            return Next(LEAVE, reason=f"somebody did it already: it is {seen.words()}")
        return Next(DONE_ALREADY, action.operation, size, f"the budget is {seen.words()}")
    if seen.status == "absent":
        return Next(LEAVE, reason="it is gone")
    if begun and seen.under_way:
        return Next(DO, action.operation, size, "it was begun, and is finished")
    if seen.under_way:
        return Next(LEAVE, reason="something else is under way with it")
    if action.operation != HOLD and (seen.status, seen.size) != action.seen:
        status, of_size = action.seen
        return Next(LEAVE, reason=f"it was {Facts('', frozenset(), status, of_size).words()}, and is {seen.words()} now")
    return Next(DO, action.operation, size, "it was begun, and was not done" if begun else "it was approved")


def _turn(action: Approved, seen: Facts, now: datetime) -> Next:
    """A schedule acts when the timetable turns; between two turns, what people do with the resource is left alone."""
    if seen.status == "absent":
        return Next(LEAVE if action.standing.state == APPROVED else NOTHING, reason="it is gone")
    wanted = START if Timetable.of(action.parameters).is_on(now) else STOP
    if action.last_turn == wanted and not action.resumed and action.standing.state not in (APPROVED, EXECUTING):
        return Next(NOTHING, reason=f"the timetable asked for {wanted} already")
    if seen.under_way:
        return Next(WAIT, reason="something else is under way with it")
    if seen.status == _AFTER[wanted]:
        return Next(DONE_ALREADY, wanted, "", f"it is {seen.status} already")
    return Next(DO, wanted, "", "the timetable says so")


def _taken_back(action: Approved, seen: Facts) -> Next:
    status, size = action.seen
    if action.operation == HOLD:
        return Next(DONE_ALREADY, UNDO[HOLD], "", "the budget follows the forecast again")
    undo = UNDO[action.operation]
    if undo == RESTORE:
        return Next(DO, RESTORE, "", "it is taken back")
    if seen.status == "absent":
        return Next(LEAVE, reason="it is gone: nothing can be taken back")
    if action.operation == RESIZE:
        if _is(RESIZE, seen, size):
            return Next(DONE_ALREADY, RESIZE, size, f"it has size {size}")
        if not seen.under_way and seen.size != action.parameters.get("size"):
            return Next(LEAVE, reason=f"somebody gave it size {seen.size} meanwhile")
        return Next(DO, RESIZE, size, "it is taken back")
    if action.operation == AUTOSCALE:
        # it was off when this was proposed, or it would not have been
        return Next(DONE_ALREADY if _is(undo, seen, "") else DO, undo, "", "it is taken back")
    if status == "stopped" and action.operation in LASTING:
        return Next(DONE_ALREADY, STOP, "", "it was stopped before: only the timetable ends")
    return Next(DONE_ALREADY if seen.status == "running" else DO, undo, "", "it is taken back")


def _is(operation: str, seen: Facts, size: str) -> bool:
    """Whether a resource is as the operation would leave it."""
    if seen.under_way:
        return False
    if operation in _AFTER:
        return seen.status == _AFTER[operation]
    if operation in _SCALING:
        return seen.auto_scaling is _SCALING[operation]
    return seen.size == size
