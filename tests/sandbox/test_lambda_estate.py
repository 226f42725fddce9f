"""The demo's functions and layers: what there is, what is planted among it, and what people supply about it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from collections import Counter

import pytest

from assets.layers.logic.specifications import read
from sandbox.aws_estate import ACCOUNTS, resources
from sandbox.lambda_code import BAD_MONEY, function, layer
from sandbox.lambda_estate import DEPRECATED, functions, layers
from sandbox.lambda_inputs import REFUSED
from sandbox.lambda_truth import resolved

FUNCTIONS, LAYERS = functions(), layers()
_RUN = "import sys, json; sys.path[:0] = sys.argv[1:]; import index; print(json.dumps(index.handler({}, None)))"


@pytest.fixture(scope="module")
def planted(scenario):
    with (scenario.folder / "truth/layers.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def specified(scenario):
    return {one.name: one for one in read((scenario.folder / "inputs/layers/layers.yaml").read_bytes())}


def test_there_are_twenty_functions_and_six_layers_in_two_accounts_and_regions():
    assert len({one.arn for one in FUNCTIONS}) == len(FUNCTIONS) == 20
    assert len({one.name for one in LAYERS}) == 6
    assert {one.account for one in FUNCTIONS} == {one.account for one in LAYERS} == {"acme-prod", "acme-data"}
    assert {one.region for one in FUNCTIONS} == {"us-east-1", "eu-central-1"}


def test_functions_that_are_billed_are_there_under_their_arns():
    billed = {one.id for one in resources() if one.service.code == "AWSLambda" and one.account == "acme-prod"}

    assert billed < {one.arn for one in FUNCTIONS}


def test_every_function_has_layers_that_were_there_and_were_granted_to_its_account():
    for one in FUNCTIONS:
        for said in (*one.history, one.now):
            assert len(said) <= 5
            for found, version in (resolved(one, reference) for reference in said):
                assert 1 <= version <= len(found.versions)
                assert found.account == one.account or ACCOUNTS[one.account] in found.granted[version]


def test_the_same_layers_are_used_in_several_orders():
    assert len({one.now for one in FUNCTIONS if set(one.now) == {"acme-core:4", "acme-money:2"}}) == 2


def test_everything_that_was_wished_is_planted(planted):
    kinds = Counter(row["kind"] for row in planted)

    assert set(kinds) == {
        "function behind", "deprecated runtime", "version deleted in use", "orphaned version", "removable version",
        "public grant", "bad version",
    }  # fmt: skip
    assert {row["detail"] for row in planted if row["kind"] == "deprecated runtime"} == DEPRECATED
    assert kinds["version deleted in use"] == kinds["public grant"] == 1
    assert {row["subject"] for row in planted if row["kind"] == "removable version"} < {
        row["subject"] for row in planted if row["kind"] == "orphaned version"
    }


def _answer(folder, one, replaced=None):
    """What the code of a function answers in a fresh interpreter with its layers, as Lambda lays them out."""
    (folder / "task").mkdir(parents=True)
    (folder / "opt").mkdir()
    for found, version in (resolved(one, reference) for reference in one.now):
        package = (replaced or {}).get(found.package, found.versions[version - 1])
        (folder / "zip").write_bytes(layer(found.package, package))
        zipfile.ZipFile(folder / "zip").extractall(folder / "opt")
    (folder / "zip").write_bytes(function(one.purpose))
    zipfile.ZipFile(folder / "zip").extractall(folder / "task")
    command = [sys.executable, "-S", "-c", _RUN, str(folder / "task"), str(folder / "opt/python")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("purpose", sorted({one.purpose for one in FUNCTIONS} - {"edge"}))
def test_functions_run_with_their_layers(purpose, tmp_path):
    one = next(one for one in FUNCTIONS if one.purpose == purpose)
    ran = _answer(tmp_path, one)

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])


def test_the_bad_version_of_a_layer_loads_and_fails_whoever_calls_it(tmp_path):
    one = next(one for one in FUNCTIONS if one.purpose == "checkout")
    ran = _answer(tmp_path, one, {"acme_money": BAD_MONEY})

    assert ran.returncode == 1
    assert "has no attribute 'total'" in ran.stderr


def test_what_people_supply_is_understood_and_lies_beside_it(specified, scenario):
    inputs = scenario.folder / "inputs"

    assert REFUSED in specified
    assert set(specified) - {REFUSED} == {one.name for one in LAYERS} - {"acme-legacy"}
    for one in specified.values():
        lies_in = inputs / (one.package or one.wheels)
        assert lies_in.is_dir()
        for requirement in one.requirements:
            name, _, version = requirement.partition("==")
            assert (lies_in / f"{name.replace('-', '_')}-{version}-py3-none-any.whl").is_file()


def test_wheels_are_whole(scenario):
    for wheel in sorted((scenario.folder / "inputs/layers/wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            (record,) = [name for name in archive.namelist() if name.endswith("RECORD")]
            listed = {row[0] for row in csv.reader(archive.read(record).decode().splitlines())}
            assert listed == set(archive.namelist())
