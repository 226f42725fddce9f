"""The asset of the fleet report."""

from datetime import datetime, timedelta

import dagster as dg
import polars as pl

from assets.failures import errors_classified
from assets.fleet import tables
from assets.fleet.facts import costs_of, last_collection
from assets.fleet.logic.report.data import DAYS, ReportData
from assets.fleet.logic.report.fleet_page import counts
from assets.fleet.logic.report.making import FOLDER, PAGE, Report, make
from resources.clock import Clock
from resources.errors import NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

PREFIX = "fleet/"
REPORT_KEY = f"{PREFIX}{PAGE}"
SNAPSHOT_KEY = f"{PREFIX}report-snapshots.json"
_DEPS = ("databases", "measurements", "status", "metric_anomalies", "capacity", "recommendations")
_SHOWN = ("cpu_utilization", "storage_used_gb", "sessions", "execute_count")


@dg.asset(
    key=["fleet", "fleet_report"],
    deps=[["fleet", name] for name in _DEPS],
    group_name="fleet",
    owners=["team:dba"],
    kinds={"html", "markdown"},
)
def fleet_report(lake: Lake, report_store: ObjectStore, cloud_clock: Clock) -> dg.MaterializeResult:
    """A page of the fleet and one for each database, which open offline, and Markdown; a copy of the day is kept.

    What changed since yesterday's report comes first; then how the fleet stands, incidents, databases with the worst first,
    capacity and recommendations. What is unknown is shown as unknown.
    """
    with errors_classified():
        data = report_data(lake, cloud_clock.now())
        report = write_report(data, report_store)
    levels = counts(data)
    return dg.MaterializeResult(
        metadata={
            "report": REPORT_KEY,
            "copy": f"{PREFIX}{data.now:%Y-%m-%d}/{PAGE}",
            "databases": len(data.databases),
            **{level: levels[level] for level in ("critical", "warning", "unknown", "ok")},
            "changes": len(report.changes.changes),
            "pages": len(report.files),
            "bytes": sum(map(len, report.files.values())),
        }
    )


def write_report(data: ReportData, store: ObjectStore) -> Report:
    """Make the report and store it, with a copy under its day; pages of databases that are gone stay in the copies alone.

    What the next report is compared with is stored last: a run that is cut off changes nothing of it.
    """
    report = make(data, _kept(store))
    for folder in (f"{PREFIX}{data.now:%Y-%m-%d}/", PREFIX):
        for path, content in report.files.items():
            store.put(folder + path, content)
    there = {found.key for found in store.list_objects(f"{PREFIX}{FOLDER}/")}
    for key in there - {PREFIX + path for path in report.files}:
        store.delete(key)
    store.put(SNAPSHOT_KEY, report.kept)
    return report


def report_data(lake: Lake, now: datetime) -> ReportData:
    """What the report shows, read from the lake."""
    first = (now - timedelta(days=DAYS)).date()
    databases = lake.scan(tables.DATABASES).filter(pl.col("valid_to").is_null()).sort("display_name", "database_id").collect()
    history = lake.scan(tables.METRIC_HISTORY).filter(pl.col("day") >= first, pl.col("metric").is_in(list(_SHOWN)))
    asked = lake.scan(tables.MEASUREMENTS).filter(
        pl.col("day") >= first, pl.col("source") == "sql", pl.col("value").is_not_null()
    )
    return ReportData(
        now=now,
        databases=databases.to_dicts(),
        places=lake.scan(tables.PLACES).collect().to_dicts(),
        status=lake.scan(tables.STATUS).collect().to_dicts(),
        measured=last_collection(lake, tables.MEASUREMENTS).to_dicts(),
        history=history.select("database_id", "metric", "time", "value").sort("time").collect(),
        asked=asked.select("database_id", "metric", pl.col("collected_at").alias("time"), "value").sort("time").collect(),
        waits=last_collection(lake, tables.WAIT_EVENTS).to_dicts(),
        statements=last_collection(lake, tables.TOP_SQL).to_dicts(),
        anomalies=lake.scan(tables.METRIC_ANOMALIES).collect().to_dicts(),
        incidents=lake.scan(tables.INCIDENTS).collect().to_dicts(),
        capacity=lake.scan(tables.CAPACITY).collect().to_dicts(),
        recommendations=lake.scan(tables.RECOMMENDATIONS).collect().to_dicts(),
        costs=costs_of(lake, databases["database_id"].to_list()),
    )


def _kept(store: ObjectStore) -> bytes | None:
    """What the reports before left to be compared with."""
    try:
        return store.get(SNAPSHOT_KEY)
    except NotFound:
        return None
