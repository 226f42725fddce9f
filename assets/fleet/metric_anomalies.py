"""The asset of what is unusual in the metrics of databases."""

from datetime import datetime, timedelta

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.fleet import tables
from assets.fleet.logic.anomalies.settings import HISTORY
from assets.fleet.logic.anomalies.together import JOINT
from assets.fleet.logic.measured import SQL_METRICS
from assets.fleet.logic.unusual import ATTRIBUTES, gridded, incident_rows, unusual
from resources.clock import Clock
from resources.lake import Lake

_NOT_WATCHED = ("storage_used_gb",)
"""Metrics that say the same as another."""
_ONLY_KNOWN = ("database_id", "metric", "time", "value")


class Watching(dg.Config):
    """What is told."""

    interval_minutes: int = Field(default=60, ge=1, le=1440, description="Of the history, as `fleet/measurements` was told.")
    days: int = Field(default=30, ge=1, le=400, description="How far back anomalies are told.")


@dg.asset(
    key=["fleet", "metric_anomalies"],
    group_name="fleet",
    owners=["team:dba"],
    kinds={"python", "numpy", "deltalake"},
    metadata=table_metadata(tables.METRIC_ANOMALIES),
    deps=[dg.AssetKey(["fleet", "measurements"])],
)
def metric_anomalies(config: Watching, lake: Lake, cloud_clock: Clock) -> dg.MaterializeResult:
    """Where a metric is not as its past lets expect, or metrics of a database do not fit each other, by the past of each alone.

    The same in many databases at once is one incident, in `fleet/incidents`, with what they have in common. What was expected
    of every interval is in `fleet/metric_judgements`. What was not measured is unknown, and no evidence that all is well.
    """
    now = cloud_clock.now()
    interval = timedelta(minutes=config.interval_minutes)
    points = watched_points(lake, now, interval)
    fleet = lake.scan(tables.DATABASES).filter(pl.col("valid_to").is_null()).select("database_id", *ATTRIBUTES).collect()
    points = points.join(fleet.select("database_id"), on="database_id", how="semi")
    found = unusual(points, fleet, now - timedelta(days=config.days))
    rows = incident_rows(found)
    anomalies = found.anomalies.select(list(tables.METRIC_ANOMALIES.schema))
    lake.replace(tables.METRIC_JUDGEMENTS, found.judged.select(list(tables.METRIC_JUDGEMENTS.schema)), where=None)
    lake.replace(tables.METRIC_ANOMALIES, anomalies, where=None)
    told = pl.DataFrame(rows, schema=tables.INCIDENTS.schema)
    lake.replace(tables.INCIDENTS, told, where=None)
    newest = told.sort("is_open", "start", descending=True).select("start", "end", "is_open", "is_alarm", "said")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(anomalies),
            "joint": len(anomalies.filter(pl.col("metric") == JOINT)),
            "open": len(anomalies.filter(pl.col("is_open"))),
            "incidents": len(told),
            "intervals": dg.MetadataValue.json(dict(sorted(found.judged["verdict"].value_counts().iter_rows()))),
            "newest": markdown_table(newest),
        }
    )


def watched_points(lake: Lake, now: datetime, interval: timedelta) -> pl.DataFrame:
    """`database_id`, `metric`, `time` and `value` (null where not measured) of all that is watched, as far as verdicts reach."""
    first = (now - HISTORY * interval).date()
    history = lake.scan(tables.METRIC_HISTORY).filter((pl.col("day") >= first) & ~pl.col("metric").is_in(_NOT_WATCHED))
    own = lake.scan(tables.MEASUREMENTS).filter((pl.col("day") >= first) & pl.col("metric").is_in(list(SQL_METRICS)))
    moments = own.with_columns(pl.col("collected_at").alias("time"))
    until = now.replace(minute=0, second=0, microsecond=0) if interval >= timedelta(hours=1) else now
    return gridded(history.select(*_ONLY_KNOWN, "minutes").collect(), moments.select(_ONLY_KNOWN).collect(), until, interval)
