"""One incident in many databases."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fleet.logic.anomalies.incidents import incidents

START = datetime(2026, 3, 1, 2, tzinfo=UTC)
ATTRIBUTES = ["region", "environment"]
REGIONS = ("eu-frankfurt-1", "us-ashburn-1", "ap-tokyo-1")
FLEET = pl.DataFrame(
    {
        "database_id": [f"db{number:02}" for number in range(45)],
        "region": [REGIONS[number // 15] for number in range(45)],
        "environment": [("prod", "test", "dev")[number % 3] for number in range(45)],
    }
)
COLUMNS = {
    "database_id": pl.String,
    "metric": pl.String,
    "direction": pl.String,
    "start": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"),
}


def anomalies(*rows: tuple[int, str, int, int] | tuple[int, str, int, int, str]) -> pl.DataFrame:
    """Number of the database, metric, minutes to its start and to its end, and direction."""
    return pl.DataFrame(
        [
            (
                f"db{row[0]:02}",
                row[1],
                row[4] if len(row) > 4 else "up",
                START + timedelta(minutes=row[2]),
                START + timedelta(minutes=row[3]),
            )
            for row in rows
        ],
        schema=COLUMNS,
        orient="row",
    )


def found(rows: pl.DataFrame, **more):
    return incidents(rows, FLEET, attributes=ATTRIBUTES, **more)


def test_the_same_anomaly_in_a_region_is_one_incident_that_names_who_is_spared():
    (one,) = found(anomalies(*[(number, "cpu", number, 120) for number in range(15) if number != 7]))

    assert one.scope == (("region", "eu-frankfurt-1"),)
    assert len(one.databases) == 14
    assert one.not_affected == ("db07",)
    assert one.elsewhere == 30
    assert (one.start, one.end) == (START, START + timedelta(minutes=120))
    assert one.said == "cpu: 14 of 15 databases in region eu-frankfurt-1; not in db07; 30 elsewhere without it"


def test_the_smallest_set_of_attributes_that_explains_it_is_the_scope():
    (region,) = found(anomalies(*[(number, "cpu", 0, 60) for number in range(15)]))
    (part,) = found(anomalies(*[(number, "cpu", 0, 60) for number in range(15, 30, 3)]))
    (environment,) = found(anomalies(*[(number, "cpu", 0, 60) for number in range(1, 45, 3)]))
    (fleet,) = found(anomalies(*[(number, "cpu", 0, 60) for number in range(45)]))

    assert region.scope == (("region", "eu-frankfurt-1"),)
    assert part.scope == (("environment", "prod"), ("region", "us-ashburn-1"))
    assert environment.scope == (("environment", "test"),)
    assert fleet.scope == ()
    assert fleet.said == "cpu: all 45 databases in the fleet"


def test_metrics_that_go_wrong_at_once_in_the_same_scope_are_one_incident():
    both = [(number, metric, 5, 60) for number in range(15) for metric in ("cpu", "sessions")]
    (one,) = found(anomalies(*both[:-1]))

    assert one.metrics == ("cpu", "sessions")
    assert len(one.anomalies) == 29


def test_what_does_not_begin_together_is_not_one_incident():
    assert len(found(anomalies(*[(number, "cpu", 120 * number, 120 * number + 30) for number in range(15)]))) == 15


def test_a_rise_and_a_fall_are_not_the_same_anomaly():
    up, down = (
        [(number, "cpu", 0, 60, direction) for number in numbers]
        for direction, numbers in (("up", range(15)), ("down", range(15, 30)))
    )
    regions = [one.scope for one in found(anomalies(*up, *down))]

    assert regions == [(("region", "eu-frankfurt-1"),), (("region", "us-ashburn-1"),)]


def test_anomalies_without_a_scope_stay_with_their_database():
    alone = found(anomalies((1, "cpu", 0, 60), (20, "cpu", 0, 60), (1, "sessions", 30, 90), (1, "storage", 500, 560)))

    assert [(one.databases, one.metrics, one.scope) for one in alone] == [
        (("db01",), ("cpu", "sessions"), None),
        (("db20",), ("cpu",), None),
        (("db01",), ("storage",), None),
    ]
    assert alone[0].said == "cpu, sessions: db01 alone"


def test_a_stranger_in_a_shared_incident_is_an_incident_of_its_own():
    shared, alone = found(anomalies(*[(number, "cpu", 0, 60) for number in range(15)], (40, "cpu", 10, 60)))

    assert shared.scope == (("region", "eu-frankfurt-1"),)
    assert shared.elsewhere == 29
    assert alone.databases == ("db40",)


def test_another_metric_of_one_of_the_databases_joins_and_changes_nothing_of_the_scope():
    known = pl.DataFrame({"database_id": [f"db{number:02}" for number in range(45)], "metric": "cpu"})
    rows = anomalies(*[(number, "cpu", 0, 60) for number in range(14)], (3, "storage", 30, 90))
    (one,) = found(rows, known=known)

    assert one.metrics == ("cpu", "storage")
    assert (one.not_affected, one.unknown, one.elsewhere) == (("db14",), (), 30)
    assert one.end == START + timedelta(minutes=90)
    assert one.said.startswith("cpu, storage: 14 of 15 databases in region eu-frankfurt-1")


def test_databases_of_which_nothing_is_known_are_not_called_spared():
    known = pl.DataFrame({"database_id": [f"db{number:02}" for number in range(43)], "metric": "cpu"}).filter(
        pl.col("database_id") != "db07"
    )
    (one,) = found(anomalies(*[(number, "cpu", 0, 60) for number in range(14) if number != 7]), known=known)

    assert one.unknown == ("db07",)
    assert one.not_affected == ("db14",)
    assert one.elsewhere == 28


def test_a_database_with_another_anomaly_of_the_metric_is_not_called_spared():
    one, other = found(anomalies(*[(number, "cpu", 0, 60) for number in range(14)], (14, "cpu", 30, 60, "down")))

    assert (one.apart, one.not_affected) == (("db14",), ())
    assert other.databases == ("db14",)


def test_a_null_attribute_is_nothing_in_common():
    fleet = FLEET.with_columns(region=pl.lit(None, dtype=pl.String))
    rows = anomalies(*[(number, "cpu", 0, 60) for number in range(15)])

    assert {one.scope for one in incidents(rows, fleet, attributes=ATTRIBUTES)} == {None}


def test_an_anomaly_of_a_database_that_is_not_watched_is_refused():
    with pytest.raises(ValueError, match="db77"):
        found(anomalies((77, "cpu", 0, 60)))


def test_no_anomalies_are_no_incidents():
    assert found(anomalies()) == []


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 44),
            st.sampled_from(["cpu", "sessions", "storage"]),
            st.integers(0, 300),
            st.integers(0, 200),
            st.sampled_from(["up", "down"]),
        ),
        max_size=60,
    ),
    seed=st.integers(0, 100),
)
@settings(max_examples=60, deadline=None)
def test_every_anomaly_is_in_exactly_one_incident_whatever_the_order(rows, seed):
    given_rows = anomalies(*[(database, metric, start, start + length, way) for database, metric, start, length, way in rows])
    given_rows = given_rows.with_row_index("row")
    shuffled = given_rows.sample(fraction=1, shuffle=True, seed=seed)
    one, other = found(given_rows), found(shuffled)

    assert sorted(number for incident in one for number in incident.anomalies) == list(range(len(rows)))
    order = shuffled["row"].to_list()
    groups = {frozenset(order[number] for number in incident.anomalies) for incident in other}
    distinct = given_rows.drop("row").is_unique().all()
    if distinct:
        assert {frozenset(incident.anomalies) for incident in one} == groups
    assert sorted(incident.incident_id for incident in one) == sorted(incident.incident_id for incident in other)
    for incident in one:
        assert not set(incident.databases) & {*incident.not_affected, *incident.unknown, *incident.apart}
