"""Accidents taken out of the past, so that no model repeats them: spikes, drop-outs and anything else that passed within days."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.forecasts.medians import MAD_SCALE, at_place, rolling_median, row_median

Matrix = NDArray[np.float64]

_STANDS_OUT = 5.0
"""Standard deviations."""
_REACH = 2
"""Cycles of the season that are looked at on each side of a step."""
_LEAST_REACH = 7
_LEAST_NOISE = 0.01
"""Noise of a series is taken to be at least that share of its level."""
_RARE = 0.1
"""If a larger share of a series' steps stands out, that is its nature."""


def cleaned(past: Matrix, season: int) -> Matrix:
    """The past with steps that stand out from their surroundings replaced by what is usual there.

    Usual is the median of the cycles around plus the median departure of the place in the season; noise is the median absolute
    departure from that. A change that stays is no accident: it moves the median. Where the
    level is 0, what comes now and then is all there is, and stays.
    """
    level = rolling_median(past, max(_REACH * season, _LEAST_REACH))
    seasonal = at_place(past - level, season)
    rest = np.abs(past - level - seasonal)
    noise = MAD_SCALE * row_median(rest)[:, None]
    outstanding = rest > _STANDS_OUT * np.maximum(noise, _LEAST_NOISE * np.abs(level))
    outstanding &= level != 0
    rare = outstanding.sum(axis=1) <= _RARE * (~np.isnan(past)).sum(axis=1)
    return np.where(outstanding & rare[:, None], level + seasonal, past)
