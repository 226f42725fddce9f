"""The demo's functions and layers in the embedded AWS: the truth about them is what anybody reads of it, and changes stay."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest

from sandbox import aws_functions
from sandbox.aws_lambda_server import Served
from sandbox.aws_state import restore
from sandbox.lambda_traffic import Traffic

LAST = date(2026, 10, 31)
PLACES = [(account, region) for account in ("111122223333", "777788889999") for region in ("us-east-1", "eu-central-1")]


@pytest.fixture
def demo(aws_lambda: Served) -> Served:
    aws_functions.put(LAST)
    return aws_lambda


@pytest.fixture(scope="module")
def planted(scenario):
    found = defaultdict(set)
    with (scenario.folder / "truth/layers.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["kind"]].add(row["subject"])
    return dict(found)


def _listed(demo, operation, key, place, **more):
    client = demo.client(account=place[0], region=place[1])
    return [found for page in client.get_paginator(operation).paginate(**more) for found in page[key]]


def _versions(demo):
    """ARNs of all layer versions that there are, by layer, with when they were made."""
    found = {}
    for place in PLACES:
        for layer in _listed(demo, "list_layers", "Layers", place):
            rows = _listed(demo, "list_layer_versions", "LayerVersions", place, LayerName=layer["LayerName"])
            found[layer["LayerArn"]] = {row["LayerVersionArn"]: datetime.fromisoformat(row["CreatedDate"]) for row in rows}
    return found


def test_the_truth_is_what_the_api_tells(demo, planted):
    layers = _versions(demo)
    there = {arn for versions in layers.values() for arn in versions}
    every = [f for place in PLACES for f in _listed(demo, "list_functions", "Functions", place, FunctionVersion="ALL")]
    used = {layer["Arn"] for function in every for layer in function.get("Layers", [])}
    latest = [f for f in every if f["Version"] == "$LATEST"]
    newest = {max(versions, key=lambda arn: int(arn.rpartition(":")[2])) for versions in layers.values()}

    assert len(latest) == 20
    assert planted["orphaned version"] == there - used
    assert planted["version deleted in use"] == used - there
    assert planted["deprecated runtime"] == {
        f["FunctionArn"].removesuffix(":$LATEST") for f in latest if f["Runtime"] in ("python3.8", "nodejs14.x")
    }
    assert planted["function behind"] == {
        f["FunctionArn"].removesuffix(":$LATEST") for f in latest if {x["Arn"] for x in f.get("Layers", [])} - newest
    }
    assert len({moment for versions in layers.values() for moment in versions.values()}) > 10
    assert max(moment for versions in layers.values() for moment in versions.values()).date() < LAST - timedelta(days=30)


def test_one_version_may_be_used_by_everybody_and_others_by_the_other_account(demo, planted):
    public, shared = set(), set()
    for versions in _versions(demo).values():
        for arn in versions:
            _, _, _, region, account, _, name, number = arn.split(":")
            client = demo.client(account=account, region=region)
            try:
                policy = json.loads(client.get_layer_version_policy(LayerName=name, VersionNumber=int(number))["Policy"])
            except client.exceptions.ResourceNotFoundException:
                continue
            principals = [statement["Principal"] for statement in policy["Statement"]]
            public |= {arn} if "*" in principals else set()
            shared |= {arn} if any("777788889999" in str(principal) for principal in principals) else set()

    assert public == planted["public grant"]
    assert len(shared) == 2 * 5


def test_it_is_the_same_after_every_start(demo):
    def told():
        return [f["RevisionId"] for place in PLACES for f in _listed(demo, "list_functions", "Functions", place)]

    before = told()
    demo.reset()
    aws_functions.put(LAST)

    assert told() == before


def _of_role(demo):
    """A client that acts in an account of the demo by a role, as the product does."""
    role = demo.client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/cloudops", RoleSessionName="test")
    key = role["Credentials"]
    return boto3.client(
        "lambda", endpoint_url=demo.url, region_name="us-east-1", aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key["SessionToken"],
    )  # fmt: skip


def test_what_was_done_to_functions_and_layers_is_still_done_after_a_restart(demo, tmp_path, monkeypatch):
    from moto.moto_api import recorder

    monkeypatch.setattr(recorder, "_location", str(tmp_path / "requests"))
    restore(tmp_path / "requests", demo.url)
    client, name = _of_role(demo), "prod-checkout-us-2"
    former = client.get_function_configuration(FunctionName=name)
    moved = ["arn:aws:lambda:us-east-1:111122223333:layer:acme-core:5", *(one["Arn"] for one in former["Layers"][1:])]
    done = client.update_function_configuration(FunctionName=name, Layers=moved, RevisionId=former["RevisionId"])
    client.delete_layer_version(LayerName="acme-core", VersionNumber=1)
    recorder.stop_recording()

    demo.reset()
    aws_functions.put(LAST)
    restore(tmp_path / "requests", demo.url)
    recorder.stop_recording()
    now = client.get_function_configuration(FunctionName=name)
    assert [one["Arn"] for one in now["Layers"]] == moved
    assert now["RevisionId"] == done["RevisionId"]
    versions = client.list_layer_versions(LayerName="acme-core")["LayerVersions"]
    assert [version["Version"] for version in versions] == [5, 4, 3, 2]


def test_calls_follow_the_day_and_fail_where_functions_do():
    stored = defaultdict(list)
    now = datetime(2026, 11, 2, 12, 30, tzinfo=UTC)
    bad = next(one.arn for one in aws_functions.functions() if one.name == "prod-checkout-us-2")

    def put(arn, values, moment, alias):
        stored[arn].append((moment, values, alias))

    traffic = Traffic(put, lambda arn, _: 1.0 if arn == bad else 0.0, now)
    rows = {moment: values for moment, values, _ in stored[bad]}
    assert len(stored) == 20
    assert max(rows) == now - timedelta(minutes=1)
    assert min(rows) <= now - timedelta(days=14)
    assert sum(values["Errors"] for values in rows.values()) < 0.002 * sum(values["Invocations"] for values in rows.values())
    assert {alias for _, _, alias in stored[bad]} == {"live"}

    stored.clear()
    traffic.catch_up(now + timedelta(minutes=3))
    traffic.catch_up(now + timedelta(minutes=3))
    assert [values["Errors"] == values["Invocations"] > 0 for _, values, _ in stored[bad]] == [True] * 3
    assert sum(values["Errors"] for arn, rows in stored.items() if arn != bad for _, values, _ in rows) < 5
