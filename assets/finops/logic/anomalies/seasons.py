"""The week of a series: which part of its usual cost each weekday has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.anomalies.quantiles import median
from assets.finops.logic.panel import Matrix

WEEKS = 16
LEAST_DAYS = 14
_WEEKS_FOR_EACH_DAY = 3
_MAD_SCALE = 1.4826


def weekday_factors(costs: Matrix, weekdays: NDArray[np.int64]) -> Matrix:
    """Factor per weekday (7 × series), mean 1: the cost of such a day against the mean of the seven days around it.

    Medians over the weeks, so that a few odd weeks do not matter; with less than three weeks, working days and weekends are told
    apart and no more. Shrunk towards 1 by the share of the differences between
    weekdays that noise explains (James and Stein, 1961).

    Args:
        costs: Day × series, NaN where a day is unknown or not to be learnt from; the last `WEEKS` weeks are used.
        weekdays: Weekday (0 is Monday) of each day.
    """
    window = costs[-7 * WEEKS :]
    days, number = window.shape
    if days < LEAST_DAYS:
        return np.ones((7, number))
    centre = np.arange(3, days - 3)
    around = _moving_mean(window, centre)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = window[centre] / around
    ratio[~np.isfinite(ratio)] = np.nan
    day_of = weekdays[-days:][centre]
    factors, within = np.full((7, number), np.nan), np.zeros(number)
    for weekday in range(7):
        same = ratio[day_of == weekday]
        factors[weekday] = median(same)
        within += np.nan_to_num(median(np.abs(same - factors[weekday]))) * _MAD_SCALE / 7
    weeks = np.sum(~np.isnan(ratio), axis=0) / 7
    few = weeks < _WEEKS_FOR_EACH_DAY
    for part in (slice(0, 5), slice(5, 7)):
        together = ratio[np.isin(day_of, np.arange(7)[part])]
        factors[part] = np.where(few, median(together), factors[part])
    factors = np.where(np.isnan(factors) | (weeks < 1), 1.0, np.maximum(factors, 0.0))
    mean = factors.mean(axis=0)
    factors = np.maximum(factors / np.where(mean > 0, mean, 1.0), 0.02)
    between = factors.var(axis=0)
    noise = within**2 * (np.pi / 2) / np.maximum(weeks, 1)
    kept = np.clip((between - noise) / np.maximum(between, 1e-12), 0, 1)
    return np.asarray(1 + (factors - 1) * kept, dtype=np.float64)


def _moving_mean(window: Matrix, centre: NDArray[np.int64]) -> Matrix:
    """Mean of the seven days around each centre; NaN if fewer than six of them are known."""
    known = ~np.isnan(window)
    sums, counts = np.zeros((2, len(window) + 1, window.shape[1]))
    np.cumsum(np.where(known, window, 0.0), axis=0, out=sums[1:])
    np.cumsum(known, axis=0, out=counts[1:])
    total, count = sums[centre + 4] - sums[centre - 3], counts[centre + 4] - counts[centre - 3]
    return np.asarray(np.where(count >= 6, total / np.maximum(count, 1), np.nan), dtype=np.float64)
