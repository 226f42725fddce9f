"""What is unusual in the fleet: rows of anomalies, each part of one incident, and points that were not measured."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from assets.fleet.logic.unusual import ATTRIBUTES, gridded, incident_rows, unusual
from assets.fleet.tables import INCIDENTS, METRIC_ANOMALIES, METRIC_JUDGEMENTS

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = 24 * 15
IDS = [f"db{n}" for n in range(6)]


@pytest.fixture(scope="module")
def found():
    """Six databases, of which four in one region jump together in the end."""
    rng = np.random.default_rng(3)
    times = [FIRST + n * HOUR for n in range(HOURS)]
    parts = []
    for number, database_id in enumerate(IDS):
        values = 40 + 15 * np.sin(np.arange(HOURS) / 24 * 2 * np.pi) + rng.normal(0, 1, HOURS)
        if number < 4:
            values[-6:] += 40
        parts.append(pl.DataFrame({"database_id": database_id, "metric": "cpu_utilization", "time": times, "value": values}))
    regions = ["eu-frankfurt-1"] * 4 + ["us-ashburn-1"] * 2
    fleet = pl.DataFrame({"database_id": IDS, "region": regions}).with_columns(
        pl.lit(None, pl.String).alias(name) for name in ATTRIBUTES if name != "region"
    )
    return unusual(pl.concat(parts), fleet, FIRST + timedelta(days=10))


def test_the_same_in_all_databases_of_a_region_is_one_incident_with_that_scope(found):
    jump = [row for row in incident_rows(found) if row["end"] >= FIRST + (HOURS - 6) * HOUR]
    assert [(row["scope"], row["databases"], row["is_open"]) for row in jump] == [("region=eu-frankfurt-1", IDS[:4], True)]
    assert jump[0]["elsewhere"] == 2
    assert "all 4 databases in region eu-frankfurt-1" in jump[0]["said"]


def test_every_anomaly_says_what_was_expected_and_is_part_of_one_incident(found):
    assert found.anomalies["incident_id"].null_count() == 0
    alone = found.anomalies.filter(pl.col("metric") != "joint")
    assert alone.select(pl.all_horizontal(pl.col("low") < pl.col("expected"), pl.col("expected") < pl.col("high")).all()).item()
    assert set(found.anomalies["incident_id"]) == {one.incident_id for one in found.incidents}


def test_rows_are_those_of_the_tables(found):
    assert set(METRIC_ANOMALIES.schema) <= set(found.anomalies.columns)
    assert set(METRIC_JUDGEMENTS.schema) <= set(found.judged.columns)
    assert set(incident_rows(found)[0]) == set(INCIDENTS.schema)
    assert found.judged["time"].min() == FIRST + timedelta(days=10)


@pytest.mark.parametrize(("misfit", "is_told"), [(0.08, False), (0.5, True)])
def test_metrics_that_do_not_fit_each_other_are_told_from_where_on_it_matters(misfit, is_told):
    rng = np.random.default_rng(5)
    times = [FIRST + n * HOUR for n in range(HOURS)]
    load = 1000 + 300 * np.sin(np.arange(HOURS) / 24 * 2 * np.pi) + rng.normal(0, 20, HOURS)
    executes, transactions = 10 * load, load * (1 + rng.normal(0, 0.002, HOURS))
    transactions[-12:-6] *= 1 - misfit
    series = {"execute_count": executes, "transaction_count": transactions}
    parts = [pl.DataFrame({"database_id": "a", "metric": m, "time": times, "value": v}) for m, v in series.items()]
    fleet = pl.DataFrame({"database_id": ["a"]}).with_columns(pl.lit(None, pl.String).alias(name) for name in ATTRIBUTES)

    found = unusual(pl.concat(parts), fleet, FIRST + timedelta(days=10))

    told = [one for one in found.incidents if one.end >= times[-12] and "joint" in one.metrics]
    assert bool(told) == is_told
    assert all("metrics that do not fit each other" in one.said for one in told)


def points(*rows, minutes=60.0):
    schema = {"database_id": pl.String, "metric": pl.String, "time": pl.Datetime("us", "UTC"), "value": pl.Float64}
    return pl.DataFrame([("a", m, t, v) for m, t, v in rows], schema=schema, orient="row").with_columns(
        pl.lit(minutes).alias("minutes")
    )


def test_what_was_not_measured_is_a_point_without_a_value():
    history = points(("cpu", FIRST, 1.0), ("cpu", FIRST + 2 * HOUR, 3.0))
    none = points().drop("minutes")
    grid = gridded(history, none, FIRST + 4 * HOUR, HOUR).sort("time")
    assert grid["value"].to_list() == [1.0, None, 3.0, None]


def test_metrics_have_grids_of_their_own_intervals_and_moments_fall_into_theirs():
    fine = points(("cpu", FIRST, 1.0), minutes=30.0)
    coarse = points(("storage", FIRST, 1.0))
    moments = points(("locks", FIRST + 0.2 * HOUR, 5.0), ("locks", FIRST + 0.4 * HOUR, 7.0)).drop("minutes")
    grid = gridded(pl.concat([fine, coarse]), moments, FIRST + HOUR, HOUR)
    assert dict(grid.group_by("metric").len().iter_rows()) == {"cpu": 2, "storage": 1, "locks": 1}
    assert grid.filter(pl.col("metric") == "locks").select("time", "value").row(0) == (FIRST, 7.0)
