"""Trends of many daily series at once, told apart from the rhythm of the week and from noise.

The slope is the seasonal one of Hirsch, Slack and Smith ("Techniques of trend analysis for monthly water quality data", 1982):
the median of the slopes between any two days of the same weekday, which neither weekends nor some odd days move. Its bounds are
those of Gilbert ("Statistical Methods for Environmental Pollution Monitoring", 1987, §16.4), widened because costs of
neighbouring days hang together: the variance grows by (1 + r) / (1 - r), where r is the correlation of a day's noise with that of
the day before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

WEEK = 7
_Z90 = 1.6449
_MAD_SCALE = 1.4826
_MOST_CORRELATED = 0.9
_CELLS = 4_000_000
"""Slopes held in memory at once."""


@dataclass(frozen=True, slots=True)
class Slopes:
    """Per row the slope per column, and its bounds with 90 % confidence; NaN where there are too few columns to say."""

    slope: Vector
    low: Vector
    high: Vector


def slopes(values: Matrix, *, period: int = WEEK) -> Slopes:
    """The slope of every row.

    Args:
        values: Series × day; NaN where unknown.
        period: Columns that are alike are that many apart: 7 for days, 1 where there is no rhythm.
    """
    rows, columns = values.shape
    lags = range(period, columns, period)
    width = sum(columns - lag for lag in lags)
    if not rows or not width:
        nothing = np.full(rows, np.nan)
        return Slopes(nothing, nothing, nothing)
    step = max(1, _CELLS // width)
    parts = [_slopes(values[begin : begin + step], lags, period) for begin in range(0, rows, step)]
    return Slopes(
        np.concatenate([p.slope for p in parts]), np.concatenate([p.low for p in parts]), np.concatenate([p.high for p in parts])
    )


def relative_to_weekday(values: Matrix, *, period: int = WEEK) -> Matrix:
    """Each value as a multiple of the median of its weekday (of the row); NaN where that is not positive."""
    typical = np.column_stack([median(values[:, day::period]) for day in range(period)])
    base = typical[:, np.arange(values.shape[1]) % period]
    relative: Matrix = np.divide(values, base, out=np.full(values.shape, np.nan), where=base > 0)
    return relative


def spread(relative: Matrix, slope: Vector) -> Vector:
    """Robust standard deviation of each row around its slope: the median absolute deviation × 1.4826."""
    trend = np.nan_to_num(slope)[:, None] * np.arange(relative.shape[1])
    rest = relative - trend
    return _MAD_SCALE * median(np.abs(rest - median(rest)[:, None]))


def median(values: Matrix) -> Vector:
    """Median of each row without its NaN; NaN where there is nothing else."""
    return _at_rank(np.sort(values, axis=1), (_known(values) - 1) / 2)


def _slopes(values: Matrix, lags: range, period: int) -> Slopes:
    pairs = np.concatenate([(values[:, lag:] - values[:, :-lag]) / lag for lag in lags], axis=1)
    pairs.sort(axis=1)
    number = _known(pairs)
    middle = (number - 1) / 2
    slope = _at_rank(pairs, middle)
    of_season = np.column_stack([_known(values[:, day::period]) for day in range(period)])
    variance = (of_season * (of_season - 1) * (2 * of_season + 5) / 18).sum(axis=1) * _inflation(_noise(values, slope))
    margin = _Z90 * np.sqrt(variance) / 2
    return Slopes(slope, _at_rank(pairs, np.floor(middle - margin)), _at_rank(pairs, np.ceil(middle + margin)))


def _noise(values: Matrix, slope: Vector) -> Matrix:
    """What is left without the slope, cut where it stands out, so that one odd day does not set the correlation."""
    rest = values - np.nan_to_num(slope)[:, None] * np.arange(values.shape[1])
    rest = rest - median(rest)[:, None]
    limit = 3 * _MAD_SCALE * median(np.abs(rest))[:, None]
    return np.clip(rest, -limit, limit)


def _inflation(noise: Matrix) -> Vector:
    """How much more the slope varies than with independent days, from the correlation with the day before (bias corrected)."""
    both = ~np.isnan(noise[:, 1:]) & ~np.isnan(noise[:, :-1])
    product = np.where(both, noise[:, 1:] * noise[:, :-1], 0).sum(axis=1)
    square = np.where(both, (noise[:, 1:] ** 2 + noise[:, :-1] ** 2) / 2, 0).sum(axis=1)
    days = np.maximum(both.sum(axis=1), 1)
    plain = np.divide(product, square, out=np.zeros(len(noise)), where=square > 0)
    correlation = np.clip(plain + (1 + 3 * plain) / days, 0, _MOST_CORRELATED)
    return np.asarray((1 + correlation) / (1 - correlation), dtype=np.float64)


def _known(values: Matrix) -> Vector:
    return np.asarray((~np.isnan(values)).sum(axis=1), dtype=np.float64)


def _at_rank(ordered: Matrix, rank: Vector) -> Vector:
    """The value at a rank from 0 in each sorted row, the mean of both neighbours between two; NaN beyond the known values."""
    last = _known(ordered) - 1
    within = (rank >= 0) & (rank <= last)
    if not ordered.shape[1]:
        return np.full(len(ordered), np.nan)
    place = np.where(within, rank, 0)
    row = np.arange(len(ordered))
    below = ordered[row, np.floor(place).astype(np.int64)]
    above = ordered[row, np.ceil(place).astype(np.int64)]
    return np.where(within, (below + above) / 2, np.nan)
