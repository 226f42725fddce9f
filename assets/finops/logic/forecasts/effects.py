"""Effects of days known in advance (first of the month, holidays, planned work), learnt per series from its own past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.forecasts.medians import MAD_SCALE, at_place, rolling_median, row_median

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

_LEAST_SEEN = 2
_SIGNIFICANT = 3.0
"""An effect must exceed that many standard errors."""
_AGREE = 0.75
"""Share of the steps on which an effect must have the same sign."""
_REACH = 14
"""Steps on each side of a step that tell its level."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What each indicator does to each series, and the past without it.

    Attributes:
        strength: Series × indicator, as a share of the series' level; 0 where none was learnt.
        past: The history without the effects.
        level: The latest level of each series.
    """

    strength: Matrix
    past: Matrix
    level: Vector

    def ahead(self, features: Matrix) -> Matrix:
        """What the indicators add to each step of a forecast; `features` are those of the steps ahead."""
        return np.asarray(self.level[:, None] * (self.strength @ features.T), dtype=np.float64)


def effects(past: Matrix, season: int, features: Matrix) -> Effects:
    """Learn the effect of every indicator.

    An effect is the median departure from the usual value of the place in the season, relative to the level around, on the steps
    that have the indicator. It counts if it was seen twice, stands out from the noise and has the same sign nearly always; it is
    then drawn towards 0 by one imagined step without effect. Frequent indicators come first, rarer ones explain what is left.

    Args:
        past: Series × time without gaps, NaN before a series begins.
        season: Steps of the season.
        features: Time × indicator, mostly 0.
    """
    level = rolling_median(past, _REACH)
    usual = np.where(np.isnan(past), np.nan, np.maximum(np.abs(level), _mean_size(past)[:, None]))
    plain = np.asarray(~features.any(axis=1), dtype=np.bool_)
    rest = (past - level) / usual
    rest -= at_place(rest, season, of=plain)
    noise = np.nan_to_num(MAD_SCALE * row_median(np.abs(rest[:, plain])))
    strength = np.zeros((len(past), features.shape[1]))
    for column in np.argsort(-(features != 0).sum(axis=0), kind="stable").tolist():
        active = features[:, column] != 0
        strength[:, column] = _effect(rest[:, active] / features[active, column], noise)
        rest -= strength[:, column, None] * features[:, column]
    return Effects(strength, past - np.nan_to_num(usual) * (strength @ features.T), np.nan_to_num(usual[:, -1]))


def _mean_size(past: Matrix) -> Vector:
    """Mean of the absolute values: what effects are relative to where the level around is nought."""
    number = (~np.isnan(past)).sum(axis=1)
    return np.asarray(np.maximum(np.nansum(np.abs(past), axis=1) / np.maximum(number, 1), 1e-12), dtype=np.float64)


def _effect(seen: Matrix, noise: Vector) -> Vector:
    number = (~np.isnan(seen)).sum(axis=1)
    middle = np.nan_to_num(row_median(seen))
    agreeing = (np.sign(np.nan_to_num(seen)) == np.sign(middle)[:, None]).sum(axis=1)
    error = noise / np.sqrt(np.maximum(number, 1))
    counts = (number >= _LEAST_SEEN) & (np.abs(middle) > _SIGNIFICANT * error) & (agreeing >= _AGREE * number)
    return np.where(counts, middle * number / (number + 1), 0.0)
