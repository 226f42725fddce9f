"""The clean-up of layer versions on a served AWS: plans, deletes what nothing keeps, and nothing where anything is unknown."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from assets.journal import Change, Journal
from assets.layers import tables
from assets.layers.held import held_versions
from assets.layers.usage import usage
from jobs.layer_cleanup import layer_cleanup
from jobs.layer_version_changes import DELETE
from resources.tables import UTC as UTC_TIME
from tests.aws_lambdas import OTHER
from tests.layer_estates import layer_world, told

SPECIFIED = b"""
layers:
  - name: tools
    requirements: [requests]
    runtimes: [python3.12]
    retention: {newest: 1, days: 30}
"""


@pytest.fixture(name="world")
def _world(tmp_path):
    with layer_world(tmp_path) as made:
        made.inputs.put("layers/layers.yaml", SPECIFIED)
        yield made


def test_only_plans_unless_told_to_apply(world):
    world.publish("tools", 3)
    result = world.run(layer_cleanup)
    assert result.success
    assert told(result, "versions_to_delete") == 2
    assert told(result, "bytes_to_free") > 0
    assert world.versions("tools") == [1, 2, 3]


def test_deletes_what_nothing_keeps_and_writes_it_down_before(world):
    arns = world.publish("tools", 5)
    world.share(arns[1], OTHER)
    world.function("g", arns[1], account=OTHER)
    world.client(OTHER).publish_version(FunctionName="g")
    world.client(OTHER).update_function_configuration(FunctionName="g", Layers=[])
    world.share(arns[2], "999999999999")
    world.publish("unspecified", 6)
    world.materialize([usage])
    result = world.run(layer_cleanup, mode="apply", by="Ada")
    assert result.success
    assert world.versions("tools") == [2, 3, 5]
    assert world.versions("unspecified") == [1, 2, 3, 4, 5, 6]
    rows = world.rows(tables.JOURNAL)
    assert {(r["subject"], r["outcome"], r["by"]) for r in rows} == {
        (arns[n], outcome, "Ada") for n in (0, 3) for outcome in ("begun", "done")
    }
    assert all(json.loads(r["before"])["zip_bytes"] > 0 and r["after"] is None for r in rows)
    assert "unspecified" in told(result, "without_specification")
    again = world.run(layer_cleanup, mode="apply")
    assert told(again, "deleted") == 0


def test_deletes_nothing_where_any_place_cannot_be_read(world):
    world.publish("tools", 3)
    world.aws.cloud.faults.ask("status", operation="ListFunctions", account=OTHER, status=403, code="AccessDeniedException")
    result = world.run(layer_cleanup, mode="apply")
    assert not result.success
    assert world.versions("tools") == [1, 2, 3]
    assert world.rows(tables.JOURNAL) == []


def test_looks_again_before_it_deletes_and_keeps_what_somebody_uses_since(world, monkeypatch):
    arns = world.publish("tools", 3)
    functions = type(world.service).functions
    looks = []

    def listed(self, place, *, all_versions):
        """Somebody makes a function between the plan and the deletion."""
        looks.append(place)
        if len(looks) == 3:
            world.function("late", arns[0])
        return functions(self, place, all_versions=all_versions)

    monkeypatch.setattr(type(world.service), "functions", listed)
    result = world.run(layer_cleanup, mode="apply")
    assert result.success
    assert world.versions("tools") == [1, 3]
    assert "late" in told(result, "kept_since")


def rollout(state, *arns):
    return filled(tables.ROLLOUTS, rollout_id="one", state=state, record=json.dumps({"former": arns}))


def test_keeps_what_a_rollout_needed_when_the_second_look_began_though_it_is_over_at_its_end(world, monkeypatch):
    arns = world.publish("tools", 3)
    functions = type(world.service).functions
    looks, plans = [], []

    def state(now):
        rows = pl.DataFrame([rollout(now, arns[0])], schema=tables.ROLLOUTS.schema)
        world.lake.replace(tables.ROLLOUTS, rows, where=None)

    def held(lake):
        """A person takes the roll-out back after the plan was made."""
        if plans and len(looks) == 2:
            state("rolling back")
        plans.append(lake)
        return held_versions(lake)

    def listed(self, place, *, all_versions):
        """Its functions have their former layers again, after they were listed without."""
        looks.append(place)
        found = list(functions(self, place, all_versions=all_versions))
        if len(looks) > 2:
            state("rolled back")
        return found

    state("rolled out")
    monkeypatch.setattr("jobs.layer_cleanup.held_versions", held)
    monkeypatch.setattr(type(world.service), "functions", listed)
    assert world.run(layer_cleanup, mode="apply").success
    assert world.versions("tools") == [1, 3]


def test_a_look_needs_no_aliases(world):
    (arn, *_) = world.publish("tools", 3)
    world.function("f", arn)
    client = world.client()
    client.publish_version(FunctionName="f")
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    client.update_function_configuration(FunctionName="f", Layers=[])
    assert world.run(layer_cleanup, mode="apply").success
    assert world.versions("tools") == [1, 3]
    assert "ListAliases" not in world.aws.cloud.faults.requests


def test_stops_where_the_second_look_fails(world):
    world.publish("tools", 3)
    world.aws.cloud.faults.ask(
        "status", operation="ListFunctions", account=OTHER, status=403, code="AccessDeniedException", after=1
    )
    result = world.run(layer_cleanup, mode="apply")
    assert not result.success
    assert world.versions("tools") == [1, 2, 3]


def test_a_run_deletes_no_more_than_it_may_and_the_next_goes_on(world):
    world.publish("tools", 4)
    world.run(layer_cleanup, mode="apply", most_deletions=2)
    assert world.versions("tools") == [3, 4]
    world.run(layer_cleanup, mode="apply", most_deletions=2)
    assert world.versions("tools") == [4]


def filled(table, **values):
    """A row with something in each of its columns."""
    usual = {pl.String(): "x", pl.Int64(): 1, pl.Boolean(): True, UTC_TIME: datetime(2026, 1, 1, tzinfo=UTC)}
    return {name: usual.get(dtype, []) for name, dtype in table.schema.items()} | values


class Killed(BaseException):
    """The process ends."""


def test_a_deletion_after_which_the_process_was_killed_is_told_by_the_next_run(world, monkeypatch):
    arns = world.publish("tools", 3)
    delete = type(world.service).delete_version

    def killed(self, arn):
        delete(self, arn)
        raise Killed

    monkeypatch.setattr(type(world.service), "delete_version", killed)
    assert not world.run(layer_cleanup, mode="apply").success
    monkeypatch.undo()
    assert world.versions("tools") == [2, 3]
    assert world.run(layer_cleanup, mode="apply").success
    assert world.versions("tools") == [3]
    told_of = [(r["subject"], r["outcome"]) for r in world.rows(tables.JOURNAL) if r["outcome"] != "begun"]
    assert sorted(told_of) == sorted([(arns[0], "found done"), (arns[1], "not tried"), (arns[1], "done")])


def test_what_became_of_a_deletion_in_a_place_that_is_not_looked_at_any_more_stays_open(world):
    elsewhere = "arn:aws:lambda:us-east-1:999999999999:layer:tools:1"
    journal = Journal(world.lake, tables.JOURNAL, "earlier", "Ada")
    journal.begin([Change("aws", DELETE, elsewhere, {"zip_bytes": 1}, None, "nothing uses or keeps it")], datetime.now(UTC))
    result = world.run(layer_cleanup, mode="apply")
    assert result.success
    assert told(result, "settled") == 0
    assert [row["outcome"] for row in world.rows(tables.JOURNAL)] == ["begun"]


def test_layers_without_specification_go_where_a_run_names_them(world):
    world.publish("unspecified", 5)
    assert world.run(layer_cleanup, mode="apply", layers=["un*"]).success
    assert world.versions("unspecified") == [3, 4, 5]


def test_what_an_open_rollout_names_and_the_latest_build_stay(world):
    arns = world.publish("tools", 5)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    rollouts = [
        filled(tables.ROLLOUTS, rollout_id=state, state=state, record=json.dumps({"former": [arn]}))
        for state, arn in (("held", arns[0]), ("rolled out", arns[1]))
    ]
    builds = [
        filled(tables.BUILDS, layer="tools", sha256=n, built_at=moment + timedelta(days=day))
        for day, n in enumerate(("old", "new"))
    ]
    published = [filled(tables.PUBLICATIONS, arn=arn, layer="tools", sha256=n) for n, arn in (("old", arns[2]), ("new", arns[3]))]
    for table, rows in ((tables.ROLLOUTS, rollouts), (tables.BUILDS, builds), (tables.PUBLICATIONS, published)):
        world.lake.replace(table, pl.DataFrame(rows, schema=table.schema), where=None)
    assert world.run(layer_cleanup, mode="apply").success
    assert world.versions("tools") == [1, 4, 5]
