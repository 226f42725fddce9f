"""How relevance, feedback, neighbours and preferences make a score."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assets.documents.logic.ranking.fusion import DENSE_SHARE, ENOUGH_WORDS, evidence_needed, fused
from assets.documents.logic.ranking.neighbours import supported
from assets.documents.logic.ranking.passages import FURTHER_PASSAGE, best_passages, closest, gathered, mean_vectors
from assets.documents.logic.ranking.preferences import NEUTRAL, Weights, popularity, preferred, recency
from assets.documents.logic.ranking.relevance import relevance

TODAY = date(2026, 1, 31)
SHARES = st.floats(0, 1)
WEIGHTS = st.builds(Weights, st.floats(0, 5), st.floats(0, 5), st.floats(1, 2000))


def scores(low: float, high: float):
    return arrays(np.float64, 6, elements=st.floats(low, high)).map(lambda found: found.round(6))  # as they come


def unit(rng: np.random.Generator, rows: int) -> np.ndarray:
    raw = rng.normal(size=(rows, 8)).astype(np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


@given(scores(-1, 1), scores(0, 50), st.floats(0, 60), SHARES)
def test_relevance_lies_between_zero_and_one(similarities, lexical, enough, share) -> None:
    relevance = fused(similarities, lexical, enough, share)
    assert relevance.min() >= 0
    assert relevance.max() <= 1 + 1e-12


@given(scores(-1, 1), scores(0, 50), st.floats(0, 60), st.floats(0.01, 100))
def test_the_unit_of_the_lexical_score_does_not_matter(similarities, lexical, enough, factor) -> None:
    assert fused(similarities, lexical * factor, enough * factor) == pytest.approx(fused(similarities, lexical, enough))


@given(scores(0.01, 0.9), scores(0.01, 40), st.floats(0, 60), st.integers(0, 5))
def test_a_passage_that_is_closer_or_shares_more_words_never_falls(similarities, lexical, enough, place) -> None:
    for higher, other in ((similarities, lexical), (lexical, similarities)):
        raised = higher.copy()
        raised[place] *= 1.05
        before = fused(higher, other, enough) if higher is similarities else fused(other, higher, enough)
        after = fused(raised, other, enough) if higher is similarities else fused(other, raised, enough)
        was_behind = before[place] <= before
        is_behind = after[place] < after - 1e-12
        assert not np.any(is_behind & ~was_behind)


def test_meaning_decides_alone_where_no_word_matches() -> None:
    assert fused(np.array([0.8, 0.4]), np.zeros(2), 8.0).tolist() == [1.0, 0.5]


def test_words_decide_where_meaning_is_opposed() -> None:
    words = 1 - DENSE_SHARE
    assert fused(np.array([-0.2, -0.9]), np.array([1.0, 3.0]), 0.0).tolist() == pytest.approx([words / 3, words])


def test_one_word_of_many_that_the_question_has_says_little() -> None:
    similarities, lexical = np.array([0.8, 0.4]), np.array([0.0, 2.0])
    few, enough = fused(similarities, lexical, evidence_needed([2.0] * 6)), fused(similarities, lexical, evidence_needed([2.0]))
    assert few[0] > few[1]
    assert enough[1] > enough[0]


@given(st.lists(st.floats(0.1, 10), max_size=12))
def test_the_evidence_of_a_question_is_that_of_its_most_telling_words(telling) -> None:
    assert evidence_needed(telling) <= sum(telling) + 1e-9
    assert evidence_needed([*telling, 0.05]) == pytest.approx(
        evidence_needed(telling) + (0.05 if len(telling) < ENOUGH_WORDS else 0)
    )


def test_nothing_found_gives_no_relevance() -> None:
    assert fused(np.empty(0), np.empty(0), 1.0).tolist() == []


@given(st.integers(0, 1000), st.integers(1, 30), SHARES)
def test_support_keeps_equal_relevance_as_it_is(seed, count, value) -> None:
    relevance = np.full(count, value)
    assert supported(relevance, unit(np.random.default_rng(seed), count)) == pytest.approx(relevance)


@given(st.integers(0, 1000), st.integers(1, 30))
def test_support_stays_between_the_lowest_and_the_highest_relevance(seed, count) -> None:
    rng = np.random.default_rng(seed)
    relevance = np.sort(rng.random(count))[::-1]
    after = supported(relevance, unit(rng, count))
    assert after.min() >= relevance.min() - 1e-12
    assert after.max() <= relevance.max() + 1e-12


@given(st.integers(0, 1000), st.floats(-0.5, 0.5))
def test_a_constant_added_to_all_relevance_is_added_to_all_after_support(seed, constant) -> None:
    rng = np.random.default_rng(seed)
    relevance, vectors = np.sort(rng.random(20))[::-1], unit(rng, 20)
    assert supported(relevance + constant, vectors) == pytest.approx(supported(relevance, vectors) + constant)


def test_a_document_among_relevant_ones_passes_one_among_irrelevant_ones() -> None:
    vectors = np.repeat(np.eye(2, dtype=np.float32), 4, axis=0)  # two groups that say the same each
    relevance = np.array([0.9, 0.9, 0.9, 0.5, 0.52, 0.1, 0.1, 0.1])
    order = np.argsort(-relevance, kind="stable")
    after = dict(zip(order.tolist(), supported(relevance[order], vectors[order]).tolist(), strict=True))
    assert after[3] > after[4]


def test_documents_that_have_nothing_in_common_do_not_support_each_other() -> None:
    relevance = np.array([0.9, 0.5, 0.1])
    assert supported(relevance, np.eye(3, dtype=np.float32)).tolist() == relevance.tolist()


def test_recency_halves_with_every_half_life() -> None:
    assert recency(TODAY, TODAY, 30) == 1
    assert recency(TODAY - timedelta(days=60), TODAY, 30) == pytest.approx(0.25)


def test_a_date_to_come_counts_as_today() -> None:
    assert recency(TODAY + timedelta(days=400), TODAY, 30) == 1


def test_an_unknown_date_has_no_recency_and_counts_as_neutral() -> None:
    assert recency(None, TODAY, 30) is None
    assert preferred(0.5, None, None, Weights(recency=1)) == preferred(0.5, NEUTRAL, None, Weights(recency=1))


@given(SHARES, st.integers(0, 4000), st.integers(0, 4000), WEIGHTS)
def test_of_two_that_are_the_same_otherwise_the_newer_never_stands_below_the_older(relevance, age, more, weights) -> None:
    newer, older = (recency(TODAY - timedelta(days=days), TODAY, weights.half_life_days) for days in (age, age + more))
    assert preferred(relevance, newer, None, weights) >= preferred(relevance, older, None, weights)


@given(SHARES, SHARES, st.none() | SHARES, st.none() | SHARES, WEIGHTS)
def test_the_score_grows_with_relevance_and_stays_between_zero_and_one(one, other, recent, popular, weights) -> None:
    low, high = sorted((one, other))
    assert 0 <= preferred(low, recent, popular, weights) <= preferred(high, recent, popular, weights) <= 1 + 1e-12


@given(SHARES, st.none() | SHARES, st.none() | SHARES)
def test_by_default_relevance_decides_alone(relevance, recent, popular) -> None:
    assert preferred(relevance, recent, popular, Weights()) == relevance


def test_popularity_is_drawn_towards_one_half_while_votes_are_few() -> None:
    assert popularity(0, 0) is None
    assert 0.5 < popularity(1, 0) < popularity(10, 0) < 1
    assert popularity(3, 3) == 0.5


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_further_useful_vote_never_lowers_popularity(useful, other) -> None:
    assert popularity(useful + 1, other) >= (popularity(useful, other) or 0)


@pytest.mark.parametrize(
    "wrong",
    [{"recency": -1}, {"popularity": float("nan")}, {"recency": float("inf")}, {"half_life_days": 0}, {"half_life_days": -3}],
)
def test_weights_out_of_range_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match=r"weights|half-life"):
        Weights(**wrong)


def test_a_document_is_as_close_as_its_closest_passage() -> None:
    assert closest(np.array([0.1, 0.7, -0.2, -0.4]), np.array([0, 0, 1, 1])).tolist() == [0.7, -0.2]


def test_words_in_further_passages_count_ever_less() -> None:
    found = gathered(np.array([1.0, 4.0, 2.0, 3.0]), np.array([0, 0, 0, 1]))
    assert found.tolist() == [4 + FURTHER_PASSAGE * 2 + FURTHER_PASSAGE**2, 3]


@given(st.lists(st.floats(0, 50), min_size=1, max_size=40))
def test_a_long_document_gains_little_by_its_length(lexical) -> None:
    total = gathered(np.array(lexical), np.zeros(len(lexical), np.int64))[0]
    assert max(lexical) <= total <= max(lexical) / (1 - FURTHER_PASSAGE) + 1e-9


def test_the_vector_of_a_document_is_the_mean_direction_of_its_passages() -> None:
    vectors = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    assert mean_vectors(vectors, np.array([0, 0, 1])) == pytest.approx(np.array([[0.5**0.5, 0.5**0.5], [0, 1]]))


def test_the_best_passage_of_equals_is_the_first() -> None:
    assert best_passages(np.array([0.2, 0.9, 0.9, 0.4]), np.array([0, 1, 1, 0])).tolist() == [3, 1]


@given(st.integers(0, 1000), st.integers(1, 40))
def test_relevance_does_not_depend_on_the_order_of_the_passages(seed, count) -> None:
    rng = np.random.default_rng(seed)
    vectors, lexical, similarities = unit(rng, count), rng.random(count) * 20, rng.random(count)
    _, owners = np.unique(rng.integers(0, 8, count), return_inverse=True)
    order = rng.permutation(count)
    found = relevance(similarities, lexical, vectors, owners, 30.0)
    again = relevance(similarities[order], lexical[order], vectors[order], owners[order], 30.0)
    assert found == pytest.approx(again, abs=1e-5)
    assert found.min() >= 0
    assert found.max() <= 1


def test_relevance_of_nothing_is_nothing() -> None:
    nothing = np.empty(0)
    assert relevance(nothing, nothing, np.empty((0, 8), np.float32), nothing.astype(np.int64), 1.0).tolist() == []
