"""What a unit of business costs, and what resources do with their money."""

import json
from datetime import date

from tests.logic.finops.report.plausible import LAST, ago, cost, money, page, report, resource, unit

WORTH = "Worth a look"
PRICES = "Cost per unit that changed, most money first"
MOVERS = "Growing and shrinking resources"


def with_units(*units):
    return page(report(units=list(units)))


def with_resources(*found, **more):
    return page(report(cost(LAST, "5"), **more, efficiency=list(found)))


def test_the_newest_known_day_tells_what_a_unit_costs():
    shown = with_units(unit(ago(2), "100"), unit(ago(1), "123.45"), unit(LAST, units=None))
    assert shown.card("Cost per unit, 30 Mar 2026").value == "0.1234 USD"
    assert shown.card("Over the last 28 days").value == "0.26 USD"
    assert shown.card("Over the last 28 days").detail == "sum of costs / sum of units; 28 known days"
    trend = shown.card("Trend per 30 days")
    assert (trend.value, trend.detail) == ("+1.5 %", "90 %: +0.5 % to +2.5 %")


def test_a_period_that_is_not_known_says_why():
    shown = with_units(unit(ago(1)), unit(LAST, units=None), unit(ago(2), spent=None))
    text = shown.section("unit-economics")
    assert "unknown: 1 day (no costs)." in text
    assert "unknown: 1 day (the metric is missing)." in text
    assert [row[3:] for row in shown.table("Every period")] == [
        ["unknown", "unknown", "the metric is missing"],
        ["0.25", "known", ""],
        ["unknown", "unknown", "no costs"],
    ]


def test_a_metric_of_which_nothing_is_known_has_no_figure_but_its_periods():
    shown = with_units(unit(LAST, units=None))
    assert "Cost per unit: unknown." in shown.section("unit-economics")
    assert len(shown.table("Every period")) == 1
    assert not [script for script in shown.scripts if script.startswith("{")]


def test_days_that_stand_out_are_listed_with_what_moved():
    odd = unit(ago(1), "500", anomaly=True, driver="cost moved", score=7.5, expected_cost_per_unit=money("0.25"))
    shown = with_units(unit(ago(2)), odd, unit(LAST))
    assert shown.table("Days that stand out") == [["30 Mar 2026", "0.25", "0.50", "7.5", "cost moved"]]
    (spec,) = [json.loads(script) for script in shown.scripts if script.startswith("{")]
    points = [point for layer in spec["layer"] for point in layer["data"]["values"]]
    assert [(p["day"], p["amount"]) for p in points if p["what"] == "Anomaly"] == [("2026-03-30", 0.5)]


def test_no_day_that_stands_out_is_said():
    assert "No day stands out of its past." in with_units(unit(LAST)).section("unit-economics")


def test_a_metric_has_a_block_per_scope_currency_and_period():
    shown = with_units(
        unit(LAST), unit(LAST, BillingCurrency="EUR"), unit(LAST, ProviderName="AWS", ServiceName="EC2"),
        unit(date(2026, 3, 1), period="month"),
    )  # fmt: skip
    assert [h for h in shown.headings if h.startswith("Cost per unit")] == [
        "Cost per unit of orders in EUR, per day: all costs",
        "Cost per unit of orders in USD, per day: AWS · EC2",
        "Cost per unit of orders in USD, per day: all costs",
        "Cost per unit of orders in USD, per month: all costs",
    ]


def test_cost_per_revenue_is_told_in_per_cent_of_it():
    of_revenue = {"kind": "revenue", "metric_currency": "USD", "cost_percent_of_revenue": money("12.5")}
    shown = with_units(unit(date(2026, 3, 1), period="month", metric="revenue", **of_revenue))
    assert "Cost per unit of revenue (USD) in USD, per month: all costs" in shown.headings
    assert shown.card("Cost per unit, 2026-03").detail == "12.50 % of revenue"


def test_too_short_a_history_has_no_trend():
    shown = with_units(unit(LAST, trend_percent=None, trailing_cost_per_unit=None))
    assert shown.card("Trend per 30 days").value == "not enough history"
    assert "Over the last 28 days" not in [card.label for card in shown.cards]


