"""The commands of people who write policies: files alone, and a deployment that has one resource."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from assets.finops import tables
from orchestration import embedded
from orchestration.cli import app
from resources.lake import Lake

DEAR = """\
name: dear
description: What costs more than a hundred.
mode: advisory
filters: [{cost_30d: {above: 100}}]
actions: [notify]
tests:
  - {name: a dear one, resource: {cost_30d: 101}, expect: match}
"""
Command = Callable[..., Result]


def cloudops(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "250"})


@pytest.fixture
def dear(tmp_path) -> Path:
    path = tmp_path / "dear.yaml"
    path.write_text(DEAR)
    return path


@pytest.fixture
def bills(tmp_path, monkeypatch) -> Path:
    """A folder of bills whose deployment knows one resource."""
    for name in ("CLOUDOPS_DEPLOYMENT", "CLOUDOPS_HOME", "CLOUDOPS_BILLING_ROOT", "CLOUDOPS_INPUTS_ROOT", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # the commands set them: this puts them back
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "bills"
    folder.mkdir()
    resource = {
        "ProviderName": "AWS", "ServiceName": "Amazon EC2", "BillingCurrency": "USD", "ResourceId": "i-0123",
        "ResourceName": "web",
        "as_of": date(2026, 1, 31), "first_day": date(2026, 1, 1), "cost_30d": Decimal("99.5"), "state": "steady",
        "candidates": [], "utilisation_status": "unknown",
    }  # fmt: skip
    Lake(root=str(embedded.prepare(folder).home / "lake")).replace(
        tables.RESOURCE_EFFICIENCY, pl.DataFrame([resource]), where=None
    )
    return folder


def test_sound_files_and_folders_are_told_with_their_tests(dear):
    result = cloudops("policies", "check", dear, dear.parent)

    assert result.exit_code == 0, result.output
    assert f"{dear}: dear is sound, 1 tests passed" in result.output


def test_a_bad_file_ends_the_command_with_1_and_every_fault_in_a_line_of_its_own(dear):
    dear.write_text(DEAR.replace("advisory", "advisry").replace("cost_30d: {", "cost_30: {"))

    result = cloudops("policies", "check", dear)

    assert result.exit_code == 1
    assert f"{dear}, line 3: mode: is 'advisry'; did you mean advisory? allowed: advisory, propose" in result.output
    assert f"{dear}, line 4: filters[1].cost_30: is not known; did you mean cost_30d?" in result.output


def test_a_failed_test_ends_the_command_with_1(dear):
    dear.write_text(DEAR.replace("cost_30d: 101", "cost_30d: 99"))

    result = cloudops("policies", "check", dear)

    assert result.exit_code == 1
    assert "dear, test 'a dear one': expects 'match', but it is 'no match', decided by filters[1].cost_30d" in result.output


def test_a_file_that_is_not_there_is_told(tmp_path):
    result = cloudops("policies", "check", tmp_path / "none.yaml")

    assert result.exit_code == 2
    assert "none.yaml" in result.output


def test_a_policy_in_a_file_explains_why_it_does_not_match(bills, dear):
    result = cloudops("policies", "explain", dear, "i-01", "--data", bills)

    assert result.exit_code == 0, result.output
    assert "dear and i-0123 (Amazon EC2, USD): no match" in result.output
    assert "99.5 USD" in result.output
    assert "> 100" in result.output
    assert "At stake: 99.50 USD in 30 days up to 2026-01-31" in result.output


def test_a_policy_in_force_is_named_and_a_resource_may_be(bills):
    result = cloudops("policies", "explain", "unused-resources", "web", "--data", bills)

    assert result.exit_code == 0, result.output
    assert "unused-resources and i-0123" in result.output
    assert "does not hold" in result.output


@pytest.mark.parametrize(
    ("policy", "resource", "told"),
    [
        ("unused-resource", "web", "near are: unused-resources"),
        ("unused-resources", "wob", "near are: web"),
    ],
)
def test_what_there_is_not_is_answered_with_what_there_is(bills, policy, resource, told):
    result = cloudops("policies", "explain", policy, resource, "--data", bills)

    assert result.exit_code == 1
    assert told in result.output
    assert "Traceback" not in result.output


def test_a_resource_is_recorded_as_a_test_that_the_policy_passes(bills, dear):
    recorded = cloudops("policies", "explain", dear, "i-0123", "--as-test", "--data", bills)

    assert yaml.safe_load(recorded.output)["tests"][0]["expect"] == "no match"
    dear.write_text(DEAR[: DEAR.index("tests:")] + recorded.output)
    assert cloudops("policies", "check", dear).exit_code == 0
