"""The models that compete for each series: every one forecasts all series at once, from the past alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.forecasts import regression
from assets.finops.logic.forecasts.cleaning import cleaned
from assets.finops.logic.forecasts.repetition import drift, last_season, mean_season, typical_season
from assets.finops.logic.forecasts.smoothing import smoothed

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

NAIVE = "seasonal_naive"
_STRENGTHS = (0.01, 1.0)
"""How much regressions of one series are drawn towards the common one."""
_MEMORY = 500
_CYCLES = 6
"""Smoothing looks back so many steps, or so many cycles of the season if they are longer."""
_BEYOND = 0.5
"""Forecasts end that share of the past's range beyond it."""
_FLOOR = 0.05
"""Where there are zeros, logarithms are those of values raised by that share of the mean."""


def candidates(past: Matrix, horizon: int, season: int, longer: int) -> dict[str, Matrix]:
    """Forecasts by model name; NaN where a series is too short for a model.

    Args:
        past: Series × time without gaps, right-aligned, NaN before a series begins.
        horizon: Steps ahead.
        season: Steps of the season; 1 if there is none.
        longer: Steps of the longer season; `season` if there is none.
    """
    found = {"last_season": naive(past, horizon, season), "drift": drift(past, horizon, season)}
    memory = max(_MEMORY, _CYCLES * season)
    for period in sorted({season, longer}):
        if period > 1:
            found[f"median_{period}"] = typical_season(past, horizon, period, 4)
            found[f"mean_{period}"] = mean_season(past, horizon, period, 8)
        if period > season:
            found[f"naive_{period}"] = last_season(past, horizon, period)
    logarithms, back = _logarithmic(past)
    for name, values, turn in (("", past, _same), ("log_", logarithms, back)):
        found[f"{name}smoothing"] = turn(smoothed(values[:, -memory:], horizon, season))
        for order, lags in enumerate(lag_lengths(horizon, season, longer)):
            common = regression.pooled(values, horizon, season, lags)
            if common is None:
                continue
            found[f"{name}pooled_{lags}"] = turn(regression.ahead(values, season, common))
            if order:
                continue
            for strength, own in zip(_STRENGTHS, regression.own(values, horizon, season, common, _STRENGTHS), strict=True):
                found[f"{name}own_{lags}_{strength:g}"] = turn(own)
    return {name: _within(values, past) for name, values in found.items()}


def naive(past: Matrix, horizon: int, season: int) -> Matrix:
    """The seasonal naive forecast; the last value where a series is shorter than a season."""
    found = last_season(past, horizon, season)
    return np.where(np.isnan(found), past[:, -1:], found)


def worth_cleaning(past: Matrix, horizon: int, season: int, longer: int) -> bool:
    """Whether a regression forecast the last two horizons better, on the whole, from a past without accidents.

    In costs accidents are noise; in other series what looks like one may be part of the rhythm. Without history enough to tell it
    is done.
    """
    lags = lag_lengths(horizon, season, longer)[0]
    ends = [past.shape[1] - back for back in (horizon, 2 * horizon) if past.shape[1] > back]
    known = np.concatenate([np.zeros(0), *(_gain(past[:, :end], past[:, end : end + horizon], season, lags) for end in ends)])
    return not len(known) or bool(known.mean() <= 0)


def _gain(past: Matrix, came: Matrix, season: int, lags: int) -> Vector:
    """Logarithm of the errors from the cleaned past as multiples of those from the past as it is, where both are known."""
    errors = []
    for known in (past, cleaned(past, season)):
        common = regression.pooled(known, came.shape[1], season, lags)
        if common is None:
            return np.zeros(0)
        errors.append(np.abs(regression.ahead(known, season, common) - came).mean(axis=1))
    usable = (errors[0] > 0) & (errors[1] > 0)
    return np.asarray(np.log(errors[1][usable] / errors[0][usable]), dtype=np.float64)


def lag_lengths(horizon: int, season: int, longer: int) -> list[int]:
    """How many of the last values regressions look at: whole cycles as long as the horizon, somewhat more, and twice as many."""
    cycles = longer * -(-horizon // longer) if longer > 1 else max(horizon, 2)
    more = season if season > 1 else max(2, horizon // 3)
    lengths = [cycles, cycles + more, 2 * cycles]
    return [a for a, b in pairwise([*lengths, 10**9]) if a < b]


def _same(values: Matrix) -> Matrix:
    return values


def _logarithmic(past: Matrix) -> tuple[Matrix, Callable[[Matrix], Matrix]]:
    """Logarithms of the past and the way back; NaN for series with values below zero or nothing but zeros."""
    least = np.where(np.isnan(past), np.inf, past).min(axis=1, keepdims=True, initial=np.inf)
    mean = np.nan_to_num(past).sum(axis=1, keepdims=True) / np.maximum((~np.isnan(past)).sum(axis=1, keepdims=True), 1)
    raised = np.where(least > 0, 0.0, _FLOOR * mean)
    possible = (least >= 0) & (mean > 0)
    safe = np.where(possible, past + raised, np.nan)
    top = np.log(np.where(np.isnan(safe), 0, safe).max(axis=1, keepdims=True, initial=1e-300)) + 3
    return np.log(safe), lambda values: np.exp(np.minimum(values, top)) - raised


def _within(values: Matrix, past: Matrix) -> Matrix:
    """Cut to what the past makes plausible."""
    low = np.where(np.isnan(past), np.inf, past).min(axis=1, keepdims=True, initial=np.inf)
    high = np.where(np.isnan(past), -np.inf, past).max(axis=1, keepdims=True, initial=-np.inf)
    margin = _BEYOND * (high - low)
    return np.asarray(np.clip(values, low - margin, high + margin), dtype=np.float64)
