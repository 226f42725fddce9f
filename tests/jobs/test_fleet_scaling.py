"""Timetables from end to end: databases of the embedded cloud turn with the clock, once, and never below their need."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fleet import tables
from jobs.fleet_scaling import fleet_scaling
from resources.autonomous_databases import Changes
from resources.errors import Denied
from tests.lifecycle_fleets import HOME, Fleet, failure_of, fleet, metadata_of

OFFICE = "weekdays 07-19 8, else 2"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Fleet]:
    with fleet(tmp_path) as made:
        for one in made.service.databases(HOME, made.sandbox.tenancy):
            made.sandbox.cloud.store.table("database.autonomous_databases").pop(one.id)
        yield made


def turn(world: Fleet, **config: Any) -> Any:
    return world.run(fleet_scaling, "turn_timetables", config)


def scheduled(world: Fleet, name: str, schedule: str = OFFICE, **tags: str) -> str:
    tagged = {"environment": "development", "scale-schedule": schedule, **tags}
    return world.add(name, displayName=name, computeCount=4.0, freeformTags=tagged)


def used(world: Fleet, ocid: str, percent: float) -> None:
    """Let the last weeks be known: a size of four, and so much of it."""
    now = world.clock.now().replace(minute=0)
    hours = [now - timedelta(hours=n) for n in range(24 * 28)]
    history = pl.DataFrame(
        [(ocid, "cpu_utilization", at, 60.0, at.date(), percent) for at in hours],
        schema={
            name: tables.METRIC_HISTORY.schema[name] for name in ("database_id", "metric", "time", "minutes", "day", "value")
        },
        orient="row",
    )
    world.lake.replace(tables.METRIC_HISTORY, history, where=f"database_id = '{ocid}'")
    row = {"database_id": ocid, "region": HOME, "compartment_id": "c", "display_name": "d", "db_name": "d",
           "lifecycle_state": "AVAILABLE", "compute_model": "ECPU", "compute_count": 4.0, "is_auto_scaling_enabled": False,
           "seen_at": now, "valid_from": now - timedelta(days=40)}  # fmt: skip
    schema = {name: tables.DATABASES.schema[name] for name in row}
    world.lake.replace(tables.DATABASES, pl.DataFrame([row], schema=schema), where=f"database_id = '{ocid}'")


def to(world: Fleet, hour: str) -> None:
    """Let time pass until a moment of the scenario's Monday or Tuesday."""
    world.clock.sleep((datetime.fromisoformat(hour) - world.clock.now()).total_seconds())


def states(world: Fleet) -> dict[str, tuple[str, str]]:
    rows = world.lake.scan(tables.SCALING).sort("turn").collect().to_dicts()
    return {row["display_name"]: (row["state"], row["does"] or "") for row in rows}


def test_a_database_turns_with_its_timetable_and_each_turn_once(world):
    ocid = scheduled(world, "orders")
    used(world, ocid, 5.0)
    metadata_of(turn(world, mode="apply"))
    assert (world.look(ocid).compute_count, states(world)["orders"]) == (8, ("done", "scale 8"))
    metadata_of(turn(world, mode="apply"))
    assert len(world.log()) == 1
    world.service.update(HOME, ocid, Changes(compute_count=16), "*")
    to(world, "2026-11-16T18:30:00+00:00")
    assert "this turn is done" in metadata_of(turn(world))["plan"]
    to(world, "2026-11-16T19:00:00+00:00")
    metadata_of(turn(world, mode="apply"))
    assert (world.look(ocid).compute_count, states(world)["orders"]) == (2, ("done", "scale 2"))


def test_nothing_is_scaled_below_what_was_needed_and_the_unknown_not_at_all(world):
    busy, unknown = scheduled(world, "busy"), scheduled(world, "unknown")
    used(world, busy, 60.0)
    to(world, "2026-11-16T21:00:00+00:00")
    metadata_of(turn(world, mode="apply"))
    assert (world.look(busy).compute_count, world.look(unknown).compute_count) == (3, 4)
    assert states(world) == {"busy": ("done", "scale 3"), "unknown": ("leave", "")}


def test_a_database_that_became_protected_since_it_was_looked_at_is_not_made_smaller(world):
    ocid = scheduled(world, "orders")
    used(world, ocid, 5.0)
    to(world, "2026-11-16T21:00:00+00:00")

    class Slow(type(world.service)):
        """Protects the database after it was listed."""

        def compartments(self) -> Any:
            return world.service.compartments()

        def databases(self, region: str, compartment_id: str) -> Any:
            listed = world.service.databases(region, compartment_id)
            if listed:
                body = world.sandbox.cloud.store.table("database.autonomous_databases")[ocid].body
                body["freeformTags"] = {**body["freeformTags"], "protected": "true"}
            return listed

    slow = Slow(clients=world.service.clients)
    metadata_of(turn(replace(world, service=slow), mode="apply"))
    assert (world.look(ocid).compute_count, states(world)["orders"][0]) == (4, "wait")


def test_a_file_of_timetables_stops_and_starts_what_is_no_production(world):
    world.put("fleet/schedules.yaml", "schedules:\n- tags: {environment: 'dev*'}\n  schedule: weekdays 07-19 4; else stop\n")
    dev = world.add("dev", displayName="dev", computeCount=4.0)
    used(world, dev, 0.5)
    world.add("prod", displayName="prod", freeformTags={"environment": "production"})
    to(world, "2026-11-16T20:00:00+00:00")
    assert metadata_of(turn(world, mode="apply"))["timetables"] == 1
    assert world.look(dev).lifecycle_state == "STOPPED"
    to(world, "2026-11-17T07:05:00+00:00")
    metadata_of(turn(world, mode="apply"))
    assert world.look(dev).lifecycle_state == "AVAILABLE"
    metadata_of(turn(world, mode="apply"))
    assert states(world)["dev"] == ("as wanted", "")
    assert [row["operation"].split("_")[0] for row in world.log()] == ["stop", "start"]


def test_a_place_that_cannot_be_listed_is_named_and_what_is_elsewhere_turns(world):
    ocid = scheduled(world, "orders")
    used(world, ocid, 5.0)

    class Partial(type(world.service)):
        """Cannot list one region."""

        def databases(self, region: str, compartment_id: str) -> Any:
            if region != HOME:
                raise Denied("list_autonomous_databases: not allowed", "Allow it.")
            return world.service.databases(region, compartment_id)

    said = failure_of(turn(replace(world, service=Partial(clients=world.service.clients)), mode="apply"))
    assert "could not be listed: list_autonomous_databases: not allowed" in said
    assert (world.look(ocid).compute_count, states(world)["orders"]) == (8, ("done", "scale 8"))


def test_a_timetable_that_cannot_be_read_is_told_and_the_others_turn(world):
    scheduled(world, "wrong", "nights")
    right = scheduled(world, "right")
    assert "wrong: its tag scale-schedule" in failure_of(turn(world, mode="apply"))
    assert world.look(right).compute_count == 8


def test_a_size_beyond_the_template_is_told(world):
    scheduled(world, "huge", "weekdays 07-19 64, else 2")
    assert "between 2 and 8" in failure_of(turn(world, mode="apply"))


def test_many_databases_turn_at_the_same_hour_and_each_once(world):
    many = [scheduled(world, f"db{number}") for number in range(6)]
    metadata_of(turn(world, mode="apply"))
    assert {world.look(ocid).compute_count for ocid in many} == {8}
    assert sorted(row["database"] for row in world.log()) == sorted(many)
    assert world.outcomes() == [("scale", "done")] * 6
    assert set(states(world).values()) == {("done", "scale 8")}
