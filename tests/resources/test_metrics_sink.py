"""Sinks of measurements: what all of them keep, what OCI's takes, and what is told when it does not."""

import json
import math
from datetime import datetime, timedelta

import oci
import polars as pl
import pytest

from resources.clock import Clock
from resources.errors import BadInput
from resources.lake import Lake
from resources.metrics_sink import CUSTOM_METRICS, LakeMetrics, MetricPoint, NoMetrics
from resources.oci.clients import OciClients
from resources.oci.metrics_sink import OciMetrics
from tests.sandboxes import NOW, running

WHERE = {"deployment": "test"}


@pytest.fixture
def sandbox(tmp_path):
    with running(tmp_path / "cloud") as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A sandbox for tests that need not know what it keeps."""
    with running(tmp_path_factory.mktemp("cloud")) as made:
        yield made


def of_cloud(sandbox, **settings):
    clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, max_attempts=1)
    return OciMetrics(clients=clients, clock=Clock(fixed_at=NOW.isoformat()), **settings)


def kept_in_cloud(sandbox, name, statistic="sum"):
    client = sandbox.client(oci.monitoring.MonitoringClient, "monitoring")
    details = oci.monitoring.models.SummarizeMetricsDataDetails(
        namespace="cloudops",
        query=f"{name}[1h].{statistic}()",
        start_time=NOW - timedelta(hours=3),
        end_time=NOW + timedelta(hours=1),
    )
    rows = client.summarize_metrics_data(sandbox.tenancy, details).data
    return {json.dumps(row.dimensions): sum(p.value for p in row.aggregated_datapoints) for row in rows}


@pytest.fixture(params=["nothing", "lake", "oci"])
def sink(request, tmp_path):
    if request.param == "oci":
        yield of_cloud(request.getfixturevalue("shared"))
    else:
        yield NoMetrics() if request.param == "nothing" else LakeMetrics(lake=Lake(root=str(tmp_path / "lake")))


def point(name="invoices_processed", value=1.0, at=NOW, dimensions=WHERE, count=1):
    return MetricPoint(name, value, at, dimensions, count)


def test_valid_points_are_taken(sink):
    assert sink.post([point(), point("processing_seconds", 0.4, count=3), point(dimensions={"a": "b"})]) == ()
    assert sink.post([]) == ()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (point(name="1st"), "name"),
        (point(name="a b"), "name"),
        (point(dimensions={}), "1 to 20 dimensions"),
        (point(dimensions={f"d{n}": "v" for n in range(21)}), "1 to 20 dimensions"),
        (point(dimensions={"a b": "v"}), "names of dimensions"),
        (point(dimensions={"a": ""}), "values 1 to 512"),
        (point(dimensions={"a": "v" * 513}), "values 1 to 512"),
        (point(value=math.nan), "finite"),
        (point(value=math.inf), "finite"),
        (point(count=0), "count"),
        (point(at=datetime(2026, 11, 16, 12)), "no time zone"),
    ],
)
def test_a_point_that_is_not_valid_is_told_and_spoils_no_other(sink, wrong, reason):
    (refused,) = sink.post([point(), wrong])
    assert refused.point is wrong
    assert reason in refused.reason


def test_the_lake_has_a_row_for_each_point_and_the_same_point_once(tmp_path):
    lake = Lake(root=str(tmp_path))
    sink = LakeMetrics(lake=lake)
    late = NOW + timedelta(hours=20)
    assert sink.post([point(value=1), point(value=2, at=late)]) == ()
    assert sink.post([point(value=3), point("other", 4, dimensions={"b": "ü", "a": "x"})]) == ()
    rows = lake.scan(CUSTOM_METRICS).sort("at", "name").collect()
    assert rows.select("name", "value", "count").rows() == [
        ("invoices_processed", 3.0, 1),
        ("other", 4.0, 1),
        ("invoices_processed", 2.0, 1),
    ]
    assert rows["dimensions"].to_list()[1] == '{"a": "x", "b": "ü"}'
    assert rows["at"].to_list() == [NOW, NOW, late]
    assert rows.schema == pl.Schema(CUSTOM_METRICS.schema)


def test_the_cloud_keeps_what_was_posted_by_name_and_dimensions(sandbox):
    sink = of_cloud(sandbox)
    points = [point(value=2), point(value=3, at=NOW - timedelta(minutes=5)), point(value=7, dimensions={"deployment": "other"})]
    assert sink.post(points) == ()
    assert kept_in_cloud(sandbox, "invoices_processed") == {'{"deployment": "test"}': 5.0, '{"deployment": "other"}': 7.0}


def test_a_call_has_no_more_metrics_than_the_service_takes(sandbox):
    sandbox.count_requests("post_metric_data")
    assert of_cloud(sandbox).post([point(dimensions={"n": str(n)}) for n in range(120)]) == ()
    assert sandbox.requests("post_metric_data") == 3
    assert len(kept_in_cloud(sandbox, "invoices_processed")) == 120


@pytest.mark.parametrize("hours", [-2.1, -30, 0.2])
def test_a_point_that_the_service_would_find_too_old_or_too_new_is_told(shared, hours):
    (refused,) = of_cloud(shared).post([point(), point(at=NOW + timedelta(hours=hours))])
    assert "within the last 2 hours" in refused.reason


def test_metrics_that_the_service_refuses_are_told_one_by_one(sandbox):
    sandbox.fault("partial", operation="post_metric_data", times=1)
    points = [point(dimensions={"n": str(n)}) for n in range(4)]
    refused = of_cloud(sandbox).post([*points, point(value=5, dimensions={"n": "0"})])
    assert [one.point.dimensions["n"] for one in refused] == ["0", "0", "2"]
    assert len(kept_in_cloud(sandbox, "invoices_processed")) == 2


def test_a_service_that_does_not_answer_ends_no_work_and_nothing_is_sent_twice(sandbox):
    sandbox.fault("status", operation="post_metric_data", times=1, status=503)
    sandbox.count_requests("post_metric_data")
    points = [point(dimensions={"n": str(n)}) for n in range(60)]
    refused = of_cloud(sandbox).post(points)
    assert [one.point for one in refused] == points[:50]
    assert sandbox.requests("post_metric_data") == 2
    assert len(kept_in_cloud(sandbox, "invoices_processed")) == 10


def test_a_compartment_that_may_not_be_used_is_told_with_the_policy_that_allows_it(shared):
    (refused,) = of_cloud(shared, compartment_id="ocid1.compartment.oc1..none").post([point()])
    assert "use metrics in" in refused.reason


@pytest.mark.parametrize("namespace", ["custom/invoices", "oci_mine", "oracle_mine", "Mine", "1st", ""])
def test_a_namespace_that_the_service_would_refuse_is_bad_input(shared, namespace):
    with pytest.raises(BadInput, match="namespace"):
        of_cloud(shared, namespace=namespace).post([point()])
