"""Metrics of a database judged together."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from assets.fleet.logic.anomalies.joint import causes, judge_together
from assets.fleet.logic.anomalies.judgement import ANOMALY, UNKNOWN, judge_frame
from assets.fleet.logic.anomalies.settings import DEFAULT
from assets.fleet.logic.anomalies.together import TOGETHER, together

CPU, SESSIONS, THROUGHPUT, STORAGE = range(4)
POINTS = 1200


def surprises(seed: int = 0) -> np.ndarray:
    """Three metrics that follow one load, and one that does not."""
    rng = np.random.default_rng(seed)
    load = rng.normal(0, 1, POINTS)
    return np.array([load + 0.15 * rng.normal(0, 1, POINTS) for _ in range(3)] + [rng.normal(0, 1, POINTS)])


def test_a_metric_that_does_not_follow_the_others_is_found_though_it_is_usual_by_itself():
    given = surprises()
    given[THROUGHPUT, 1000:1004] = given[CPU, 1000:1004] - 3
    found = judge_together(given)

    assert (np.abs(given[:, 1000:1004]) < 5).all()
    assert np.flatnonzero(found.is_anomaly).tolist() == [1000, 1001, 1002, 1003]
    cause = causes(found, given, 1001)[0]
    assert cause.metric == THROUGHPUT
    assert cause.given_others == pytest.approx(given[CPU, 1001], abs=0.5)
    assert cause.surprise == given[THROUGHPUT, 1001]


def test_a_load_that_moves_all_of_them_is_no_anomaly_of_their_relation():
    given = surprises()
    given[:STORAGE, 1000:1004] += 5

    assert not judge_together(given).is_anomaly.any()


def test_what_is_said_does_not_change_with_what_comes_later():
    given = surprises(3)
    whole, part = judge_together(given), judge_together(given[:, :701])

    np.testing.assert_allclose(whole.surprise[:701], part.surprise)
    assert (whole.is_anomaly[:701] == part.is_anomaly).all()


def test_the_metrics_that_are_known_are_judged_without_the_others():
    given = surprises()
    given[SESSIONS, 900:] = np.nan
    given[THROUGHPUT, 1000] = given[CPU, 1000] - 3.5
    found = judge_together(given)

    assert found.is_anomaly[1000]
    assert np.isnan(found.remaining[SESSIONS, 900:]).all()


def test_one_metric_or_a_short_common_history_is_unknown():
    given = surprises()
    given[1:, 600:] = np.nan
    found = judge_together(given)

    assert not found.is_judged[600:].any()
    assert not found.is_judged[:100].any()
    assert found.is_judged[200:600].all()


def test_an_outage_of_two_metrics_at_once_does_not_relate_them():
    rng = np.random.default_rng(5)
    given = rng.normal(0, 1, (2, POINTS))
    given[:, 600] = 80
    found = judge_together(given)

    assert np.nanmax(np.abs(found.given_others[:, 700:])) < 0.5


def test_a_handful_of_common_points_relates_nothing():
    given = surprises()[:2]
    given[0, 5:1000:2] = np.nan
    given[1, 6:1000:2] = np.nan
    found = judge_together(given)

    assert np.nanmax(np.abs(found.given_others[:, 1000:1008])) < 0.3


def test_metrics_never_known_together_are_unrelated():
    given = surprises()[:2]
    given[0, ::2] = np.nan
    given[1, 1::2] = np.nan

    assert not judge_together(given).is_judged.any()


def test_a_metric_that_never_surprises_does_no_harm():
    given = surprises()
    given[STORAGE] = 0
    given[THROUGHPUT, 1000] = given[CPU, 1000] - 3.5
    found = judge_together(given)

    assert np.flatnonzero(found.is_anomaly).tolist() == [1000]
    assert next(cause.metric for cause in causes(found, given, 1000)) == THROUGHPUT


def test_no_cause_is_named_where_nothing_is_known():
    given = surprises()

    assert causes(judge_together(given), given, 0) == []


def test_frames_name_the_metrics_with_what_was_to_be_expected_of_them():
    rng = np.random.default_rng(1)
    load = rng.normal(0, 1, POINTS)
    load[1000] = 1.5
    values = {
        "cpu": 50 + 4 * (load + 0.1 * rng.normal(0, 1, POINTS)),
        "sessions": 200 + 20 * (load + 0.1 * rng.normal(0, 1, POINTS)),
        "throughput": 1000 + 100 * (load + 0.1 * rng.normal(0, 1, POINTS)),
    }
    values["throughput"][1000] = 1000 + 100 * (load[1000] - 3)
    values["sessions"][50] = np.nan
    start = datetime(2026, 1, 1, tzinfo=UTC)
    points = pl.concat(
        pl.DataFrame(
            {
                "database_id": "db",
                "metric": name,
                "time": [start + timedelta(hours=hour) for hour in range(POINTS)],
                "value": pl.Series(column).fill_nan(None),
            }
        )
        for name, column in values.items()
    )
    judged = judge_frame(points, ["database_id", "metric"])
    found = together(judged, since=start + timedelta(hours=500))
    (anomaly,) = found.filter(pl.col("verdict") == ANOMALY).iter_rows(named=True)

    assert judged.filter(pl.col("verdict") == ANOMALY).is_empty()
    assert anomaly["time"] == start + timedelta(hours=1000)
    assert anomaly["surprise"] > DEFAULT.together
    cause = anomaly["causes"][0]
    assert cause["metric"] == "throughput"
    assert cause["value"] == pytest.approx(values["throughput"][1000])
    assert cause["expected"] == pytest.approx(1000, abs=40)
    assert cause["expected_with_the_others"] == pytest.approx(1000 + 100 * load[1000], abs=50)
    whole = together(judged)
    assert whole["metrics"][50] == 2
    assert whole["verdict"][50] == UNKNOWN
    assert len(whole) == POINTS


def test_no_metrics_are_judged_to_no_rows():
    empty = judge_frame(
        pl.DataFrame(
            schema={"database_id": pl.String, "metric": pl.String, "time": pl.Datetime("us", "UTC"), "value": pl.Float64}
        ),
        ["database_id", "metric"],
    )

    assert together(empty).columns == ["database_id", "time", *TOGETHER]
