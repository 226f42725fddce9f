"""Totals and parts: they agree, as well as the errors of both let them, and nothing is counted twice."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assets.finops.logic.forecasts.hierarchy import reconciled, totals_of

FIVE = pl.DataFrame(
    {"ProviderName": ["AWS", "AWS", "Oracle", "Oracle", None], "BillingCurrency": ["USD", "USD", "USD", "EUR", "EUR"]}
)
TOTALS = totals_of(FIVE)
SUMS = np.array([[row in total.members for row in range(5)] for total in TOTALS], dtype=float)


def figures(*shape: int, low: float = 0, high: float = 1000):
    return arrays(np.float64, shape, elements=st.floats(low, high, allow_subnormal=False))


def index(level: str, provider: str | None, currency: str) -> int:
    (found,) = [n for n, t in enumerate(TOTALS) if (t.level, t.provider, t.currency) == (level, provider, currency)]
    return found


def test_there_is_a_total_per_cloud_and_currency_and_per_currency():
    members = {(t.level, t.provider, t.currency): sorted(t.members.tolist()) for t in TOTALS}

    assert members == {
        ("provider", "AWS", "USD"): [0, 1],
        ("provider", "Oracle", "USD"): [2],
        ("provider", "Oracle", "EUR"): [3],
        ("provider", None, "EUR"): [4],
        ("currency", None, "USD"): [0, 1, 2],
        ("currency", None, "EUR"): [3, 4],
    }


@given(figures(5, 3), figures(5), figures(6))
def test_forecasts_that_agree_already_stay_as_they_are(point, variance, total_variance):
    result = reconciled(point, variance, TOTALS, SUMS @ point, total_variance)

    assert result == pytest.approx(point, abs=1e-6)


@given(figures(5, 3, low=500), figures(5, low=1, high=10), figures(6, 3, low=-50, high=50), figures(6, low=1, high=10))
def test_the_result_is_that_of_weighted_least_squares(point, variance, off, total_variance):
    """Against the matrix form: S (S' W⁻¹ S)⁻¹ S' W⁻¹ ŷ over all series and totals."""
    total_point = SUMS @ point + off
    summing = np.vstack([np.eye(5), SUMS])
    weights = np.diag(1 / np.concatenate([variance, total_variance]))
    expected = np.linalg.solve(summing.T @ weights @ summing, summing.T @ weights @ np.vstack([point, total_point]))

    assert reconciled(point, variance, TOTALS, total_point, total_variance) == pytest.approx(expected, rel=1e-6)


@given(figures(5, 3), figures(5), figures(6, 3), figures(6))
def test_no_cost_becomes_negative(point, variance, total_point, total_variance):
    assert (reconciled(point, variance, TOTALS, total_point, total_variance) >= 0).all()


def test_a_total_without_a_forecast_says_nothing():
    point = np.arange(15.0).reshape(5, 3)

    assert np.array_equal(reconciled(point, np.ones(5), TOTALS, np.full((6, 3), np.nan), np.full(6, np.nan)), point)


def test_a_certain_part_keeps_its_forecast_and_the_others_take_the_difference():
    point, total_point = np.full((5, 1), 10.0), SUMS @ np.full((5, 1), 10.0)
    total_point[index("provider", "AWS", "USD")] += 6

    result = reconciled(
        point, np.array([0, 4, 0, 0, 0]), TOTALS, total_point, np.array([2.0 if t.provider else np.nan for t in TOTALS])
    )

    assert result[:, 0] == pytest.approx([10, 14, 10, 10, 10])


def test_a_series_without_a_forecast_is_left_out():
    point = np.full((5, 2), 10.0)
    point[1] = np.nan
    total_point = SUMS @ np.nan_to_num(point) * 2

    result = reconciled(point, np.ones(5), TOTALS, total_point, np.zeros(6))

    assert np.isnan(result[1]).all()
    assert result[[0, 2, 3, 4]] == pytest.approx(20)


def test_the_only_cloud_of_a_currency_counts_once():
    alone = FIVE.head(2)
    totals = totals_of(alone)

    result = reconciled(np.full((2, 1), 10.0), np.array([1.0, 1.0]), totals, np.full((2, 1), 40.0), np.array([2.0, 2.0]))

    assert result.sum() == pytest.approx(30)
