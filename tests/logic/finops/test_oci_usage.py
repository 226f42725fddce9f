"""Answers of the Usage API as rows, and how they compare with the cost reports."""

from datetime import date, timedelta
from decimal import Decimal, localcontext

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.finops.logic.oci_usage import RECONCILIATION, USAGE, reconciled, usage_rows
from assets.finops.tables import DAILY_COSTS

DAY = date(2026, 10, 1)


def item(**more):
    usual = {
        "timeUsageStarted": "2026-10-01T00:00:00.000Z", "computedAmount": 1.25, "computedQuantity": 24.0, "currency": "EUR",
        "service": "COMPUTE", "compartmentId": "c1", "region": "eu-frankfurt-1", "unit": "OCPU Hours", "isForecast": False,
    }  # fmt: skip
    return {**usual, **more}


def reported(*costs, provider="Oracle"):
    rows = [
        {"x_charge_date": DAY + timedelta(days=n), "ProviderName": provider, "ServiceName": s, "BillingCurrency": "EUR"}
        | {"BilledCost": None if c is None else Decimal(c), "x_lines": 1, "x_lines_without_cost": int(c is None)}
        for n, s, c in costs
    ]
    return pl.DataFrame(rows, schema=DAILY_COSTS.schema)


def told(*costs):
    days = [
        item(timeUsageStarted=f"{DAY + timedelta(days=n)}T00:00:00Z", service=s, computedAmount=None if c is None else float(c))
        for n, s, c in costs
    ]
    return usage_rows(days, "t")


def compared(usage, daily):
    rows = reconciled(usage, daily, DAY, DAY + timedelta(days=30))
    assert dict(rows.schema) == RECONCILIATION
    return {(row["x_charge_date"].day, row["ServiceName"]): (row["difference"], row["status"]) for row in rows.to_dicts()}


def test_an_item_becomes_a_row_with_focus_columns_and_its_grain():
    (row,) = usage_rows([item()], "tenancy").to_dicts()
    assert row == {
        "x_charge_date": DAY, "ProviderName": "Oracle", "BillingAccountId": "tenancy", "SubAccountId": "c1",
        "ServiceName": "COMPUTE", "RegionId": "eu-frankfurt-1", "BillingCurrency": "EUR", "PricingUnit": "OCPU Hours",
        "PricingQuantity": Decimal(24), "BilledCost": Decimal("1.25"),
        "x_grain": "day × service × compartment × region × unit",
    }  # fmt: skip


def test_forecasts_of_the_service_are_no_usage():
    assert usage_rows([item(isForecast=True)], "t").is_empty()
    assert dict(usage_rows([], "t").schema) == USAGE


def test_blank_names_and_missing_amounts_are_unknown():
    (row,) = usage_rows([item(unit=" ", currency=None, computedAmount=None)], "t").to_dicts()
    assert (row["PricingUnit"], row["BillingCurrency"], row["BilledCost"]) == (None, "unknown", None)


@given(st.floats(min_value=-1e9, max_value=1e9, allow_nan=False))
def test_an_amount_keeps_the_digits_that_were_sent(amount):
    (row,) = usage_rows([item(computedAmount=amount)], "t").to_dicts()
    with localcontext(prec=400):
        assert abs(row["BilledCost"] - Decimal(str(amount))) <= Decimal("1e-24")


def test_days_and_services_that_agree_to_the_cent_agree():
    found = compared(told((0, "A", "1.25"), (1, "A", "2.004")), reported((0, "A", "1.25"), (1, "A", "2")))
    assert [status for _, status in found.values()] == ["agrees", "agrees"]


def test_a_difference_is_told_with_its_sign():
    assert compared(told((0, "A", "5")), reported((0, "A", "4.5")))[1, "A"] == (Decimal("0.5"), "differs")


def test_what_only_one_side_knows_is_said_and_is_no_difference_of_zero():
    found = compared(told((0, "A", "1")), reported((0, "B", "2")))
    assert found == {(1, "A"): (None, "only in the Usage API"), (1, "B"): (None, "only in the reports")}


def test_a_cost_that_one_side_does_not_tell_is_unknown():
    assert compared(told((0, "A", None)), reported((0, "A", "2")))[1, "A"] == (None, "unknown")


def test_other_clouds_and_other_days_are_not_compared():
    daily = pl.concat([reported((0, "A", "1")), reported((0, "A", "9"), provider="AWS"), reported((40, "A", "9"))])
    assert compared(told((0, "A", "1"), (40, "A", "3")), daily) == {(1, "A"): (Decimal(0), "agrees")}
