"""Brings the history of metrics up to date from Monitoring. Put no asset here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from assets.fleet import tables
from assets.fleet.collection import Deadline, Limits, collect
from assets.fleet.logic.metric_history import Question, questions, rows
from assets.progress import Progress
from resources.autonomous_databases import AutonomousDatabase
from resources.database_metrics import Reading
from resources.lake import Lake
from resources.metric_history import DatabaseMetrics

_MOST_DATABASES = 60


@dataclass(frozen=True, slots=True)
class Span:
    """What is read.

    Attributes:
        end: Until when: the end of the last whole interval.
        interval: Of the values.
        back: How far to go back for what has no value yet.
    """

    end: datetime
    interval: timedelta
    back: timedelta


@dataclass(frozen=True, slots=True)
class Brought:
    """What is known after.

    Attributes:
        last: Time and value of the last interval of each database and metric.
        failed: Why Monitoring could not be asked, by database and metric.
        added: Rows that were read.
    """

    last: Mapping[tuple[str, str], tuple[datetime, float]]
    failed: Mapping[tuple[str, str], str]
    added: int


def up_to_date(
    lake: Lake,
    metrics: DatabaseMetrics,
    databases: Sequence[AutonomousDatabase],
    span: Span,
    limits: Limits,
    progress: Progress,
) -> Brought:
    """Read what the history lacks; what cannot be read is left for the next time."""
    asked = questions(databases, _last_times(lake, span), span.end, span.interval, span.back, _MOST_DATABASES)

    def ask(one: Question, deadline: Deadline) -> Sequence[Reading]:
        where = one.region, one.compartment_id
        return deadline.call(lambda: metrics.read(*where, one.database_ids, one.metric, one.start, span.end, one.interval))

    outcomes = collect(asked, ask, limits, progress, "reading metrics")
    found = rows((outcome.item, outcome.answer or ()) for outcome in outcomes)
    failed = {
        (database_id, outcome.item.metric.name): outcome.reason
        for outcome in outcomes
        if outcome.reason is not None
        for database_id in outcome.item.database_ids
    }
    _stored(lake, found)
    return Brought(_last(lake, span), failed, len(found))


def _stored(lake: Lake, found: pl.DataFrame) -> None:
    """Put rows into the history; a value that was read again takes the place of the one before."""
    if found.is_empty():
        return
    first: date = found["day"].min()  # type: ignore[assignment]
    before = lake.scan(tables.METRIC_HISTORY).filter(pl.col("day") >= first).collect()
    others = before.join(found, on=["database_id", "metric", "time"], how="anti")
    together = pl.concat([others, found.select(others.columns)]).sort("database_id", "metric", "time")
    lake.replace(tables.METRIC_HISTORY, together, where=f"day >= '{first}'")


def _recent(lake: Lake, span: Span) -> pl.LazyFrame:
    first = (span.end - span.back).date()
    return lake.scan(tables.METRIC_HISTORY).filter((pl.col("day") >= first) & (pl.col("time") < span.end))


def _last(lake: Lake, span: Span) -> dict[tuple[str, str], tuple[datetime, float]]:
    last = pl.col("time", "value").sort_by("time").last()
    found = _recent(lake, span).group_by("database_id", "metric").agg(last).collect()
    return {(database_id, metric): (at, value) for database_id, metric, at, value in found.iter_rows()}


def _last_times(lake: Lake, span: Span) -> dict[tuple[str, str], datetime]:
    return {key: at for key, (at, _) in _last(lake, span).items()}
