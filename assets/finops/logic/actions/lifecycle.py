"""The life of an action: its states, the steps between them that are legal, and the events that its state follows from.

Nothing is executed that a person did not approve since it was last proposed. Events are only added; where an action stands is
read from them, so that a run that was killed repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import polars as pl

from assets.finops.logic.actions.model import LASTING, Action, digest

PROPOSED, APPROVED, REJECTED, EXPIRED = "proposed", "approved", "rejected", "expired"
EXECUTING, EXECUTED, VERIFIED, FAILED = "executing", "executed", "verified", "failed"
ROLLING_BACK, ROLLED_BACK = "rolling back", "rolled back"
STATES = (PROPOSED, APPROVED, EXECUTING, EXECUTED, VERIFIED, ROLLING_BACK, ROLLED_BACK, FAILED, REJECTED, EXPIRED)
LEGAL: Mapping[str, frozenset[str]] = {
    PROPOSED: frozenset({APPROVED, REJECTED, EXPIRED}),
    APPROVED: frozenset({EXECUTING, REJECTED, EXPIRED, PROPOSED}),
    EXECUTING: frozenset({EXECUTED, FAILED}),
    EXECUTED: frozenset({VERIFIED, ROLLING_BACK}),
    VERIFIED: frozenset({ROLLING_BACK, PROPOSED}),
    ROLLING_BACK: frozenset({ROLLED_BACK, FAILED}),
    ROLLED_BACK: frozenset({PROPOSED}),
    FAILED: frozenset({PROPOSED}),
    REJECTED: frozenset({PROPOSED}),
    EXPIRED: frozenset({PROPOSED}),
}
"""Which state may follow which; an approved action is proposed again when what was approved changed."""
IN_FORCE = frozenset({APPROVED, EXECUTING, EXECUTED, ROLLING_BACK})
"""While an action is in one of these, nothing else is proposed for its resource."""
VERDICTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "approved": (APPROVED, frozenset({PROPOSED})),
    "rejected": (REJECTED, frozenset({PROPOSED, APPROVED})),
    "rollback": (ROLLING_BACK, frozenset({EXECUTED, VERIFIED})),
    "open": (PROPOSED, frozenset({REJECTED, FAILED, ROLLED_BACK})),
}
"""What people may say, the state to which it leads, and the states in which it can be said."""
PRODUCT = "cloudops"
_UTC = pl.Datetime("us", time_zone="UTC")
EVENT_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "event_id": pl.String(),
    "action_id": pl.String(),
    "number": pl.Int64(),
    "at": _UTC,
    "from_state": pl.String(),
    "to_state": pl.String(),
    "by": pl.String(),
    "note": pl.String(),
    "applied": pl.Boolean(),
    "decision_id": pl.String(),
    "fingerprint": pl.String(),
}


class IllegalStep(ValueError):
    """A state cannot follow another."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody said about an action.

    Attributes:
        decision_id: Identity of what was said: it counts once.
        action_id: About which action.
        verdict: One of `VERDICTS`.
        by: Who.
        note: Why.
        at: When: what was said before the action was proposed as it is now does not count.
    """

    decision_id: str
    action_id: str
    verdict: str
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One step in the life of an action; `applied` is false of what was said and could not be followed."""

    action_id: str
    number: int
    at: datetime
    from_state: str | None
    to_state: str
    by: str
    note: str
    applied: bool = True
    decision_id: str | None = None
    fingerprint: str | None = None

    @property
    def event_id(self) -> str:
        """Its identity: the place among the events of its action."""
        return digest([self.action_id, self.number])


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an action stands after its events.

    Attributes:
        state: Its state.
        since: Since when.
        by: Who brought it there.
        note: Why.
        events: How many it has.
        proposed_at: When it was last proposed.
        fingerprint: What was proposed then.
        approved_at: When it was last approved.
        approved_by: Who did.
        executed_at: When it was last executed.
    """

    state: str
    since: datetime
    by: str
    note: str
    events: int
    proposed_at: datetime
    fingerprint: str | None
    approved_at: datetime | None = None
    approved_by: str | None = None
    executed_at: datetime | None = None

    def after(self, event: Event) -> Standing:
        """Where it stands after a further event."""
        counted = replace(self, events=event.number + 1)
        if not event.applied:
            return counted
        after = replace(counted, state=event.to_state, since=event.at, by=event.by, note=event.note)
        if event.to_state == PROPOSED:
            return replace(
                after, proposed_at=event.at, fingerprint=event.fingerprint, approved_at=None, approved_by=None, executed_at=None
            )
        if event.to_state == APPROVED:
            return replace(after, approved_at=event.at, approved_by=event.by)
        return replace(after, executed_at=event.at) if event.to_state == EXECUTED else after


@dataclass(slots=True)
class Book:
    """Where every action stands, what was said that counted already, and the events that were added since it was opened."""

    standings: dict[str, Standing] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    added: list[Event] = field(default_factory=list)

    @classmethod
    def of(cls, events: pl.DataFrame) -> Book:
        """The book after the rows of `finops/action_events`."""
        book = cls()
        names = [name for name in EVENT_SCHEMA if name != "event_id"]
        for row in events.sort("action_id", "number").select(names).iter_rows():
            book._take(Event(*row))
        return book

    def propose(self, action: Action, now: datetime, note: str = "found") -> None:
        """Propose an action; one that stands proposed so already stays as it is."""
        known = self.standings.get(action.action_id)
        if known is None or known.state != PROPOSED:
            self.step(action.action_id, PROPOSED, now, note=note, fingerprint=action.fingerprint)
        elif known.fingerprint != action.fingerprint:
            self.step(action.action_id, EXPIRED, now, note="what would be done changed")
            self.step(action.action_id, PROPOSED, now, note=note, fingerprint=action.fingerprint)

    def step(
        self,
        action_id: str,
        state: str,
        now: datetime,
        *,
        by: str = PRODUCT,
        note: str = "",
        decision_id: str | None = None,
        fingerprint: str | None = None,
    ) -> None:
        """Bring an action to a state. Raises IllegalStep if that cannot follow the one that it is in."""
        known = self.standings.get(action_id)
        allowed = {PROPOSED} if known is None else LEGAL[known.state]
        if state not in allowed:
            raise IllegalStep(f"action {action_id} is {known.state if known else 'not known'}: it cannot become {state}")
        if state == PROPOSED and fingerprint is None and known is not None:
            fingerprint = known.fingerprint
        before, number = (known.state, known.events) if known else (None, 0)
        self._add(Event(action_id, number, now, before, state, by, note, True, decision_id, fingerprint))

    def hear(self, said: Iterable[Verdict], now: datetime) -> None:
        """Follow what people said, oldest first: each once, and only if it was said of what is proposed now."""
        for one in sorted(said, key=lambda v: (v.at, v.decision_id)):
            known = self.standings.get(one.action_id)
            if known is None or one.decision_id in self.heard:
                continue
            state, allowed = VERDICTS.get(one.verdict, ("", frozenset()))
            if known.state in allowed and one.at >= known.proposed_at:
                self.step(one.action_id, state, now, by=one.by, note=one.note, decision_id=one.decision_id)
                continue
            why = "it was said before this was proposed" if known.state in allowed else f"it was {known.state}"
            note = f"{one.verdict} was not followed, for {why}. {one.note}".strip()
            self._add(
                Event(one.action_id, known.events, now, known.state, known.state, one.by, note, False, one.decision_id)
            )  # fmt: skip

    def new_rows(self) -> pl.DataFrame:
        """The events that were added, as rows."""
        rows = [tuple(getattr(event, name) for name in EVENT_SCHEMA) for event in self.added]
        return pl.DataFrame(rows, schema=dict(EVENT_SCHEMA), orient="row")

    def _add(self, event: Event) -> None:
        self.added.append(event)
        self._take(event)

    def _take(self, event: Event) -> None:
        known = self.standings.get(event.action_id)
        if event.decision_id is not None:
            self.heard.add(event.decision_id)
        if known is None:
            self.standings[event.action_id] = Standing(
                event.to_state, event.at, event.by, event.note, event.number + 1, event.at, event.fingerprint
            )  # fmt: skip
        else:
            self.standings[event.action_id] = known.after(event)


def follow(book: Book, found: Sequence[Action], undecided: frozenset[str], now: datetime) -> None:
    """What the product itself changes when it looked for what to propose.

    Args:
        book: The book, with what people said followed.
        found: What it proposes now.
        undecided: Ids of actions of which it cannot be said now whether they are to be proposed: they stay.
        now: The time.
    """
    proposed = {action.action_id: action for action in found}
    for action_id, action in sorted(proposed.items()):
        known = book.standings.get(action_id)
        again = known is not None and known.state == VERIFIED and action.operation not in LASTING
        if known is None or known.state in (PROPOSED, EXPIRED) or again:
            book.propose(action, now, "found" if known is None else "found again")
        elif known.state == APPROVED and known.fingerprint != action.fingerprint:
            book.step(action_id, PROPOSED, now, note="what was approved changed", fingerprint=action.fingerprint)
        elif known.state == FAILED and known.fingerprint != action.fingerprint:
            book.propose(action, now, "found again, otherwise")
    for action_id, known in sorted(book.standings.items()):
        if known.state in (PROPOSED, APPROVED) and action_id not in proposed and action_id not in undecided:
            book.step(action_id, EXPIRED, now, note="not found any more")


def verdicts(decisions: pl.DataFrame, subject: str = "action") -> list[Verdict]:
    """What `finops/decisions` says about actions."""
    mine = decisions.filter(pl.col("subject") == subject)
    return [_verdict(row) for row in mine.iter_rows(named=True)]


def _verdict(row: Mapping[str, Any]) -> Verdict:
    return Verdict(row["decision_id"], row["subject_id"], row["verdict"], row["by"], row["note"], row["at"])
