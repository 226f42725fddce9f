"""Trends: what grows is told from what follows the week and from noise, and the bounds hold as often as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.trends import median, relative_to_weekday, slopes, spread

WEEKEND = np.arange(364) % 7 > 4


def series(days: int, *, slope: float = 0.0, noise: float = 0.0, rows: int = 1, seed: int = 1) -> np.ndarray:
    """Working days cost 100, weekends 30, growing by `slope` of that a day, give or take `noise`."""
    rng = np.random.default_rng(seed)
    level = 1 + slope * np.arange(days) + rng.normal(0, noise, (rows, days))
    return level * np.where(WEEKEND[:days], 30.0, 100.0)


@given(st.floats(-0.01, 0.01), st.integers(15, 91))
def test_the_week_does_not_disturb_the_slope(slope, days):
    (found,) = slopes(series(days, slope=slope)).slope / np.median(series(days, slope=slope))

    assert np.sign(round(found, 9)) == np.sign(round(slope, 9))


@given(st.floats(0.1, 1e6), st.floats(-0.005, 0.005))
def test_the_relative_slope_does_not_depend_on_the_scale(scale, slope):
    values = series(60, slope=slope, noise=0.05)

    one, other = (slopes(relative_to_weekday(values * factor)) for factor in (1, scale))

    assert one.slope == pytest.approx(other.slope, abs=1e-9)
    assert one.low == pytest.approx(other.low, abs=1e-9)


def test_a_few_odd_days_move_neither_slope_nor_spread_much():
    calm = series(90, slope=0.003, noise=0.02)
    odd = calm.copy()
    odd[0, [20, 55, 71]] *= 30

    before, after = (relative_to_weekday(values) for values in (calm, odd))

    assert slopes(after).slope == pytest.approx(slopes(before).slope, rel=0.1)
    assert spread(after, slopes(after).slope) == pytest.approx(spread(before, slopes(before).slope), rel=0.2)


@pytest.mark.parametrize(("days", "memory"), [(28, 0.0), (56, 0.0), (90, 0.0), (28, 0.6), (90, 0.6)])
def test_nine_of_ten_bounds_hold_the_true_slope_even_if_neighbouring_days_hang_together(days, memory):
    rows, true = 800, 0.002
    shocks = np.random.default_rng(2).normal(0, 0.1, (rows, days))
    for day in range(1, days):
        shocks[:, day] += memory * shocks[:, day - 1]

    found = slopes(1 + true * np.arange(days) + shocks)
    bounded = ~np.isnan(found.low)
    holds = (found.low <= true) & (true <= found.high)

    assert bounded.mean() > 0.9
    assert 0.87 <= holds[bounded].mean() <= 0.97


def test_unknown_days_are_left_out():
    values = series(60, slope=0.004)
    values[0, 10:24] = np.nan

    assert slopes(values).slope == pytest.approx(slopes(series(60, slope=0.004)).slope, rel=0.15)


def test_a_single_week_has_no_slope():
    assert np.isnan(slopes(series(7)).slope).all()
    assert np.isnan(slopes(np.full((2, 50), np.nan)).slope).all()


def test_months_have_a_trend_without_a_rhythm():
    assert slopes(np.array([[1.0, 2.0, 3.0, 4.0]]), period=1).slope == pytest.approx([1.0])


def test_a_weekday_that_costs_nothing_or_less_has_no_base():
    values = np.tile([1.0, 1, 1, 1, 1, 0, -1], 5)[None, :]

    assert np.isnan(relative_to_weekday(values)[0, [5, 6]]).all()
    assert (relative_to_weekday(values)[0, :5] == 1).all()


@settings(max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=30))
def test_the_median_is_that_of_the_known_values(values):
    (found,) = median(np.array([values]))

    known = [v for v in values if not np.isnan(v)]
    assert found == pytest.approx(np.median(known)) if known else np.isnan(found)
