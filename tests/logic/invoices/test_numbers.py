"""Numbers as they are printed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.invoices.logic.numbers import Numerals, amount, numerals, plain, readings

POINT, COMMA, UNKNOWN = Numerals("."), Numerals(","), Numerals()
STYLES = {
    "english": (",", "."),
    "german": (".", ","),
    "french": ("\u202f", ","),
    "no-break": ("\u00a0", ","),
    "space and point": (" ", "."),
    "swiss": ("'", "."),
    "typographic": ("\u2019", "."),
    "bare comma": ("", ","),
    "bare point": ("", "."),
}


def printed(value: Decimal, group: str, mark: str, *, indian: bool = False) -> str:
    units, _, fraction = f"{abs(value):f}".partition(".")
    parts: list[str] = []
    size = 3
    while units:
        parts.insert(0, units[-size:])
        units, size = units[:-size], 2 if indian else 3
    return ("-" if value < 0 else "") + group.join(parts) + (mark + fraction if fraction else "")


money = st.decimals(-9_999_999, 9_999_999, places=2).map(lambda d: d + Decimal("0.00"))


@given(money, st.sampled_from(sorted(STYLES)))
def test_an_amount_survives_every_style_whatever_the_document_says(value: Decimal, style: str) -> None:
    group, mark = STYLES[style]
    text = printed(value, group, mark)
    for how in (POINT, COMMA, UNKNOWN):
        assert amount(text, how) == value


@given(money)
def test_indian_groups_are_read(value: Decimal) -> None:
    assert amount(printed(value, ",", ".", indian=True), UNKNOWN) == value


@given(
    money.filter(bool),
    st.sampled_from(["{} €", "€ {}", "€{}", "EUR {}", "{} EUR", "{}EUR", "US$ {}", "{} CHF", "RM{}", "Rs. {}", "£{}"]),
)
def test_currencies_around_an_amount_are_no_part_of_it(value: Decimal, frame: str) -> None:
    value = abs(value)
    assert amount(frame.format(printed(value, ".", ",")), UNKNOWN) == value


@given(money.filter(bool), st.sampled_from(["{}-", "-{}", "−{}", "- {}", "({})", "{} CR", "{} €-", "-€{}", "€ -{}", "(EUR {})"]))
def test_every_way_to_write_a_negative_amount_is_read(value: Decimal, frame: str) -> None:
    value = abs(value)
    assert amount(frame.format(printed(value, ",", ".")), UNKNOWN) == -value


@given(st.lists(money, min_size=1, max_size=8), st.sampled_from(sorted(STYLES)))
def test_the_decimal_mark_is_that_of_the_document(values: list[Decimal], style: str) -> None:
    group, mark = STYLES[style]
    how = numerals([f"Total {printed(value, group, mark)}" for value in values])
    assert how.decimal == mark


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from([".", ","]))
def test_an_ambiguous_number_stays_so_until_the_document_decides(units: int, rest: int, mark: str) -> None:
    text = f"{units}{mark}{rest:03d}"
    grouped, fractional = Decimal(f"{units}{rest:03d}"), Decimal(f"{units}.{rest:03d}")
    assert amount(text, UNKNOWN) is None
    assert set(readings(text, UNKNOWN)) == {grouped, fractional}
    same, other = (POINT, COMMA) if mark == "." else (COMMA, POINT)
    assert amount(text, same) == fractional
    assert amount(text, other) == grouped
    assert readings(text, other)[0] == grouped
    assert numerals([text]).decimal is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.052", "0.052"), ("0,0520", "0.0520"), ("19 %", "19"), ("19,00%", "19.00"), ("12,-", "12"), ("12.—", "12"), ("7.", "7"),
     (",50", "0.50"), ("1234.567", "1234.567"), ("12.345.678", "12345678"), ("12.50 DR", "12.50"), ("R$ 1.234,50", "1234.50")],
)  # fmt: skip
def test_a_number_with_one_reading_needs_no_document(text: str, value: str) -> None:
    found = amount(text, UNKNOWN)
    assert found is not None
    assert plain(found) == value


@pytest.mark.parametrize(
    "text", ["", "Total", "12.05.2018", "2018-05-12", "DE123456789", "1 23", "12,34,5", "--12", "(-12", "1.2.3",
             "12345678901234567890", "€", "5 Stk", "-", "12:30", "1/2", "AEUR 12", "01.234.567"],
)  # fmt: skip
def test_what_is_no_amount_is_none(text: str) -> None:
    assert amount(text, POINT) is None
    assert readings(text, POINT) == ()


def test_dates_and_times_do_not_vote() -> None:
    assert numerals(["12.05.2018", "am 01.02.2020 um 12:30", "3/4/2021"]).decimal is None


def test_numbers_that_stand_side_by_side_vote_each() -> None:
    assert numerals(["2 12,50 25,00"]).comma == 2.0


def test_the_majority_decides() -> None:
    assert numerals(["Abschnitt 2.1", "10,00", "1.234,00"]).decimal == ","


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_none(text: str) -> None:
    for how in (POINT, COMMA, UNKNOWN):
        value = amount(text, how)
        assert value is None or value in readings(text, how)
