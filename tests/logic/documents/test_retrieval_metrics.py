"""Measures of a ranking, against values by hand and by scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from assets.documents.logic.retrieval_metrics import mean, ndcg, recall, reciprocal_rank

GRADES = st.dictionaries(st.sampled_from([f"d{n}" for n in range(12)]), st.integers(0, 4), min_size=2)


def test_ndcg_takes_the_grade_itself_as_gain() -> None:
    judged = {"a": 3, "b": 2, "c": 1}
    dcg = 2 / 1 + 0 + 3 / 2
    best = 3 / 1 + 2 / math.log2(3) + 1 / 2
    assert ndcg(["b", "unjudged", "a"], judged) == pytest.approx(dcg / best)


def test_the_best_ranking_has_an_ndcg_of_one_whatever_its_depth() -> None:
    assert ndcg(["a", "b", "c"], {"a": 3, "b": 2, "c": 1}, 2) == pytest.approx(1)


def test_ndcg_ignores_what_lies_below_its_depth() -> None:
    assert ndcg(["x", "y", "a"], {"a": 1}, 2) == 0


@pytest.mark.parametrize("metric", [ndcg, recall, reciprocal_rank])
@pytest.mark.parametrize("judged", [{}, {"a": 0}, {"a": -1}])
def test_a_question_without_relevant_documents_cannot_be_judged(metric, judged) -> None:
    assert metric(["a"], judged) is None


def test_a_grade_below_zero_counts_as_irrelevant() -> None:
    assert ndcg(["bad", "a"], {"a": 1, "bad": -2}) == pytest.approx(1 / math.log2(3))


def test_recall_is_the_share_of_relevant_documents_within_its_depth() -> None:
    judged = {"a": 1, "b": 2, "c": 0, "d": 1}
    assert recall(["a", "c", "x", "b"], judged, 3) == pytest.approx(1 / 3)
    assert recall(["a", "c", "x", "b"], judged, 4) == pytest.approx(2 / 3)


def test_the_reciprocal_rank_is_that_of_the_first_relevant_document() -> None:
    assert reciprocal_rank(["x", "c", "a"], {"a": 1, "c": 0}) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x"], {"a": 1}) == 0


def test_the_mean_is_over_what_could_be_judged() -> None:
    assert mean([1.0, None, 0.5]) == pytest.approx(0.75)
    assert mean([None]) is None


@given(GRADES, st.randoms(use_true_random=False), st.integers(1, 12))
def test_ndcg_is_that_of_scikit_learn(judged, random, depth) -> None:
    ranking = sorted(judged)
    random.shuffle(ranking)
    scores = np.arange(len(ranking), 0, -1)
    grades = np.array([judged[document] for document in ranking])
    found = ndcg(ranking, judged, depth)
    if found is None:
        assert not grades.any()
    else:
        assert found == pytest.approx(ndcg_score([grades], [scores], k=depth))
