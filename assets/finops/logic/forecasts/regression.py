"""Linear forecasts straight from the last values to all steps ahead, learnt over all series at once and per series.

Every window of a series is a lesson: its values, less their latest level and as multiples of their spread, against those that
followed. Regressions over many series ("global" ones) are as general as those per series and far less noisy (Montero-Manso and
Hyndman, "Principles and algorithms for forecasting groups of time series: locality and globality", 2021). The regression of one
series is drawn towards the common one, the more so the fewer its windows are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Array = NDArray[np.float64]

_CELLS = 6_000_000
"""Numbers in the windows held in memory at once."""
_MOST_LESSONS = 50_000
_LONGEST = 2500
"""Windows of one series, the latest ones, that its own regression learns from."""
_RIDGE = 0.01
_FURTHEST = 20.0
"""Lessons that end more spreads away than this are cut there."""
_ROUNDS = 2


def pooled(past: Matrix, horizon: int, season: int, lags: int) -> Array | None:
    """Coefficients (lags + 1) × horizon of the regression over all series; None if there are too few windows.

    Windows that fit badly count less (least absolute deviations by reweighting), as accidents should not set the rule.
    """
    if past.shape[1] < lags + horizon:
        return None
    inputs, targets, usable = _lessons(past, horizon, season, lags, _stride(past, horizon, season, lags))
    inputs, targets = inputs[usable], targets[usable]
    if len(inputs) < 4 * lags:
        return None
    weight = np.ones(len(inputs))
    for _ in range(_ROUNDS):
        found = _solved(inputs, targets, weight)
        error = np.abs(targets - inputs @ found).mean(axis=1)
        weight = 1 / np.maximum(error, max(np.quantile(error, 0.3), 1e-9))
        weight /= weight.mean()
    return _solved(inputs, targets, weight)


def own(past: Matrix, horizon: int, season: int, common: Array, strengths: Sequence[float]) -> list[Matrix]:
    """Forecasts by each series' own regression, drawn towards the common coefficients with each of the strengths."""
    lags = len(common) - 1
    past = past[:, -(_LONGEST + lags + horizon) :]
    width = past.shape[1] - lags - horizon + 1
    results = [np.full((len(past), horizon), np.nan) for _ in strengths]
    step = max(1, _CELLS // (width * (lags + horizon)))
    for begin in range(0, len(past), step):
        part = past[begin : begin + step]
        inputs, targets, usable = _lessons(part, horizon, season, lags, 1)
        turned = inputs.transpose(0, 2, 1)
        gram, cross, number = turned @ inputs, turned @ targets, np.maximum(usable.sum(axis=1), 1.0)[:, None, None]
        for result, strength in zip(results, strengths, strict=True):
            pull = strength * number
            found = np.linalg.solve(gram + pull * np.eye(lags + 1), cross + pull * common)
            result[begin : begin + step] = ahead(part, season, found)
    return results


def ahead(past: Matrix, season: int, coefficients: Array) -> Matrix:
    """Forecasts from the last values; coefficients are common, or one set per series. NaN where a series is too short."""
    lags = coefficients.shape[-2] - 1
    last = past[:, -lags:]
    level, spread = _level_and_spread(last, season)
    scaled = np.concatenate([_scaled(last, level, spread), np.ones((len(past), 1))], axis=1)
    return np.asarray(level + spread * (scaled[:, None, :] @ coefficients)[:, 0], dtype=np.float64)


def _lessons(past: Matrix, horizon: int, season: int, lags: int, stride: int) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Per series and window the scaled values (and a 1), what followed them, and whether the window is a lesson at all."""
    windows = sliding_window_view(past, lags + horizon, axis=1)[:, ::-1][:, ::stride]
    usable = ~np.isnan(windows[:, :, 0])
    known = np.where(usable[:, :, None], windows, 0.0)
    level, spread = _level_and_spread(known[..., :lags], season)
    usable &= spread[..., 0] > 0
    scaled = _scaled(known, level, spread)
    targets = np.clip(scaled[..., lags:], -_FURTHEST, _FURTHEST)
    inputs = np.concatenate([scaled[..., :lags], np.broadcast_to(usable[..., None], (*usable.shape, 1))], axis=2)
    return inputs, targets, usable


def _level_and_spread(values: Array, season: int) -> tuple[Array, Array]:
    level = values[..., -season:].mean(axis=-1, keepdims=True)
    spread = np.abs(values - level).mean(axis=-1, keepdims=True)
    return level, np.where(spread > 1e-9 * np.abs(level), spread, 0.0)


def _scaled(values: Array, level: Array, spread: Array) -> Array:
    return np.divide(values - level, spread, out=np.zeros(values.shape), where=spread > 0)


def _solved(inputs: Array, targets: Array, weight: Array) -> Array:
    weighted = inputs * weight[:, None]
    ridge = _RIDGE * weight.sum() * np.eye(inputs.shape[1])
    return np.linalg.solve(weighted.T @ inputs + ridge, weighted.T @ targets)


def _stride(past: Matrix, horizon: int, season: int, lags: int) -> int:
    """Steps between windows that leave about as many lessons as are wanted, and every place in the season among them."""
    lessons = (~np.isnan(past[:, : past.shape[1] - lags - horizon + 1])).sum()
    stride = max(1, int(np.ceil(lessons / _MOST_LESSONS)))
    while np.gcd(stride, season) > 1:
        stride += 1
    return stride
