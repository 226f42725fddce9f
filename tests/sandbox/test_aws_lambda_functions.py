"""The embedded Lambda keeps the rules of the service: functions, their versions, aliases, tags, limits and states."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox import aws_lambda_functions
from tests.aws_lambdas import ACCOUNT, OTHER, REGION, ROLE, make_function, publish_layer, refused, zipped

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"


def pages(call: Any, field: str, **request: Any) -> list[list[Any]]:
    """Every page of a list."""
    found, marker = [], None
    while marker or not found:
        answer = call(**request, **({"Marker": marker} if marker else {}))
        found.append(answer[field])
        marker = answer.get("NextMarker")
    return found


def test_functions_and_their_versions_are_paged_by_fifty_at_most_with_their_own_layers(aws_lambda):
    client = aws_lambda.client()
    layer = publish_layer(client)
    for number in range(52):
        make_function(client, f"f{number:02d}")
    client.publish_version(FunctionName="f51")
    client.update_function_configuration(FunctionName="f51", Layers=[layer])
    client.publish_version(FunctionName="f51")

    assert [len(page) for page in pages(client.list_functions, "Functions", MaxItems=10_000)] == [50, 2]
    _, last = pages(client.list_functions, "Functions", FunctionVersion="ALL")
    assert [(row["FunctionArn"].removeprefix(ARN), "Layers" in row) for row in last] == [
        (":f50:$LATEST", False), (":f51:$LATEST", True), (":f51:1", False), (":f51:2", True),
    ]  # fmt: skip
    assert "State" not in last[0]
    assert client.get_function(FunctionName="f51")["Configuration"]["State"] == "Active"


def test_pages_neither_skip_nor_repeat_what_stays_while_others_come_and_go(aws_lambda):
    client = aws_lambda.client()
    for name in "bdfh":
        make_function(client, name)
    first = client.list_functions(MaxItems=2)
    client.delete_function(FunctionName="b")
    make_function(client, "a")
    make_function(client, "g")
    second = client.list_functions(MaxItems=2, Marker=first["NextMarker"])

    assert [f["FunctionName"] for f in second["Functions"]] == ["f", "g"]


def test_layers_of_a_function_are_bounded_and_there_once(aws_lambda):
    client = aws_lambda.client()
    arns = [publish_layer(client, f"layer-{number}") for number in range(6)]
    again = publish_layer(client, "layer-0", "VALUE = 2\n")
    make_function(client)

    def set_layers(*layers: str) -> str:
        return refused(client.update_function_configuration, FunctionName="worker", Layers=list(layers))

    assert set_layers(*arns) == "InvalidParameterValueException"
    assert set_layers(arns[0], again) == "InvalidParameterValueException"
    assert set_layers(arns[0], arns[0]) == "InvalidParameterValueException"
    assert set_layers(f"{arns[0][:-1]}9") == "InvalidParameterValueException"
    assert set_layers(arns[0].replace(ACCOUNT, OTHER)) == "AccessDeniedException"
    assert "Layers" not in client.get_function_configuration(FunctionName="worker")
    told = client.update_function_configuration(FunctionName="worker", Layers=[arns[3], arns[1]])
    assert [layer["Arn"] for layer in told["Layers"]] == [arns[3], arns[1]]


def test_a_function_and_its_layers_are_bounded_together(aws_lambda, monkeypatch):
    monkeypatch.setattr(aws_lambda_functions, "MOST_UNZIPPED", 1_000)
    client = aws_lambda.client()
    zeros = {"ZipFile": zipped({"python/zeros": bytes(600)})}
    layers = [client.publish_layer_version(LayerName=name, Content=zeros)["LayerVersionArn"] for name in "ab"]
    make_function(client, Layers=layers[:1])

    assert refused(client.update_function_configuration, FunctionName="worker", Layers=layers) == "InvalidParameterValueException"
    update = client.update_function_code
    assert refused(update, FunctionName="worker", ZipFile=zeros["ZipFile"]) == "InvalidParameterValueException"


def test_a_change_of_an_older_revision_is_refused(aws_lambda):
    client = aws_lambda.client()
    first = make_function(client)["RevisionId"]
    second = client.update_function_configuration(FunctionName="worker", Timeout=5, RevisionId=first)["RevisionId"]

    for call in (client.update_function_configuration, client.publish_version):
        assert refused(call, FunctionName="worker", RevisionId=first) == "PreconditionFailedException"
    code = zipped({"main.py": "X = 1\n"})
    assert (
        refused(client.update_function_code, FunctionName="worker", ZipFile=code, RevisionId=first)
        == "PreconditionFailedException"
    )
    assert client.publish_version(FunctionName="worker", RevisionId=second)["Version"] == "1"
    assert refused(client.publish_version, FunctionName="worker", RevisionId=second) == "PreconditionFailedException"
    third = client.get_function_configuration(FunctionName="worker")["RevisionId"]
    client.tag_resource(Resource=f"{ARN}:worker", Tags={"team": "a"})
    assert client.get_function_configuration(FunctionName="worker")["RevisionId"] not in (second, third)


def test_a_version_is_published_only_if_something_changed(aws_lambda):
    client = aws_lambda.client()
    made = make_function(client)
    assert refused(client.publish_version, FunctionName="worker", CodeSha256="other") == "InvalidParameterValueException"

    first = client.publish_version(FunctionName="worker", CodeSha256=made["CodeSha256"])
    again = client.publish_version(FunctionName="worker")
    client.update_function_configuration(FunctionName="worker", Timeout=9)
    second = client.publish_version(FunctionName="worker", Description="slower")

    assert [v["Version"] for v in (first, again, second)] == ["1", "1", "2"]
    assert client.get_function_configuration(FunctionName="worker", Qualifier="1")["Timeout"] == 3
    assert [v["Version"] for v in client.list_versions_by_function(FunctionName="worker")["Versions"]] == ["$LATEST", "1", "2"]


def test_an_alias_shares_calls_between_two_published_versions(aws_lambda):
    client = aws_lambda.client()
    make_function(client)
    for timeout in (4, 5, 6):
        client.update_function_configuration(FunctionName="worker", Timeout=timeout)
        client.publish_version(FunctionName="worker")
    about = {"FunctionName": "worker", "Name": "live"}
    made = client.create_alias(**about, FunctionVersion="1")
    assert refused(client.create_alias, **about, FunctionVersion="1") == "ResourceConflictException"

    changed = client.update_alias(**about, RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}}, RevisionId=made["RevisionId"])

    assert (changed["FunctionVersion"], changed["RoutingConfig"]["AdditionalVersionWeights"]) == ("1", {"2": 0.1})
    assert refused(client.update_alias, **about, RevisionId=made["RevisionId"]) == "PreconditionFailedException"
    for weights in ({"1": 0.1}, {"$LATEST": 0.1}, {"2": 0.1, "3": 0.1}, {"2": 1.5}):
        routing = {"AdditionalVersionWeights": weights}
        code = refused(client.update_alias, **about, RoutingConfig=routing)
        assert code in ("InvalidParameterValueException", "ValidationException")
    client.update_function_configuration(FunctionName="worker", Role=f"{ROLE}-other")
    other = client.publish_version(FunctionName="worker")["Version"]
    routing = {"AdditionalVersionWeights": {other: 0.1}}
    assert refused(client.update_alias, **about, RoutingConfig=routing) == "InvalidParameterValueException"
    assert refused(client.delete_function, FunctionName="worker", Qualifier="2") == "ResourceConflictException"
    client.update_alias(**about, FunctionVersion="3", RoutingConfig={})
    assert "RoutingConfig" not in client.get_alias(**about)
    client.delete_function(FunctionName="worker", Qualifier="2")
    for name in "abc":
        client.create_alias(FunctionName="worker", Name=name, FunctionVersion="1")
    found = pages(client.list_aliases, "Aliases", FunctionName="worker", MaxItems=3)
    assert [[alias["Name"] for alias in page] for page in found] == [["a", "b", "c"], ["live"]]
    assert len(client.list_aliases(FunctionName="worker", FunctionVersion="1")["Aliases"]) == 3


def test_what_is_in_progress_refuses_further_changes_and_the_old_one_runs_meanwhile(aws_lambda):
    client = aws_lambda.client()
    make_function(
        client,
        source="import os\ndef handler(e, c):\n    return os.environ['COLOUR']\n",
        Environment={"Variables": {"COLOUR": "blue"}},
    )
    aws_lambda.cloud.update_seconds = 600.0

    told = client.update_function_configuration(FunctionName="worker", Environment={"Variables": {"COLOUR": "red"}})

    assert (told["State"], told["LastUpdateStatus"]) == ("Active", "InProgress")
    update = client.update_function_configuration
    assert refused(update, FunctionName="worker", Timeout=9) == "ResourceConflictException"
    assert refused(client.publish_version, FunctionName="worker") == "ResourceConflictException"
    assert client.invoke(FunctionName="worker")["Payload"].read() == b'"blue"'
    assert make_function(client, "new")["State"] == "Pending"
    assert refused(client.invoke, FunctionName="new") == "ResourceConflictException"
    during = client.get_function_configuration(FunctionName="worker")["RevisionId"]
    aws_lambda.cloud.finish_updates()
    after = client.get_function_configuration(FunctionName="worker")
    assert after["LastUpdateStatus"] == "Successful"
    assert told["RevisionId"] == during != after["RevisionId"]
    assert client.invoke(FunctionName="worker")["Payload"].read() == b'"red"'


def test_tags_and_what_is_stored_are_told(aws_lambda):
    client = aws_lambda.client()
    made = make_function(client, Tags={"team": "a"})
    client.tag_resource(Resource=made["FunctionArn"], Tags={"stage": "test", "team": "b"})
    client.untag_resource(Resource=made["FunctionArn"], TagKeys=["stage"])
    assert (
        client.list_tags(Resource=made["FunctionArn"])["Tags"]
        == client.get_function(FunctionName="worker")["Tags"]
        == {"team": "b"}
    )

    client.publish_version(FunctionName="worker")
    publish_layer(client)
    size = client.get_layer_version(LayerName="shared", VersionNumber=1)["Content"]["CodeSize"]
    told = client.get_account_settings()
    assert told["AccountUsage"] == {"TotalCodeSize": 2 * made["CodeSize"] + size, "FunctionCount": 1}
    assert told["AccountLimit"]["TotalCodeSize"] == 75 * 1024**3
    aws_lambda.cloud.most_stored = told["AccountUsage"]["TotalCodeSize"]
    content = {"ZipFile": zipped({"a": "b"})}
    assert refused(client.publish_layer_version, LayerName="b", Content=content) == "CodeStorageExceededException"


def test_a_function_is_found_by_name_and_arn_of_its_own_account_alone(aws_lambda):
    client = aws_lambda.client()
    made = make_function(client)
    client.publish_version(FunctionName="worker")

    for name in ("worker", made["FunctionArn"], f"{ACCOUNT}:function:worker", "worker:1", f"{made['FunctionArn']}:1"):
        assert client.get_function_configuration(FunctionName=name)["FunctionName"] == "worker"
    assert refused(client.get_function, FunctionName=made["FunctionArn"].replace(ACCOUNT, OTHER)) == "ResourceNotFoundException"
    assert refused(client.get_function, FunctionName="worker", Qualifier="2") == "ResourceNotFoundException"
    with pytest.raises(ClientError, match="ResourceConflictException"):
        make_function(client)
