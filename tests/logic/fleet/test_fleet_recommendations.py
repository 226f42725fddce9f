"""What is recommended for databases: real calls, nothing below what was needed, and a life that unknown does not end."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oci.database.models import UpdateAutonomousDatabaseDetails

from assets.fleet.logic.recommendations import calls, health, sizing
from assets.fleet.logic.recommendations.life import JUDGES, recommended
from assets.fleet.logic.recommendations.proposals import Cost, impact
from assets.fleet.logic.recommendations.usage import AUTO_SCALING_FACTOR, cpu_use
from tests.logic.fleet import estate

EUR = Cost(Decimal("900.00"), "EUR")


def only(found):
    assert found is not None
    (one,) = found
    return one


def kinds(found):
    return [one.kind for one in found or []]


def test_a_bursty_database_is_allocated_less_with_auto_scaling_and_its_idle_capacity_is_told():
    row = estate.database(compute_count=12.0)
    facts = estate.facts(row, estate.hours(lambda at: 80 if at.hour == 3 else 4), EUR)
    proposal = only(sizing.sizing(facts))
    assert proposal.kind == "auto-scaling with fewer CPUs"
    target = _target(proposal)
    assert target * AUTO_SCALING_FACTOR >= 0.8 * 12
    assert any("is_auto_scaling_enabled=True" in call for call in proposal.calls)
    assert any(one.figure == "CPUs that idle on average" for one in proposal.evidence)


def test_a_steady_database_that_is_too_large_gets_fewer_cpus_and_the_effect_is_in_the_currency_of_the_bills():
    facts = estate.facts(estate.database(compute_count=16.0), estate.hours(lambda at: 20 + at.hour % 3), EUR)
    rows, _ = recommended([facts], [], estate.NOW)
    row = next(r for r in rows if r["kind"] == "fewer CPUs")
    assert row["cost_effect_30d"] is not None
    assert row["cost_effect_30d"] < 0
    assert (row["currency"], row["state"]) == ("EUR", "new")


@settings(max_examples=40, deadline=None)
@given(low=st.floats(0.5, 40), high=st.floats(0.5, 100), hour=st.integers(0, 23), count=st.integers(2, 64), scaling=st.booleans())
def test_nothing_is_made_smaller_than_what_the_last_weeks_needed(low, high, hour, count, scaling):
    row = estate.database(compute_count=float(count), is_auto_scaling_enabled=scaling)
    facts = estate.facts(row, estate.hours(lambda at: high if at.hour == hour else low, days=15))
    cpu = facts.cpu
    assert cpu is not None
    for proposal in sizing.sizing(facts) or []:
        if proposal.kind == "more CPUs":
            continue
        auto = scaling or proposal.kind == "auto-scaling with fewer CPUs"
        reach = _target(proposal) * (AUTO_SCALING_FACTOR if auto else 1)
        assert reach >= cpu.peak
        assert _target(proposal) < count
        assert proposal.cost_share is not None
        assert -1 < proposal.cost_share < 0


def test_per_cent_are_of_what_auto_scaling_may_use():
    values = estate.hours(lambda _: 50)
    without, with_it = (cpu_use(values, 4, is_auto_scaling=on, now=estate.NOW) for on in (False, True))
    assert without is not None
    assert with_it is not None
    assert (without.peak, with_it.peak) == (pytest.approx(2), pytest.approx(6))


def test_a_saturated_database_gets_more_by_the_service_and_not_by_sql():
    steady = only(sizing.sizing(estate.facts(cpu=estate.hours(lambda _: 95))))
    bursty = only(sizing.sizing(estate.facts(cpu=estate.hours(lambda at: 99 if at.hour in (9, 10) else 20))))
    assert (steady.category, bursty.category) == ("right-sizing", "auto-scaling")
    assert all("ALTER" not in call.upper() for call in (*steady.calls, *bursty.calls))


@pytest.mark.parametrize(
    "facts",
    [
        estate.facts(cpu=estate.hours(lambda _: 20, days=9)),
        estate.facts(cpu=estate.hours(lambda _: 20)[::5]),
        estate.facts(estate.database(compute_count=None), estate.hours(lambda _: 20)),
        estate.facts(estate.database(is_auto_scaling_enabled=None), estate.hours(lambda _: 20)),
    ],
)
def test_a_size_is_not_judged_where_too_little_is_known(facts):
    assert sizing.sizing(facts) is None


@pytest.mark.parametrize(
    "fields", [{"is_free_tier": True}, {"is_dedicated": True}, {"role": "STANDBY"}, {"compute_model": "OCPU"}]
)
def test_what_cannot_be_scaled_is_left_alone(fields):
    assert sizing.sizing(estate.facts(estate.database(**fields), estate.hours(lambda _: 5))) == []


def test_a_test_database_that_idles_at_night_gets_a_schedule_with_the_hours_saved():
    row = estate.database(environment="test")
    proposal = only(sizing.scheduling(estate.facts(row, estate.hours(estate.busy_by_day))))
    assert "118 hours" in proposal.title
    assert '"scheduledStartTime":"08:00","scheduledStopTime":"18:00"' in proposal.calls[0]
    assert "SATURDAY" not in proposal.calls[0]
    assert "Fri 18:00 to Mon 08:00 (UTC)" in proposal.reason
    assert proposal.cost_share == pytest.approx(-118 / 168)


@pytest.mark.parametrize("fields", [{"environment": "prod"}, {"environment": None}, {"environment": "dev", "is_protected": True}])
def test_production_what_is_not_tagged_and_what_is_protected_get_no_schedule(fields):
    facts = estate.facts(estate.database(**fields), estate.hours(estate.busy_by_day))
    assert sizing.scheduling(facts) == []


def test_a_database_that_is_busy_all_week_and_idles_at_weekends_is_stopped_for_them():
    row = estate.database(environment="dev")
    proposal = only(sizing.scheduling(estate.facts(row, estate.hours(lambda at: 30 if at.weekday() < 5 else 1))))
    assert "48 hours" in proposal.title
    assert '{"dayOfWeek":{"name":"MONDAY"},"scheduledStartTime":"00:00"}' in proposal.calls[0]
    assert '{"dayOfWeek":{"name":"SATURDAY"},"scheduledStopTime":"00:00"}' in proposal.calls[0]


def test_a_database_that_nobody_uses_is_stopped():
    proposal = only(sizing.scheduling(estate.facts(estate.database(environment="dev"), estate.hours(lambda _: 1))))
    assert proposal.title == "Stop it: nobody uses it"
    assert proposal.calls[0].startswith("oci db autonomous-database stop")


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 167)))
def test_a_schedule_stops_nothing_that_is_busy_and_has_one_start_and_one_stop_a_day(idle):
    pauses = sizing.idle_times(idle)
    hours = [(begin + n) % 168 for begin, length in pauses for n in range(length)]
    assert set(hours) <= idle
    assert len(hours) == len(set(hours))
    for days in ([begin // 24 for begin, _ in pauses], [(begin + length) % 168 // 24 for begin, length in pauses]):
        assert len(days) == len(set(days))


def test_one_busy_night_in_four_weeks_keeps_the_hours():
    busy = estate.NOW - timedelta(days=6, hours=3)
    values = estate.hours(lambda at: 40 if abs(at - busy) < timedelta(hours=1) else estate.busy_by_day(at))
    cpu = cpu_use(values, 8, is_auto_scaling=False, now=estate.NOW)
    assert cpu is not None
    assert busy.weekday() * 24 + busy.hour not in cpu.idle_hours()


def test_storage_is_proposed_before_it_is_full_and_not_when_it_is_not_known():
    row = estate.database()

    def judged(**fields):
        full = {("storage", level): estate.capacity(row, level, **fields) for level in (80.0, 90.0, 100.0)}
        return health.capacity(estate.facts(row, full=full))

    proposal = only(judged(earliest_days=10))
    assert proposal.severity == "critical"
    assert "data_storage_size_in_gbs=2140" in proposal.calls[0]
    assert judged(earliest_days=200) == []
    assert judged(answer="not within a year", days=None, earliest_days=None) == []
    assert judged(answer="unknown", days=None, earliest_days=None) is None
    assert health.capacity(estate.facts(row)) is None


def test_a_slow_database_is_shown_its_heavy_statements_with_sql_that_names_them():
    row = estate.database()
    levels = {"response_time_seconds": estate.status(row, "response_time_seconds", "critical", 6.0, unit="s")}
    statements = [
        estate.statement(row),
        estate.statement(row, "abc'; DROP", share=0.5),
        estate.statement(row, "b" * 13, share=0.1),
    ]
    found = health.performance(estate.facts(row, levels=levels, statements=statements))
    assert found is not None
    assert [one.subject for one in found] == ["7h35uxf5uhmm1", "abc'; DROP"]
    assert "DISPLAY_CURSOR('7h35uxf5uhmm1'" in found[0].calls[0]
    assert found[1].calls == ()


def test_blocked_sessions_come_with_who_blocks_and_how_to_end_it():
    row = estate.database()
    measured = {"blocked_sessions": estate.measured(row, "blocked_sessions", 3.0, "sessions")}
    proposal = only(health.locking(estate.facts(row, measured=measured)))
    assert proposal.calls == (calls.BLOCKED, calls.KILL)
    assert health.locking(estate.facts(row)) is None
    unknown = {"blocked_sessions": estate.measured(row, "blocked_sessions", None, "sessions")}
    assert health.locking(estate.facts(row, measured=unknown)) is None


def test_production_without_standby_or_with_short_retention_is_told_and_unknown_retention_is_not():
    bare = estate.database(standbys="[]", backup_retention_days=3)
    assert kinds(health.recovery(estate.facts(bare))) == ["no standby", "short retention"]
    assert health.recovery(estate.facts(estate.database(backup_retention_days=None))) is None
    assert health.recovery(estate.facts(estate.database(environment="dev", standbys="[]"))) == []


def test_a_refreshable_clone_that_can_have_neither_standby_nor_backup_is_told_to_get_none():
    clone = estate.database(standbys="[]", backup_retention_days=None, is_refreshable_clone=True)
    assert health.recovery(estate.facts(clone)) == []


def test_what_is_stopped_for_long_is_asked_about():
    row = estate.database(lifecycle_state="STOPPED", valid_from=estate.NOW - timedelta(days=45))
    assert kinds(health.idle(estate.facts(row))) == ["long stopped"]
    assert health.idle(estate.facts(estate.database())) == []


def test_every_change_that_is_proposed_is_one_that_the_sdk_knows():
    known = set(UpdateAutonomousDatabaseDetails().swagger_types)
    row = estate.database("bare", standbys="[]", backup_retention_days=3)
    full = {("storage", level): estate.capacity(row, level) for level in (80.0, 90.0, 100.0)}
    levels = {"memory_utilization": estate.status(row, "memory_utilization", "critical", 95.0)}
    fleet = [
        estate.facts(row, estate.hours(lambda _: 95), full=full, levels=levels),
        estate.facts(estate.database("b"), estate.hours(lambda at: 80 if at.hour == 3 else 4)),
        estate.facts(estate.database("c"), estate.hours(lambda _: 10)),
    ]
    rows, _ = recommended(fleet, [], estate.NOW)
    named = {name for r in rows for call in r["calls"] for name in re.findall(r"Details\((\w+)=", call)}
    assert named >= {"compute_count", "is_auto_scaling_enabled", "data_storage_size_in_gbs", "is_local_data_guard_enabled"}
    assert named <= known


def test_impact_is_what_its_formula_says_and_production_counts_most():
    proposal = replace(only(sizing.sizing(estate.facts(cpu=estate.hours(lambda _: 95)))), severity="warning", urgency=0.4)
    assert impact(proposal, "prod") == pytest.approx(100 * (0.6 + 0.4) / 2)
    scores = [impact(proposal, name) for name in ("prod", None, "staging", "dev")]
    assert scores == sorted(scores, reverse=True)
    assert impact(replace(proposal, urgency=7.0), "prod") <= 100


def test_a_cost_that_is_not_known_leaves_the_effect_unknown_and_says_why():
    facts = estate.facts(estate.database(compute_count=16.0), estate.hours(lambda at: 20 + at.hour % 3))
    rows, _ = recommended([facts], [], estate.NOW)
    row = next(r for r in rows if r["kind"] == "fewer CPUs")
    assert (row["cost_effect_30d"], row["cost_note"]) == (None, "there are no bills")


def test_a_recommendation_is_new_then_open_then_resolved_and_new_again():
    tomorrow = estate.NOW + timedelta(days=1)
    busy, calm = estate.facts(cpu=estate.hours(lambda _: 95)), estate.facts(cpu=estate.hours(lambda _: 80))
    first, _ = recommended([busy], [], estate.NOW)
    second, _ = recommended([busy], first, tomorrow)
    third, _ = recommended([calm], second, tomorrow)
    fourth, _ = recommended([busy], third, tomorrow + timedelta(days=1))
    assert [rows[0]["state"] for rows in (first, second, third, fourth)] == ["new", "open", "resolved", "new"]
    assert second[0]["first_seen"] == estate.NOW
    assert third[0]["resolved_because"] == "what it was about is no longer so"
    assert len({rows[0]["recommendation_id"] for rows in (first, second, third, fourth)}) == 1


def test_what_can_no_longer_be_judged_stays_open_and_what_is_gone_is_resolved():
    first, _ = recommended([estate.facts(cpu=estate.hours(lambda _: 95))], [], estate.NOW)
    unknown, unjudged = recommended([estate.facts()], first, estate.NOW + timedelta(days=1))
    gone, _ = recommended([], first, estate.NOW + timedelta(days=1))
    assert (unknown[0]["state"], unknown[0]["last_seen"]) == ("open", estate.NOW)
    assert unjudged["size"] == 1
    assert (gone[0]["state"], gone[0]["resolved_because"]) == ("resolved", "the database is gone")


def test_every_kind_that_a_judge_finds_is_one_that_it_names():
    row = estate.database(standbys="[]", backup_retention_days=3)
    full = {("storage", level): estate.capacity(row, level) for level in (80.0, 90.0, 100.0)}
    facts = estate.facts(row, estate.hours(lambda _: 95), full=full)
    for judge, named in JUDGES.values():
        assert set(kinds(judge(facts))) <= set(named)


def _target(proposal) -> float:
    return float(re.search(r"compute_count=([\d.]+)", " ".join(proposal.calls))[1])
