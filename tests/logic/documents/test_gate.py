"""A new generation takes over only if its answers are not worse than those of the live one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.documents.logic.gate import Gate, judge

QUESTIONS = [f"question {n}" for n in range(12)]
SCORES = st.dictionaries(st.sampled_from(QUESTIONS), st.floats(0, 1), min_size=10)


def same(score: float) -> dict[str, float]:
    return dict.fromkeys(QUESTIONS, score)


def test_equal_answers_pass():
    verdict = judge(Gate(), same(0.5), same(0.5), live_rows=9, new_rows=9)

    assert verdict.passed
    assert (verdict.before, verdict.after, verdict.questions, verdict.worst) == (0.5, 0.5, 12, ())


def test_a_loss_beyond_the_tolerance_is_refused_and_its_questions_are_named():
    after = same(0.5) | {"question 3": 0.1}

    verdict = judge(Gate(tolerance=0.02), same(0.5), after, live_rows=9, new_rows=9)

    assert not verdict.passed
    assert verdict.worst == (("question 3", pytest.approx(0.4)),)
    assert "below" in verdict.reason


def test_a_loss_within_the_tolerance_passes():
    assert judge(Gate(tolerance=0.02), same(0.5), same(0.495), live_rows=9, new_rows=9).passed


def test_too_few_questions_are_no_judgement_unless_that_is_accepted():
    few = {"one": 1.0}

    refused = judge(Gate(), few, few, live_rows=9, new_rows=9)
    accepted = judge(Gate(without_golden_set=True), few, few, live_rows=9, new_rows=9)

    assert not refused.passed
    assert "1 judged questions" in refused.reason
    assert accepted.passed


def test_an_empty_generation_never_replaces_one_with_passages():
    assert not judge(Gate(without_golden_set=True), {}, {}, live_rows=9, new_rows=0).passed


@given(SCORES, SCORES, st.floats(0, 1))
def test_what_passes_has_kept_its_share(before, after, tolerance):
    verdict = judge(Gate(tolerance=tolerance, least_questions=1), before, after, live_rows=1, new_rows=1)

    if verdict.questions:
        assert verdict.passed == (verdict.after >= verdict.before * (1 - tolerance))
        assert all(loss > 0 for _, loss in verdict.worst)
