"""The asset of capacity: when storage and CPU of each database reach their limits, and how often such forecasts held."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, picture, table_metadata
from assets.fleet import tables
from assets.fleet.logic.capacity.backtest import COVERAGE, Coverage, Errors, coverage, misses
from assets.fleet.logic.capacity.charts import coverage_png
from assets.fleet.logic.capacity.forecast import Outlook, outlook
from assets.fleet.logic.capacity.growth import Daily
from resources.clock import Clock
from resources.lake import Lake

_KEY = dg.AssetKey(["fleet", "capacity"])
_CHECK = "intervals_hold_what_came"
_BACK = timedelta(days=150)
_LEAST_FORECASTS, _TOLERANCE = 200, 0.15
_STORAGE, _CPU = "storage", "cpu"
_Subject = tuple[str, str]


@dg.asset(
    key=_KEY,
    deps=[["fleet", "databases"], ["fleet", "measurements"]],
    group_name="fleet",
    owners=["team:dba"],
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.CAPACITY),
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=_KEY,
            description=f"Of forecasts of the past for 1 to 14 days, about {COVERAGE:.0%} of the intervals held what came.",
        )
    ],
)
def capacity(lake: Lake, cloud_clock: Clock) -> dg.MaterializeResult:
    """Days until 80, 90 and 100 % of storage and CPU, with an interval; what is no number is said as what it is.

    Growth is the median slope of the last six weeks without steps such as a purge; the interval comes from how far forecasts
    of the past were off, for the database itself where it has enough of them, else for the fleet.
    """
    now = cloud_clock.now()
    current = lake.scan(tables.DATABASES).filter(pl.col("valid_to").is_null()).collect()
    series = _series(lake, now)
    missed = {key: misses(daily, piles_up=key[1] == _STORAGE) for key, daily in series.items()}
    fleet = {
        resource: Errors(m for key, all_of in missed.items() if key[1] == resource for m in all_of)
        for resource in (_STORAGE, _CPU)
    }
    rows: list[dict[str, Any]] = []
    for database in current.to_dicts():
        for resource in (_STORAGE, _CPU):
            key = (database["database_id"], resource)
            there, unit = _capacity(database, resource)
            found = outlook(
                series.get(key, ()),
                there,
                now.date(),
                Errors(missed.get(key, ())),
                fleet[resource],
                piles_up=resource == _STORAGE,
            )
            rows += _rows(database, resource, series.get(key, ()), there, unit, found, now)
    held = {r: coverage({k[0]: m for k, m in missed.items() if k[1] == r}) for r in (_STORAGE, _CPU)}
    frame = pl.DataFrame(rows, schema=tables.CAPACITY.schema)
    lake.replace(tables.CAPACITY, frame, where=None)
    _keep_quality(lake, held, now)
    return dg.MaterializeResult(metadata=_told(frame, held), check_results=[_checked(held)])


def _series(lake: Lake, now: datetime) -> dict[_Subject, Daily]:
    """What was used by day; today is not over.

    Of storage, the most of a day. Of CPU, what 95 % of the hours of a day stay below, on average of the five busiest of the last
    seven days: weekends, on which nothing happens, say nothing of whether there is enough.
    """
    history = (
        lake.scan(tables.METRIC_HISTORY)
        .filter(pl.col("day") >= (now - _BACK).date(), pl.col("day") < now.date())
        .filter(pl.col("metric").is_in(["storage_used_gb", "cpu_utilization"]))
    )
    of_day = (
        pl.when(pl.col("metric").first() == "cpu_utilization")
        .then(pl.col("value").quantile(0.95))
        .otherwise(pl.col("value").max())
    )
    daily = (
        history.group_by("database_id", "metric", "day").agg(of_day.alias("value")).sort("database_id", "metric", "day").collect()
    )
    found: dict[_Subject, list[tuple[date, float]]] = defaultdict(list)
    for database_id, metric, day, value in daily.iter_rows():
        found[database_id, _CPU if metric == "cpu_utilization" else _STORAGE].append((day, value))
    return {key: _busiest(values) if key[1] == _CPU else tuple(values) for key, values in found.items()}


def _busiest(values: Sequence[tuple[date, float]]) -> Daily:
    """The mean of the five greatest values of each day and the six before it; of a beginning without these, nothing."""
    first, week = values[0][0] + timedelta(days=6), timedelta(days=7)
    found = []
    for day, _ in values:
        busiest = sorted((value for at, value in values if day - week < at <= day), reverse=True)[:5]
        if day >= first:
            found.append((day, sum(busiest) / len(busiest)))
    return tuple(found)


def _capacity(database: Mapping[str, Any], resource: str) -> tuple[float | None, str]:
    return (100.0, "%") if resource == _CPU else (database["data_storage_gb"], "GB")


def _rows(
    database: Mapping[str, Any], resource: str, daily: Daily, there: float | None, unit: str, found: Outlook, now: datetime
) -> list[dict[str, Any]]:
    grown = found.grown
    step = grown.steps[-1] if grown and grown.steps else None
    scaling = database["is_auto_scaling_enabled" if resource == _CPU else "is_storage_auto_scaling_enabled"]
    shared = {
        "database_id": database["database_id"],
        "resource": resource,
        "used": daily[-1][1] if daily else None,
        "capacity": there,
        "unit": unit,
        "is_auto_scaling": scaling,
        "per_day": grown and grown.per_day,
        "noise": grown and grown.noise,
        "measured_days": grown and grown.days,
        "last_day": daily[-1][0] if daily else None,
        "last_step_on": step and step.day,
        "last_step_size": step and step.size,
        "forecast_at": now,
    }
    return [
        {
            **shared,
            "level_percent": full.level_percent,
            "answer": full.answer,
            "days": full.days,
            "earliest_days": full.earliest,
            "latest_days": full.latest,
            "needs_days": full.needs_days,
            "reason": full.reason,
        }
        for full in found.full
    ]


def _keep_quality(lake: Lake, held: Mapping[str, Sequence[Coverage]], now: datetime) -> None:
    rows = [
        {"resource": resource, "horizon_days": one.horizon, "forecasts": one.forecasts, "inside": one.inside, "measured_at": now}
        for resource, all_of in held.items()
        for one in all_of
    ]
    frame = pl.DataFrame(rows, schema=tables.CAPACITY_QUALITY.schema)
    lake.replace(tables.CAPACITY_QUALITY, frame, where=f"measured_at = '{now.isoformat()}'")


def _told(frame: pl.DataFrame, held: Mapping[str, Sequence[Coverage]]) -> dict[str, Any]:
    full = frame.filter(pl.col("resource") == _STORAGE, pl.col("level_percent") == 100)
    soonest = full.filter(pl.col("answer").is_in(["forecast", "reached"])).sort("days")
    told: dict[str, Any] = {
        "dagster/row_count": len(frame),
        "answers_for_storage": markdown_table(full.group_by("answer").len("databases").sort("answer")),
        "soonest_full": markdown_table(soonest.select("database_id", "answer", "earliest_days", "days", "latest_days"), limit=10),
    }
    for resource, all_of in held.items():
        counted = [one for one in all_of if one.forecasts]
        if counted:
            told[f"coverage_{resource}"] = sum(one.inside for one in counted) / sum(one.forecasts for one in counted)
            told[f"forecasts_judged_{resource}"] = sum(one.forecasts for one in counted)
    if any(one.forecasts for all_of in held.values() for one in all_of):
        told["coverage"] = picture("coverage", coverage_png(held))
    return told


def _checked(held: Mapping[str, Sequence[Coverage]]) -> dg.AssetCheckResult:
    near = [one for one in held[_STORAGE] if one.horizon <= 14]
    forecasts, inside = sum(one.forecasts for one in near), sum(one.inside for one in near)
    share = inside / forecasts if forecasts else None
    return dg.AssetCheckResult(
        check_name=_CHECK,
        passed=share is None or forecasts < _LEAST_FORECASTS or abs(share - COVERAGE) <= _TOLERANCE,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "forecasts": forecasts,
            "inside": inside,
            "share": "unknown: no forecast has come due" if share is None else share,
        },
    )
