"""Faults of the embedded Lambda happen on demand, what was done is known again after a restart, and a fleet has its truth."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from botocore.exceptions import ConnectionClosedError

from sandbox.aws_lambda_fleet import ACCOUNTS, fill, read_truth
from sandbox.aws_state import restore
from tests.aws_lambdas import OTHER, make_function, publish_layer, refused, zipped


def test_a_share_of_requests_is_throttled_the_same_ones_for_the_same_seed(aws_lambda):
    client = aws_lambda.client()

    def throttled() -> list[int]:
        aws_lambda.cloud.faults.take_back()
        aws_lambda.cloud.faults.ask("throttle", percent=20, seed=1, operation="ListLayers")
        found = []
        for number in range(50):
            try:
                client.list_layers()
            except client.exceptions.TooManyRequestsException:
                found.append(number)
        return found

    first = throttled()
    assert 3 <= len(first) <= 20
    assert throttled() == first
    assert aws_lambda.cloud.faults.requests == {"ListLayers": 50}
    assert client.list_functions()["Functions"] == []
    assert aws_lambda.client(attempts=8).list_layers()["Layers"] == []


def test_faults_are_of_an_operation_and_an_account_and_end(aws_lambda):
    mine, other = aws_lambda.client(), aws_lambda.client(account=OTHER)
    aws_lambda.cloud.faults.ask("status", operation="ListLayers", account=OTHER, status=503, after=1, times=1)

    other.list_layers()
    mine.list_layers()
    assert refused(other.list_layers) == "ServiceException"
    other.list_layers()
    aws_lambda.cloud.faults.ask("latency", seconds=0.3, times=1)
    begun = time.monotonic()
    mine.list_layers()
    assert time.monotonic() - begun >= 0.3
    with pytest.raises(ValueError, match="kind must be one of"):
        aws_lambda.cloud.faults.ask("flood")


def test_a_connection_can_end_before_the_work_or_after_it(aws_lambda):
    client = aws_lambda.client()
    for kind, there in (("drop", 0), ("drop_after", 1)):
        aws_lambda.cloud.faults.ask(kind, operation="PublishLayerVersion", times=1)
        with pytest.raises(ConnectionClosedError):
            publish_layer(client)
        assert len(client.list_layers()["Layers"]) == there


def test_faults_and_settings_can_be_asked_for_over_http(aws_lambda):
    own = f"{aws_lambda.url}/moto-api/lambda"
    httpx.post(f"{own}/faults", json={"kind": "throttle", "operation": "ListLayers"}).raise_for_status()
    httpx.post(f"{own}/settings", json={"update_seconds": 60}).raise_for_status()

    assert refused(aws_lambda.client().list_layers) == "TooManyRequestsException"
    assert make_function(aws_lambda.client())["State"] == "Pending"
    assert httpx.get(f"{own}/faults").json()["struck"] == {"ListLayers": 1}
    assert httpx.post(f"{own}/faults", json={"kind": "flood"}).status_code == 400
    assert httpx.post(f"{own}/settings", json={"speed": 1}).status_code == 400
    calls = {"account": OTHER, "region": "eu-central-1", "function": "worker", "calls": 5, "errors": 2}
    times = {"start": "2026-01-02T03:00:00+00:00", "end": "2026-01-02T03:05:00+00:00"}
    assert httpx.post(f"{own}/metrics", json=calls).status_code == 400
    httpx.post(f"{own}/metrics", json={**calls, **times}).raise_for_status()
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [{"Name": "FunctionName", "Value": "worker"}]}
    found = aws_lambda.client("cloudwatch", account=OTHER).get_metric_data(
        MetricDataQueries=[{"Id": "a", "MetricStat": {"Metric": metric, "Period": 86400, "Stat": "Sum"}}],
        StartTime=datetime(2026, 1, 2, tzinfo=UTC),
        EndTime=datetime(2026, 1, 3, tzinfo=UTC),
    )
    assert found["MetricDataResults"][0]["Values"] == [2]
    httpx.delete(f"{own}/faults")
    assert aws_lambda.client().list_layers()["Layers"] == []


def test_after_a_restart_everything_is_what_it_was_in_the_account_in_which_it_was(aws_lambda, tmp_path, monkeypatch):
    from moto.moto_api import recorder

    file = tmp_path / "requests.jsonl"
    monkeypatch.setattr(recorder, "_location", str(file))
    restore(file, aws_lambda.url)
    other = aws_lambda.client(account=OTHER)
    layer = publish_layer(other)
    revision = make_function(other, source="def handler(e, c):\n    return open('/dev/null').read()\n")["RevisionId"]
    aws_lambda.cloud.faults.ask("throttle", times=1)
    assert refused(other.delete_function, FunctionName="worker") == "TooManyRequestsException"
    other.update_function_configuration(FunctionName="worker", Layers=[layer], RevisionId=revision)
    other.publish_version(FunctionName="worker")
    other.invoke(FunctionName="worker")
    recorder.stop_recording()
    before = other.list_functions(FunctionVersion="ALL")["Functions"]
    kept = {name: value for name, value in before[1].items() if name != "LastModified"}

    aws_lambda.reset()
    assert restore(file, aws_lambda.url) == 4
    recorder.stop_recording()

    after = other.list_functions(FunctionVersion="ALL")["Functions"]
    assert {name: value for name, value in after[1].items() if name != "LastModified"} == kept
    assert len(after) == len(before)


def test_requests_of_long_ago_that_are_made_again_keep_their_time(aws_lambda):
    signed = "AWS4-HMAC-SHA256 Credential=test/20260102/eu-central-1/lambda/aws4_request, SignedHeaders=host, Signature=0"
    content = base64.b64encode(zipped({"a": "b"})).decode()
    httpx.post(
        f"{aws_lambda.url}/2018-10-31/layers/old/versions",
        json={"Content": {"ZipFile": content}},
        headers={"Authorization": signed, "X-Amz-Date": "20260102T030405Z"},
    ).raise_for_status()
    publish_layer(aws_lambda.client(), "now")

    then, now = (row["LatestMatchingVersion"]["CreatedDate"] for row in reversed(aws_lambda.client().list_layers()["Layers"]))

    assert then == "2026-01-02T03:04:05.000+0000"
    assert now[:10] != then[:10]


def test_a_fleet_is_what_its_truth_says(aws_lambda):
    truth = fill(aws_lambda.cloud, functions=60, layer_versions=40, seed=3)

    used: dict[str, list[str]] = {}
    layers, functions, aliases = [], 0, 0
    for account in ACCOUNTS:
        client = aws_lambda.client(account=account)
        for page in client.get_paginator("list_functions").paginate(FunctionVersion="ALL"):
            for row in page["Functions"]:
                functions += 1
                for layer in row.get("Layers", []):
                    used.setdefault(layer["Arn"], []).append(f"{account}:{row['FunctionName']}:{row['Version']}")
        for row in client.list_functions()["Functions"]:
            aliases += len(client.list_aliases(FunctionName=row["FunctionName"])["Aliases"])
        for row in client.list_layers()["Layers"]:
            versions = client.list_layer_versions(LayerName=row["LayerName"])["LayerVersions"]
            layers += [version["LayerVersionArn"] for version in versions]

    assert {arn: sorted(found) for arn, found in used.items()} == {arn: sorted(found) for arn, found in truth.uses.items()}
    assert sorted(layers) == sorted(row.arn for row in truth.layers)
    assert (functions, aliases) == (truth.functions + truth.versions, truth.aliases)
    assert any("retired" in arn for arn in truth.uses)
    deletable = truth.deletable(1, datetime.now(UTC) - timedelta(days=30))
    assert 0 < len(deletable) < len(layers)
    assert not deletable & set(used)


def test_a_fleet_is_served_by_a_process_of_its_own(tmp_path):
    import subprocess
    import sys

    command = [sys.executable, "-m", "sandbox.aws_lambda_fleet", "--functions", "6", "--layer-versions", "6"]
    process = subprocess.Popen(
        [*command, "--truth", str(tmp_path / "truth"), "--throttled", "100"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    ready = process.stdout.readline()
    truth = read_truth(json.loads((tmp_path / "truth").read_text()))
    assert ready.startswith("fleet ready at http://127.0.0.1:")
    assert (truth.functions, len(truth.layers)) == (6, 6)
    process.communicate()
    assert process.returncode == 0
