"""The commands of people who decide, over a deployment that holds one recommendation and one anomaly."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from assets.finops import tables
from assets.finops.logic.recommendations.lifecycle import EVENT_SCHEMA
from orchestration import embedded
from orchestration.cli import app
from resources.lake import Lake

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
Command = Callable[..., Result]


@pytest.fixture
def bills(tmp_path, monkeypatch) -> Path:
    """A folder of bills whose deployment has been run before."""
    for name in ("CLOUDOPS_DEPLOYMENT", "CLOUDOPS_HOME", "CLOUDOPS_BILLING_ROOT", "CLOUDOPS_INPUTS_ROOT", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # the commands set them: this puts them back
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "bills"
    folder.mkdir()
    lake = Lake(root=str(embedded.prepare(folder).home / "lake"))
    columns = {
        "recommendation_id": ["aa11"],
        "title": ["switch vm[/red] [prod] off"],
        "BillingCurrency": ["USD"],
        "state": ["open"],
        "rank": [1],
    }
    saving = {"savings_low": [48], "savings_high": [108]}
    lake.replace(tables.RECOMMENDATIONS, pl.DataFrame({**columns, **saving}), where=None)
    event = {"recommendation_id": "aa11", "at": NOW, "to_state": "open", "by": "cloudops", "note": "", "applied": True}
    lake.replace(tables.RECOMMENDATION_EVENTS, pl.DataFrame([event], schema=dict(EVENT_SCHEMA)), where=None)
    lake.replace(tables.ANOMALY_EPISODES, pl.DataFrame({"episode_id": ["e-1"]}), where=None)
    return folder


@pytest.fixture
def cloudops(bills) -> Command:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--data", str(bills)], env={"COLUMNS": "200"})

    return run


def test_a_recommendation_is_listed_and_decided_upon_by_the_beginning_of_its_id(cloudops):
    listed = cloudops("recommendations")
    assert "aa11" in listed.output
    assert "48.00 to 108.00 USD" in listed.output
    assert "switch vm[/red] [prod] off" in listed.output

    decided = cloudops("decide", "aa", "accepted", "--note", "next sprint", "--by", "ann")

    assert decided.exit_code == 0, decided.output
    assert "accepted with the next run" in cloudops("recommendations").output


def test_feedback_on_an_anomaly_is_kept_for_the_detector(cloudops):
    result = cloudops("feedback", "e-1", "expected", "--until", "2027-01-31", "--by", "ann")

    assert result.exit_code == 0, result.output
    (lake,) = (Lake(root=str(path)) for path in Path.cwd().glob(".cloudops/*/lake"))
    (row,) = lake.scan(tables.DECISIONS).collect().to_dicts()
    assert (row["subject"], row["subject_id"], row["verdict"], str(row["until"])) == ("anomaly", "e-1", "expected", "2027-01-31")


def test_an_id_that_looks_like_markup_is_answered_as_it_is(cloudops):
    result = cloudops("decide", "[/x]", "accepted", "--by", "ann")

    assert result.exit_code == 1
    assert "[/x]" in result.output
    assert "Traceback" not in result.output


def test_an_unknown_id_is_answered_with_what_is_there(cloudops):
    result = cloudops("decide", "zz", "accepted", "--by", "ann")

    assert result.exit_code == 1
    assert "near are: aa11" in result.output
    assert "Traceback" not in result.output
