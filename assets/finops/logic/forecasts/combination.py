"""How the models of a series are combined: each weighs the more the smaller its errors were in the backtest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]

_POWER = 8.0
"""Weights are errors to minus this power: near the choice of the best, but a mean of those that are about as good."""
_COMMON = 0.3
"""How many backtests of the series itself what is usual among all series is worth."""


def losses(forecasts: Array, actual: Array, intermittent: Flags) -> Array:
    """Model × origin × series: mean of the absolute and the relative error, each as a multiple of the seasonal naive forecast's.

    For intermittent series it is the root of the mean square: their absolute errors are least for a forecast of nothing.

    Args:
        forecasts: Model × origin × series × step; the first model is the seasonal naive one.
        actual: Origin × series × step, NaN where unknown.
        intermittent: Which series are.
    """
    error = np.abs(forecasts - actual)
    both = np.abs(forecasts) + np.abs(actual)
    relative = np.divide(error, both, out=np.where(np.isnan(error), np.nan, 0.0), where=both > 0)
    usual = (_against_first(_over_steps(error)) + _against_first(_over_steps(relative))) / 2
    return np.where(intermittent, _against_first(np.sqrt(_over_steps(error**2))), usual)


def weights(loss: Array, possible: Flags) -> Matrix:
    """Model × series, summing to 1; 0 where a model has no forecast.

    Errors of a model at a series are drawn towards those that it usually has: all there is for a series without a backtest.

    Args:
        loss: Model × origin × series.
        possible: Model × series: whether there is a forecast.
    """
    tested = ~np.isnan(loss)
    number = tested.sum(axis=1)
    mean = np.where(tested, loss, 0).sum(axis=1) / np.maximum(number, 1)
    logarithm = np.log(np.maximum(mean, 1e-3))
    usual = np.array([np.median(row[has]) if has.any() else 0.0 for row, has in zip(logarithm, number > 0, strict=True)])[:, None]
    drawn = (number * logarithm + _COMMON * usual) / (number + _COMMON)
    best = np.where(possible, drawn, np.inf).min(axis=0)
    weight = np.where(possible, np.exp(-_POWER * (drawn - np.where(np.isfinite(best), best, 0))), 0)
    total = weight.sum(axis=0)
    return np.asarray(np.divide(weight, total, out=np.zeros(weight.shape), where=total > 0), dtype=np.float64)


def complete(forecasts: Array) -> Flags:
    """Where no step is unknown; steps are the last axis."""
    return np.asarray(~np.isnan(forecasts).any(axis=-1), dtype=np.bool_)


def combined(forecasts: Array, weight: Matrix) -> Matrix:
    """Series × step: the weighted mean; NaN where no model has a forecast."""
    mean = np.einsum("ms,msh->sh", weight, np.where(weight[:, :, None] > 0, forecasts, 0))
    return np.where(weight.sum(axis=0)[:, None] > 0, mean, np.nan)


def without_each_origin(forecasts: Array, loss: Array, alike: Flags) -> Array:
    """Origin × series × step: what would have been forecast with weights that do not know the origin's own errors.

    Args:
        forecasts: Model × origin × series × step.
        loss: Model × origin × series.
        alike: Origin × origin: whether they are tested on the same steps, in part at least.
    """
    others = np.logical_not(alike)
    made = [
        combined(forecasts[:, origin], weights(np.compress(others[origin], loss, axis=1), complete(forecasts[:, origin])))
        for origin in range(loss.shape[1])
    ]
    return np.stack(made) if made else np.full(forecasts.shape[1:], np.nan)


def names(models: list[str], weight: Matrix, *, most: int = 3, least: float = 0.15) -> list[str]:
    """Per series the models that weigh most, joined by a plus sign."""
    order = np.argsort(-weight, axis=0, kind="stable")[:most].T
    return [
        " + ".join(models[m] for m in mine.tolist() if weight[m, series] >= min(least, weight[:, series].max()) > 0)
        for series, mine in enumerate(order)
    ]


def _over_steps(error: Array) -> Array:
    """Mean over the known steps; NaN if there is none."""
    known = ~np.isnan(error)
    number = known.sum(axis=3)
    total = np.where(known, error, 0).sum(axis=3)
    return np.asarray(np.divide(total, number, out=np.full(number.shape, np.nan), where=number > 0), dtype=np.float64)


def _against_first(error: Array) -> Array:
    """As multiples of the first model's mean error of the series, or of the mean of all models' where that has none."""
    known = ~np.isnan(error)
    mean = np.where(known, error, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    base = np.where(mean[0] > 0, mean[0], mean.mean(axis=0))
    return np.asarray(np.divide(error, base, out=np.where(known, 1.0, np.nan), where=known & (base > 0)), dtype=np.float64)
