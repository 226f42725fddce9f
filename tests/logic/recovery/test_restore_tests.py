"""Which restores are due, what they prove, and which databases may be removed after them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.recovery.logic.backup_policies import BackupPolicy, Match
from assets.recovery.logic.fingerprints import Fingerprint
from assets.recovery.logic.restore_tests import (
    NAME_PREFIX,
    Found,
    Noted,
    PastTest,
    copy_name,
    due,
    is_copy,
    is_leftover,
    judged,
    restorability,
    storage_of,
    tags,
)
from resources.autonomous_databases import Standby
from tests.logic.recovery.databases import NOW, database

DAY = timedelta(days=1)
POLICY = BackupPolicy("p", Match(), restore_test_days=30)
ORDERS, ITEMS = Fingerprint("APP.ORDERS", 3, "a-a"), Fingerprint("APP.ITEMS", 9, "b-b")
NOTED = Noted((ORDERS, ITEMS), (ORDERS, ITEMS))
FOUND = Found((ORDERS, ITEMS), {"FK": 0}, canary=True, restorable_to=NOW)
GROWN = replace(ORDERS, rows=4, checksum="c-c")


def verdict(noted: Noted = NOTED, seconds: float | None = 60, rto: float | None = None, **found: object) -> str:
    return judged(noted, replace(FOUND, **found), seconds, rto).verdict


def test_a_database_that_holds_what_its_source_held_passes():
    told = judged(NOTED, FOUND, 60, 3600)

    assert (told.verdict, told.reasons, told.same, told.different, told.unknown) == ("pass", (), 2, 0, 0)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"tables": (ORDERS,)}, "the table is not there"),
        ({"tables": (replace(ORDERS, rows=2), ITEMS)}, "2 rows instead of 3"),
        ({"tables": (replace(ORDERS, checksum="x"), ITEMS)}, "other contents"),
        ({"orphans": {"FK": 2}}, "2 rows without a parent"),
        ({"canary": False}, "gave none"),
        ({"heartbeat_gaps": (7,)}, "heartbeats 7 are missing"),
    ],
)
def test_whatever_is_wrong_fails(found, why):
    told = judged(NOTED, replace(FOUND, **found), 60, None)

    assert told.verdict == "fail"
    assert why in "; ".join(told.reasons)


@pytest.mark.parametrize(
    "found",
    [
        {"tables": None},
        {"tables": (replace(ORDERS, rows=None, checksum=None, error="ORA-00942"), ITEMS)},
        {"orphans": None},
        {"orphans": {"FK": None}},
        {"canary": None},
        {"errors": ("no answer",)},
    ],
)
def test_whatever_is_not_known_keeps_it_from_a_pass(found):
    assert verdict(**found) == "unknown"


def test_a_database_without_tables_proves_nothing():
    assert verdict(Noted((), ()), tables=()) == "unknown"


def test_what_is_wrong_counts_for_more_than_what_is_unknown():
    assert verdict(tables=(replace(ORDERS, checksum="x"), replace(ITEMS, rows=None, checksum=None))) == "fail"


def test_a_restore_that_takes_longer_than_allowed_fails():
    assert verdict(seconds=61, rto=60) == "fail"
    assert verdict(seconds=60, rto=60) == verdict(seconds=None, rto=60) == "pass"


def test_a_table_that_was_written_to_is_asked_for_as_it_was():
    busy = Noted((ORDERS, ITEMS), (GROWN, ITEMS))
    between = replace(ORDERS, rows=3, checksum="d-d")

    assert verdict(busy) == "pass"
    assert verdict(busy, tables=(GROWN, ITEMS)) == "pass"
    assert verdict(busy, tables=(between, ITEMS)) == "unknown"
    assert verdict(busy, tables=(ITEMS,)) == "fail"
    known = replace(busy, then=(between,), earlier=(between,), later=(between,))
    assert verdict(known, tables=(between, ITEMS)) == "pass"
    assert verdict(known) == "fail"
    assert verdict(known, tables=(ITEMS,)) == "fail"


def test_what_was_written_to_within_seconds_of_the_moment_is_unknown_and_not_wrong():
    then, soon, wrong = (replace(ORDERS, rows=rows, checksum=f"{rows}") for rows in (5, 6, 7))
    busy = Noted((ORDERS, ITEMS), (GROWN, ITEMS), (then,), (then,), (soon,))

    assert verdict(busy, tables=(then, ITEMS)) == verdict(busy, tables=(soon, ITEMS)) == "pass"
    assert verdict(busy, tables=(wrong, ITEMS)) == "unknown"
    assert verdict(replace(busy, later=()), tables=(wrong, ITEMS)) == "unknown"
    assert verdict(replace(busy, later=(then,)), tables=(wrong, ITEMS)) == "fail"
    assert verdict(busy, tables=(ITEMS,)) == "fail"


def test_what_was_never_proven_or_too_long_ago_is_due_the_longest_untried_first():
    fleet = [(database(name), POLICY) for name in ("new", "old", "fresh", "failed")]
    fleet.append((database("exempt"), replace(POLICY, restore_test_days=None)))
    passed = {"id-old": NOW - 31 * DAY, "id-fresh": NOW - 29 * DAY}
    tried = {**passed, "id-failed": NOW - DAY}

    found = due(fleet, passed, tried, NOW)

    assert [one.database.display_name for one in found] == ["new", "old", "failed"]
    assert "no test proves it" in found[0].why
    assert "2026-10-16" in found[1].why


def test_the_name_of_a_copy_is_of_one_attempt_of_one_run():
    assert copy_name("run", "a", 0) == copy_name("run", "a", 0)
    names = {copy_name(run, source, n) for run in ("r1", "r2") for source in ("a", "b") for n in (0, 1)}
    assert len(names) == 8
    assert all(name.isalnum() and len(name) <= 30 for name in names)


def test_what_is_restored_has_room_for_what_its_source_has_grown_to():
    given = database(data_storage_gb=1024.0, used_storage_gb=900.0)

    assert storage_of(given) == 1024
    assert storage_of(replace(given, used_storage_gb=2500.0)) == 3072
    assert storage_of(replace(given, used_storage_gb=None)) == 1024
    assert storage_of(replace(given, data_storage_gb=None)) is None


def test_only_what_is_ours_in_every_respect_is_a_leftover():
    name = copy_name("run", "id-orders", 0)
    ours = database(db_name=name, display_name=f"{NAME_PREFIX}orders", id="id-copy", tags=tags("run", "id-orders"))
    begun = {name: ("run", "id-orders", ours.region)}

    assert is_leftover(ours, begun)
    for unlike in (
        replace(ours, tags={}),
        replace(ours, tags={**ours.tags, "cloudops-restore-test": "another"}),
        replace(ours, tags={**ours.tags, "protected": "true"}),
        replace(ours, db_name="ORDERS"),
        replace(ours, display_name="orders"),
        replace(ours, id="id-orders"),
        replace(ours, role="STANDBY"),
        replace(ours, standbys=(Standby("local", "STANDBY", None),)),
        replace(ours, lifecycle_state="TERMINATED"),
    ):
        assert not is_leftover(unlike, begun)
    assert not is_leftover(ours, {})
    assert not is_leftover(ours, {name: ("run", "id-another", ours.region)})
    assert not is_leftover(replace(ours, region="us-ashburn-1"), begun)


def test_a_clone_of_a_copy_is_somebodys_own_whatever_tags_it_has():
    copy = database(db_name=copy_name("run", "id-orders", 1).lower(), tags=tags("run", "id-orders"))

    assert is_copy(copy)
    for unlike in (replace(copy, db_name="MINE"), replace(copy, tags=tags("another", "id-orders")), replace(copy, tags={})):
        assert not is_copy(unlike)


def test_what_was_never_tested_is_unknown():
    told = restorability(POLICY, [], NOW)

    assert (told.verdict, told.overdue, told.said) == ("unknown", True, "it was never restored")
    assert restorability(None, [], NOW).overdue is None


def test_a_proof_grows_old_and_a_later_failure_counts():
    good, bad = PastTest(NOW - 20 * DAY, "pass", 600.0), PastTest(NOW - DAY, "fail", None, ("APP.ORDERS: missing",))

    assert restorability(POLICY, [good], NOW).verdict == "pass"
    old = restorability(POLICY, [good], NOW + 11 * DAY)
    assert (old.verdict, old.overdue, old.proven_at) == ("unknown", True, good.at)
    dark = PastTest(NOW, "unknown", None, ("no answer",))
    assert restorability(POLICY, [good, dark], NOW).verdict == "pass"
    assert restorability(POLICY, [good, dark], NOW).tested_at == NOW
    assert restorability(POLICY, [good, bad, dark], NOW).verdict == "fail"
    assert restorability(POLICY, [dark], NOW).said == "no answer"
    failed = restorability(POLICY, [good, bad], NOW)
    assert (failed.verdict, failed.said, failed.proven_at, failed.restore_seconds) == (
        "fail", "APP.ORDERS: missing", good.at, 600.0,
    )  # fmt: skip
