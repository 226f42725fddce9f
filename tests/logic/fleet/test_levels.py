"""Thresholds: what they say for whom, how levels begin and end, and that unknown is never well."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assets.fleet.status
from assets.fleet.logic.levels import overall, standing
from assets.fleet.logic.measured import Measured, Missing
from assets.fleet.logic.status import Known, status
from assets.fleet.logic.thresholds import Threshold, thresholds
from resources.autonomous_databases import AutonomousDatabase

SHIPPED = (Path(assets.fleet.status.__file__).parent / "thresholds.yaml").read_text()
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def database(name="orders", **more):
    given = {"region": "eu-frankfurt-1", "compartment_id": "c", "db_name": name.upper(), "lifecycle_state": "AVAILABLE"}
    return AutonomousDatabase(**{"id": f"ocid.{name}", "display_name": name, **given, **more})


def points(*values):
    return [Measured(value, FIRST + n * HOUR, FIRST + (n + 1) * HOUR) for n, value in enumerate(values)]


def test_shipped_thresholds_are_those_of_the_fleet():
    shipped = thresholds(SHIPPED, None).of(database())
    bounds = {metric: (one.warning, one.critical) for metric, one in shipped.items()}
    assert bounds == {
        "cpu_utilization": (70, 85),
        "memory_utilization": (75, 90),
        "storage_utilization": (80, 90),
        "response_time_seconds": (2, 5),
    }


def test_what_is_said_of_a_database_goes_before_its_environment_and_that_before_all():
    own = """
