"""Monitoring: what may be posted, what a query answers, which metrics there are, and alarms."""

from datetime import datetime, timedelta

import oci
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.oci.faults import Fault
from sandbox.oci.process import HOME_REGION
from sandbox.oci.services.identity import add_compartment
from sandbox.oci.services.monitoring import Datapoint, add_datapoints, reach_from
from tests.sandbox.oci.conftest import NOW, refused

MODELS = oci.monitoring.models
CPU = ("oci_computeagent", "CpuUtilization")


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.monitoring.MonitoringClient, "monitoring")


def metric(sandbox, value=1.0, at=NOW, **more):
    usual = {
        "namespace": "my_app",
        "compartment_id": sandbox.tenancy,
        "name": "orders",
        "dimensions": {"shop": "a"},
        "datapoints": [MODELS.Datapoint(timestamp=at, value=value)],
    }
    return MODELS.MetricDataDetails(**{**usual, **more})


def post(client, *metrics, **more):
    return client.post_metric_data(MODELS.PostMetricDataDetails(metric_data=list(metrics), **more)).data


def asked(query, namespace="my_app", **more):
    return MODELS.SummarizeMetricsDataDetails(namespace=namespace, query=query, **more)


def summarized(sandbox, client, query, namespace="my_app", **more):
    """Values of each stream by its dimensions."""
    rows = client.summarize_metrics_data(sandbox.tenancy, asked(query, namespace, **more)).data
    return {tuple(sorted(row.dimensions.items())): [(p.timestamp, p.value) for p in row.aggregated_datapoints] for row in rows}


def cpu(sandbox, values, step=timedelta(minutes=1), end=NOW, region=HOME_REGION, compartment=None, **dimensions):
    """CpuUtilization whose last value is measured at the end."""
    points = [Datapoint(end - step * (len(values) - 1 - n), value) for n, value in enumerate(values)]
    add_datapoints(sandbox.cloud.store, region, compartment or sandbox.tenancy, *CPU, dimensions, points)


def test_what_is_posted_can_be_asked_for(sandbox, client):
    assert post(client, metric(sandbox, 3.0, NOW - timedelta(minutes=2))).failed_metrics_count == 0
    found = summarized(sandbox, client, "orders[1m].sum()")
    assert found == {(("shop", "a"),): [(NOW - timedelta(minutes=2), 3.0)]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"namespace": "1app"},
        {"namespace": "my-app"},
        {"namespace": ""},
        {"namespace": "oci_computeagent"},
        {"namespace": "oracle_db"},
        {"name": "1orders"},
        {"name": "orders of today"},
        {"resource_group": "a group"},
        {"dimensions": {}},
        {"dimensions": {"a key": "x"}},
        {"dimensions": {"key": ""}},
        {"dimensions": {"k" * 257: "x"}},
        {"dimensions": {"key": "x" * 513}},
        {"dimensions": {f"key{n}": "x" for n in range(21)}},
        {"metadata": {"unit": "x" * 257}},
        {"datapoints": []},
        {"datapoints": [{"timestamp": NOW, "value": 1.0, "count": 0}]},
        {"datapoints": [{"timestamp": NOW - timedelta(hours=2), "value": 1.0}]},
        {"datapoints": [{"timestamp": NOW + timedelta(minutes=10), "value": 1.0}]},
    ],
    ids=lambda wrong: str(wrong)[:60],
)
def test_a_metric_that_is_not_valid_is_told_beside_those_that_are_kept(sandbox, client, wrong):
    if "datapoints" in wrong:
        wrong = {"datapoints": [MODELS.Datapoint(**point) for point in wrong["datapoints"]]}
    bad = metric(sandbox, name=wrong.pop("name", "bad"), **wrong)
    answer = post(client, metric(sandbox), bad, metric(sandbox, dimensions={"shop": "b"}))
    assert answer.failed_metrics_count == 1
    assert (answer.failed_metrics[0].metric_data.name, answer.failed_metrics[0].message != "") == (bad.name, True)
    assert set(summarized(sandbox, client, "orders[1m].sum()", end_time=NOW + timedelta(hours=1))) == {
        (("shop", "a"),),
        (("shop", "b"),),
    }


