"""Commitments: what is steady is found, what is not is left alone, and the money follows from the terms."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.recommendations.commitments import Base, Terms, propose, unjudged, usage
from assets.finops.logic.recommendations.shape import Proposal
from tests.logic.finops.recommendations.bills import day, day_lines, lines

DAYS = 92
LAST = day(DAYS - 1)
TERMS = Terms()


def always(_day: int, _hour: int) -> float:
    return 1.0


def proposed(charged: pl.LazyFrame, *, spend: str = "1000", last: date = LAST, terms: Terms = TERMS) -> list[Proposal]:
    delivered = pl.DataFrame({"ProviderName": ["AWS"] * DAYS, "x_charge_date": [day(n) for n in range(DAYS)]})
    return list(propose(usage(charged, last), delivered, {"USD": Decimal(spend)}, last, terms))


def test_a_machine_that_always_runs_is_worth_a_commitment_at_the_discount():
    (found,) = proposed(lines(always, DAYS))

    assert found.savings.low == Decimal(720) * Decimal("0.15")
    assert found.savings.high == Decimal(720) * Decimal("0.30")
    assert found.subject.all_sub_accounts
    figures = {point.figure: point.value for point in found.datapoints}
    assert figures["hours at or above it"] == "2,160 of 2,160"
    assert figures["utilisation at which it breaks even"] == "70% to 85%"
    assert figures["months of full use, of 12, after which it has paid for itself"] == "8.4 to 10.2"


def test_the_discount_is_shown_with_its_source_and_never_as_measured():
    (assumed,) = proposed(lines(always, DAYS))
    (yours,) = proposed(lines(always, DAYS), terms=Terms(Decimal("0.4"), Decimal("0.4"), 36, "your negotiated terms"))

    sources = [p.rows for found in (assumed, yours) for p in found.datapoints if p.figure == "discount"]
    assert sources[0].startswith("assumption")
    assert sources[1] == "your negotiated terms"
    assert yours.savings.low == yours.savings.high == Decimal(720) * Decimal("0.4")


def test_a_machine_of_office_hours_is_not_even_if_its_daily_sums_are_steady():
    assert proposed(lines(lambda _n, h: 1.0 if 8 <= h < 18 else 0, DAYS)) == []
    assert proposed(day_lines(lambda _n: (10, 10), DAYS)) == []


def test_a_charge_for_a_day_counts_if_the_machine_ran_all_day():
    (found,) = proposed(day_lines(lambda _n: (24, 24), DAYS))

    assert found.savings.low == Decimal(720) * Decimal("0.15")


def test_only_what_never_stops_is_committed_to():
    (found,) = proposed(lines(lambda _n, h: 3.0 if 8 <= h < 18 else 1.0, DAYS))

    assert found.savings.high == Decimal(720) * Decimal("0.30")


@pytest.mark.parametrize(
    "columns",
    [
        {"CommitmentDiscountId": "sp-1"},
        {"PricingCategory": "Committed"},
        {"PricingCategory": "Dynamic"},
        {"PricingCategory": None},
        {"ChargeCategory": "Tax"},
        {"ChargeClass": "Correction"},
        {"ServiceCategory": "Storage"},
        {"PricingUnit": "GB"},
    ],
)
def test_what_no_commitment_would_cover_is_left_out(columns):
    assert proposed(lines(always, DAYS, **columns)) == []


def test_usage_that_does_not_say_how_it_was_priced_is_counted_as_such():
    hourly = usage(lines(always, DAYS, PricingCategory=None), LAST)

    assert unjudged(hourly) == {"USD": Decimal(24 * 90)}


def test_a_history_of_less_than_sixty_days_is_not_enough():
    delivered = pl.DataFrame({"ProviderName": ["AWS"] * 59, "x_charge_date": [day(n) for n in range(59)]})
    hourly = usage(lines(always, 59), day(60))

    assert list(propose(hourly, delivered, {"USD": Decimal(1000)}, day(60), TERMS)) == []


def test_a_saving_that_is_not_worth_a_contract_is_not_proposed():
    assert proposed(lines(always, DAYS), spend="1000000") == []


def test_what_stopped_last_week_is_not_committed_to():
    assert proposed(lines(lambda n, _h: 1.0 if n < DAYS - 8 else 0, DAYS)) == []
    assert proposed(day_lines(lambda n: (24, 24) if n < DAYS - 8 else (0, 0), DAYS)) == []


def test_falling_usage_is_a_high_risk():
    (steady,) = proposed(lines(always, DAYS))
    (falling,) = proposed(lines(lambda n, _h: 1.0 if n > 59 else 2.0, DAYS))

    assert steady.risk.startswith("low")
    assert falling.risk.startswith("high")
    assert "-50%" in falling.risk


@pytest.mark.parametrize("columns", [{}, {"PricingUnit": None}, {"PricingUnit": "USD"}, {"ServiceCategory": "Other"}])
def test_commitments_that_are_not_used_up_are_a_reason_to_wait(columns):
    about = {"CommitmentDiscountId": "sp", "CommitmentDiscountStatus": "Unused", "ServiceName": "Plans", **columns}
    unused = lines(lambda _n, _h: 0.5, DAYS, **about)

    (found,) = proposed(pl.concat([lines(always, DAYS), unused]))

    assert found.risk.startswith("medium")
    assert "use these first" in found.risk
    assert {point.value for point in found.datapoints if point.figure == "cost of commitments that were not used"} == {"1,080.00"}


def test_currencies_are_never_added():
    both = pl.concat([lines(always, DAYS), lines(always, DAYS, BillingCurrency="EUR")])

    assert {(p.subject.currency, p.savings.low) for p in proposed(both)} == {(c, Decimal(108)) for c in ("EUR", "USD")}


def test_discounts_that_are_none_are_refused():
    with pytest.raises(ValueError, match="0 < low <= high < 1"):
        Terms(Decimal("0.3"), Decimal("0.2"))


@given(st.lists(st.decimals(0, 100, places=2), min_size=20, max_size=60), st.decimals("0.05", "0.9", places=2))
@settings(max_examples=60, deadline=None)
def test_a_commitment_never_saves_more_than_its_discount_on_what_it_covers(slots, discount):
    base = Base.of(tuple(slots), 24)

    assert base.saving(discount) <= base.level * discount * 30 + Decimal("0.00001")
    assert base.share_below <= 0.1
    assert all(base.saving(Decimal("0.01")) <= base.saving(d) for d in (Decimal("0.2"), Decimal("0.5")))
