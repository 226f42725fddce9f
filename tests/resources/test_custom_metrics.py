"""Measurements in CloudWatch over HTTP: what it keeps, what it would refuse, and what is told when it does not answer."""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from resources.aws.clients import AwsClients
from resources.aws.custom_metrics import MOST_POINTS, CloudWatchMetrics, _batches, _datum
from resources.clock import Clock
from resources.errors import BadInput
from resources.metrics_sink import MetricPoint

NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
WHERE = {"Layer": "lib"}


def sink(url, **more):
    clients = AwsClients(region="eu-central-1", endpoint_url=url, access_key_id="test", secret_access_key="test", max_attempts=1)
    return CloudWatchMetrics(clients=clients, clock=Clock(fixed_at=NOW.isoformat()), **more)


def point(name="LayerSize", value=1.0, at=NOW, dimensions=WHERE, count=1):
    return MetricPoint(name, value, at, dimensions, count)


def kept(aws, name, statistic="Sum", dimensions=WHERE):
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace="CloudOps/Layers", MetricName=name, Statistics=[statistic], Period=3600, StartTime=NOW - timedelta(days=15),
        EndTime=NOW + timedelta(hours=2), Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
    )["Datapoints"]  # fmt: skip
    return sorted((one[statistic], one["Unit"]) for one in found)


def test_points_are_kept_by_name_and_dimensions_with_their_units(aws_lambda):
    points = [
        point(value=1000), point("LayerColdStartDuration", 120.5), point("functions", 3), point("scan_seconds", 2),
        point(value=7, dimensions={"Layer": "other", "Runtime": "python3.12"}), point(value=5, at=NOW - timedelta(days=13)),
    ]  # fmt: skip

    assert sink(aws_lambda.url).post(points) == ()

    assert kept(aws_lambda, "LayerSize") == [(5.0, "Bytes"), (1000.0, "Bytes")]
    assert kept(aws_lambda, "LayerSize", dimensions={"Layer": "other", "Runtime": "python3.12"}) == [(7.0, "Bytes")]
    assert kept(aws_lambda, "LayerColdStartDuration") == [(120.5, "Milliseconds")]
    assert kept(aws_lambda, "functions") == [(3.0, "None")]
    assert kept(aws_lambda, "scan_seconds") == [(2.0, "Seconds")]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (point(at=NOW - timedelta(days=14, seconds=1)), "two weeks"),
        (point(at=NOW + timedelta(hours=3)), "two weeks"),
        (point(value=1e200), "2^360"),
        (point(value=1e-200), "2^-360"),
        (point(dimensions={":Layer": "lib"}), "begin with ':'"),
        (point(dimensions={"Layer": "ü"}), "ASCII"),
        (point(dimensions={"Layer": " "}), "no space"),
        (point(name="a b"), "name"),
    ],
)
def test_a_point_that_cloudwatch_would_refuse_is_told_and_spoils_no_other(aws_lambda, wrong, reason):
    (refused,) = sink(aws_lambda.url).post([point(), wrong])

    assert refused.point is wrong
    assert reason in refused.reason
    assert kept(aws_lambda, "LayerSize") == [(1.0, "Bytes")]


def test_a_request_has_no_more_points_and_bytes_than_cloudwatch_takes():
    few = [(one, _datum(one)) for one in (point(value=float(n)) for n in range(2 * MOST_POINTS + 1))]
    long = point(dimensions={f"d{n}": "v" * 512 for n in range(20)})
    many_bytes = [(long, _datum(long))] * 300

    assert [len(batch) for batch in _batches(few)] == [MOST_POINTS, MOST_POINTS, 1]
    sizes = [len(batch) for batch in _batches(many_bytes)]
    assert sum(sizes) == 300
    assert max(sizes) < 100


def test_a_service_that_does_not_answer_ends_no_work():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    points = [point(), point("other")]

    refused = sink(nobody).post(points)

    assert [one.point for one in refused] == points
    assert "no answer" in refused[0].reason


@pytest.mark.parametrize("namespace", ["AWS/Lambda", "", " ", "a:b", "ü", "x" * 256])
def test_a_namespace_that_cloudwatch_would_refuse_is_bad_input(aws_lambda, namespace):
    with pytest.raises(BadInput, match="namespace"):
        sink(aws_lambda.url, namespace=namespace).post([point()])
