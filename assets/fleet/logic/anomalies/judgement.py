"""What is said of each point of a metric: usual, an anomaly, or unknown; with what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.fleet.logic.anomalies import past
from assets.fleet.logic.anomalies.expectation import DAY, expect
from assets.fleet.logic.anomalies.novelty import novelty
from assets.fleet.logic.anomalies.past import Floats
from assets.fleet.logic.anomalies.settings import DEFAULT, Settings
from assets.fleet.logic.anomalies.stays import Flags, stays
from assets.fleet.logic.anomalies.stuck import stuck

USUAL, ANOMALY, UNKNOWN = "usual", "anomaly", "unknown"
NO_VALUE, SHORT_HISTORY = "not measured", "too little history"
JUDGED = {
    "expected": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "surprise": pl.Float64(),
    "novelty": pl.Float64(),
    "verdict": pl.String(),
    "unknown_because": pl.String(),
    "is_alarm": pl.Boolean(),
    "is_stuck": pl.Boolean(),
}
"""What `judge_frame` adds: null where unknown; `verdict` is `USUAL`, `ANOMALY` or `UNKNOWN`; the flags are null with that."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One entry per point, in order of time.

    Attributes:
        expected: What the value was expected to be; NaN where unknown.
        low: Below this it would be an anomaly by itself.
        high: Above this likewise.
        surprise: Distance from what was expected in noises, negative below it; NaN where the value or the expectation is unknown.
        novelty: See `novelty.novelty`; NaN likewise.
        is_anomaly: Part of a stay outside of what was expected, or stuck. False where unknown.
        is_stuck: The value stands still as it never did. False where unknown.
        is_alarm: An anomaly at a point that is newer than everything of the last weeks: one to wake somebody for. False where
            unknown.
        is_judged: Whether the value is known and there was enough history: otherwise the verdict is unknown.
    """

    expected: Floats
    low: Floats
    high: Floats
    surprise: Floats
    novelty: Floats
    is_anomaly: Flags
    is_stuck: Flags
    is_alarm: Flags
    is_judged: Flags


def judge(times: NDArray[np.datetime64], values: Floats, *, settings: Settings = DEFAULT, matters: float = 0.0) -> Judgement:
    """Judge every point by those before it.

    Args:
        times: Ascending; steps may be uneven and times may be missing.
        values: NaN where the metric is unknown.
        settings: Thresholds and spans.
        matters: Distance from what was expected, in the unit of the metric, below which nobody would call it an anomaly.

    Raises:
        ValueError: Times and values differ in number, or times do not ascend.
    """
    seconds = times.astype("datetime64[s]").astype(np.int64)
    if seconds.shape != values.shape:
        raise ValueError(f"{len(seconds)} times, but {len(values)} values")
    if np.any(np.diff(seconds) < 0):
        raise ValueError("times do not ascend: sort the points by time first")
    values = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    expectation = expect(seconds, values, settings)
    long_enough = past.since_first(seconds, values, settings.least_days * DAY)
    judged = ~np.isnan(expectation.noise + values) & long_enough & (past.count(values) >= settings.least_history)
    noise = np.fmax(expectation.noise, matters / settings.surprise)
    expected, noise = np.where(judged, expectation.value, np.nan), np.where(judged, noise, np.nan)
    surprise = (values - expected) / noise
    new = np.where(judged, novelty(values, expectation.value, surprise, settings), np.nan)
    reach = settings.surprise * noise
    still = stuck(values, settings) & judged
    outside = stays(np.abs(surprise), settings.surprise, settings.goes_on) | still
    return Judgement(
        expected,
        expected - reach,
        expected + reach,
        surprise,
        new,
        outside,
        still,
        outside & (new >= settings.novelty),
        judged,
    )


def judge_frame(
    points: pl.DataFrame,
    series: Sequence[str],
    *,
    since: datetime | None = None,
    settings: Settings = DEFAULT,
    matters: dict[str, float] | None = None,
) -> pl.DataFrame:
    """Judge many series.

    Args:
        points: The columns of `series`, `time` (Datetime) and `value` (Float64, null where unknown); in any order.
        series: Columns that tell one series from another, e.g. `database_id` and `metric`.
        since: Only points from then on are answered; `HISTORY` points before it are enough to say the same as with all.
        settings: Thresholds and spans.
        matters: Per value of the column `metric`, see `judge`.

    Returns:
        `points` by series and time, with the columns of `JUDGED`.
    """
    ordered = points.sort(*series, "time")
    least = matters or {}
    parts = [
        _judged(part, settings, least.get(part["metric"][0], 0.0) if least else 0.0)
        for part in ordered.partition_by(*series, maintain_order=True)
    ]
    judged = (
        pl.concat(parts) if parts else ordered.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in JUDGED.items())
    )
    return judged if since is None else judged.filter(pl.col("time") >= since)


def _judged(points: pl.DataFrame, settings: Settings, matters: float) -> pl.DataFrame:
    values = points["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    said = judge(points["time"].dt.replace_time_zone(None).to_numpy(), values, settings=settings, matters=matters)
    verdict = np.where(said.is_judged, np.where(said.is_anomaly, ANOMALY, USUAL), UNKNOWN)
    because = np.where(np.isfinite(values), SHORT_HISTORY, NO_VALUE)
    return points.with_columns(
        *(
            pl.Series(name, getattr(said, name), pl.Float64).fill_nan(None)
            for name in ("expected", "low", "high", "surprise", "novelty")
        ),
        pl.Series("verdict", verdict, pl.String),
        pl.when(pl.Series(said.is_judged)).then(None).otherwise(pl.Series(because, dtype=pl.String)).alias("unknown_because"),
        *(
            pl.when(pl.Series(said.is_judged)).then(pl.Series(getattr(said, name))).alias(name)
            for name in ("is_alarm", "is_stuck")
        ),
    )