def test_times_just_within_the_limits_are_kept(sandbox, client):
    edges = [NOW - timedelta(hours=2) + timedelta(seconds=1), NOW + timedelta(minutes=10) - timedelta(seconds=1)]
    assert post(client, *[metric(sandbox, at=at) for at in edges]).failed_metrics_count == 0
    sandbox.advance(3 * 3600)
    assert refused(post, client, metric(sandbox, at=NOW)) == (400, "InvalidParameter")


def test_an_atomic_call_keeps_all_or_nothing(sandbox, client):
    good, bad = metric(sandbox), metric(sandbox, name="not good")
    assert refused(post, client, good, bad, batch_atomicity="ATOMIC") == (400, "InvalidParameter")
    assert summarized(sandbox, client, "orders[1m].sum()", end_time=NOW + timedelta(hours=1)) == {}
    assert post(client, good, batch_atomicity="ATOMIC").failed_metrics_count == 0


def test_a_call_without_any_valid_metric_is_refused(sandbox, client):
    assert refused(post, client, metric(sandbox, name="not good"), batch_atomicity="NON_ATOMIC") == (400, "InvalidParameter")
    assert refused(post, client) == (400, "InvalidParameter")


def test_a_call_posts_at_most_50_streams(sandbox, client):
    many = [metric(sandbox, dimensions={"shop": str(n)}) for n in range(51)]
    assert refused(post, client, *many) == (400, "InvalidParameter")
    assert post(client, *many[:50]).failed_metrics_count == 0
    assert post(client, *[metric(sandbox) for _ in range(60)]).failed_metrics_count == 0


def test_a_foreign_compartment_is_not_found(sandbox, client):
    foreign = metric(sandbox, compartment_id="ocid1.compartment.oc1..other")
    assert refused(post, client, metric(sandbox), foreign) == (404, "NotAuthorizedOrNotFound")


def test_a_partial_fault_fails_some_metrics_of_an_answer_that_succeeds(sandbox, client):
    sandbox.cloud.faults.asked.append(Fault("partial", operation="post_metric_data", times=1))
    answer = post(client, *[metric(sandbox, dimensions={"shop": shop}) for shop in "abc"])
    assert [f.metric_data.dimensions["shop"] for f in answer.failed_metrics] == ["a", "c"]
    assert answer.failed_metrics_count == 2
    assert set(summarized(sandbox, client, "orders[1m].sum()", end_time=NOW + timedelta(hours=1))) == {(("shop", "b"),)}


def test_a_value_stands_at_the_end_of_its_window_and_the_end_of_the_range_is_not_in_it(sandbox, client):
    cpu(sandbox, [float(n) for n in range(10)], resourceId="i")  # 11:51 → 0 … 12:00 → 9
    ((_, found),) = summarized(sandbox, client, "CpuUtilization[5m].sum()", CPU[0], start_time=NOW - timedelta(minutes=8)).items()
    assert found == [(NOW - timedelta(minutes=5), float(0 + 1 + 2 + 3 + 4))]
    until = {"start_time": NOW - timedelta(minutes=8), "end_time": NOW + timedelta(seconds=1)}
    ((_, found),) = summarized(sandbox, client, "CpuUtilization[5m].sum()", CPU[0], **until).items()
    assert found == [(NOW - timedelta(minutes=5), 10.0), (NOW, 35.0)]


def test_a_resolution_lets_windows_overlap(sandbox, client):
    cpu(sandbox, [float(n) for n in range(10)], resourceId="i")
    times = {"start_time": NOW - timedelta(minutes=2), "end_time": NOW + timedelta(minutes=1), "resolution": "1m"}
    rows = client.summarize_metrics_data(sandbox.tenancy, asked("CpuUtilization[5m].max()", CPU[0], **times)).data
    assert [p.value for p in rows[0].aggregated_datapoints] == [7.0, 8.0, 9.0]
    assert rows[0].resolution == "1m"
    for wrong in ("10m", "90m", "x"):
        details = asked("CpuUtilization[5m].max()", CPU[0], resolution=wrong)
        assert refused(client.summarize_metrics_data, sandbox.tenancy, details) == (400, "InvalidParameter")


