"""Ratings of parties come from their invoices, as known on a day."""

from datetime import date, timedelta

import polars as pl
import pytest

from assets.invoices.logic.payments.rating import PRIOR, ratings, usual_amounts

DAY = date(2025, 5, 5)


def records() -> pl.DataFrame:
    due = DAY + timedelta(days=10)
    return pl.DataFrame(
        {
            "invoice_id": ["1", "2", "3", "4", "5"],
            "party": ["a", "a", "a", "b", "c"],
            "issued": [DAY] * 5,
            "due": [due, due, due, due, None],
            "settled": [due, due + timedelta(days=2), None, None, due],
            "currency": ["EUR", "EUR", "USD", "EUR", None],
            "amount": [10.0, 30.0, None, 5.0, 7.0],
        }
    )


def of(day: int) -> dict[str, dict]:
    return {row["party"]: row for row in ratings(records(), DAY + timedelta(days=day)).iter_rows(named=True)}


def test_overdue_invoices_are_late_payments_before_they_are_paid():
    assert of(11)["a"]["overdue"] == 2
    assert of(11)["a"]["late_payments"] == 2
    assert of(13)["a"] | {"overdue": 1, "paid": 2, "late_payments": 2} == of(13)["a"]


def test_the_rating_is_the_share_on_time_shrunk_towards_that_of_all():
    found = of(13)
    share = 1 / 4

    assert found["a"]["rating"] == pytest.approx(100 * (1 + PRIOR * share) / (3 + PRIOR))
    assert found["b"]["rating"] == pytest.approx(100 * PRIOR * share / (1 + PRIOR))
    assert (found["c"]["judged"], found["c"]["rating"]) == (0, 100 * share)


def test_nobody_is_rated_before_anything_is_known():
    assert of(5)["a"]["rating"] is None
    assert ratings(records(), DAY).is_empty()


def test_amounts_are_told_per_currency_with_the_unknown_ones():
    found = {
        (row["party"], row["currency"]): row for row in usual_amounts(records(), DAY + timedelta(days=1)).iter_rows(named=True)
    }

    assert found["a", "EUR"]["median"] == 20
    assert (found["a", "USD"]["unknown"], found["a", "USD"]["median"]) == (1, None)
