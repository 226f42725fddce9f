"""Metrics of OCI Monitoring: which spans are still to be read, what was read as rows, and what holds now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import polars as pl

from assets.fleet.logic.measured import Measured, Missing, Outcome
from resources.autonomous_databases import AutonomousDatabase
from resources.database_metrics import METRICS, Metric, Reading

_INTERVALS_BACK = 3
"""How many intervals old a value may be and still be the one of now: the last may not be there yet, nor the one before."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to Monitoring.

    Attributes:
        region: Where.
        compartment_id: Of the databases.
        metric: Which.
        start: From when.
        interval: Of the values.
        database_ids: Whose.
    """

    region: str
    compartment_id: str
    metric: Metric
    start: datetime
    interval: timedelta
    database_ids: tuple[str, ...]


def questions(
    databases: Sequence[AutonomousDatabase],
    last: Mapping[tuple[str, str], datetime],
    end: datetime,
    interval: timedelta,
    back: timedelta,
    most: int,
) -> list[Question]:
    """What to ask, of many databases at a time.

    Args:
        databases: The fleet.
        last: Time of the last value that is stored, by database and metric.
        end: Until when.
        interval: Of the values, where the metric is measured that often.
        back: How far to go back for what has no value yet, and at most.
        most: Databases in one question.
    """
    groups: dict[tuple[str, str, Metric, datetime], list[str]] = defaultdict(list)
    for one in databases:
        for metric in METRICS:
            since = last.get((one.id, metric.name), end - back)
            # from the start of its day: values that came late are read again, and databases share their questions
            start = max(datetime.combine(since.date(), time(), UTC), end - back)
            if end - start >= max(interval, metric.every):
                groups[one.region, one.compartment_id, metric, start].append(one.id)
    return [
        Question(region, compartment, metric, start, max(interval, metric.every), tuple(ids[n : n + most]))
        for (region, compartment, metric, start), ids in groups.items()
        for n in range(0, len(ids), most)
    ]


def rows(answers: Iterable[tuple[Question, Sequence[Reading]]]) -> pl.DataFrame:
    """What was answered as rows of the history."""
    found = [
        pl.DataFrame({"time": one.times, "value": one.values}, schema={"time": _UTC, "value": pl.Float64}).with_columns(
            pl.lit(one.database_id).alias("database_id"),
            pl.lit(one.metric).alias("metric"),
            pl.lit(question.interval / timedelta(minutes=1)).alias("minutes"),
        )
        for question, readings in answers
        for one in readings
    ]
    return pl.concat([pl.DataFrame(schema=_ROW), *found]).with_columns(pl.col("time").dt.date().alias("day"))


_UTC = pl.Datetime("us", time_zone="UTC")
_ROW: dict[str, pl.DataType | type[pl.DataType]] = {
    "time": _UTC,
    "value": pl.Float64,
    "database_id": pl.String,
    "metric": pl.String,
    "minutes": pl.Float64,
}


def latest(
    databases: Sequence[AutonomousDatabase],
    last: Mapping[tuple[str, str], tuple[datetime, float]],
    failed: Mapping[tuple[str, str], str],
    end: datetime,
    interval: timedelta,
    not_running: Mapping[str, str],
) -> dict[tuple[str, str], Outcome]:
    """What holds now, by database and metric.

    Args:
        databases: The fleet.
        last: Time and value of the last interval that is stored.
        failed: Why Monitoring could not be asked, where it could not.
        end: End of the last whole interval.
        interval: As it was asked for.
        not_running: Databases that do not run, and why.
    """
    found: dict[tuple[str, str], Outcome] = {}
    for one in databases:
        for metric in METRICS:
            key, length = (one.id, metric.name), max(interval, metric.every)
            at, value = last.get(key, (None, 0.0))
            if key in failed:
                found[key] = Missing("unknown", failed[key])
            elif at is not None and at >= end - _INTERVALS_BACK * length:
                found[key] = Measured(value, at, at + length)
            elif one.id in not_running:
                found[key] = Missing("unavailable", not_running[one.id])
            else:
                said = "never had a value" if at is None else f"has had no value since {at:%Y-%m-%d %H:%M} UTC"
                found[key] = Missing("unknown", f"{metric.oci_name} {said}")
    return found
