"""Dates as they are printed, and which of two numbers is the month."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.invoices.logic.extraction.dates import dates_in, order_of, without_dates

NOTHING = (None, "")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("August 3 , 2014", date(2014, 8, 3)),
        ("02 Juillet 2015", date(2015, 7, 2)),
        ("1er février 2020", date(2020, 2, 1)),
        ("24. Januar 2014", date(2014, 1, 24)),
        ("9. März 2021", date(2021, 3, 9)),
        ("15 de marzo de 2020", date(2020, 3, 15)),
        ("19 april 2014", date(2014, 4, 19)),
        ("3rd of March, 2015", date(2015, 3, 3)),
        ("5-Mar-2021", date(2021, 3, 5)),
        ("Jan. 5, 2024", date(2024, 1, 5)),
        ("7 giugno 2022", date(2022, 6, 7)),
        ("2 de março de 2019", date(2019, 3, 2)),
        ("2014-05-19", date(2014, 5, 19)),
        ("06.10.2013", date(2013, 10, 6)),
        ("28.02.23", date(2023, 2, 28)),
        ("11/17/2017", date(2017, 11, 17)),
        ("22-9-2022", date(2022, 9, 22)),
    ],
)
def test_a_date_is_read_in_the_notations_of_many_languages(text: str, day: date) -> None:
    assert [printed.days for printed in dates_in(text)] == [(day,)]


@pytest.mark.parametrize(
    "text",
    [
        "1.234,56",
        "20-00-00",
        "IBAN 12 34 2018",
        "192.168.10.12",
        "31.02.2020",
        "9314110911/00/M/00/N",
        "+49 932 431 500",
        "3 boxes 2014",
    ],
)
def test_other_numbers_are_no_dates(text: str) -> None:
    assert dates_in(text) == []


def test_eight_digits_are_a_date_only_where_a_label_says_so() -> None:
    assert dates_in("20200115") == []
    assert dates_in("20200115", compact=True)[0].days == (date(2020, 1, 15),)


def test_another_date_of_the_document_tells_which_number_is_the_month() -> None:
    american = order_of(["11/03/2017", "11/17/2017"], NOTHING)
    british = order_of(["11/03/2017", "17/11/2017"], NOTHING)
    printed = dates_in("11/03/2017")[0]
    assert [day for day, _, _ in american.ranked(printed.days)] == [date(2017, 11, 3)]
    assert [day for day, _, _ in british.ranked(printed.days)] == [date(2017, 3, 11)]


def test_without_evidence_both_days_stay_and_neither_is_sure() -> None:
    ranked = list(order_of(["11/03/2017"], NOTHING).ranked(dates_in("11/03/2017")[0].days))
    assert {day for day, _, _ in ranked} == {date(2017, 3, 11), date(2017, 11, 3)}
    assert max(share for _, share, _ in ranked) < 0.6
    assert sum(share for _, share, _ in ranked) == pytest.approx(1)


def test_a_hint_decides_less_surely_than_a_date_that_proves_the_order() -> None:
    hinted = order_of(["11/03/2017"], ("month", "an address in the United States"))
    assert hinted.first == "month"
    assert hinted.sure < order_of(["11/17/2017"], NOTHING).sure


@given(
    st.dates(date(1980, 1, 1), date(2069, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y"])
)
def test_every_day_comes_back_from_an_unambiguous_notation(day: date, notation: str) -> None:
    assert [printed.days for printed in dates_in(f"Date: {day.strftime(notation)}.")] == [(day,)]


@given(st.dates(date(1980, 1, 1), date(2069, 12, 31)), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_the_right_day_is_always_among_those_that_a_date_may_be(day: date, notation: str) -> None:
    assert day in dates_in(day.strftime(notation))[0].days


def test_dates_can_be_blanked_out_without_moving_the_rest() -> None:
    text = "due 3 May 2024: 12.00"
    assert without_dates(text) == "due " + " " * 10 + ": 12.00"