metrics: {cpu_utilization: {warning: 60}}
environments: {dev: {metrics: {cpu_utilization: {warning: 80, critical: 95}}}}
databases: {batch: {metrics: {cpu_utilization: {critical: 99}, blocked_sessions: {warning: 5}}}}
"""
    found = thresholds(SHIPPED, own)
    dev = {"tags": {"environment": "dev"}}
    assert (found.of(database())["cpu_utilization"].warning, found.of(database())["cpu_utilization"].critical) == (60, 85)
    assert found.of(database("x", **dev))["cpu_utilization"].critical == 95
    batch = found.of(database("batch", **dev))
    assert (batch["cpu_utilization"].warning, batch["cpu_utilization"].critical) == (80, 99)
    assert batch["cpu_utilization"].important
    assert batch["blocked_sessions"] == Threshold(warning=5)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("metrics: {cpu: {warning: 1}}", "no metric cpu; there are"),
        ("metrics: {cpu_utilization: {warn: 1}}", "metrics.cpu_utilization.warn: Extra inputs"),
        ("metrics: {cpu_utilization: {warning: high}}", "metrics.cpu_utilization.warning: Input should be a valid number"),
        ("metrics: {cpu_utilization: {warning: 90}}", "warning 90 is above critical 85"),
        ("environments: {dev: {metrics: {cpu_utilization: {critical: 60}}}}", "environments.dev.cpu_utilization: warning 70"),
        ("metrics: {cpu_utilization: {minutes: -1}}", "greater than or equal to 0"),
        ("metrics: [", "not YAML"),
        ("- a", "the file: "),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_the_place(own, said):
    with pytest.raises(ValueError, match=said):
        thresholds(SHIPPED, own)


@pytest.mark.parametrize(
    ("values", "level", "since"),
    [
        ((10, 20), "ok", 0),
        ((10, 70), "warning", 1),
        ((90, 90), "critical", 0),
        ((90, 75, 75), "warning", 1),
        ((90, 10), "ok", 1),
    ],
)
def test_a_level_is_that_of_the_last_value_since_it_began(values, level, since):
    found = standing(points(*values), Threshold(70, 85), None)
    assert (found.level, found.since) == (level, FIRST + since * HOUR)


def test_a_level_ends_only_a_hysteresis_below_its_threshold():
    threshold = Threshold(70, 85, hysteresis=5)
    assert standing(points(86, 81), threshold, None).level == "critical"
    assert standing(points(86, 79), threshold, None).level == "warning"
    assert standing(points(86, 79, 66), threshold, None).level == "warning"
    assert standing(points(86, 79, 64), threshold, None).level == "ok"
    assert standing(points(69), threshold, None).level == "ok"


def test_a_short_peak_is_no_level_and_a_long_one_counts_from_its_begin():
    threshold = Threshold(70, 85, minutes=120)
    assert standing(points(10, 90, 10), threshold, None).level == "ok"
    found = standing(points(10, 90, 90), threshold, None)
    assert (found.level, found.since) == ("critical", FIRST + HOUR)


def test_the_worst_is_of_what_is_new():
    found = standing(points(90, 75, 10, 20), Threshold(70, 85), FIRST + HOUR)
    assert found.worst == ("warning", 75)
    assert standing(points(90), Threshold(70, 85), FIRST + 5 * HOUR).worst is None


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.floats(0, 20))
def test_levels_without_hysteresis_follow_the_last_value_and_with_it_are_never_lower(values, hysteresis):
    plain = standing(points(*values), Threshold(70, 85), None)
    expected = "critical" if values[-1] >= 85 else "warning" if values[-1] >= 70 else "ok"
    assert plain.level == expected
    order = ["ok", "warning", "critical"]
    held = standing(points(*values), Threshold(70, 85, hysteresis=hysteresis), None)
    assert order.index(held.level) >= order.index(plain.level)


IMPORTANT = {"a": Threshold(important=True), "b": Threshold(), "c": Threshold(important=True)}


@pytest.mark.parametrize(
    ("levels", "level", "metrics"),
    [
        ({"a": "ok", "b": "ok", "c": "ok"}, "ok", []),
        ({"a": "unknown", "b": "ok", "c": "ok"}, "unknown", ["a"]),
        ({"a": "ok", "b": "unknown", "c": "ok"}, "ok", []),
        ({"a": "unknown", "b": "warning", "c": "ok"}, "warning", ["b"]),
        ({"b": "unknown"}, "unknown", ["b"]),
        ({"a": "critical", "b": "warning", "c": "critical"}, "critical", ["a", "c"]),
    ],
)
def test_a_database_is_the_worst_of_its_metrics_and_never_well_on_what_nobody_measured(levels, level, metrics):
    assert overall(levels, IMPORTANT) == (level, metrics)


def test_a_level_that_lasts_keeps_its_begin_and_a_new_one_begins_now():
    one, at = database(), FIRST + 2 * HOUR
    measured = {(one.id, "cpu_utilization"): points(90, 90)[-1]}
    history = {(one.id, "cpu_utilization"): points(90, 90)}
    long_ago = FIRST - 30 * HOUR
    known = Known(measured, history, {(one.id, "cpu_utilization"): ("critical", long_ago)}, None)
    rows = {row["metric"]: row for row in status([one], thresholds(SHIPPED, None), known, at)}
    assert (rows["cpu_utilization"]["level"], rows["cpu_utilization"]["since"]) == ("critical", long_ago)
    assert (rows["memory_utilization"]["level"], rows["memory_utilization"]["since"]) == ("unknown", at)
    assert (rows["overall"]["level"], rows["overall"]["reason"]) == ("critical", "cpu_utilization")


def test_a_metric_that_is_not_known_now_is_unknown_since_its_last_value():
    one = database()
    key = (one.id, "cpu_utilization")
    known = Known({key: Missing("unknown", "no answer within 5 s")}, {key: points(10, 20)}, {}, None)
    rows = {row["metric"]: row for row in status([one], thresholds(SHIPPED, None), known, FIRST + 9 * HOUR)}
    assert (rows["cpu_utilization"]["level"], rows["cpu_utilization"]["since"]) == ("unknown", FIRST + 2 * HOUR)
    assert rows["overall"]["level"] == "unknown"
    assert "cpu_utilization: no answer within 5 s" in rows["overall"]["reason"]
