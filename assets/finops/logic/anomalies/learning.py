"""How levels follow the costs: slowly and robustly in quiet times, at once when a change has come to stay."""

from __future__ import annotations

import numpy as np

from assets.finops.logic.anomalies.quantiles import median
from assets.finops.logic.anomalies.state import Days, Flags, State
from assets.finops.logic.panel import Matrix

_RATE = 0.10
_CLIP = 2.0
_LONGEST = 30.0
_WEEK = 7
_FOLLOWED_DAYS = 35


def learn(state: State, t: int, skipped: Flags, alarmed: Flags) -> None:
    """Take day `t` into levels and noise.

    Levels are exponentially weighted means (rate 0.1, faster in the first days) whose steps are clipped at two noises, as Huber's
    estimator does ("Robust Estimation of a Location Parameter", 1964): a spike moves them little.
    """
    past = state.history
    live = (past.first <= t) & past.known[t]
    after = (t > state.alarm) & (t - state.alarm <= _WEEK)
    past.unlearnt[t] = skipped | ~live | after | np.isnan(state.level) | (alarmed & ~state.alarm_is_noise)
    begun = live & np.isnan(state.level) & (past.totals[t] > 0)
    usable = live & ~skipped & ~begun & ~np.isnan(state.level) & ~state.sparse
    _follow_resources(state, t, usable)
    _follow_series(state, t, usable, begun)
    if t >= 10:
        _settle(state, t)
    past.level[t], past.resource_level[t] = state.level, state.resource_level


def follow_quickly(state: State, series: int, t: int, *, is_noise: bool) -> None:
    """After an alarm: the level may become another one, and the alarm itself may be the series' nature."""
    state.alarm[series] = t
    state.following[series] = t + _FOLLOWED_DAYS
    state.alarm_is_noise[series] = is_noise


def return_to_known(state: State, t: int) -> None:
    """Go back to the levels before a change, where two days in a row show them again: that is no anomaly."""
    past, groups, owner = state.history, state.groups, state.owner
    candidates = _regular(state, t) & state.recalls(t) & (t - state.alarm > 1) & (past.used[t - 1 : t + 1].sum(axis=0) == 2)
    if t < 16 or not candidates.any():
        return
    cost, weight = past.sums[t + 1] - past.sums[t - 1], (past.weights[t + 1] - past.weights[t - 1])[owner]
    level = np.nan_to_num(state.level)[owner]
    now, then = cost - state.resource_level * weight, cost - state.remembered * weight
    moved = np.abs(now) > weight * np.maximum(2.5 * state.resource_noise * state.resource_level / np.sqrt(2), 0.04 * level)
    tolerance = weight * np.maximum(3 * state.resource_noise * np.maximum(state.remembered, 0) / np.sqrt(2), 0.05 * level)
    back = moved & (np.abs(then) < tolerance) & (np.abs(then) < 0.5 * np.abs(now))
    size = np.abs(now)
    elsewhere, explained = groups.add(np.where(moved & ~back, size, 0.0)), groups.add(np.where(back, size, 0.0))
    left = np.abs(groups.add(np.where(back, then, now)))
    whole = (elsewhere < 0.5 * explained) | (left < 0.4 * np.abs(groups.add(now)))
    for series in np.flatnonzero(candidates & (explained > 0) & whole):
        rows = groups.rows(int(series))
        rows = rows[back[rows]]
        before = state.resource_level[rows].copy()
        remembered = state.remembered[rows].copy()
        state.resource_level[rows] = past.resource_level[:t, rows] = remembered
        changed = max(state.level[series] + float((remembered - before).sum()), 0.02 * state.level[series])
        state.set_levels(np.array([series]), np.array([changed]), t)
        state.remembered[rows] = before
        state.remembered_since[series] = t - 30
        state.following[series] = t - 1
        expected = state.level[series] * past.factor[t, series]
        past.residual[t, series] = past.totals[t, series] / max(expected, 1e-9) - 1
        past.unlearnt[t - 1, series] = True


def _regular(state: State, t: int) -> Flags:
    past = state.history
    return np.asarray(
        (past.first <= t - state.settings.least_history) & ~state.sparse & (past.used[t] > 0) & (np.nan_to_num(state.level) > 0)
    )


