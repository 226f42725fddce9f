"""Anomalies as stretches of time."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from assets.fleet.logic.anomalies.episodes import DOWN, EPISODES, FLAT, UP, episodes
from assets.fleet.logic.anomalies.judgement import judge_frame
from tests.logic.fleet.anomalies.series import noise

SERIES = ["database_id", "metric"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def found(values: np.ndarray, metric: str = "cpu") -> pl.DataFrame:
    points = pl.DataFrame(
        {
            "database_id": "db",
            "metric": metric,
            "time": [START + timedelta(hours=hour) for hour in range(len(values))],
            "value": pl.Series(values).fill_nan(None),
        }
    )
    return episodes(judge_frame(points, SERIES), SERIES)


def test_an_episode_says_when_how_far_and_in_which_direction():
    values = 50 + noise(500)
    values[300:305] = [80, 90, 120, 90, 80]
    (episode,) = found(values).iter_rows(named=True)

    assert episode["start"] == START + timedelta(hours=300)
    assert episode["end"] == START + timedelta(hours=304)
    assert episode["peak"] == START + timedelta(hours=302)
    assert (episode["value"], episode["points"], episode["direction"]) == (120, 5, UP)
    assert abs(episode["expected"] - 50) < 2
    assert episode["is_alarm"]
    assert not episode["is_open"]


def test_a_gap_inside_an_anomaly_does_not_make_two_of_it():
    values = 50 + noise(500)
    values[300:320] = 5
    values[305:315] = np.nan
    (episode,) = found(values).iter_rows(named=True)

    assert (episode["points"], episode["direction"]) == (10, DOWN)
    assert episode["end"] == START + timedelta(hours=319)


def test_what_lies_apart_is_two_episodes_and_the_last_may_still_go_on():
    values = 50 + noise(500)
    values[300] = values[310] = values[499] = 100

    assert found(values)["is_open"].to_list() == [False, False, True]


def test_a_stuck_metric_is_flat():
    values = 50 + noise(500)
    values[300:360] = values[300]

    assert found(values)["direction"].to_list() == [FLAT]


def test_episodes_of_series_are_apart_and_usual_ones_have_none():
    values = 50 + noise(500)
    assert found(values).is_empty()
    assert found(values).columns == [*SERIES, *EPISODES]
