"""Rules that people use instead of a detector, as things to beat: each judges a day with the days before it alone.

The isolation forest alone sees the future. To the others, days before a series began cost nothing: what starts is far above that.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from assets.finops.logic.anomaly_quality.alerts import Detector, alerts
from assets.finops.logic.anomaly_quality.isolation_forest import isolation_forest
from assets.finops.logic.panel import Matrix, Panel

_OPTSCALE_DAYS = 7
_OPTSCALE_FACTOR = 1.3
_FLOOR = 20.0
_WEEKS = 8
_LEAST_WEEKS = 4
_NOISE_DAYS = 56
_NOISES = 5.0
_MAD_SCALE = 1.4826
_CENT = 0.01


def optscale(panel: Panel) -> pl.DataFrame:
    """Today is above 1.3 times the mean of the seven days before: OptScale's rule for anomalies of expenses.

    Source: https://github.com/hystax/optscale.
    """
    return _above_mean(panel, floor=0.0)


def optscale_with_floor(panel: Panel) -> pl.DataFrame:
    """The same, if today is also at least 20 above that mean, in the series' currency: small sums are nobody's concern."""
    return _above_mean(panel, floor=_FLOOR)


def robust_z(panel: Panel) -> pl.DataFrame:
    """Today is more than five noises off the median of the same weekday in the last eight weeks.

    The noise is the median absolute deviation from that expectation over the last eight weeks, scaled by 1.4826 (Iglewicz and
    Hoaglin, "How to Detect and Handle Outliers", 1993).
    """
    totals = panel.totals
    weeks = np.full((_WEEKS, *totals.shape), np.nan)
    for week in range(1, _WEEKS + 1):
        weeks[week - 1, :, 7 * week :] = totals[:, : max(panel.days - 7 * week, 0)]
    expected = _median(weeks, axis=0)
    expected[np.isfinite(weeks).sum(axis=0) < _LEAST_WEEKS] = np.nan
    off = totals - _median(weeks, axis=0)
    noise = np.full_like(totals, np.nan)
    for day in range(1, panel.days):
        noise[:, day] = _MAD_SCALE * _median(np.abs(off[:, max(day - _NOISE_DAYS, 0) : day]), axis=1)
    score = np.abs(totals - expected) / np.maximum(noise, _CENT)
    return alerts(panel, score > _NOISES, expected, score)


BASELINES: Mapping[str, Detector] = MappingProxyType(
    {
        "optscale": optscale,
        "optscale_with_floor": optscale_with_floor,
        "isolation_forest": isolation_forest,
        "robust_z": robust_z,
    }
)
"""Every method to beat by its name in reports; the isolation forest sees the future, the others do not."""


def _above_mean(panel: Panel, *, floor: float) -> pl.DataFrame:
    totals = panel.totals
    expected = np.full_like(totals, np.nan)
    if panel.days > _OPTSCALE_DAYS:
        expected[:, _OPTSCALE_DAYS:] = sliding_window_view(totals, _OPTSCALE_DAYS, axis=1)[:, :-1].mean(axis=2)
    above = totals - expected
    flagged = (totals > _OPTSCALE_FACTOR * expected) & (above >= floor) & (above > 0)
    return alerts(panel, flagged, expected, above / np.maximum(np.abs(expected), _CENT))


def _median(values: Matrix, axis: int) -> Matrix:
    """Median of the known values; NaN, without a warning, where none is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmedian(values, axis=axis), dtype=np.float64)
