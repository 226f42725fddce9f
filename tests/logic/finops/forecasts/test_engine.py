"""Forecasts of many series: what must hold whatever the series are."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from assets.finops.logic.forecasts.engine import INTERMITTENT, NOT_ENOUGH, OK, Forecasts, Settings, forecast

SETTINGS = Settings(horizon=14)
DAYS = 150


def costs(series: int, days: int = DAYS, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    week = 1 - rng.choice([0.0, 0.4], (series, 1)) * (np.arange(days) % 7 >= 5)
    return rng.lognormal(3, 1, (series, 1)) * week * (1 + rng.normal(0, 0.08, (series, days)))


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    return costs(12)


@pytest.fixture(scope="module")
def found(values: np.ndarray) -> Forecasts:
    return forecast(values, SETTINGS)


def test_a_forecast_scales_with_its_series(values: np.ndarray, found: Forecasts) -> None:
    factor = np.where(np.arange(len(values)) % 2, 1000.0, 0.01)[:, None]
    scaled = forecast(values * factor, SETTINGS)
    np.testing.assert_allclose(scaled.point, found.point * factor, rtol=1e-6)
    np.testing.assert_allclose(scaled.upper[0.95], found.upper[0.95] * factor, rtol=1e-6)
    np.testing.assert_allclose(scaled.lower[0.80], found.lower[0.80] * factor, rtol=1e-6, atol=1e-9)


def test_what_lies_before_all_series_does_not_matter(values: np.ndarray, found: Forecasts) -> None:
    longer = np.hstack([np.full((len(values), 25), np.nan), values])
    np.testing.assert_allclose(forecast(longer, SETTINGS).point, found.point, rtol=1e-9)


def test_the_order_of_series_does_not_matter(values: np.ndarray, found: Forecasts) -> None:
    turned = forecast(values[::-1], SETTINGS)
    np.testing.assert_allclose(turned.point[::-1], found.point, rtol=1e-6)


def test_the_number_of_processes_does_not_change_the_result(values: np.ndarray) -> None:
    few = values[:3]
    one, two = forecast(few, SETTINGS), forecast(few, replace(SETTINGS, workers=2))
    np.testing.assert_array_equal(one.point, two.point)
    np.testing.assert_array_equal(one.errors, two.errors)
    assert one.backtest.equals(two.backtest)


def test_a_constant_stays_constant_and_certain() -> None:
    found = forecast(np.vstack([np.full(DAYS, 12.5), np.zeros(DAYS)]), SETTINGS)
    np.testing.assert_allclose(found.point, [[12.5] * 14, [0.0] * 14])
    np.testing.assert_allclose(found.upper[0.95] - found.lower[0.95], 0, atol=1e-9)


def test_a_week_is_learnt() -> None:
    week = np.tile([10.0, 11, 12, 13, 14, 3, 2], 20)[None]
    np.testing.assert_allclose(forecast(week, SETTINGS).point[0], week[0, :14], rtol=0.02)


def test_too_short_a_history_is_said_to_be_so() -> None:
    values = costs(3)
    values[1, :-20] = np.nan
    found = forecast(values, SETTINGS)
    assert found.status == [OK, NOT_ENOUGH, OK]
    assert found.model[1] == ""
    assert np.isnan(found.point[1]).all()
    assert np.isnan(found.upper[0.95][1]).all()
    assert np.isnan(found.errors[1]).all()
    assert 1 not in found.backtest["series"]


def test_nothing_known_at_all_is_no_error() -> None:
    found = forecast(np.full((2, 40), np.nan), SETTINGS)
    assert found.status == [NOT_ENOUGH] * 2
    assert found.point.shape == (2, 14)
    assert found.backtest.is_empty()
    assert {"coverage_80", "coverage_95", "mase", "skill", "bias", "origins"} <= set(found.backtest.columns)


def test_a_history_just_long_enough_has_wide_bounds_rather_than_none() -> None:
    values = costs(6)
    values[0, :-30] = np.nan
    found = forecast(values, SETTINGS)
    assert found.status[0] == OK
    assert (found.upper[0.95][0] > found.point[0]).all()


def test_costs_are_never_forecast_below_nothing_but_credits_are() -> None:
    falling = np.maximum(np.linspace(100, 0, DAYS) + costs(1)[0] / 50, 0)
    found = forecast(np.vstack([falling, -50 + costs(1, seed=2)[0] / 50]), SETTINGS)
    assert (found.point[0] >= 0).all()
    assert (found.lower[0.95][0] >= 0).all()
    assert (found.point[1] < 0).all()


def test_an_accident_in_the_past_is_not_repeated() -> None:
    plain = costs(8)
    struck = plain.copy()
    struck[0, -10] *= 30
    struck[1, -24:-20] = 0
    ours, calm = forecast(struck, SETTINGS), forecast(plain, SETTINGS)
    np.testing.assert_allclose(ours.point[:2].mean(axis=1), calm.point[:2].mean(axis=1), rtol=0.1)


def test_unknown_days_are_bridged() -> None:
    values = costs(8)
    gaps = values.copy()
    gaps[:, 100:103] = np.nan
    gaps[0, -1] = np.nan
    np.testing.assert_allclose(forecast(gaps, SETTINGS).point, forecast(values, SETTINGS).point, rtol=0.15)


def test_mostly_idle_series_are_called_intermittent_and_bounded_by_what_happened() -> None:
    rng = np.random.default_rng(3)
    values = np.vstack([np.where(rng.random(DAYS) < 0.25, 40.0, 0.0), costs(1)[0]])
    found = forecast(values, SETTINGS)
    assert found.status == [INTERMITTENT, OK]
    assert (found.upper[0.95][0] >= 40).all()
    assert (found.lower[0.95][0] == 0).all()
    assert found.point[0].mean() == pytest.approx(10, abs=5)


def test_intervals_cover_what_they_say() -> None:
    whole = costs(150, 200, seed=5)
    found = forecast(whole[:, :-14], SETTINGS)
    came = whole[:, -14:]
    for level in SETTINGS.levels:
        inside = (came >= found.lower[level]) & (came <= found.upper[level])
        assert inside.mean() == pytest.approx(level, abs=0.04)
    assert (found.upper[0.95] >= found.upper[0.80]).all()


def test_the_backtest_measures_the_chosen_forecast_against_the_naive_one(found: Forecasts) -> None:
    chosen = found.backtest.filter(pl.col("model") == "chosen")
    naive = found.backtest.filter(pl.col("model") == "seasonal_naive")
    assert chosen["series"].to_list() == naive["series"].to_list() == list(range(12))
    assert chosen["skill"].mean() > 0.1
    assert (naive["skill"] == 0).all()
    np.testing.assert_allclose(chosen["mae"], np.nanmean(np.abs(found.errors), axis=(1, 2)))
    np.testing.assert_allclose(chosen["bias"], -np.nanmean(found.errors, axis=(1, 2)))
    assert chosen["coverage_95"].mean() == pytest.approx(0.95, abs=0.05)
    assert naive["coverage_95"].null_count() == 12


def test_the_backtest_knows_nothing_of_the_days_it_forecasts(values: np.ndarray, found: Forecasts) -> None:
    other = values.copy()
    other[:, -7:] *= 3
    later = forecast(other, SETTINGS).errors
    change = (later - found.errors)[:, 0, :7] / values[:, -14:-7]
    assert np.abs(change).max() < 0.25, "days before the change are forecast as they were, but for the models' weights"


def test_days_known_in_advance_are_forecast_with_their_effect() -> None:
    fees = np.zeros(DAYS + 14)
    fees[::30] = 1
    plain = costs(6)
    with_fees = plain * (1 + 2 * fees[:DAYS])
    found = forecast(with_fees, SETTINGS, features=fees[:, None])
    (day,) = np.flatnonzero(fees[DAYS:]).tolist()
    ordinary = forecast(plain, SETTINGS).point
    assert (found.point[:, day] > 2 * ordinary[:, day]).all()
    others = np.delete(np.arange(14), day)
    np.testing.assert_allclose(found.point[:, others], ordinary[:, others], rtol=0.2)


def test_features_must_reach_as_far_as_the_forecast(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="164"):
        forecast(values, SETTINGS, features=np.zeros((DAYS, 1)))


@pytest.mark.parametrize("wrong", [Settings(horizon=0), Settings(season=0)])
def test_impossible_settings_are_refused(values: np.ndarray, wrong: Settings) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        forecast(values, wrong)


def total(seed: int, *, spike: int | None = None) -> np.ndarray:
    """Four months of a sum of many series and the month after, perhaps with a day that cost four times as much."""
    whole = costs(40, 150, seed).sum(axis=0)
    if spike is not None:
        whole[spike] *= 4
    return whole


def test_the_bounds_of_a_single_total_hold_what_they_say_and_are_not_those_of_one_accident() -> None:
    asked, inside, widened = Settings(), [], []
    for seed in range(12):
        calm, struck = total(seed), total(seed, spike=75)
        plain, after = forecast(calm[None, :120], asked), forecast(struck[None, :120], asked)
        inside.append((calm[120:] >= plain.lower[0.95][0]) & (calm[120:] <= plain.upper[0.95][0]))
        widths = [(found.upper[0.95] - found.lower[0.95]).mean() for found in (plain, after)]
        widened.append(widths[1] / widths[0])
    assert 0.92 < np.mean(inside) < 0.99
    assert np.median(widened) < 3, "the accident was one day of four months"


def test_coverage_is_unknown_where_no_bounds_can_be_told_without_the_errors_that_they_cover() -> None:
    short, long = (forecast(costs(3, days), Settings()).backtest for days in (60, 150))
    assert short.filter(pl.col("model") == "chosen")["coverage_95"].null_count() == 3
    assert long.filter(pl.col("model") == "chosen")["coverage_95"].null_count() == 0


def test_coverage_is_not_what_it_is_by_construction() -> None:
    """Errors that become larger from origin to origin are not held by bounds made of the earlier ones alone."""
    restless = np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.02, (1, 300)) * np.linspace(0, 3, 300), axis=1))
    told = [forecast(restless[:, :days], Settings()).backtest for days in range(200, 300, 10)]
    coverage = [one.filter(pl.col("model") == "chosen")["coverage_95"].item() for one in told]
    assert len(set(coverage)) > 5
    assert min(coverage) < 0.94


def test_an_accident_of_the_last_week_is_not_repeated_each_week() -> None:
    calm = costs(1)
    struck = calm.copy()
    struck[0, -1] *= 1000
    np.testing.assert_allclose(forecast(struck, SETTINGS).point, forecast(calm, SETTINGS).point, rtol=0.15)
