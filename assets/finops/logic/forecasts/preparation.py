"""What models see of the history: no gaps, a common size, and the level and noise of every series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

_RARELY = 0.3


def filled(values: Matrix, season: int) -> Matrix:
    """Unknown values after a series began are those of the season before, or of the step before; earlier ones stay unknown."""
    result = values.copy()
    known = ~np.isnan(values)
    start = np.where(known.any(axis=1), known.argmax(axis=1), values.shape[1])
    for now in np.flatnonzero((~known & (np.arange(values.shape[1]) > start[:, None])).any(axis=0)).tolist():
        rows = np.flatnonzero(~known[:, now] & (start < now))
        before = result[rows, max(now - season, 0)]
        usable = (now - season >= start[rows]) & ~np.isnan(before)
        result[rows, now] = np.where(usable, before, result[rows, now - 1])
    return result


def sizes(values: Matrix) -> Vector:
    """Mean absolute value of each row; 1 where that is 0 or unknown."""
    size = mean(np.abs(values))
    return np.where(size > 0, size, 1.0)


def mean(values: Matrix) -> Vector:
    """Mean of the known values of each row; NaN where there is none."""
    number = (~np.isnan(values)).sum(axis=1)
    total = np.nan_to_num(values).sum(axis=1)
    return np.asarray(np.divide(total, number, out=np.full(len(values), np.nan), where=number > 0), dtype=np.float64)


def ordinary_change(values: Matrix, season: int) -> Vector:
    """Mean absolute change over a season of each row, the yardstick of MASE; from step to step if it is shorter than a season."""
    over_season, over_step = (mean(np.abs(values[:, lag:] - values[:, :-lag])) for lag in (season, 1))
    return np.nan_to_num(np.where(np.isnan(over_season), over_step, over_season))


def is_intermittent(values: Matrix) -> NDArray[np.bool_]:
    """Rows that are 0 on more than three in ten known steps, but not always."""
    zero = mean(np.where(np.isnan(values), np.nan, values == 0))
    return np.asarray((np.nan_to_num(zero) > _RARELY) & (np.nan_to_num(zero) < 1))
