"""Exponential smoothing of all series at once: level, damped trend and season, the settings of each chosen from a grid."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Array = NDArray[np.float64]

_LEVEL = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95)
_TREND = ((0.0, 0.0), (0.03, 0.98), (0.15, 0.9))
"""Share of the level's update that goes into the trend, and what is left of the trend a step later."""
_SEASON = (0.05, 0.2)
_SURPRISE = 3.0
"""Errors beyond that many mean absolute errors are cut there, so that one odd day does not move the level."""
_MEMORY = 0.05


def smoothed(past: Matrix, horizon: int, season: int) -> Matrix:
    """Forecasts with additive season and damped trend; NaN where a series is shorter than two seasons and three values."""
    grid = _grid(season)
    rows, length = past.shape
    start = length - (~np.isnan(past)).sum(axis=1)
    first = np.minimum(start + max(2 * season, 3), length)
    states = _begin(past, start, first, season, len(grid.level))
    for now in range(int(first.min(initial=length)), length):
        _step(states, past[:, now], first <= now, now % season, grid)
    best = np.where(states.count > 0, states.cost, np.inf).argmin(axis=1)
    row = np.arange(rows)
    damping = grid.damping[best]
    steps = np.cumsum(damping[:, None] ** np.arange(1, horizon + 1), axis=1)
    places = (length + np.arange(horizon)) % season
    seasonal = states.season[places][:, row, best].T
    found = states.level[row, best][:, None] + steps * states.trend[row, best][:, None] + seasonal
    return np.asarray(np.where((first < length)[:, None], found, np.nan), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Grid:
    level: Vector
    trend: Vector
    damping: Vector
    season: Vector


@dataclass(slots=True)
class _States:
    level: Matrix
    trend: Matrix
    season: Array
    scale: Matrix
    cost: Matrix
    count: Matrix


def _grid(season: int) -> _Grid:
    seasons = _SEASON if season > 1 else (0.0,)
    points = np.array([(a, b, d, s) for a in _LEVEL for b, d in _TREND for s in seasons])
    return _Grid(*(np.ascontiguousarray(points[:, n]) for n in range(len(fields(_Grid)))))


def _begin(past: Matrix, start: NDArray[np.int64], first: NDArray[np.int64], season: int, points: int) -> _States:
    """States after the first two seasons: their mean, and the mean departure from it at each place in the season."""
    rows, length = past.shape
    time = np.arange(length)
    early = np.where((time >= start[:, None]) & (time < first[:, None]), past, np.nan)
    used = ~np.isnan(early)
    level = np.where(used, early, 0).sum(axis=1) / np.maximum(used.sum(axis=1), 1)
    rest = np.where(used, early - level[:, None], 0)
    seasonal = np.zeros((season, rows))
    for place in range(season if season > 1 else 0):
        seasonal[place] = rest[:, place::season].sum(axis=1) / np.maximum(used[:, place::season].sum(axis=1), 1)
    spread = np.abs(rest).sum(axis=1) / np.maximum(used.sum(axis=1), 1)
    shape = (rows, points)
    return _States(
        np.broadcast_to(level[:, None], shape).copy(),
        np.zeros(shape),
        np.broadcast_to(seasonal[:, :, None], (season, *shape)).copy(),
        np.broadcast_to(spread[:, None], shape).copy(),
        np.zeros(shape),
        np.zeros((rows, 1)),
    )


def _step(states: _States, value: Vector, running: NDArray[np.bool_], place: int, grid: _Grid) -> None:
    """Learn from one value."""
    on = running[:, None]
    seasonal = states.season[place]
    forward = grid.damping * states.trend
    error = np.where(on, np.nan_to_num(value)[:, None] - states.level - forward - seasonal, 0.0)
    size = np.abs(error)
    states.cost += size
    states.count += on
    limit = _SURPRISE * states.scale
    error = np.clip(error, -limit, limit)
    np.minimum(size, 2 * limit, out=size)
    states.scale += np.where(on, _MEMORY * (size - states.scale), 0.0)
    moved = grid.level * error
    states.level += np.where(on, forward, 0.0) + moved
    states.trend = np.where(on, forward, states.trend) + grid.trend * moved
    states.season[place] = seasonal + grid.season * (error - moved)