def test_where_there_is_no_data_there_is_no_value_and_no_stream(sandbox, client):
    assert summarized(sandbox, client, "CpuUtilization[1m].mean()", CPU[0]) == {}
    cpu(sandbox, [5.0, 6.0], step=timedelta(minutes=30), end=NOW - timedelta(minutes=1), resourceId="i")
    ((_, found),) = summarized(sandbox, client, "CpuUtilization[1m].mean()", CPU[0]).items()
    assert [value for _, value in found] == [5.0, 6.0]
    early = {"start_time": NOW - timedelta(days=2), "end_time": NOW - timedelta(days=1)}
    assert summarized(sandbox, client, "CpuUtilization[1m].mean()", CPU[0], **early) == {}


def test_a_query_without_times_asks_for_the_last_three_hours(sandbox, client):
    cpu(sandbox, [1.0] * 400, end=NOW - timedelta(minutes=1), resourceId="i")
    ((_, found),) = summarized(sandbox, client, "CpuUtilization[1m].mean()", CPU[0]).items()
    assert (found[0][0], len(found)) == (NOW - timedelta(hours=3), 180)


@pytest.mark.parametrize(
    ("interval", "resolution", "days"), [("1m", None, 7), ("5m", None, 30), ("1h", None, 90), ("5m", "1m", 7)]
)
def test_how_far_back_an_answer_reaches_is_up_to_the_resolution(sandbox, client, interval, resolution, days):
    cpu(sandbox, [1.0] * 100, step=timedelta(days=1), resourceId="i")
    times = {"start_time": NOW - timedelta(days=100), "resolution": resolution}
    ((_, found),) = summarized(sandbox, client, f"CpuUtilization[{interval}].mean()", CPU[0], **times).items()
    assert found[0][0] == NOW - timedelta(days=days)


def test_streams_are_chosen_by_their_dimensions(sandbox, client):
    for name in ("web-1", "web-2", "db-1"):
        cpu(sandbox, [1.0], end=NOW - timedelta(minutes=1), name=name)

    def chosen(conditions):
        found = summarized(sandbox, client, f"CpuUtilization[1m]{{{conditions}}}.mean()", CPU[0])
        return sorted(dict(dimensions)["name"] for dimensions in found)

    assert chosen('name = "web-1"') == ["web-1"]
    assert chosen('name != "web-1"') == ["db-1", "web-2"]
    assert chosen('name =~ "web-*"') == ["web-1", "web-2"]
    assert chosen('name =~ "web-1|db-*"') == ["db-1", "web-1"]
    assert chosen('name !~ "web-*"') == ["db-1"]
    assert chosen('name = "web-1", name = "web-2"') == []
    assert chosen('nmae = "web-1"') == ["db-1", "web-1", "web-2"], "a dimension that the metric does not have filters nothing"


def test_streams_are_taken_together_by_group_or_all(sandbox, client):
    for name, pool, value in (("a", "p", 10.0), ("b", "p", 20.0), ("c", "q", 60.0)):
        cpu(sandbox, [value], end=NOW - timedelta(minutes=1), name=name, pool=pool)
    at = NOW - timedelta(minutes=1)
    everything = summarized(sandbox, client, "CpuUtilization[1m].grouping().mean()", CPU[0])
    assert everything == {(): [(at, 30.0)]}
    pools = summarized(sandbox, client, "CpuUtilization[1m].groupBy(pool).max() > 15", CPU[0])
    assert pools == {(("pool", "p"),): [(at, 1.0)], (("pool", "q"),): [(at, 1.0)]}
    assert summarized(sandbox, client, "CpuUtilization[1m].groupBy(pool).max() > 100", CPU[0]) == {}


