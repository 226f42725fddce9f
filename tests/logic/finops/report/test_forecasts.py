"""The section on forecasts: totals with bounds, months with what was paid already, and how good such forecasts are."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl

from assets.finops.logic.report.forecast_totals import months, totals
from assets.finops.tables import COST_FORECASTS, DAILY_COSTS, FORECAST_QUALITY
from tests.logic.finops.report.plausible import (
    LAST,
    ago,
    backtested,
    came_out,
    cost,
    every_day,
    forecast_of_april,
    made,
    page,
    report,
    rows,
)

MONTHS = "Expected cost per month"


def of_months(daily, *forecasts):
    """(level, cloud, month) → row."""
    told = months(rows(COST_FORECASTS, *forecasts), rows(DAILY_COSTS, *daily))
    return {(row["level"], row["ProviderName"], f"{row['month']:%Y-%m}"): row for row in told.iter_rows(named=True)}


def test_the_next_days_are_told_with_their_bounds():
    shown = page(report(cost(LAST, "5"), forecasts=forecast_of_april(Oracle="100")))
    card = shown.card("Next 30 days")
    assert (card.value, card.detail) == ("3,000.00 USD", "80 %: 2,700.00 – 3,300.00")
    assert "Forecast in USD, 1 Apr 2026 – 30 Apr 2026" in shown.headings
    assert "Made with the days up to 31 Mar 2026." in shown.section("forecast")


def test_each_cloud_has_its_total_and_its_days():
    shown = page(report(cost(LAST, "5"), forecasts=forecast_of_april(Oracle="100", AWS="50")))
    expected = {row[0]: row[2:5] for row in shown.table("Expected cost per cloud")}
    assert expected == {
        "all clouds": ["4,500.00", "4,200.00 – 4,800.00", "3,900.00 – 5,100.00"],
        "AWS": ["1,500.00", "1,200.00 – 1,800.00", "900.00 – 2,100.00"],
        "Oracle": ["3,000.00", "2,700.00 – 3,300.00", "2,400.00 – 3,600.00"],
    }
    days = shown.table("Forecast of AWS per day")
    assert len(days) == 30
    assert days[0] == ["1 Apr 2026", "50.00", "40.00 – 60.00", "30.00 – 70.00"]


def test_a_month_is_what_its_settled_days_cost_and_what_is_expected_of_the_others():
    forecasts = [{**row, "last_day_used": date(2026, 4, 10)} for row in forecast_of_april(Oracle="100")]
    april = of_months(every_day(LAST, date(2026, 4, 10), "7"), *forecasts)[("currency", None, "2026-04")]
    assert (april["paid"], april["expected"], april["total"]) == (70, 2000, 2070)
    assert april["days_missing"] == 0


def test_a_settled_month_has_no_bounds_but_itself():
    march = of_months(every_day(date(2026, 3, 1), LAST, "2"), *forecast_of_april(Oracle="100"))[("provider", "Oracle", "2026-03")]
    assert march["total"] == march["total_lower_80"] == march["total_upper_95"] == 62


def test_a_month_with_days_that_are_neither_paid_nor_forecast_is_unknown_and_says_how_many():
    data = [*every_day(ago(70), ago(20), "2"), *every_day(ago(17), LAST, "2")]
    march = of_months(data, *forecast_of_april(Oracle="100"))[("currency", None, "2026-03")]
    assert (march["total"], march["days_missing"]) == (None, 2)
    shown = page(report(*data, forecasts=forecast_of_april(Oracle="100")))
    assert [row[4] for row in shown.table(MONTHS) if row[0] == "2026-03"] == ["unknown", "unknown"]
    assert "2 days neither settled nor forecast, or of unknown cost" in shown.attributes("title")


def test_a_cloud_that_began_within_a_month_lacks_no_day_before():
    march = of_months(every_day(ago(9), LAST, "2"), *forecast_of_april(Oracle="100"))[("provider", "Oracle", "2026-03")]
    assert (march["total"], march["days_missing"]) == (20, 0)


def test_the_clouds_of_a_month_add_up_to_its_total_to_the_last_digit():
    tiny = "0.000000000000000000000001"
    data = [*every_day(ago(40), LAST, tiny), *every_day(ago(40), LAST, "12345678901", provider="AWS")]
    told = of_months(data, *forecast_of_april(Oracle=tiny, AWS="98765432109"))
    for month in ("2026-03", "2026-04"):
        clouds = pl.Series([told[("provider", cloud, month)]["total"] for cloud in ("Oracle", "AWS")])
        assert told[("currency", None, month)]["total"] == clouds.sum()
        assert str(clouds.sum()).endswith("30" if month == "2026-04" else "31")


def test_costs_of_an_unknown_cloud_are_not_taken_for_those_of_all_clouds():
    forecasts = [{**row, "ProviderName": None} for row in forecast_of_april(Oracle="100")]
    data = report(*every_day(ago(40), LAST, "2", provider=None), forecasts=forecasts)
    shown = page(data)
    april = [row for row in shown.table(MONTHS) if row[0] == "2026-04"]
    assert [row[1] for row in april] == ["unknown cloud", "all clouds"]
    assert {row[5] for row in april} == {"2,700.00 – 3,300.00"}
    assert [card.value for card in shown.cards if card.label == "April 2026, paid and expected"] == ["3,000.00 USD"]
    cheaper = replace(data, forecasts=data.forecasts.with_columns(pl.col("point") - 1))
    assert made(cheaper, data).changes == 2


def test_a_total_that_cannot_be_told_is_unknown_with_the_reason():
    forecasts = [{**row, "share_without_forecast": 0.25} for row in forecast_of_april(Oracle=None)]
    forecasts = [{**row, "status": "not enough history", "model": None} if row["level"] == "series" else row for row in forecasts]
    shown = page(report(cost(LAST, "5"), forecasts=forecasts))
    assert shown.card("Next 30 days").value == "unknown"
    assert shown.card("Recent money without forecast").value == "25.0 %"
    said = "The total cannot be told: too much of the money has no forecast (not enough history)."
    assert said in shown.section("forecast")
    assert not [script for script in shown.scripts if '"80 % of outcomes"' in script and script.startswith("{")]


def test_one_unknown_day_makes_the_sum_unknown():
    forecasts = rows(COST_FORECASTS, *forecast_of_april(Oracle="100"))
    gap = pl.when(pl.col("x_charge_date") == ago(-9)).then(None).otherwise(pl.col("point"))
    none = pl.DataFrame(schema=FORECAST_QUALITY.schema)
    assert totals(forecasts.with_columns(gap.alias("point")), none)["point"].to_list() == [None, None]


def test_the_bounds_of_the_whole_time_are_those_of_such_sums_in_the_backtest():
    forecasts = rows(COST_FORECASTS, *forecast_of_april(Oracle="100"))
    measured = {"level": "provider", "ProviderName": "Oracle", "BillingCurrency": "USD", "status": "ok", "points": 240}
    measured |= {"origin": forecasts["origin"][0], "history_days": 90, "recent_cost": Decimal(1400)}
    measured |= {"sum_lower_80": Decimal(2900), "sum_upper_80": Decimal(3200)}
    told = totals(forecasts, rows(FORECAST_QUALITY, measured)).filter(pl.col("level") == "provider").row(0, named=True)
    assert (told["lower_80"], told["upper_80"]) == (2900, 3200)


def test_without_a_backtest_of_sums_the_bounds_are_those_of_the_days_added_up():
    forecasts = rows(COST_FORECASTS, *forecast_of_april(Oracle="100"))
    days = forecasts.filter(pl.col("level") == "provider")
    told = totals(forecasts, pl.DataFrame(schema=FORECAST_QUALITY.schema)).filter(pl.col("level") == "provider")
    assert told["lower_80"].item() == days["lower_80"].sum()
    assert told["upper_80"].item() == days["upper_80"].sum()


def test_the_chart_shows_what_was_paid_and_both_bands():
    shown = page(report(*every_day(ago(80), LAST, "5"), forecasts=forecast_of_april(Oracle="100")))
    (spec,) = [json.loads(s) for s in shown.scripts if s.startswith("{") and '"80 % of outcomes"' in s]
    wide, narrow, paid, expected = (layer["data"]["values"] for layer in spec["layer"])
    assert {(p["low"], p["high"]) for p in wide} == {(80.0, 120.0)}
    assert {(p["low"], p["high"]) for p in narrow} == {(90.0, 110.0)}
    assert (len(paid), {p["amount"] for p in paid}) == (61, {5.0})
    assert (expected[0]["day"], expected[-1]["day"], {p["amount"] for p in expected}) == ("2026-04-01", "2026-04-30", {100.0})


def test_series_are_ranked_by_what_is_expected_of_them():
    small, large = forecast_of_april(Oracle="1", service="Small"), forecast_of_april(Oracle="9", service="Large")
    totals = [row for row in forecast_of_april(Oracle="10") if row["level"] != "series"]
    series = [row for row in (*small, *large) if row["level"] == "series"]
    shown = page(report(cost(LAST, "5"), forecasts=[*series, *totals]))
    assert [row[2] for row in shown.table("Dearest series")] == ["270.00", "30.00"]
    assert shown.table("Models that the backtest chose") == [["pooled", "ok", "2", "300.00"]]


def test_the_card_of_series_tells_how_many_have_a_forecast():
    quality = [backtested(), backtested(SubAccountId="b", status="intermittent"), backtested(points=0, SubAccountId="c")]
    shown = page(report(cost(LAST, "5"), forecasts=forecast_of_april(Oracle="1"), forecast_quality=quality))
    card = shown.card("Series with a forecast")
    assert (card.value, card.detail) == ("2 of 3", "1 intermittent, 1 not enough history, 1 ok")


def test_the_backtest_is_told_for_totals_and_the_dearest_series():
    quality = [
        backtested("currency"),
        backtested("provider", mase=0.61),
        backtested(recent_cost=Decimal(1), SubAccountId="a"),
        backtested(recent_cost=Decimal(2), SubAccountId="b", points=0),
    ]
    shown = page(report(cost(LAST, "5"), forecast_quality=quality))
    assert [row[0] for row in shown.table("Backtest of totals")] == ["all clouds", "Oracle"]
    assert shown.table("Backtest of totals")[1][2:] == ["60", "0.61", "4.2 %", "0.50", "82.0 %", "96.0 %"]
    series = shown.table("Backtest per series")
    assert [row[0].rpartition(" ")[2] for row in series] == ["b", "a"]
    assert series[0][2:] == ["not enough history", *"–––––"]


def test_past_forecasts_are_set_against_what_came():
    shown = page(report(cost(LAST, "5"), verification=[came_out(), came_out(ago(3), passed=0)]))
    assert shown.table("Forecasts against what came") == [
        ["19 Feb 2026", "USD", "currency", "1-7", "7 of 7", "700.00", "714.50", "3.1 %", "85.7 %", "100.0 %"]
    ]


def test_without_a_settled_day_nothing_is_said_of_past_forecasts():
    shown = page(report(cost(LAST, "5"), verification=[came_out(ago(3), passed=0)]))
    assert "No day that was forecast is settled yet: nothing can be said." in shown.section("forecast")


def test_currencies_are_forecast_apart():
    forecasts = [*forecast_of_april(Oracle="1"), *forecast_of_april("EUR", Oracle="2")]
    shown = page(report(cost(LAST, "5", lines=2), cost(LAST, "5", currency="EUR"), forecasts=forecasts))
    assert [card.value for card in shown.cards if card.label == "Next 30 days"] == ["30.00 USD", "60.00 EUR"]
