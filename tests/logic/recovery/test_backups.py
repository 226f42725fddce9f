"""Policies of backups, what is missing, and what is planned about it."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assets.recovery
from assets.recovery.logic.backup_gaps import Held, gaps, missing_long_term, newest, not_subject, surplus
from assets.recovery.logic.backup_plan import Confirmed, Known, plan
from assets.recovery.logic.backup_policies import BackupPolicy, BadPolicies, LongTerm, Match, joined, read_policies
from resources.autonomous_databases import Backup, Standby
from tests.logic.recovery.databases import NOW, backup, database

SHIPPED = (Path(assets.recovery.__file__).parent / "policies" / "backup_policies.yaml").read_bytes()
MONTH, YEAR = LongTerm("month", 365), LongTerm("year", 2555)
POLICY = BackupPolicy("p", Match(), retention_days=60, long_term=(MONTH, YEAR), newest_backup_hours=26)
DAY = timedelta(days=1)


def long_term(age: timedelta, days: int, **fields: object) -> Backup:
    return backup(age, "LONGTERM", retention_days=days, **fields)


def said(*found: object) -> list[tuple[str, str]]:
    return [(gap.requirement, gap.status) for gap in found]


def test_every_database_has_a_policy_of_those_that_are_shipped():
    policies = read_policies(SHIPPED)

    names = [policies.of(database(environment=env)).name for env in ("prod", "Production", "uat", "dev", "lab", None)]
    assert names == ["production", "production", "staging", "development", "untagged", "untagged"]


def test_own_policies_come_before_the_shipped_ones():
    own = read_policies(b"policies: [{name: mine, match: {database: 'ord*', tags: {tier: gold}}, retention_days: 35}]")
    both = joined(own, read_policies(SHIPPED))

    assert both.of(database(tags={"ops.tier": "Gold"})).name == "mine"
    assert both.of(database(tags={"tier": "silver", "environment": "prod"})).name == "production"
    assert both.of(database("hr", tags={"tier": "gold", "environment": "prod"})).name == "production"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("policies: [{name: a, match: {}, retention_days: 61}]", "retention_days must be a whole number from 1 to 60"),
        ("policies: [{name: a, match: {}, long_term: [{every: week, keep_days: 90}]}]", "every must be month, quarter, year"),
        ("policies: [{name: a, match: {}, long_term: [{every: month, keep_days: 89}]}]", "from 90 to 3650"),
        ("policies: [{name: a}]", "match is missing"),
        ("policies: [{match: {}}]", "must have a name"),
        ("policies: [{name: a, match: {}, retention: 3}]", "has retention; it may have"),
        ("policies: [{name: a, match: {}}, {name: a, match: {}}]", "two policies named a"),
        ("policies: {a: 1}", "must be a list"),
        ("policies: [", "is not YAML"),
        ("exports: [{bucket: b, archive_after_days: 90}]", "a bucket and a prefix"),
        ("exports: [{bucket: b, prefix: x/}]", "says neither"),
        ("exports: [{bucket: b, prefix: x/, archive_after_days: 90, delete_after_days: 100}]", "must be 180 or more"),
        ("exports: [{bucket: b, prefix: x/, infrequent_after_days: 10, archive_after_days: 40}]", "must be 41 or more"),
    ],
)
def test_what_a_file_says_wrongly_is_told_with_its_place(text, why):
    with pytest.raises(BadPolicies, match=why):
        read_policies(text.encode())


def test_a_database_as_its_policy_asks_has_no_gap():
    held = Held([backup(), long_term(3 * DAY, 2555)])

    assert gaps(database(), held, POLICY, NOW) == []


def test_what_is_missing_is_named():
    policy = replace(POLICY, cross_region_copy=True, lock_retention=True)
    found = gaps(database(backup_retention_days=7), Held([backup(2 * DAY)]), policy, NOW)

    assert said(*found) == [
        ("retention", "missing"),
        ("retention lock", "missing"),
        ("cross-region copy", "missing"),
        ("newest backup", "missing"),
        ("long-term backup", "missing"),
        ("long-term backup", "missing"),
    ]
    assert [gap.period for gap in found[-2:]] == ["2026", "2026-11"]


def test_what_is_not_known_is_no_gap_that_is_met():
    policy = replace(POLICY, cross_region_copy=True)
    standby = Standby("remote", "STANDBY", 1.0)
    unseen = database(backup_retention_days=None, standbys=(standby,))

    found = gaps(unseen, Held(None, "404", copies=(None,)), policy, NOW)

    assert said(*found) == [("backups listed", "unknown"), ("retention", "unknown"), ("cross-region copy", "unknown")]
    assert said(*gaps(unseen, Held(None, "404"), None, NOW)) == [("policy", "unknown")]


def test_a_standby_without_backups_is_no_copy_of_them():
    policy = BackupPolicy("p", Match(), cross_region_copy=True)
    primary = database(standbys=(Standby("remote", "STANDBY", 1.0),))

    assert said(*gaps(primary, Held([], copies=(False,)), policy, NOW)) == [("cross-region copy", "missing")]
    assert gaps(primary, Held([], copies=(True,)), policy, NOW) == []


def test_failed_unfinished_and_useless_backups_are_not_the_newest():
    good = backup(30 * timedelta(hours=1))
    worse = [
        backup(timedelta(hours=1), lifecycle_state="FAILED"),
        backup(timedelta(hours=2), lifecycle_state="CREATING", time_ended=None),
        backup(timedelta(hours=3), is_restorable=False),
    ]

    assert newest([*worse, good]) == good
    (gap,) = gaps(database(), Held([*worse, good]), replace(POLICY, long_term=()), NOW)
    assert gap.said == "the newest is 30 h old, 26 h are allowed; 1 failed since"


def test_a_long_term_backup_counts_for_its_period_if_it_is_kept_long_enough():
    assert missing_long_term([long_term(DAY, 365)], POLICY, NOW) == [(YEAR, "2026")]
    assert missing_long_term([long_term(40 * DAY, 2555)], POLICY, NOW) == [(MONTH, "2026-11")]
    assert missing_long_term([long_term(DAY, 2555, lifecycle_state="CREATING")], POLICY, NOW) == []
    assert len(missing_long_term([long_term(DAY, 2555, lifecycle_state="FAILED")], POLICY, NOW)) == 2


@pytest.mark.parametrize(("every", "period"), [("month", "2026-09"), ("quarter", "2026-Q3"), ("year", "2026")])
def test_periods_are_those_of_the_calendar(every, period):
    assert LongTerm(every, 90).period(date(2026, 9, 30)) == period


def test_one_backup_serves_all_rules_that_lack_one():
    (step,) = plan([Known(database(), POLICY, Held([backup()]))], Confirmed(), NOW)

    assert (step.operation, step.held) == ("make long-term backup", "")
    assert step.after == {"name": "cloudops-longterm-2026-2026-11", "keep_days": 2555}


def test_a_second_plan_asks_for_nothing_once_the_backup_is_there():
    made = long_term(timedelta(minutes=1), 2555, lifecycle_state="CREATING", time_ended=None)

    assert plan([Known(database(), POLICY, Held([backup(), made]))], Confirmed(), NOW) == []


def test_nothing_is_planned_about_backups_that_could_not_be_listed():
    assert plan([Known(database(), POLICY, Held(None, "429"))], Confirmed(), NOW) == []


def test_a_repeat_has_the_same_token_and_one_after_a_failure_another():
    def token(*backups: Backup) -> str:
        (step,) = plan([Known(database(), POLICY, Held(backups))], Confirmed(), NOW)
        return step.token

    name = "cloudops-longterm-2026-2026-11"
    assert token() == token(backup(), backup(display_name=name, lifecycle_state="ACTIVE"))
    assert token() != token(backup(display_name=name, lifecycle_state="FAILED"))
    assert len(token()) <= 64


def test_a_database_that_does_not_run_waits_for_its_backup():
    (step,) = plan([Known(database(lifecycle_state="STOPPED"), POLICY, Held([]))], Confirmed(), NOW)

    assert "STOPPED" in step.held


@pytest.mark.parametrize(
    ("fields", "confirmed", "held"),
    [
        ({"backup_retention_days": 30}, Confirmed(), ""),
        ({"backup_retention_days": 30, "is_backup_retention_locked": True}, Confirmed(), "locked"),
        ({"backup_retention_days": 30, "compute_model": "OCPU"}, Confirmed(), "ECPUs alone"),
    ],
)
def test_a_retention_grows_unless_it_cannot(fields, confirmed, held):
    policy = BackupPolicy("p", Match(), retention_days=60)
    (step,) = plan([Known(database(**fields), policy, Held([]))], confirmed, NOW)

    assert held in step.held
    assert bool(held) == bool(step.held)


def test_a_retention_shrinks_only_if_the_database_is_named():
    policy = BackupPolicy("p", Match(), retention_days=7)
    known = Known(database(), policy, Held([]))

    def held(*names: str, fleet: int = 1) -> list[bool]:
        return [bool(step.held) for step in plan([known] * fleet, Confirmed(shorten=names), NOW)]

    assert held() == [True]
    assert held("another") == [True]
    assert held("orders") == held("id-orders") == [False]
    assert held("orders", fleet=2) == [True, True]


def test_a_locked_retention_is_never_shortened_even_if_it_is_named():
    policy = BackupPolicy("p", Match(), retention_days=7)
    (step,) = plan([Known(database(is_backup_retention_locked=True), policy, Held([]))], Confirmed(shorten=["orders"]), NOW)

    assert "locked" in step.held


def test_a_lock_waits_for_a_name_and_for_the_retention_that_it_locks():
    policy = BackupPolicy("p", Match(), retention_days=30, lock_retention=True)

    def steps(**confirmed: list[str]) -> list[tuple[str, bool]]:
        made = plan([Known(database(), policy, Held([]))], Confirmed(**confirmed), NOW)
        return [(step.operation, bool(step.held)) for step in made]

    assert steps() == [("set backup retention", True), ("lock backup retention", True)]
    assert steps(lock=["orders"]) == [("set backup retention", True), ("lock backup retention", True)]
    assert steps(lock=["orders"], shorten=["orders"]) == [("set backup retention", False), ("lock backup retention", False)]


def test_long_term_backups_beyond_policy_go_only_if_they_are_named():
    monthly = BackupPolicy("p", Match(), long_term=(MONTH,))
    kept, second, old = (long_term(age * DAY, 365, id=f"b{age}") for age in (10, 3, 400))
    short = long_term(5 * DAY, 90, id="short")
    backups = [kept, second, old, short]

    assert [b.id for b in surplus(backups, monthly)] == ["short", "b3"]
    steps = plan([Known(database(), monthly, Held(backups))], Confirmed(delete=["short"]), NOW)
    assert [(s.subject, bool(s.held)) for s in steps] == [("short", False), ("b3", True)]


@given(ages=st.lists(st.integers(0, 800), max_size=8), days=st.sampled_from([90, 365, 2555]))
def test_what_is_surplus_is_never_what_a_rule_needs(ages, days):
    backups = [long_term(age * DAY, days, id=f"b{n}") for n, age in enumerate(ages)]
    gone = {b.id for b in surplus(backups, POLICY)}

    before = {period for _, period in missing_long_term(backups, POLICY, NOW)}
    after = {period for _, period in missing_long_term([b for b in backups if b.id not in gone], POLICY, NOW)}
    assert before == after


def test_standbys_clones_and_tests_need_no_backups():
    assert not_subject(database(), ()) == ""
    assert not_subject(database(role="PRIMARY"), ()) == ""
    assert "standby" in not_subject(database(role="STANDBY"), ())
    assert "refreshable" in not_subject(database(is_refreshable_clone=True), ())
    assert "restore test" in not_subject(database(), {"id-orders"})


def test_a_name_that_two_backups_have_deletes_neither():
    none = BackupPolicy("p", Match())
    fleet = [
        Known(database(name), none, Held([long_term(DAY, 365, id=f"b-{name}", display_name="cloudops-longterm-2026-11")]))
        for name in ("orders", "ledger")
    ]

    assert all(step.held for step in plan(fleet, Confirmed(delete=["cloudops-longterm-2026-11"]), NOW))
    by_id = plan(fleet, Confirmed(delete=["b-ledger"]), NOW)
    assert [step.subject for step in by_id if not step.held] == ["b-ledger"]


def test_what_a_longer_retention_costs_more_is_told():
    short = database(backup_retention_days=7)

    (step,) = plan(
        [Known(short, BackupPolicy("p", Match(), retention_days=30), Held([backup(), backup(2 * DAY)]))], Confirmed(), NOW
    )
    assert "backups of 23 more days are charged (0.20 TB are held now)" in step.reason


def test_a_retention_of_which_the_lock_is_unknown_is_not_shortened():
    unsure = database(is_backup_retention_locked=None)

    (step,) = plan([Known(unsure, BackupPolicy("p", Match(), retention_days=7), Held([]))], Confirmed(shorten=["orders"]), NOW)
    assert "does not say" in step.held


def test_a_long_term_backup_that_is_never_finished_is_unknown():
    monthly = BackupPolicy("p", Match(), long_term=(MONTH,))

    def told(age: timedelta, state: str) -> list[tuple[str, str]]:
        made = long_term(age, 365, lifecycle_state=state)
        return [(gap.requirement, gap.status) for gap in gaps(database(), Held([made]), monthly, NOW)]

    assert told(DAY / 2, "CREATING") == told(2 * DAY, "ACTIVE") == []
    assert told(2 * DAY, "CREATING") == [("long-term backup", "unknown")]
    assert told(2 * DAY, "FAILED") == [("long-term backup", "missing")]


def test_a_database_that_goes_needs_no_backups():
    assert "terminated" in not_subject(database(lifecycle_state="TERMINATING"), ())
