"""The confidence of values: calibrated, taught by corrections, and never more than is known."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.invoices.logic.confidence import FEATURES, Context, features, fitted, judged, shipped, threshold
from assets.invoices.logic.invoice import Candidate, Check, Invoice, LineItem, TaxLine, Value
from resources.document_ai.layout import Box

_BOX = Box(10, 10, 60, 20)


def _value(text, score=0.9, *, rivals=(), **more):
    chosen = Candidate(text, text, 1, _BOX, score, **more)
    return Value(chosen, (chosen, *(Candidate(other, other, 1, _BOX, rank) for other, rank in rivals)))


def _draws(count, seed=0):
    """Features and outcomes of a world in which only the score and a rival matter."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((count, len(FEATURES)))
    rows[:, 0] = 1
    rows[:, FEATURES.index("score")] = rng.normal(0.5, 1, count)
    rows[:, FEATURES.index("unrivalled")] = rng.random(count) < 0.5
    odds = 0.5 + 2 * rows[:, FEATURES.index("score")] + rows[:, FEATURES.index("unrivalled")]
    return rows, rng.random(count) < 1 / (1 + np.exp(-odds))


def test_a_probability_says_how_often_such_values_are_right():
    model = fitted(*_draws(5000))
    rows, right = _draws(5000, seed=1)
    said = np.array([model.probability(row) for row in rows.tolist()])
    for low in (0.1, 0.3, 0.5, 0.7, 0.9):
        inside = (said >= low) & (said < low + 0.1)
        assert abs(said[inside].mean() - right[inside].mean()) < 0.07


def test_one_correction_does_little_and_thousands_decide():
    prior = fitted(*_draws(2000))
    row = np.zeros((1, len(FEATURES)))
    row[0, 0] = 1
    row[0, FEATURES.index("score")] = 1
    before = prior.probability(row[0].tolist())
    once = fitted(row, np.array([False]), prior)
    often = fitted(np.repeat(row, 3000, axis=0), np.zeros(3000, bool), prior)
    assert before > 0.9
    assert before - 0.03 < once.probability(row[0].tolist()) < before
    assert often.probability(row[0].tolist()) < 0.2
    assert often.corrected == 3000
    assert often.labelled == prior.labelled + 3000


def test_nothing_corrected_changes_nothing():
    again = fitted(np.zeros((0, len(FEATURES))), np.zeros(0, bool), shipped())
    assert np.allclose(again.weights, shipped().weights, atol=1e-6)


def test_values_that_are_all_right_give_no_certainty_beyond_measure():
    rows, _ = _draws(200)
    model = fitted(rows, np.ones(200, bool))
    assert all(np.isfinite(model.weights))
    assert max(model.probability(row) for row in rows.tolist()) <= 1


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.8, 0.9, 0.95, 0.99]), st.booleans()), min_size=1, max_size=300),
    st.sampled_from([0.01, 0.05, 0.2]),
)
def test_of_what_is_accepted_no_larger_share_is_wrong_than_allowed(values, error):
    confidence = np.array([one for one, _ in values])
    right = np.array([ok for _, ok in values])
    accepted = confidence >= threshold(confidence, right, error)
    if accepted.any():
        assert (~right[accepted]).mean() <= error


def test_a_hundred_right_values_are_needed_before_one_in_a_hundred_is_promised():
    assert threshold(np.full(99, 0.9), np.ones(99, bool), 0.01) == 1
    assert threshold(np.full(100, 0.9), np.ones(100, bool), 0.01) == 0.9


def test_what_speaks_for_a_value_makes_it_surer():
    def sure(value, *checks, recognised=False):
        return shipped().probability(features("grand_total", value, Context(checks, recognised=recognised)))

    holds = Check("net_and_tax_are_total", True, "100 + 19 = 119")
    broken = replace(holds, holds=False)
    plain = _value("119.00")
    assert sure(plain, holds) > sure(plain)
    assert sure(plain) > sure(plain, broken)
    assert sure(plain) > sure(_value("119.00", rivals=[("191.00", 0.88)]))
    assert sure(plain, recognised=True) > sure(_value("119.00", reading=0.5), recognised=True)


def test_every_value_is_judged_and_judging_twice_is_judging_once():
    invoice = Invoice(
        (1,),
        {"grand_total": _value("119.00"), "seller": _value("Muster GmbH", 0.4)},
        (LineItem({"description": _value("Paper"), "line_total": _value("100.00")}, 1),),
        (TaxLine(_value("19"), _value("100.00"), _value("19.00")),),
    )
    once = judged(invoice, {1}, shipped())
    values = [*once.fields.values(), *once.items[0].columns.values(), once.taxes[0].rate, once.taxes[0].amount]
    assert all(0 < value.confidence < 1 for value in values)
    assert judged(once, {1}, shipped()) == once


def test_what_an_e_invoice_stores_keeps_its_confidence():
    stored = replace(_value("119.00", source="structured"), confidence=1.0)
    contradicted = replace(stored, confidence=None)
    found = judged(Invoice((1,), {"grand_total": stored, "line_total": contradicted}), (), shipped())
    assert found.fields["grand_total"].confidence == 1.0
    assert found.fields["line_total"].confidence is None


def test_an_amount_that_is_printed_nowhere_is_never_accepted():
    calculated = Value(Candidate("19.00", "", score=1.0, source="arithmetic"))
    found = judged(Invoice((1,), {"tax_total": calculated}), (), shipped())
    assert found.fields["tax_total"].confidence <= 0.5 < shipped().accept_from


def test_the_shipped_model_is_of_todays_features():
    assert shipped().features == FEATURES
    assert 0.8 < shipped().accept_from < 1
