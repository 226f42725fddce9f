"""The asset of how databases do: what Monitoring measured, and what each says of itself in SQL."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.fleet import tables
from assets.fleet.asking import ask, queries
from assets.fleet.collecting import Collecting
from assets.fleet.collection import Deadline, Limits, Outcome, collect
from assets.fleet.logic.counters import Snapshot
from assets.fleet.logic.inventory import databases_of
from assets.fleet.logic.measured import SQL_METRICS, UNITS, Measured, Missing
from assets.fleet.logic.measured import Outcome as Value
from assets.fleet.logic.metric_history import latest
from assets.fleet.logic.sql_measures import Answer, SqlMeasures, measures, nothing
from assets.fleet.monitoring import Span, up_to_date
from assets.progress import Progress, show
from resources.autonomous_databases import RUNNING, AutonomousDatabase
from resources.clock import Clock
from resources.lake import Lake
from resources.metric_history import DatabaseMetrics
from resources.sql_sessions import SqlSessions
from resources.tables import Table

_KEY = dg.AssetKey(["fleet", "measurements"])
_CHECK = "most_is_known"
_KEPT_DAYS: Mapping[Table, int] = {
    tables.MEASUREMENTS: 400, tables.METRIC_HISTORY: 400, tables.WAIT_EVENTS: 90, tables.TOP_SQL: 90,
}  # fmt: skip


class Measuring(Collecting):
    """What is measured, and how much of it has to be known."""

    interval_minutes: int = Field(default=60, ge=1, le=1440, description="Of the values that are read from Monitoring.")
    days_back: int = Field(default=44, ge=1, le=90, description="How far a first collection goes back in Monitoring.")
    question_seconds: float = Field(
        default=120, gt=0, le=3600, description="For each question to Monitoring, which is of up to 60 databases."
    )
    most_unknown: float = Field(
        default=0.05, ge=0, le=1, description="Share of measurements that may be unknown for the check to pass."
    )


@dg.asset(
    key=_KEY,
    group_name="fleet",
    owners=["team:dba"],
    kinds={"oracle", "polars", "deltalake"},
    metadata=table_metadata(tables.MEASUREMENTS),
    deps=[dg.AssetKey(["fleet", "databases"])],
    pool="fleet_collection",
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=_KEY,
            description="Most measurements of databases that run have a value. One without is stored with its reason.",
        )
    ],
)
def measurements(
    config: Measuring, lake: Lake, cloud_clock: Clock, database_metrics: DatabaseMetrics, database_sessions: SqlSessions
) -> dg.MaterializeResult:
    """Every metric of every database, with its value or the reason why there is none.

    Databases are asked many at once, each within its own time: one that does not answer is unknown after it and delays no
    other. What they wait for and which statements cost most is of the time since the collection before.
    """
    now = cloud_clock.now()
    interval = timedelta(minutes=config.interval_minutes)
    span = Span(_whole(now, interval), interval, timedelta(days=config.days_back))
    fleet = databases_of(lake.scan(tables.DATABASES).collect())
    not_running = {one.id: _why_not(one) for one in fleet if one.lifecycle_state not in RUNNING}
    with errors_classified():
        limits = Limits(config.workers, config.question_seconds)
        brought = up_to_date(lake, database_metrics, fleet, span, limits, show)
        asked = [one for one in fleet if one.id not in not_running]
        told = _told_by_databases(lake, database_sessions, asked, now, config.limits, show)
    values: dict[tuple[str, str], Value] = latest(fleet, brought.last, brought.failed, span.end, interval, not_running)
    told |= {database_id: nothing(Missing("unavailable", reason)) for database_id, reason in not_running.items()}
    values |= {(database_id, metric): value for database_id, one in told.items() for metric, value in one.values.items()}
    stored = _stored(lake, values, told, now)
    for table, days in _KEPT_DAYS.items():
        _forget(lake, table, now - timedelta(days=days))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(stored),
            "databases": len(fleet),
            "not_running": len(not_running),
            "values_of_monitoring_read": brought.added,
            "by_status": dg.MetadataValue.json(dict(sorted(stored["status"].value_counts().iter_rows()))),
            "missing": markdown_table(_missing(stored)),
        },
        check_results=[_checked(stored, config.most_unknown)],
    )


def _told_by_databases(
    lake: Lake,
    sessions: SqlSessions,
    databases: Sequence[AutonomousDatabase],
    now: datetime,
    limits: Limits,
    progress: Progress,
) -> dict[str, SqlMeasures]:
    before = _snapshots(lake)

    def work(database: AutonomousDatabase, deadline: Deadline) -> dict[str, Answer]:
        return asked(sessions, database, deadline)

    def told(outcome: Outcome[AutonomousDatabase, dict[str, Answer]]) -> SqlMeasures:
        if outcome.answer is None:
            return nothing(Missing("unknown", str(outcome.reason)))
        return measures(outcome.answer, before.get(outcome.item.id, {}), now + timedelta(seconds=outcome.began))

    return {outcome.item.id: told(outcome) for outcome in collect(databases, work, limits, progress, "asking databases")}


def asked(sessions: SqlSessions, database: AutonomousDatabase, deadline: Deadline) -> dict[str, Answer]:
    """Answers of one database to all queries. Raises a CloudOpsError if it cannot be asked."""
    with ExitStack() as stack:
        session = deadline.call(lambda: stack.enter_context(sessions.session(database, max(deadline.left, 0.001))))
        return ask(session, queries(), deadline)


def _stored(lake: Lake, values: Mapping[tuple[str, str], Value], told: Mapping[str, SqlMeasures], now: datetime) -> pl.DataFrame:
    """Write a collection down; returns its measurements."""
    at = {"collected_at": now, "day": now.date()}
    rows = [{"database_id": d, "metric": metric, **at, **_cells(metric, value)} for (d, metric), value in values.items()]
    stored = pl.DataFrame(rows, schema=tables.MEASUREMENTS.schema)
    _add(lake, tables.MEASUREMENTS, stored, now)
    from_ = {d: {"database_id": d, **at, "interval_start": one.start} for d, one in told.items()}
    waits = [{**from_[d], **row} for d, one in told.items() for row in one.waits]
    statements = [{**from_[d], **row} for d, one in told.items() for row in one.statements]
    _add(lake, tables.WAIT_EVENTS, pl.DataFrame(waits, schema=tables.WAIT_EVENTS.schema), now)
    _add(lake, tables.TOP_SQL, pl.DataFrame(statements, schema=tables.TOP_SQL.schema), now)
    _keep_counters(lake, told)
    return stored


def _add(lake: Lake, table: Table, rows: pl.DataFrame, now: datetime) -> None:
    """The rows of this collection, in the place of an attempt's before."""
    if not rows.is_empty():
        others = lake.scan(table).filter((pl.col("day") == now.date()) & (pl.col("collected_at") != now)).collect()
        lake.replace(table, pl.concat([others, rows]), where=f"day = '{now.date()}'")


