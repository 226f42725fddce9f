"""What is said of each point of a metric."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fleet.logic.anomalies.judgement import (
    ANOMALY,
    JUDGED,
    NO_VALUE,
    SHORT_HISTORY,
    UNKNOWN,
    USUAL,
    judge,
    judge_frame,
)
from assets.fleet.logic.anomalies.settings import DEFAULT, HISTORY
from tests.logic.fleet.anomalies.series import MINUTE, daily, noise, times

FIELDS = ("expected", "low", "high", "surprise", "novelty", "is_anomaly", "is_alarm", "is_stuck", "is_judged")


def same(one, other, of=slice(None), of_other=slice(None)):
    for field in FIELDS:
        np.testing.assert_allclose(getattr(one, field)[of], getattr(other, field)[of_other], rtol=1e-7, atol=1e-7, err_msg=field)


@given(seed=st.integers(0, 1000), cut=st.integers(2, 399), gaps=st.floats(0, 0.3))
@settings(max_examples=25, deadline=None)
def test_what_is_said_of_a_point_does_not_change_with_what_comes_later(seed, cut, gaps):
    rng = np.random.default_rng(seed)
    values = daily(400, seed) * rng.choice([1, 1, 1, 1, 3], 400)
    values[rng.random(400) < gaps] = np.nan
    when = np.sort(rng.choice(times(1200, np.timedelta64(20, "m")), 400, replace=False))

    same(judge(when, values), judge(when[:cut], values[:cut]), of=slice(cut))


def test_the_last_weeks_are_enough_to_judge_the_newest_points():
    values = daily(HISTORY + 24 * 7 * DEFAULT.weeks + 700)
    values[::97] += 30
    when = times(len(values))
    whole, end = judge(when, values), judge(when[700:], values[700:])

    same(whole, end, of=slice(-24, None), of_other=slice(-24, None))


def test_a_value_far_out_of_what_is_usual_at_that_hour_is_an_anomaly_though_it_is_usual_at_others():
    values = daily(24 * 20)
    values[24 * 15 + 3] = 75
    found = judge(times(len(values)), values)

    assert np.flatnonzero(found.is_anomaly).tolist() == [24 * 15 + 3]
    assert found.expected[24 * 15 + 3] == pytest.approx(40, abs=3)
    assert found.low[24 * 15 + 3] < 40 < found.high[24 * 15 + 3] < 75


def test_a_peak_that_does_not_come_is_an_anomaly():
    values = daily(24 * 20)
    values[24 * 15 + 9 : 24 * 15 + 16] = 40 + noise(7, 5)
    found = judge(times(len(values)), values)

    assert found.is_anomaly[24 * 15 + 10 : 24 * 15 + 15].all()
    assert (found.surprise[24 * 15 + 11 : 24 * 15 + 14] < -DEFAULT.surprise).all()


def test_a_gap_is_unknown_and_makes_no_anomaly_at_its_ends():
    values = daily(24 * 30)
    values[400:460] = np.nan
    found = judge(times(len(values)), values)

    assert not found.is_judged[400:460].any()
    assert np.isnan(found.surprise[400:460]).all()
    assert np.isnan(found.novelty[400:460]).all()
    assert not found.is_anomaly.any()
    assert not found.is_alarm.any()


def test_missing_points_and_missing_values_are_the_same():
    values = daily(24 * 30)
    values[500] = 120
    kept = np.random.default_rng(1).random(len(values)) > 0.1
    kept[500] = True
    found = judge(times(len(values))[kept], values[kept])

    assert times(len(values))[kept][found.is_anomaly].tolist() == [times(len(values))[500]]


def test_nothing_is_said_before_a_day_and_24_points_were_seen():
    hourly = judge(times(60), daily(60))
    minutely = judge(times(4000, MINUTE), daily(4000, per_day=1440))
    rare = judge(times(40, np.timedelta64(12, "h")), daily(40))

    assert np.flatnonzero(hourly.is_judged)[0] == 24
    assert np.flatnonzero(minutely.is_judged)[0] == 1440
    assert np.flatnonzero(rare.is_judged)[0] == 24


def test_unknown_values_are_no_history():
    values = np.concatenate([np.full(100, np.nan), daily(60)])

    assert np.flatnonzero(judge(times(160), values).is_judged)[0] == 124


def test_a_constant_metric_has_no_anomaly_and_its_first_change_is_one():
    values = np.full(500, 45.0)
    assert not judge(times(500), values).is_anomaly.any()

    values[300:] = 50
    changed = judge(times(500), values)
    assert np.flatnonzero(changed.is_anomaly)[0] == 300
    assert changed.is_alarm[300]


def test_a_level_shift_is_found_at_once_and_learnt_in_time():
    values = 50 + noise(2500)
    values[1000:] += 30
    found = judge(times(len(values)), values)

    assert found.is_anomaly[1000:1024].all()
    assert not found.is_anomaly[2000:].any()
    assert found.expected[-1] == pytest.approx(80, abs=1)


def test_an_alarm_is_given_once_where_something_new_begins():
    values = 50 + noise(2000)
    values[1500:1560] += 40
    found = judge(times(len(values)), values)

    assert np.flatnonzero(found.is_alarm).tolist() == [1500]
    assert found.is_anomaly[1500:1560].all()


def test_what_happens_every_week_is_new_only_at_first():
    values = 50 + noise(2000)
    values[200::168] += 60
    found = judge(times(len(values)), values)

    assert np.flatnonzero(found.is_alarm).tolist() == [200]
    assert found.is_anomaly[200::168].mean() > 0.9


def test_a_metric_that_rests_is_measured_by_what_it_does_when_it_does_something():
    rng = np.random.default_rng(3)
    values = np.where(rng.random(1500) < 0.1, rng.uniform(500, 800, 1500), 0)
    values[1400] = 9000
    found = judge(times(len(values)), values)

    assert np.flatnonzero(found.is_anomaly[300:]).tolist() == [1100]


def test_what_matters_to_nobody_is_no_anomaly():
    values = 0.2 + 0.01 * noise(500)
    values[400] = 0.6

    assert judge(times(500), values).is_anomaly[400]
    assert not judge(times(500), values, matters=1.0).is_anomaly.any()
    assert not judge(times(500), values, matters=1.0).is_alarm.any()


def test_infinite_values_are_unknown():
    values = daily(100)
    values[50] = np.inf

    assert not judge(times(100), values).is_judged[50]


def test_a_value_every_minute_may_blip_at_the_same_minute_without_that_being_expected():
    values = 50 + noise(1440 * 6)
    values[1440 * np.arange(6) + 600] = 200
    found = judge(times(len(values), MINUTE), values)

    assert found.is_anomaly[1440 * np.arange(2, 6) + 600].all()


def test_points_out_of_order_or_without_a_value_each_are_refused():
    with pytest.raises(ValueError, match="3 times, but 2 values"):
        judge(times(3), np.zeros(2))
    with pytest.raises(ValueError, match="sort the points"):
        judge(times(3)[::-1], np.zeros(3))


def test_an_empty_metric_is_judged():
    assert len(judge(times(0), np.zeros(0)).is_anomaly) == 0


def frame(**values: np.ndarray) -> pl.DataFrame:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return pl.concat(
        pl.DataFrame(
            {
                "database_id": "db",
                "metric": name,
                "time": [start + timedelta(hours=hour) for hour in range(len(column))],
                "value": pl.Series(column).fill_nan(None),
            }
        )
        for name, column in values.items()
    )


def test_series_are_judged_apart_and_the_order_of_rows_does_not_matter():
    cpu, storage = daily(300), 500 + noise(300)
    cpu[250] = 200
    points = frame(cpu=cpu, storage=storage)
    judged = judge_frame(points, ["database_id", "metric"])

    assert judged.columns == [*points.columns, *JUDGED]
    assert judged.select(*JUDGED).schema == JUDGED
    assert judged.filter(pl.col("verdict") == ANOMALY).select("metric", "value").rows() == [("cpu", 200.0)]
    assert judged.equals(judge_frame(points.sample(fraction=1, shuffle=True, seed=1), ["database_id", "metric"]))


def test_an_unknown_verdict_says_why():
    values = daily(100)
    values[60] = np.nan
    judged = judge_frame(frame(cpu=values), ["database_id", "metric"])

    assert judged["verdict"].to_list() == [UNKNOWN] * 24 + [USUAL] * 36 + [UNKNOWN] + [USUAL] * 39
    assert judged["unknown_because"][0] == SHORT_HISTORY
    assert judged["unknown_because"][60] == NO_VALUE
    assert judged["is_alarm"][60] is None
    assert judged["expected"][60] is None
    assert judged["unknown_because"][61] is None


def test_only_new_points_are_answered_on_request():
    since = datetime(2026, 1, 4, tzinfo=UTC)
    judged = judge_frame(frame(cpu=daily(100)), ["database_id", "metric"], since=since)

    assert judged["time"].min() == since
    assert judged["expected"].null_count() == 0


def test_what_matters_is_said_per_metric():
    small = 0.2 + 0.01 * noise(200)
    small[150] = 0.6
    judged = judge_frame(frame(cpu=small, load=small), ["database_id", "metric"], matters={"cpu": 1.0})

    assert judged.filter(pl.col("verdict") == ANOMALY)["metric"].to_list() == ["load"]


def test_no_points_have_no_verdicts():
    judged = judge_frame(frame(cpu=daily(10)).clear(), ["database_id", "metric"])

    assert judged.select(*JUDGED).schema == JUDGED
    assert judged.is_empty()


def test_the_second_day_may_repeat_the_first_or_not():
    repeats, rests = daily(24 * 20), 40 + noise(24 * 20)
    rests[6:18] += 30

    assert not judge(times(480), repeats).is_anomaly.any()
    assert not judge(times(480), rests).is_anomaly.any()


def test_what_a_resting_metric_did_once_is_no_anomaly_when_it_does_it_again():
    values = np.zeros(600)
    values[[200, 350, 500]] = [16, 14, 18]

    assert np.flatnonzero(judge(times(600), values).is_anomaly).tolist() == [200]


def test_weekends_are_expected_once_they_were_seen():
    values = daily(24 * 7 * 8)
    weekend = np.arange(len(values)) // 24 % 7 >= 5
    values[weekend] = 40 + noise(int(weekend.sum()), 4)
    found = judge(times(len(values)), values)

    assert found.is_anomaly[: 24 * 7].any()
    assert not found.is_anomaly[24 * 7 :].any()
    values[24 * 7 * 6 + 24 * 5 + 12] = 80
    assert judge(times(len(values)), values).is_anomaly[24 * 7 * 6 + 24 * 5 + 12]
