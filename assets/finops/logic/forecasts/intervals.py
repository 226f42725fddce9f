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


@dataclass(frozen=True, slots=True)
class Spread:
    """Size of errors.

    Attributes:
        growth: Per step ahead, as a multiple of the mean over all steps.
        size: Per series, for now.
        without: Origin × series: the same for the origin, without its own errors.
        prior: Per series, from its ordinary changes alone.
        tested: Which series have a backtest.
        fresh: Share of an origin's steps that the one before it was not tested on.
    """

    growth: Vector
    size: Vector
    without: Matrix
    prior: Vector
    tested: NDArray[np.bool_]
    fresh: float

    @property
    def ahead(self) -> Matrix:
        """Series × step."""
        return self.size[:, None] * self.growth


def spread(errors: Array, change: Vector, apart: int) -> Spread:
    """Size of the errors of each series.

    Args:
        errors: Series × origin × step, newest origin first; NaN where there is none.
        change: Mean absolute change of each series over a season, for series with few errors or none.
        apart: Steps between one origin and the next.
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
    return Spread(growth, whole, without, prior, number > 0, _fresh(errors, apart))


def _drawn(sums: Matrix, tested: NDArray[np.bool_], weight: Array, prior: Vector) -> Matrix:
    """Weighted mean of the sizes at the origins, of which the prior is one."""
    return np.asarray((weight @ sums.T + _PRIOR * prior) / (weight @ tested.T + _PRIOR), dtype=np.float64)


def quantiles(errors: Array, of: Spread, level: float) -> tuple[Vector, Vector]:
    """Per series the relative errors between which a share `level` of them lies; never the same side of 0.

    With few independent errors the quantiles are further out, by as much as those of Student's t. They are not moved out to the
    largest errors of all: in the forecast of a single total that would be the accidents of its past, on every day to come.
    Those of a series without a backtest are relative to what its ordinary changes alone let expect, and so much further out.
    """
    tested = _bounds(_relative(errors, of.without.T, of.growth), level, of.fresh)
    untested = _bounds(_relative(errors, of.prior[:, None], of.growth), level, of.fresh)
    low, high = (np.where(of.tested, own, others) for own, others in zip(tested, untested, strict=True))
    return low, high


def covered(errors: Array, of: Spread, level: float, alike: NDArray[np.bool_]) -> Array:
    """Series × origin × step: 1 where the error is within bounds that do not know it, 0 where not.

    The bounds of an origin come from the others, without those that were tested on the same steps in part. NaN where there is no
    error, or no such other: bounds made of the very errors that they are to hold would hold their share of them by construction.

    Args:
        errors: See `spread`.
        of: Their size.
        level: Share that the bounds shall hold.
        alike: Origin × origin: whether they are tested on the same steps, in part at least.
    """
    relative = _relative(errors, of.without.T, of.growth)
    inside = np.full(relative.shape, np.nan)
    for origin, others in enumerate(np.logical_not(alike)):
        known = relative[:, others]
        if not np.isnan(known).all():
            low, high = _bounds(known, level, of.fresh)
            inside[:, origin] = (relative[:, origin] >= low) & (relative[:, origin] <= high)
    return np.where(np.isnan(relative), np.nan, inside)


def _relative(errors: Array, size: Matrix, growth: Vector) -> Array:
    expected = np.broadcast_to(size[:, :, None] * growth, errors.shape)
    return np.asarray(
        np.divide(errors, expected, out=np.where(np.isnan(errors), np.nan, 0.0), where=expected > 0), dtype=np.float64
    )


def _bounds(relative: Array, level: float, fresh: float) -> tuple[float, float]:
    known = ~np.isnan(relative)
    if not known.any():
        return -_gaussian(level), _gaussian(level)
    beyond = _student(level, _independent(relative, known, fresh)) / _normal(level)
    low, high = np.quantile(relative[known], [(1 - level) / 2, (1 + level) / 2])
    return min(float(low) * beyond, 0.0), max(float(high) * beyond, 0.0)


def _independent(relative: Array, known: NDArray[np.bool_], fresh: float) -> float:
    """How many independent errors there are: at most as many as origins, as the size of errors is told once for each.

    The design effect of the origins as clusters (Kish, "Survey Sampling", 1965): the mean square of their means against that of
    means of independent errors. Origins that share steps count for less where the errors of an origin have much in common.
    """
    steps = known.sum(axis=2)
    separate = _separate((steps > 0).sum(axis=1), fresh).sum()
    mean = np.where(known, relative, 0).sum(axis=2) / np.maximum(steps, 1)
    square, size = np.mean(relative[known] ** 2), float(steps[steps > 0].mean())
    effect = size * np.mean(mean[steps > 0] ** 2) / square if square > 0 else 1.0
    independent = float(separate) * size / float(np.clip(effect, 1.0, size))
    return min(independent, float((steps > 0).sum()))


def _fresh(errors: Array, apart: int) -> float:
    return min(float(apart / errors.shape[2]), 1.0)


def _separate(origins: NDArray[np.int64], fresh: float) -> Vector:
    """How many origins there would be without steps in common, per series."""
    return np.where(origins > 0, 1 + (origins - 1) * fresh, 0.0)


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


def of_sums(errors: Array, level: float, apart: int) -> tuple[Vector, Vector]:
    """Per series the errors of the sum over all steps between which a share `level` of them lies; NaN with less than five.

    Bounds of the days do not add up: they would be those of a time in which every day is high. Sums are few, and those of origins
    near to each other share most of their steps: the root of their mean square is multiplied by the quantile of Student's t with
    as many degrees of freedom as there are sums that share none.

    Args:
        errors: See `spread`.
        level: Share that the bounds shall hold.
        apart: Steps between one origin and the next.
    """
    sums = errors.sum(axis=2)
    number = (~np.isnan(sums)).sum(axis=1)
    square = np.nan_to_num(sums**2).sum(axis=1) / np.maximum(number, 1)
    separate = np.maximum(_separate(number, _fresh(errors, apart)), 1.0)
    reach = np.array([_student(level, origins) for origins in separate]) * np.sqrt(square)
    high = np.where(number >= _LEAST_SUMS, reach, np.nan)
    return -high, high


def _normal(level: float) -> float:
    """What a normal error stays below, on both sides, in a share `level` of cases; in standard deviations."""
    return NormalDist().inv_cdf((1 + level) / 2)


def _student(level: float, number: float) -> float:
    """The same of Student's t with so many degrees of freedom, to the second order.

    Source: R. A. Fisher and E. A. Cornish, "The Percentile Points of Distributions Having Known Cumulants", 1960.
    """
    z = _normal(level)
    return z * (1 + (z**2 + 1) / (4 * number) + (5 * z**4 + 16 * z**2 + 3) / (96 * number**2))


def _gaussian(level: float) -> float:
    """Quantile of the normal distribution in mean absolute deviations, for sets of series without any backtest."""
    return _normal(level) / (2 * NormalDist().pdf(0))
