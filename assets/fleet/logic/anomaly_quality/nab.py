"""The scoring of the Numenta Anomaly Benchmark: what a detector's scores are worth against labelled windows.

Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms" (2015). A window counts once, by the earliest flag inside
it: the earlier, the more. A flag outside costs the more the farther it lies behind the last window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NOWHERE = -1
"""The window of a point that lies in none."""
_PROBATION = 0.15
_PROBATION_OF = 5000
_FAR = 3.0
_STEEPNESS = 5.0


@dataclass(frozen=True, slots=True)
class Profile:
    """What is worth how much.

    Attributes:
        hit: Of a window found at its very start.
        miss: Costs of a window not found.
        false_alarm: Costs of a flag far from every window.
    """

    hit: float = 1.0
    miss: float = 1.0
    false_alarm: float = 0.11


STANDARD = Profile()


@dataclass(frozen=True, slots=True)
class Worth:
    """What a flag is worth at each point of a series, in order of time.

    Attributes:
        worth: Per point.
        window: Number of the window that the point lies in, or `NOWHERE`.
        scored: Whether the point counts: those of the probationary period do not.
        windows: How many windows the series has.
    """

    worth: Floats
    window: Integers
    scored: NDArray[np.bool_]
    windows: int


def worth(points: int, windows: Sequence[tuple[int, int]], profile: Profile = STANDARD) -> Worth:
    """What a flag is worth at each point.

    Args:
        points: Length of the series.
        windows: First and last point of each window, ascending.
        profile: What is worth how much.
    """
    position = np.arange(points)
    of_point = np.full(points, NOWHERE, dtype=np.int64)
    value = np.full(points, -profile.false_alarm)
    for number, (first, last) in enumerate(windows):
        width = last - first + 1
        behind = (position[last + 1 :] - last) / max(width - 1, 1)
        value[last + 1 :] = _sigmoid(behind) * profile.false_alarm
        inside = slice(first, last + 1)
        value[inside] = _sigmoid(-(last - position[inside] + 1) / width) / _sigmoid(np.array([-1.0]))[0] * profile.hit
        of_point[inside] = number
    probation = min(np.floor(_PROBATION * points), _PROBATION * _PROBATION_OF)
    return Worth(value, of_point, position >= probation, len(windows))


def best_threshold(scores: Sequence[Floats], series: Sequence[Worth], profile: Profile = STANDARD) -> tuple[float, float]:
    """The one threshold under which all series together are worth most, and that worth; points at the threshold are flagged.

    The benchmark's own procedure: every score that occurs is tried; of equals, the highest.

    Args:
        scores: Per series and point: how anomalous.
        series: Per series: what flags are worth.
        profile: What is worth how much.
    """
    score = np.concatenate([s[w.scored] for s, w in zip(scores, series, strict=True)])
    value = np.concatenate([w.worth[w.scored] for w in series])
    offsets = np.cumsum([0, *(w.windows for w in series)])
    window = np.concatenate(
        [
            np.where(w.window == NOWHERE, NOWHERE, w.window + first)[w.scored]
            for w, first in zip(series, offsets[:-1], strict=True)
        ]
    )
    order = np.argsort(-score, kind="stable")
    score, value, window = score[order], value[order], window[order]
    gain = np.where(window == NOWHERE, value, 0.0)
    for number in np.unique(window[window != NOWHERE]):
        at = np.flatnonzero(window == number)
        gain[at] = np.diff(np.maximum.accumulate(np.concatenate([[-profile.miss], value[at]])))
    total = np.concatenate([[0.0], np.cumsum(gain)]) - profile.miss * len(np.unique(window[window != NOWHERE]))
    ends = np.concatenate([[0], np.flatnonzero(np.diff(score)) + 1, [len(score)]])
    best = int(ends[np.argmax(total[ends])])
    return (float(score[best - 1]) if best else np.inf), float(total[best])


def raw_score(scores: Floats, series: Worth, threshold: float, profile: Profile = STANDARD) -> float:
    """What the flags of one series are worth: points whose score is at least the threshold."""
    flagged = (scores >= threshold) & series.scored
    outside = float(series.worth[flagged & (series.window == NOWHERE)].sum())
    found = np.full(series.windows, -profile.miss)
    inside = flagged & (series.window != NOWHERE)
    np.maximum.at(found, series.window[inside], series.worth[inside])
    reachable = np.unique(series.window[series.scored & (series.window != NOWHERE)])
    return outside + float(found[reachable].sum())


def normalised(raw: float, windows: int, profile: Profile = STANDARD) -> float:
    """The score that is published: 0 is never flagging, 100 flagging every window at its start and nothing else."""
    nothing, perfect = -profile.miss * windows, profile.hit * windows
    return 100 * (raw - nothing) / (perfect - nothing)


def _sigmoid(position: Floats) -> Floats:
    """From +1 far ahead, over 0 at the end of the window, to −1 behind it."""
    return np.where(position > _FAR, -1.0, 2 / (1 + np.exp(_STEEPNESS * np.minimum(position, _FAR))) - 1)
