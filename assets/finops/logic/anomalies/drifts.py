"""Slow rises: the last week against the level of two, four and six weeks before, beyond the series' own growth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from assets.finops.logic.anomalies.findings import Finding, back_at_known, culprits
from assets.finops.logic.anomalies.state import Flags, State
from assets.finops.logic.panel import Matrix

_WEEK = 7
_QUIET_DAYS = 45
_GROWTH_DAYS = 56
_MOST_GROWTH = 0.004
_INDEPENDENT = 4.0
_OF_SHARE = 0.3


def drifts(state: State, t: int, judged: Flags) -> Iterator[Finding]:
    """Series of which some resources rose slowly and still rise."""
    past, settings = state.history, state.settings
    if t < settings.settled + 3:
        return
    judged = judged & (t - past.first >= settings.settled) & (t - state.alarm > _QUIET_DAYS)
    for lag in settings.drift:
        base = t - _WEEK - lag
        considered = judged & (past.first < base - 27) & (past.used[t - _WEEK + 1 : t + 1].sum(axis=0) >= 5)
        if considered.any():
            yield from _risen(state, t, lag, base, considered)


def _risen(state: State, t: int, lag: int, base: int, considered: Flags) -> Iterator[Finding]:
    past, owner, groups, settings = state.history, state.owner, state.groups, state.settings
    growth = np.exp(_growth(state, base) * (lag + 3))
    before = past.resource_level[base] * growth[owner]
    level = np.nan_to_num(past.level[base])
    weight = past.weights[t + 1] - past.weights[t - _WEEK + 1]
    cost = past.sums[t + 1] - past.sums[t - _WEEK + 1]
    expected = np.maximum(level * weight, 1e-9)
    back = back_at_known(state, t, cost, weight[owner], 0.06 * expected[owner], float(_WEEK))
    counted = (before > 0) & ~back
    excess = np.where(counted, cost - before * weight[owner], 0.0)
    usual = state.resource_noise * before * weight[owner] / np.sqrt(_INDEPENDENT)
    rose = counted & (excess > settings.own * np.maximum(usual, 1e-9))
    moved = groups.add(np.where(rose, excess, 0.0))
    share, total_share = moved / expected, groups.add(excess) / expected
    earlier_weight = past.weights[t - _WEEK + 1] - past.weights[t - 2 * _WEEK + 1]
    earlier_cost = past.sums[t - _WEEK + 1] - past.sums[t - 2 * _WEEK + 1]
    earlier = groups.add(np.where(rose, earlier_cost - before * earlier_weight[owner], 0.0))
    earlier_share = earlier / np.maximum(level * earlier_weight, 1e-9)
    score = share / (settings.drift[lag] * state.noise.scale)
    still_rising = (share > earlier_share) & (earlier_share > 0.3 * share) & _since(state, t, base, level, share)
    enough = (score > 1) & (share > settings.drift_share[lag]) & (moved > state.money) & (total_share > 0.5 * share)
    for series in np.flatnonzero(considered & still_rising & enough):
        rows = groups.rows(int(series))
        named = culprits(rows, np.where(rose[rows], excess[rows], 0.0))
        onset = _onset(state, t, base, int(series))
        yield Finding(int(series), "drift", "up", float(score[series]), onset, base, named)


def _since(state: State, t: int, base: int, level: Matrix, share: Matrix) -> Flags:
    """Whether the series as a whole cost more since the base, as it does if it rose all the time."""
    past = state.history
    weight = past.weights[t + 1] - past.weights[base + 1]
    excess = state.groups.add(past.sums[t + 1] - past.sums[base + 1]) - level * weight
    return np.asarray(excess > _OF_SHARE * share * level * weight, dtype=np.bool_)


def _onset(state: State, t: int, base: int, series: int) -> int:
    """The day from which on the cost added up to more than expected, and never came back to it."""
    past, days = state.history, slice(base + 1, t + 1)
    expected = past.level[base, series] * past.factor[days, series]
    excess = np.cumsum((past.totals[days, series] - expected) * past.used[days, series])
    return min(base + 2 + int(np.argmin(excess)), t) if excess.min() < 0 else base + 1


def _growth(state: State, base: int) -> Matrix:
    """The series' own growth per day before the base, in log cost; 0 if less than four weeks show it."""
    past = state.history
    begin = np.minimum(np.maximum(base - _GROWTH_DAYS, past.first + 14), base)
    begin = np.maximum(begin, 0)
    then, now = past.level[begin, np.arange(len(begin))], past.level[base]
    span = base - begin
    known = (span >= 28) & (np.nan_to_num(then) > 0) & (np.nan_to_num(now) > 0)
    slope = np.log(np.where(known, now, 1.0) / np.where(known, then, 1.0)) / np.maximum(span, 1)
    return np.asarray(np.clip(slope, -_MOST_GROWTH, _MOST_GROWTH), dtype=np.float64)
