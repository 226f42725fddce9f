"""When something is full: trends without steps, intervals that hold, and answers that are no numbers."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fleet.logic.capacity.backtest import HORIZONS, LEAST_ERRORS, Errors, Miss, coverage, misses
from assets.fleet.logic.capacity.charts import coverage_png
from assets.fleet.logic.capacity.forecast import outlook
from assets.fleet.logic.capacity.growth import LEAST_DAYS, Daily, growth

FIRST = date(2026, 8, 3)


def daily(values) -> Daily:
    return tuple((FIRST + timedelta(days=n), float(value)) for n, value in enumerate(values))


def walk(days: int, per_day: float, noise: float, seed: int, start: float = 300) -> Daily:
    random = np.random.default_rng(seed)
    return daily(start + np.cumsum(random.normal(per_day, noise, days)))


def level(found, percent: float):
    return next(full for full in found.full if full.level_percent == percent)


def test_a_straight_line_is_full_when_it_gets_there():
    series = daily(500 + 5 * n for n in range(42))
    found = outlook(series, 1000, series[-1][0])
    assert found.grown is not None
    assert found.grown.per_day == pytest.approx(5)
    assert (level(found, 80).days, level(found, 100).days) == (19, 59)
    assert level(found, 100).earliest <= 59 <= level(found, 100).latest


def test_a_purge_is_no_trend_and_is_told():
    values = [500 + 4 * n - (300 if n >= 25 else 0) for n in range(42)]
    grown = growth(daily(values))
    assert grown is not None
    assert grown.per_day == pytest.approx(4)
    assert [(step.day, round(step.size)) for step in grown.steps] == [(FIRST + timedelta(days=25), -300)]
    assert grown.level == pytest.approx(values[-1])


def test_a_load_is_no_trend_either_but_loads_that_keep_coming_are():
    once = growth(daily(500 + n + (200 if n >= 20 else 0) for n in range(42)))
    weekly = growth(daily(500 + 70 * (n // 7) for n in range(42)))
    assert once is not None
    assert weekly is not None
    assert once.per_day == pytest.approx(1)
    assert weekly.steps == ()
    assert weekly.per_day == pytest.approx(10, rel=0.15)


def test_a_spike_of_one_day_changes_nothing():
    values = [500 + 3 * n for n in range(42)]
    values[30] += 400
    grown = growth(daily(values))
    assert grown is not None
    assert grown.per_day == pytest.approx(3, rel=0.02)
    assert grown.steps == ()


def test_days_that_were_not_measured_do_not_tilt_the_slope():
    series = tuple(pair for n, pair in enumerate(daily(500 + 3 * n for n in range(42))) if n not in range(10, 22))
    grown = growth(series)
    assert grown is not None
    assert grown.per_day == pytest.approx(3)


@pytest.mark.parametrize(
    ("values", "capacity", "answer"),
    [
        ([900 - 6 * n for n in range(42)], 1000, "shrinking"),
        ([300 + 0.01 * n for n in range(42)], 1000, "not within a year"),
        ([950 + n for n in range(60)], 1000, "reached"),
        ([500 + 5 * n for n in range(42)], 1000, "forecast"),
        ([500 + 5 * n for n in range(42)], None, "unknown"),
        ([500 + 5 * n for n in range(9)], 1000, "unknown"),
        ([], 1000, "unknown"),
    ],
)
def test_answers_that_are_no_numbers_are_told_apart(values, capacity, answer):
    series = daily(values)
    today = series[-1][0] if series else FIRST
    assert level(outlook(series, capacity, today), 100).answer == answer


def test_what_is_unknown_says_how_many_days_are_missing_and_has_no_number():
    series = daily(500 + n for n in range(9))
    full = level(outlook(series, 1000, series[-1][0]), 100)
    assert (full.needs_days, full.days, full.earliest, full.latest) == (LEAST_DAYS - 9, None, None, None)
    assert full.reason == "9 days were measured: needs 5 more"


def test_what_was_last_measured_long_ago_says_nothing_of_today():
    series = daily(500 + 5 * n for n in range(42))
    full = level(outlook(series, 1000, series[-1][0] + timedelta(days=9)), 100)
    assert full.answer == "unknown"
    assert full.reason == f"nothing was measured since {series[-1][0]}"


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), per_day=st.floats(-3, 8), noise=st.floats(0.1, 6), capacity=st.floats(200, 3000))
def test_earliest_is_before_likely_is_before_latest_and_higher_levels_come_later(seed, per_day, noise, capacity):
    series = walk(60, per_day, noise, seed)
    found = outlook(series, capacity, series[-1][0], Errors(misses(series)))
    rank = []
    for full in found.full:
        if full.days is not None and full.earliest is not None:
            assert full.earliest <= full.days
        if full.latest is not None:
            assert full.days is not None
            assert full.days <= full.latest
        rank.append(400 if full.days is None else full.days)
    assert rank == sorted(rank)


def test_about_80_percent_of_the_intervals_hold_what_comes():
    held = coverage({str(seed): misses(walk(90, 2, 3, seed)) for seed in range(14)})
    near = [one for one in held if one.horizon <= 28]
    share = sum(one.inside for one in near) / sum(one.forecasts for one in near)
    assert 0.74 <= share <= 0.9


def test_a_forecast_of_the_past_knows_nothing_of_what_came_after_it():
    whole, part = walk(80, 2, 3, seed=1), walk(80, 2, 3, seed=1)[:60]
    last = part[-1][0]
    known = {(m.origin, m.horizon): m.error for m in misses(whole) if m.target <= last}
    again = {(m.origin, m.horizon): m.error for m in misses(part)}
    shared = known.keys() & again.keys()
    assert shared
    assert all(known[key] == again[key] for key in shared)


def test_a_database_with_few_errors_of_its_own_borrows_those_of_the_fleet():
    fleet = Errors(Miss(FIRST, FIRST, 7, error) for error in np.linspace(-9, 9, 50))
    few = Errors(Miss(FIRST, FIRST, 7, 0.1) for _ in range(LEAST_ERRORS - 1))
    many = Errors(Miss(FIRST, FIRST, 7, 0.1) for _ in range(LEAST_ERRORS))
    assert few.bounds(7, fleet)[1] > 5
    assert many.bounds(7, fleet) == (0.0, 0.1)
    assert many.bounds(max(HORIZONS), fleet) == (0.0, 0.1)


def test_the_picture_of_coverage_is_one():
    held = coverage({str(seed): misses(walk(50, 2, 3, seed)) for seed in range(2)})
    assert coverage_png({"storage": held}).startswith(b"\x89PNG")
