"""When an anomaly begins and how long it goes on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assets.fleet.logic.anomalies.past import Floats

Flags = NDArray[np.bool_]


def stays(distance: Floats, begins: float, goes_on: float) -> Flags:
    """From where the distance reaches `begins`, as long as it is `goes_on` of that. What is unknown neither ends nor belongs."""
    unknown = np.isnan(distance)
    position = np.arange(len(distance))
    ended = np.maximum.accumulate(np.where(~unknown & (distance < goes_on * begins), position, -1))
    begun = np.maximum.accumulate(np.where(~unknown & (distance >= begins), position, -1))
    return (begun > ended) & ~unknown
