"""The assets of cost anomalies and of how well they are found, on a real lake, with what people say of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.finops import tables
from assets.finops.automation import WEEKLY
from assets.finops.cost_anomalies import cost_anomalies
from assets.finops.detection_quality import detection_quality
from assets.finops.logic.anomalies.methods import DETECTORS
from jobs.decisions import finops_decision, run_config
from resources.clock import Clock
from resources.lake import Lake
from tests.panels import START, Series, bystanders, changed, ordinary, panel_of, rows_of

DAYS = 120
SPIKE = 100
"""Day on which the resource `a` costs three times as much."""


class Place:
    """A lake with four months of costs, in which the assets and the job are run."""

    def __init__(self, root: str) -> None:
        self.lake = Lake(root=root)

    def charge(self, *series: Series) -> None:
        known = rows_of(panel_of(*series))
        rows = pl.concat([pl.DataFrame(schema=tables.RESOURCE_COSTS.schema), known], how="diagonal_relaxed")
        counted = rows.with_columns(x_lines=pl.lit(1), x_lines_without_cost=pl.lit(0))
        whole = counted.select(pl.col(name).cast(dtype) for name, dtype in tables.RESOURCE_COSTS.schema.items())
        self.lake.replace(tables.RESOURCE_COSTS, whole, where=None)

    def run(self, **config: Any) -> dg.ExecuteInProcessResult:
        settings = {"ops": {"finops__cost_anomalies": {"config": config}}}
        return dg.materialize([cost_anomalies], resources={"lake": self.lake}, run_config=settings, raise_on_error=False)

    def judge(self, **config: Any) -> dict[str, Any]:
        """Metadata of the asset."""
        result = self.run(**config)
        assert result.success
        (event,) = result.get_asset_materialization_events()
        return {name: value.value for name, value in event.materialization.metadata.items()}

    def say(self, episode: str, verdict: str) -> None:
        config = run_config(subject="anomaly", subject_id=episode, verdict=verdict, by="ann")
        resources = {"lake": self.lake, "clock": Clock(fixed_at=f"{START + timedelta(days=DAYS)}T06:00:00Z")}
        assert finops_decision.execute_in_process(resources=resources, run_config=config).success

    def episodes(self) -> list[dict[str, Any]]:
        return self.lake.scan(tables.ANOMALY_EPISODES).sort("first_day").collect().to_dicts()

    def measure(self) -> dg.ExecuteInProcessResult:
        clock = Clock(fixed_at="2026-06-01T06:00:00Z")
        return dg.materialize([detection_quality], resources={"lake": self.lake, "clock": clock})


def with_spike(day: int = SPIKE) -> list[Series]:
    calm = {"b": ordinary(DAYS, 40, seed=2), "c": ordinary(DAYS, 20, seed=3)}
    return [Series({"a": changed(ordinary(DAYS, 60, seed=1), day, times=3), **calm}), *bystanders(DAYS)]


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(str(tmp_path / "lake"))


def test_a_spike_is_one_episode_with_its_culprit_and_money_and_gets_an_alert(place):
    place.charge(*with_spike())

    told = place.judge()

    (found,) = place.episodes()
    assert (found["kind"], found["first_day"], found["alarm_day"]) == ("spike", *[START + timedelta(days=SPIKE)] * 2)
    assert found["resource_ids"] == ["a"]
    assert found["actual"] - found["expected"] == found["impact"]
    assert 100 < found["impact"] < 140
    assert found["alerted_on"] == found["alarm_day"]
    assert (told["episodes"], told["alerts"], told["series_without_enough_history"]) == (1, 1, 0)


def test_a_rerun_changes_nothing(place):
    place.charge(*with_spike())
    place.judge()
    once = [place.lake.scan(table).collect() for table in (tables.ANOMALY_EPISODES, tables.COST_ANOMALIES)]

    place.judge()

    again = [place.lake.scan(table).collect() for table in (tables.ANOMALY_EPISODES, tables.COST_ANOMALIES)]
    assert [one.equals(other) for one, other in zip(once, again, strict=True)] == [True, True]


def test_what_people_say_is_kept_and_counted(place):
    place.charge(*with_spike())
    place.judge()
    (found,) = place.episodes()

    place.say(found["episode_id"], "true")
    told = place.judge()

    (judged,) = place.episodes()
    assert (judged["verdict"], judged["episode_id"]) == ("true", found["episode_id"])
    assert told["alerts_that_people_judged"] == "1 of 1 were real"


def test_no_alert_is_given_with_a_budget_of_none(place):
    place.charge(*with_spike())

    assert place.judge(alerts_per_week=0)["alerts"] == 0
    assert [row["alerted_on"] for row in place.episodes()] == [None]


def test_a_rate_that_is_worth_nothing_is_refused_by_currency(place):
    (failed,) = [e for e in place.run(rates={"JPY": 0.0, "USD": 1.0}).all_events if e.is_step_failure]

    assert "the rate of JPY is not above 0" in str(failed.step_failure_data.user_failure_data.description)


@pytest.mark.parametrize("method", sorted(DETECTORS))
def test_every_method_can_be_asked_for_and_is_named(place, method):
    place.charge(*with_spike())

    told = place.judge(method=method)

    assert told["method"] == method
    spike = START + timedelta(days=SPIKE)
    assert any(row["first_day"] <= spike <= row["last_day"] for row in place.episodes())


def test_without_costs_there_is_nothing_to_find(place):
    told = place.judge()

    assert (told["episodes"], told["dagster/row_count"]) == (0, 0)


def test_detection_is_measured_on_the_companys_own_costs_with_plots(place):
    place.charge(*with_spike(), *(bystanders(DAYS, 14)[6:]))

    result = place.measure()

    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert check.metadata["recall"].value > 0.6
    assert {"recall_by_type_picture", "days_to_detect_picture"} <= set(check.metadata)
    stored = place.lake.scan(tables.DETECTION_QUALITY).collect()
    own = stored.filter(pl.col("method") == "walk-forward", pl.col("type") == "all").row(0, named=True)
    assert own["recall"] == pytest.approx(own["detected"] / own["events"])
    assert own["recall_low"] < own["recall"] <= own["recall_high"]
    assert set(stored["method"]) == {"walk-forward", "robust-z", "mean-plus-30-percent"}


def test_detection_that_cannot_be_measured_is_unknown_and_neither_good_nor_bad(place):
    place.charge(*bystanders(20, 2))

    (check,) = place.measure().get_asset_check_evaluations()

    assert check.passed
    assert check.metadata["status"].value == "not enough history"
    stored = place.lake.scan(tables.DETECTION_QUALITY).collect()
    assert stored["status"].unique().to_list() == ["not enough history"]
    assert stored["recall"].null_count() == len(stored)


def test_detection_is_measured_once_there_are_costs_and_then_every_monday():
    @dg.asset
    def costs() -> None: ...

    @dg.asset(deps=[costs], automation_condition=WEEKLY)
    def measured() -> None: ...

    defs = dg.Definitions([costs, measured])
    friday, monday = datetime(2026, 5, 1, 12, tzinfo=UTC), datetime(2026, 5, 4, 5, 1, tzinfo=UTC)
    with dg.DagsterInstance.ephemeral() as instance:

        def asked(at: datetime, cursor: Any) -> tuple[int, Any]:
            found = dg.evaluate_automation_conditions(defs, instance, evaluation_time=at, cursor=cursor)
            return found.total_requested, found.cursor

        requested, cursor = asked(friday, None)
        assert requested == 0
        dg.materialize([costs], instance=instance)
        requested, cursor = asked(friday + timedelta(minutes=1), cursor)
        assert requested == 1
        dg.materialize([costs, measured], instance=instance, selection=[measured])
        dg.materialize([costs], instance=instance)
        requested, cursor = asked(friday + timedelta(days=1), cursor)
        assert requested == 0
        requested, cursor = asked(monday, cursor)
        assert requested == 1
