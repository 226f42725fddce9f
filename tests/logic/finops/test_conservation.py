"""Rows and money of the files against those accounted for: any difference shows, and nothing else."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.conservation import KEYS, by_currency, differences, money_text, plain

SCHEMA = {
    **dict.fromkeys(KEYS, pl.String()),
    "x_charge_date": pl.Date(),
    "rows": pl.Int64(),
    "BilledCost": pl.Decimal(38, 24),
}
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["d1", "d2"]),
        st.just("f"),
        st.sampled_from([date(2026, 1, 1), None]),
        st.sampled_from(["USD", "EUR", None]),
        st.sampled_from(["A", None]),
        st.integers(1, 5),
        st.decimals(-100, 100, places=24),
    ),
    max_size=8,
)


def frame(entries: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(entries, schema=SCHEMA, orient="row")


NOTHING = frame([])


@settings(deadline=None)
@given(ENTRIES, st.randoms(use_true_random=False))
def test_whatever_is_stored_or_quarantined_in_any_split_is_accounted_for(entries, random):
    stored = [e for e in entries if random.random() < 0.5]
    rest = list(entries)
    for e in stored:
        rest.remove(e)

    assert differences(frame(entries), frame(stored), frame(rest)).is_empty()


@settings(deadline=None)
@given(ENTRIES.filter(bool), st.data())
def test_one_lost_or_doubled_row_or_digit_shows(entries, data):
    index = data.draw(st.integers(0, len(entries) - 1))
    one = entries[index]
    harmed = data.draw(
        st.sampled_from(
            [
                entries[:index] + entries[index + 1 :],
                [*entries, one],
                [*entries[:index], (*one[:6], one[6] + Decimal("1e-24")), *entries[index + 1 :]],
                [*entries[:index], (*one[:3], "GBP", *one[4:]), *entries[index + 1 :]],
            ]
        )
    )

    assert not differences(frame(entries), frame(harmed), NOTHING).is_empty()


def test_a_difference_says_where_it_is_and_both_figures():
    there = frame([("d", "f", date(2026, 1, 1), "USD", None, 2, Decimal("3"))])
    (row,) = differences(there, NOTHING, NOTHING).to_dicts()

    assert (row["x_source_file"], row["x_charge_date"], row["InvoiceId"]) == ("f", date(2026, 1, 1), None)
    assert (row["rows_in_file"], row["money_in_file"]) == (2, Decimal(3))
    assert (row["rows_accounted"], row["money_accounted"]) == (0, Decimal(0))


def test_currencies_are_never_added_together_and_a_missing_one_is_unknown():
    totals = frame([("d", "f", None, c, None, 1, Decimal(n)) for n, c in enumerate(["USD", "EUR", None, "USD"], start=1)])

    assert by_currency(totals) == {"unknown": Decimal(3), "EUR": Decimal(2), "USD": Decimal(5)}


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1.500", "1.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("0E-24", "0"),
        ("-0.10", "-0.1"),
        ("1e-24", "0.000000000000000000000001"),
    ],
)
def test_amounts_are_shown_without_exponent_or_trailing_zeros(amount, text):
    assert plain(Decimal(amount)) == text
    assert money_text({"USD": Decimal(amount)}) == {"USD": text}


@settings(deadline=None)
@given(st.decimals(-(10**13), 10**13, places=24))
def test_shown_amounts_are_the_amounts(amount):
    assert Decimal(plain(amount)) == amount
