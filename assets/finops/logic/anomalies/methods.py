"""The detector and the methods that it is compared with, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from assets.finops.logic.anomalies import detection
from assets.finops.logic.anomalies.detection import Watch, watch
from assets.finops.logic.anomalies.settings import Settings
from assets.finops.logic.anomaly_quality.baselines import optscale, robust_z
from assets.finops.logic.anomaly_quality.isolation_forest import isolation_forest
from assets.finops.logic.panel import Panel

OWN = "walk-forward"
_GAP_DAYS = 2

DETECTORS: Mapping[str, Callable[[Panel], pl.DataFrame]] = {
    OWN: detection.detect,
    "isolation-forest": isolation_forest,
    "mean-plus-30-percent": optscale,
    "robust-z": robust_z,
}
"""From costs to alerts. The isolation forest sees the future; the others judge a day with the days up to it."""


def watched(panel: Panel, method: str, settings: Settings | None = None) -> Watch:
    """What a method saw. Alerts of the methods without episodes of their own are chained where they are two days apart at most.

    Raises:
        KeyError: There is no such method.
    """
    return watch(panel, settings) if method == OWN else _chained(panel, DETECTORS[method](panel))


def _chained(panel: Panel, alerts: pl.DataFrame) -> Watch:
    ordered = alerts.sort("series", "day")
    begins = (pl.col("day") - pl.col("day").shift(1) > _GAP_DAYS) | (pl.col("series") != pl.col("series").shift(1))
    first = ordered.with_columns(chain=begins.fill_null(value=True).cum_sum()).unique("chain", keep="first", maintain_order=True)
    known = ~np.isnan(panel.totals)
    began = panel.first_days()[first["series"].to_numpy()]
    history = [int(known[s, b:d].sum()) for s, b, d in zip(first["series"], began, first["day"], strict=True)]
    alarms = first.with_columns(
        onset="day",
        kind=pl.when(pl.col("direction") == "up").then(pl.lit("spike")).otherwise(pl.lit("change")),
        level="expected",
        noise=pl.lit(0.0),
        history_days=pl.Series(history, dtype=pl.Int64),
        resource_levels=pl.col("resources").list.eval(pl.lit(0.0)),
    )
    shape = panel.totals.shape
    unknown = np.full(shape, np.nan)
    return Watch(alarms, unknown, np.ones(shape))
