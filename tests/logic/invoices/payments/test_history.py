"""What was known when an invoice was issued: nothing else may be in its features."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.invoices.logic.payments.history import FEATURES, REMEMBERED, history_of
from assets.invoices.logic.payments.records import RECORDS, BadRecords, known_on
from tests.logic.invoices.payments.receivables import receivables

DAY = date(2025, 3, 3)
_SEEN = ("invoice_id", *FEATURES)


def days_after(least: int, most: int) -> st.SearchStrategy[date]:
    return st.integers(least, most).map(lambda n: DAY + timedelta(days=n))


INVOICES = st.lists(
    st.fixed_dictionaries(
        {
            "party": st.sampled_from("abc"),
            "country": st.sampled_from(["DE", "US", "406", None]),
            "currency": st.sampled_from(["EUR", "USD", None]),
            "amount": st.none() | st.floats(-100, 1e6),
            "issued": days_after(0, 40),
            "due": st.none() | days_after(0, 60),
            "settled": st.none() | days_after(-5, 80),
            "paperless_since": st.none() | days_after(0, 60),
        }
    ),
    min_size=1,
    max_size=30,
)


def frame(invoices: list[dict]) -> pl.DataFrame:
    return pl.DataFrame([{"invoice_id": f"{n:03}", **one} for n, one in enumerate(invoices)], schema=dict(RECORDS))


def seen(records: pl.DataFrame, until: date) -> pl.DataFrame:
    """Features of the invoices issued up to a day, with the ids of the past ones that they lean on."""
    rows = history_of(records).rows
    ids = rows["invoice_id"]
    past = [ids.gather(numbers).to_list() for numbers in rows["past"]]
    waiting = [ids.gather(numbers).to_list() for numbers in rows["past_open"]]
    return (
        rows.with_columns(pl.Series("past", past), pl.Series("past_open", waiting))
        .filter(pl.col("issued") <= until)
        .select(*_SEEN, "past", "past_open")
    )


@settings(max_examples=150, deadline=None)
@given(INVOICES, st.integers(0, 40), st.data())
def test_no_feature_changes_when_later_facts_are_altered_or_removed(invoices, cut, data):
    day = DAY + timedelta(days=cut)
    later_settlement = st.none() | days_after(cut, 200)
    altered = []
    for invoice in invoices:
        one = dict(invoice)
        if one["issued"] > day and data.draw(st.booleans()):
            continue
        if one["issued"] > day:
            one |= {"amount": 7.0, "party": "a", "due": None, "currency": "CHF"}
        # what is paid before its issue counts from the day of issue on
        if one["settled"] is None or max(one["settled"], one["issued"]) >= day:
            one["settled"] = data.draw(later_settlement)
        if one["paperless_since"] is None or one["paperless_since"] > day:
            one["paperless_since"] = data.draw(st.none() | days_after(cut + 1, 200))
        altered.append({"invoice_id": f"{invoices.index(invoice):03}", **one})
    kept = pl.DataFrame(
        [{**one, "invoice_id": name} for one, name in zip(altered, _names(invoices, altered), strict=True)], schema=dict(RECORDS)
    )

    assert seen(kept, day).equals(seen(frame(invoices), day))


def _names(invoices: list[dict], altered: list[dict]) -> list[str]:
    """Ids by place: equal invoices are told apart by their order."""
    free: dict[str, list[str]] = {}
    for n, invoice in enumerate(invoices):
        free.setdefault(f"{invoices.index(invoice):03}", []).append(f"{n:03}")
    return [free[one["invoice_id"]].pop(0) for one in altered]


@settings(max_examples=50, deadline=None)
@given(INVOICES, st.integers(0, 41))
def test_the_history_on_a_day_is_that_of_what_was_known_on_it(invoices, cut):
    day = DAY + timedelta(days=cut)
    records = frame(invoices)
    yesterday = day - timedelta(days=1)

    assert seen(known_on(records, day), yesterday).equals(seen(records, yesterday))


def two_parties(**last: object) -> dict:
    """Features of the last of four invoices."""
    rows = [
        {"invoice_id": "1", "party": "a", "issued": DAY, "due": DAY + timedelta(days=10), "settled": DAY + timedelta(days=20)},
        {"invoice_id": "2", "party": "a", "issued": DAY, "due": DAY + timedelta(days=10), "settled": None},
        {"invoice_id": "3", "party": "b", "issued": DAY, "due": DAY + timedelta(days=10), "settled": DAY + timedelta(days=4)},
        {"invoice_id": "4", "party": "a", "issued": DAY + timedelta(days=30), "due": None, "settled": None} | last,
    ]
    found = history_of(pl.DataFrame(rows, schema=dict(RECORDS))).rows
    return found.row(by_predicate=pl.col("invoice_id") == "4", named=True)


def test_a_payment_counts_from_the_day_after_it():
    on_the_day = two_parties(issued=DAY + timedelta(days=20))
    day_after = two_parties(issued=DAY + timedelta(days=21))

    assert (on_the_day["past"], on_the_day["past_open"]) == ([], [1, 0])
    assert (day_after["past"], day_after["past_open"]) == ([0], [1])


def test_an_open_invoice_past_its_due_date_counts_as_late():
    row = two_parties()

    assert row["overdue_count"] == pytest.approx(np.log(2))
    assert row["overdue_days"] > 0
    assert two_parties(issued=DAY + timedelta(days=10))["overdue_count"] == 0
    assert row["late_rate"] > two_parties(party="b")["late_rate"]


def test_an_invoice_never_knows_its_own_payment_even_if_that_came_before_its_issue():
    row = two_parties(settled=DAY + timedelta(days=1))

    assert row["past"] == [0]
    assert row["days"] == 0


def test_a_new_party_is_taken_for_an_average_one():
    row = two_parties(party="c")

    assert row["mean_days"] == row["all_mean_days"] == 12
    assert row["paid_count"] == 0


def test_terms_that_are_not_known_are_taken_for_usual_ones_but_nothing_is_late_by_them():
    assert two_parties()["terms_days"] == 10
    assert two_parties()["is_late"] is None


def test_amounts_are_compared_within_one_currency_only():
    records = receivables(3, 5)
    other = records.with_columns(currency=pl.when(pl.col("invoice_id") == "0-0").then(pl.lit("JPY")).otherwise("currency"))
    row = history_of(other).rows.filter(pl.col("currency") == "JPY")

    assert row.select("amount_vs_own", "amount_vs_all").row(0) == (0, 0)


def test_holidays_around_the_due_date_are_counted_where_the_country_is_known():
    christmas = {"issued": date(2024, 12, 2), "due": date(2024, 12, 25)}

    assert two_parties(**christmas, country="DE")["holidays"] == 2
    assert two_parties(**christmas, country="406")["holidays"] == 0


def test_no_more_past_invoices_are_carried_along_than_are_remembered():
    rows = history_of(receivables(1, 3 * REMEMBERED)).rows

    assert rows["past"].list.len().max() == REMEMBERED


def test_the_shrunken_mean_lies_between_the_party_and_all():
    rows = history_of(receivables()).rows
    for row in rows.tail(50).iter_rows(named=True):
        own = rows["days"].gather(row["past"]).mean()
        least, most = sorted((own, row["all_mean_days"]))

        assert least - 1e-9 <= row["mean_days"] <= most + 1e-9


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (pl.DataFrame({"party": ["a"]}), "need the columns invoice_id, issued"),
        (pl.DataFrame({"invoice_id": ["1"], "party": [None], "issued": [DAY]}), "have no party"),
        (pl.DataFrame({"invoice_id": ["1", "1"], "party": ["a", "a"], "issued": [DAY, DAY]}), "more than one"),
    ],
)
def test_records_that_cannot_be_used_are_refused(records, said):
    with pytest.raises(BadRecords, match=said):
        history_of(records)
