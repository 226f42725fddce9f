"""Which decision is in force, and which id is meant."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from assets.finops import tables
from assets.finops.logic.decisions import Decision, find, in_force, near
from assets.finops.logic.recommendations.identity import recommendation_id

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def said(number: int, verdict: str, **values: Any) -> dict[str, Any]:
    return {
        "decision_id": str(number), "at": NOW + timedelta(hours=number), "subject": "anomaly", "subject_id": "e1",
        "verdict": verdict, "by": "ann", "note": "", "valid_from": NOW.date(), "until": None, **values,
    }  # fmt: skip


def rows(*decisions: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(decisions), schema=tables.DECISIONS.schema)


def test_the_newest_verdict_is_in_force_whatever_the_order_of_the_rows():
    assert in_force(rows(said(2, "true"), said(1, "false")), "anomaly", NOW.date()) == {"e1": "true"}


def test_what_was_withdrawn_is_not_in_force():
    assert in_force(rows(said(1, "false"), said(2, "withdrawn")), "anomaly", NOW.date()) == {}


def test_a_verdict_holds_on_its_days_only():
    decisions = rows(said(1, "expected", until=date(2026, 3, 3)), said(2, "true", subject_id="e2", subject="recommendation"))

    held = [day for day in range(28, 37) if in_force(decisions, "anomaly", date(2026, 2, 1) + timedelta(days=day - 1))]

    assert held == [29, 30, 31]


def test_an_id_is_found_by_its_beginning_if_no_other_begins_so():
    known = ["abc1", "abd2", "abc"]

    assert find("abd", known) == "abd2"
    assert find("abc", known) == "abc"
    assert find("ab", known) is None
    assert find("", known) is None
    assert near("ab", known) == ["abc", "abc1", "abd2"]
    assert near("abx2", known)[0] == "abd2"


def test_a_decision_repeats_another_if_it_says_the_same_at_another_time():
    first = Decision(NOW, "anomaly", "e1", "true", "ann", "", NOW.date())

    assert first.repeats(said(5, "true"))
    assert not first.repeats(said(5, "false"))
    assert not first.repeats(None)
    assert first.identity(0) != first.identity(1)


def test_an_identity_depends_on_what_is_proposed_about_what_and_on_nothing_else():
    series = ("AWS", "a", "EC2", None, "USD")

    same = recommendation_id("automation opportunity", "idle review", series, "i-1")

    assert same == recommendation_id("automation opportunity", "idle review", list(series), "i-1")
    others = [
        recommendation_id("automation opportunity", "rightsizing", series, "i-1"),
        recommendation_id("automation opportunity", "idle review", series, "i-2"),
        recommendation_id("automation opportunity", "idle review", (*series[:3], "r", "USD"), "i-1"),
        recommendation_id("automation opportunity", "idle review", series, None),
    ]
    assert len({same, *others}) == 5
    assert len(same) == 16