def _snapshots(lake: Lake) -> dict[str, dict[str, Snapshot]]:
    found: dict[str, dict[str, Snapshot]] = {}
    for row in lake.scan(tables.COUNTERS).collect().to_dicts():
        instances = None if row["instances"] is None else json.loads(row["instances"])
        found.setdefault(row["database_id"], {})[row["query"]] = Snapshot(row["read_at"], instances, json.loads(row["rows"]))
    return found


def _keep_counters(lake: Lake, told: Mapping[str, SqlMeasures]) -> None:
    """Counters as they stand; those of a database that did not tell them stay as they were, those of one that is gone go."""
    rows = [
        (d, query, s.at, None if s.instances is None else json.dumps(dict(s.instances)), json.dumps(list(s.rows)))
        for d, one in told.items()
        for query, s in one.snapshots.items()
    ]
    new = pl.DataFrame(rows, schema=tables.COUNTERS.schema, orient="row")
    before = lake.scan(tables.COUNTERS).filter(pl.col("database_id").is_in(list(told))).collect()
    lake.replace(tables.COUNTERS, pl.concat([new, before.join(new, on=["database_id", "query"], how="anti")]), where=None)


def _forget(lake: Lake, table: Table, before: datetime) -> None:
    oldest = lake.scan(table).select(pl.col("day").min()).collect().item()
    if oldest is not None and oldest < before.date():
        lake.replace(table, pl.DataFrame(schema=table.schema), where=f"day < '{before.date()}'")


def _cells(metric: str, value: Value) -> dict[str, Any]:
    source = "sql" if metric in SQL_METRICS else "monitoring"
    if isinstance(value, Measured):
        given = {"value": value.value, "status": "measured", "value_from": value.start, "value_to": value.end}
    else:
        given = {"status": value.status, "reason": value.reason}
    return {"value": None, "reason": None, "value_from": None, "value_to": None, **given, "unit": UNITS[metric], "source": source}


def _why_not(database: AutonomousDatabase) -> str:
    details = f" ({database.lifecycle_details})" if database.lifecycle_details else ""
    return f"it does not run: its state is {database.lifecycle_state}{details}"


def _whole(now: datetime, interval: timedelta) -> datetime:
    """End of the last interval that is over."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return now - (now - epoch) % interval


def _missing(stored: pl.DataFrame) -> pl.DataFrame:
    missing = stored.filter(pl.col("status") != "measured")
    counted = missing.group_by("status", "reason").agg(
        pl.col("database_id").n_unique().alias("databases"), pl.col("metric").unique().sort().alias("metrics")
    )
    return counted.sort("databases", "status", "reason", descending=[True, False, False])


def _checked(stored: pl.DataFrame, most: float) -> dg.AssetCheckResult:
    unknown = stored.filter(pl.col("status") == "unknown")
    first = unknown.filter(pl.col("reason").str.starts_with("it takes two collections"))
    judged = len(stored) - len(first)
    share = (len(unknown) - len(first)) / judged if judged else 0.0
    return dg.AssetCheckResult(
        check_name=_CHECK,
        passed=share <= most,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "share_unknown": share,
            "unknown": len(unknown),
            "of_them_need_a_second_collection": len(first),
            "unavailable": len(stored.filter(pl.col("status") == "unavailable")),
            "databases_that_did_not_answer": unknown.filter(pl.col("source") == "sql")["database_id"].n_unique(),
        },
    )