def test_resources_are_counted_per_state_with_their_known_cost():
    shown = with_resources(resource("a", "10"), resource("b", "20.5"), resource("c", None), resource("d", "1", "idle"))
    assert shown.table("Resources by state") == [["steady", "3", "30.50", "1"], ["idle", "1", "1.00", "0"]]


def test_a_state_of_which_no_cost_is_known_does_not_cost_zero():
    assert with_resources(resource("c", None)).table("Resources by state") == [["steady", "1", "unknown", "1"]]


def test_what_is_worth_a_look_is_listed_by_money_with_the_evidence():
    shown = with_resources(
        resource("a", "10", candidates=["idle_review"], evidence="CPU 1 % for 30 days"),
        resource("b", "20", candidates=["off_hours_schedule", "rightsizing"], ResourceName="Build server"),
        resource("c", "999"),
    )
    assert shown.table(WORTH) == [
        ["Build server", "Compute · eu-frankfurt-1 · id-oracle-team-0", "off hours schedule, rightsizing", "20.00", "none given"],
        ["a", "Compute · eu-frankfurt-1 · id-oracle-team-0", "idle review", "10.00", "CPU 1 % for 30 days"],
    ]
    assert "b" in shown.attributes("title")


def test_changed_prices_are_ranked_by_the_money_that_they_move():
    def priced(name, spent, change, before="1", last="2"):
        known = {"usage_unit": "Hours", "usage_status": "known"}
        prices = {"unit_price_before": money(before), "unit_price_last": money(last), "unit_price_change_percent": change}
        return resource(name, spent, **known, **prices)

    shown = with_resources(
        priced("tiny", "10", 100.0), priced("large", "1000", 10.0, "1", "1.1"), priced("same", "5000", 0.0),
        priced("free", "0", -100.0, "1", "0"), resource("unknown"),
    )  # fmt: skip
    assert sorted(row[0] for row in shown.table(PRICES)) == ["free", "large", "tiny"]
    large_before_tiny = [row[0] for row in shown.table(PRICES) if row[0] != "free"]
    assert large_before_tiny == ["large", "tiny"]
    assert next(row[2:] for row in shown.table(PRICES) if row[0] == "large") == ["1.00", "1.10", "+10.0 %", "Hours", "1,000.00"]


def test_growing_and_shrinking_resources_are_ranked_by_the_money_that_they_move():
    shown = with_resources(
        resource("grown", "100", "growing", trend_percent=50.0, trend_low_percent=40.0, trend_high_percent=61.0),
        resource("shrunk", "10000", "shrinking", trend_percent=-10.0),
        resource("steady", "99999"),
    )
    rows = shown.table(MOVERS)
    assert [row[0] for row in rows] == ["shrunk", "grown"]
    assert rows[1][2:] == ["growing", "+50.0 %", "+40.0 % to +61.0 %", "100.00"]
    assert rows[0][3] == "−10.0 %"


def test_nothing_to_say_about_resources_is_said():
    text = with_resources(resource()).section("efficiency")
    assert "Nothing is worth a look, by the evidence at hand." in text
    assert "No resource's cost per unit changed, where it is known." in text
    assert "No resource grows or shrinks beyond its noise." in text


def test_a_long_list_says_how_much_of_it_is_shown():
    shown = with_resources(*(resource(f"r{n:02}", candidates=["idle_review"]) for n in range(41)))
    assert len(shown.table(WORTH)) == 40
    assert "The first 40 of 41." in shown.section("efficiency")


def test_resources_stand_with_their_currency():
    costs = [cost(LAST, "5", currency="EUR"), cost(LAST, "5")]
    shown = page(report(*costs, efficiency=[resource("a", "10", BillingCurrency="EUR")]))
    text = shown.section("efficiency")
    assert "steady 1 10.00 0" in text[text.index("Resources in EUR") : text.index("Resources in USD")]
    assert "No resource is named in the bills." in text[text.index("Resources in USD") :]
