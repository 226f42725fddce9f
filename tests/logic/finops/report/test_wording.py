"""How numbers and names are written."""

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from assets.finops.logic.report import wording

AMOUNTS = st.decimals(min_value=-(10**13), max_value=10**13, places=24)


@given(AMOUNTS)
def test_an_amount_keeps_its_sign_and_is_never_shown_as_zero(value):
    said = wording.amount(value)
    assert said.startswith(wording.MINUS) == (value < 0)
    assert bool(re.search("[1-9]", said)) == (value != 0)


@given(AMOUNTS)
def test_an_amount_is_off_by_less_than_a_hundredth_and_in_small_ones_by_less_than_a_twentieth(value):
    off = abs(number(wording.amount(value)) - value)
    assert off <= max(Decimal("0.005") if abs(value) >= Decimal("0.01") else 0, abs(value) / 20)


@given(AMOUNTS)
def test_an_exact_amount_loses_no_digit(value):
    assert number(wording.exact(value)) == value


@given(AMOUNTS)
def test_a_rate_has_four_digits_at_least_or_all_that_there_are(value):
    said = number(wording.rate(value))
    assert abs(said - value) <= abs(value) / 2000
    assert not re.search(r"\.\d\d+0$", wording.rate(value))


@given(AMOUNTS, AMOUNTS)
def test_a_change_has_a_sign_and_a_percentage_only_of_something_above_zero(before, now):
    change = now - before
    assert wording.change(change).startswith("+") == (change > 0)
    said = wording.percent_change(change, before)
    assert (said == "–") == (before <= 0)
    if before > 0:
        assert said[0] == ("+" if change > 0 else wording.MINUS if change < 0 else "0")


@given(st.text(max_size=200), st.integers(10, 80))
def test_a_shortened_name_keeps_both_ends(name, length):
    said = wording.short(name, length)
    assert len(said) <= length
    head, _, tail = said.partition("…")
    assert said == name or (name.startswith(head) and name.endswith(tail) and head and tail)


@given(st.floats(0, 1))
def test_a_share_is_never_rounded_up(value):
    said = Decimal(wording.ratio(value).removesuffix(" %"))
    assert said <= Decimal(value) * 100 + Decimal("1e-9")
    assert Decimal(value) * 100 - said < Decimal("0.1000001")


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=9), max_size=12))
def test_a_list_names_the_first_and_counts_the_others(names):
    said = wording.listed(names)
    assert said.startswith(", ".join(names[:5]) or "none")
    assert said.endswith(f" and {len(names) - 5} more") == (len(names) > 5)


def test_a_percentage_needs_an_amount_before_that_is_above_zero():
    assert wording.percent_change(Decimal(5), Decimal(-10)) == "–"
    assert wording.percent_change(Decimal(-5), Decimal(10)) == "−50.0 %"
    assert wording.percent_change(None, Decimal(10)) == "unknown"


def test_a_share_is_a_hundred_percent_only_if_nothing_is_missing():
    assert wording.ratio(0.99999) == "99.9 %"
    assert wording.ratio(1.0) == "100.0 %"


def test_what_is_not_known_is_never_a_number():
    written = (
        wording.amount, wording.exact, wording.change, wording.ratio, wording.count, wording.day, wording.rate, wording.decimal,
        wording.percent,
    )  # fmt: skip
    assert {write(None) for write in written} == {"unknown"}
    assert wording.interval(None, Decimal(1)) == wording.interval(Decimal(1), None) == "unknown"
    assert wording.share(None, Decimal(1)) == "unknown"


def test_a_rate_below_a_cent_is_told_apart_from_another():
    assert wording.rate(Decimal("0.00012345")) == "0.0001234"
    assert wording.rate(Decimal("0.5")) == "0.50"
    assert wording.rate(Decimal("1234.5678")) == "1,234.57"
    assert wording.rate(Decimal(-2)) == "−2.00"


def test_one_is_singular():
    assert wording.count(1, "day") == "1 day"
    assert wording.count(1200, "day") == "1,200 days"
    assert wording.count(2, "series", "series") == "2 series"


def number(said):
    return Decimal(said.replace(",", "").replace(wording.MINUS, "-"))
