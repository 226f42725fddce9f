"""Metrics that stand still."""

import numpy as np

from assets.fleet.logic.anomalies.judgement import judge
from assets.fleet.logic.anomalies.settings import DEFAULT
from assets.fleet.logic.anomalies.stuck import stuck
from tests.logic.fleet.anomalies.series import noise, times


def test_a_metric_that_used_to_move_is_stuck_after_so_many_equal_values():
    values = noise(400)
    values[300:350] = values[300]

    assert np.flatnonzero(stuck(values, DEFAULT)).tolist() == list(range(300 + DEFAULT.stuck, 350))
    assert np.flatnonzero(judge(times(400), 50 + values).is_stuck).tolist() == list(range(300 + DEFAULT.stuck, 350))


def test_a_metric_that_rests_every_night_is_not_stuck():
    values = np.where(np.arange(800) % 96 < 40, 0.0, 5 + noise(800))

    assert not stuck(values, DEFAULT).any()


def test_a_metric_that_never_moved_is_not_stuck():
    assert not stuck(np.full(500, 3.0), DEFAULT).any()


def test_unknown_values_are_not_stuck_and_do_not_free_what_is():
    values = noise(400)
    values[300:350] = values[300]
    values[330:335] = np.nan
    found = stuck(values, DEFAULT)

    assert not found[330:335].any()
    assert found[335:350].all()


def test_nothing_known_is_not_stuck():
    assert not stuck(np.full(50, np.nan), DEFAULT).any()
