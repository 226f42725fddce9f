"""What is proposed from anomalies, forecasts and efficiency, and what is left alone."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from assets.finops import tables
from assets.finops.logic import daily
from assets.finops.logic.recommendations import anomaly_actions, automation, budgets, commitments
from assets.finops.logic.recommendations.claims import Spend
from assets.finops.logic.recommendations.commitments import Terms
from assets.finops.logic.recommendations.proposals import Findings, as_frame, propose
from resources.tables import Table
from tests.logic.finops.recommendations.bills import EC2, daily_costs, day, lines, resource, resource_costs


def empty(table: Table) -> pl.DataFrame:
    return pl.DataFrame(schema=table.schema)


def episode(**values: Any) -> pl.DataFrame:
    row = {
        **EC2, "episode_id": "e1", "first_day": day(30), "last_day": day(34), "state": "open", "direction": "up",
        "kind": "level shift", "impact": Decimal(50), "impact_per_day": Decimal(10), "confidence": "high",
        "resource_ids": ["i-1"], **values,
    }  # fmt: skip
    return pl.DataFrame([row], schema=tables.ANOMALY_EPISODES.schema)


def forecast(first: date, days: int, *, provider: str | None = "AWS", upper: object = 12, **values: Any) -> list[dict[str, Any]]:
    return [
        {
            "origin": date(2026, 2, 10), "x_charge_date": first + timedelta(days=n), "BillingCurrency": "USD", "status": "ok",
            "level": "currency" if provider is None else "provider", "ProviderName": provider, "point": Decimal(10),
            "upper_80": None if upper is None else Decimal(str(upper)), "last_day_used": date(2026, 2, 10), **values,
        }
        for n in range(days)
    ]  # fmt: skip


def forecasts(*parts: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([row for rows in parts for row in rows], schema=tables.COST_FORECASTS.schema)


def quality(above: object = 60, days: int = 60, provider: str | None = "AWS") -> pl.DataFrame:
    """What the sum of so many days of 10 was exceeded by in one of ten cases."""
    row = {
        "origin": date(2026, 2, 10), "level": "currency" if provider is None else "provider", "ProviderName": provider,
        "BillingCurrency": "USD", "sum_point": Decimal(10 * days),
        "sum_upper_80": None if above is None else Decimal(10 * days) + Decimal(str(above)),
    }  # fmt: skip
    return pl.DataFrame([row], schema=tables.FORECAST_QUALITY.schema)


def efficient(**values: Any) -> pl.DataFrame:
    row = {**EC2, "ResourceId": "i-1", "cost_30d": Decimal(300), "evidence": "because", "candidates": [], **values}
    return pl.DataFrame([row], schema=tables.RESOURCE_EFFICIENCY.schema)


def hourly(amount: object = 168) -> dict[Any, Decimal]:
    return {(tuple(EC2.values()), "i-1"): Decimal(str(amount))}


def part_of_a_month(size: Decimal, on: date) -> Decimal:
    return round(size / monthrange(on.year, on.month)[1], 18)


def test_an_open_anomaly_saves_from_its_cheapest_day_to_its_average_day():
    costs = daily_costs(resource_costs(resource("i-1", [20.0] * 30 + [30, 26, 34, 30, 30])))

    (found,) = anomaly_actions.propose(episode(), costs, ())

    assert (found.savings.low, found.savings.high) == (Decimal(180), Decimal(300))
    assert found.at_stake_per_day == 10
    assert found.began == day(30)
    assert found.resource_ids == ("i-1",)
    assert {point.figure for point in found.datapoints} >= {"impact per day", "cost of the cheapest day of the anomaly"}


def test_of_an_anomaly_of_a_day_nobody_knows_whether_it_goes_on():
    costs = daily_costs(resource_costs(resource("i-1", [20.0] * 30 + [30])))

    (found,) = anomaly_actions.propose(episode(last_day=day(30)), costs, ())

    assert found.savings.low is None
    assert "1 day only" in (found.savings.unknown_because or "")
    assert found.at_stake_per_day == 10


@pytest.mark.parametrize(
    ("values", "settled"),
    [
        ({"state": "over"}, ()),
        ({"direction": "down"}, ()),
        ({"impact_per_day": Decimal(0)}, ()),
        ({"kind": "price step"}, ()),
        ({"verdict": "expected"}, ()),
        ({}, ("e1",)),
    ],
)
def test_what_is_over_or_missing_or_known_to_come_needs_no_action(values, settled):
    assert list(anomaly_actions.propose(episode(**values), empty(tables.DAILY_COSTS), settled)) == []


def test_another_anomaly_of_the_same_series_is_another_recommendation():
    ids = [next(anomaly_actions.propose(episode(episode_id=e), empty(tables.DAILY_COSTS), ())).id for e in ("e1", "e2", "e1")]

    assert ids[0] == ids[2] != ids[1]


def test_a_budget_is_what_is_expected_of_the_month_to_come_and_what_nine_of_ten_sums_stayed_within():
    (found,) = budgets.propose(forecasts(forecast(date(2026, 2, 11), 60)), quality(), empty(tables.DAILY_COSTS))

    assert found.budget_recommended == Decimal(10 * 31 + 31)
    assert found.budget_expected == Decimal(10 * 31)
    assert "2026-03" in found.title
    assert found.savings.low is None


def test_a_forecast_that_ends_within_the_month_gives_a_budget_of_the_next_thirty_days():
    (found,) = budgets.propose(forecasts(forecast(date(2026, 2, 11), 30)), quality(60, 30), empty(tables.DAILY_COSTS))

    assert found.budget_recommended == Decimal(360)
    assert "30 days from 2026-02-11" in found.title


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (forecast(date(2026, 2, 11), 25), "partial: the forecast covers 7 of 31 days"),
        (forecast(date(2026, 2, 11), 60, point=None, upper=None, status="not enough history"), "not enough history"),
    ],
)
def test_without_a_forecast_of_every_day_there_is_no_budget_and_the_reason_is_said(part, reason):
    (found,) = budgets.propose(forecasts(part), quality(), empty(tables.DAILY_COSTS))

    assert found.budget_recommended is None
    assert reason in found.title


def test_without_a_measured_bound_of_sums_there_is_no_budget_but_what_is_expected_is_said():
    (found,) = budgets.propose(forecasts(forecast(date(2026, 2, 11), 60)), quality(None), empty(tables.DAILY_COSTS))

    assert (found.budget_recommended, found.budget_expected) == (None, Decimal(310))
    assert "not enough history" in found.title


def test_clouds_of_one_currency_have_a_budget_each_and_one_together():
    parts = [forecast(date(2026, 2, 11), 60, provider=p) for p in ("AWS", "Oracle", None)]

    found = list(budgets.propose(forecasts(*parts), quality(), empty(tables.DAILY_COSTS)))

    assert [p.subject.provider for p in found] == [None, "AWS", "Oracle"]
    assert len({p.id for p in found}) == 3


def test_an_off_hours_schedule_saves_the_hours_it_switches_off_and_only_of_what_is_billed_by_the_hour():
    (found,) = automation.propose(efficient(candidates=["off_hours_schedule"]), hourly(168))
    (unknown,) = automation.propose(efficient(candidates=["off_hours_schedule"]), {})

    assert (found.savings.low, found.savings.high) == (Decimal(48), Decimal(108))
    assert unknown.savings.low is None
    assert unknown.savings.unknown_because


def test_what_a_commitment_covers_is_paid_whether_it_runs_or_not_and_saves_nothing():
    def found(hours_covered: int) -> list[Decimal | None]:
        charged = lines(lambda _n, h: 1.0 if h >= hours_covered else 0, 40)
        if hours_covered:
            paid = lines(
                lambda _n, h: 0.5 if h < hours_covered else 0, 40, CommitmentDiscountId="ri", PricingCategory="Committed"
            )
            charged = pl.concat([charged, paid])
        costs = daily.resource_costs(charged)
        hourly = automation.hourly_costs(costs, commitments.covered(charged, day(39)), Spend.of(costs, day(39)))
        (proposal,) = automation.propose(efficient(candidates=["off_hours_schedule"]), hourly)
        assert proposal.savings.low is not None or "covered by a commitment" in (proposal.savings.unknown_because or "")
        return [proposal.savings.low, proposal.savings.high]

    share = [Decimal(48) / 168, Decimal(108) / 168]
    assert found(0) == [round(Decimal(720) * s, 6) for s in share]
    assert found(12) == [round(Decimal(360) * s, 6) for s in share]
    assert found(24) == [None, None]


@pytest.mark.parametrize("candidate", ["idle_review", "price_increase"])
def test_a_saving_that_others_decide_about_is_unknown_with_its_reason(candidate):
    row = efficient(candidates=[candidate], unit_price_last=Decimal(3), unit_price_before=Decimal(2))

    (found,) = automation.propose(row, hourly())

    assert found.savings.low is None
    assert found.savings.unknown_because
    assert found.at_stake_per_day == {"idle_review": Decimal(10), "price_increase": Decimal("3.333333")}[candidate]


def observed(candidate: str, cpu: float | None, memory: float | None) -> pl.DataFrame:
    return efficient(candidates=[candidate], cpu_utilisation=cpu, memory_utilisation=memory, utilisation_status="observed")


@pytest.mark.parametrize(
    ("cpu", "memory", "high"),
    [(20.0, 30.0, "105"), (2.0, 8.0, "147"), (39.0, None, "86.1"), (None, None, "84"), (90.0, 9.0, "84")],
)
def test_a_smaller_size_saves_half_up_to_what_the_measured_peak_leaves(cpu, memory, high):
    (found,) = automation.propose(observed("rightsizing", cpu, memory), hourly(168))

    assert (found.savings.low, found.savings.high) == (Decimal(84), Decimal(high))


def test_what_is_measured_to_be_idle_saves_at_most_what_is_billed_by_the_hour():
    (found,) = automation.propose(observed("idle_review", 1.5, None), hourly(168))
    (unbilled,) = automation.propose(observed("idle_review", 1.5, None), {})

    assert (found.savings.low, found.savings.high) == (Decimal(0), Decimal(168))
    assert ("95th percentile of CPU use", "2 %") in {(point.figure, point.value) for point in found.datapoints}
    assert unbilled.savings.low is None
    assert unbilled.savings.unknown_because


def test_each_candidate_of_a_resource_is_a_recommendation_and_an_unknown_one_is_none():
    row = efficient(candidates=["off_hours_schedule", "rightsizing", "something new"])

    assert {p.kind for p in automation.propose(row, hourly())} == {"off-hours schedule", "rightsizing"}


def test_an_object_store_that_keeps_growing_gets_a_lifecycle_rule():
    def store(name: str, growth: float) -> list[dict[str, Any]]:
        kind = {"x_comparable_service": "Object storage", "x_comparable_unit": "GiB-Months"}
        rows = resource(name, [5.0] * 60, **kind)
        sizes = (Decimal(str(3000 * growth ** (n >= 30))) for n in range(60))
        return [{**r, "x_comparable_quantity": part_of_a_month(s, r["x_charge_date"])} for r, s in zip(rows, sizes, strict=True)]

    costs = resource_costs(store("growing", 1.2), store("steady", 1.05))

    (found,) = automation.storage_rules(costs, Spend.of(costs, day(59)))

    assert found.subject.resource_id == "growing"
    assert "20% more" in found.title
    assert found.savings.low is None


def test_a_store_that_stays_as_it_is_does_not_grow_by_february():
    kind = {"x_comparable_service": "Object storage", "x_comparable_unit": "GiB-Months"}
    last = date(2026, 2, 28)
    rows = [{**r, "x_charge_date": last - timedelta(days=n)} for n, r in enumerate(resource("b", [5.0] * 60, **kind))]
    by_days_of_the_month = [{**r, "x_comparable_quantity": part_of_a_month(Decimal(868), r["x_charge_date"])} for r in rows]
    by_a_constant = [{**row, "x_comparable_quantity": Decimal(28)} for row in rows]

    for stored in (by_days_of_the_month, by_a_constant):
        costs = resource_costs(stored)

        assert list(automation.storage_rules(costs, Spend.of(costs, last))) == []


def test_nothing_known_gives_nothing():
    nothing = Findings(
        daily=empty(tables.DAILY_COSTS),
        resources=empty(tables.RESOURCE_COSTS),
        episodes=empty(tables.ANOMALY_EPISODES),
        forecasts=empty(tables.COST_FORECASTS),
        forecast_quality=empty(tables.FORECAST_QUALITY),
        efficiency=empty(tables.RESOURCE_EFFICIENCY),
        hourly=commitments.usage(empty(tables.COST_AND_USAGE).lazy(), day(0)),
        covered=commitments.covered(empty(tables.COST_AND_USAGE).lazy(), day(0)),
        decisions=empty(tables.DECISIONS),
    )

    claimed, spend = propose(nothing, Terms(), day(0))

    assert claimed == []
    assert spend.by_currency() == {}
    assert as_frame(claimed).is_empty()


def test_every_proposal_says_which_rows_its_figures_are_from():
    costs = resource_costs(resource("i-1", [24.0] * 92))
    found = Findings(
        daily_costs(costs), costs, episode(first_day=day(80), last_day=day(90)),
        forecasts(forecast(date(2026, 2, 11), 60)), quality(), efficient(candidates=["off_hours_schedule", "idle_review"]),
        commitments.usage(lines(lambda _n, _h: 1.0, 92), day(91)),
        commitments.covered(lines(lambda _n, _h: 1.0, 92), day(91)), empty(tables.DECISIONS),
    )  # fmt: skip

    claimed, _ = propose(found, Terms(), day(92))
    rows = as_frame(claimed)

    assert set(rows["category"]) == {"immediate action", "strategic initiative", "budget adjustment", "automation opportunity"}
    assert rows["recommendation_id"].n_unique() == len(rows)
    for points in rows["datapoints"].to_list():
        assert points
        assert all(point["source"] and point["rows"] and point["figure"] and point["value"] for point in points)
    saved = rows.filter(pl.col("savings_low").is_not_null())
    assert (saved["savings_high"] <= saved["subject_cost_30d"]).all()
    assert rows.filter(pl.col("savings_low").is_null() & pl.col("savings_unknown_because").is_null()).is_empty()
