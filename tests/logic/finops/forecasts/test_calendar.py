"""Days that are known in advance: ends of months, public holidays, and the user's own."""

from datetime import date, timedelta

import pytest

from assets.finops.logic.forecasts.calendar import UnknownCountry, holidays_of, indicators, named_days
from assets.finops.logic.forecasts.given import BadRow

DAYS = [date(2025, 11, 1) + timedelta(days=n) for n in range(92)]
"""November to January; the last month is to come."""
KNOWN = 61


def column(name: str, **known) -> list[date]:
    names, matrix = indicators(DAYS, known=KNOWN, **known)
    return [day for day, value in zip(DAYS, matrix[:, names.index(name)], strict=True) if value]


def test_the_first_and_the_last_three_days_of_a_month_are_told_in_advance():
    assert column("first day of the month") == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    assert column("last day of the month") == [date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 31)]
    assert column("second last day of the month") == [date(2025, 11, 29), date(2025, 12, 30), date(2026, 1, 30)]
    assert column("third last day of the month") == [date(2025, 11, 28), date(2025, 12, 29), date(2026, 1, 29)]


def test_no_country_has_holidays_unless_it_is_named():
    names, _ = indicators(DAYS, known=KNOWN)

    assert not [name for name in names if "holiday" in name]


def test_public_holidays_are_those_of_the_country_or_its_subdivision():
    assert column("public holiday DE", countries=["DE"]) == [date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1)]
    assert column("public holiday DE-BY", countries=["DE", "DE-BY"])[0] == date(2025, 11, 1)


@pytest.mark.parametrize("code", ["XX", "DE-XX", "", "Germany", "de"])
def test_a_country_without_a_calendar_is_refused_by_name(code):
    with pytest.raises(UnknownCountry, match=repr(code)):
        holidays_of(code, DAYS)


def test_the_users_own_days_recur_by_their_name():
    named = named_days(b"date,name\n2025-11-28,sale\n2025-12-24,closing\n2026-01-15,sale\n")

    assert column("calendar: sale", named=named) == [date(2025, 11, 28), date(2026, 1, 15)]


def test_what_never_occurred_in_the_history_cannot_be_learnt_and_is_left_out():
    names, matrix = indicators(DAYS, known=KNOWN, named={"migration": frozenset({date(2026, 1, 20)})})

    assert "calendar: migration" not in names
    assert matrix.shape == (len(DAYS), len(names))


def test_days_without_any_property_give_a_matrix_without_columns():
    names, matrix = indicators(DAYS[5:12], known=5)

    assert names == ()
    assert matrix.shape == (7, 0)


@pytest.mark.parametrize(
    ("body", "line", "problem"),
    [
        (b"date,name\n2026-13-01,sale\n", 2, "not a day"),
        (b"date,name\n2026-01-01,sale\n\n2026-02-01,\n", 4, "no name"),
        (b"day,name\n2026-01-01,sale\n", 1, "no column 'day'"),
        (b"date\n2026-01-01\n", 1, "'name' is missing"),
        (b"date,name\n2026-01-01,a,b\n", 2, "more cells"),
        (b"date,name,name\n", 1, "twice"),
        (b"date,name\n2026-01-01,caf\xe9\n", 2, "not UTF-8"),
        (b"", 1, "missing"),
    ],
)
def test_a_bad_row_is_refused_by_file_and_line_with_what_to_do(body, line, problem):
    with pytest.raises(BadRow, match=problem) as refused:
        named_days(body)

    assert refused.value.message.startswith(f"finops/calendar.csv, line {line}: ")
    assert refused.value.advice


def test_a_file_by_a_spreadsheet_is_read():
    body = "\ufeffname;date".replace(";", ",") + '\r\n"sale, big",2026-01-01\r\n'

    assert named_days(body.encode()) == {"sale, big": {date(2026, 1, 1)}}
