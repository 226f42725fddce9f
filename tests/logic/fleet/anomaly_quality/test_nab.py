"""The scoring of the Numenta Anomaly Benchmark."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fleet.logic.anomaly_quality import nab
from benchmarks.labelled_metrics import published, windowed


def flags(points: int, *at: int) -> np.ndarray:
    scores = np.zeros(points)
    scores[list(at)] = 1
    return scores


def test_a_window_is_worth_the_more_the_earlier_it_is_found_and_counts_once():
    series = nab.worth(1000, [(500, 599)])

    def raw(*at: int) -> float:
        return nab.raw_score(flags(1000, *at), series, 1.0)

    assert raw(500) == pytest.approx(1)
    assert raw(500) > raw(550) > raw(599) > 0
    assert raw(500, 550, 599) == raw(500)
    assert raw() == -1


def test_a_false_alarm_costs_the_more_the_farther_it_lies_behind_a_window():
    series = nab.worth(1000, [(500, 599)])

    def cost(at: int) -> float:
        return nab.raw_score(flags(1000, at), series, 1.0) + 1

    assert cost(400) == pytest.approx(-0.11)
    assert 0 > cost(605) > cost(640) > cost(900)
    assert cost(900) == pytest.approx(-0.11)
    assert cost(649) == pytest.approx(0.11 * (2 / (1 + math.exp(5 * 50 / 99)) - 1))


def test_the_probationary_period_counts_for_nothing():
    short, long = nab.worth(1000, []), nab.worth(20_000, [])

    assert nab.raw_score(flags(1000, 149), short, 1.0) == 0
    assert nab.raw_score(flags(1000, 150), short, 1.0) == pytest.approx(-0.11)
    assert nab.raw_score(flags(20_000, 749), long, 1.0) == 0
    assert nab.raw_score(flags(20_000, 750), long, 1.0) == pytest.approx(-0.11)


def test_never_flagging_is_worth_0_and_perfection_100():
    series = nab.worth(1000, [(500, 599), (800, 899)])

    assert nab.normalised(nab.raw_score(flags(1000), series, 1.0), 2) == 0
    assert nab.normalised(nab.raw_score(flags(1000, 500, 800), series, 1.0), 2) == pytest.approx(100)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_no_threshold_is_better_than_the_best(seed):
    rng = np.random.default_rng(seed)
    series = [nab.worth(300, [(100, 130), (200, 240)]), nab.worth(200, []), nab.worth(400, [(10, 20), (390, 399)])]
    scores = [np.round(rng.random(len(one.worth)) ** 4, 2) for one in series]
    threshold, best = nab.best_threshold(scores, series)

    def total(at: float) -> float:
        return sum(nab.raw_score(score, one, at) for score, one in zip(scores, series, strict=True))

    tried = {at: total(at) for at in [*np.unique(np.concatenate(scores)), np.inf]}
    assert best == pytest.approx(max(tried.values()))
    assert total(threshold) == pytest.approx(best)


def test_the_published_results_follow_from_the_published_scores(data_folder):
    folder = data_folder / "anomalies" / "nab"
    if not (folder / "published").is_dir():
        pytest.skip("data: CLOUDOPS_DATA holds no results of the Numenta Anomaly Benchmark")
    series, _ = windowed(folder)
    chosen = sorted(series, key=lambda one: len(one.values))[:15]
    worths = {one.name: nab.worth(len(one.values), one.windows) for one in chosen}
    results = published(folder, chosen)

    assert len(results) >= 15
    for one in results:
        assert nab.raw_score(one.scores, worths[one.series], one.threshold) == pytest.approx(one.score, abs=1e-9)
