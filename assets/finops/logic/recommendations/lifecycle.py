"""The life of a recommendation: its states, who may change them, and the events that its current state follows from.

People decide; the product only opens what it finds, expires what it finds no more, and confirms what it measured (or takes that
back when more days show none). The events are the truth: where a recommendation stands is read from them, so that a run that was
killed between two writes repeats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.decisions import RECOMMENDATION
from assets.finops.logic.recommendations.measurement import NOT_VISIBLE, REVERSE, VERIFIED
from assets.finops.logic.recommendations.shape import MONEY, SCHEMA

OPEN, ACCEPTED, DONE, REALISED, DISMISSED, EXPIRED = "open", "accepted", "done", "realised", "dismissed", "expired"
STATES = (OPEN, ACCEPTED, DONE, REALISED, DISMISSED, EXPIRED)
CLOSED = frozenset({DONE, REALISED, DISMISSED})
"""States in which a saving is not to be had any more: it was had, or is not wanted."""
BY_PEOPLE: Mapping[str, frozenset[str]] = {
    OPEN: frozenset({ACCEPTED, DONE, DISMISSED}),
    ACCEPTED: frozenset({OPEN, DONE, DISMISSED}),
    DONE: frozenset({OPEN, DISMISSED}),
    REALISED: frozenset({OPEN}),
    DISMISSED: frozenset({OPEN, ACCEPTED, DONE}),
    EXPIRED: frozenset({OPEN, DONE}),
}
"""Which state people may decide upon, by the one that it is in. Deciding the same again changes its note and its days."""
BY_PRODUCT: Mapping[str, frozenset[str]] = {
    OPEN: frozenset({EXPIRED}),
    ACCEPTED: frozenset({OPEN}),
    DONE: frozenset({REALISED, OPEN}),
    REALISED: frozenset({DONE, OPEN}),
    DISMISSED: frozenset({OPEN}),
    EXPIRED: frozenset({OPEN}),
}
"""Which state the product may change to."""
PRODUCT = "cloudops"
_GROWN = 2
"""A dismissed recommendation comes back when it may save more than so many times what it might when it was dismissed."""
_UTC = pl.Datetime("us", time_zone="UTC")
EVENT_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "recommendation_id": pl.String(),
    "at": _UTC,
    "from_state": pl.String(),
    "to_state": pl.String(),
    "by": pl.String(),
    "note": pl.String(),
    "applied": pl.Boolean(),
    "effective_day": pl.Date(),
    "until": pl.Date(),
    "decided_at": _UTC,
    "savings_low": MONEY,
    "savings_high": MONEY,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One step in the life of a recommendation.

    Attributes:
        recommendation_id: Whose.
        at: When it took effect here.
        from_state: State before; None at its first.
        to_state: State after.
        by: Who decided; `PRODUCT` if nobody did.
        note: Why.
        applied: False if a decision was not allowed in that state; it is recorded all the same.
        effective_day: First day on which a decision holds: of `done`, the day on which it was done.
        until: Last day on which a decision holds; None if it has no end.
        decided_at: When the decision was made; None for the product's own.
        savings_low: Saving per month that was proposed at the time, from …
        savings_high: … to.
    """

    recommendation_id: str
    at: datetime
    from_state: str | None
    to_state: str
    by: str
    note: str
    applied: bool = True
    effective_day: date | None = None
    until: date | None = None
    decided_at: datetime | None = None
    savings_low: Decimal | None = None
    savings_high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a recommendation stands after its events.

    Attributes:
        state: Its state.
        since: Since when.
        by: Who brought it there.
        note: Why.
        effective_day: Day from which the last decision holds.
        until: Last day on which it does; None if it has no end.
        first_at: When it was first proposed.
        decided_at: When the newest decision that was looked at was made.
        first_savings: Range that was proposed first.
        savings_then: High end of the saving that was proposed when it came to this state.
    """

    state: str
    since: datetime
    by: str
    note: str
    effective_day: date | None
    until: date | None
    first_at: datetime
    decided_at: datetime | None
    first_savings: tuple[Decimal | None, Decimal | None]
    savings_then: Decimal | None

    def ended(self, today: date) -> bool:
        """Whether what was decided held until a day that has passed."""
        return self.state not in (OPEN, EXPIRED) and self.until is not None and today > self.until

    def after(self, event: Event) -> Standing:
        """Where it stands after a further event."""
        newest = max(filter(None, (self.decided_at, event.decided_at)), default=None)
        if not event.applied:
            return replace(self, decided_at=newest)
        decided = event.decided_at is not None or event.to_state == OPEN
        return replace(
            self,
            state=event.to_state,
            since=self.since if event.to_state == self.state else event.at,
            by=event.by,
            note=event.note,
            effective_day=event.effective_day if decided else self.effective_day,
            until=event.until if decided else self.until,
            decided_at=newest,
            savings_then=event.savings_high,
        )


def _begun(event: Event) -> Standing:
    return Standing(
        event.to_state, event.at, event.by, event.note, event.effective_day, event.until, event.at, event.decided_at,
        (event.savings_low, event.savings_high), event.savings_high,
    )  # fmt: skip


@dataclass(slots=True)
class Book:
    """Where every recommendation stands, and the events that were added since it was opened.

    Attributes:
        standings: By id.
        added: New events, in order.
    """

    standings: dict[str, Standing]
    added: list[Event] = field(default_factory=list)

    @classmethod
    def of(cls, events: pl.DataFrame) -> Book:
        """The book after the given rows of `finops/recommendation_events`."""
        book = cls({})
        for row in events.select(list(EVENT_SCHEMA)).iter_rows():
            book._take(Event(*row))
        return book

    def add(self, event: Event) -> None:
        """One more event."""
        self.added.append(event)
        self._take(event)

    def new_rows(self) -> pl.DataFrame:
        """The events that were added, as rows."""
        rows = [tuple(getattr(event, name) for name in EVENT_SCHEMA) for event in self.added]
        return pl.DataFrame(rows, schema=dict(EVENT_SCHEMA), orient="row")

    def _take(self, event: Event) -> None:
        known = self.standings.get(event.recommendation_id)
        self.standings[event.recommendation_id] = known.after(event) if known else _begun(event)


Savings = Mapping[str, tuple[Decimal | None, Decimal | None]]
"""Range of the saving of what is proposed now, by id."""


def savings_of(proposed: pl.DataFrame) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """The ranges of a frame of proposals."""
    return {i: (low, high) for i, low, high in proposed.select("recommendation_id", "savings_low", "savings_high").iter_rows()}


def open_and_decide(book: Book, proposed: Savings, seen: Savings, decisions: pl.DataFrame, now: datetime) -> None:
    """Open what is new, then apply the decisions that were not applied yet, in the order in which they were made.

    Args:
        book: The book.
        proposed: What is proposed now.
        seen: What was proposed before: that is what people decided about.
        decisions: Rows of `finops/decisions`.
        now: The time.
    """
    for new in sorted(proposed.keys() - book.standings.keys()):
        low, high = proposed[new]
        book.add(Event(new, now, None, OPEN, PRODUCT, "found", savings_low=low, savings_high=high))
    known = {**proposed, **seen}
    for decision in _waiting(book, decisions):
        book.add(_decided(book.standings[decision["subject_id"]], decision, known, now))


def settle(
    book: Book,
    proposed: Savings,
    *,
    measured: Mapping[str, str],
    last_seen: Mapping[str, datetime],
    now: datetime,
    expire_after_days: int = 14,
) -> None:
    """What the product itself changes.

    Args:
        book: The book, with all decisions applied.
        proposed: What is proposed now.
        measured: Result of measuring what was done, by id. What is realised is measured further: who looks every day takes chance
            for a saving sooner or later.
        last_seen: When each was last proposed before now.
        now: The time.
        expire_after_days: Days without being proposed after which an open one expires.
    """
    for known, standing in sorted(book.standings.items()):
        silent = now - max(last_seen.get(known, standing.since), standing.since)
        found, result = known in proposed, measured.get(known)
        change = None
        if found and standing.ended(now.date()):
            change = OPEN, f"it was {standing.state} until {standing.until}"
        elif standing.state == DONE and result == VERIFIED:
            change = REALISED, "its saving is visible in the bills"
        elif standing.state == REALISED and result in (NOT_VISIBLE, REVERSE):
            change = DONE, "its saving is not visible in the bills any more"
        elif standing.state == OPEN and not found and silent > timedelta(days=expire_after_days):
            change = EXPIRED, f"not found for more than {expire_after_days} days"
        elif standing.state == EXPIRED and found:
            change = OPEN, "found again"
        elif standing.state == DISMISSED and found and (why := _comes_back(standing, proposed[known][1])):
            change = OPEN, why
        if change:
            low, high = proposed.get(known, (None, None))
            book.add(Event(known, now, standing.state, change[0], PRODUCT, change[1], savings_low=low, savings_high=high))


def pending(book: Book, decisions: pl.DataFrame, now: datetime) -> dict[str, str]:
    """The states that decisions which were not looked at yet are going to lead to, by id; the book stays as it is."""
    copy = Book(dict(book.standings))
    waiting = _waiting(copy, decisions)
    for decision in waiting:
        copy.add(_decided(copy.standings[decision["subject_id"]], decision, {}, now))
    return {decision["subject_id"]: copy.standings[decision["subject_id"]].state for decision in waiting}


def rows(book: Book, proposed: pl.DataFrame, stored: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Rows of `finops/recommendations`: what is proposed now as it is now, the rest as it was last, and where all of it stands.

    Args:
        book: The book after this run.
        proposed: `SCHEMA`, `rank` and `overlaps_with` of what is proposed now.
        stored: The rows of the run before.
        now: The time.
    """
    content = [*SCHEMA, "rank", "overlaps_with"]
    none = pl.lit(None)
    gone = stored.select(*content, "last_seen").join(proposed.select("recommendation_id"), on="recommendation_id", how="anti")
    left = gone.with_columns(rank=none.cast(pl.Int64), overlaps_with=none.cast(pl.String), proposed=pl.lit(value=False))
    seen = proposed.select(content).with_columns(last_seen=pl.lit(now).cast(_UTC), proposed=pl.lit(value=True))
    return pl.concat([seen, left]).join(_standings(book), on="recommendation_id").sort("recommendation_id")


