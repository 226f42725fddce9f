"""The metrics of each database, judged together, as frames: what did not fit, and what was to be expected."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from assets.fleet.logic.anomalies.joint import Joint, causes, judge_together
from assets.fleet.logic.anomalies.judgement import ANOMALY, UNKNOWN, USUAL
from assets.fleet.logic.anomalies.past import Floats
from assets.fleet.logic.anomalies.settings import DEFAULT, Settings

JOINT = "joint"
"""Stands where the name of a metric stands, for metrics that do not fit each other."""
CAUSE = pl.Struct(
    {
        "metric": pl.String(),
        "share": pl.Float64(),
        "value": pl.Float64(),
        "expected": pl.Float64(),
        "expected_with_the_others": pl.Float64(),
    }
)
TOGETHER = {
    "metrics": pl.UInt32(),
    "surprise": pl.Float64(),
    "verdict": pl.String(),
    "causes": pl.List(CAUSE),
}
"""Columns after `database_id` and `time`: how many metrics were known; how far the one that fits least is from what the
others let expect, in noises (null where unknown); the verdict; and for anomalies the metrics that do not fit, largest first."""


def together(judged: pl.DataFrame, *, since: datetime | None = None, settings: Settings = DEFAULT) -> pl.DataFrame:
    """Judge the metrics of every database jointly.

    Args:
        judged: What `judge_frame` answers for `database_id` and `metric`: with their history, not only the new points.
        since: Only points from then on are answered.
        settings: Those that `judged` was made with.

    Returns:
        A row per database and time at which a metric was measured, with the columns of `TOGETHER`.
    """
    ordered = judged.sort("database_id", "time")
    parts = [_together(part, settings) for part in ordered.partition_by("database_id", maintain_order=True)]
    if not parts:
        return judged.select("database_id", "time").with_columns(
            pl.lit(None, dtype).alias(name) for name, dtype in TOGETHER.items()
        )
    found = pl.concat(parts)
    return found if since is None else found.filter(pl.col("time") >= since)


def _together(judged: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    metrics = sorted(judged["metric"].unique())
    times = judged.select("database_id", "time").unique(maintain_order=True)
    surprises, values, expected = (_matrix(judged, column, metrics, times) for column in ("surprise", "value", "expected"))
    reach = _matrix(judged, "high", metrics, times) - expected
    joint = judge_together(surprises, settings=settings)
    found: list[list[dict[str, object]] | None] = [None] * len(times)
    for point in np.flatnonzero(joint.is_anomaly):
        found[point] = _causes(joint, surprises, values, expected, reach / settings.surprise, metrics, int(point))
    verdict = np.where(joint.is_judged, np.where(joint.is_anomaly, ANOMALY, USUAL), UNKNOWN)
    return times.with_columns(
        pl.Series("metrics", (~np.isnan(values)).sum(axis=0), pl.UInt32),
        pl.Series("surprise", joint.surprise, pl.Float64).fill_nan(None),
        pl.Series("verdict", verdict, pl.String),
        pl.Series("causes", found, pl.List(CAUSE)),
    )


def _matrix(judged: pl.DataFrame, column: str, metrics: list[str], times: pl.DataFrame) -> Floats:
    """Metrics × points; the last row of a metric and time counts."""
    rows = judged.select("metric", "time", column).unique(["metric", "time"], keep="last", maintain_order=True)
    wide = times.select("time").join(
        rows.pivot("metric", index="time", values=column), on="time", how="left", maintain_order="left"
    )
    return np.array([wide[metric].cast(pl.Float64).fill_null(float("nan")).to_numpy() for metric in metrics])


def _causes(
    joint: Joint, surprises: Floats, values: Floats, expected: Floats, noise: Floats, metrics: list[str], point: int
) -> list[dict[str, object]]:
    return [
        {
            "metric": metrics[cause.metric],
            "share": cause.share,
            "value": float(values[cause.metric, point]),
            "expected": float(expected[cause.metric, point]),
            "expected_with_the_others": float(expected[cause.metric, point] + cause.given_others * noise[cause.metric, point]),
        }
        for cause in causes(joint, surprises, point)
    ]