def test_an_absent_metric_is_1_until_its_period_is_over(sandbox, client):
    cpu(sandbox, [1.0], end=NOW - timedelta(minutes=10), name="a")
    times = {"start_time": NOW - timedelta(minutes=12)}
    ((_, found),) = summarized(sandbox, client, "CpuUtilization[1m].absent(5m)", CPU[0], **times).items()
    assert [((NOW - at).seconds // 60, value) for at, value in found] == [(10, 0.0), (9, 1.0), (8, 1.0), (7, 1.0), (6, 1.0)]


def test_resource_groups_are_asked_for_by_name(sandbox, client):
    post(client, metric(sandbox, 1.0), metric(sandbox, 2.0, resource_group="fleet"))
    times = {"end_time": NOW + timedelta(minutes=1)}
    ((_, without),) = summarized(sandbox, client, "orders[1m].sum()", **times).items()
    ((_, within),) = summarized(sandbox, client, "orders[1m].sum()", resource_group="fleet", **times).items()
    assert [without[0][1], within[0][1]] == [1.0, 2.0]
    grouped = summarized(sandbox, client, "orders[1m].groupBy(resourceGroup).sum()", resource_group="fleet", **times)
    assert list(grouped) == [(("resourceGroup", "fleet"),)]


def test_compartments_and_regions_keep_metrics_apart(sandbox, client):
    child = add_compartment(sandbox.cloud.store, sandbox.tenancy, "prod")["id"]
    end = NOW - timedelta(minutes=1)
    cpu(sandbox, [1.0], end=end, name="a")
    cpu(sandbox, [2.0], end=end, compartment=child, name="a")
    cpu(sandbox, [9.0], end=end, region="us-ashburn-1", name="a")
    query = asked("CpuUtilization[1m].sum()", CPU[0])
    assert [r.compartment_id for r in client.summarize_metrics_data(child, query).data] == [child]
    both = client.summarize_metrics_data(sandbox.tenancy, query, compartment_id_in_subtree=True).data
    assert sorted(p.value for r in both for p in r.aggregated_datapoints) == [1.0, 2.0]
    together = asked("CpuUtilization[1m].grouping().sum()", CPU[0])
    (one,) = client.summarize_metrics_data(sandbox.tenancy, together, compartment_id_in_subtree=True).data
    assert (one.compartment_id, one.aggregated_datapoints[0].value) == (sandbox.tenancy, 3.0)
    assert refused(client.summarize_metrics_data, child, query, compartment_id_in_subtree=True) == (400, "InvalidParameter")
    assert refused(client.summarize_metrics_data, "ocid1.compartment.oc1..x", query) == (404, "NotAuthorizedOrNotFound")


def test_what_is_no_query_or_no_time_is_refused(sandbox, client):
    for query, status in (
        ("CpuUtilization", 400),
        ("CpuUtilization[2m].median()", 400),
        ("(a[1m].max() > 1).grouping().sum()", 501),
    ):
        assert refused(client.summarize_metrics_data, sandbox.tenancy, asked(query))[0] == status
    backwards = asked("a[1m].max()", start_time=NOW, end_time=NOW - timedelta(hours=1))
    assert refused(client.summarize_metrics_data, sandbox.tenancy, backwards) == (400, "InvalidParameter")


def test_an_answer_has_at_most_2000_streams_and_100000_values(sandbox, client):
    for n in range(2001):
        cpu(sandbox, [1.0], end=NOW - timedelta(minutes=1), name=str(n))
    details = asked("CpuUtilization[1m].mean()", CPU[0])
    assert refused(client.summarize_metrics_data, sandbox.tenancy, details) == (400, "InvalidParameter")
    assert (
        len(client.summarize_metrics_data(sandbox.tenancy, asked('CpuUtilization[1m]{name != "7"}.mean()', CPU[0])).data) == 2000
    )
    long = [1.0] * 7 * 24 * 60
    for n in range(10):
        add_datapoints(
            sandbox.cloud.store, HOME_REGION, sandbox.tenancy, "oci_x", "y", {"n": str(n)},
            [Datapoint(NOW - timedelta(minutes=m), v) for m, v in enumerate(long)],
        )  # fmt: skip
    details = asked("y[1m].mean()", "oci_x", start_time=NOW - timedelta(days=7))
    assert refused(client.summarize_metrics_data, sandbox.tenancy, details) == (400, "InvalidParameter")


def test_datapoints_that_come_late_take_their_place(sandbox, client):
    post(client, metric(sandbox, 2.0, NOW - timedelta(minutes=2)))
    post(client, metric(sandbox, 1.0, NOW - timedelta(minutes=3)), metric(sandbox, 4.0, NOW - timedelta(minutes=2)))
    ((_, found),) = summarized(sandbox, client, "orders[1m].sum()").items()
    assert [value for _, value in found] == [1.0, 6.0]


def test_metadata_of_a_metric_is_that_posted_last(sandbox, client):
    post(client, metric(sandbox, at=NOW - timedelta(minutes=1), metadata={"unit": "count"}), metric(sandbox))
    (row,) = client.summarize_metrics_data(sandbox.tenancy, asked("orders[1m].sum()")).data
    assert row.metadata == {"unit": "count"}


def test_datapoints_outlive_the_process(sandbox, client):
    post(client, metric(sandbox, 5.0, NOW - timedelta(minutes=1)))
    sandbox.cloud.store.save()
    sandbox.cloud.store.tables.clear()
    sandbox.cloud.store.restore()
    post(client, metric(sandbox, 6.0, NOW - timedelta(minutes=1)))
    ((_, found),) = summarized(sandbox, client, "orders[1m].sum()").items()
    assert found[0][1] == 11.0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 119), st.floats(-1e6, 1e6)), min_size=1, max_size=20))
