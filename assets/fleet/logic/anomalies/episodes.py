"""Anomalies as stretches of time: what begins, how far it goes, and when it ends."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from assets.fleet.logic.anomalies.judgement import ANOMALY, UNKNOWN

UP, DOWN, FLAT = "up", "down", "flat"
_APART = 3
"""Anomalous points at most so many judged points apart are one episode."""
EPISODES = {
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
    "points": pl.UInt32(),
    "direction": pl.String(),
    "peak": pl.Datetime("us"),
    "value": pl.Float64(),
    "expected": pl.Float64(),
    "surprise": pl.Float64(),
    "novelty": pl.Float64(),
    "is_alarm": pl.Boolean(),
    "is_open": pl.Boolean(),
}
"""Columns of `episodes` after those of the series. `end` is the time of the last anomalous point. `value`, `expected` and
`surprise` are those of the point farthest out, at `peak`. `direction` is `UP`, `DOWN` or, of a metric that is stuck, `FLAT`.
`is_open` says that it may still go on."""


def episodes(judged: pl.DataFrame, series: Sequence[str]) -> pl.DataFrame:
    """The episodes in what `judge_frame` answers, by series and start.

    Unknown points neither end an episode nor prolong it.
    """
    known = judged.filter(pl.col("verdict") != UNKNOWN).sort(*series, "time")
    place = known.with_columns(position=pl.int_range(pl.len()).over(series), last=pl.len().over(series).cast(pl.Int64) - 1)
    out = place.filter(pl.col("verdict") == ANOMALY)
    number = (pl.col("position").diff().over(series).fill_null(0) > _APART).cast(pl.UInt32).cum_sum().over(series)
    farthest = pl.col("surprise").abs().arg_max()
    found = (
        out.with_columns(number.alias("number"))
        .group_by(*series, "number", maintain_order=True)
        .agg(
            start=pl.col("time").min(),
            end=pl.col("time").max(),
            points=pl.len(),
            direction=pl.when(pl.col("is_stuck").all())
            .then(pl.lit(FLAT))
            .when(pl.col("surprise").get(farthest) < 0)
            .then(pl.lit(DOWN))
            .otherwise(pl.lit(UP)),
            peak=pl.col("time").get(farthest),
            value=pl.col("value").get(farthest),
            expected=pl.col("expected").get(farthest),
            surprise=pl.col("surprise").get(farthest),
            novelty=pl.col("novelty").max(),
            is_alarm=pl.col("is_alarm").any(),
            is_open=(pl.col("last") - pl.col("position")).min() < _APART,
        )
    )
    return found.select(*series, *EPISODES).sort(*series, "start")
