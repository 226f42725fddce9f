"""Budgets follow the forecast as far as people let them, and say why they are what they are."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.finops.logic.budgets.adaptive import Limits, adjusted, amounts_at_the_beginning

_MONEY = st.decimals(1, 10**6, places=2)
_PERCENT = st.integers(0, 100).map(Decimal)


def amount(estimate: str, current: str | None = None, base: str | None = None, **limits: object) -> Decimal | None:
    found = adjusted(
        Decimal(estimate),
        "why",
        Limits(**limits),
        current and Decimal(current),
        base and Decimal(base),  # type: ignore[arg-type]
    )
    assert found.reason
    return found.amount


def test_without_limits_a_budget_is_what_the_forecast_says_in_whole_units():
    assert amount("123.01") == 124


@pytest.mark.parametrize("estimate", ["0", "-5", "0.2"])
def test_a_budget_is_never_nothing(estimate):
    assert amount(estimate) == 1


def test_a_rise_within_a_month_is_limited_against_its_beginning_and_not_against_yesterday():
    assert amount("500", "110", "100", most_up_percent=Decimal(20)) == 120
    assert amount("500", "120", "100", most_up_percent=Decimal(20)) == 120


def test_a_fall_is_limited_too():
    assert amount("10", "100", most_down_percent=Decimal(10)) == 90


def test_floor_and_ceiling_count_for_more_than_the_most_change():
    assert amount("500", "100", most_up_percent=Decimal(10), floor=Decimal(200)) == 200
    assert amount("100", "100", most_down_percent=Decimal(10), ceiling=Decimal(50)) == 50


def test_a_frozen_budget_stays_whatever_the_forecast_says():
    found = adjusted(Decimal(500), "why", Limits(freeze=True), Decimal(100))

    assert found.amount == 100
    assert found.reason == "frozen at 100.00; the forecast would give 500.00"


def test_a_frozen_budget_that_is_not_there_yet_is_made_from_the_forecast():
    assert amount("500", freeze=True) == 500


def test_an_unknown_forecast_makes_no_budget_and_changes_none():
    assert adjusted(None, "no history", Limits()).amount is None
    kept = adjusted(None, "no history", Limits(), Decimal(100))
    assert (kept.amount, kept.reason) == (100, "kept at 100.00: no history")


def test_a_change_that_is_too_small_is_not_made():
    assert amount("101", "100", tolerance_percent=Decimal(2)) == 100
    assert amount("102", "100", tolerance_percent=Decimal(2)) == 102
    assert amount("101", "100", tolerance_percent=Decimal(2), floor=Decimal(101)) == 101


def test_every_limit_that_bound_is_in_the_reason():
    found = adjusted(Decimal(500), "the forecast", Limits(most_up_percent=Decimal(20), ceiling=Decimal(110)), Decimal(100))

    assert found.reason == (
        "the forecast; lowered to 120.00, the most rise of a month: 20 % of 100.00; lowered to 110.00, its ceiling"
    )


@given(_MONEY, st.none() | _MONEY, _PERCENT, _PERCENT)
def test_no_month_changes_by_more_than_it_may(estimate, current, up, down):
    limits = Limits(most_up_percent=up, most_down_percent=down)
    whole = current and current.to_integral_value()

    found = adjusted(estimate, "why", limits, whole)

    assert found.amount is not None
    assert found.amount == found.amount.to_integral_value() >= 1
    if whole:
        assert whole * (100 - down) / 100 <= found.amount <= whole * (100 + up) / 100


@given(_MONEY, st.none() | _MONEY, _MONEY, _MONEY, _PERCENT)
def test_no_budget_is_outside_floor_and_ceiling(estimate, current, one, other, percent):
    floor, ceiling = sorted((one.to_integral_value(), other.to_integral_value()))
    limits = Limits(floor, ceiling, percent, percent, tolerance_percent=percent)

    found = adjusted(estimate, "why", limits, current)

    assert found.amount is not None
    assert floor <= found.amount <= max(ceiling, Decimal(1))


@given(_MONEY, st.none() | _MONEY, st.builds(Limits, most_up_percent=_PERCENT, most_down_percent=_PERCENT))
def test_adjusting_what_was_adjusted_within_a_month_changes_nothing(estimate, current, limits):
    base = current and current.to_integral_value()
    first = adjusted(estimate, "why", limits, base, base)

    assert adjusted(estimate, "why", limits, first.amount, base or first.amount).amount == first.amount


def test_the_journal_tells_what_a_budget_was_when_the_month_began():
    def row(day: int, before: int | None, after: int, outcome: str = "done", subject: str = "a") -> dict[str, object]:
        at = datetime(2026, 11, day, tzinfo=UTC) if day > 0 else datetime(2026, 10, 31, tzinfo=UTC)
        texts = [None if value is None else json.dumps({"amount": str(value), "currency": "EUR"}) for value in (before, after)]
        return {"at": at, "system": "oci", "subject": subject, "before": texts[0], "after": texts[1], "outcome": outcome}

    rows = [
        row(5, 110, 120),
        row(2, 100, 110),
        row(0, 90, 100),
        row(3, None, 7, subject="new"),
        row(1, None, 8, "failed: why", "none"),
    ]

    found = amounts_at_the_beginning(rows, date(2026, 11, 16))

    assert found == {("oci", "a", "EUR"): Decimal(100), ("oci", "new", "EUR"): Decimal(7)}


@pytest.mark.parametrize("outcome", ["begun", "found undone", "failed: its rules were refused"])
def test_a_change_that_did_not_end_well_tells_what_a_budget_was_before_it(outcome):
    before, after = ('{"amount": "100", "currency": "EUR"}', '{"amount": "120", "currency": "EUR"}')
    at = datetime(2026, 11, 2, tzinfo=UTC)
    row = {"at": at, "system": "oci", "subject": "a", "before": before, "after": after, "outcome": outcome}

    assert amounts_at_the_beginning([row], date(2026, 11, 16)) == {("oci", "a", "EUR"): Decimal(100)}
