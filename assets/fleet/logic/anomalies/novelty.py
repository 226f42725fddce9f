"""How far a metric is beyond everything of the last weeks: in its values, its level, its errors, or its variation."""

from __future__ import annotations

import numpy as np

from assets.fleet.logic.anomalies import past
from assets.fleet.logic.anomalies.past import Floats
from assets.fleet.logic.anomalies.settings import Settings

_LEAST_SHARE = 0.003
_NOTHING = 1e-9
_LARGEST = 10.0
_LEAST = 100
"""Points before a range is one: in fewer, every other value is beyond it."""


def novelty(values: Floats, expected: Floats, surprise: Floats, settings: Settings) -> Floats:
    """Per point, 0 where nothing is new, NaN where the value or its surprise is unknown.

    A new extreme that lies near what was expected is less new, by the square root of its part of a surprise that is an anomaly.

    Args:
        values: Of the metric.
        expected: What was expected of each.
        surprise: Distance from that, in noises.
        settings: Spans and weights.
    """
    smooth, weight = settings.smooth, settings.smooth_weight
    level = past.mean_so_far(values, smooth, smooth)
    errors = past.mean_so_far(values - expected, smooth, smooth // 2)
    steps = past.mean_so_far(np.abs(values - past.before(values)), settings.rough, settings.rough // 2)
    beyond = _beyond(values, settings.memory)
    for statistic in (level, errors, steps):
        beyond = np.fmax(beyond, weight * _beyond(statistic, settings.memory))
    weighed = np.clip(beyond, 0, _LARGEST) * np.sqrt(np.minimum(np.abs(surprise) / settings.surprise, 1))
    return np.where(np.isnan(weighed), np.nan, _first(weighed, settings.quiet))


def _beyond(statistic: Floats, memory: int) -> Floats:
    """Distance from the range of the past, as part of that range; negative inside it."""
    high, low = past.highest(statistic, memory, _LEAST), past.lowest(statistic, memory, _LEAST)
    usual = high - low + _LEAST_SHARE * np.fmax(np.abs(high), np.abs(low)) + _NOTHING
    return np.asarray(np.fmax(statistic - high, low - statistic) / usual, dtype=np.float64)


def _first(beyond: Floats, quiet: int) -> Floats:
    """Only what is newer than all of the points before: one alarm where something new begins."""
    return np.where(beyond > np.nan_to_num(past.highest(beyond, quiet)), beyond, 0.0)
