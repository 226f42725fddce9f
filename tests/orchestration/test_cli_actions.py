"""The commands of people who approve, over a deployment in which one action is proposed."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from assets.finops import tables
from assets.finops.action_book import frame_of, store_events, store_rows
from assets.finops.logic.actions.lifecycle import Book
from assets.finops.logic.actions.model import Action, Facts
from orchestration import embedded
from orchestration.cli import app
from resources.lake import Lake

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
SERIES = ("AWS", "1", "EC2", "us-east-1", "USD")
SEEN = Facts("instance", frozenset({"stop", "start"}), "running", "m5.xlarge")
ACTION = Action(
    "policy", "idle", "m1", "aws", "i-0123456789abcdef0", SERIES, "stop", seen=SEEN,
    reason="vm[/red] [prod] matches the policy idle",
    savings_unknown_because="what the resource costs is unknown",
)  # fmt: skip
ID = ACTION.action_id
Command = Callable[..., Result]


@pytest.fixture
def lake(tmp_path, monkeypatch) -> Lake:
    """The lake of a deployment that has been run before."""
    for name in ("CLOUDOPS_DEPLOYMENT", "CLOUDOPS_HOME", "CLOUDOPS_BILLING_ROOT", "CLOUDOPS_INPUTS_ROOT", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # the commands set them: this puts them back
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bills").mkdir()
    lake = Lake(root=str(embedded.prepare(tmp_path / "bills").home / "lake"))
    book = Book()
    book.propose(ACTION, NOW)
    store_events(lake, book)
    store_rows(lake, frame_of([ACTION]), book, [ID], {})
    return lake


@pytest.fixture
def cloudops(lake) -> Command:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--data", str(Path("bills").absolute())], env={"COLUMNS": "250"})

    return run


def test_what_is_proposed_is_listed_with_its_reason_and_why_its_saving_is_unknown(cloudops):
    listed = cloudops("actions").output

    for said in (ID, "stop i-0123456789abcdef0", "vm[/red] [prod] matches", "unknown: what the resource costs", "proposed"):
        assert said in listed


def test_an_approval_by_the_beginning_of_an_id_is_stored_and_listed_and_does_nothing_yet(cloudops, lake):
    approved = cloudops("approve", ID[:6], "--by", "ann", "--note", "ticket 7")

    assert approved.exit_code == 0, approved.output
    assert "proposed, approved with the next run" in cloudops("actions").output
    (row,) = lake.scan(tables.DECISIONS).collect().to_dicts()
    assert (row["subject"], row["subject_id"], row["verdict"], row["by"]) == ("action", ID, "approved", "ann")
    assert lake.version(tables.JOURNAL) is None


def test_what_was_approved_can_still_be_rejected(cloudops):
    cloudops("approve", ID, "--by", "ann")

    assert cloudops("reject", ID, "--by", "bob").exit_code == 0
    assert "rejected with the next run" in cloudops("actions").output


@pytest.mark.parametrize(
    ("command", "said"), [("rollback", "is proposed: rollback cannot be said of it"), ("reopen", "approved, rejected")]
)
def test_what_cannot_be_said_now_is_refused_with_what_can(cloudops, command, said):
    refused = cloudops(command, ID, "--by", "ann")

    assert refused.exit_code != 0
    assert said in " ".join(refused.output.split())


def test_where_nothing_is_proposed_the_list_says_what_to_do(cloudops, lake):
    lake.replace(tables.ACTIONS, pl.DataFrame(schema=tables.ACTIONS.schema), where=None)

    assert "cloudops run" in cloudops("actions").output
