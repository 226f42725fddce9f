"""The embedded Lambda keeps the rules of the service: layers, their policies, functions, versions and aliases."""

from datetime import UTC, datetime

import httpx
import pytest

from sandbox import aws_lambda_layers, aws_lambda_state
from sandbox.aws_lambda import carried_out
from sandbox.aws_lambda_requests import Call
from tests.aws_lambdas import ACCOUNT, OTHER, REGION, make_function, publish_layer, refused, zipped


def test_layers_are_paged_filtered_and_the_newest_version_first(aws_lambda):
    client = aws_lambda.client()
    for number in range(1, 4):
        publish_layer(client, "shared", f"VALUE = {number}\n", CompatibleRuntimes=["python3.12" if number == 2 else "python3.11"])
    publish_layer(client, "tools", CompatibleRuntimes=["python3.12"], CompatibleArchitectures=["arm64"])

    first = client.list_layer_versions(LayerName="shared", MaxItems=2)
    second = client.list_layer_versions(LayerName="shared", MaxItems=2, Marker=first["NextMarker"])
    assert [v["Version"] for v in first["LayerVersions"] + second["LayerVersions"]] == [3, 2, 1]
    assert "NextMarker" not in second
    old = client.list_layers(CompatibleRuntime="python3.12")["Layers"]
    assert [(layer["LayerName"], layer["LatestMatchingVersion"]["Version"]) for layer in old] == [("shared", 2), ("tools", 1)]
    assert [layer["LayerName"] for layer in client.list_layers(CompatibleArchitecture="arm64")["Layers"]] == ["tools"]
    one = client.list_layers(MaxItems=1)
    assert [layer["LayerName"] for layer in client.list_layers(MaxItems=1, Marker=one["NextMarker"])["Layers"]] == ["tools"]
    assert refused(client.list_layers, MaxItems=51) == "ValidationException"
    assert refused(client.list_layers, Marker="nonsense") == "InvalidParameterValueException"


def test_numbers_of_versions_are_never_used_again(aws_lambda):
    client = aws_lambda.client()
    publish_layer(client)
    client.delete_layer_version(LayerName="shared", VersionNumber=1)
    client.delete_layer_version(LayerName="shared", VersionNumber=1)

    assert client.list_layers()["Layers"] == []
    assert publish_layer(client).endswith(":2")
    make_function(client)
    assert client.publish_version(FunctionName="worker")["Version"] == "1"
    client.delete_function(FunctionName="worker")
    make_function(client)
    assert client.publish_version(FunctionName="worker")["Version"] == "2"


def test_a_deleted_layer_version_stays_with_its_functions_and_cannot_be_set_anew(aws_lambda):
    client = aws_lambda.client()
    arn = publish_layer(client)
    make_function(client, Layers=[arn])
    client.delete_layer_version(LayerName="shared", VersionNumber=1)

    kept = client.update_function_configuration(FunctionName="worker", Timeout=9)
    assert [layer["Arn"] for layer in kept["Layers"]] == [arn]
    update = client.update_function_configuration
    assert refused(update, FunctionName="worker", Layers=[arn]) == "InvalidParameterValueException"
    assert refused(client.get_layer_version_by_arn, Arn=arn) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("principal", "organization", "allowed"),
    [
        (OTHER, None, True),
        ("333333333333", None, False),
        ("*", None, True),
        ("*", "o-aaaaaaaaaa", True),
        ("*", "o-bbbbbbbbbb", False),
    ],
)
def test_another_account_has_a_layer_only_if_its_policy_says_so(aws_lambda, principal, organization, allowed):
    owner, other = aws_lambda.client(), aws_lambda.client(account=OTHER)
    aws_lambda.cloud.organizations[OTHER] = "o-aaaaaaaaaa"
    arn = publish_layer(owner)
    assert refused(other.get_layer_version_by_arn, Arn=arn) == "AccessDeniedException"

    grant = {"LayerName": "shared", "VersionNumber": 1, "StatementId": "s", "Action": "lambda:GetLayerVersion"}
    more = {"OrganizationId": organization} if organization else {}
    owner.add_layer_version_permission(**grant, Principal=principal, **more)

    if allowed:
        assert other.get_layer_version_by_arn(Arn=arn)["Version"] == 1
        assert make_function(other, Layers=[arn])["Layers"][0]["Arn"] == arn
    else:
        assert refused(other.get_layer_version_by_arn, Arn=arn) == "AccessDeniedException"
        with pytest.raises(Exception, match="AccessDenied"):
            make_function(other, Layers=[arn])


