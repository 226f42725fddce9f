"""What is unusual in the fleet: anomalies of metrics and of metrics together as rows, and the incidents that they are part of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from assets.fleet.logic.anomalies.episodes import EPISODES, episodes
from assets.fleet.logic.anomalies.incidents import Incident, incidents
from assets.fleet.logic.anomalies.judgement import judge_frame
from assets.fleet.logic.anomalies.together import JOINT, together

SERIES = ("database_id", "metric")
MATTERS: Mapping[str, float] = {
    "cpu_utilization": 10,
    "memory_utilization": 5,
    "storage_utilization": 1,
    "sessions": 5,
    "failed_logons": 5,
    "database_availability": 1,
    "response_time_seconds": 0.1,
    "active_sessions": 5,
    "blocked_sessions": 2,
}
"""Distance from what was expected, in the unit of the metric, below which nobody would call it an anomaly."""
_MATTERS_WITH_THE_OTHERS = 0.15
"""Of metrics that are not in `MATTERS`: part of what the others let expect, within which a misfit is no anomaly."""
ATTRIBUTES = ("region", "compartment", "environment", "workload", "db_version", "role")
"""What databases may have in common."""
_ON = ("database_id", "metric", "time")


@dataclass(frozen=True, slots=True)
class Unusual:
    """What was found.

    Attributes:
        judged: Every interval from a moment on, with what was expected of it.
        anomalies: Rows of `fleet/metric_anomalies`.
        incidents: What they are part of.
    """

    judged: pl.DataFrame
    anomalies: pl.DataFrame
    incidents: Sequence[Incident]


def unusual(points: pl.DataFrame, databases: pl.DataFrame, since: datetime) -> Unusual:
    """Find it.

    Args:
        points: `database_id`, `metric`, `time`, `value` (null where it was not measured), with history before `since`.
        databases: `database_id` and `ATTRIBUTES` of all that are watched.
        since: From when on anomalies are told.
    """
    judged = judge_frame(points, SERIES, matters=dict(MATTERS))
    of_metrics = episodes(judged, SERIES).join(
        judged.select(*SERIES, pl.col("time").alias("peak"), "low", "high"), on=[*SERIES, "peak"], how="left"
    )
    jointly = together(judged)
    found = pl.concat([of_metrics, _joint(jointly)], how="diagonal_relaxed").filter(pl.col("end") >= since)
    found = found.sort("start", *SERIES)
    known = pl.concat(
        [
            judged.filter((pl.col("time") >= since) & (pl.col("verdict") != "unknown")).select(SERIES).unique(),
            jointly.filter((pl.col("time") >= since) & (pl.col("verdict") != "unknown"))
            .select("database_id", pl.lit(JOINT).alias("metric"))
            .unique(),
        ]
    )
    watched = databases.filter(pl.col("database_id").is_in(points["database_id"].unique().implode()))
    told = incidents(found, watched, attributes=ATTRIBUTES, known=known)
    part_of = {row: one.incident_id for one in told for row in one.anomalies}
    ids = pl.Series("incident_id", [part_of[row] for row in range(len(found))], pl.String)
    return Unusual(judged.filter(pl.col("time") >= since), found.with_columns(ids), told)


def gridded(history: pl.DataFrame, others: pl.DataFrame, until: datetime, interval: timedelta) -> pl.DataFrame:
    """Points at every interval: those that were measured, and null for those that were not.

    Args:
        history: `database_id`, `metric`, `time`, `value`, `minutes` at whole intervals of so many minutes.
        others: The same of what was measured at any moment, null if that failed; of several in an interval, the last counts.
        until: End of the last interval.
        interval: Of what was measured at any moment.
    """
    floored = others.with_columns(pl.col("time").dt.truncate(interval)).sort(*_ON)
    moments = floored.group_by(*_ON, maintain_order=True).agg(pl.col("value").last())
    parts = [_whole(part, until, timedelta(minutes=minutes)) for (minutes,), part in history.group_by("minutes")]
    return pl.concat([moments.select(*_ON, "value"), *parts])


def _whole(history: pl.DataFrame, until: datetime, interval: timedelta) -> pl.DataFrame:
    last = pl.lit(until - interval).dt.cast_time_unit("us")
    spans = history.group_by(SERIES).agg(pl.col("time").min().alias("first")).filter(pl.col("first") <= last)
    grid = spans.with_columns(pl.datetime_ranges("first", last, interval).alias("time"))
    every = grid.select(*SERIES, "time").explode("time", empty_as_null=False)
    return every.join(history.select(*_ON, "value"), on=_ON, how="left")


def incident_rows(found: Unusual) -> list[dict[str, Any]]:
    """Rows of `fleet/incidents`."""
    flags = found.anomalies.group_by("incident_id").agg(pl.col("is_open").any(), pl.col("is_alarm").any(), pl.len())
    by_id = {row["incident_id"]: row for row in flags.to_dicts()}
    return [
        {
            "incident_id": one.incident_id,
            "start": one.start,
            "end": one.end,
            "is_open": by_id[one.incident_id]["is_open"],
            "is_alarm": by_id[one.incident_id]["is_alarm"],
            "metrics": list(one.metrics),
            "scope": None if one.scope is None else ", ".join(f"{name}={value}" for name, value in one.scope),
            "databases": list(one.databases),
            "not_affected": list(one.not_affected),
            "apart": list(one.apart),
            "unknown": list(one.unknown),
            "elsewhere": one.elsewhere,
            "anomalies": by_id[one.incident_id]["len"],
            "said": one.said,
        }
        for one in found.incidents
    ]


def _joint(jointly: pl.DataFrame) -> pl.DataFrame:
    """Stretches in which metrics did not fit each other, as episodes of a metric of its own, with their causes."""
    nothing = {name: pl.lit(None, pl.Float64).alias(name) for name in ("value", "expected", "novelty")}
    flags = (pl.lit(value=False).alias(name) for name in ("is_alarm", "is_stuck"))
    as_metric = jointly.with_columns(pl.lit(JOINT).alias("metric"), *nothing.values(), *flags)
    found = episodes(as_metric, SERIES).with_columns(pl.lit(JOINT).alias("direction"))
    causes = jointly.select("database_id", pl.col("time").alias("peak"), "causes")
    with_causes = found.select(*SERIES, *EPISODES).join(causes, on=["database_id", "peak"], how="left")
    return with_causes.filter(pl.col("causes").list.eval(_matters(pl.element())).list.any())


def _matters(cause: pl.Expr) -> pl.Expr:
    """Whether the metric of a cause is so far from what the others let expect that people would call that an anomaly."""
    expected = cause.struct.field("expected_with_the_others")
    least = cause.struct.field("metric").replace_strict(
        list(MATTERS), [float(least) for least in MATTERS.values()], default=None, return_dtype=pl.Float64
    )
    return (cause.struct.field("value") - expected).abs() >= least.fill_null(_MATTERS_WITH_THE_OTHERS * expected.abs())
