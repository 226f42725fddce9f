"""The life of an action, whatever happens in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.actions.lifecycle import (
    APPROVED,
    EXECUTED,
    EXECUTING,
    EXPIRED,
    LEGAL,
    PROPOSED,
    REJECTED,
    STATES,
    VERDICTS,
    VERIFIED,
    Book,
    IllegalStep,
    Verdict,
    follow,
)
from assets.finops.logic.actions.model import SCHEDULE, Action, Facts

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
SEEN = Facts("instance", frozenset({"stop", "start"}), "running", "m5.xlarge")
ACTION = Action("policy", "idle", "m1", "aws", "i-1", ("AWS", "1", "EC2", "us-east-1", "USD"), "stop", seen=SEEN)
OTHERWISE = replace(ACTION, seen=replace(SEEN, size="m5.large"))
ID = ACTION.action_id

STEPS = st.one_of(
    st.tuples(st.just("said"), st.sampled_from(sorted(VERDICTS))),
    st.tuples(st.just("step"), st.sampled_from(STATES)),
    st.tuples(st.just("look"), st.sampled_from(["same", "otherwise", "gone", "undecided"])),
)


def played(steps: list[tuple[str, str]]) -> Book:
    """A book after everything that happened, one thing an hour; what is not legal changes nothing."""
    book = Book()
    for number, (what, which) in enumerate(steps):
        now = NOW + timedelta(hours=number)
        if what == "said":
            book.hear([Verdict(f"d{number}", ID, which, "ann", "", now)], now)
        elif what == "step":
            before = book.standings.get(ID)
            try:
                # what people alone may decide comes from people
                if which not in (APPROVED, REJECTED):
                    book.step(ID, which, now)
            except IllegalStep:
                assert book.standings.get(ID) == before
        else:
            found = {"same": [ACTION], "otherwise": [OTHERWISE]}.get(which, [])
            follow(book, found, frozenset({ID} if which == "undecided" else ()), now)
    return book


@given(st.lists(STEPS, max_size=30))
@settings(max_examples=400, deadline=None)
def test_every_step_that_is_taken_is_a_legal_one(steps):
    for event in played(steps).added:
        if event.applied:
            assert event.to_state in (LEGAL[event.from_state] if event.from_state else {PROPOSED})
        else:
            assert event.to_state == event.from_state


@given(st.lists(STEPS, max_size=30))
@settings(max_examples=400, deadline=None)
def test_nothing_is_executed_that_nobody_approved_since_it_was_proposed(steps):
    approved: str | None = None
    for event in (e for e in played(steps).added if e.applied):
        if event.to_state == PROPOSED:
            approved = None
        elif event.to_state == APPROVED:
            approved = event.by
        elif event.to_state == EXECUTING:
            assert approved == "ann"


@given(st.lists(STEPS, max_size=30), st.integers(0, 30))
@settings(max_examples=200, deadline=None)
def test_the_events_alone_tell_where_an_action_stands_from_any_of_them_on(steps, cut):
    book = played(steps)
    rows = book.new_rows()

    assert Book.of(rows.sample(fraction=1, shuffle=True, seed=1)).standings == book.standings
    assert rows["event_id"].is_unique().all()
    first = Book.of(rows.head(cut))
    again = Book.of(pl.concat([first.new_rows(), rows.head(cut)]))
    assert again.standings == first.standings


@given(st.lists(STEPS, max_size=20))
@settings(max_examples=200, deadline=None)
def test_what_was_said_counts_once(steps):
    book = played(steps)
    heard = [Verdict(e.decision_id, ID, "approved", "ann", "", e.at) for e in book.added if e.decision_id]
    before = dict(book.standings)

    book.hear(heard, NOW + timedelta(days=9))

    assert book.standings == before


def test_what_was_said_before_it_was_proposed_does_not_count():
    book = Book()
    book.propose(ACTION, NOW)

    book.hear([Verdict("d", ID, "approved", "ann", "", NOW - timedelta(seconds=1))], NOW)

    assert book.standings[ID].state == PROPOSED
    assert "said before this was proposed" in book.added[-1].note


def test_an_approval_is_for_what_was_proposed_and_falls_with_it():
    book = Book()
    follow(book, [ACTION], frozenset(), NOW)
    book.hear([Verdict("d", ID, "approved", "ann", "", NOW)], NOW)

    follow(book, [ACTION], frozenset(), NOW)
    assert book.standings[ID].state == APPROVED
    follow(book, [OTHERWISE], frozenset(), NOW)

    assert (book.standings[ID].state, book.standings[ID].approved_by) == (PROPOSED, None)


@pytest.mark.parametrize("state", [PROPOSED, APPROVED])
def test_what_is_not_found_any_more_expires_unless_that_is_not_known(state):
    book = Book()
    book.propose(ACTION, NOW)
    if state == APPROVED:
        book.hear([Verdict("d", ID, "approved", "ann", "", NOW)], NOW)

    follow(book, [], frozenset({ID}), NOW)
    assert book.standings[ID].state == state
    follow(book, [], frozenset(), NOW)
    assert book.standings[ID].state == EXPIRED


def test_a_timetable_that_is_verified_stays_in_force_though_it_is_found_again():
    schedule = replace(ACTION, operation=SCHEDULE)
    book = Book()
    book.propose(schedule, NOW)
    book.hear([Verdict("d", schedule.action_id, "approved", "ann", "", NOW)], NOW)
    for state in (EXECUTING, EXECUTED, VERIFIED):
        book.step(schedule.action_id, state, NOW)

    follow(book, [schedule], frozenset(), NOW)

    assert book.standings[schedule.action_id].state == VERIFIED


def test_where_a_step_is_not_possible_the_message_says_in_which_state_it_is():
    book = Book()
    book.propose(ACTION, NOW)

    with pytest.raises(IllegalStep, match="is proposed: it cannot become executing"):
        book.step(ID, EXECUTING, NOW)
