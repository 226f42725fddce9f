"""Functions of the embedded Lambda run with their layers alone, are ended and told of as AWS does, and leave metrics."""

import base64
import json
import re
import shutil
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from sandbox import aws_lambda_metrics
from sandbox.aws_lambda_unpacking import unpack
from tests.aws_lambdas import ACCOUNT, REGION, make_function, publish_layer, refused, zipped


def call(client: Any, name: str = "worker", event: Any = None, **more: Any) -> tuple[Any, dict[str, Any]]:
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return json.loads(answer["Payload"].read()), answer


def test_a_handler_sees_its_layers_the_last_one_first_and_nothing_of_this_environment(aws_lambda):
    client = aws_lambda.client()
    first = publish_layer(client, "one", "VALUE = 'first'\n")
    second = client.publish_layer_version(
        LayerName="two",
        Content={"ZipFile": zipped({"python/one.py": "VALUE = 'second'\n", "python/lib/python3.11/site-packages/deep.py": ""})},
    )["LayerVersionArn"]
    source = """
import one, deep, boto3, sys, os
def handler(event, context):
    try:
        import polars
        other = True
    except ImportError:
        other = False
    return [one.VALUE, event, other, context.function_version, os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
            os.environ["COLOUR"], context.get_remaining_time_in_millis() > 0, boto3.__name__]
"""
    make_function(client, source=source, Layers=[first, second], MemorySize=256, Environment={"Variables": {"COLOUR": "blue"}})

    answer, told = call(client, event={"n": 1})

    assert answer == ["second", {"n": 1}, False, "$LATEST", "256", "blue", True, "boto3"]
    assert (told["StatusCode"], told["ExecutedVersion"], told.get("FunctionError")) == (200, "$LATEST", None)
    client.update_function_configuration(FunctionName="worker", Layers=[second, first])
    assert call(client, event=0)[0][0] == "first"


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def handler(e, c):\n    return 1 / 0\n", "ZeroDivisionError", "division by zero"),
        ("import absent\n", "Runtime.ImportModuleError", "Unable to import module 'main': No module named 'absent'"),
        ("def other(e, c): ...\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'main'"),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'main'"),
        ("import sys\ndef handler(e, c):\n    sys.exit(3)\n", "Runtime.ExitError", "exit status 3"),
        ("def handler(e, c):\n    return object()\n", "Runtime.MarshalError", "not JSON serializable"),
        ("import time\ndef handler(e, c):\n    time.sleep(9)\n", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    ],
)
def test_what_goes_wrong_is_told_as_aws_tells_it(aws_lambda, source, kind, message):
    client = aws_lambda.client()
    make_function(client, source=source, Timeout=1)

    answer, told = call(client)

    assert told["FunctionError"] == "Unhandled"
    assert answer["errorType"] == kind
    assert message in answer["errorMessage"]


def test_the_log_ends_with_what_was_measured(aws_lambda):
    client = aws_lambda.client()
    make_function(
        client, source="import time\ntime.sleep(0.05)\ndef handler(e, c):\n    print('x' * 5000)\n    print('at work')\n"
    )

    log = base64.b64decode(call(client, LogType="Tail")[1]["LogResult"]).decode()

    assert len(log) == 4096
    assert "at work\nEND RequestId: " in log
    report = re.search(
        r"REPORT RequestId: \S+\tDuration: ([\d.]+) ms\tBilled .*\tMemory Size: 128 MB\t.*\tInit Duration: ([\d.]+) ms", log
    )
    assert report
    assert float(report[2]) >= 50
    assert "LogResult" not in call(client)[1]


