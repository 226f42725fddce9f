"""The life of a recommendation: who may change its state, and that nothing is done twice."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops import tables
from assets.finops.logic.decisions import VERDICTS
from assets.finops.logic.recommendations import lifecycle
from assets.finops.logic.recommendations.lifecycle import BY_PEOPLE, BY_PRODUCT, STATES, Book, open_and_decide, pending, settle

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
HUNDRED = (Decimal(50), Decimal(100))
Savings = Mapping[str, tuple[Decimal | None, Decimal | None]]


def decision(verdict: str, at: datetime, **values: Any) -> dict[str, Any]:
    return {
        "decision_id": f"{at}", "at": at, "subject": "recommendation", "subject_id": "r", "verdict": verdict, "by": "ann",
        "note": "", "valid_from": at.date(), "until": None, **values,
    }  # fmt: skip


def decisions(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=tables.DECISIONS.schema)


class Life:
    """Runs one after the other, each from what the one before stored."""

    def __init__(self) -> None:
        self.events = pl.DataFrame(schema=tables.RECOMMENDATION_EVENTS.schema)
        self.last_seen: dict[str, datetime] = {}
        self.seen: dict[str, tuple[Decimal | None, Decimal | None]] = {}
        self.decisions = decisions()

    def run(self, now: datetime, proposed: Savings | None = None, *, result: str | None = None) -> Book:
        found = {"r": HUNDRED} if proposed is None else proposed
        book = Book.of(self.events)
        open_and_decide(book, found, self.seen, self.decisions, now)
        settle(book, found, measured={"r": result} if result else {}, last_seen=self.last_seen, now=now)
        self.events = pl.concat([self.events, book.new_rows()])
        self.last_seen |= dict.fromkeys(found, now)
        self.seen |= found
        return book

    def say(self, verdict: str, at: datetime, **values: Any) -> None:
        self.decisions = pl.concat([self.decisions, decisions(decision(verdict, at, **values))])

    @property
    def state(self) -> str:
        return Book.of(self.events).standings["r"].state


def days(number: float) -> datetime:
    return NOW + timedelta(days=number)


def test_what_is_found_is_open_and_finding_it_again_adds_nothing():
    life = Life()

    life.run(NOW)
    second = life.run(days(1), {"r": (Decimal(1), Decimal(2))})

    assert life.state == "open"
    assert second.added == []
    assert second.standings["r"].first_savings == HUNDRED


def test_a_decision_is_applied_once():
    life = Life()
    life.run(NOW)
    life.say("accepted", days(0.5), note="in the next sprint")

    first, second = life.run(days(1)), life.run(days(2))

    assert [(e.from_state, e.to_state, e.by, e.note) for e in first.added] == [("open", "accepted", "ann", "in the next sprint")]
    assert second.added == []


def test_decisions_that_waited_together_are_applied_in_the_order_in_which_they_were_made():
    life = Life()
    life.run(NOW)
    life.say("done", days(0.6))
    life.say("accepted", days(0.5))

    assert [e.to_state for e in life.run(days(1)).added] == ["accepted", "done"]


def test_a_decision_that_is_not_possible_changes_nothing_but_is_recorded():
    life = Life()
    life.run(NOW)
    life.say("done", days(1))
    life.run(days(1))
    life.say("accepted", days(2))

    (event,) = life.run(days(3)).added

    assert life.state == "done"
    assert not event.applied
    assert event.note.startswith("not applied, for it was done: accepted")


def test_only_what_was_done_becomes_realised_and_keeps_its_day():
    life = Life()
    life.run(NOW, result="verified")
    assert life.state == "open"
    life.say("done", days(10), valid_from=date(2026, 3, 5))

    life.run(days(40), result="verified")

    assert life.state == "realised"
    assert Book.of(life.events).standings["r"].effective_day == date(2026, 3, 5)


def test_a_saving_that_more_days_do_not_show_is_realised_no_more():
    life = Life()
    life.run(NOW)
    life.say("done", days(1), valid_from=date(2026, 3, 2))
    life.run(days(20), result="verified")

    life.run(days(21), result="not enough days")
    assert life.state == "realised"
    life.run(days(40), result="not visible")

    assert life.state == "done"
    assert Book.of(life.events).standings["r"].effective_day == date(2026, 3, 2)


def test_what_people_open_again_is_not_expired_by_the_same_run():
    life = Life()
    life.run(NOW)
    life.run(days(20), {})
    life.say("open", days(30))

    life.run(days(31), {})
    assert life.state == "open"
    life.run(days(46), {})

    assert life.state == "expired"


def test_an_open_one_expires_after_fourteen_days_without_being_found_and_comes_back():
    life = Life()
    life.run(NOW)
    life.run(days(14), {})
    assert life.state == "open"

    life.run(days(14.5), {})
    assert life.state == "expired"
    life.run(days(20))

    assert life.state == "open"
    assert len(life.events) == 3


@pytest.mark.parametrize("verdict", ["accepted", "done", "dismissed"])
def test_what_somebody_decided_does_not_expire(verdict):
    life = Life()
    life.run(NOW)
    life.say(verdict, days(1))

    life.run(days(100), {})

    assert life.state == verdict


def test_what_is_dismissed_stays_dismissed_until_it_saves_more_than_twice_as_much():
    life = Life()
    life.run(NOW)
    life.say("dismissed", days(1))

    life.run(days(2), {"r": (Decimal(90), Decimal(200))})
    assert life.state == "dismissed"
    life.run(days(90), {"r": (Decimal(90), Decimal("200.01"))})

    assert life.state == "open"
    assert "200.01" in Book.of(life.events).standings["r"].note


@pytest.mark.parametrize("verdict", ["accepted", "done", "dismissed"])
def test_what_is_decided_for_a_time_comes_back_after_it(verdict):
    life = Life()
    life.run(NOW)
    life.say(verdict, days(1), until=date(2026, 3, 20))

    life.run(datetime(2026, 3, 20, 23, tzinfo=UTC))
    assert life.state == verdict
    life.run(datetime(2026, 3, 21, tzinfo=UTC))

    assert life.state == "open"
    assert Book.of(life.events).standings["r"].until is None


def test_people_can_reopen_whatever_is_closed():
    for state in STATES:
        assert state == "open" or "open" in BY_PEOPLE[state]


def test_people_decide_only_what_can_be_said_and_the_product_only_what_it_measured():
    assert set().union(*BY_PEOPLE.values()) <= set(VERDICTS["recommendation"])
    assert set().union(*BY_PRODUCT.values()) == {"open", "expired", "realised", "done"}
    assert set(BY_PEOPLE) == set(STATES)


def test_a_run_that_was_killed_after_its_events_repeats_none_of_them():
    life = Life()
    life.run(NOW)
    life.say("done", days(1))
    life.run(days(2))
    life.last_seen = {}  # the rows were not written

    assert life.run(days(2)).added == []


def test_what_waits_is_told_before_the_next_run():
    life = Life()
    life.run(NOW)
    life.say("accepted", days(0.1))
    life.say("done", days(0.2))

    assert pending(Book.of(life.events), life.decisions, days(1)) == {"r": "done"}
    assert life.state == "open"


def test_what_is_found_no_more_keeps_its_last_words():
    life = Life()
    book = life.run(NOW)
    columns = {**lifecycle.SCHEMA, "rank": pl.Int64, "overlaps_with": pl.String}
    row = {"recommendation_id": "r", "title": "do it", "rank": 1}
    proposed = pl.DataFrame([row], schema=columns)
    stored = lifecycle.rows(book, proposed, pl.DataFrame(schema=tables.RECOMMENDATIONS.schema), NOW)

    later = lifecycle.rows(life.run(days(1), {}), proposed.clear(), stored, days(1))

    assert set(stored.columns) == set(tables.RECOMMENDATIONS.schema)
    (kept,) = later.select("title", "proposed", "rank", "last_seen", "state").rows()
    assert kept == ("do it", False, None, NOW, "open")


STEPS = st.one_of(
    st.sampled_from(VERDICTS["recommendation"]),
    st.tuples(
        st.booleans(), st.sampled_from([None, "verified", "not visible", "reverse"]), st.integers(0, 20), st.integers(1, 500)
    ),
)


@given(st.lists(STEPS, max_size=15))
@settings(max_examples=40, deadline=None)
def test_whatever_happens_every_step_is_an_allowed_one_and_a_repeated_run_adds_none(steps):
    life, now = Life(), NOW
    life.run(now)
    for step in steps:
        now += timedelta(minutes=1)
        if isinstance(step, str):
            life.say(step, now)
            continue
        found, visible, waited, amount = step
        now += timedelta(days=waited)
        proposed = {"r": (Decimal(0), Decimal(amount))} if found else {}
        seen = dict(life.last_seen)
        life.run(now, proposed, result=visible)
        life.last_seen = seen
        assert life.run(now, proposed, result=visible).added == []
    for row in life.events.filter(pl.col("from_state").is_not_null() & pl.col("applied")).iter_rows(named=True):
        rules = BY_PRODUCT if row["by"] == "cloudops" else BY_PEOPLE
        assert row["to_state"] in rules.get(row["from_state"], frozenset()) | {row["from_state"]}
