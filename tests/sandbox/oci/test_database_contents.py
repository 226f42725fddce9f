"""What is in databases: statements are kept with their times, standbys are behind, any moment comes again, faults come true."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.oci.clock import Clock
from sandbox.oci.services.database import contents
from sandbox.oci.store import Store
from sandbox.oracle_sql.refusals import Refused
from tests.sandboxes import NOW

A, B, LOCAL = "ocid1.a", "ocid1.b", "ocid1.a#local"


def fresh(folder: Path) -> Store:
    return Store(Clock(stopped_at=NOW), folder)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path)


def write(store: Store, key: str = A, note: str = "", *, after: float = 1.0) -> None:
    """Let time pass, and write a row."""
    store.clock.advance(after)
    try:
        contents.run(store, key, "INSERT INTO notes (note) VALUES (:note)", {"note": note})
    except Refused:
        contents.run(store, key, "CREATE TABLE notes (id NUMBER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note VARCHAR2(20))")
        contents.run(store, key, "INSERT INTO notes (note) VALUES (:note)", {"note": note})


def notes(store: Store, key: str = A) -> list[str]:
    return [row[0] for row in contents.run(store, key, "SELECT note FROM notes ORDER BY id").rows]


def test_a_database_of_a_scenario_has_the_demos_rows_and_a_new_one_none(store):
    contents.create(store, B)

    assert contents.run(store, A, "SELECT COUNT(*) FROM payments").rows[0][0] > 50
    assert contents.run(store, B, "SELECT * FROM user_tables").rows == []


def test_a_standby_has_what_was_written_until_its_delay(store):
    contents.follow(store, B, A)
    write(store, note="old")
    store.clock.advance(60)
    write(store, note="young")

    assert notes(store, B) == ["old"]
    store.clock.advance(contents.DELAYS[False])
    assert notes(store, B) == ["old", "young"]


def test_a_standby_cannot_be_written(store):
    contents.follow(store, B, A)

    with pytest.raises(Refused, match="ORA-16000"):
        contents.run(store, B, "DELETE FROM payments")


def test_a_failover_loses_what_had_not_reached_the_standby_and_a_switchover_nothing(store):
    contents.follow(store, LOCAL, A)
    write(store, note="kept")
    store.clock.advance(10)
    write(store, note="tail")
    contents.exchange(store, A, LOCAL)
    assert notes(store) == ["kept", "tail"]

    write(store, note="lost")
    contents.promote(store, LOCAL)
    assert notes(store) == ["kept", "tail"]
    assert contents.lag(store, LOCAL) == contents.DELAYS[True]


def test_the_old_primary_of_a_remote_failover_keeps_its_tail_until_it_follows_the_new_one(store):
    contents.follow(store, B, A)
    write(store, note="kept")
    store.clock.advance(10)
    write(store, note="tail")
    contents.promote(store, B)
    assert (notes(store, A), notes(store, B)) == (["kept", "tail"], ["kept"])

    write(store, B, "new")
    store.clock.advance(10)
    contents.follow(store, A, B)
    assert notes(store, A) == ["kept", "new"]


def test_what_is_written_to_a_snapshot_standby_is_discarded_and_what_its_primary_wrote_meanwhile_is_not(store):
    write(store, note="before")
    contents.follow(store, B, A)
    contents.detach(store, B)
    write(store, B, "trial")
    write(store, A, "meanwhile")
    assert notes(store, B) == ["before", "trial"]

    contents.rejoin(store, B, A)
    assert notes(store, B) == ["before", "meanwhile"]


def test_any_moment_can_be_restored_in_place_or_into_another_database(store):
    write(store, note="first")
    moment = store.clock.now()
    write(store, note="mistake", after=60)
    contents.copy(store, A, B, moment)
    assert (notes(store, A), notes(store, B)) == (["first", "mistake"], ["first"])

    store.clock.advance(30)
    contents.restore(store, A, moment)
    write(store, A, "after")
    assert notes(store, A) == ["first", "after"]
    contents.restore(store, A, moment + timedelta(seconds=75))  # what was before the first restore can be had again
    assert notes(store, A) == ["first", "mistake"]


def test_a_copy_of_tables_alone_has_no_rows_and_takes_new_ones(store):
    write(store, note="row")
    contents.copy(store, A, B, rows=False)

    assert notes(store, B) == []
    write(store, B, "own")
    assert (notes(store, A), notes(store, B)) == (["row"], ["own"])


def test_what_a_lagging_or_stopped_standby_had_stays_and_the_rest_waits(store):
    contents.follow(store, B, A)
    write(store, note="there")
    store.clock.advance(10)
    contents.disturb(store, B, lag=300)
    write(store, note="late")
    store.clock.advance(100)
    assert notes(store, B) == ["there"]
    assert contents.lag(store, B) == 300

    store.clock.advance(300)
    assert notes(store, B) == ["there", "late"]
    contents.disturb(store, B, lag=None, stopped=True)
    write(store, note="never")
    store.clock.advance(10_000)
    assert notes(store, B) == ["there", "late"]
    assert (contents.lag(store, B) or 0) > 10_000
    contents.disturb(store, B, stopped=None)
    assert notes(store, B) == ["there", "late", "never"]


def test_a_corrupted_standby_has_one_other_value_once_it_is_the_primary(store):
    sum_of = "SELECT COUNT(*), ROUND(SUM(amount), 2) FROM payments"
    (before,) = contents.run(store, A, sum_of).rows
    contents.follow(store, B, A)
    contents.disturb(store, B, corrupt=True)
    contents.exchange(store, A, B)
    (after,) = contents.run(store, B, sum_of).rows

    assert after[0] == before[0]
    assert after[1] == pytest.approx(before[1] + 0.01)


def test_a_backup_that_loses_rows_does_so_where_it_is_restored_and_nowhere_else(store):
    count = "SELECT COUNT(*) FROM payments"
    contents.disturb(store, A, backup="rows")
    contents.copy(store, A, B, store.clock.now())

    assert contents.run(store, B, count).rows[0][0] < contents.run(store, A, count).rows[0][0]


def test_views_that_are_denied_are_not_there(store):
    assert contents.run(store, A, "SELECT COUNT(*) FROM v$session").rows[0][0] > 0
    contents.disturb(store, A, denied="v$session, v$lock")

    with pytest.raises(Refused, match="ORA-00942"):
        contents.run(store, A, "SELECT COUNT(*) FROM sys.v_$session")


def test_counters_of_the_instance_grow_with_the_time(store):
    asked = "SELECT value FROM v$sysstat WHERE name = 'execute count'"
    before = contents.run(store, A, asked).rows
    assert contents.run(store, A, asked).rows == before

    store.clock.advance(60)
    assert contents.run(store, A, asked).rows[0][0] > before[0][0]


def test_contents_are_part_of_the_saved_state(store, tmp_path):
    contents.follow(store, B, A)
    write(store, note="kept")
    contents.run(
        store,
        A,
        "INSERT INTO orders (id, customer_id, status, ordered_at) VALUES (order_numbers.NEXTVAL, 1, 'open', SYSTIMESTAMP)",
    )
    orders = "SELECT MAX(id), MAX(ordered_at) FROM orders"
    before = contents.run(store, A, orders).rows
    store.save()

    again = fresh(tmp_path)
    again.restore()
    assert contents.run(again, A, orders).rows == before
    again.clock.advance(10)
    assert notes(again, B) == ["kept"]


_STEPS = st.lists(st.tuples(st.sampled_from("wwwfsxcrj"), st.integers(1, 20)), max_size=25)


@settings(max_examples=30, deadline=None)
@given(_STEPS)
def test_whatever_happens_a_database_is_the_same_when_it_is_made_again_from_its_log(tmp_path_factory, steps):
    """Writes, failovers, switchovers, detaching and restores, with databases in memory against those made anew."""
    store = fresh(tmp_path_factory.mktemp("store"))
    write(store)
    contents.follow(store, B, A)
    leader, other, detached = A, B, False
    for number, (step, seconds) in enumerate(steps):
        store.clock.advance(seconds)
        if step == "w":
            write(store, leader, str(number))
        elif step == "r":
            contents.restore(store, leader, store.clock.now() - timedelta(seconds=seconds))
        elif step == "j" and detached:
            contents.rejoin(store, other, leader)
            detached = False
        elif step == "c" and not detached:
            contents.detach(store, other)
            detached = True
        elif step == "x" and not detached:
            contents.exchange(store, leader, other)
            leader, other = other, leader
        elif step == "f" and not detached:
            contents.promote(store, other)
            contents.follow(store, leader, other)
            leader, other = other, leader
        notes(store, other)
    seen = {key: notes(store, key) for key in (A, B)}
    store.computed.clear()

    assert {key: notes(store, key) for key in (A, B)} == seen