def _standings(book: Book) -> pl.DataFrame:
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "recommendation_id": pl.String, "state": pl.String, "state_since": _UTC, "state_by": pl.String, "note": pl.String,
        "effective_day": pl.Date, "until": pl.Date, "first_seen": _UTC, "savings_low_first": MONEY, "savings_high_first": MONEY,
    }  # fmt: skip
    found = [
        (known, s.state, s.since, s.by, s.note, s.effective_day, s.until, s.first_at, *s.first_savings)
        for known, s in book.standings.items()
    ]
    return pl.DataFrame(found, schema=schema, orient="row")


def _waiting(book: Book, decisions: pl.DataFrame) -> list[dict[str, Any]]:
    """Decisions that are newer than the newest one of the same recommendation that was looked at, oldest first."""
    mine = decisions.filter(pl.col("subject") == RECOMMENDATION).sort("at", "decision_id")
    return [d for d in mine.iter_rows(named=True) if _is_new(book.standings.get(d["subject_id"]), d["at"])]


def _is_new(standing: Standing | None, at: datetime) -> bool:
    return standing is not None and (standing.decided_at is None or at > standing.decided_at)


def _decided(standing: Standing, decision: Mapping[str, Any], proposed: Savings, now: datetime) -> Event:
    wanted, state = decision["verdict"], standing.state
    allowed = wanted == state or wanted in BY_PEOPLE[state]
    low, high = proposed.get(decision["subject_id"], (None, None))
    note = decision["note"] if allowed else f"not applied, for it was {state}: {wanted}. {decision['note']}".strip()
    return Event(
        decision["subject_id"], now, state, wanted if allowed else state, decision["by"], note, allowed,
        decision["valid_from"], decision["until"], decision["at"], low, high,
    )  # fmt: skip


def _comes_back(standing: Standing, high: Decimal | None) -> str | None:
    """Why something dismissed is to be looked at again; None if the situation is the same."""
    then = standing.savings_then
    if high is not None and then is not None and high > _GROWN * then:
        return f"it may save {high:.2f} a month, and {then:.2f} when it was dismissed"
    return None
