"""Flags against labelled runs."""

import numpy as np
import pytest

from assets.fleet.logic.anomaly_quality.events import EventScore, episodes_of, event_score, pooled


def at(*points: int) -> np.ndarray:
    flags = np.zeros(100, dtype=bool)
    flags[list(points)] = True
    return flags


def test_flags_at_most_three_points_apart_are_one_episode():
    assert episodes_of(at(10, 13, 16, 20)) == [(10, 16), (20, 20)]
    assert episodes_of(at()) == []


def test_a_run_is_found_by_a_flag_inside_it_and_an_episode_is_right_a_point_beside_it():
    labels = at(*range(50, 60), *range(80, 85))

    assert event_score(at(55), labels) == EventScore(runs=2, found=1, episodes=1, right=1)
    assert event_score(at(49), labels) == EventScore(runs=2, found=0, episodes=1, right=1)
    assert event_score(at(60), labels) == EventScore(runs=2, found=0, episodes=1, right=1)
    assert event_score(at(48), labels) == EventScore(runs=2, found=0, episodes=1, right=0)


def test_runs_beside_each_other_are_counted_apart():
    assert event_score(at(10, 12), at(10, 12)).runs == 2


def test_f1_pools_the_counts_of_all_series():
    total = pooled([EventScore(2, 1, 1, 1), EventScore(2, 2, 3, 1), EventScore(0, 0, 0, 0)])

    assert (total.recall, total.precision) == (0.75, 0.5)
    assert total.f1 == pytest.approx(0.6)


def test_what_there_is_none_of_has_no_share():
    assert EventScore(0, 0, 0, 0).f1 is None
    assert EventScore(3, 0, 0, 0).f1 == 0
    assert EventScore(3, 0, 0, 0).precision is None
    assert EventScore(0, 0, 2, 0).recall is None
