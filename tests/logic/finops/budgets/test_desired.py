"""What a month may cost, from the bounds of forecasts; and where that is unknown, why."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from assets.finops.logic.budgets.desired import DAYS_A_MONTH, Outlook, Target, cloud, estimates, every
from assets.finops.tables import COST_FORECASTS, DAILY_COSTS, FORECAST_QUALITY

ORIGIN = date(2026, 11, 15)
TODAY = date(2026, 11, 16)
DAYS = 30


def series(sub_account: str = "prod", upper: str | None = "300", **more: Any) -> dict[str, Any]:
    usual = {
        "origin": ORIGIN, "level": "series", "ProviderName": "Oracle", "SubAccountId": sub_account, "ServiceName": "COMPUTE",
        "RegionId": "r", "BillingCurrency": "EUR", "status": "ok", "recent_cost": Decimal(100), "history_days": 100, "points": 1,
        "sum_point": Decimal(250), "sum_upper_80": upper and Decimal(upper),
    }  # fmt: skip
    return {**usual, **more}


def outlook(*rows: dict[str, Any], days: int = DAYS, origin: date = ORIGIN) -> Outlook:
    quality = pl.DataFrame(list(rows), schema=FORECAST_QUALITY.schema)
    span = [{"origin": origin, "level": "series", "x_charge_date": origin + timedelta(days=n + 1)} for n in range(days)]
    return Outlook.of(pl.DataFrame(span, schema=COST_FORECASTS.schema), quality)


def of_prod(**more: Any) -> Target:
    usual: dict[str, Any] = {"system": "oci", "kind": "compartment", "target": "prod", "label": "prod", "sub_accounts": ("prod",)}
    return Target(**{**usual, **more})


def one(found: Outlook, target: Target | None = None, today: date = TODAY) -> tuple[Decimal | None, str, str]:
    (estimate,) = estimates([target or of_prod()], found, today)
    return estimate.amount and round(estimate.amount, 4), estimate.currency, estimate.reason


def test_the_upper_bounds_of_the_target_become_a_month_with_headroom():
    found = outlook(series(), series(ServiceName="STORAGE", upper="30"), series("dev", upper="9999"))

    amount, currency, reason = one(found)

    assert amount == round(Decimal(330) * DAYS_A_MONTH / DAYS * Decimal("1.1"), 4)
    assert currency == "EUR"
    assert reason == "upper 80 % bound of the 30 days from 2026-11-16: 330.00 EUR, as a month of 30.4 days × 1.1"


def test_a_longer_forecast_is_brought_to_a_month_as_well():
    assert one(outlook(series(upper="900"), days=90))[0] == one(outlook(series(upper="300")))[0]


def test_what_lies_within_a_compartment_counts():
    found = outlook(series(), series("below"))

    both = one(found, of_prod(sub_accounts=("prod", "below")))[0]

    assert both == one(outlook(series(upper="600")))[0]


def test_only_the_newest_forecast_counts():
    old = series(upper="9999", origin=ORIGIN - timedelta(days=1))

    assert one(outlook(old, series())) == one(outlook(series()))


def test_a_series_that_ended_is_expected_to_cost_nothing():
    ended = series(ServiceName="OLD", upper=None, sum_point=Decimal(0), status="ended")

    assert one(outlook(series(), ended)) == one(outlook(series()))


def test_little_that_has_no_forecast_is_left_out_and_said():
    new = series(ServiceName="NEW", upper=None, sum_point=None, status="not enough history", recent_cost=Decimal(5))

    amount, _, reason = one(outlook(series(), new))

    assert amount == one(outlook(series()))[0]
    assert reason.endswith("; 1 series has no forecast (not enough history), 4.8 % of the recent cost, left out")


@pytest.mark.parametrize("status", ["not enough history", "no deliveries", "ok"])
def test_if_much_has_no_forecast_the_target_is_unknown_and_not_cheap(status):
    unknown = series(ServiceName="NEW", upper=None, sum_point=Decimal(9) if status == "ok" else None, status=status)

    amount, _, reason = one(outlook(series(), unknown))

    assert amount is None
    assert "50.0 % of the recent cost" in reason
    assert ("no bound" if status == "ok" else status) in reason


def test_two_currencies_are_never_added():
    assert one(outlook(series(), series(BillingCurrency="USD")))[::2] == (None, "it is billed in EUR and USD: give an amount")


def test_what_no_forecast_is_about_is_unknown():
    assert one(outlook(series("dev")))[::2] == (None, "no forecast is about it")


def test_without_a_forecast_everything_is_unknown():
    assert one(outlook(days=0))[::2] == (None, "there is no forecast yet: run finops_overview")


def test_a_forecast_that_is_over_tells_nothing():
    amount, _, reason = one(outlook(series()), today=date(2026, 12, 16))

    assert (amount, reason) == (None, "the newest forecast ended on 2026-12-15: run finops_overview")


def test_a_tag_is_unknown_until_somebody_says_what_carries_it():
    tag = of_prod(kind="tag", target="cost.team.blue", sub_accounts=())

    assert one(outlook(series()), tag)[0] is None
    assert "give an amount" in one(outlook(series()), tag)[2]
    assert one(outlook(series()), of_prod(kind="tag", target="cost.team.blue", services=("COMPUTE",), sub_accounts=()))[0]


def test_an_amount_that_is_given_needs_no_forecast():
    given = of_prod(amount=Decimal(12), currency="EUR")

    assert one(outlook(days=0), given) == (Decimal(12), "EUR", "the amount is given")


def test_a_service_of_another_cloud_does_not_count():
    found = outlook(series(), series(ProviderName="AWS", SubAccountId="prod", BillingCurrency="USD"))

    assert one(found)[1] == "EUR"


def test_every_compartment_and_account_with_costs_is_a_target_with_its_name():
    found = outlook(series(), series("dev"), series("1234", ProviderName="AWS"), series(SubAccountId=None))
    names = {"ProviderName": "Oracle", "SubAccountId": "prod", "SubAccountName": "Production", "BillingCurrency": "EUR"}
    daily = pl.DataFrame([names], schema=DAILY_COSTS.schema)

    compartments = every("oci", found, daily, {"prod": ("below",)})

    assert [(t.key, t.label, t.sub_accounts) for t in compartments] == [
        ("compartment:dev", "dev", ("dev",)),
        ("compartment:prod", "Production", ("prod", "below")),
    ]
    assert [t.key for t in every("aws", found, daily, {})] == ["account:1234"]


@pytest.mark.parametrize(
    ("provider", "system"),
    [("Oracle", "oci"), ("Amazon Web Services", "aws"), ("AWS", "aws"), ("Microsoft", None), (None, None)],
)
def test_providers_are_known_by_the_names_in_bills(provider, system):
    assert cloud(provider) == system
