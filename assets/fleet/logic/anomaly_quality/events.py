"""Flags against labelled runs: which runs are found, and which alert episodes are right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

_APART = 3
"""Flags at most this many points apart are one episode."""
_WIDENED = 1
"""Points on each side of a run in which an episode is still right."""


@dataclass(frozen=True, slots=True)
class EventScore:
    """Counts over any number of series.

    Attributes:
        runs: Labelled runs.
        found: Of them, those with a flag inside.
        episodes: Alert episodes.
        right: Of them, those that overlap a run widened by a point.
    """

    runs: int
    found: int
    episodes: int
    right: int

    @property
    def recall(self) -> float | None:
        """Runs found, of all; None without a run."""
        return self.found / self.runs if self.runs else None

    @property
    def precision(self) -> float | None:
        """Right episodes, of all; None without an episode."""
        return self.right / self.episodes if self.episodes else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of the two; 0 if one is 0, None where there is neither a run nor an episode."""
        if not self.runs and not self.episodes:
            return None
        recall, precision = self.recall or 0.0, self.precision or 0.0
        return 2 * recall * precision / (recall + precision) if recall + precision else 0.0

    def __add__(self, other: EventScore) -> EventScore:
        return EventScore(
            self.runs + other.runs, self.found + other.found, self.episodes + other.episodes, self.right + other.right
        )


def event_score(flags: Flags, labels: Flags) -> EventScore:
    """Score one series: whether each of its points, in order of time, is flagged, and whether it is labelled."""
    runs = episodes_of(labels, apart=1)
    episodes = episodes_of(flags)
    found = sum(bool(flags[first : last + 1].any()) for first, last in runs)
    right = sum(bool(labels[max(first - _WIDENED, 0) : last + 1 + _WIDENED].any()) for first, last in episodes)
    return EventScore(len(runs), found, len(episodes), right)


def pooled(scores: Iterable[EventScore]) -> EventScore:
    """The counts of several series together."""
    return sum(scores, EventScore(0, 0, 0, 0))


def episodes_of(flags: Flags, apart: int = _APART) -> list[tuple[int, int]]:
    """First and last point of each episode: flags that are at most `apart` points apart belong together."""
    at = np.flatnonzero(flags)
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > apart)
    first = at[np.concatenate([[0], breaks + 1])]
    last = at[np.concatenate([breaks, [len(at) - 1]])]
    return list(zip(first.tolist(), last.tolist(), strict=True))
