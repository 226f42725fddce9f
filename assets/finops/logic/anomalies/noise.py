"""How far a series strays by itself: its relative noise, and how heavy the tails are in services of its kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.anomalies.quantiles import ordered_columns, quantile
from assets.finops.logic.panel import Matrix

DAYS = 200
_LEAST = 0.004
_UNKNOWN = 0.15
_CENTRAL_WEIGHT = 10
_TAIL_WEIGHT = 100
_UPPER = 0.99
_UPPER_OF_NORMAL = 2.6
_RARE = 0.995
_RARE_OF_NORMAL = 3.0
_SECOND_HIGHEST = 1.15
_RAREST = 12.0


@dataclass(frozen=True, slots=True)
class Noise:
    """Per series: `scale` is the relative noise, `jump` the relative one-day rise that happens in the ordinary run of things."""

    scale: Matrix
    jump: Matrix


def no_history(number: int) -> Noise:
    """What is assumed before anything is known."""
    return Noise(np.full(number, _UNKNOWN), np.zeros(number))


def learn(residuals: Matrix, kind: NDArray[np.int64], tail: float) -> Noise:
    """Noise of each series from its past relative residuals (day × series, NaN where not to be learnt from).

    The scale is half the distance of the 16 % and 84 % quantiles, widened by the upper tail. Short histories lean on all series
    for the scale, and on the series of the same service (`kind`) for the tail, as if these had been seen for so many days. A jump
    is ordinary up to `tail` times what one day in 200 of that service has, or a little above the series' own second highest: its
    highest may have been an anomaly.
    """
    ordered, count = ordered_columns(residuals)
    low, middle, high, upper = (quantile(ordered, count, share) for share in (0.16, 0.5, 0.84, _UPPER))
    central = (high - low) / 2
    enough = count > 30
    typical = max(float(np.median(central[enough])), _LEAST) if enough.any() else _UNKNOWN
    central = np.maximum(np.where(np.isnan(central), typical, central), _LEAST)
    central = np.sqrt((count * central**2 + _CENTRAL_WEIGHT * typical**2) / (count + _CENTRAL_WEIGHT))
    own = np.nan_to_num((upper - middle) / 2.9 / central, nan=1.0)
    of_kind, rare = _tails((residuals - middle) / central, kind)
    heavy = np.maximum((count * own + _TAIL_WEIGHT * of_kind) / (count + _TAIL_WEIGHT), 1.0)
    second = ordered[np.maximum(count - 2, 0), np.arange(len(count))] if len(ordered) else np.zeros(len(count))
    highest = np.where(count > 40, _SECOND_HIGHEST * np.nan_to_num(second), 0.0)
    return Noise(central * heavy, np.maximum(highest, tail * rare * central))


def _tails(standard: Matrix, kind: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
    """Per series, from all of its kind: tail relative to a normal one, and the rise of one day in 200, in central noises."""
    heavy, rare = np.ones(len(kind)), np.full(len(kind), _RARE_OF_NORMAL)
    for value in np.unique(kind):
        mine = kind == value
        values = standard[:, mine]
        values = values[~np.isnan(values)]
        if len(values) <= 50:
            continue
        upper, rarest = np.quantile(values, (_UPPER, _RARE))
        heavy[mine] = upper / _UPPER_OF_NORMAL
        if len(values) > 200:
            rare[mine] = min(rarest, _RAREST)
    return heavy, rare
