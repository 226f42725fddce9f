"""Measured use and its cost: what is known is told with its formula, what is not is null, and nothing unknown is idle."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops import tables
from assets.finops.logic.performance.compute import compute_days
from assets.finops.logic.performance.judge import SCHEMA, assessed, judge
from assets.finops.logic.performance.measurements import Use, coverage, kept, resources_of, rows
from assets.finops.logic.performance.rule import PerformanceRule
from assets.finops.logic.performance.score import with_score

START = date(2026, 9, 1)
DAYS = 32
LAST = START + timedelta(days=DAYS - 1)
SETTLED = LAST - timedelta(days=2)
VM = {
    "ProviderName": "AWS", "SubAccountId": "1", "ServiceName": "EC2", "RegionId": "r", "BillingCurrency": "USD",
    "x_comparable_service": "Virtual machines", "x_comparable_unit": "Hours",
}  # fmt: skip


def bill(resource: str | None = "i-1", cost: object = "2.4", hours: object = 24, days: int = DAYS, **cells: Any) -> pl.DataFrame:
    lines = [
        {
            **VM, "ResourceId": resource, "x_charge_date": START + timedelta(days=n),
            "EffectiveCost": None if cost is None else Decimal(str(cost)),
            "x_comparable_quantity": None if hours is None else Decimal(str(hours)), **cells,
        }
        for n in range(days)
    ]  # fmt: skip
    return pl.DataFrame(lines, schema=tables.RESOURCE_COSTS.schema)


def use(mean: float, p95: float | None = None, *, resource: str = "i-1", days: int = DAYS, datapoints: int = 24) -> list[Use]:
    top = mean if p95 is None else p95
    return [Use(resource, START + timedelta(days=n), mean, top, top, datapoints) for n in range(days)]


def measured(costs: pl.DataFrame, source: str = "AWS/EC2", **metrics: list[Use]) -> pl.DataFrame:
    days = compute_days(costs.lazy(), START, LAST)
    return rows(days, metrics, dict.fromkeys(days["ResourceId"].to_list(), source))


def judged(costs: pl.DataFrame, source: str = "AWS/EC2", **metrics: list[Use]) -> dict[str, Any]:
    (row,) = judge(costs.lazy(), measured(costs, source, **metrics)).to_dicts()
    return row


def test_the_rows_are_those_of_the_tables():
    costs = bill()

    assert dict(measured(costs).schema) == dict(tables.RESOURCE_UTILISATION.schema)
    assert dict(judge(costs.lazy(), measured(costs)).schema) == dict(tables.RESOURCE_PERFORMANCE.schema) == SCHEMA
    nothing = pl.LazyFrame(schema=tables.RESOURCE_COSTS.schema)
    assert dict(judge(nothing, measured(costs)).schema) == SCHEMA


def test_what_is_paid_by_the_hour_of_a_machine_or_processor_is_compute_with_all_its_lines():
    costs = pl.concat([
        bill("ocpu", 2, 8, 1, x_comparable_unit="OCPU-Hours"), bill("ocpu", 1, 64, 1, x_comparable_unit="GiB-Hours"),
        bill("acu", 5, 3, 1, x_comparable_unit="ACU-Hours", x_comparable_service=None), bill("vm", days=1), bill(None, days=1),
        bill("balancer", days=1, x_comparable_unit="Load Balancer-Hours"), bill("disk", days=1, x_comparable_unit="GiB-Months"),
        bill("model", days=1, x_comparable_service="Machine learning"),
    ])  # fmt: skip

    found = {row["ResourceId"]: row for row in compute_days(costs.lazy(), START, LAST).to_dicts()}

    assert set(found) == {"ocpu", "acu", "vm"}
    assert (found["ocpu"]["cost"], found["ocpu"]["cpu_hours"], found["ocpu"]["cpu_hours_unit"]) == (3, 8, "OCPU-Hours")


def test_hours_of_unlike_units_are_not_added_and_missing_quantities_are_unknown():
    unlike = pl.concat([bill(days=1), bill(days=1, x_comparable_unit="vCPU-Hours")])

    (mixed,) = compute_days(unlike.lazy(), START, LAST).to_dicts()
    (missing,) = compute_days(bill(hours=None, days=1).lazy(), START, LAST).to_dicts()

    assert (mixed["cpu_hours"], mixed["cpu_hours_unit"], mixed["cost"]) == (None, None, Decimal("4.8"))
    assert missing["cpu_hours"] is None


def test_a_day_without_datapoints_is_unknown_and_never_zero():
    found = measured(bill(), cpu=use(0.0, days=2))

    assert found["utilisation_status"].to_list() == ["known"] * 2 + ["unknown"] * (DAYS - 2)
    assert found["cpu_mean"].to_list() == [0.0] * 2 + [None] * (DAYS - 2)


def test_a_day_with_few_datapoints_does_not_count():
    costs = bill()

    found = measured(costs, cpu=use(1.0, datapoints=11))
    row = judge(costs.lazy(), found).to_dicts()[0]

    assert set(found["utilisation_status"]) == {"too few datapoints"}
    assert (row["days_observed"], row["verdict"], row["utilisation_status"]) == (0, "unknown", "unknown")


def test_cost_per_utilised_hour_is_the_cost_of_observed_days_by_the_hours_in_use():
    row = judged(bill(cost="2.4"), cpu=use(25.0, days=20))

    assert (row["days_with_cost"], row["days_observed"]) == (30, 20)
    assert row["cost_observed"] == Decimal("48")
    assert row["cpu_hours"] == pytest.approx(480)
    assert row["cost_per_utilised_cpu_hour"] == pytest.approx(48 / 120)
    assert row["cpu_hours_unit"] == "Hours"


@pytest.mark.parametrize("costs", [bill(hours=None), bill(cost=None)])
def test_without_hours_or_cost_there_is_no_price_of_use(costs):
    assert judged(costs, cpu=use(25.0))["cost_per_utilised_cpu_hour"] is None


def test_use_of_nothing_has_no_price():
    assert judged(bill(), cpu=use(0.0))["cost_per_utilised_cpu_hour"] is None


def test_the_percentile_of_the_period_is_that_of_the_busiest_day_and_unknown_if_one_is():
    usual = use(10.0, 20.0)
    busy = [*usual[:5], usual[5]._replace(p95=70.0), *usual[6:]]
    untold = [*usual[:5], usual[5]._replace(p95=None), *usual[6:]]

    assert [judged(bill(), cpu=busy)[name] for name in ("cpu_p95", "cpu_p95_typical")] == [70, 20]
    assert [judged(bill(), cpu=untold)[name] for name in ("cpu_p95", "verdict")] == [None, "unknown"]


def test_a_rise_of_use_is_told_in_points_a_month():
    rising = [day._replace(mean=20 + 0.5 * n) for n, day in enumerate(use(20.0))]

    row = judged(bill(), cpu=rising)

    assert row["cpu_trend"] == pytest.approx(15)
    assert row["cpu_trend_low"] > 0
    assert judged(bill(), cpu=use(20.0, days=20))["cpu_trend"] is None


@pytest.mark.parametrize(
    ("cpu", "memory", "verdict"),
    [
        (use(2.0, 4.9), use(90.0), "idle"),
        (use(2.0, 4.9), None, "idle"),
        (use(10.0, 30.0), use(35.0), "oversized"),
        (use(10.0, 30.0), use(45.0), "fits"),
        (use(10.0, 30.0), None, "unknown"),
        (use(50.0, 70.0), None, "fits"),
        (use(60.0, 86.0), None, "hot"),
        (use(20.0, 50.0), use(80.0, 91.0), "hot"),
        (use(2.0, 4.0, days=13), use(10.0), "unknown"),
        (None, use(10.0), "unknown"),
    ],
)
def test_verdicts_rest_on_what_is_known(cpu, memory, verdict):
    metrics = {name: found for name, found in (("cpu", cpu), ("memory", memory)) if found}

    assert judged(bill(), **metrics)["verdict"] == verdict


def test_a_single_hot_day_makes_no_hot_machine():
    days = use(40.0, 60.0)

    assert judged(bill(), cpu=[days[0]._replace(p95=99.0), *days[1:]], memory=use(50.0))["verdict"] == "fits"


def test_memory_is_not_asked_of_what_has_none_of_its_own():
    row = judged(bill(ProviderName="Oracle"), "oci_autonomous_database", cpu=use(10.0, 20.0))

    assert (row["verdict"], row["score_unknown_because"]) == ("oversized", None)
    assert row["efficiency_score"] == pytest.approx(100 * 20 / 80 * (1 + 10 / 20) / 2)
    assert "memory comes with its CPU" in row["evidence"]


def test_a_score_is_null_with_its_reason():
    assert judged(bill(), cpu=use(10.0))["score_unknown_because"] == "memory is unknown"
    assert judged(bill(), cpu=use(10.0, days=5), memory=use(5.0))["score_unknown_because"] == "use is too few days"
    assert judged(bill())["score_unknown_because"] == "use is unknown"
    assert judged(bill())["efficiency_score"] is None


def test_a_score_shows_its_parts():
    row = judged(bill(), cpu=use(20.0, 40.0), memory=use(60.0))

    assert (row["score_peak"], row["score_fit"], row["score_evenness"]) == (60, 0.75, 0.5)
    assert row["efficiency_score"] == pytest.approx(100 * 0.75 * 1.5 / 2)


percents = st.floats(0, 100)


def scored(mean: float | None, p95: float | None, memory: float | None) -> dict[str, Any]:
    cells = {
        "utilisation_status": "observed",
        "cpu_mean": mean,
        "cpu_p95": p95,
        "memory_p95": memory,
        "memory_follows_cpu": False,
    }
    schema = dict.fromkeys(("cpu_mean", "cpu_p95", "memory_p95"), pl.Float64)
    return with_score(pl.DataFrame([cells], schema_overrides=schema), PerformanceRule()).to_dicts()[0]


@given(percents, percents, percents)
def test_scores_lie_between_nothing_and_a_hundred_and_are_what_their_parts_say(mean, p95, memory):
    row = scored(min(mean, p95), p95, memory)

    assert 0 <= row["efficiency_score"] <= 100
    assert row["efficiency_score"] == pytest.approx(100 * row["score_fit"] * (1 + row["score_evenness"]) / 2)


@given(percents, percents, st.floats(0, 80))
def test_up_to_its_aim_more_use_is_never_a_lower_fit(one, other, memory):
    low, high = sorted((min(one, 80), min(other, 80)))

    assert scored(low, low, memory)["score_fit"] <= scored(high, high, memory)["score_fit"] + 1e-12


@given(st.sampled_from([(None, 1.0, 1.0), (1.0, None, 1.0), (1.0, 1.0, None)]))
def test_a_score_needs_all_its_inputs(inputs):
    assert scored(*inputs)["efficiency_score"] is None
    assert scored(*inputs)["score_unknown_because"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=DAYS, max_size=DAYS))
def test_known_and_unknown_days_are_counted_and_costs_of_the_known_add_up(means):
    cpu = [Use("i-1", START + timedelta(days=n), m, m, m, 24) for n, m in enumerate(means) if m is not None]
    seen = [m for m in means[:-2] if m is not None]

    row = judged(bill(cost="1.1"), cpu=cpu)

    assert row["days_observed"] == len(seen)
    assert row["cost_observed"] == (Decimal("1.1") * len(seen) if seen else None)
    assert row["cost_30d"] == Decimal(33)
    assert row["verdict"] != "idle" or len(seen) >= 14


def test_what_was_read_once_stays_when_the_cloud_has_forgotten_it():
    costs = bill()
    before, later = measured(costs, cpu=use(7.0, days=10)), measured(costs, cpu=use(9.0)[5:12])

    found = kept(later, before)

    assert len(found) == DAYS
    assert found["cpu_mean"].to_list()[:13] == [7.0] * 5 + [9.0] * 7 + [None]
    assert kept(later, before.clear()).equals(later)


def test_coverage_is_the_share_of_the_cost_whose_use_is_known():
    costs = pl.concat(
        [bill("i-1", 3), bill("i-2", 1), bill("i-3", -2), bill("i-4", 5, ProviderName="Oracle", BillingCurrency="EUR")]
    )
    days = compute_days(costs.lazy(), START, LAST)

    found = {row["ProviderName"]: row for row in coverage(days, measured(costs, cpu=use(5.0))).to_dicts()}

    assert (found["AWS"]["share"], found["AWS"]["resources"], found["AWS"]["resources_known"]) == (0.75, 2, 1)
    assert found["Oracle"]["share"] == 0


def test_a_resource_is_asked_for_where_it_was_last():
    moved = pl.concat([bill(days=5), bill(RegionId="other", SubAccountId="2")])

    (row,) = resources_of(compute_days(moved.lazy(), START, LAST)).to_dicts()

    assert row["ResourceId"] == "i-1"
    assert row["RegionId"] in ("r", "other")


def test_the_assessment_gets_each_resource_once_and_nothing_if_nothing_was_measured():
    twice = pl.concat([bill(), bill(BillingCurrency="EUR")])
    performance = judge(twice.lazy(), measured(twice, cpu=use(5.0)))

    given_use = assessed(performance)

    assert len(performance) == 2
    assert given_use is not None
    assert given_use["ResourceId"].to_list() == ["i-1"]
    assert assessed(judge(twice.lazy(), measured(twice))) is None
