"""Costs that move from one resource of a series to another, so that the sum hides them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from assets.finops.logic.anomalies.findings import Finding, back_at_known
from assets.finops.logic.anomalies.state import Flags, State

_OWN = 4.0
_INDEPENDENT = 0.6
_LEAST_SHARE = 0.0375
_WINDOWS = (2, 3, 5)


def shifts(state: State, t: int, judged: Flags) -> Iterator[Finding]:
    """Pairs of settled resources of which one rose as the other fell, for two days or more, while the sum hardly moved."""
    past, owner, groups = state.history, state.owner, state.groups
    judged = judged & (t - past.first >= 28)
    for days in _WINDOWS:
        base = t - days
        if base < 21:
            continue
        considered = judged & (past.used[base + 1 : t + 1].sum(axis=0) == days)
        if not considered.any():
            continue
        weight = past.weights[t + 1] - past.weights[base + 1]
        cost, before = past.sums[t + 1] - past.sums[base + 1], past.resource_level[base]
        expected = np.nan_to_num(past.level[base]) * weight
        excess = cost - before * weight[owner]
        back = back_at_known(state, t, cost, weight[owner], 0.06 * expected[owner], days * _INDEPENDENT)
        settled = (state.age >= 14) & (before > 0) & (cost > 0) & ~back
        usual = state.resource_noise * before * weight[owner] / np.sqrt(days * _INDEPENDENT)
        own = np.where(settled, excess / np.maximum(usual, 1e-9), 0.0)
        rise = groups.most(np.where(own > _OWN, excess, 0.0))
        fall = -groups.least(np.where(own < -_OWN, excess, 0.0))
        moved = np.minimum(rise, fall)
        hidden = np.abs(groups.add(excess)) < 0.5 * np.maximum(rise, fall)
        enough = (moved > state.money) & (moved > _LEAST_SHARE * expected)
        for series in np.flatnonzero(considered & (moved > 0) & hidden & enough):
            rows = groups.rows(int(series))
            risen = int(rows[np.argmax(np.where(own[rows] > 0, excess[rows], -np.inf))])
            fallen = int(rows[np.argmin(np.where(own[rows] < 0, excess[rows], np.inf))])
            if -excess[fallen] < 0.2 * before[fallen] * weight[series]:
                continue
            if all(_every_day(state, t, days, row, excess[row]) for row in (risen, fallen)):
                score = float(min(own[risen], -own[fallen]) / _OWN)
                yield Finding(int(series), "shift between resources", "mixed", score, base + 1, base, (risen, fallen))


def _every_day(state: State, t: int, days: int, row: int, excess: float) -> bool:
    past, window = state.history, slice(t - days + 1, t + 1)
    daily = past.costs[window, row] - past.resource_level[t - days, row] * past.factor[window, state.owner[row]]
    return bool(np.all(daily * np.sign(excess) > 0.4 * abs(excess) / days))
