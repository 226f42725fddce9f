"""Timetables turn by the clocks of their place, once a turn, and never below what was needed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fleet.logic.scaling.decision import ALWAYS, Decision, decide
from assets.fleet.logic.scaling.demand import Need, Used, Was, needed, whole_ecpus
from assets.fleet.logic.scaling.rules import rules_of
from assets.fleet.logic.scaling.schedule import NotASchedule, parsed
from resources.autonomous_databases import AutonomousDatabase

OFFICE = "weekdays 07-19 8, else 2"
MONDAY = datetime(2026, 11, 16, 12, tzinfo=UTC)
NIGHT = MONDAY + timedelta(hours=10)
LITTLE = Need(1.0, "the busiest hour took 0.8 ECPUs")
UNKNOWN = Need(None, "the need of 500 hours is unknown")


def database(**fields) -> AutonomousDatabase:
    usual = {"lifecycle_state": "AVAILABLE", "compute_model": "ECPU", "compute_count": 4.0,
             "tags": {"environment": "development"}}  # fmt: skip
    return AutonomousDatabase("ocid1.a", "eu-frankfurt-1", "ocid1.c", "Orders", "orders", **{**usual, **fields})


@pytest.mark.parametrize(
    ("text", "at", "size"),
    [
        (OFFICE, "2026-11-16T06:59:59+00:00", 2),
        (OFFICE, "2026-11-16T07:00:00+00:00", 8),
        (OFFICE, "2026-11-16T19:00:00+00:00", 2),
        (OFFICE, "2026-11-15T12:00:00+00:00", 2),
        ("Europe/Berlin " + OFFICE, "2026-11-16T06:00:00+00:00", 8),
        ("Europe/Berlin " + OFFICE, "2026-07-13T05:00:00+00:00", 8),
        ("mon-wed+fri 22-6 4; weekends 9:30-13 3; else stop", "2026-11-17T05:59:00+00:00", 4),
        ("mon-wed+fri 22-6 4; weekends 9:30-13 3; else stop", "2026-11-14T09:30:00+00:00", 3),
        ("mon-wed+fri 22-6 4; weekends 9:30-13 3; else stop", "2026-11-14T05:00:00+00:00", 4),
        ("mon-wed+fri 22-6 4; weekends 9:30-13 3; else stop", "2026-11-20T05:00:00+00:00", "stop"),
        ("sat-mon 00-24 6; else 2", "2026-11-16T23:59:00+00:00", 6),
    ],
)
def test_the_first_window_that_holds_says_the_size(text, at, size):
    assert parsed(text).wanted(datetime.fromisoformat(at)) == size


def test_an_hour_that_the_clocks_skip_never_comes_and_one_that_they_repeat_counts_twice():
    schedule = parsed("Europe/Berlin daily 02-03 8; else 2")
    spring, autumn = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
    quarters = [timedelta(minutes=15 * n) for n in range(16)]
    assert {schedule.wanted(spring + quarter) for quarter in quarters} == {2}
    assert sum(schedule.wanted(autumn + quarter) == 8 for quarter in quarters) == 8


@settings(max_examples=40)
@given(
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.sampled_from(
        [OFFICE, "daily 02:30-03:10 8; else 4", "fri 22-6 4; weekends 00-24 3; else stop", "mon 0-1 8; else 2", "else 2"]
    ),
    st.integers(0, 366 * 24 * 60),
)
def test_a_turn_is_the_moment_at_which_it_came_to_want_what_it_wants(zone, text, minutes):
    schedule, at = parsed(text, zone), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    turn = schedule.turn(at)
    if turn is None:
        assert text == "else 2"
        return
    assert turn <= at
    assert schedule.wanted(turn) == schedule.wanted(at) != schedule.wanted(turn - timedelta(seconds=1))
    step = (at - turn) / 50
    assert all(schedule.wanted(turn + n * step) == schedule.wanted(at) for n in range(50))
    assert schedule.turn(turn) == turn
    until = schedule.next_turn(at)
    assert schedule.turn(until) == until
    assert until > at
    assert all(schedule.wanted(at + n * (until - at) / 50) == schedule.wanted(at) for n in range(50))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("weekdays 07-19 8", "else"),
        ("weekdays 7 to 19 8; else 2", "is not like"),
        ("workdays 07-19 8; else 2", "no day of the week"),
        ("daily 07-25 8; else 2", "no time of the day"),
        ("daily 07-07 8; else 2", "at no time"),
        ("daily 07-19 1; else 2", "ECPUs, 2 or more"),
        ("daily 07-19 many; else 2", "ECPUs, 2 or more"),
        ("Europe/Atlantis else 2", "no time zone"),
    ],
)
def test_what_is_no_timetable_is_told(text, said):
    with pytest.raises(NotASchedule) as error:
        parsed(text)
    assert said in str(error.value)


def history(percent: float, weeks: int = 4, before: datetime = NIGHT) -> list[Used]:
    first = before.replace(minute=0) - timedelta(weeks=weeks)
    return [Used(first + timedelta(hours=n), percent) for n in range(weeks * 168)]


def test_the_busiest_hour_of_the_same_kind_says_what_is_needed():
    schedule, was = parsed(OFFICE), [Was(NIGHT - timedelta(weeks=6), 8.0, auto_scaling=False, stopped=False)]
    used = [
        *history(5.0),
        Used(datetime(2026, 11, 10, 22, tzinfo=UTC), 50.0),
        Used(datetime(2026, 11, 10, 12, tzinfo=UTC), 100.0),
    ]
    need = needed(used, was, schedule, 2.0, NIGHT)
    assert need.ecpus == pytest.approx(0.5 * 8 / 0.8)
    assert "2026-11-10 22:00" in need.why


def test_what_auto_scaling_might_have_used_counts_threefold_and_so_does_what_is_unknown():
    was = [Was(NIGHT - timedelta(weeks=6), 8.0, auto_scaling=None, stopped=False)]
    assert needed(history(10.0), was, parsed(OFFICE), 2.0, NIGHT).ecpus == pytest.approx(0.1 * 24 / 0.8)


def test_hours_of_which_too_little_is_known_say_nothing():
    schedule, was = parsed(OFFICE), [Was(NIGHT - timedelta(weeks=6), 8.0, auto_scaling=False, stopped=False)]
    assert needed(history(5.0, weeks=1), was, schedule, 2.0, NIGHT).ecpus is None
    assert needed(history(5.0), [], schedule, 2.0, NIGHT).ecpus is None
    assert needed([], was, schedule, 2.0, NIGHT).ecpus is None


def test_a_database_that_stood_still_needed_nothing():
    stopped = [Was(NIGHT - timedelta(weeks=6), 4.0, auto_scaling=False, stopped=True)]
    assert needed([], stopped, parsed(OFFICE), 2.0, NIGHT).ecpus == 0


def test_sizes_are_those_of_each_hour():
    was = [Was(NIGHT - timedelta(weeks=6), 2.0, auto_scaling=False, stopped=False),
           Was(datetime(2026, 11, 10, tzinfo=UTC), 8.0, auto_scaling=False, stopped=False)]  # fmt: skip
    assert needed(history(40.0), was, parsed(OFFICE), 2.0, NIGHT).ecpus == pytest.approx(0.4 * 8 / 0.8)


@pytest.mark.parametrize(
    ("fields", "at", "need", "verdict", "does", "said"),
    [
        ({}, MONDAY, UNKNOWN, "act", ("scale", 8), "8 ECPUs now"),
        ({}, NIGHT, LITTLE, "act", ("scale", 2), "2 ECPUs now"),
        ({}, NIGHT, UNKNOWN, "leave", None, "not scaled down"),
        ({}, NIGHT, Need(2.6, "so much"), "act", ("scale", 3), "since so much"),
        ({}, NIGHT, Need(3.9, "so much"), "leave", None, "so much"),
        ({"compute_count": 2.0}, NIGHT, UNKNOWN, "as wanted", None, "2 ECPUs"),
        ({"lifecycle_state": "STOPPED"}, MONDAY, UNKNOWN, "act", ("start", None), "8 ECPUs"),
        ({"lifecycle_state": "SCALE_IN_PROGRESS"}, MONDAY, UNKNOWN, "wait", None, "SCALE_IN_PROGRESS"),
        ({"role": "STANDBY", "lifecycle_state": "STANDBY"}, MONDAY, UNKNOWN, "leave", None, "role"),
        ({"compute_model": "OCPU"}, MONDAY, UNKNOWN, "leave", None, "unknown"),
        ({"is_free_tier": True}, MONDAY, UNKNOWN, "leave", None, "Always Free"),
        ({"tags": {"protected": "yes"}}, NIGHT, LITTLE, "leave", None, "protected"),
        ({"tags": {"protected": "yes"}}, MONDAY, LITTLE, "act", ("scale", 8), "8 ECPUs"),
    ],
)
def test_what_is_done_about_a_database(fields, at, need, verdict, does, said):
    found = decide(database(**fields), parsed(OFFICE), at, (), need)
    assert (found.verdict, (found.operation, found.ecpus) if found.operation else None) == (verdict, does)
    assert said in found.reason


@pytest.mark.parametrize(
    ("environment", "need", "verdict"),
    [("development", LITTLE, "leave"), ("development", Need(0.2, "idle"), "act"), ("production", Need(0.2, "idle"), "leave"),
     ("development", UNKNOWN, "leave"), (None, Need(0.2, "idle"), "leave")],
)  # fmt: skip
def test_only_what_is_known_to_be_idle_and_no_production_is_stopped(environment, need, verdict):
    tags = {"environment": environment} if environment else {}
    assert decide(database(tags=tags), parsed("daily 7-19 4; else stop"), NIGHT, (), need).verdict == verdict


def test_what_was_changed_by_hand_stays_until_the_next_turn():
    schedule = parsed(OFFICE)
    turn = datetime(2026, 11, 16, 19, tzinfo=UTC)
    found = decide(database(compute_count=6.0), schedule, NIGHT, {turn}, LITTLE)
    assert (found.verdict, found.turn) == ("leave", turn)
    assert "until 2026-11-17 07:00" in found.reason
    assert decide(database(compute_count=6.0), schedule, NIGHT + timedelta(hours=9), {turn}, LITTLE).verdict == "act"


def test_an_hour_of_a_week_that_the_clocks_skip_changes_no_turn():
    schedule = parsed("Europe/Berlin sunday 02-03 8; else 2")
    before = datetime(2027, 3, 21, 2, tzinfo=UTC)
    for day in range(1, 14):
        at = before + timedelta(days=day)
        assert (schedule.turn(at), schedule.next_turn(at)) == (before, datetime(2027, 4, 4, tzinfo=UTC))


def test_a_timetable_that_never_changes_has_one_turn():
    found = decide(database(), parsed("else 8"), NIGHT, (), UNKNOWN)
    assert (found.verdict, found.turn) == ("act", ALWAYS)
    assert decide(database(), parsed("else 8"), NIGHT, {ALWAYS}, UNKNOWN).verdict == "leave"


@settings(max_examples=60)
@given(
    st.sampled_from([OFFICE, "daily 07-19 4; else stop", "else 2"]),
    st.integers(0, 7 * 24 * 60),
    st.sampled_from([2.0, 3.0, 4.0, 8.0, 16.0]),
    st.sampled_from(["AVAILABLE", "STOPPED", "UPDATING", "AVAILABLE_NEEDS_ATTENTION"]),
    st.sampled_from(["development", "production", None]),
    st.booleans(),
    st.one_of(st.none(), st.floats(0, 20)),
)
def test_nothing_is_ever_made_smaller_than_its_need_nor_stopped_without_right(text, minutes, ecpus, state, env, protected, need):
    at, schedule = MONDAY + timedelta(minutes=minutes), parsed(text)
    tags = {**({"environment": env} if env else {}), "protected": "true" if protected else "false"}
    one = database(compute_count=ecpus, lifecycle_state=state, tags=tags)
    found = decide(one, schedule, at, (), Need(need, "so much"))
    if found.operation == "scale" and found.ecpus < ecpus:
        assert need is not None
        assert found.ecpus >= need
        assert not protected
    if found.operation == "stop":
        assert (env, protected) == ("development", False)
        assert need is not None
    if found.verdict == "act":
        assert settles(one, found, schedule, at, Need(need, "so much"))
        assert decide(one, schedule, at, {found.turn}, Need(need, "so much")).verdict == "leave"


def settles(one: AutonomousDatabase, found: Decision, schedule, at: datetime, need: Need) -> bool:
    """Whether doing what is decided, again and again, comes to rest."""
    for _ in range(3):
        if found.operation is None:
            return True
        state = {"start": "AVAILABLE", "stop": "STOPPED"}.get(found.operation, one.lifecycle_state)
        one = replace(one, lifecycle_state=state, compute_count=found.ecpus or one.compute_count)
        found = decide(one, schedule, at, (), need)
    return found.operation is None


def test_whole_ecpus_are_enough():
    assert [whole_ecpus(need) for need in (0, 2.0, 2.01, 7.999)] == [2, 2, 3, 8]


def test_a_tag_goes_before_the_file_and_the_first_rule_that_fits_holds():
    rules = rules_of(
        {"timezone": "Europe/Berlin",
         "schedules": [{"tags": {"environment": "dev*"}, "schedule": "daily 8-18 4; else stop"},
                       {"databases": "Ord*", "schedule": OFFICE, "timezone": "UTC"}]}
    )  # fmt: skip
    assert rules.of(database()).otherwise == "stop"
    assert rules.of(database(tags={})).timezone == "UTC"
    tagged = database(tags={"Operations.Scale-Schedule": "else 6"})
    assert (rules.of(tagged).otherwise, rules.of(tagged).timezone) == (6, "Europe/Berlin")
    assert rules.of(database(tags={"scale-schedule": "off"})) is None
    with pytest.raises(NotASchedule):
        rules.of(database(tags={"scale-schedule": "nights"}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "list of `schedules`"),
        ({"timezone": "Mars/North"}, "no time zone"),
        ({"schedules": [{"schedule": OFFICE}]}, "for all databases"),
        ({"schedules": [{"tags": {"a": "b"}}]}, "no `schedule`"),
        ({"schedules": [{"databases": "*", "schedule": "nights"}]}, "schedule 1: "),
        ({"schedules": [{"databases": "*", "schedule": OFFICE, "zone": "UTC"}]}, "there is no zone"),
    ],
)
def test_a_file_of_timetables_that_cannot_be_is_told(content, said):
    with pytest.raises(NotASchedule) as error:
        rules_of(content)
    assert said in str(error.value)
