"""Intervals from the errors of the backtest (split conformal prediction).

An error is judged by the size that the series' other errors have (Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random
World", 2005: normalised nonconformity). The quantiles of such relative errors are taken over all series, below and above apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

_PRIOR = 1.0
"""How many backtests the series' ordinary changes are worth when the size of its errors is told."""
_FADING = 0.75
"""What errors of an origin count for the origin before or after it: calm and restless times last."""
_USUAL_RATIO = 1.5
_LEAST_SUMS = 5
_ENOUGH = 300
"""Errors of one step that its share is told from; steps with less borrow from their neighbours."""
_WIDENING = 2.0
"""With too few backtests for a quantile, the largest error is multiplied by the share that is missing, to this power."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Size of errors.

    Attributes:
        growth: Per step ahead, as a multiple of the mean over all steps.
        size: Per series, for now.
        without: Origin × series: the same for the origin, without its own errors.
        prior: Per series, from its ordinary changes alone.
        tested: Which series have a backtest.
    """

    growth: Vector
    size: Vector
    without: Matrix
    prior: Vector
    tested: NDArray[np.bool_]

    @property
    def ahead(self) -> Matrix:
        """Series × step."""
        return self.size[:, None] * self.growth


def spread(errors: Array, change: Vector) -> Spread:
    """Size of the errors of each series.

    Args:
        errors: Series × origin × step, newest origin first; NaN where there is none.
        change: Mean absolute change of each series over a season, for series with few errors or none.
    """
    size = np.abs(errors)
    growth = _growth(size)
    known = ~np.isnan(size)
    tested: NDArray[np.bool_] = np.asarray(known.any(axis=2), dtype=np.bool_)
    per_origin = np.where(known, size / growth, 0).sum(axis=2) / np.maximum(known.sum(axis=2), 1)
    number, total = tested.sum(axis=1), per_origin.sum(axis=1)
    usable = (number > 0) & (change > 0)
    ratio = np.median(total[usable] / number[usable] / change[usable]) if usable.any() else _USUAL_RATIO
    prior = ratio * change
    place = np.arange(errors.shape[1])
    near: Matrix = np.power(_FADING, np.abs(np.subtract.outer(place, place))) * (place != place[:, None])
    whole = _drawn(per_origin, tested, np.power(_FADING, place), prior)
    without = _drawn(per_origin, tested, near, prior)
    return Spread(growth, whole, without, prior, number > 0)


def _drawn(sums: Matrix, tested: NDArray[np.bool_], weight: Array, prior: Vector) -> Matrix:
    """Weighted mean of the sizes at the origins, of which the prior is one."""
    return np.asarray((weight @ sums.T + _PRIOR * prior) / (weight @ tested.T + _PRIOR), dtype=np.float64)


def quantiles(errors: Array, of: Spread, level: float) -> tuple[Vector, Vector]:
    """Per series the relative errors between which a share `level` of them lies; never the same side of 0.

    With few backtests the quantiles are further out, as the finite sample demands; with too few for that, beyond all errors.
    Those of a series without a backtest are relative to what its ordinary changes alone let expect, and so much further out.
    """
    tested = _bounds(_relative(errors, of.without.T, of.growth), level)
    untested = _bounds(_relative(errors, of.prior[:, None], of.growth), level)
    low, high = (np.where(of.tested, own, others) for own, others in zip(tested, untested, strict=True))
    return low, high


def covered(errors: Array, of: Spread, bounds: tuple[Vector, Vector]) -> Array:
    """Series × origin × step: 1 where the error is within the bounds, 0 where not, NaN where there is none."""
    relative = _relative(errors, of.without.T, of.growth)
    low, high = (bound[:, None, None] for bound in bounds)
    return np.where(np.isnan(relative), np.nan, (relative >= low) & (relative <= high))


def _relative(errors: Array, size: Matrix, growth: Vector) -> Array:
    expected = np.broadcast_to(size[:, :, None] * growth, errors.shape)
    return np.asarray(
        np.divide(errors, expected, out=np.where(np.isnan(errors), np.nan, 0.0), where=expected > 0), dtype=np.float64
    )


def _bounds(relative: Array, level: float) -> tuple[float, float]:
    known = ~np.isnan(relative)
    number = int(known.any(axis=2).sum())
    if not number:
        return -_gaussian(level), _gaussian(level)
    tail = (1 + level) / 2 * (1 + 1 / number)
    beyond = max(1.0, tail) ** _WIDENING
    high, low = np.quantile(relative[known], [min(tail, 1), max(1 - tail, 0)])
    return min(float(low) * beyond, 0.0), max(float(high) * beyond, 0.0)


def _growth(size: Array) -> Vector:
    """How errors grow with the steps ahead: the mean over series of each step's share, never falling; beyond as of a walk."""
    known = ~np.isnan(size)
    base = np.where(known, size, 0).sum(axis=(1, 2)) / np.maximum(known.sum(axis=(1, 2)), 1)
    share = np.divide(size, base[:, None, None], out=np.full(size.shape, np.nan), where=base[:, None, None] > 0)
    has = ~np.isnan(share)
    number, total = has.sum(axis=(0, 1)), np.where(has, share, 0).sum(axis=(0, 1))
    mean = _smooth(total, number) / np.maximum(_smooth(number, number), 1e-12)
    steps = np.arange(1, len(mean) + 1)
    if not number.any():
        return np.asarray(np.sqrt(steps / steps.mean()), dtype=np.float64)
    last = int(np.flatnonzero(number)[-1])
    mean[last + 1 :] = mean[last] * np.sqrt(steps[last + 1 :] / steps[last])
    return np.asarray(np.maximum.accumulate(np.maximum(mean, 1e-6)), dtype=np.float64)


def _smooth(values: Array, number: NDArray[np.int64]) -> Vector:
    """Means over so many steps around each that enough errors are behind them: of few, single days would make the difference."""
    reach = int(np.ceil(_ENOUGH / max(float(np.mean(number)), 1) / 2)) if np.mean(number) < _ENOUGH else 0
    sums = np.concatenate([[0.0], np.cumsum(values)])
    steps = np.arange(len(values))
    first, last = np.maximum(steps - reach, 0), np.minimum(steps + reach + 1, len(values))
    return np.asarray((sums[last] - sums[first]) / (last - first), dtype=np.float64)


def of_sums(errors: Array, level: float) -> tuple[Vector, Vector]:
    """Per series the errors of the sum over all steps between which a share `level` of them lies; NaN with less than five.

    Bounds of the days do not add up: they would be those of a time in which every day is high.
    """
    sums = errors.sum(axis=2)
    low, high = np.full((2, len(errors)), np.nan)
    for row, mine in enumerate(sums):
        known = mine[~np.isnan(mine)]
        if len(known) >= _LEAST_SUMS:
            low[row], high[row] = _bounds(known[None, :, None], level)
    return low, high


def _gaussian(level: float) -> float:
    """Quantile of the normal distribution in mean absolute deviations, for sets of series without any backtest."""
    return NormalDist().inv_cdf((1 + level) / 2) / (2 * NormalDist().pdf(0))
