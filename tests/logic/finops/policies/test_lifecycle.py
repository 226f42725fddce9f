"""From run to run: a match is new once, goes on, ends, and is unknown while it cannot be known."""

from datetime import date, timedelta
from typing import Any

import polars as pl

from assets.finops.logic.policies.blast import relations, with_dependants
from assets.finops.logic.policies.evaluate import evaluate
from assets.finops.logic.policies.inventory import of_fixtures
from assets.finops.logic.policies.lifecycle import follow
from assets.finops.logic.policies.schema import Fixture
from assets.finops.tables import POLICY_MATCHES
from tests.logic.finops.policies.reference import as_policy

DAY = date(2026, 3, 1)
IDLE = as_policy(
    {
        "name": "idle", "description": "d", "mode": "advisory", "actions": ["notify"], "filters": [{"state": {"is": ["idle"]}}],
        "tests": [{"name": "t", "resource": {}, "expect": "unknown", "clause": "state"}],
    }
)  # fmt: skip


def run(stored: pl.DataFrame | None, states: dict[str, str | None], day: int = 0, policies=(IDLE,), kept=()) -> pl.DataFrame:
    """The table after a run in which the resources have these states; None is unknown."""
    at = DAY + timedelta(days=day)
    resources = [Fixture.model_validate({"id": i, "provider": "aws", "state": s, "day": str(at)}) for i, s in states.items()]
    inventory = of_fixtures(resources)
    found = evaluate(policies, inventory)
    rows = with_dependants(found.matches.with_columns(policy_file=pl.lit("idle.yaml")), relations(inventory))
    before = pl.DataFrame(schema=POLICY_MATCHES.schema) if stored is None else stored
    ends = pl.DataFrame({"ProviderName": ["AWS"], "as_of": [at]})
    table = follow(found, rows, before, ends, kept)
    return table.select(pl.col(name).cast(dtype) for name, dtype in POLICY_MATCHES.schema.items())


def told(table: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    days = [(pl.col(name) - DAY).dt.total_days() for name in ("first_matched", "matched_at", "ended_at")]
    return {row[0]: row[1:] for row in table.select("ResourceId", "state", *days).iter_rows()}


def test_a_match_is_new_on_its_first_day_and_continues_after_it():
    first = run(None, {"a": "idle", "b": "steady"})
    second = run(first, {"a": "idle"}, 1)

    assert told(first) == {"a": ("new", 0, 0, None)}
    assert told(second) == {"a": ("continuing", 0, 1, None)}
    assert first["match_id"].to_list() == second["match_id"].to_list()


def test_the_same_run_again_changes_nothing():
    table = None
    for day, states in enumerate(
        [{"a": "idle", "b": "idle", "c": "idle"}, {"a": "idle", "b": "steady", "c": None}, {"a": "idle", "b": "idle"}]
    ):
        table = run(table, states, day)
        assert run(table, states, day).equals(table)


def test_what_does_not_match_any_more_has_ended_and_stays_in_the_table():
    table = run(run(run(None, {"a": "idle"}), {"a": "steady"}, 3), {"a": "steady"}, 9)

    assert told(table) == {"a": ("ended", 0, 0, 3)}


def test_a_resource_that_is_gone_has_ended():
    assert told(run(run(None, {"a": "idle"}), {}, 3)) == {"a": ("ended", 0, 0, 3)}


def test_what_comes_back_after_it_ended_is_new():
    table = run(run(run(None, {"a": "idle"}), {"a": "steady"}, 3), {"a": "idle"}, 5)

    assert told(table) == {"a": ("new", 5, 5, None)}


def test_what_cannot_be_known_now_has_not_ended():
    table = run(run(None, {"a": "idle"}), {"a": None}, 3)

    assert told(table) == {"a": ("unknown", 0, 0, None)}
    assert told(run(table, {"a": "idle"}, 4)) == {"a": ("continuing", 0, 4, None)}


def test_matches_of_a_policy_that_cannot_be_read_are_unknown_until_it_can():
    table = run(run(None, {"a": "idle"}), {"a": "idle"}, 1, policies=(), kept=("idle.yaml",))

    assert told(table) == {"a": ("unknown", 0, 0, None)}
    assert told(run(table, {"a": "idle"}, 2)) == {"a": ("continuing", 0, 2, None)}


def test_matches_of_a_policy_that_was_withdrawn_have_ended():
    assert told(run(run(None, {"a": "idle"}), {"a": "idle"}, 1, policies=())) == {"a": ("ended", 0, 0, 1)}
