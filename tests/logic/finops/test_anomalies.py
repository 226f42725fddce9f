"""Cost anomalies: what stands out of a series' own past is found, what repeats is not, and later days change nothing."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.anomalies import detect, unjudged
from assets.finops.tables import COST_ANOMALIES, DAILY_COSTS, RESOURCE_COSTS

START = date(2026, 1, 5)
Costs = Sequence[float]


def table(costs: Costs, schema: dict[str, pl.DataType], **cells: str | None) -> pl.DataFrame:
    series = {"ProviderName": "AWS", "SubAccountId": "a", "ServiceName": "S3", "RegionId": "r", "BillingCurrency": "USD"}
    rows = [
        {**series, **cells, "x_charge_date": START + timedelta(days=n), "EffectiveCost": Decimal(f"{cost:.6f}")}
        for n, cost in enumerate(costs)
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def daily(costs: Costs, **cells: str | None) -> pl.DataFrame:
    return table(costs, DAILY_COSTS.schema, **cells)


def resource(costs: Costs, name: str | None, **cells: str | None) -> pl.DataFrame:
    return table(costs, RESOURCE_COSTS.schema, ResourceId=name, **cells)


def weekly(days: int, *, seed: int = 1) -> list[float]:
    """Weekdays cost 100, weekends 60, give or take 3 per cent."""
    random = Random(seed)
    return [(60 if (START + timedelta(days=n)).weekday() > 4 else 100) * random.uniform(0.97, 1.03) for n in range(days)]


def found(costs: Costs, **cells: str | None) -> list[tuple[int, str]]:
    """Number of each anomalous day, and its direction."""
    frame = detect(daily(costs, **cells), pl.DataFrame(schema=RESOURCE_COSTS.schema))
    return [((day - START).days, direction) for day, direction in frame.select("x_charge_date", "direction").iter_rows()]


def changed(costs: Costs, change: Callable[[int, float], float]) -> list[float]:
    return [change(n, cost) for n, cost in enumerate(costs)]


@pytest.mark.parametrize("seed", range(5))
def test_ordinary_weeks_hold_no_anomaly(seed):
    assert found(weekly(90, seed=seed)) == []


def test_a_spike_is_found_with_the_resource_behind_it_and_what_was_expected():
    costs = changed(weekly(60), lambda n, cost: cost + (80 if n == 45 else 0))
    culprit = resource([80 if n == 45 else 0 for n in range(60)], "culprit")
    bystander = resource(weekly(60), "bystander")

    (row,) = detect(daily(costs), pl.concat([culprit, bystander])).to_dicts()

    assert row["x_charge_date"] == START + timedelta(days=45)
    assert row["resource_ids"][0] == "culprit"
    assert row["direction"] == "up"
    assert row["actual"] - row["expected"] == row["impact"]
    assert abs(row["expected"] - 100) < 5
    assert (row["history_days"], row["confidence"]) == (45, "medium")


def test_a_new_level_is_told_for_a_week_and_then_it_is_the_level():
    days = found(changed(weekly(80), lambda n, cost: cost * (2 if n >= 42 else 1)))

    assert days
    assert {n for n, _ in days} <= set(range(42, 49))
    assert days[0] == (42, "up")


def test_a_drop_out_is_found_and_names_the_resource_that_vanished():
    costs = changed(weekly(60), lambda n, cost: 0 if n == 45 else cost)

    (row,) = detect(daily(costs), resource(costs, "gone")).to_dicts()

    assert (row["x_charge_date"], row["direction"], row["resource_ids"]) == (START + timedelta(days=45), "down", ["gone"])


def test_a_day_without_a_row_cost_nothing_if_the_provider_delivered_that_day():
    other = daily(weekly(60)).with_columns(ServiceName=pl.lit("another"))
    costs = daily(weekly(60)).filter(pl.col("x_charge_date") != START + timedelta(days=45))

    (row,) = detect(pl.concat([costs, other]), pl.DataFrame(schema=RESOURCE_COSTS.schema)).to_dicts()

    assert (row["direction"], row["actual"]) == ("down", 0)


def test_a_day_on_which_the_provider_delivered_nothing_is_unknown_and_neither_judged_nor_history():
    gap = [START + timedelta(days=n) for n in range(10, 50)]
    costs = daily(weekly(60)).filter(~pl.col("x_charge_date").is_in(gap))

    assert not len(detect(costs, pl.DataFrame(schema=RESOURCE_COSTS.schema)))
    assert unjudged(costs.filter(pl.col("x_charge_date") < START + timedelta(days=53))) == 1


def test_returning_to_normal_is_no_anomaly():
    days = found(changed(weekly(70), lambda n, cost: cost + (200 if n in (45, 46) else 0)))

    assert days == [(45, "up"), (46, "up")]


def test_a_monthly_fee_is_no_anomaly_from_the_second_month_on():
    fees = [300.0 if (START + timedelta(days=n)).day == 1 else 0 for n in range(120)]

    assert found(changed(weekly(120), lambda n, cost: cost + fees[n])) == [(27, "up")]


def test_the_last_two_days_of_a_provider_may_be_low_as_its_bills_fill_up_late():
    assert found(changed(weekly(60), lambda n, cost: 1 if n >= 58 else cost)) == []
    assert found(changed(weekly(60), lambda n, cost: 500 if n >= 58 else cost)) == [(58, "up"), (59, "up")]


def test_small_change_is_let_pass_however_regular_the_series_was():
    assert found([0.01] * 40 + [0.9] + [0.01] * 10) == []


@pytest.mark.parametrize(("days", "number"), [(5, 1), (14, 1), (15, 0), (40, 0)])
def test_a_short_history_gives_no_verdict_and_is_counted(days, number):
    costs = [10.0] * (days - 1) + [500.0]

    assert unjudged(daily(costs)) == number
    assert number == 0 or found(costs) == []


def test_currencies_are_series_of_their_own():
    costs = weekly(60)
    spiked = changed(costs, lambda n, cost: cost * (3 if n == 45 else 1))

    result = detect(pl.concat([daily(costs, BillingCurrency="EUR"), daily(spiked)]), pl.DataFrame(schema=RESOURCE_COSTS.schema))

    assert result["BillingCurrency"].to_list() == ["USD"]


def test_series_without_sub_account_or_region_are_judged_like_any_other():
    spiked = changed(weekly(60), lambda n, cost: cost * (3 if n == 45 else 1))
    cells = {"SubAccountId": None, "RegionId": None}

    (row,) = detect(daily(spiked, **cells), resource(spiked, "culprit", **cells)).to_dicts()

    assert (row["SubAccountId"], row["RegionId"], row["resource_ids"]) == (None, None, ["culprit"])


def test_a_cost_that_is_billed_only_counts_as_billed():
    spiked = daily(changed(weekly(60), lambda n, cost: cost * (3 if n == 45 else 1))).rename(
        {"EffectiveCost": "BilledCost", "BilledCost": "EffectiveCost"}
    )

    assert len(detect(spiked, pl.DataFrame(schema=RESOURCE_COSTS.schema))) == 1


def test_no_costs_give_an_empty_table_with_its_columns():
    empty = detect(pl.DataFrame(schema=DAILY_COSTS.schema), pl.DataFrame(schema=RESOURCE_COSTS.schema))

    assert empty.is_empty()
    assert set(empty.columns) == set(COST_ANOMALIES.schema)
    assert unjudged(pl.DataFrame(schema=DAILY_COSTS.schema)) == 0


@settings(max_examples=30, deadline=None)
@given(
    costs=st.lists(st.sampled_from([0.0, 1.0, 10.0, 11.0, 40.0, 100.0]), min_size=30, max_size=75),
    jumps=st.dictionaries(st.integers(20, 74), st.floats(0, 500), max_size=4),
    share=st.floats(0.3, 1),
)
def test_later_days_never_change_the_verdict_on_earlier_ones(costs, jumps, share):
    spiked = changed(costs, lambda n, cost: cost + jumps.get(n, 0))
    seen = max(int(len(costs) * share), 1)

    everything = [(n, way) for n, way in found(spiked) if n < seen]

    # the last two days are provisional when they are the last: only then they may not be called low
    expected = [(n, way) for n, way in everything if way == "up" or n < seen - 2]
    assert found(spiked[:seen]) == expected
