"""Words as Oracle Text indexes them and is asked for them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.errors import BadInput
from resources.knowledge_base.analysis import analyse
from resources.oracle_db import words

HOSTILE = [
    "}",
    "{",
    "%",
    ";",
    "NEAR",
    "a} OR {b",
    "x' OR '1'='1",
    "within",
    "$stem",
    "!sound",
    "?fuzzy",
    "a*10",
    "über",
    "3.5",
    "x" * 300,
]
EXPRESSION = re.compile(r"\{[a-z0-9]{1,60}\}\*\d+\.\d(?: ACCUM \{[a-z0-9]{1,60}\}\*\d+\.\d)*")


def test_a_plain_term_stays_readable():
    assert words.token("termin") == "termin"


@given(st.text(min_size=1))
def test_a_token_is_letters_and_digits_only_whatever_the_term(term):
    assert re.fullmatch(r"[a-z0-9]{1,60}", words.token(term))


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_terms_have_different_tokens(one, other):
    assert (words.token(one) == words.token(other)) == (one == other)


def test_no_plain_term_can_pass_for_the_hash_of_another():
    assert words.token(words.token("3.5")) != words.token("3.5")


@pytest.mark.parametrize("term", HOSTILE)
def test_no_operator_gets_out_of_a_term(term):
    [expression] = words.expressions({term: 1.0})

    assert EXPRESSION.fullmatch(expression)


@given(st.dictionaries(st.text(min_size=1), st.floats(1e-6, 1e6), min_size=1, max_size=40))
def test_expressions_are_terms_with_weights_that_the_operator_takes(terms):
    found = words.expressions(terms)

    assert all(EXPRESSION.fullmatch(one) for one in found)
    weights = [float(weight) for one in found for weight in re.findall(r"\*(\d+\.\d)", one)]
    assert len(weights) == len(terms)
    assert max(weights) == words.MOST_WEIGHT
    assert min(weights) >= words.LEAST_WEIGHT


def test_terms_of_a_long_question_are_shared_out_and_none_is_lost():
    terms = {f"term{n:04}": 1.0 for n in range(1000)}

    found = words.expressions(terms)

    assert len(found) > 1
    assert max(len(one.encode()) for one in found) < 4000
    assert re.findall(r"\{(\w+)\}", " ".join(found)) == list(terms)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_a_weight_that_means_nothing_is_refused(weight):
    with pytest.raises(BadInput, match="weight"):
        words.expressions({"term": weight})


def test_a_question_asks_for_the_tokens_that_its_passage_was_indexed_with():
    indexed = words.indexed_text("Vendor contracts", "Ending › Notice", "Terminations take 3.5 months; don't hurry.").split()

    assert {words.token(term) for term in analyse("terminating vendors: 3.5 don't notices")} <= set(indexed)


def test_a_term_is_indexed_as_often_as_it_occurs():
    assert words.indexed_text("", None, "risk, risks and risk").split().count("risk") == 3
