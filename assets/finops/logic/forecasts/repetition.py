"""Forecasts that repeat the past: the last season, or the typical one of the last few."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def last_season(past: Matrix, horizon: int, season: int) -> Matrix:
    """Each step has the value of the same place in the last season; NaN where a series is shorter than a season."""
    return typical_season(past, horizon, season, 1)


def typical_season(past: Matrix, horizon: int, season: int, seasons: int) -> Matrix:
    """Each step has the median of the same place in the last `seasons` seasons; NaN where a series is shorter than that."""
    rows, length = past.shape
    if length < season * seasons:
        return np.full((rows, horizon), np.nan)
    cycles = past[:, length - season * seasons :].reshape(rows, seasons, season)
    middle = np.median(cycles, axis=1)
    return np.asarray(middle[:, np.arange(horizon) % season], dtype=np.float64)


def mean_season(past: Matrix, horizon: int, season: int, seasons: int) -> Matrix:
    """Each step has the mean of the same place in the last `seasons` seasons; NaN where a series is shorter than that."""
    rows, length = past.shape
    if length < season * seasons:
        return np.full((rows, horizon), np.nan)
    cycles = past[:, length - season * seasons :].reshape(rows, seasons, season).mean(axis=1)
    return np.asarray(cycles[:, np.arange(horizon) % season], dtype=np.float64)


def drift(past: Matrix, horizon: int, season: int) -> Matrix:
    """The last season, moved on by the mean change per step over the whole past; NaN where there are not two seasons."""
    length = past.shape[1]
    known = (~np.isnan(past)).sum(axis=1)
    first = np.take_along_axis(past, np.minimum(length - known, length - 1)[:, None], axis=1)[:, 0]
    gap = np.maximum(known - 1, 1)
    slope = (past[:, -1] - first) / gap
    if season > 1 and length >= season:
        begin = np.take_along_axis(past, np.minimum((length - known)[:, None] + np.arange(season), length - 1), axis=1)
        slope = (past[:, -season:].mean(axis=1) - begin.mean(axis=1)) / np.maximum(known - season, 1)
    found = last_season(past, horizon, season) + slope[:, None] * (np.arange(horizon) // season + 1) * season
    return np.asarray(np.where((known >= 2 * season)[:, None], found, np.nan), dtype=np.float64)
