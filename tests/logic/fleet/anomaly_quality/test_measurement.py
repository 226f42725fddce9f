"""Known anomalies in a metric's own history, and how well they are found."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from assets.fleet.logic.anomalies.judgement import Judgement, judge
from assets.fleet.logic.anomaly_quality.injection import HISTORY_DAYS, KINDS, inject
from assets.fleet.logic.anomaly_quality.measurement import EVENTS, MEASURED, NOT_ENOUGH_HISTORY, measure
from tests.logic.fleet.anomalies.series import daily, noise, times

POINTS = 24 * 30


def blind(when: np.ndarray, values: np.ndarray) -> Judgement:
    judged = judge(when, values)
    return replace(judged, is_anomaly=np.zeros(len(values), dtype=bool))


def fleet(number: int = 28) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(times(POINTS), daily(POINTS, seed)) for seed in range(number)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_anomaly_changes_the_values_from_its_first_point_on_and_nothing_before(kind):
    values = daily(POINTS)
    values[400:410] = np.nan
    made = [inject(times(POINTS), values, kind, np.random.default_rng(seed)) for seed in range(20)]
    placed = [one for one in made if one is not None]

    assert len(placed) >= 5
    for one in placed:
        assert one.first >= HISTORY_DAYS * 24
        np.testing.assert_array_equal(one.values[: one.first], values[: one.first])
        assert one.values[one.first] != values[one.first]
        assert one.first <= one.last < POINTS
        assert (np.isnan(one.values) == np.isnan(values)).all()
        assert np.nanmin(one.values) >= 0
        assert one.noises > 0


def test_a_short_history_has_no_place_for_an_anomaly():
    assert inject(times(100), daily(100), "spike", np.random.default_rng(0)) is None
    assert inject(times(1), daily(1), "spike", np.random.default_rng(0)) is None


def test_a_metric_that_never_moves_cannot_flatline_and_one_at_nothing_cannot_drop_out():
    assert inject(times(POINTS), np.full(POINTS, 7.0), "flatline", np.random.default_rng(0)) is None
    assert inject(times(POINTS), np.zeros(POINTS), "drop-out", np.random.default_rng(0)) is None
    assert inject(times(POINTS), 50 + noise(POINTS), "season change", np.random.default_rng(0)) is None


def test_recall_precision_and_delay_are_measured_on_the_metrics_themselves():
    quality = measure(fleet(), seed=1)

    assert quality.status == MEASURED
    assert quality.events.schema == pl.Schema(EVENTS)
    assert set(quality.events["kind"]) == set(KINDS)
    assert quality.recall > 0.7
    assert quality.precision > 0.8
    assert quality.median_points_to_detect <= 12
    assert quality.own_per_1000_points < 1
    by_kind = quality.by_kind()
    assert by_kind["events"].sum() == len(quality.events)
    assert (by_kind["low"] <= by_kind["recall"]).all()
    assert (by_kind["recall"] <= by_kind["high"]).all()


def test_a_detector_that_finds_nothing_has_no_recall_and_no_precision():
    quality = measure(fleet(), seed=1, detector=blind)

    assert quality.recall == 0
    assert quality.precision is None
    assert quality.median_points_to_detect is None


def test_what_is_flagged_anyway_is_no_merit_and_no_fault_of_a_known_anomaly():
    def always(when: np.ndarray, values: np.ndarray) -> Judgement:
        judged = judge(when, values)
        flags = np.zeros(len(values), dtype=bool)
        flags[: HISTORY_DAYS * 24 : 30] = True
        return replace(judged, is_anomaly=flags)

    quality = measure(fleet(), seed=1, detector=always)

    assert quality.own_episodes == 28 * 8
    assert quality.right == quality.wrong == 0


def test_the_same_seed_measures_the_same():
    assert measure(fleet(8), seed=3, rounds=2).events.equals(measure(fleet(8), seed=3, rounds=2).events)


def test_nothing_is_said_of_too_few_anomalies():
    quality = measure(fleet(5), seed=1)

    assert quality.status == NOT_ENOUGH_HISTORY
    assert quality.recall is None
    assert quality.precision is None


def test_no_metrics_have_no_quality():
    quality = measure([], seed=1)

    assert quality.status == NOT_ENOUGH_HISTORY
    assert quality.own_per_1000_points is None
    assert quality.by_kind().is_empty()
