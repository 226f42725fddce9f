"""The parts that learn: quantiles, the week, noise, places of the month, sums of series."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from assets.finops.logic.anomalies import noise
from assets.finops.logic.anomalies.groups import Groups
from assets.finops.logic.anomalies.places import Calendar, holiday
from assets.finops.logic.anomalies.quantiles import median, ordered_columns, quantile
from assets.finops.logic.anomalies.seasons import weekday_factors

WEEK = np.array([1.2, 1.1, 1.0, 1.0, 1.1, 0.9, 0.7])
VALUES = st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6))


@settings(max_examples=60, deadline=None)
@given(values=arrays.arrays(float, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=VALUES), share=st.floats(0, 1))
def test_quantiles_are_those_of_the_known_values_of_each_column(values, share):
    ours = quantile(*ordered_columns(values), share)

    for column, value in zip(values.T, ours, strict=True):
        known = column[~np.isnan(column)]
        assert value == pytest.approx(np.quantile(known, share) if len(known) else np.nan, nan_ok=True, rel=1e-9, abs=1e-6)


def test_a_table_without_rows_has_no_median():
    assert np.isnan(median(np.zeros((0, 3)))).all()


@pytest.mark.parametrize("unknown", [0.0, 0.1])
def test_weekday_factors_find_the_week_that_was_put_in(unknown):
    rng = np.random.default_rng(2)
    weekdays = np.arange(112) % 7
    costs = 50 * WEEK[weekdays][:, None] * np.exp(0.04 * rng.standard_normal((112, 4)))
    costs[rng.random(costs.shape) < unknown] = np.nan

    factors = weekday_factors(costs, weekdays)

    np.testing.assert_allclose(factors, np.tile(WEEK[:, None], 4), atol=0.06)
    np.testing.assert_allclose(factors.mean(axis=0), 1)


def test_a_few_odd_weeks_do_not_change_the_week():
    weekdays = np.arange(112) % 7
    costs = np.tile(WEEK[weekdays][:, None], 1)
    odd = costs.copy()
    odd[35:42] *= 5

    np.testing.assert_allclose(weekday_factors(odd, weekdays), weekday_factors(costs, weekdays), atol=0.02)


def test_noise_alone_has_no_week():
    rng = np.random.default_rng(4)
    costs = 50 * np.exp(0.2 * rng.standard_normal((112, 20)))

    assert np.abs(weekday_factors(costs, np.arange(112) % 7) - 1).mean() < 0.05


@pytest.mark.parametrize("costs", [np.zeros((60, 2)), np.full((60, 2), np.nan), np.ones((13, 2)), -np.ones((60, 2))])
def test_where_there_is_no_week_to_see_all_days_are_alike(costs):
    np.testing.assert_allclose(weekday_factors(costs, np.arange(len(costs)) % 7), 1)


@pytest.mark.parametrize("scale", [0.02, 0.1, 0.3])
def test_noise_finds_the_scale_that_was_put_in(scale):
    residuals = scale * np.random.default_rng(5).standard_normal((200, 30))

    learnt = noise.learn(residuals, np.zeros(30, dtype=np.int64), 2.3)

    assert np.median(learnt.scale) == pytest.approx(scale, rel=0.15)
    assert np.median(learnt.jump) > 4 * scale


def test_services_with_heavy_tails_have_higher_jumps_than_others():
    rng = np.random.default_rng(6)
    residuals = 0.1 * np.hstack([rng.standard_normal((200, 20)), rng.standard_t(2, (200, 20))])

    learnt = noise.learn(residuals, np.repeat([0, 1], 20), 2.3)

    assert np.median(learnt.jump[20:]) > 1.5 * np.median(learnt.jump[:20])


NOTHING = np.full((50, 1), np.nan)


@pytest.mark.parametrize(
    "residuals",
    [
        np.zeros((0, 2)),
        np.hstack([NOTHING, NOTHING]),
        np.zeros((50, 2)),
        np.zeros((1, 2)),
        np.hstack([NOTHING, np.zeros((50, 1))]),
    ],
)
def test_without_history_noise_is_assumed_and_never_zero(residuals):
    learnt = noise.learn(residuals, np.zeros(2, dtype=np.int64), 2.3)

    assert (learnt.scale > 0).all()
    assert np.isfinite(learnt.jump).all()


def test_a_calendar_knows_the_same_place_of_months_before():
    dates = [date(2024, 1, 1) + timedelta(days=n) for n in range(160)]
    calendar = Calendar.of(dates)

    places = {dates[n] for n in calendar.same_place(dates.index(date(2024, 4, 30)))}

    assert {date(2024, 1, 30), date(2024, 3, 30), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)} <= places
    assert not len(list(calendar.same_place(3)))


def test_a_holiday_needs_many_series_that_fall_on_a_weekday():
    factors = np.tile(np.array([1.2] * 5 + [0.5] * 2)[:, None], (1, 6))
    fell = np.array([-0.6, -0.6, -0.6, 0.0, 0.02, 0.0])
    scale, regular = np.full(6, 0.05), np.ones(6, dtype=bool)

    assert holiday(fell, factors, 2, scale, regular).tolist() == [True, True, True, False, False, False]
    assert not holiday(fell, factors, 6, scale, regular).any()
    assert not holiday(np.where(np.arange(6) < 2, fell, 0), factors, 2, scale, regular).any()
    assert not holiday(fell[:4], factors[:, :4], 2, scale[:4], regular[:4]).any()


def test_groups_sum_and_compare_the_rows_of_each_series():
    groups = Groups.of(np.array([0, 0, 1, 2, 2, 2]), 3)
    values = np.array([1.0, 2, 3, 4, 5, 6])

    assert groups.add(values).tolist() == [3, 3, 15]
    assert (groups.most(values).tolist(), groups.least(values).tolist()) == ([2, 3, 6], [1, 3, 4])
    assert [groups.rows(n).tolist() for n in range(3)] == [[0, 1], [2], [3, 4, 5]]
