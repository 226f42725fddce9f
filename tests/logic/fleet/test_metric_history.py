"""Metrics of Monitoring: what is asked, of many databases at a time, and what holds now."""

from datetime import UTC, datetime, timedelta

import pytest

from assets.fleet.logic.measured import Measured, Missing
from assets.fleet.logic.metric_history import latest, questions, rows
from resources.autonomous_databases import AutonomousDatabase
from resources.database_metrics import METRICS, Reading

END = datetime(2026, 3, 10, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
BACK = timedelta(days=30)


def database(number, compartment="c"):
    return AutonomousDatabase(f"db{number}", "eu-frankfurt-1", compartment, f"n{number}", f"N{number}", "AVAILABLE")


def asked(last, databases, interval=HOUR, most=60):
    return questions(databases, last, END, interval, BACK, most)


def test_what_has_no_value_yet_is_asked_for_as_far_back_as_allowed():
    found = asked({}, [database(0)])
    assert {one.start for one in found} == {END - BACK}
    assert {one.metric for one in found} == set(METRICS)


def test_what_has_values_is_asked_for_from_the_day_of_the_last():
    last = {("db0", metric.name): END - 3 * HOUR for metric in METRICS}
    assert {one.start for one in asked(last, [database(0)])} == {datetime(2026, 3, 9, tzinfo=UTC)}


def test_databases_share_questions_by_place_up_to_a_number():
    found = asked({}, [database(n) for n in range(5)] + [database(9, "other")], most=2)
    cpu = [one.database_ids for one in found if one.metric.name == "cpu_utilization"]
    assert cpu == [("db0", "db1"), ("db2", "db3"), ("db4",), ("db9",)]


def test_no_metric_is_asked_for_more_often_than_it_is_measured():
    found = asked({}, [database(0)], interval=timedelta(minutes=5))
    assert {one.metric.name: one.interval for one in found}["storage_utilization"] == HOUR
    assert {one.metric.name: one.interval for one in found}["cpu_utilization"] == timedelta(minutes=5)


def test_a_question_without_a_whole_interval_is_not_asked():
    midnight = datetime(2026, 3, 10, tzinfo=UTC)
    last = {("db0", metric.name): midnight for metric in METRICS}
    found = questions([database(0)], last, midnight + 0.5 * HOUR, timedelta(minutes=5), BACK, 60)
    assert "storage_utilization" not in {one.metric.name for one in found}
    assert "cpu_utilization" in {one.metric.name for one in found}


def test_rows_say_how_long_their_intervals_are():
    question = asked({}, [database(0)])[0]
    frame = rows([(question, [Reading("db0", "cpu_utilization", (END - HOUR,), (12.0,))]), (question, [])])
    assert frame.select("database_id", "metric", "time", "value", "minutes").rows() == [
        ("db0", "cpu_utilization", END - HOUR, 12.0, 60.0)
    ]


@pytest.mark.parametrize(
    ("last", "failed", "not_running", "expected"),
    [
        ((END - HOUR, 12.0), None, None, Measured(12.0, END - HOUR, END)),
        ((END - 3 * HOUR, 12.0), None, None, Measured(12.0, END - 3 * HOUR, END - 2 * HOUR)),
        ((END - 4 * HOUR, 12.0), None, None, Missing("unknown", "CpuUtilization has had no value since 2026-03-09 22:00 UTC")),
        (None, None, None, Missing("unknown", "CpuUtilization never had a value")),
        ((END - HOUR, 12.0), "denied", None, Missing("unknown", "denied")),
        (None, None, "it does not run", Missing("unavailable", "it does not run")),
    ],
)
def test_only_a_fresh_value_holds_now_and_everything_else_has_its_reason(last, failed, not_running, expected):
    key = ("db0", "cpu_utilization")
    found = latest(
        [database(0)],
        {key: last} if last else {},
        {key: failed} if failed else {},
        END,
        HOUR,
        {"db0": not_running} if not_running else {},
    )
    assert found[key] == expected
