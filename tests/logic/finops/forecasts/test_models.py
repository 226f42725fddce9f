"""The parts that forecasts are made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.finops.logic.forecasts import regression
from assets.finops.logic.forecasts.candidates import candidates, lag_lengths, worth_cleaning
from assets.finops.logic.forecasts.cleaning import cleaned
from assets.finops.logic.forecasts.combination import combined, losses, weights
from assets.finops.logic.forecasts.effects import effects
from assets.finops.logic.forecasts.intervals import of_sums, quantiles, spread
from assets.finops.logic.forecasts.preparation import filled, is_intermittent
from assets.finops.logic.forecasts.repetition import drift, last_season, mean_season, typical_season
from assets.finops.logic.forecasts.seasons import long_season
from assets.finops.logic.forecasts.smoothing import smoothed


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(11).normal(0, 1, shape)


def test_the_week_is_found_in_hourly_values_and_the_year_in_weekly_ones() -> None:
    hours = np.arange(24 * 7 * 5)
    busy = np.where((hours // 24) % 7 < 5, 10.0, 3.0) * (1 + np.sin(hours / 24 * 2 * np.pi))
    assert long_season(busy + 0.5 * noise(20, len(hours)), 24) == 168
    weeks = np.arange(52 * 6)
    year = 20 + 5 * np.sin(weeks / 52 * 2 * np.pi) + np.where(weeks % 52 == 51, 10, 0)
    assert long_season(year + 0.3 * noise(20, len(weeks)), 1) == 52


def test_noise_has_no_longer_season() -> None:
    assert long_season(100 + noise(30, 400), 7) == 7
    assert long_season(np.cumsum(noise(30, 400), axis=1), 1) == 1
    assert long_season(noise(3, 12), 7) == 7


def test_regressions_look_at_whole_cycles_at_least_as_long_as_the_horizon() -> None:
    assert lag_lengths(30, 7, 7) == [35, 42, 70]
    assert lag_lengths(48, 24, 168) == [168, 192, 336]
    assert lag_lengths(13, 1, 52) == [52, 56, 104]


def test_a_regression_learns_a_rule_that_all_series_share() -> None:
    past = np.cos(np.arange(120) * 2 * np.pi / 9 + noise(12, 1) * 3) * 5 + 50
    common = regression.pooled(past[:, :-9], 9, 1, 18)
    assert common is not None
    np.testing.assert_allclose(regression.ahead(past[:, :-9], 1, common), past[:, -9:], atol=0.3)
    (own,) = regression.own(past[:, :-9], 9, 1, common, (0.001,))
    np.testing.assert_allclose(own, past[:, -9:], atol=0.1)


def test_a_strong_pull_makes_the_own_regression_the_common_one() -> None:
    past = 50 + noise(5, 80)
    common = regression.pooled(past, 4, 1, 8)
    assert common is not None
    (own,) = regression.own(past, 4, 1, common, (1e9,))
    np.testing.assert_allclose(own, regression.ahead(past, 1, common), rtol=1e-5)


def test_too_few_windows_teach_nothing() -> None:
    assert regression.pooled(noise(1, 20), 5, 1, 10) is None
    assert regression.pooled(noise(1, 10), 5, 1, 10) is None


def test_smoothing_follows_the_week_and_ignores_one_odd_day() -> None:
    past = np.tile([10.0, 10, 10, 10, 10, 4, 4], (2, 12))
    past[1, -3] = 500
    found = smoothed(past, 7, 7)
    np.testing.assert_allclose(found[0], past[0, :7], rtol=0.01)
    np.testing.assert_allclose(found[1], past[0, :7], rtol=0.2)
    assert np.isnan(smoothed(past[:, :14], 7, 7)).all()


def test_smoothing_continues_a_trend_but_ever_less() -> None:
    found = smoothed(np.arange(100.0)[None] + 5, 20, 1)[0]
    steps = np.diff(found)
    assert found[0] == pytest.approx(105, abs=1.5)
    assert (steps > 0).all()
    assert (np.diff(steps) < 0).all()


def test_repetitions_of_the_past() -> None:
    past = np.arange(12.0)[None]
    assert last_season(past, 5, 4)[0].tolist() == [8, 9, 10, 11, 8]
    assert typical_season(past, 4, 4, 3)[0].tolist() == [4, 5, 6, 7]
    assert mean_season(past, 4, 4, 2)[0].tolist() == [6, 7, 8, 9]
    assert drift(past, 4, 1)[0].tolist() == [12, 13, 14, 15]
    assert drift(past, 5, 4)[0].tolist() == [12, 13, 14, 15, 16]
    assert np.isnan(last_season(past, 5, 13)).all()


def test_gaps_are_filled_from_the_season_before() -> None:
    values = np.array([[np.nan, 1, 2, 3, np.nan, np.nan, 6], [np.nan, np.nan, np.nan, 4, np.nan, np.nan, np.nan]])
    assert filled(values, 3)[0, 1:].tolist() == [1, 2, 3, 1, 2, 6]
    assert filled(values, 3)[1, 3:].tolist() == [4, 4, 4, 4]
    assert np.isnan(filled(values, 3)[:, 0]).all()


def test_cleaning_takes_out_what_passed_and_leaves_what_stayed() -> None:
    past = np.tile([10.0, 11, 10, 9, 10, 4, 4], (3, 12)) + 0.1 * noise(3, 84)
    spiked, shifted = past.copy(), past.copy()
    spiked[:, 40] = 90
    shifted[:, 50:] *= 3
    np.testing.assert_allclose(cleaned(spiked, 7), past, atol=0.8)
    changed = cleaned(shifted, 7) != shifted
    assert changed[:, :40].mean() < 0.03
    assert changed[:, 66:].mean() < 0.03


def test_what_comes_and_goes_in_an_idle_series_is_no_accident() -> None:
    past = np.where(np.arange(100) % 11 == 0, 30.0, 0.0)[None]
    np.testing.assert_array_equal(cleaned(past, 7), past)
    assert is_intermittent(past).all()


def test_cleaning_is_worth_it_if_and_only_if_accidents_are_noise() -> None:
    plain = 50 + noise(40, 200)
    struck = np.where(np.random.default_rng(2).random(plain.shape) < 0.02, plain * 6, plain)
    assert worth_cleaning(struck, 14, 7, 7)
    rhythm = np.where(np.arange(200) % 21 == 0, 400.0, 50.0) + noise(40, 200)
    assert not worth_cleaning(rhythm, 14, 7, 21)


def test_effects_seen_once_or_lost_in_noise_are_not_learnt() -> None:
    features = np.zeros((100, 3))
    features[[10, 40, 70], 0] = 1
    features[50, 1] = 1
    features[[20, 60], 2] = 1
    past = (20 + 0.2 * noise(4, 100)) * (1 + 0.5 * features[:, 0] + 2 * features[:, 1])
    learnt = effects(past, 7, features)
    np.testing.assert_allclose(learnt.strength[:, 0], 0.5 * 3 / 4, rtol=0.1)
    assert (learnt.strength[:, 1:] == 0).all()
    ahead = learnt.ahead(np.eye(3))
    np.testing.assert_allclose(ahead[:, 0], 20 * 0.375, rtol=0.1)
    assert (ahead[:, 1:] == 0).all()


def test_the_better_a_model_was_the_more_it_weighs() -> None:
    actual = noise(3, 2, 5)
    forecasts = np.stack([actual + 2, actual + 1, actual + np.array([0.1, 3])[:, None]])
    weight = weights(losses(forecasts, actual, np.zeros(2, dtype=bool)), np.ones((3, 2), dtype=bool))
    assert weight.argmax(axis=0).tolist() == [2, 1]
    np.testing.assert_allclose(weight.sum(axis=0), 1)


def test_a_series_without_a_backtest_takes_the_usual_weights() -> None:
    actual = noise(3, 3, 5)
    actual[:, 2] = np.nan
    forecasts = np.stack([actual + 2, actual + 0.5])
    weight = weights(losses(forecasts, actual, np.zeros(3, dtype=bool)), np.ones((2, 3), dtype=bool))
    assert (weight[1] > 0.5).all()


def test_a_model_without_a_forecast_has_no_say() -> None:
    forecasts = np.array([[[1.0, 1]], [[np.nan, np.nan]]])
    weight = weights(np.full((2, 1, 1), 0.5), np.array([[True], [False]]))
    assert combined(forecasts, weight).tolist() == [[1, 1]]
    assert np.isnan(combined(forecasts, np.zeros((2, 1)))).all()


@given(st.integers(2, 12), st.sampled_from([0.5, 0.8, 0.95]))
def test_bounds_cover_the_share_asked_for(series: int, level: float) -> None:
    errors = np.random.default_rng(series).standard_t(4, (40 * series, 6, 3)) * np.arange(1, 40 * series + 1)[:, None, None]
    of = spread(errors, np.ones(len(errors)), apart=5)
    low, high = quantiles(errors, of, level)
    came = np.random.default_rng(series + 1).standard_t(4, (len(errors), 3)) * np.arange(1, len(errors) + 1)[:, None]
    inside = (came >= low[:, None] * of.ahead) & (came <= high[:, None] * of.ahead)
    assert inside.mean() == pytest.approx(level, abs=0.1)


def test_few_backtests_make_wide_bounds_and_none_wider() -> None:
    errors = noise(1, 6, 5)
    narrow = quantiles(np.tile(noise(200, 6, 5), 1), spread(noise(200, 6, 5), np.ones(200), apart=5), 0.95)
    few = quantiles(errors, spread(errors, np.ones(1), apart=5), 0.95)
    assert few[1][0] - few[0][0] > narrow[1][0] - narrow[0][0]
    none = quantiles(errors * np.nan, spread(errors * np.nan, np.ones(1), apart=5), 0.95)
    assert none[1][0] == -none[0][0] > 2


def test_forecasts_stay_near_what_was_seen() -> None:
    past = np.exp(np.cumsum(noise(6, 90), axis=1) * 0.5)
    span = past.max(axis=1) - past.min(axis=1)
    for name, values in candidates(past, 10, 7, 7).items():
        assert (values <= (past.max(axis=1) + 0.51 * span)[:, None]).all(), name
        assert (values >= (past.min(axis=1) - 0.51 * span)[:, None]).all(), name


def test_bounds_of_sums_count_origins_that_share_their_days_once() -> None:
    rng = np.random.default_rng(4)
    held = {0.80: [], 0.95: []}
    for _ in range(400):
        # the error of the sum of a month that moves on by five days at a time
        days = rng.normal(0, 1, 120)
        errors = np.stack([days[90 - 5 * n : 120 - 5 * n] for n in range(1, 13)])[None]
        for level, inside in held.items():
            low, high = of_sums(errors, level, apart=5)
            inside.append(low[0] <= rng.normal(0, 1, 30).sum() <= high[0])
    assert np.mean(held[0.80]) == pytest.approx(0.80, abs=0.06)
    assert np.mean(held[0.95]) == pytest.approx(0.95, abs=0.03)


def test_sums_of_less_than_five_origins_have_no_bounds() -> None:
    low, high = of_sums(np.ones((1, 4, 30)), 0.95, apart=5)
    assert np.isnan([low[0], high[0]]).all()
