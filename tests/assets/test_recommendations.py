"""The asset of recommendations on a real lake: what it finds, what becomes of it, and what a repeat changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest

from assets.finops import tables
from assets.finops.recommendations import recommendations
from jobs.decisions import finops_decision, run_config
from resources.clock import Clock
from resources.lake import Lake
from tests.logic.finops.recommendations.bills import EC2, daily_costs, day, lines, resource, resource_costs

DAYS = 92
WEEK = [10, 10, 10, 10, 10, 9, 9.0]


class Place:
    """A lake with the costs of three months, in which the assets and jobs are run."""

    def __init__(self, root: str) -> None:
        self.lake = Lake(root=root)
        self.charge([noisy(seed) for seed in range(3)])
        self.lake.replace(tables.COST_AND_USAGE, lines(lambda _n, _h: 0.1, DAYS).collect(), where=None)
        row = {**EC2, "ResourceId": "i-0", "candidates": ["off_hours_schedule"], "evidence": "runs all week"}
        self.lake.replace(tables.RESOURCE_EFFICIENCY, pl.DataFrame([row], schema=tables.RESOURCE_EFFICIENCY.schema), where=None)

    def charge(self, costs: list[np.ndarray]) -> None:
        rows = resource_costs(*(resource(f"i-{n}", amounts) for n, amounts in enumerate(costs)))
        self.lake.replace(tables.RESOURCE_COSTS, rows, where=None)
        self.lake.replace(tables.DAILY_COSTS, daily_costs(rows), where=None)

    def run(self, number: int, **config: Any) -> dg.ExecuteInProcessResult:
        clock = Clock(fixed_at=f"{day(number)}T06:00:00Z")
        settings = {"ops": {"finops__recommendations": {"config": config}}}
        return dg.materialize([recommendations], resources={"lake": self.lake, "clock": clock}, run_config=settings)

    def decide(self, number: int, **decision: Any) -> None:
        clock = Clock(fixed_at=f"{day(number)}T07:00:00Z")
        config = run_config(subject="recommendation", by="ann", **decision)
        assert finops_decision.execute_in_process(resources={"lake": self.lake, "clock": clock}, run_config=config).success

    def rows(self, table: Any) -> list[dict[str, Any]]:
        return self.lake.scan(table).collect().to_dicts()

    def schedule(self) -> dict[str, Any]:
        (row,) = (r for r in self.rows(tables.RECOMMENDATIONS) if r["kind"] == "off-hours schedule")
        return row


def noisy(seed: int) -> np.ndarray:
    return np.resize(WEEK, DAYS) * (1 + 0.03 * np.random.default_rng(seed).standard_normal(DAYS)).round(4)


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(str(tmp_path / "lake"))


def test_recommendations_are_found_and_stay_within_the_spend(place):
    result = place.run(DAYS)

    assert {row["kind"] for row in place.rows(tables.RECOMMENDATIONS)} == {"off-hours schedule", "commitment"}
    assert all(row["state"] == "open" and row["proposed"] for row in place.rows(tables.RECOMMENDATIONS))
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert check.metadata["overlapping"].value == 1
    (made,) = result.get_asset_materialization_events()
    assert made.materialization.metadata["states"].value == {"open": 2}


def test_a_repeat_changes_nothing(place):
    place.run(DAYS)
    before = [place.rows(t) for t in (tables.RECOMMENDATIONS, tables.RECOMMENDATION_EVENTS, tables.REALISED_SAVINGS)]

    place.run(DAYS)

    assert [place.rows(t) for t in (tables.RECOMMENDATIONS, tables.RECOMMENDATION_EVENTS, tables.REALISED_SAVINGS)] == before


def test_negotiated_discounts_replace_the_assumed_ones(place):
    place.run(DAYS, discount_low=0.4, discount_high=0.5)

    (row,) = (r for r in place.rows(tables.RECOMMENDATIONS) if r["kind"] == "commitment")
    assert float(row["savings_low"]) == pytest.approx(0.1 * 720 * 0.4)
    assert "your negotiated terms" in {point["rows"] for point in row["datapoints"]}


def test_one_discount_alone_is_refused(place):
    with pytest.raises(dg.Failure, match="belong together"):
        place.run(DAYS, discount_low=0.4)


def test_the_discount_that_is_assumed_for_a_year_is_not_assumed_for_three(place):
    with pytest.raises(dg.Failure, match="no discounts are assumed for 36 months"):
        place.run(DAYS, months=36)


def test_what_was_done_is_measured_in_the_bills_and_becomes_realised(place):
    place.run(60)
    found = place.schedule()
    place.decide(60, subject_id=found["recommendation_id"], verdict="done", valid_from=str(day(60)), note="nights and weekends")
    place.run(61)
    assert place.schedule()["state"] == "done"

    place.charge([np.where(np.arange(DAYS) > 60, noisy(0) / 2, noisy(0)), noisy(1), noisy(2)])
    place.run(DAYS)

    row = place.schedule()
    assert (row["state"], row["effective_day"]) == ("realised", day(60))
    (saved,) = place.rows(tables.REALISED_SAVINGS)
    assert (saved["result"], saved["control"], saved["BillingCurrency"]) == ("verified", "siblings", "USD")
    assert 100 < saved["saving_to_date"] < 200
    mine = [e for e in place.rows(tables.RECOMMENDATION_EVENTS) if e["recommendation_id"] == row["recommendation_id"]]
    assert [e["to_state"] for e in mine] == ["open", "done", "realised"]


def test_what_was_said_to_be_done_and_cannot_be_seen_stays_done(place):
    place.run(60)
    place.decide(60, subject_id=place.schedule()["recommendation_id"], verdict="done", valid_from=str(day(60)))

    place.run(DAYS)

    assert place.schedule()["state"] == "done"
    (saved,) = place.rows(tables.REALISED_SAVINGS)
    assert (saved["result"], saved["saving_to_date"]) == ("not visible", None)


def test_what_is_dismissed_is_not_opened_again_by_the_next_run(place):
    place.run(DAYS)
    place.decide(DAYS, subject_id=place.schedule()["recommendation_id"], verdict="dismissed")

    place.run(DAYS + 1)
    result = place.run(DAYS + 60)

    assert place.schedule()["state"] == "dismissed"
    (commitment,) = (row for row in place.rows(tables.RECOMMENDATIONS) if row["kind"] == "commitment")
    assert commitment["overlaps_with"] is None
    (made,) = result.get_asset_materialization_events()
    assert made.materialization.metadata["savings_a_month_low"].value == {"USD": f"{commitment['savings_low'].normalize():f}"}


def test_what_is_found_no_more_expires_after_its_days(place):
    place.run(DAYS)
    place.lake.replace(tables.RESOURCE_EFFICIENCY, pl.DataFrame(schema=tables.RESOURCE_EFFICIENCY.schema), where=None)

    place.run(DAYS + 5)
    assert (place.schedule()["state"], place.schedule()["proposed"]) == ("open", False)
    place.run(DAYS + 15)

    row = place.schedule()
    assert row["state"] == "expired"
    assert row["last_seen"] == datetime.combine(day(DAYS), datetime.min.time(), UTC) + timedelta(hours=6)


def test_an_anomaly_that_was_known_to_come_is_no_action(place):
    episode = {
        **EC2, "episode_id": "e1", "first_day": day(80), "last_day": day(91), "state": "open", "direction": "up",
        "kind": "level shift", "expected": 0, "actual": 0, "impact": 10, "impact_per_day": 1, "confidence": "high",
        "resource_ids": [],
    }  # fmt: skip
    place.lake.replace(tables.ANOMALY_EPISODES, pl.DataFrame([episode]), where=None)
    place.run(DAYS)
    assert "anomaly" in {row["kind"] for row in place.rows(tables.RECOMMENDATIONS)}
    clock = Clock(fixed_at=f"{day(DAYS)}T07:00:00Z")
    config = run_config(subject="anomaly", subject_id="e1", verdict="expected", by="ann")
    assert finops_decision.execute_in_process(resources={"lake": place.lake, "clock": clock}, run_config=config).success

    place.run(DAYS + 1)

    assert {row["kind"]: row["proposed"] for row in place.rows(tables.RECOMMENDATIONS)}["anomaly"] is False


def test_an_empty_lake_gives_no_recommendation_and_no_failure(tmp_path):
    lake = Lake(root=str(tmp_path))

    result = dg.materialize([recommendations], resources={"lake": lake, "clock": Clock(fixed_at="2026-01-20T06:00:00Z")})

    assert result.success
    assert lake.scan(tables.RECOMMENDATIONS).collect().is_empty()
