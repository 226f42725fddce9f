"""The fleet over time: changes begin rows, failures keep them, and only what is known to be gone ends."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.fleet.logic.inventory import TERMINATED, Look, databases_of, followed, missing, unseen
from assets.fleet.tables import DATABASES
from resources.autonomous_databases import AutonomousDatabase, Standby

FIRST = datetime(2026, 3, 1, 2, tzinfo=UTC)
NEXT = FIRST + timedelta(days=1)
EMPTY = pl.DataFrame(schema=DATABASES.schema)
PATHS = {"c1": "acme/prod"}
ONE = AutonomousDatabase(
    id="ocid1.autonomousdatabase.oc1..one",
    region="eu-frankfurt-1",
    compartment_id="c1",
    display_name="orders",
    db_name="ORDERS",
    lifecycle_state="AVAILABLE",
    role="PRIMARY",
    compute_model="ECPU",
    compute_count=4.0,
    used_storage_gb=10.0,
    standbys=(Standby("remote", "STANDBY", 3.0, "ocid1.autonomousdatabase.oc1..peer", "eu-zurich-1", "ADG"),),
    peer_ids=("ocid1.autonomousdatabase.oc1..peer",),
    profiles={("LOW", "SERVER"): "(description=low)"},
    ords_url="https://one/ords/",
    contacts=("dba@example.com",),
    tags={"environment": "prod", "Operations.Owner": "DBA"},
    time_created=FIRST - timedelta(days=100),
)


def known() -> pl.DataFrame:
    return followed(EMPTY, Look(FIRST, [ONE]), PATHS)


def current(table: pl.DataFrame) -> list[dict]:
    return table.filter(pl.col("valid_to").is_null()).to_dicts()


def test_a_database_comes_back_from_the_table_as_the_service_showed_it():
    assert databases_of(known()) == [ONE]


def test_a_change_of_shape_state_or_role_ends_a_row_and_begins_another():
    bigger = replace(ONE, compute_count=8.0, role="STANDBY")
    before, now = followed(known(), Look(NEXT, [bigger]), PATHS).to_dicts()
    assert (before["valid_from"], before["valid_to"]) == (FIRST, NEXT)
    assert before["ended_by"] == "changed: role, compute_count"
    assert (now["valid_from"], now["valid_to"], now["compute_count"]) == (NEXT, None, 8.0)


@pytest.mark.parametrize("moved", [{"used_storage_gb": 11.0}, {"etag": "new"}, {"lifecycle_details": "patched"}])
def test_what_changes_every_day_begins_no_row(moved):
    (row,) = followed(known(), Look(NEXT, [replace(ONE, **moved)]), PATHS).to_dicts()
    assert (row["valid_from"], row["seen_at"]) == (FIRST, NEXT)


def test_a_database_of_a_place_that_could_not_be_listed_stays_and_is_unknown_since_the_first_failure():
    failed = {("eu-frankfurt-1", "c1"): "500 InternalServerError"}
    nothing_shown: set[str] = set()
    assert missing(known(), nothing_shown, failed) == []
    look = Look(NEXT, [], unseen=unseen(known(), nothing_shown, failed))
    once = followed(known(), look, PATHS)
    twice = followed(once, replace(look, at=NEXT + timedelta(days=1)), PATHS)
    (row,) = twice.to_dicts()
    assert (row["valid_to"], row["unknown_since"], row["seen_at"]) == (None, NEXT, FIRST)
    assert row["unknown_reason"] == "500 InternalServerError"
    (again,) = followed(twice, Look(NEXT + timedelta(days=2), [ONE]), PATHS).to_dicts()
    assert (again["unknown_since"], again["unknown_reason"], again["valid_from"]) == (None, None, FIRST)


def test_a_database_that_is_missing_from_a_listed_place_is_to_be_asked_for_by_name():
    (row,) = missing(known(), set(), set())
    assert row["database_id"] == ONE.id


def test_a_terminated_database_ends_its_row_with_when():
    (row,) = followed(known(), Look(NEXT, [], gone={ONE.id: TERMINATED}), PATHS).to_dicts()
    assert (row["valid_to"], row["ended_by"]) == (NEXT, "terminated")
    assert databases_of(pl.DataFrame([row], schema=DATABASES.schema)) == []


def test_an_empty_look_ends_nothing():
    assert current(followed(known(), Look(NEXT, []), PATHS)) == current(known())


def test_a_database_that_moves_to_another_compartment_goes_on():
    moved = replace(ONE, compartment_id="c2")
    before, now = followed(known(), Look(NEXT, [moved]), {"c1": "acme/prod", "c2": "acme/test"}).to_dicts()
    assert before["ended_by"] == "changed: compartment_id, compartment"
    assert now["compartment"] == "acme/test"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["shown", "bigger", "unseen", "gone"])), max_size=20))
def test_rows_of_a_database_follow_each_other_without_gap_or_overlap(steps):
    table, size = EMPTY, dict.fromkeys("abc", 1.0)
    for day, (name, what) in enumerate(steps):
        one = replace(ONE, id=name, compute_count=size[name])
        there = {row["database_id"] for row in current(table)}
        if what == "bigger":
            size[name] += 1
            one = replace(one, compute_count=size[name])
        shown = [one] if what in ("shown", "bigger") else []
        gone = {name: TERMINATED} if what == "gone" and name in there else {}
        failed = {name: "denied"} if what == "unseen" and name in there else {}
        table = followed(table, Look(FIRST + timedelta(days=day), shown, gone, failed), PATHS)
    for _, rows in table.group_by("database_id"):
        spans = rows.sort("valid_from").select("valid_from", "valid_to", "ended_by").rows()
        assert sum(end is None for _, end, _ in spans) <= 1
        for (_, end, by), (start, _, _) in itertools.pairwise(spans):
            assert end is not None
            assert end <= start
            assert end == start or by == TERMINATED
