"""The sections of costs: which amounts, which days are compared, and what is said of what is not known."""

from datetime import timedelta
from decimal import Decimal

import polars as pl

from assets.finops.logic.report.figures import by_currency
from assets.finops.tables import DAILY_COSTS
from tests.logic.finops.report.plausible import LAST, NOW, Page, ago, cost, every_day, page, plausible, report, rows, whole


def figures(*records):
    return by_currency(rows(DAILY_COSTS, *records), NOW.date())


def test_the_page_names_the_period_the_clouds_and_their_totals():
    shown = page(report(*every_day(LAST, LAST, "1234.5"), cost(LAST, "0.25", provider="AWS")))
    assert "31 Mar 2026; 2 clouds, 2 charge lines" in shown.text
    values = {card.label: card.value for card in shown.cards}
    assert values["Total"] == "1,234.75 USD"
    assert values["Oracle"] == "1,234.50 USD"
    assert values["AWS"] == "0.25 USD"


def test_each_currency_has_a_section_of_its_own_and_none_is_summed_with_another():
    shown = page(report(cost(LAST, "10"), cost(LAST, "5", currency="MC"), cost(LAST, "7", currency="EUR")))
    assert [h for h in shown.headings if h.startswith("Cost in")] == ["Cost in EUR", "Cost in MC", "Cost in USD"]
    assert "22.00" not in shown.text


def test_the_currency_of_most_charge_lines_comes_first():
    shown = page(report(cost(LAST, "10", lines=3), cost(LAST, "5", currency="EUR", lines=2)))
    assert [h for h in shown.headings if h.startswith("Cost in")] == ["Cost in USD", "Cost in EUR"]


def test_effective_cost_is_used_only_where_every_row_has_it():
    assert figures(cost(LAST, "10", effective=Decimal(8)))[0].measure == "EffectiveCost"
    mixed = figures(cost(LAST, "10", effective=Decimal(8)), cost(LAST, "10", effective=None))[0]
    assert mixed.measure == "BilledCost"
    assert mixed.total["cost"].item() == 20


def test_the_page_says_which_amount_it_shows_and_why():
    effective = page(report(cost(LAST, "10", effective=Decimal(8)))).section("currency-1")
    assert "Amounts are EffectiveCost, which every line states, in USD" in effective
    assert "8.00" in effective
    billed = page(report(cost(LAST, "10", effective=None))).section("currency-1")
    assert "Amounts are BilledCost, because EffectiveCost is not known for every line, in USD" in billed


def test_a_cost_that_no_line_tells_is_unknown_and_not_zero():
    data = report(cost(LAST, None, effective=None, lines=3))
    (only,) = by_currency(data.daily, NOW.date())
    assert only.total.row(0) == (None, 3, 3)
    shown = page(data)
    assert shown.card("Total").value == "unknown"
    assert "3 charge lines whose cost is unknown." in shown.section("concerns")
    assert "0.00" not in shown.text


def test_a_total_without_some_lines_says_so():
    shown = page(report(cost(LAST, "10", effective=None), cost(LAST, None, effective=None, lines=2)))
    total = shown.card("Total")
    assert (total.value, total.detail) == ("10.00 USD", "without 2 lines of unknown cost")
    assert "10.00 + unknown" in shown.section("currency-1")


def test_the_last_30_full_days_are_compared_with_the_30_before():
    data = [*every_day(ago(59), ago(30), "10"), *every_day(ago(29), LAST, "15")]
    (usd,) = figures(*data, cost(NOW.date(), "1000"))
    assert (usd.current.first, usd.current.last) == (ago(29), LAST)
    (row,) = usd.compared("provider").iter_rows(named=True)
    assert (row["cost"], row["cost_before"], row["change"]) == (450, 300, 150)
    change = page(report(*data)).card("Change, last 30 days")
    assert (change.value, change.detail) == ("+50.0 %", "+150.00 USD")


def test_costs_that_did_not_change_are_neither_more_nor_less():
    shown = page(report(*every_day(ago(59), LAST, "10")))
    assert shown.card("Change, last 30 days").value == "0.0 %"
    assert not {"card up", "card down"} & set(shown.attributes("class"))


def test_a_change_is_not_told_without_enough_history():
    short = every_day(ago(58), LAST, "10")
    assert figures(*short)[0].previous is None
    shown = page(report(*short))
    assert "Not enough history to compare: it takes 60 days, the data spans 59 days." in shown.section("currency-1")
    assert shown.card("Change, last 30 days").value == "not enough history"


