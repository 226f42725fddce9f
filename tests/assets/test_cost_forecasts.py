"""The asset of cost forecasts on a real lake and a real store of inputs."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import dagster as dg
import polars as pl
import pytest

from assets.finops import tables
from assets.finops.cost_forecasts import cost_forecasts
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from resources.tables import Table

START = date(2026, 1, 5)
TABLES = (tables.COST_FORECASTS, tables.FORECAST_QUALITY, tables.FORECAST_VERIFICATION)


def daily(costs: Iterable[float], **cells: str) -> pl.DataFrame:
    series = {"ProviderName": "AWS", "SubAccountId": "a", "ServiceName": "S3", "RegionId": "r", "BillingCurrency": "USD"}
    rows = [
        {**series, **cells, "x_charge_date": START + timedelta(days=n), "EffectiveCost": Decimal(f"{cost:.6f}")}
        | {"x_lines": 1, "x_lines_without_cost": 0}
        for n, cost in enumerate(costs)
    ]
    return pl.DataFrame(rows, schema=tables.DAILY_COSTS.schema, orient="row")


def weeks(days: int, seed: int = 1) -> list[float]:
    """Weekdays cost 100, weekends 60, give or take 5 per cent."""
    random = Random(seed)
    return [(60 if (START + timedelta(days=n)).weekday() > 4 else 100) * random.uniform(0.95, 1.05) for n in range(days)]


def two_clouds(days: int) -> pl.DataFrame:
    return pl.concat(
        [
            daily(weeks(days)),
            daily(weeks(days, 2), ServiceName="EC2"),
            daily(weeks(days, 3), ProviderName="Oracle"),
            daily(weeks(days, 4), ProviderName="Oracle", BillingCurrency="EUR"),
        ]
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(root=str(tmp_path / "lake"))


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    (tmp_path / "inputs" / "finops").mkdir(parents=True)
    return tmp_path / "inputs" / "finops"


def run(lake: Lake, inputs: Path, **config: object) -> dg.ExecuteInProcessResult:
    resources = {
        "lake": lake,
        "inputs_store": LocalObjectStore(root=str(inputs.parent), read_only=True),
        "clock": Clock(fixed_at="2026-12-01T06:00:00Z"),
    }
    config_of_run = {"ops": {"finops__cost_forecasts": {"config": config}}}
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [cost_forecasts], instance=instance, resources=resources, run_config=config_of_run, raise_on_error=False
        )


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {c.check_name: c.passed for c in result.get_asset_check_evaluations()}


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def stored(lake: Lake, table: Table) -> pl.DataFrame:
    frame = lake.scan(table).collect()
    return frame.sort(frame.columns)


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [e for e in result.all_events if e.is_step_failure]
    data = event.step_failure_data
    assert data.user_failure_data
    return str(data.user_failure_data.description)


def test_costs_become_forecasts_that_add_up_with_their_quality(lake, inputs):
    lake.replace(tables.DAILY_COSTS, two_clouds(90), where=None)

    result = run(lake, inputs)

    assert result.success
    assert checks(result)["parts_add_up"]
    forecasts = stored(lake, tables.COST_FORECASTS)
    assert forecasts["point"].null_count() == 0
    assert len(forecasts) == 30 * (4 + 3 + 2)
    assert len(stored(lake, tables.FORECAST_QUALITY)) == 4 + 3 + 2
    told = metadata(result)
    assert told["origin"] == str(START + timedelta(days=87))
    assert told["series"] == {"ok": 4}
    assert "| EUR | Oracle |" in str(told["totals"])


def test_an_issue_replaces_itself_and_leaves_older_ones(lake, inputs):
    lake.replace(tables.DAILY_COSTS, two_clouds(80), where=None)
    run(lake, inputs)
    first = stored(lake, tables.COST_FORECASTS)
    lake.replace(tables.DAILY_COSTS, two_clouds(90), where=None)

    run(lake, inputs)
    once = [stored(lake, table) for table in TABLES]
    run(lake, inputs)

    assert [frame.equals(stored(lake, table)) for frame, table in zip(once, TABLES, strict=True)] == [True] * 3
    origins = once[0]["origin"].unique().sort().to_list()
    assert origins == [START + timedelta(days=77), START + timedelta(days=87)]
    assert once[0].filter(pl.col("origin") == origins[0]).equals(first)


def test_past_issues_are_held_against_what_came(lake, inputs):
    lake.replace(tables.DAILY_COSTS, two_clouds(80), where=None)
    run(lake, inputs)
    lake.replace(tables.DAILY_COSTS, two_clouds(90), where=None)

    result = run(lake, inputs)

    week = stored(lake, tables.FORECAST_VERIFICATION).filter(pl.col("horizon") == "1-7", pl.col("level") == "currency")
    assert week["passed"].to_list() == [7, 7, 0, 0]
    assert week["wape"].drop_nulls().max() < 0.1
    assert "1-7" in str(metadata(result)["came_out"])


def test_an_empty_lake_gives_no_forecast_and_no_failure(lake, inputs):
    result = run(lake, inputs)

    assert result.success
    assert all(checks(result).values())
    assert metadata(result)["origin"] == "not enough history"
    assert [len(stored(lake, table)) for table in TABLES] == [0, 0, 0]


def test_a_few_days_are_not_enough_history_and_no_failure(lake, inputs):
    lake.replace(tables.DAILY_COSTS, two_clouds(6), where=None)

    result = run(lake, inputs)

    assert result.success
    assert all(checks(result).values())
    assert set(stored(lake, tables.COST_FORECASTS)["status"]) == {"not enough history"}
    (calibrated,) = [c for c in result.get_asset_check_evaluations() if c.check_name == "intervals_are_calibrated"]
    assert calibrated.metadata["coverage_95"].value == "not enough history"
    assert calibrated.metadata["points"].value == 0


def test_planned_steps_and_days_among_the_inputs_are_taken_in(lake, inputs):
    lake.replace(tables.DAILY_COSTS, daily([100.0] * 60), where=None)
    day = START + timedelta(days=70)
    (inputs / "planned_steps.csv").write_text(f"date,amount,BillingCurrency,ServiceName\n{day},25,USD,S3\n{day},1,USD,Redshift\n")
    (inputs / "calendar.csv").write_text(f"date,name\n{START + timedelta(days=20)},sale\n")

    result = run(lake, inputs, horizon_days=20, countries=["DE"])

    points = stored(lake, tables.COST_FORECASTS).filter(pl.col("level") == "currency")["point"].cast(pl.Float64).to_list()
    assert points == pytest.approx([100.0] * 12 + [125.0] * 8, abs=0.01)
    assert "Redshift" in str(metadata(result)["planned_steps_without_series"])


@pytest.mark.parametrize(
    ("file", "body", "config", "problem"),
    [
        ("planned_steps.csv", "date,factor\n2026-01-01,half\n", {}, "finops/planned_steps.csv, line 2: 'half' is not a number"),
        ("calendar.csv", "date,name\n1 May,sale\n", {}, "finops/calendar.csv, line 2: '1 May' is not a day"),
        ("calendar.csv", "date,name\n", {"countries": ["Germany"]}, "'Germany'"),
    ],
)
def test_inputs_that_cannot_be_used_stop_the_run_with_what_to_do(lake, inputs, file, body, config, problem):
    lake.replace(tables.DAILY_COSTS, daily([100.0] * 60), where=None)
    (inputs / file).write_text(body)

    result = run(lake, inputs, **config)

    assert not result.success
    told = failure(result)
    assert problem in told
    assert "Write" in told
    assert lake.version(tables.COST_FORECASTS) is None
