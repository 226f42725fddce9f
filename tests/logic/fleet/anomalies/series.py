"""Metrics to judge: times and values made from a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HOUR, MINUTE = np.timedelta64(1, "h"), np.timedelta64(1, "m")


def times(points: int, step: np.timedelta64 = HOUR) -> NDArray[np.datetime64]:
    return np.datetime64("2026-01-01T00:00:00", "s") + np.arange(points) * step


def noise(points: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 1, points)


def daily(points: int, seed: int = 0, per_day: int = 24) -> NDArray[np.float64]:
    """40 at night, up to 80 at noon, with noise of 1."""
    hour = np.arange(points) % per_day * 24 / per_day
    return 40 + 40 * np.exp(-(((hour - 12) / 3) ** 2)) + noise(points, seed)