def test_sums_over_http_are_those_of_what_was_posted(sandbox, points):
    sandbox.cloud.store.tables.pop("monitoring.streams", None)
    client = sandbox.client(oci.monitoring.MonitoringClient, "monitoring")
    given_points = [MODELS.Datapoint(timestamp=NOW - timedelta(minutes=m), value=v) for m, v in points]
    post(client, metric(sandbox, datapoints=given_points))
    ((_, found),) = summarized(sandbox, client, "orders[1h].sum()", end_time=NOW + timedelta(hours=1)).items()
    expected: dict[datetime, float] = {}
    for minutes, value in points:
        end = NOW if minutes < 60 else NOW - timedelta(hours=1)
        expected[end] = expected.get(end, 0.0) + value
    assert dict(found) == pytest.approx(expected)


def test_metrics_are_listed_in_pages_sorted_and_filtered(sandbox, client):
    for n in range(5):
        cpu(sandbox, [1.0], name=f"i{n}")
    post(client, metric(sandbox))
    details = MODELS.ListMetricsDetails(namespace=CPU[0], sort_by="NAME", sort_order="ASC")
    first = client.list_metrics(sandbox.tenancy, details, limit=2)
    rest = oci.pagination.list_call_get_all_results(client.list_metrics, sandbox.tenancy, details, limit=2).data
    assert (len(first.data), first.has_next_page) == (2, True)
    assert [m.dimensions["name"] for m in rest] == [f"i{n}" for n in range(5)]
    filtered = MODELS.ListMetricsDetails(dimension_filters={"name": "i3"})
    assert [m.dimensions for m in client.list_metrics(sandbox.tenancy, filtered).data] == [{"name": "i3"}]
    named = MODELS.ListMetricsDetails(name="orders")
    assert [(m.namespace, m.name) for m in client.list_metrics(sandbox.tenancy, named).data] == [("my_app", "orders")]


def test_metrics_are_grouped_by_fields_and_then_not_filtered_by_dimensions(sandbox, client):
    for n in range(3):
        cpu(sandbox, [1.0], name=f"i{n}")
    post(client, metric(sandbox), metric(sandbox, resource_group="fleet"))
    by = MODELS.ListMetricsDetails(group_by=["namespace"], dimension_filters={"name": "none"})
    assert [(m.namespace, m.name) for m in client.list_metrics(sandbox.tenancy, by).data] == [("my_app", None), (CPU[0], None)]
    groups = MODELS.ListMetricsDetails(group_by=["resourceGroup"], sort_by="RESOURCEGROUP", sort_order="DESC")
    assert [m.resource_group for m in client.list_metrics(sandbox.tenancy, groups).data] == ["fleet", None]
    assert len(client.list_metrics(sandbox.tenancy, MODELS.ListMetricsDetails(name="orders")).data) == 1
    wrong = MODELS.ListMetricsDetails(group_by=["dimensions"])
    assert refused(client.list_metrics, sandbox.tenancy, wrong) == (400, "InvalidParameter")
    assert refused(client.list_metrics, "ocid1.compartment.oc1..x", by) == (404, "NotAuthorizedOrNotFound")