def test_calls_leave_metrics_of_the_function_and_of_what_was_called(aws_lambda):
    client = aws_lambda.client()
    make_function(client, source="def handler(e, c):\n    return 1 / e\n")
    version = client.publish_version(FunctionName="worker")["Version"]
    client.create_alias(FunctionName="worker", Name="live", FunctionVersion=version)
    call(client, event=1)
    call(client, event=0, Qualifier="live")
    client.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=0)
    assert refused(client.invoke, FunctionName="worker") == "TooManyRequestsException"
    now = datetime.now(UTC)
    aws_lambda_metrics.record_many(ACCOUNT, REGION, "worker", start=now, end=now + timedelta(seconds=5), calls=10, errors=3)

    def total(metric: str, *resource: str) -> float:
        dimensions = [{"Name": "FunctionName", "Value": "worker"}, *({"Name": "Resource", "Value": r} for r in resource)]
        query = {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions},
            "Period": 60,
            "Stat": "Sum",
        }
        window = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=5)}
        found = aws_lambda.client("cloudwatch").get_metric_data(MetricDataQueries=[{"Id": "a", "MetricStat": query}], **window)
        return float(sum(found["MetricDataResults"][0]["Values"]))

    assert [total(name) for name in ("Invocations", "Errors", "Throttles")] == [12, 4, 1]
    assert [total(name, "worker:live") for name in ("Invocations", "Errors")] == [1, 1]
    assert total("Duration") >= 1000
    put = aws_lambda.client("cloudwatch").put_metric_data
    assert refused(put, Namespace="AWS/Lambda", MetricData=[{"MetricName": "Errors", "Value": 0}]) == "InvalidParameterValue"


def test_an_alias_with_weights_leads_to_both_versions(aws_lambda):
    client = aws_lambda.client()
    make_function(client)
    client.publish_version(FunctionName="worker")
    client.update_function_configuration(FunctionName="worker", MemorySize=256)
    client.publish_version(FunctionName="worker")
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    client.create_alias(FunctionName="worker", Name="live", FunctionVersion="1", RoutingConfig=routing)

    run = [client.invoke(FunctionName="worker", Qualifier="live", InvocationType="DryRun") for _ in range(20)]

    assert {answer["ExecutedVersion"] for answer in run} == {"1", "2"}


@pytest.mark.skipif(shutil.which("node") is None, reason="node: not installed")
def test_a_node_function_finds_modules_of_its_layer(aws_lambda):
    client = aws_lambda.client()
    content = {"ZipFile": zipped({"nodejs/node_modules/shared/index.js": "exports.value = 7;\n"})}
    layer = client.publish_layer_version(LayerName="node", Content=content)["LayerVersionArn"]
    source = (
        "const s = require('shared'); exports.handler = async (e) => { if (!e) throw TypeError('none'); return s.value + e; };"
    )
    given = {
        "Runtime": "nodejs20.x",
        "Handler": "index.handler",
        "Code": {"ZipFile": zipped({"index.js": source})},
        "Layers": [layer],
    }
    make_function(client, **given)

    assert call(client, event=1)[0] == 8
    answer, told = call(client, event=0)
    assert (told["FunctionError"], answer["errorType"], answer["errorMessage"]) == ("Unhandled", "TypeError", "none")


def test_nothing_of_a_layer_is_written_outside(tmp_path):
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../../slip", "x")
        archive.writestr("/absolute", "x")
        for name, target in (("out", "../.."), ("far", "/etc"), ("python/in", "../kept"), ("bin/opt", "/opt/kept")):
            link = zipfile.ZipInfo(name)
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, target)
        archive.writestr("out/slip", "x")
        archive.writestr("far/slip", "x")
        archive.writestr("kept", "content")
    inside = tmp_path / "a" / "b" / "opt"
    inside.mkdir(parents=True)

    unpack(made.getvalue(), inside)

    assert sorted(path for path in tmp_path.rglob("*") if not path.is_relative_to(inside)) == [
        tmp_path / "a",
        tmp_path / "a" / "b",
    ]
    assert (inside / "python" / "in").read_text() == (inside / "bin" / "opt").read_text() == "content"
    assert not (inside / "out").is_symlink()
