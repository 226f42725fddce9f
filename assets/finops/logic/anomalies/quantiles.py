"""Medians and quantiles per column that leave out what is unknown; NumPy's own are too slow on wide tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.panel import Matrix


def median(values: Matrix) -> Matrix:
    """Median of each column; NaN where a column has no value."""
    return quantile(*ordered_columns(values), 0.5)


def ordered_columns(values: Matrix) -> tuple[Matrix, NDArray[np.int64]]:
    """Each column in rising order with NaN last, and the number of values in it."""
    return np.sort(values, axis=0), np.sum(~np.isnan(values), axis=0)


def quantile(ordered: Matrix, count: NDArray[np.int64], share: float) -> Matrix:
    """Quantile of each column, linearly interpolated, from what `ordered_columns` gives; NaN where a column has no value."""
    if not len(ordered):
        return np.full(ordered.shape[1], np.nan)
    place = np.maximum(count - 1, 0) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    columns = np.arange(ordered.shape[1])
    low, high = ordered[below, columns], ordered[above, columns]
    return np.asarray(low + (high - low) * (place - below), dtype=np.float64)
