"""What a drill looks at before it acts: what could not be read is not all right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assets.recovery.logic.drills.calendar import BadCalendar, scheduled
from assets.recovery.logic.drills.integrity import Note, compared, gaps
from assets.recovery.logic.drills.plans import PRECHECKS, plan
from assets.recovery.logic.drills.prechecks import Asked, Facts, found
from assets.recovery.logic.drills.standing import standing
from assets.recovery.logic.fingerprints import Fingerprint
from assets.recovery.logic.objectives import Objectives
from resources.autonomous_databases import AutonomousDatabase, Backup, Standby, WorkRequest

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
STANDBY = Standby("remote", None, None, id="s", region="uk", recovery_type="ADG")
DATABASE = AutonomousDatabase(
    "p",
    "de",
    "c",
    "orders",
    "orders",
    "AVAILABLE",
    role="PRIMARY",
    standbys=(STANDBY,),
    peer_ids=("s",),
    contacts=("a@example.com",),
)
PEER = replace(DATABASE, id="s", region="uk", lifecycle_state="STANDBY", role="STANDBY", standbys=())
BACKUP = Backup("b", "p", "de", "b", "FULL", "ACTIVE", True, True, NOW, NOW - timedelta(hours=1), None, None, None)
FACTS = Facts(DATABASE, PEER, 3.0, (), (BACKUP,), (), 1, True, 4, 0.5)
ASKED = Asked("switchover", "remote", "orders", "uk", (), False, False, Objectives(900, 60, 35, 93600, ""), NOW)


def answer(step, facts=FACTS, asked=ASKED):
    return found(step, facts, asked).answer


def test_everything_is_as_it_should_be():
    assert {answer(step.id) for step in plan("switchover", "remote") if step.group == "prechecks"} == {"yes"}


@pytest.mark.parametrize("step", [step.id for step in PRECHECKS])
def test_what_was_not_read_is_unknown(step):
    assert answer(step, Facts(unread={"database": "429"})) == "unknown"


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ("named", {"confirm": ""}),
        ("named", {"confirm": "order"}),
        ("region", {"peer_region": "us"}),
    ],
)
def test_what_the_run_says_is_held_against_the_database(step, changed):
    assert answer(step, asked=replace(ASKED, **changed)) == "no"


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ("role", {"database": replace(DATABASE, lifecycle_state="STOPPED")}),
        ("role", {"database": replace(DATABASE, role="STANDBY")}),
        ("role", {"peer": replace(PEER, role="SNAPSHOT_STANDBY")}),
        ("peer", {"peer": replace(PEER, lifecycle_state="UNAVAILABLE")}),
        ("peer", {"peer": None, "database": replace(DATABASE, standbys=(), peer_ids=())}),
        ("region", {"peer": replace(PEER, region="de")}),
        ("lag", {"lag_seconds": 61.0}),
        ("idle", {"requests": (WorkRequest("w", "IN_PROGRESS", 5, "Scale"),)}),
        ("idle", {"database": replace(DATABASE, lifecycle_state="BACKUP_IN_PROGRESS")}),
        ("backups", {"backups": ()}),
        ("backups", {"backups": (replace(BACKUP, time_ended=NOW - timedelta(hours=27)),)}),
        ("backups", {"backups": (replace(BACKUP, is_restorable=False),)}),
        ("alarms", {"alarms": ("slow",)}),
        ("contacts", {"database": replace(DATABASE, contacts=())}),
        ("clock", {"clock_ahead_seconds": -6.0}),
        ("heartbeats", {"heartbeat_table": False}),
        ("heartbeats", {"tables": 0}),
        ("protection", {}),
    ],
)
def test_what_is_not_as_it_should_be_keeps_a_drill_from_acting(step, changed):
    assert answer(step, replace(FACTS, **changed)) == "no"


def test_a_backup_of_which_nobody_says_that_it_can_be_restored_is_unknown():
    assert answer("backups", replace(FACTS, backups=(replace(BACKUP, is_restorable=None),))) == "unknown"


def test_a_protected_database_is_not_even_cloned_unless_it_is_named():
    protected = replace(FACTS, database=replace(DATABASE, tags={"protected": "yes"}))
    clone = replace(ASKED, kind="clone", way="copy", confirm="")

    assert answer("named", protected, clone) == "no"
    assert answer("named", FACTS, clone) == "yes"
    assert answer("named", protected, replace(clone, confirm="orders")) == "yes"


def test_a_snapshot_standby_needs_another_standby_or_consent():
    local = replace(FACTS, database=replace(DATABASE, standbys=(STANDBY, Standby("local", "STANDBY", 1.0))))
    asked = replace(ASKED, kind="snapshot standby")

    assert answer("protection", local, asked) == "yes"
    assert answer("protection", FACTS, replace(asked, less_protection=True)) == "warning"


def table(checksum, rows=3, name="APP.T"):
    return Fingerprint(name, rows, checksum)


@pytest.mark.parametrize(
    ("before", "later", "after", "through", "finding"),
    [
        ("a", "a", "a", None, "same"),
        ("a", "a", "x", 9, "different"),
        ("a", "a", "x", 2, "different"),
        ("a", "a", "x", 1, "unknown"),
        ("a", "a", "x", None, "unknown"),
        ("a", "b", "b", 9, "same"),
        ("a", "b", "a", 5, "expected loss"),
        ("a", "b", "a", 9, "different"),
        ("a", "b", "x", 5, "unknown"),
        ("a", "b", "x", 9, "unknown"),
    ],
)
def test_loss_is_told_from_damage_by_the_last_heartbeat_that_came_through(before, later, after, through, finding):
    notes = [Note(1, 2, (table(before),)), Note(8, 9, (table(later),))]

    assert [one.finding for one in compared(notes, [table(after)], through)] == [finding]


def test_a_table_that_cannot_be_read_or_is_gone_is_not_the_same():
    notes = [Note(1, 2, (table("a"),)), Note(8, 9, (table("a"),))]

    assert compared(notes, [], 9)[0].finding == "different"
    assert compared(notes, [table(None, None)], 9)[0].finding == "unknown"


def test_of_a_moving_table_only_the_rows_count():
    notes = [Note(1, 2, (table("a", 3),)), Note(8, 9, (table("b", 4),))]

    assert [compared(notes, [table("x", n)], 9, moving=["APP.T"])[0].finding for n in (2, 3, 9)] == ["different", "same", "same"]


def test_a_heartbeat_that_is_missing_before_a_later_one_is_a_gap():
    assert gaps([1, 2, 3, 4], [1, 3]) == [2]
    assert gaps([1, 2, 3, 4], [1, 2]) == []
    assert gaps([1, 2], []) == []


def test_a_schedule_begins_no_drill_that_takes_a_database_away():
    assert scheduled(b"drills: [{database: orders}]") == [{"database": "orders", "type": "clone", "mode": "apply"}]
    assert scheduled(None) == []
    for bad in (
        b"drills: [{database: o, type: failover}]",
        b"drills: [{type: clone}]",
        b"drills: [{database: o, mode: plan}]",
        b"- 1",
    ):
        with pytest.raises(BadCalendar):
            scheduled(bad)


def test_only_a_passed_drill_that_is_no_self_test_proves_a_database():
    drill = {"ended_at": NOW - timedelta(days=2), "self_test": None, "verdict": "pass"}
    failed = {**drill, "ended_at": NOW, "verdict": "unknown"}

    assert standing([], 35, NOW).state == "never"
    assert standing([{**drill, "self_test": "checksum"}], 35, NOW).state == "never"
    assert standing([drill], 35, NOW).state == "proven"
    assert standing([drill], 1, NOW).state == "overdue"
    assert standing([drill, failed], 35, NOW).state == "failed"
