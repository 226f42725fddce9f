"""Figures about questions: properties of the divergence, of the week's figures, and of what chance alone would give."""

from datetime import UTC, date, datetime, timedelta
from math import isclose

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.documents.logic.query_drift import (
    by_chance,
    divergence,
    last_week_and_before,
    monday,
    oldest_comparable,
    weekly,
    words,
)
from assets.documents.tables import QUERY_DRIFT

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SEARCHES = {
    "query_id": pl.String, "asked_at": pl.Datetime("us", "UTC"), "question": pl.String, "document_ids": pl.List(pl.String),
    "best_dense": pl.Float64, "milliseconds": pl.Float64,
}  # fmt: skip
VOTES = {
    "query_id": pl.String, "document_id": pl.String, "said_at": pl.Datetime("us", "UTC"), "useful": pl.Boolean, "by": pl.String,
}  # fmt: skip
NO_VOTES = pl.DataFrame(schema=VOTES)

counts = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=12).filter(
    lambda pairs: any(a for a, _ in pairs) and any(b for _, b in pairs)
)
questions = st.lists(st.sampled_from(["travel", "cost", "rule", "vendor", "risk", "leave"]), max_size=4).map(" ".join)


def two(pairs):
    first, second = zip(*pairs, strict=True)
    return np.array(first, float), np.array(second, float)


@given(counts)
def test_the_divergence_is_between_none_and_one_bit_and_the_same_both_ways(pairs):
    first, second = two(pairs)
    assert 0 <= divergence(first, second) <= 1
    assert isclose(divergence(first, second), divergence(second, first), abs_tol=1e-12)


@given(counts, st.integers(1, 9))
def test_asking_the_same_more_often_is_no_divergence(pairs, times):
    first, _ = two(pairs)
    assert divergence(first, first * times) < 1e-9


@given(counts)
def test_words_that_nobody_shares_diverge_by_one(pairs):
    first, second = two(pairs)
    nothing = np.zeros_like(first)
    assert isclose(divergence(np.concatenate([first, nothing]), np.concatenate([nothing, second])), 1)


def test_the_divergence_of_a_known_case():
    # M = (3/4, 1/4): H(M) = 0.811278, H(P) = 0, H(Q) = 1, so 0.811278 - 0.5
    assert divergence(np.array([1.0, 0.0]), np.array([1.0, 1.0])) == pytest.approx(0.311278, abs=1e-6)


def test_without_words_there_is_nothing_to_compare():
    with pytest.raises(ValueError, match="no words"):
        divergence(np.zeros(2), np.ones(2))


def search(n, question="travel cost", days=0, **values):
    usual = {"query_id": f"q{n}", "asked_at": MONDAY + timedelta(days=days), "question": question}
    return {**usual, "document_ids": ["d"], "best_dense": 0.5, "milliseconds": 10.0, **values}


def frame(*rows):
    return pl.DataFrame(rows, schema=SEARCHES)


def test_a_week_is_told_in_the_columns_of_the_table():
    assert weekly(frame(), NO_VOTES).schema == QUERY_DRIFT.schema
    assert weekly(frame(search(1)), NO_VOTES).schema == QUERY_DRIFT.schema


def test_a_first_week_has_no_past_to_be_compared_with():
    (row,) = weekly(frame(search(1), search(2, days=6)), NO_VOTES).to_dicts()
    assert (row["week"], row["queries"]) == (MONDAY.date(), 2)
    assert (row["new_terms_share"], row["term_divergence"], row["useful_share"]) == (None, None, None)


def test_sunday_belongs_to_the_week_before_monday():
    assert weekly(frame(search(1, days=-1), search(2)), NO_VOTES)["week"].to_list() == [date(2026, 2, 23), date(2026, 3, 2)]


def test_new_words_are_those_of_no_question_of_the_four_weeks_before():
    asked = frame(search(1, "old Travel", -28), search(2, "older", -29), search(3, "TRAVEL older cloud", 0))
    row = weekly(asked, NO_VOTES).to_dicts()[-1]
    assert row["new_terms_share"] == pytest.approx(2 / 3)


