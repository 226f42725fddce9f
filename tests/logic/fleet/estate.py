"""A fleet for tests of what is said of it: databases with weeks of metrics, and rows as the tables have them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from assets.fleet import tables
from assets.fleet.logic.recommendations.proposals import Cost, Facts
from assets.fleet.logic.recommendations.usage import cpu_use
from assets.fleet.logic.report.data import ReportData

NOW = datetime(2026, 11, 16, 6, tzinfo=UTC)


def ocid(name: str) -> str:
    return f"ocid1.autonomousdatabase.oc1.eu-frankfurt-1.{name.lower():a>12}"


def database(name: str = "orders", **fields: Any) -> dict[str, Any]:
    """A current row of fleet/databases."""
    usual = {
        "database_id": ocid(name), "region": "eu-frankfurt-1", "compartment_id": "ocid1.compartment.oc1..prod",
        "compartment": "acme/prod", "display_name": name, "db_name": name.upper(), "lifecycle_state": "AVAILABLE", "role": None,
        "workload": "OLTP", "compute_model": "ECPU", "compute_count": 8.0, "is_auto_scaling_enabled": False,
        "data_storage_gb": 1000.0, "is_storage_auto_scaling_enabled": False, "open_mode": "READ_WRITE", "peer_ids": [],
        "backup_retention_days": 60, "is_free_tier": False, "is_dedicated": False, "environment": "prod", "is_protected": False,
        "db_version": "26ai", "standbys": json.dumps([{"kind": "local", "lifecycle_state": "STANDBY", "lag_seconds": 2.0,
        "id": None, "region": None, "recovery_type": "ADG"}]), "time_created": NOW - timedelta(days=300), "seen_at": NOW,
        "valid_from": NOW - timedelta(days=90), "tags": "{}",
    }  # fmt: skip
    return {**dict.fromkeys(tables.DATABASES.schema), **usual, **fields}


def hours(value: Callable[[datetime], float], days: int = 28) -> list[tuple[datetime, float]]:
    """A value for each of the last hours."""
    return [(at, value(at)) for at in (NOW - timedelta(hours=n) for n in range(days * 24, 0, -1))]


def busy_by_day(at: datetime, low: float = 2, high: float = 30) -> float:
    """Working hours on working days."""
    return high if at.weekday() < 5 and 8 <= at.hour < 18 else low


def facts(
    row: dict[str, Any] | None = None, cpu: list[tuple[datetime, float]] | None = None, cost: Cost | None = None, **fields: Any
) -> Facts:
    """What is known of a database; nothing of what is not given."""
    given = row or database()
    use = cpu_use(cpu or [], given["compute_count"], is_auto_scaling=given["is_auto_scaling_enabled"], now=NOW)
    usual: dict[str, Any] = {"levels": {}, "measured": {}, "full": {}, "waits": [], "statements": []}
    return Facts(database=given, cpu=use, cost=cost or Cost(None, None, "there are no bills"), now=NOW, **{**usual, **fields})


def capacity(row: dict[str, Any], level: float = 100, resource: str = "storage", **fields: Any) -> dict[str, Any]:
    """A row of fleet/capacity."""
    usual = {
        "database_id": row["database_id"], "resource": resource, "level_percent": level, "answer": "forecast", "days": 40,
        "earliest_days": 30, "latest_days": 70, "used": 800.0, "capacity": 1000.0, "unit": "GB", "is_auto_scaling": False,
        "per_day": 5.0, "noise": 1.0, "measured_days": 42, "last_day": (NOW - timedelta(days=1)).date(), "forecast_at": NOW,
    }  # fmt: skip
    return {**dict.fromkeys(tables.CAPACITY.schema), **usual, **fields}


def status(
    row: dict[str, Any], metric: str = "overall", level: str = "ok", value: float | None = None, **fields: Any
) -> dict[str, Any]:
    """A row of fleet/status."""
    usual = {"database_id": row["database_id"], "metric": metric, "level": level, "value": value, "unit": "%", "warning": 70.0,
             "critical": 85.0, "since": NOW - timedelta(hours=5), "assessed_at": NOW}  # fmt: skip
    return {**dict.fromkeys(tables.STATUS.schema), **usual, **fields}


def measured(row: dict[str, Any], metric: str, value: float | None, unit: str = "%", **fields: Any) -> dict[str, Any]:
    """A row of fleet/measurements."""
    known = value is not None
    usual = {"database_id": row["database_id"], "metric": metric, "collected_at": NOW, "day": NOW.date(), "value": value,
             "unit": unit,
             "status": "measured" if known else "unknown", "reason": None if known else "it did not answer in 30 s",
             "source": "monitoring", "value_to": NOW if known else None}  # fmt: skip
    return {**dict.fromkeys(tables.MEASUREMENTS.schema), **usual, **fields}


def statement(
    row: dict[str, Any], sql_id: str = "7h35uxf5uhmm1", text: str = "SELECT 1 FROM dual", **fields: Any
) -> dict[str, Any]:
    """A row of fleet/top_sql."""
    usual = {"database_id": row["database_id"], "collected_at": NOW, "day": NOW.date(), "interval_start": NOW - timedelta(days=1),
             "rank": 1, "sql_id": sql_id, "plan_hash_value": "1", "sql_text": text, "executions": 1000.0,
             "elapsed_seconds": 3000.0,
             "seconds_per_execution": 3.0, "cpu_seconds": 900.0, "buffer_gets": 1e7, "disk_reads": 1e5, "rows_processed": 1e4,
             "share": 0.6}  # fmt: skip
    return {**usual, **fields}


def wait(
    row: dict[str, Any], event: str = "db file sequential read", wait_class: str = "User I/O", **fields: Any
) -> dict[str, Any]:
    """A row of fleet/wait_events."""
    usual = {"database_id": row["database_id"], "collected_at": NOW, "day": NOW.date(), "interval_start": NOW - timedelta(days=1),
             "rank": 1, "event": event, "wait_class": wait_class, "waits": 9e5, "seconds": 4200.0, "share": 0.7}  # fmt: skip
    return {**usual, **fields}


def history(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Four weeks of Monitoring's metrics of databases, each a little different; a day is missing in the middle."""
    found: list[dict[str, Any]] = []
    for place, row in enumerate(rows):
        for at in (NOW - timedelta(hours=n) for n in range(28 * 24, 0, -1)):
            if (NOW - at).days == 12:
                continue
            wave = math.sin(at.hour / 24 * 2 * math.pi + place)
            values = {
                "cpu_utilization": 35 + 25 * wave + 5 * math.sin(at.day * 7 + at.hour),
                "storage_used_gb": 700 + (NOW - at).days * -(2 + place),
                "sessions": 80 + 40 * wave,
                "execute_count": 5e5 + 3e5 * wave,
            }
            found += [{"database_id": row["database_id"], "metric": name, "time": at, "value": v} for name, v in values.items()]
    schema = {"database_id": pl.String(), "metric": pl.String(), "time": pl.Datetime("us", "UTC"), "value": pl.Float64()}
    return pl.DataFrame(found, schema=schema).sort("time")


def report_data(rows: list[dict[str, Any]] | None = None, **fields: Any) -> ReportData:
    """A report about databases, of which nothing is known but what is given."""
    there = [database()] if rows is None else rows
    empty = history([])
    usual: dict[str, Any] = {
        "now": NOW, "databases": there, "places": [], "status": [], "measured": [], "history": empty, "asked": empty, "waits": [],
        "statements": [], "anomalies": [], "incidents": [], "capacity": [], "recommendations": [], "costs": {},
    }  # fmt: skip
    return ReportData(**{**usual, **fields})
