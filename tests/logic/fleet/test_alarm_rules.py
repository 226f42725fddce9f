"""Rules of alarms: only MQL that Monitoring takes, windows that hold values, and plans that delete nothing unasked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fleet.logic.alarms import MEASURED_EVERY, NO_SUCH, USUAL, Rules, WrongRules, as_json, desired, parsed, plan
from resources.autonomous_databases import AutonomousDatabase
from sandbox.oci import mql

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
REGION = "eu-frankfurt-1"
TOPICS = {REGION: "ocid1.onstopic.oc1.eu-frankfurt-1.aaaa"}
ORDERS = AutonomousDatabase(
    "ocid1.autonomousdatabase.oc1.eu-frankfurt-1.orders", REGION, "ocid1.compartment.oc1..prod", "orders", "ORDERS", "AVAILABLE",
    compute_model="ECPU", compute_count=4.0, tags={"environment": "prod"},
)  # fmt: skip


def rules(text: str) -> Rules:
    return parsed(yaml.safe_load(text))


USUAL_RULES = Rules(TOPICS, USUAL)


def wanted(given_rules: Rules = USUAL_RULES, *databases: AutonomousDatabase):
    return desired(given_rules, databases or (ORDERS,), NOW)[0]


@settings(max_examples=60)
@given(
    metric=st.sampled_from(sorted(MEASURED_EVERY)),
    interval=st.sampled_from(["1m", "5m", "60m", "2h", "24h", "1d"]),
    statistic=st.sampled_from(["mean", "max", "min", "sum", "count", "rate"]),
    above=st.floats(-1e6, 1e6),
)
def test_every_query_of_rules_that_are_taken_is_mql_with_a_threshold(metric, interval, statistic, above):
    document = {"alarms": [{"name": "a", "metric": metric, "interval": interval, "statistic": statistic, "above": above}]}
    if MEASURED_EVERY[metric] * (2 if metric.startswith("Storage") else 1) > timedelta(milliseconds=mql.interval(interval)):
        with pytest.raises(WrongRules, match="may hold no value"):
            parsed(document)
        return
    given_rules = parsed(document)
    (alarm,) = wanted(replace(given_rules, topics=TOPICS))
    query = mql.parse(alarm.query)
    assert query.triggers
    assert query.interval / 60_000 >= MEASURED_EVERY[metric].total_seconds() / 60


def test_what_is_measured_hourly_is_watched_over_two_hours_at_least():
    assert all(rule.interval == "2h" for rule in USUAL if rule.metric.startswith("Storage"))
    with pytest.raises(WrongRules, match="a window of 5m may hold no value"):
        rules("alarms: [{name: storage, metric: StorageUtilization, interval: 5m, above: 85}]")


@pytest.mark.parametrize("metric", [*NO_SUCH, "CpuUtilisation"])
def test_a_metric_that_serverless_does_not_have_is_refused_with_the_nearest(metric):
    with pytest.raises(WrongRules, match=NO_SUCH.get(metric, "There are: BlockingSessions")):
        rules(f"alarms: [{{name: a, metric: {metric}, above: 5}}]")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alarms: [{name: a, metric: CpuUtilization, above: 80, above_per_ecpu: 1}]", "either above or above_per_ecpu"),
        ("alarms: [{name: a, metric: CpuUtilization}]", "either above or above_per_ecpu"),
        ("alarms: [{name: a, metric: CpuUtilization, above: '80'}]", "write a number"),
        ("alarms: [{name: A b, metric: CpuUtilization, above: 80}]", "is no name of an alarm"),
        ("alarms: [{name: a, metric: CpuUtilization, above: 80, interval: 90m}]", "is no interval"),
        ("alarms: [{name: a, metric: CpuUtilization, above: 80, pending: PT3H}]", "pending"),
        ("alarms: [{name: a, metric: CpuUtilization, above: 80, severity: BAD}]", "use one of CRITICAL"),
        ("alarms: [{name: a, metric: CpuUtilization, above: 80, threshold: 1}]", "threshold, which is not known"),
        ("alarms: [{name: a, metric: WaitTime, above: 1}, {name: a, metric: DBTime, above: 1}]", "two alarms are called a"),
        ("topics: {eu-frankfurt-1: alerts}", "write the OCID of a topic"),
        ("suppressions: [{from: '0T08:00:00Z', until: '0T09:00:00Z'}]", "write a moment with its offset"),
        ("suppressions: [{from: 2026-12-01T08:00:00, until: 2026-12-01T09:00:00}]", "write a moment with its offset"),
        ("suppressions: [{from: 2026-12-02T08:00:00Z, until: 2026-12-01T09:00:00Z}]", "ends before it begins"),
        ("[]", "must be a mapping"),
    ],
)
def test_rules_that_cannot_be_used_say_what_to_write(text, said):
    with pytest.raises(WrongRules, match=said):
        rules(text)


def test_a_suppression_is_of_the_databases_it_names_and_is_left_out_once_it_is_over():
    text = "suppressions: [{from: 2026-11-16T22:00:00Z, until: 2026-11-17T02:00:00Z, databases: [orders]}]"
    given_rules = replace(rules(text), topics=TOPICS)
    other = replace(ORDERS, id="ocid1.autonomousdatabase.oc1.eu-frankfurt-1.crm", display_name="crm")
    paused = {alarm.key.partition(":")[2]: alarm.pause is not None for alarm in wanted(given_rules, ORDERS, other)}
    assert paused == {ORDERS.id: True, other.id: False}
    later, _ = desired(given_rules, [ORDERS], NOW + timedelta(days=1))
    assert all(alarm.pause is None for alarm in later)


def test_databases_without_a_topic_without_a_size_or_of_another_environment_get_none_and_the_first_two_are_told():
    elsewhere, sizeless = replace(ORDERS, id="x", region="us-ashburn-1"), replace(ORDERS, id="y", compute_count=None)
    _, notes = desired(Rules(TOPICS, USUAL), [elsewhere, sizeless], NOW)
    assert {note.key for note in notes} == {"cpu:x", "storage:x", "waits:x", "waits:y"}
    dev = replace(ORDERS, tags={"environment": "dev"})
    only_prod = tuple(replace(rule, environments=("prod",)) for rule in USUAL)
    assert desired(Rules(TOPICS, only_prod), [dev], NOW) == ([], [])


def test_a_plan_for_what_is_there_changes_nothing_and_a_surplus_alarm_goes():
    there = [_there(alarm, "a") for alarm in wanted()]
    assert plan(there, there).changes == ()
    twice = plan(there, [*there, _there(there[0], "b")])
    (step,) = twice.changes
    assert (step.operation, step.alarm.reference) == ("retire", "b")


@settings(max_examples=60)
@given(st.data())
def test_a_plan_leads_from_any_alarms_to_those_that_are_wanted(data):
    goal = [_there(alarm, "") for alarm in wanted()]
    actual = [
        replace(_there(alarm, f"{number}"), severity=data.draw(st.sampled_from(["INFO", "WARNING", "CRITICAL"])))
        for number, alarm in enumerate([*goal, *goal, replace(goal[0], key="old:x")])
        if data.draw(st.booleans())
    ]
    made = plan(goal, actual)
    left = {alarm.reference: alarm for alarm in actual}
    for step in made.changes:
        if step.before is not None:
            del left[step.before.reference]
        if step.after is not None:
            left[step.before.reference if step.before else f"new {step.after.key}"] = step.after
    assert sorted((as_json(alarm) for alarm in left.values()), key=str) == sorted((as_json(a) for a in goal), key=str)
    guarded, held = made.guarded(())
    assert all(step.operation != "retire" for step in guarded.steps)
    assert len(held) == made.counts()["retire"]


def _there(alarm, reference):
    from resources.alarms import Alarm

    names = (
        "key",
        "region",
        "compartment_id",
        "name",
        "namespace",
        "query",
        "severity",
        "pending",
        "destinations",
        "body",
        "repeat",
    )
    return Alarm(**{name: getattr(alarm, name) for name in names}, reference=reference)
