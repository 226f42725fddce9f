"""The asset that measures how well anomalies are found in the fleet's own metrics."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.catalogue import markdown_table, picture, table_metadata
from assets.fleet import tables
from assets.fleet.logic.anomaly_quality.measurement import MEASURED, Quality, measure
from assets.fleet.logic.detection_picture import recall_by_kind
from assets.fleet.metric_anomalies import watched_points
from resources.clock import Clock
from resources.lake import Lake

_KEY = dg.AssetKey(["fleet", "detection_quality"])
_CHECK = "known_anomalies_are_found"
_LEAST_RECALL = 0.5
_SERIES = 100
_SEED = 1
_HOUR = timedelta(hours=1)
_LEAST_POINTS = 24 * 14


@dg.asset(
    key=_KEY,
    group_name="fleet",
    owners=["team:dba"],
    kinds={"python", "numpy", "deltalake"},
    metadata=table_metadata(tables.DETECTION_QUALITY),
    deps=[dg.AssetKey(["fleet", "measurements"])],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=_KEY,
            description="Of the known anomalies put into the fleet's own metrics, at least half are found in time.",
        )
    ],
)
def detection_quality(lake: Lake, cloud_clock: Clock) -> dg.MaterializeResult:
    """How well anomalies are found: known ones (spikes, shifts, drifts, …) are put into up to 100 metrics of the fleet itself."""
    now = cloud_clock.now()
    series = _series(watched_points(lake, now, _HOUR))
    quality = measure(series, seed=_SEED)
    rows = pl.DataFrame(_rows(quality, now), schema=tables.DETECTION_QUALITY.schema)
    lake.replace(tables.DETECTION_QUALITY, rows, where=None)
    told: dict[str, Any] = {"status": quality.status, "series": len(series), "known_anomalies": len(quality.events)}
    if quality.status == MEASURED:
        told |= {
            "recall": quality.recall,
            "precision": quality.precision,
            "by_kind": markdown_table(quality.by_kind()),
            "recall_by_kind_picture": picture("recall by kind", recall_by_kind(quality.by_kind())),
        }
    passed = quality.recall is None or quality.recall >= _LEAST_RECALL
    checked = dg.AssetCheckResult(check_name=_CHECK, passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=told)
    return dg.MaterializeResult(metadata={"dagster/row_count": len(rows), **told}, check_results=[checked])


def _series(points: pl.DataFrame) -> list[tuple[NDArray[np.datetime64], NDArray[np.float64]]]:
    """Times and values of some metrics with history enough, spread over all there are."""
    parts = points.sort("database_id", "metric", "time").partition_by("database_id", "metric", maintain_order=True)
    long = [part for part in parts if part["value"].count() >= _LEAST_POINTS]
    chosen = [long[n] for n in sorted({round(at) for at in np.linspace(0, len(long) - 1, min(_SERIES, len(long)))})]
    return [
        (part["time"].dt.replace_time_zone(None).to_numpy(), part["value"].fill_null(float("nan")).to_numpy()) for part in chosen
    ]


def _rows(quality: Quality, at: datetime) -> Sequence[dict[str, Any]]:
    base = {"measured_at": at, "status": quality.status}
    everything = {
        **base,
        "kind": "all",
        "events": len(quality.events),
        "found": int(quality.events["found"].sum()),
        "recall": quality.recall,
        "precision": quality.precision,
        "median_intervals_to_detect": quality.median_points_to_detect,
        "own_per_1000_points": quality.own_per_1000_points,
    }
    if quality.status != MEASURED:
        return [everything]
    kinds = quality.by_kind().rename({"median_points_to_detect": "median_intervals_to_detect"})
    return [everything, *({**base, **row} for row in kinds.to_dicts())]
