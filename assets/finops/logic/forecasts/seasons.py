"""Which longer season a set of series has next to the known one: the week of hourly values, the year of weekly ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_LEAST_CORRELATION = 0.1
_LEAST_CYCLES = 3
_LEAST_SHARE = 0.25
"""Share of the series that must be long enough to speak for all."""
_LARGEST = 4.0


def long_season(past: Matrix, season: int) -> int:
    """The longer season that the series have in common, a multiple of the known one; the known one itself if there is none.

    It is the lag at which changes over a season are most alike, if they are markedly more alike than at the lags around it.
    Series need three of its cycles to speak for it.
    """
    longest = int(np.quantile((~np.isnan(past)).sum(axis=1), 1 - _LEAST_SHARE)) // _LEAST_CYCLES if past.size else 0
    lags = np.arange(2 * season, longest + 1, season) if season > 1 else np.arange(4, longest + 1)
    if len(lags) < 3:
        return season
    alike = _autocorrelation(past, season)[lags]
    around = np.array([np.median(alike[(lags >= lag // 2) & (lags <= lag * 3 // 2)]) for lag in lags])
    outstanding = alike - around
    good = (outstanding >= _LEAST_CORRELATION) & (outstanding >= 0.9 * outstanding.max())
    return int(lags[good][0]) if good.any() else season


def _autocorrelation(past: Matrix, season: int) -> NDArray[np.float64]:
    """Mean autocorrelation of the changes over a season, extreme ones cut."""
    change = past[:, season:] - past[:, :-season]
    known = ~np.isnan(change)
    number = np.maximum(known.sum(axis=1, keepdims=True), 1)
    change = np.where(known, change, 0)
    change = np.where(known, change - change.sum(axis=1, keepdims=True) / number, 0)
    usual = np.abs(change).sum(axis=1, keepdims=True) / number
    change = np.clip(np.divide(change, usual, out=np.zeros(change.shape), where=usual > 0), -_LARGEST, _LARGEST)
    spectrum = np.abs(np.fft.rfft(change, 2 * change.shape[1])) ** 2
    products = np.fft.irfft(spectrum)[:, : change.shape[1]]
    moving = products[:, 0] > 0
    return np.asarray((products[moving] / products[moving, :1]).mean(axis=0) if moving.any() else np.zeros(change.shape[1]))
