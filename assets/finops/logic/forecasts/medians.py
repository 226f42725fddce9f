"""Medians of many rows at once: the level around each step, and what is usual at each place in the season."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

MAD_SCALE = 1.4826
"""The standard deviation of normal noise as a multiple of its median absolute deviation."""


def row_median(values: Matrix) -> Vector:
    """Median of each row without its NaN; NaN where there is nothing else."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    ordered = np.sort(values, axis=1)
    last = np.maximum((~np.isnan(values)).sum(axis=1) - 1, 0)
    row = np.arange(len(values))
    return np.asarray((ordered[row, last // 2] + ordered[row, (last + 1) // 2]) / 2, dtype=np.float64)


def rolling_median(values: Matrix, reach: int) -> Matrix:
    """Median of each value and the known ones within reach on both sides; NaN where the value is."""
    edges = np.pad(values, ((0, 0), (reach, reach)), constant_values=np.nan)
    result = np.empty(values.shape)
    for row, windows in enumerate(sliding_window_view(edges, 2 * reach + 1, axis=1)):
        result[row] = row_median(windows)
    return np.where(np.isnan(values), np.nan, result)


def at_place(values: Matrix, season: int, *, of: Flags | None = None) -> Matrix:
    """At each step the median of its place in the season, over all steps or some of them; 0 without a season."""
    result = np.zeros(values.shape)
    for place in range(season if season > 1 else 0):
        mine = np.arange(values.shape[1]) % season == place
        result[:, mine] = np.nan_to_num(row_median(values[:, mine if of is None else mine & of]))[:, None]
    return result