def test_the_compared_days_end_where_a_late_cloud_ends_but_not_where_a_cloud_was_left():
    aws, late = every_day(ago(80), LAST, "1", provider="AWS"), ago(3)
    gone = every_day(ago(80), ago(40), "1", provider="Google")
    oracle = every_day(ago(80), late, "1")
    assert figures(*aws, *oracle, *gone)[0].current.last == late
    assert figures(*aws, *gone)[0].current.last == LAST
    text = page(report(*aws, *oracle)).section("currency-1")
    assert "Later days are left out of this: they are not over, or the data of a cloud is late." in text


def test_days_without_any_line_are_counted():
    data = [*every_day(ago(80), ago(11), "1"), *every_day(ago(8), LAST, "1")]
    assert "2 days of these have no charge line at all: check that no file is missing." in page(report(*data)).text


def test_new_and_vanished_services_are_named():
    text = page(
        report(
            *every_day(ago(70), LAST, "5"),
            *every_day(ago(70), ago(45), "5", service="Old thing"),
            cost(LAST, "9", service="New thing"),
        )
    ).text
    assert "New in the last 30 days: New thing." in text
    assert "Vanished in the last 30 days: Old thing." in text


def test_a_service_of_a_cloud_that_appears_late_is_not_called_new():
    data = [*every_day(ago(70), LAST, "5"), *every_day(ago(35), LAST, "5", provider="AWS")]
    statuses = figures(*data)[0].compared("provider", "service").select("provider", "status").rows()
    assert sorted(statuses) == [("AWS", "no history"), ("Oracle", "both")]
    text = page(report(*data)).text
    assert "Not enough history to compare, so left out: AWS." in text
    assert "New in the last 30 days: none." in text


def test_a_change_of_something_partly_unknown_is_unknown():
    data = [*every_day(ago(70), LAST, "5"), cost(LAST, None, effective=None)]
    (row,) = figures(*data)[0].compared("provider").iter_rows(named=True)
    assert row["change"] is None
    assert page(report(*data)).card("Change, last 30 days").value == "unknown"


def test_what_moved_most_comes_first():
    data = [
        *every_day(ago(70), LAST, "5", service="Steady"),
        *every_day(ago(70), ago(30), "5", service="Saved"),
        *every_day(ago(29), LAST, "1", service="Saved"),
        *every_day(ago(70), ago(30), "5", service="Grown"),
        *every_day(ago(29), LAST, "7", service="Grown"),
    ]
    moved = page(report(*data)).table("Services by size of change")
    assert [(row[0], row[4]) for row in moved] == [("Saved", "−120.00"), ("Grown", "+60.00")]


def test_the_tail_of_many_services_is_summed_up():
    text = page(report(*(cost(LAST, "1.5", service=f"Service {n:03}") for n in range(40)))).text
    assert "25 others together: 37.50 USD, 62.5 %." in text


def test_like_services_stand_side_by_side():
    shown = page(
        report(
            cost(LAST, "3", service="Compute", x_comparable_service="Virtual machines"),
            cost(LAST, "4", service="EC2", provider="AWS", x_comparable_service="Virtual machines"),
            cost(LAST, "2", service="Odd"),
        )
    )
    assert shown.table("Comparable services") == [
        ["Virtual machines", "4.00", "3.00", "7.00"],
        ["not mapped", "–", "2.00", "2.00"],
    ]


def test_months_that_are_not_whole_or_not_final_say_so():
    data = every_day(LAST.replace(month=1, day=15), LAST - timedelta(1), "1")
    early = {
        "x_source_file": "a.csv", "x_delivery_id": "a", "etag": "e", "last_modified": NOW, "size_bytes": 1, "result": "billing",
        "state": "in force", "final": False, "first_day": LAST.replace(day=1), "last_day": LAST, "inspected_at": NOW,
    }  # fmt: skip
    months = page(report(*data, files=[early])).table("Per month")
    assert [row[0] for row in months] == ["2026-03, to 30 Mar 2026 (preliminary)", "2026-02", "2026-01, from 15 Jan 2026"]
    assert [row[-1] for row in months] == ["30.00", "28.00", "17.00"]


def test_the_months_and_the_days_of_a_cloud_add_up_to_its_total():
    shown = Page(whole().page)
    total = Decimal(shown.card("Total").value.removesuffix(" USD").replace(",", ""))
    for caption in ("Per month", "Cost per day"):
        amounts = [Decimal(row[-1].replace(",", "").replace("−", "-")) for row in shown.table(caption)]
        assert abs(sum(amounts) - total) < Decimal("0.005") * (len(amounts) + 1)
    clouds = plausible().daily.filter(pl.col("BillingCurrency") == "USD")
    assert abs(clouds["EffectiveCost"].sum() - total) <= Decimal("0.005")