@pytest.fixture
def topic(sandbox):
    made = sandbox.client(oci.ons.NotificationControlPlaneClient, "ons")
    details = oci.ons.models.CreateTopicDetails(name="alerts", compartment_id=sandbox.tenancy)
    return made.create_topic(details).data.topic_id


def alarm(sandbox, topic, **more):
    usual = {
        "display_name": "high cpu",
        "compartment_id": sandbox.tenancy,
        "metric_compartment_id": sandbox.tenancy,
        "namespace": CPU[0],
        "query": "CpuUtilization[1m].mean() > 80",
        "severity": "CRITICAL",
        "destinations": [topic],
        "is_enabled": True,
    }
    return MODELS.CreateAlarmDetails(**{**usual, **more})


def test_an_alarm_is_made_changed_and_deleted_by_its_version(sandbox, client, topic):
    made = client.create_alarm(alarm(sandbox, topic))
    ocid, etag = made.data.id, made.headers["etag"]
    assert (made.data.lifecycle_state, made.data.pending_duration, made.data.resolution) == ("ACTIVE", "PT1M", "1m")
    sandbox.advance(60)
    changed = client.update_alarm(ocid, MODELS.UpdateAlarmDetails(is_enabled=False), if_match=etag)
    assert (changed.data.is_enabled, changed.data.query) == (False, "CpuUtilization[1m].mean() > 80")
    assert changed.data.time_updated > changed.data.time_created
    assert refused(client.update_alarm, ocid, MODELS.UpdateAlarmDetails(is_enabled=True), if_match=etag) == (412, "NoEtagMatch")
    assert refused(client.delete_alarm, ocid, if_match=etag) == (412, "NoEtagMatch")
    assert client.get_alarm(ocid).data.is_enabled is False
    sandbox.fault("stale", operation="list_alarms", times=1)
    assert [client.list_alarms(sandbox.tenancy).data[0].is_enabled for _ in range(2)] == [True, False]
    client.delete_alarm(ocid, if_match=changed.headers["etag"])
    assert client.get_alarm(ocid).data.lifecycle_state == "DELETED"
    assert refused(client.update_alarm, ocid, MODELS.UpdateAlarmDetails()) == (404, "NotAuthorizedOrNotFound")
    assert refused(client.delete_alarm, ocid) == (404, "NotAuthorizedOrNotFound")
    assert client.list_alarms(sandbox.tenancy).data == []
    assert [a.id for a in client.list_alarms(sandbox.tenancy, lifecycle_state="DELETED").data] == [ocid]


def test_alarms_are_listed_in_pages_by_name_or_severity(sandbox, client, topic):
    child = add_compartment(sandbox.cloud.store, sandbox.tenancy, "prod")["id"]
    for name, severity, compartment in (
        ("c", "INFO", sandbox.tenancy),
        ("a", "CRITICAL", sandbox.tenancy),
        ("b", "ERROR", child),
    ):
        client.create_alarm(alarm(sandbox, topic, display_name=name, severity=severity, compartment_id=compartment))

    def names(**more):
        return [
            a.display_name for a in oci.pagination.list_call_get_all_results(client.list_alarms, sandbox.tenancy, **more).data
        ]

    assert names() == ["a", "c"]
    assert names(compartment_id_in_subtree=True, limit=1) == ["a", "b", "c"]
    assert names(compartment_id_in_subtree=True, sort_by="severity", sort_order="DESC") == ["a", "b", "c"]
    assert names(display_name="c") == ["c"]
    assert refused(client.list_alarms, child, compartment_id_in_subtree=True) == (400, "InvalidParameter")
    assert refused(client.list_alarms, "ocid1.compartment.oc1..x") == (404, "NotAuthorizedOrNotFound")


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": "CpuUtilization[1m].mean()"},
        {"query": "CpuUtilization.mean() > 80"},
        {"severity": "URGENT"},
        {"resolution": "5m"},
        {"pending_duration": "PT2H"},
        {"pending_duration": "5 minutes"},
        {"pending_duration": "PT"},
        {"evaluation_slack_duration": "PT1M"},
        {"repeat_notification_duration": "P31D"},
        {"notification_version": "one"},
        {"destinations": []},
        {"destinations": ["https://example.com"]},
        {"metric_compartment_id_in_subtree": True, "metric_compartment_id": "CHILD"},
        {"overrides": [{"rule_name": "BASE", "query": "CpuUtilization[1m].mean() > 90"}]},
        {"overrides": [{"rule_name": "night", "query": "CpuUtilization[1m].mean()"}]},
    ],
    ids=lambda wrong: str(wrong)[:60],
)
def test_an_alarm_that_could_not_work_is_refused(sandbox, client, topic, wrong):
    child = add_compartment(sandbox.cloud.store, sandbox.tenancy, "prod")["id"]
    given_fields = {name: child if value == "CHILD" else value for name, value in wrong.items()}
    if "overrides" in given_fields:
        given_fields["overrides"] = [MODELS.AlarmOverride(**one) for one in given_fields["overrides"]]
    assert refused(client.create_alarm, alarm(sandbox, topic, **given_fields)) == (400, "InvalidParameter")