def test_figures_of_a_week_are_those_of_its_searches():
    rows = [search(n, milliseconds=float(n), best_dense=n / 100) for n in range(1, 101)]
    rows += [search(101, document_ids=[], best_dense=None, milliseconds=1000.0)]
    (row,) = weekly(frame(*rows), NO_VOTES).to_dicts()
    assert row["empty_share"] == pytest.approx(1 / 101)
    assert row["median_best_dense"] == pytest.approx(0.505)
    assert row["p95_ms"] == 96


def test_a_vote_counts_for_the_week_of_its_search_and_the_last_one_holds():
    said = [
        ("q1", "d", 1, True, None), ("q1", "d", 9, False, None), ("q1", "e", 2, True, None), ("q1", "d", 3, True, "ann"),
        ("gone", "d", 1, False, None),
    ]  # fmt: skip
    votes = pl.DataFrame([(q, d, MONDAY + timedelta(days=n), u, by) for q, d, n, u, by in said], schema=VOTES, orient="row")
    rows = weekly(frame(search(1), search(2, days=8)), votes).to_dicts()
    assert rows[0]["useful_share"] == pytest.approx(2 / 3)
    assert rows[1]["useful_share"] is None


@settings(max_examples=40)
@given(st.lists(st.tuples(questions, st.integers(-60, 30)), max_size=30), st.randoms(use_true_random=False))
def test_the_figures_do_not_depend_on_the_order_of_the_log(asked, random):
    rows = [search(n, question, days) for n, (question, days) in enumerate(asked)]
    shuffled = random.sample(rows, len(rows))
    told = weekly(frame(*rows), NO_VOTES)
    again = weekly(frame(*shuffled), NO_VOTES)
    assert told.select(pl.exclude(pl.Float64)).equals(again.select(pl.exclude(pl.Float64)))
    for name in told.select(pl.col(pl.Float64)).columns:
        assert again[name].to_list() == pytest.approx(told[name].to_list(), abs=1e-9, nan_ok=True)
    assert told["queries"].sum() == len(rows)
    shares = told.select("new_terms_share", "term_divergence", "empty_share").unpivot()["value"].drop_nulls()
    assert shares.is_between(0, 1).all()


@pytest.mark.parametrize(
    ("question", "expected"),
    [("Ｔravel COST", ["travel", "cost"]), ("cafe\u0301?", ["caf\u00e9"]), ("§ 3.2 – ", ["3", "2"]), ("<b>", ["b"]), ("?!", [])],
)
def test_words_are_the_same_whatever_their_form(question, expected):
    assert words(question) == expected


TOPICS = (
    ["who pays for travel", "travel cost rule", "book a hotel", "flight class"],
    ["vendor risk", "end a contract", "notice"],
)


def asked_about(topic, n, seed):
    return list(np.random.default_rng(seed).choice(TOPICS[topic], n))


def test_few_questions_diverge_by_chance_alone_and_that_is_known():
    chance = by_chance(asked_about(0, 200, 1), asked_about(0, 6, 2))
    assert 0 < chance.observed <= chance.p99


def test_another_subject_diverges_beyond_chance():
    chance = by_chance(asked_about(0, 200, 1), asked_about(1, 30, 2))
    assert chance.observed > chance.p99 + 0.1


def test_chance_is_unknown_without_words_on_both_sides():
    assert by_chance([], ["a"]) is by_chance(["a"], ["?"]) is by_chance([], []) is None


@given(st.lists(questions, max_size=6), st.lists(questions, max_size=6))
def test_chance_has_its_parts_in_order(before, now):
    chance = by_chance(before, now, shuffles=20)
    if chance is not None:
        assert 0 <= chance.median <= chance.p99 <= 1
        assert chance == by_chance(before, now, shuffles=20)


def test_the_last_week_is_the_last_with_a_question():
    rows = [search(1, "a", -30), search(2, "b", -21), search(3, "c", -3), search(4, "d", 1), search(5, "e", 2)]
    assert last_week_and_before(frame(*rows)) == (["b", "c"], ["d", "e"])
    assert last_week_and_before(frame()) == ([], [])


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_a_comparable_week_has_its_whole_past_kept(kept_since):
    week = oldest_comparable(kept_since)
    assert week == monday(week)
    assert week - timedelta(weeks=4) >= kept_since.date()
    assert week - timedelta(weeks=5) < kept_since.date()
