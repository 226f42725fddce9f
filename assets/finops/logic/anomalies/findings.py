"""What the tests of a day hand over: one finding per series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from assets.finops.logic.anomalies.state import Days, Flags, State
from assets.finops.logic.panel import Matrix


@dataclass(frozen=True, slots=True)
class Finding:
    """A conspicuous series.

    Attributes:
        series: Index of the series.
        kind: `spike`, `change`, `drift`, `shift between resources`, `new series`, `unusual cost` or `price step`.
        direction: `up`, `down` or `mixed`.
        score: Times the threshold; more is more certain.
        onset: First day of what was noticed.
        base: Day whose levels are those from before; -1 if there was nothing before.
        rows: Resource rows that moved, the largest first.
    """

    series: int
    kind: str
    direction: str
    score: float
    onset: int
    base: int
    rows: tuple[int, ...]


def best(findings: Iterable[Finding]) -> dict[int, Finding]:
    """The finding of the highest score of each series."""
    chosen: dict[int, Finding] = {}
    for finding in findings:
        if finding.series not in chosen or finding.score > chosen[finding.series].score:
            chosen[finding.series] = finding
    return chosen


def judged(state: State, t: int) -> Flags:
    """Series with a level, history and no alarm not long ago, on a day that counts."""
    past, settings = state.history, state.settings
    old_enough = t - past.first >= settings.least_history
    regular = ~state.sparse & (np.nan_to_num(state.level) > 0) & (past.used[t] > 0)
    return np.asarray(old_enough & regular & (t - state.alarm > settings.quiet_days), dtype=np.bool_)


def culprits(rows: Days, moved: Matrix) -> tuple[int, ...]:
    """Rows that moved at least a quarter as much as the one that moved most, the largest first."""
    most = moved.max()
    order = np.argsort(-moved, kind="stable")
    return tuple(int(rows[n]) for n in order if moved[n] > 0 and moved[n] > 0.25 * most)


def back_at_known(state: State, t: int, cost: Matrix, weight: Matrix, least: Matrix, days: float) -> Flags:
    """Resources whose mean cost is that from before a change.

    Args:
        state: Of the detector.
        t: The day.
        cost: Sum per resource over the window.
        weight: Sum of weekday factors per resource over the window.
        least: Money below which a difference is none, per resource.
        days: Independent days in the window.
    """
    off = np.abs(cost - state.remembered * weight)
    noise = 3 * state.resource_noise * np.maximum(state.remembered, 0) * weight / np.sqrt(days)
    return np.asarray(state.recalls(t)[state.owner] & (off < np.maximum(noise, least)), dtype=np.bool_)