def test_an_alarm_may_watch_for_absence_and_override_itself(sandbox, client, topic):
    night = MODELS.AlarmOverride(rule_name="night", query="CpuUtilization[1m].mean() > 95", severity="INFO")
    details = alarm(
        sandbox, topic, query="CpuUtilization[1m].absent(20h)", overrides=[night], repeat_notification_duration="PT4H"
    )
    made = client.create_alarm(details).data
    assert (made.rule_name, made.overrides[0].rule_name, made.repeat_notification_duration) == ("BASE", "night", "PT4H")
    assert refused(client.update_alarm, made.id, MODELS.UpdateAlarmDetails(query="x")) == (400, "InvalidParameter")


def test_an_alarm_tells_one_topic_and_one_stream_that_exist(sandbox, client, topic):
    assert refused(client.create_alarm, alarm(sandbox, topic, destinations=[topic, topic])) == (400, "InvalidParameter")
    unknown = alarm(sandbox, topic, destinations=["ocid1.onstopic.oc1.x.aaaa"])
    assert refused(client.create_alarm, unknown) == (404, "NotAuthorizedOrNotFound")
    foreign = alarm(sandbox, topic, metric_compartment_id="ocid1.compartment.oc1..x")
    assert refused(client.create_alarm, foreign) == (404, "NotAuthorizedOrNotFound")
    streams = sandbox.client(oci.streaming.StreamAdminClient, "streaming")
    details = oci.streaming.models.CreateStreamDetails(name="s", partitions=1, compartment_id=sandbox.tenancy)
    stream = streams.create_stream(details).data.id
    assert client.create_alarm(alarm(sandbox, topic, destinations=[topic, stream])).data.destinations == [topic, stream]
    sandbox.advance(60)
    streams.delete_stream(stream)
    gone = alarm(sandbox, topic, destinations=[stream])
    assert refused(client.create_alarm, gone) == (404, "NotAuthorizedOrNotFound")


def test_an_alarm_that_is_repeated_with_its_token_is_made_once(sandbox, client, topic):
    made = [client.create_alarm(alarm(sandbox, topic), opc_retry_token="t").data.id for _ in range(2)]
    assert made[0] == made[1]
    assert len(client.list_alarms(sandbox.tenancy).data) == 1


def test_a_scenario_does_not_age(sandbox, client):
    where = (HOME_REGION, sandbox.tenancy, *CPU, {"resourceId": "r"})
    add_datapoints(sandbox.cloud.store, *where, [Datapoint(NOW, 5.0)])
    details = MODELS.SummarizeMetricsDataDetails(
        namespace=CPU[0], query="CpuUtilization[1d].mean()", start_time=NOW, end_time=NOW + timedelta(days=2)
    )
    sandbox.advance(400 * 86_400)

    assert client.summarize_metrics_data(sandbox.tenancy, details).data == []

    reach_from(sandbox.cloud.store, NOW)
    (row,) = client.summarize_metrics_data(sandbox.tenancy, details).data
    assert [point.value for point in row.aggregated_datapoints] == [5.0]