def test_the_policy_of_a_layer_is_guarded_by_its_revision_and_knows_a_statement_once(aws_lambda):
    client = aws_lambda.client()
    publish_layer(client)
    about = {"LayerName": "shared", "VersionNumber": 1}
    grant = {**about, "Action": "lambda:GetLayerVersion", "Principal": OTHER}
    assert refused(client.get_layer_version_policy, **about) == "ResourceNotFoundException"

    first = client.add_layer_version_permission(**grant, StatementId="a")["RevisionId"]
    assert refused(client.add_layer_version_permission, **grant, StatementId="a") == "ResourceConflictException"
    second = client.add_layer_version_permission(**grant, StatementId="b", RevisionId=first)["RevisionId"]
    assert (
        refused(client.add_layer_version_permission, **grant, StatementId="c", RevisionId=first) == "PreconditionFailedException"
    )
    remove = client.remove_layer_version_permission
    assert refused(remove, **about, StatementId="a", RevisionId=first) == "PreconditionFailedException"
    remove(**about, StatementId="a", RevisionId=second)
    assert refused(remove, **about, StatementId="a") == "ResourceNotFoundException"
    assert '"Sid": "b"' in client.get_layer_version_policy(**about)["Policy"]


def test_what_is_no_zip_or_too_large_is_not_published(aws_lambda, monkeypatch):
    client = aws_lambda.client()
    assert (aws_lambda_state.MOST_ZIPPED, aws_lambda_state.MOST_UNZIPPED) == (52_428_800, 262_144_000)
    monkeypatch.setattr(aws_lambda_layers, "MOST_ZIPPED", 5_000)
    monkeypatch.setattr(aws_lambda_state, "MOST_UNZIPPED", 100_000)
    publish = client.publish_layer_version
    assert refused(publish, LayerName="a", Content={"ZipFile": b"no zip"}) == "InvalidParameterValueException"
    assert refused(publish, LayerName="a", Content={"ZipFile": zipped({})}) == "InvalidParameterValueException"
    assert refused(publish, LayerName="a", Content={"ZipFile": b"0" * 5_001}) == "RequestEntityTooLargeException"
    bomb = zipped({"python/zeros": bytes(100_001)})
    assert refused(publish, LayerName="a", Content={"ZipFile": bomb}) == "InvalidParameterValueException"
    many = ["python3.11"] * 16
    small = {"ZipFile": zipped({"a": "b"})}
    assert refused(publish, LayerName="a", Content=small, CompatibleRuntimes=many) == "ValidationException"


def test_a_layer_can_come_from_a_bucket_and_be_fetched_again(aws_lambda):
    client, s3 = aws_lambda.client(), aws_lambda.client("s3")
    content = zipped({"python/a.py": "A = 1\n"})
    s3.create_bucket(Bucket="layer-zips", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="layer-zips", Key="a.zip", Body=content)
    made = client.publish_layer_version(LayerName="a", Content={"S3Bucket": "layer-zips", "S3Key": "a.zip"})

    assert made["Content"]["CodeSize"] == len(content)
    assert httpx.get(made["Content"]["Location"]).content == content
    missing = {"S3Bucket": "layer-zips", "S3Key": "b.zip"}
    assert refused(client.publish_layer_version, LayerName="a", Content=missing) == "InvalidParameterValueException"


def test_regions_and_accounts_are_apart(aws_lambda):
    publish_layer(aws_lambda.client())
    elsewhere = publish_layer(aws_lambda.client(region="us-east-1"), "afar")

    assert aws_lambda.client(account=OTHER).list_layers()["Layers"] == []
    assert [layer["LayerName"] for layer in aws_lambda.client().list_layers()["Layers"]] == ["shared"]
    with pytest.raises(Exception, match="InvalidParameterValue"):
        make_function(aws_lambda.client(), Layers=[elsewhere])


def test_credentials_of_a_role_act_in_its_account(aws_lambda):
    import boto3

    sts = aws_lambda.client("sts")
    role = {"RoleArn": f"arn:aws:iam::{OTHER}:role/read", "RoleSessionName": "usage"}
    given = sts.assume_role(**role)["Credentials"]
    assert sts.assume_role(**role)["Credentials"]["AccessKeyId"] == given["AccessKeyId"]

    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"]}
    session = boto3.Session(**keys, aws_session_token=given["SessionToken"], region_name=REGION)
    identity = session.client("sts", endpoint_url=aws_lambda.url).get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (OTHER, f"arn:aws:sts::{OTHER}:assumed-role/read/usage")
    assert publish_layer(session.client("lambda", endpoint_url=aws_lambda.url)).split(":")[4] == OTHER
    assert sts.get_caller_identity()["Account"] == ACCOUNT


def test_every_pattern_of_the_services_model_can_be_read():
    from sandbox.aws_lambda_requests import _compiled, service

    patterns = {str(service().shape_for(name).metadata.get("pattern", "")) for name in service().shape_names}

    assert len(patterns) > 50
    for pattern in patterns:
        _compiled(pattern)


def test_a_scenario_can_do_things_in_the_past_without_requests(aws_lambda):
    cloud = aws_lambda.cloud
    given = {"LayerName": "old", "Content": {"ZipFile": zipped({"a": "b"})}}
    asked = Call(cloud, cloud.space(OTHER, REGION), f"arn:aws:iam::{OTHER}:user/x", given, datetime(2025, 3, 4, tzinfo=UTC), "")
    carried_out("PublishLayerVersion", asked)

    (layer,) = aws_lambda.client(account=OTHER).list_layers()["Layers"]
    assert layer["LatestMatchingVersion"]["CreatedDate"] == "2025-03-04T00:00:00.000+0000"
