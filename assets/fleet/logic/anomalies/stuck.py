"""When a metric that used to move stands still, as one does whose source has hung: every single value is usual then."""

from __future__ import annotations

import numpy as np

from assets.fleet.logic.anomalies import past
from assets.fleet.logic.anomalies.past import Floats
from assets.fleet.logic.anomalies.settings import Settings
from assets.fleet.logic.anomalies.stays import Flags

_LONGER = 2


def stuck(values: Floats, settings: Settings) -> Flags:
    """Points that repeat the one before for more than twice as long as any value of the last weeks did; unknown ones never do."""
    known = np.flatnonzero(~np.isnan(values))
    flags = np.zeros(len(values), dtype=np.bool_)
    if len(known):
        flags[known] = _stuck(values[known], settings)
    return flags


def _stuck(values: Floats, settings: Settings) -> Flags:
    position = np.arange(len(values))
    moved = np.diff(values, prepend=np.nan) != 0
    start = np.maximum.accumulate(np.where(moved, position, 0))
    length = (position - start + 1).astype(np.float64)
    longest = np.nan_to_num(past.highest(length, settings.memory))[start]
    moves = np.nan_to_num(past.mean(moved.astype(np.float64), settings.memory) * np.minimum(position, settings.memory))[start]
    usually_moves = moves >= settings.stuck
    return np.asarray((length > np.maximum(settings.stuck, _LONGER * longest)) & usually_moves, dtype=np.bool_)
