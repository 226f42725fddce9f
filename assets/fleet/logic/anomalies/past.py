"""Statistics over the points before each point. Unknown values (NaN) are left out; of too few, it is unknown."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def median(values: Floats, points: int, least: int = 1) -> Floats:
    """Of up to so many points before, if at least `least` of them are known."""
    return before(_known(values).rolling_median(points, min_samples=least).to_numpy())


def mean(values: Floats, points: int, least: int = 1) -> Floats:
    """Of up to so many points before."""
    return before(mean_so_far(values, points, least))


def highest(values: Floats, points: int, least: int = 1) -> Floats:
    """Of up to so many points before, if at least `least` of them are known."""
    return before(_known(values).rolling_max(points, min_samples=least).to_numpy())


def lowest(values: Floats, points: int, least: int = 1) -> Floats:
    """Of up to so many points before, if at least `least` of them are known."""
    return before(_known(values).rolling_min(points, min_samples=least).to_numpy())


def mean_so_far(values: Floats, points: int, least: int = 1) -> Floats:
    """Of the point and those before it, so many in all."""
    return _known(values).rolling_mean(points, min_samples=least).to_numpy()


def median_within(times: NDArray[np.int64], values: Floats, seconds: int) -> Floats:
    """Of the point and those less than so many seconds before it."""
    points = pl.DataFrame({"time": pl.Series(times * 1_000_000).cast(pl.Datetime("us")), "value": _known(values)})
    near = pl.col("value").rolling_median_by("time", window_size=f"{seconds}s", closed="right")
    return points.select(near)["value"].to_numpy()


def count(values: Floats) -> NDArray[np.int64]:
    """How many known values there are before each point."""
    known = ~np.isnan(values)
    return np.cumsum(known) - known


def since_first(times: NDArray[np.int64], values: Floats, seconds: float) -> NDArray[np.bool_]:
    """Whether the first known value is at least so long ago."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    return np.asarray(times - times[known[0]] >= seconds, dtype=np.bool_)


def before(values: Floats) -> Floats:
    """What was at the point before; unknown at the first."""
    moved = np.full(len(values), np.nan)
    moved[1:] = values[:-1]
    return moved


def _known(values: Floats) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64).fill_nan(None)
