"""The demo's layers in the product's tables: what is planted is found, and nothing else is taken for it."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.layers import tables
from assets.layers.builds import layer_builds
from assets.layers.layer_tests import layer_tests
from assets.layers.scans import scans
from assets.layers.usage import usage
from jobs.layer_cleanup import layer_cleanup
from orchestration.summary_of_layers import layers
from orchestration.wiring_of_lambda import EMBEDDED
from resources.advisories import NoAdvisories
from resources.aws.clients import AwsClients
from resources.aws.lambda_service import AwsLambda
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from sandbox import aws_functions, lambda_estate, lambda_inputs, lambda_truth
from sandbox.aws_lambda_server import REGION, Served
from sandbox.delivery import write

LAST = date(2026, 10, 31)


@pytest.fixture
def resources(aws_lambda: Served, tmp_path: Path):
    aws_functions.put(LAST)
    moment = Clock().now()
    for file in lambda_inputs.inputs(moment, LAST):
        write(tmp_path, file)
    clients = AwsClients(endpoint_url=aws_lambda.url, region=REGION, access_key_id="x", secret_access_key="x", role="cloudops")
    return {
        "lake": Lake(root=str(tmp_path / "lake")),
        "clock": Clock(),
        "inputs_store": LocalObjectStore(root=str(tmp_path / "inputs")),
        "lambda_service": AwsLambda(clients=clients, accounts=list(EMBEDDED.accounts), regions=list(EMBEDDED.regions)),
    }


@pytest.fixture
def planted():
    found = defaultdict(set)
    for row in csv.DictReader(lambda_truth.truth(Clock().now()).content.decode().splitlines()):
        found[row["kind"]].add(row["subject"])
    return dict(found)


def _rows(lake, table, *conditions):
    return lake.scan(table).filter(*conditions).collect()


def test_what_is_planted_is_in_the_tables(resources, planted):
    result = dg.materialize([usage], resources={k: v for k, v in resources.items() if k != "inputs_store"})
    lake = resources["lake"]
    versions = _rows(lake, tables.VERSIONS)
    there = versions.filter(pl.col("state") == "there")
    latest = _rows(lake, tables.USAGE, pl.col("function_version") == "$LATEST")
    older = there.filter(~pl.col("is_newest"))["layer_version"].to_list()
    gone = set(versions.filter(pl.col("state") == "deleted")["layer_version"])

    assert {check.check_name: check.passed for check in result.get_asset_check_evaluations()} == {
        "every_place_was_read": True,
        "no_used_version_is_gone": False,
    }
    assert set(there.filter(pl.col("function_versions") == 0)["layer_version"]) == planted["orphaned version"]
    assert gone == planted["version deleted in use"]
    assert set(there.filter(pl.col("grants").list.contains("*"))["layer_version"]) == planted["public grant"]
    assert set(latest.filter(pl.col("layer_version").is_in([*older, *gone]))["function"]) == planted["function behind"]
    assert set(latest.filter(pl.col("runtime").is_in(["python3.8", "nodejs14.x"]))["function"]) == planted["deprecated runtime"]
    assert _rows(lake, tables.PLACES)["functions"].sum() == 20


def test_the_clean_up_deletes_what_the_truth_calls_removable_and_keeps_the_rest(resources, planted, aws_lambda):
    config = {"ops": {"clean_up_layers": {"config": {"mode": "apply", "by": "ann"}}}}
    before = {arn for versions in _layers(aws_lambda).values() for arn in versions}
    assert layer_cleanup.execute_in_process(run_config=config, resources=resources).success

    after = {arn for versions in _layers(aws_lambda).values() for arn in versions}
    assert before - after == planted["removable version"]


def _layers(aws_lambda):
    return {
        (space.account, space.region, name): {version.arn for version in versions.values()}
        for space in aws_lambda.cloud.spaces.values()
        for name, versions in space.layers.items()
    }


def test_layers_are_built_without_a_network_and_one_is_refused_with_its_reason(resources, tmp_path, capsys):
    (tmp_path / "layers").mkdir()
    given = {**resources, "layer_store": LocalObjectStore(root=str(tmp_path / "layers")), "advisories": NoAdvisories()}
    del given["lambda_service"]
    few = {"ops": {"layers__tests": {"config": {"runs": 3}}}}
    result = dg.materialize([layer_builds, scans, layer_tests], resources=given, run_config=few)
    lake = resources["lake"]
    scanned = {row["layer"]: row for row in _rows(lake, tables.SCANS).to_dicts()}
    tests = _rows(lake, tables.TESTS, pl.col("where") == "local")
    failed = {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}

    assert "every_layer_is_built" not in failed
    assert "no_high_finding" in failed
    assert set(scanned) == {one.name for one in lambda_estate.layers()} - {"acme-legacy"} | {lambda_inputs.REFUSED}
    assert {name for name, row in scanned.items() if row["verdict"] != "passed"} == {lambda_inputs.REFUSED}
    assert {name for name, row in scanned.items() if row["allowed"]} == {"acme-frames"}
    assert not tests.filter(pl.col("verdict") == "failed").height
    assert tests.filter(pl.col("verdict") == "passed").height >= 4

    dg.materialize([usage], resources={key: resources[key] for key in ("lake", "clock", "lambda_service")})
    capsys.readouterr()
    layers(lake, tmp_path, Clock().now())
    told = " ".join(capsys.readouterr().out.split())
    assert "20 functions, 17 with layers, 13 of them behind; 16 versions that no function has." in told
    assert "used and deleted: arn:aws:lambda:eu-central-1:777788889999:layer:acme-frames:2" in told
    assert "1 refused. refused acme-refused-discounts: the scan of acme-refused-discounts is failed" in told