def _follow_series(state: State, t: int, usable: Flags, begun: Flags) -> None:
    past = state.history
    days = np.maximum(t - past.first + 1, 1)
    rate = np.maximum(_RATE, 1 / np.minimum(days, _LONGEST))
    clip = np.where(days < 10, 1.0, _CLIP * state.noise.scale)
    moved = state.level * (1 + rate * np.clip(past.residual[t], -clip, clip))
    first = past.totals[t] / past.factor[t]
    state.level = np.where(begun, first, np.where(usable, moved, state.level))


def _follow_resources(state: State, t: int, usable: Flags) -> None:
    past, owner = state.history, state.owner
    cost, here = past.costs[t], past.known[t][owner]
    expected = state.resource_level * past.factor[t][owner]
    residual = np.where(expected > 0, cost / np.where(expected > 0, expected, 1.0) - 1, 0.0)
    state.age = np.where(here & ((cost > 0) | (state.age > 0)), state.age + 1, state.age)
    state.absent = np.where(here, np.where(cost > 0, 0, state.absent + 1), state.absent)
    follows = usable[owner] & (state.resource_level > 0)
    days = np.minimum(np.maximum(state.age, 1), _LONGEST)
    clip = np.where(state.age < 10, 1.0, _CLIP * np.maximum(state.resource_noise, 0.02))
    moved = state.resource_level * (1 + np.maximum(_RATE, 1 / days) * np.clip(residual, -clip, clip))
    state.resource_level = np.where(follows, moved, state.resource_level)
    spread = np.clip(np.abs(residual), 0, 3 * state.resource_noise) * 1.3
    learnt = state.resource_noise + np.maximum(0.03, 1 / days) * (spread - state.resource_noise)
    state.resource_noise = np.maximum(np.where(follows & (state.age > 3), learnt, state.resource_noise), 0.01)
    # a resource that comes later is unexpected until its level has lasted a week
    began_with_series = (state.age == 1) & (cost > 0) & (t - past.first[owner] < state.settings.least_history)
    state.resource_level = np.where(began_with_series, cost / past.factor[t][owner], state.resource_level)


def _settle(state: State, t: int) -> None:
    """Take the median of the last week as the level where the whole week lay away from it on one side."""
    past = state.history
    following = t <= state.following
    due = (past.first <= t) & ~state.sparse & (((t - state.alarm >= _WEEK) & following) | (t % 5 == 0))
    days = slice(t - _WEEK + 1, t + 1)
    due &= (past.used[days] > 0).sum(axis=0) >= 5
    if not due.any():
        return
    series = np.flatnonzero(due)
    rows = np.flatnonzero(due[state.owner])
    of_rows = np.searchsorted(series, state.owner[rows])
    weekly = np.where(past.used[days, series] > 0, past.factor[days, series], np.nan)
    level, noise = state.resource_level[rows], state.resource_noise[rows]
    whole = np.nan_to_num(state.level)[series]
    resource_days = past.costs[days, rows] / weekly[:, of_rows]
    quick = following[series]
    middle, lasting = _lasting(resource_days, level, quick[of_rows])
    least = np.where(
        quick[of_rows],
        0.5 * noise * np.maximum(level, 0.02 * whole[of_rows]),
        np.maximum(2 * noise * level, 0.04 * whole[of_rows]),
    )
    changed = lasting & (np.abs(middle - level) > least)
    changed_series = np.bincount(of_rows[changed], minlength=len(series)) > 0
    fresh = series[changed_series & ~state.recalls(t)[series]]
    for one in fresh:
        state.remember(int(one), t - 1, t)
    state.set_resource_levels(rows[changed], middle[changed], t)
    total, total_lasting = _lasting(past.totals[days, series] / weekly, whole, quick)
    far = np.abs(total - whole) > 2 * state.noise.scale[series] * whole
    moved = (changed_series | (total_lasting & (quick | far))) & (total > 0) & (whole > 0)
    state.set_levels(series[moved], total[moved], t)


def _lasting(days: Matrix, level: Matrix, quick: Flags) -> tuple[Matrix, Flags]:
    """Median of the days, and whether they lie on one side of the level: all, or all but one where levels follow quickly."""
    count: Days = np.sum(~np.isnan(days), axis=0)
    side = np.abs(np.nansum(np.sign(days - level), axis=0))
    return median(days), np.asarray(side >= np.where(quick, count - 2, count), dtype=np.bool_)
