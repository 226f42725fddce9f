"""Distributions of days: their quantiles, what is left of them while an invoice is open, and their calibration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assets.invoices.logic.payments.distribution import LONGEST, BetaMap, Distribution, fitted_map

MASSES = arrays(np.float64, (3, LONGEST + 2), elements=st.floats(0, 1)).filter(lambda mass: (mass.sum(axis=1) > 0.1).all())


def made(mass: np.ndarray) -> Distribution:
    within = np.minimum(np.cumsum(mass, axis=1) / mass.sum(axis=1, keepdims=True), 1.0)
    return Distribution(within[:, :-1])


def on(*days: int) -> Distribution:
    """All probability on one day each."""
    return Distribution((np.arange(LONGEST + 1)[None, :] >= np.array(days)[:, None]).astype(float))


def test_a_certain_day_is_every_quantile_of_it():
    found = [on(0, 12).quantile(p) for p in (0.1, 0.5, 0.9)]

    assert all(np.floor(one + 0.5).tolist() == [0, 12] for one in found)


def test_a_day_beyond_the_longest_is_unknown_and_not_the_longest():
    never = Distribution(np.full((1, LONGEST + 1), 0.3))

    assert np.isnan(never.quantile(0.5)).all()
    assert never.quantile(0.2).tolist() == [pytest.approx(0.1667, abs=1e-3)]


def test_nothing_is_paid_before_its_issue_and_unknown_days_stay_unknown():
    found = on(0, 3).at(np.array([-1.0, np.nan]))

    assert found[0] == 0
    assert np.isnan(found[1])


@given(MASSES, st.integers(0, 400))
def test_what_is_left_of_a_distribution_is_one_and_holds_nothing_of_the_past(mass, age):
    left = made(mass).given_open(np.full(3, float(age))).within

    assert (left[:, : age + 1] == 0).all()
    assert (np.diff(left, axis=1) >= -1e-9).all()
    assert ((left >= 0) & (left <= 1 + 1e-9)).all()


def test_an_invoice_that_outlived_its_distribution_is_expected_to_wait_as_long_again():
    left = on(10).given_open(np.array([40.0]))

    assert left.quantile(0.5)[0] == pytest.approx(81, abs=2)


def test_calibration_makes_overconfident_probabilities_uniform():
    random = np.random.default_rng(1)
    transforms = random.beta(0.6, 0.7, 4000)
    found = fitted_map(transforms)(np.sort(transforms))

    assert np.abs(found - np.linspace(0, 1, 4000)).max() < 0.03


def test_without_outcomes_nothing_is_corrected():
    assert fitted_map(np.empty(0)) == BetaMap()
    few = fitted_map(np.array([0.9, 0.95]))
    assert few.first == pytest.approx(1, abs=0.1)
