"""Timetables, through weeks and changes of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.actions.schedule import WEEK, Timetable

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC, second=0, microsecond=0))


@st.composite
def timetables(draw: st.DrawFn) -> Timetable:
    start = draw(st.integers(0, 24 * 60 - 1))
    stop = draw(st.integers(start + 1, 24 * 60))
    written = [f"{minute // 60:02}:{minute % 60:02}" for minute in (start, stop)]
    days = draw(st.lists(st.sampled_from(WEEK), min_size=1, max_size=7, unique=True))
    return Timetable(draw(st.sampled_from(ZONES)), tuple(days), *written)


@given(timetables(), MOMENTS)
@settings(max_examples=500)
def test_it_is_on_exactly_when_the_clock_on_the_wall_says_so(timetable, at):
    wall = at.astimezone(ZoneInfo(timetable.timezone))

    said = f"{wall:%A}".lower() in timetable.days and timetable.start <= f"{wall:%H:%M}" < timetable.stop

    assert timetable.is_on(at) == said


@given(timetables(), MOMENTS)
@settings(max_examples=300)
def test_the_zone_in_which_an_instant_is_given_changes_nothing(timetable, at):
    assert len({timetable.is_on(at.astimezone(ZoneInfo(zone))) for zone in ZONES}) == 1


@given(timetables(), st.dates(datetime(2020, 1, 1).date(), datetime(2029, 1, 1).date()))
@settings(max_examples=20, deadline=None)
def test_a_week_without_a_change_of_clocks_has_the_minutes_that_it_says(timetable, day):
    utc = Timetable("UTC", timetable.days, timetable.start, timetable.stop)
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)

    assert sum(utc.is_on(begin + timedelta(minutes=n)) for n in range(7 * 24 * 60)) == utc.minutes_on


BERLIN = Timetable("Europe/Berlin", WEEK, "02:00", "03:00")


def minutes_on(timetable: Timetable, day: datetime) -> int:
    return sum(
        timetable.is_on(day + timedelta(minutes=n))
        for n in range(-6 * 60, 30 * 60)
        if (day + timedelta(minutes=n)).day == day.day
    )


@pytest.mark.parametrize(
    ("day", "minutes"),
    [(datetime(2026, 3, 28, tzinfo=UTC), 60), (datetime(2026, 3, 29, tzinfo=UTC), 0), (datetime(2026, 10, 25, tzinfo=UTC), 120)],
    ids=["a usual day", "the hour is skipped", "the hour comes twice"],
)
def test_an_hour_that_is_skipped_never_comes_and_one_that_is_repeated_counts_twice(day, minutes):
    assert minutes_on(BERLIN, day) == minutes


def test_office_hours_follow_the_clocks_into_summer():
    office = Timetable("Europe/Berlin", WEEK[:5], "08:00", "18:00")

    assert not office.is_on(datetime(2026, 3, 27, 6, 59, tzinfo=UTC))
    assert office.is_on(datetime(2026, 3, 27, 7, 0, tzinfo=UTC))
    assert not office.is_on(datetime(2026, 3, 29, 7, 0, tzinfo=UTC))
    assert office.is_on(datetime(2026, 3, 30, 6, 0, tzinfo=UTC))
    assert not office.is_on(datetime(2026, 3, 30, 16, 0, tzinfo=UTC))


def test_midnight_ends_a_day():
    late = Timetable("UTC", ("friday",), "20:00", "24:00")

    assert late.is_on(datetime(2026, 3, 27, 23, 59, tzinfo=UTC))
    assert not late.is_on(datetime(2026, 3, 28, 0, 0, tzinfo=UTC))


@given(timetables())
def test_what_is_stored_as_parameters_reads_back(timetable):
    assert Timetable.of(timetable.parameters) == timetable
