"""The asset that measures how good anomaly detection is on the company's own costs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, picture, table_metadata
from assets.finops import tables
from assets.finops.automation import WEEKLY
from assets.finops.logic.anomalies.methods import DETECTORS, OWN
from assets.finops.logic.anomaly_quality import charts
from assets.finops.logic.anomaly_quality.measurement import MEASURED, Quality, measure
from assets.finops.logic.panel import Panel, panel
from resources.clock import Clock
from resources.lake import Lake

_LEAST_RECALL = 0.6
_SEEDS = (1, 2, 3, 4, 5)
_SERIES = 200
_METHODS = (OWN, "robust-z", "mean-plus-30-percent")


_KEY = dg.AssetKey(["finops", "detection_quality"])
_CHECK = "known_anomalies_are_found"


@dg.asset(
    key=_KEY,
    group_name="finops",
    owners=["team:finops"],
    kinds={"python", "numpy", "deltalake"},
    metadata=table_metadata(tables.DETECTION_QUALITY),
    deps=[dg.AssetKey(["finops", "resource_costs"])],
    automation_condition=WEEKLY,
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=_KEY,
            description="Of the known anomalies put into the company's own costs, at least six in ten are found in time.",
        )
    ],
)
def detection_quality(lake: Lake, clock: Clock) -> dg.MaterializeResult:
    """How well anomalies are found: known ones (spikes, rises, drifts, drop-outs, …) are put into the company's own costs.

    Recall, precision and days to detect, beside those of simpler methods, measured on the 200 dearest series in up to five
    rounds, each with other anomalies.
    """
    costs = lake.scan(tables.RESOURCE_COSTS).collect()
    measured = {} if costs.is_empty() else _measured(_dearest(panel(costs)))
    rows = [row for method, quality in measured.items() for row in _rows(method, quality, clock.now())]
    lake.replace(tables.DETECTION_QUALITY, pl.DataFrame(rows, schema=tables.DETECTION_QUALITY.schema, orient="row"), where=None)
    own = measured.get(OWN)
    if own is None or own.status != MEASURED:
        told: dict[str, Any] = {"status": "not enough history", "known_anomalies_placed": len(own.events) if own else 0}
        passed = True
    else:
        told, passed = _told(own, measured), (own.recall.value or 0) >= _LEAST_RECALL
    checked = dg.AssetCheckResult(check_name=_CHECK, passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=told)
    return dg.MaterializeResult(metadata={"dagster/row_count": len(rows), **told}, check_results=[checked])


def _measured(costs: Panel) -> dict[str, Quality]:
    return {method: measure(costs, DETECTORS[method], seeds=_SEEDS) for method in _METHODS}


def _dearest(costs: Panel) -> Panel:
    """The series with the highest cost in their own currency's terms; all if there are few."""
    if len(costs.series) <= _SERIES:
        return costs
    import numpy as np

    totals = np.nansum(costs.totals, axis=1)
    currency = costs.series["BillingCurrency"].to_numpy()
    share = totals / np.array([np.abs(totals[currency == c]).sum() or 1.0 for c in currency])
    kept = np.sort(np.argsort(-share, kind="stable")[:_SERIES])
    rows = np.isin(costs.owner, kept)
    owner = np.searchsorted(kept, costs.owner[rows])
    return Panel(costs.start, costs.series[kept], costs.resources.filter(pl.Series(rows)), owner, costs.costs[rows])


def _rows(method: str, quality: Quality, at: datetime) -> Sequence[dict[str, Any]]:
    known = quality.status == MEASURED
    low, high = quality.recall.interval
    base = {"measured_at": at, "method": method, "status": quality.status}
    together = {
        **base,
        "type": "all",
        "events": len(quality.events),
        "detected": quality.recall.hits,
        "recall": quality.recall.value if known else None,
        "recall_low": low if known else None,
        "recall_high": high if known else None,
        "precision": quality.precision.value if known else None,
        "median_days_to_detect": quality.median_days_to_detect if known else None,
        "culprit_share": quality.culprit_share.value if known else None,
        "own_per_100_series_months": quality.own_per_100_series_months,
    }
    if not known:
        return [together]
    by_type = quality.recall_by("type").rename({"low": "recall_low", "high": "recall_high"})
    return [together, *({**base, **row} for row in by_type.iter_rows(named=True))]


def _told(own: Quality, measured: dict[str, Quality]) -> dict[str, Any]:
    compared = [
        {
            "method": method,
            "recall": quality.recall.value,
            "precision": quality.precision.value,
            "median_days_to_detect": quality.median_days_to_detect,
            "own_per_100_series_months": quality.own_per_100_series_months,
        }
        for method, quality in measured.items()
    ]
    pictures = {"recall_by_type_picture": charts.recall_by_type(own), "days_to_detect_picture": charts.days_to_detect(own)}
    return {
        "known_anomalies": len(own.events),
        "recall": own.recall.value,
        "precision": own.precision.value,
        "median_days_to_detect": own.median_days_to_detect,
        "culprit_share": own.culprit_share.value,
        "methods": markdown_table(pl.DataFrame(compared).with_columns(pl.col(pl.Float64).round(3))),
        "recall_by_type": markdown_table(own.recall_by("type").with_columns(pl.col(pl.Float64).round(3))),
        "recall_by_size": markdown_table(own.recall_by("size").with_columns(pl.col(pl.Float64).round(3))),
        **{name: picture(name, png) for name, png in pictures.items()},
    }
