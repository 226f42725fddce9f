"""Unit economics: metrics are read strictly, ratios are exact and only of what is known, outliers name what moved."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.unit_economics.metrics import SCHEMA, UnreadableMetrics, read_metrics
from assets.finops.logic.unit_economics.ratios import scopes_without_costs, unit_economics, without_metric
from assets.finops.tables import DAILY_COSTS
from assets.finops.tables.unit_economics import UNIT_ECONOMICS

START = date(2026, 1, 5)
CELLS = {"ProviderName": "AWS", "SubAccountId": "1", "ServiceName": "EC2", "RegionId": "r", "BillingCurrency": "USD"}


def day(number: int) -> date:
    return START + timedelta(days=number)


def costs(amounts: Sequence[float | None], *, start: int = 0, **cells: str | None) -> pl.DataFrame:
    rows = [
        {**CELLS, "x_charge_date": day(start + n), "EffectiveCost": None if a is None else Decimal(f"{a:.6f}"), **cells}
        for n, a in enumerate(amounts)
        if a != "none"
    ]
    return pl.DataFrame(rows, schema=DAILY_COSTS.schema, orient="row")


def supplied(*lines: str, header: str = "date,metric,value") -> pl.DataFrame:
    return read_metrics("\n".join([header, *lines]).encode())


def daily(values: Sequence[object], *, start: int = 0, name: str = "orders") -> pl.DataFrame:
    return supplied(*(f"{day(start + n)},{name},{v}" for n, v in enumerate(values) if v is not None))


def rows(costs: pl.DataFrame, metrics: pl.DataFrame, **where: str) -> list[dict[str, Any]]:
    found = unit_economics(costs, metrics)
    return found.filter(**where).to_dicts() if where else found.to_dicts()


def by_day(costs: pl.DataFrame, metrics: pl.DataFrame) -> dict[int, dict[str, Any]]:
    return {(row["period_start"] - START).days: row for row in rows(costs, metrics)}


def faults(*lines: str, header: str = "date,metric,value") -> str:
    with pytest.raises(UnreadableMetrics) as refusal:
        supplied(*lines, header=header)
    assert refusal.value.advice
    return str(refusal.value)


def noisy(level: float, days: int, *, seed: int) -> list[float]:
    """Weekends are half, give or take 4 per cent."""
    random = Random(seed)
    return [level * random.uniform(0.96, 1.04) * (0.5 if day(n).weekday() > 4 else 1) for n in range(days)]


# reading


def test_a_plain_file_is_read_with_exact_values():
    read = supplied(" 2026-01-05 ,orders,84210", "", "2026-01-06,orders,1e3", "2026-01-06,share,0.125")

    assert dict(read.schema) == SCHEMA
    assert read["metric_value"].to_list() == [Decimal(84210), Decimal(1000), Decimal("0.125")]
    assert set(read["kind"]) == {"count"}
    assert read["ProviderName"].null_count() == 3


def test_a_byte_order_mark_and_quoted_cells_are_read():
    read = read_metrics('\ufeffdate,metric,value\r\n2026-01-05,"orders, paid",7\r\n'.encode())

    assert read["metric"].to_list() == ["orders, paid"]


@pytest.mark.parametrize("name", ["revenue", "net_revenue", "Sales", "turnover-eu"])
def test_revenue_is_known_by_its_name_and_needs_its_currency(name):
    assert supplied(f"2026-01-05,{name},1.5,USD", header="date,metric,value,currency")["kind"].to_list() == ["revenue"]
    assert "line 2: revenue needs its currency" in faults(f"2026-01-05,{name},1.5")


def test_the_kind_that_is_written_counts_more_than_the_name():
    read = supplied("2026-01-05,sales,3,count,", header="date,metric,value,kind,currency")

    assert read.select("kind", "metric_currency").row(0) == ("count", None)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-01-05,orders,\"12,5\"", "line 2: value '12,5' is not a decimal number"),
        ("2026-01-05,orders,", "value '' is not a decimal number"),
        ("2026-01-05,orders,NaN", "value 'NaN' is not a decimal number"),
        ("2026-01-05,orders,-1", "value '-1' of a count is below zero"),
        ("05.01.2026,orders,1", "date '05.01.2026' is neither a day nor a month"),
        ("2026-02-30,orders,1", "date '2026-02-30' is neither"),
        ("20260105,orders,1", "date '20260105' is neither"),
        ("0226-01-05,orders,1", "date '0226-01-05' is not between 2000 and 2099"),
        ("9999-12,orders,1", "date '9999-12' is not between 2000 and 2099"),
        ("2026-01-05,,1", "metric is empty"),
        ("2026-01-05,orders", "line 2 has 2 cells, the header 3"),
        ("2026-01-05,orders,1,2", "line 2 has 4 cells, the header 3"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_with_its_value(line, said):
    assert said in faults(line, "2026-01-07,orders,1")


def test_every_bad_line_is_told_but_not_without_end():
    said = faults(*(f"2026-01-{n:02},orders,x" for n in range(1, 9)))

    assert "line 2" in said
    assert "line 6" in said
    assert said.endswith("and 3 more")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("date,metric", "column value is missing"),
        ("date;metric;value", "column date is missing"),
        ("date,metric,value,SubaccountId", "column 'SubaccountId' is not known"),
        ("date,metric,value,value", "column value is there twice"),
        ("", "column date is missing"),
    ],
)
def test_a_header_that_is_not_understood_is_refused(header, said):
    assert said in faults(header=header)


def test_a_value_given_twice_is_refused_with_both_lines():
    assert "line 3: 'orders' on 2026-01-05 was given in line 2 already" in faults("2026-01-05,orders,1", "2026-01-05,orders,1")


def test_another_scope_is_no_duplicate():
    read = supplied("2026-01-05,orders,1,", "2026-01-05,orders,1,EC2", header="date,metric,value,ServiceName")

    assert len(read) == 2


def test_a_metric_keeps_its_period_kind_and_currency():
    assert "period of 'orders' is 'month', but 'day' in line 2" in faults("2026-01-05,orders,1", "2026-02,orders,1")
    header = "date,metric,value,kind,currency"
    assert "kind of 'x' is 'count'" in faults("2026-01-05,x,1,revenue,USD", "2026-01-06,x,1,count,", header=header)
    assert "currency of 'x' is 'EUR'" in faults("2026-01-05,x,1,revenue,USD", "2026-01-06,x,1,revenue,EUR", header=header)
    assert "currency 'USD' of a count" in faults("2026-01-05,x,1,count,USD", header=header)
    assert "currency 'usd' is no code" in faults("2026-01-05,x,1,revenue,usd", header=header)
    assert "kind 'sum' is neither" in faults("2026-01-05,x,1,sum,", header=header)


def test_a_file_that_is_no_text_is_refused():
    with pytest.raises(UnreadableMetrics, match="not UTF-8"):
        read_metrics(b"date,metric,value\n2026-01-05,caf\xe9,1\n")
    assert "not readable as CSV" in faults('2026-01-05,"orders,1')


@settings(max_examples=50)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_content_is_either_read_or_refused(content):
    with suppress(UnreadableMetrics):
        assert dict(read_metrics(b"date,metric,value\n" + content).schema) == SCHEMA


# ratios


def test_the_rows_are_those_of_the_table():
    found = unit_economics(costs([10] * 5), daily([2] * 5))

    assert dict(found.schema) == dict(UNIT_ECONOMICS.schema)
    assert dict(unit_economics(costs([]), daily([])).schema) == dict(UNIT_ECONOMICS.schema)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**7)), min_size=3, max_size=40))
def test_ratios_and_trailing_sums_are_exact(pairs):
    amounts, values = [Decimal(c) / 1000 for c, _ in pairs], [Decimal(v) for _, v in pairs]
    found = by_day(costs([float(a) for a in amounts]), daily(values))

    unit = Decimal(1).scaleb(-24)
    for number in range(len(pairs) - 2):
        row = found[number]
        assert (row["status"], row["cost"]) == ("known", amounts[number])
        assert abs(row["cost_per_unit"] * values[number] - amounts[number]) <= values[number] * unit
        if number < 27:
            assert row["trailing_cost_per_unit"] is None
        else:
            window = slice(number - 27, number + 1)
            assert abs(row["trailing_cost_per_unit"] - sum(amounts[window]) / sum(values[window])) < Decimal("1e-18")


def test_a_quotient_is_rounded_half_even():
    found = by_day(costs([0.000001, 0.000003, 1, 1, 1]), daily([2 * 10**18, 2 * 10**18, 3, 1, 1]))

    assert [found[n]["cost_per_unit"] for n in range(3)] == [
        Decimal(0),
        Decimal("2e-24"),
        Decimal("0.333333333333333333333333"),
    ]


def test_a_day_without_its_metric_is_unknown_and_not_zero():
    found = by_day(costs([10] * 8), daily([5, None, 0, 5, 5]))

    assert [found[n]["status"] for n in range(8)] == ["known", "unknown", "unknown", "known", "known", "unknown"] + [
        "unknown"
    ] * 2
    assert found[1]["reason"] == "no metric for this day"
    assert found[2]["reason"] == "the metric is not above zero"
    assert found[1]["cost_per_unit"] is found[2]["cost_per_unit"] is None


def test_the_last_two_days_of_a_provider_are_incomplete():
    found = by_day(costs([10] * 6), daily([5] * 6))

    assert [found[n]["status"] for n in range(6)] == ["known"] * 4 + ["incomplete"] * 2
    assert found[5]["cost_per_unit"] is None
    assert found[5]["cost"] == 10


def test_a_day_that_a_provider_did_not_deliver_is_unknown_and_one_without_charges_costs_nothing():
    aws = costs([10, 10, "none", 10, 10, 10, 10])
    elsewhere = costs([1] * 7, ProviderName="Oracle", ServiceName="DATABASE")
    metrics = supplied(*(f"{day(n)},orders,5,EC2" for n in range(7)), header="date,metric,value,ServiceName")

    whole = by_day(pl.concat([aws, elsewhere]), daily([5] * 7))
    assert (whole[2]["status"], whole[2]["cost"], whole[2]["reason"]) == ("unknown", None, "no costs were delivered")

    with_s3 = costs([1] * 7, ServiceName="S3")
    of_ec2 = by_day(pl.concat([aws, with_s3]), metrics)
    assert (of_ec2[2]["status"], of_ec2[2]["cost"], of_ec2[2]["cost_per_unit"]) == ("known", 0, 0)


def test_a_line_without_a_cost_makes_the_day_incomplete():
    found = by_day(pl.concat([costs([10] * 6), costs([None], start=1, ServiceName="S3")]), daily([5] * 6))

    assert (found[1]["status"], found[1]["cost"]) == ("incomplete", 10)


def test_a_line_without_a_cost_among_others_makes_the_day_incomplete():
    partial = costs([10] * 6).with_columns(x_lines_without_cost=(pl.col("x_charge_date") == day(1)).cast(pl.Int64))

    found = by_day(partial, daily([5] * 6))

    assert (found[1]["status"], found[1]["cost"]) == ("incomplete", 10)
    assert found[2]["status"] == "known"


def test_a_provider_counts_from_its_first_day_and_no_more_after_it_was_left():
    aws, late = costs([10] * 80), costs([1] * 30, start=50, ProviderName="Microsoft")
    left = costs([5] * 20, ProviderName="Google")

    found = by_day(pl.concat([aws, late, left]), daily([5] * 80))

    assert [found[n]["cost"] for n in (0, 19, 20, 49, 50)] == [15, 15, 10, 10, 11]
    assert {found[n]["status"] for n in range(78)} == {"known"}


def test_currencies_have_rows_of_their_own():
    found = rows(pl.concat([costs([10] * 5), costs([3] * 5, BillingCurrency="EUR")]), daily([2] * 5))

    assert {(row["BillingCurrency"], row["cost_per_unit"]) for row in found if row["status"] == "known"} == {
        ("USD", 5),
        ("EUR", 1.5),
    }


def test_costs_are_a_share_of_revenue_in_their_own_currency_only():
    bills = pl.concat([costs([10] * 5), costs([3] * 5, BillingCurrency="EUR")])
    metrics = supplied(*(f"{day(n)},revenue,80,USD" for n in range(5)), header="date,metric,value,currency")

    same, other = (rows(bills, metrics, BillingCurrency=currency)[0] for currency in ("USD", "EUR"))

    assert (same["cost_percent_of_revenue"], same["cost_per_unit"]) == (Decimal("12.5"), Decimal("0.125"))
    assert (other["cost_percent_of_revenue"], other["status"]) == (None, "unknown")
    assert other["reason"] == "revenue is in USD, costs in EUR: not converted"


def test_refunds_beyond_revenue_give_no_share():
    metrics = supplied(f"{day(0)},revenue,-5,USD", header="date,metric,value,currency")

    assert rows(costs([10] * 5), metrics)[0]["status"] == "unknown"


@pytest.mark.parametrize(
    ("scope", "value", "expected"),
    [("ProviderName", "Oracle", 7), ("SubAccountId", "2", 2), ("ServiceName", "EC2", 12), ("ServiceName", "", 19)],
)
def test_a_metric_is_held_against_the_costs_of_its_scope(scope, value, expected):
    bills = pl.concat(
        [costs([10] * 5), costs([2] * 5, SubAccountId="2"), costs([7] * 5, ProviderName="Oracle", ServiceName="DATABASE")]
    )

    (row, *_) = rows(bills, supplied(f"{START},orders,1,{value}", header=f"date,metric,value,{scope}"))

    assert row["cost_per_unit"] == expected


def test_a_scope_without_any_cost_is_named():
    metrics = supplied(f"{START},orders,1,EC3", f"{START},orders,1,", header="date,metric,value,ServiceName")
    found = unit_economics(costs([10] * 5), metrics)

    assert scopes_without_costs(found, metrics)["ServiceName"].to_list() == ["EC3"]
    assert found["ServiceName"].null_count() == len(found)


def test_only_full_months_have_a_ratio():
    metrics = supplied("2026-01,customers,100", "2026-02,customers,100", "2026-03,customers,100")

    january, february, march = rows(costs([10] * 80), metrics)

    assert (february["status"], february["cost"], february["cost_per_unit"]) == ("known", 280, Decimal("2.8"))
    assert [(m["status"], m["cost_per_unit"]) for m in (january, march)] == [("incomplete", None)] * 2
    assert january["cost"] == 270, "the costs begin on the fifth"
    assert february["trailing_cost_per_unit"] is february["anomaly"] is None


def test_costs_before_the_first_metric_make_no_rows_and_later_days_without_it_do():
    found = by_day(costs([10] * 40), daily([5] * 10, start=20))

    assert sorted(found) == list(range(20, 40))


def test_days_without_their_metric_are_counted_once_though_there_are_currencies():
    found = unit_economics(
        pl.concat([costs([10] * 12), costs([3] * 12, BillingCurrency="EUR")]), daily([5, None, 5, None, 5, 5, 5, 5, 5, 5, None])
    )

    (row,) = without_metric(found).to_dicts()
    assert (row["periods"], row["missing"], row["first_missing"]) == (10, 2, day(1))


# movement


def test_a_rising_cost_per_unit_has_a_trend_only_after_four_weeks():
    amounts = [c * (1 + 0.005 * n) for n, c in enumerate(noisy(100, 92, seed=1))]
    found = by_day(costs(amounts), daily(noisy(1000, 92, seed=2)))

    assert all(found[n]["trend_percent"] is None for n in range(27))
    truth = 100 * 0.005 * 30 / (1 + 0.005 * 45)
    last = found[89]
    assert last["trend_percent"] == pytest.approx(truth, rel=0.2)
    assert last["trend_low_percent"] < truth < last["trend_high_percent"]


def test_months_have_a_trend_after_four_of_them():
    bills = costs([10 * (1 + 0.002 * n) for n in range(300)], start=27)
    metrics = supplied(*(f"2026-{month:02},customers,{100 * length}" for month, length in enumerate((28, 31, 30, 31, 30, 31), 2)))

    found = [row["trend_percent"] for row in rows(bills, metrics)[:6]]

    assert found[:3] == [None] * 3
    assert found[5] == pytest.approx(5.5, abs=1)


def test_ordinary_weeks_hold_no_anomaly_and_the_first_two_are_not_judged():
    found = by_day(costs(noisy(100, 90, seed=3)), daily(noisy(1000, 90, seed=4)))

    assert not any(row["anomaly"] for row in found.values())
    assert all(found[n]["anomaly"] is None for n in range(14))
    assert found[60]["anomaly"] is False
    assert found[60]["expected_cost_per_unit"] == pytest.approx(Decimal("0.1"), rel=Decimal("0.1"))


@pytest.mark.parametrize(
    ("cost_times", "metric_times", "driver"),
    [(2.0, 1.0, "cost moved"), (1.0, 0.4, "metric moved"), (1.5, 0.67, "both moved"), (0.5, 1.0, "cost moved")],
)
def test_an_anomaly_says_what_moved(cost_times, metric_times, driver):
    amounts, values = noisy(100, 90, seed=5), noisy(1000, 90, seed=6)
    amounts[60] *= cost_times
    values[60] *= metric_times

    found = by_day(costs(amounts), daily([f"{v:.3f}" for v in values]))

    assert [n for n, row in found.items() if row["anomaly"]] == [60]
    assert (found[60]["driver"], found[60]["score"] > 5) == (driver, True)
    assert found[59]["driver"] is None


def test_more_business_at_more_cost_is_no_anomaly():
    amounts, values = noisy(100, 90, seed=7), noisy(1000, 90, seed=8)
    for n in range(50, 90):
        amounts[n], values[n] = amounts[n] * 3, values[n] * 3

    found = by_day(costs(amounts), daily([f"{v:.3f}" for v in values]))

    assert not any(row["anomaly"] for row in found.values())


def test_a_new_level_is_an_anomaly_for_a_week():
    amounts = [c * (2 if n >= 50 else 1) for n, c in enumerate(noisy(100, 90, seed=9))]

    found = by_day(costs(amounts), daily([f"{v:.3f}" for v in noisy(1000, 90, seed=10)]))

    assert [n for n, row in found.items() if row["anomaly"]] == list(range(50, 57))


def test_later_days_change_no_judgement():
    amounts, values = noisy(100, 80, seed=11), [f"{v:.3f}" for v in noisy(1000, 80, seed=12)]
    amounts[40] *= 4
    judged = ("score", "anomaly", "driver", "trend_percent", "trailing_cost_per_unit")

    early, late = by_day(costs(amounts[:60]), daily(values[:60])), by_day(costs(amounts), daily(values))

    for number in range(58):
        assert [early[number][name] for name in judged] == [late[number][name] for name in judged]
