"""Sudden changes: means over one to seven days against the level just before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assets.finops.logic.anomalies.findings import Finding, back_at_known, culprits
from assets.finops.logic.anomalies.state import Days, Flags, State
from assets.finops.logic.panel import Matrix

_INDEPENDENT = 0.6


@dataclass(frozen=True, slots=True)
class _Window:
    """The last `days` days against the levels of the day `base` before them; money sums over the window."""

    days: int
    base: int
    weight: Matrix
    expected: Matrix
    excess: Matrix
    total: Matrix
    own: Matrix
    before: Matrix
    judged: Flags


def changes(state: State, t: int, judged: Flags) -> Iterator[Finding]:
    """Series that moved as a whole, or by some resources that left their own noise; upwards from one day, downwards from two.

    What moves all resources alike is compared with the jumps that are usual for services of the kind; what moves some of them
    stands out sooner, as noise hits them all.
    """
    for days in state.settings.concentrated:
        if t - days + 1 < state.settings.least_history:
            continue
        window = _window(state, t, days, judged)
        if window.judged.any():
            yield from _moved(state, t, window, up=True)
            if days > 1:
                yield from _moved(state, t, window, up=False)


def _window(state: State, t: int, days: int, judged: Flags) -> _Window:
    past, owner, groups, base = state.history, state.owner, state.groups, t - days
    counted = past.used[base + 1 : t + 1].sum(axis=0)
    needed = days if days <= 3 else days - 2
    age = t - past.first
    grown = age >= (state.settings.settled if days >= 5 else state.settings.least_history + days - 1)
    weight = past.weights[t + 1] - past.weights[base + 1]
    cost, before = past.sums[t + 1] - past.sums[base + 1], past.resource_level[base]
    level = np.nan_to_num(past.level[base])
    expected = level * weight
    excess = cost - before * weight[owner]
    root = np.sqrt(max(1.0, days * _INDEPENDENT))
    usual = state.resource_noise * np.maximum(before, 0.02 * level[owner]) * weight[owner] / root
    own = excess / np.maximum(usual, 1e-9)
    if state.recalls(t).any():
        back = back_at_known(state, t, cost, weight[owner], 0.05 * expected[owner], days)
        known = cost - state.remembered * weight[owner]
        excess = np.where(back & (np.abs(known) < 0.6 * np.abs(excess)), 0.0, excess)
    looked_at = judged & (counted >= needed) & grown & (level > 0)
    return _Window(days, base, weight, expected, excess, groups.add(excess), own, before, looked_at)


def _common(state: State, window: _Window, series: int) -> float:
    """The relative change that all settled resources of the series share, if there are several of them; 0 if some moved apart."""
    rows = state.groups.rows(series)
    before, weight = window.before[rows], window.weight[series]
    settled = (before > 0.03 * state.history.level[window.base, series]) & (state.age[rows] >= 10)
    if settled.sum() < 2:
        return 0.0
    ratio = window.excess[rows[settled]] / np.maximum(before[settled] * weight, 1e-9)
    low, high = float(ratio.min()), float(ratio.max())
    return low if low > 0 else high if high < 0 else 0.0


def _moved(state: State, t: int, window: _Window, *, up: bool) -> Iterator[Finding]:
    settings, groups, days = state.settings, state.groups, window.days
    sign = 1.0 if up else -1.0
    left = window.own * sign > settings.own
    moved = groups.add(np.where(left, window.excess, 0.0)) * sign
    total = window.total * sign
    expected = np.maximum(window.expected, 1e-9)
    share, total_share = moved / expected, total / expected
    jump = state.noise.jump * settings.tail_of_window[days]
    enough = (share > settings.share) & (moved > state.money) & (total_share > 0.35 * share)
    single, least = share, settings.concentrated[days] * state.noise.scale
    if up:
        # looked at only where it can matter, as it makes the share smaller
        single = share.copy()
        for series in np.flatnonzero(window.judged & enough & (share > least)):
            single[series] = min(share[series], total_share[series] - _common(state, window, int(series)))
    by_resources = single / least
    as_whole = total_share / (settings.total[days] * state.noise.scale)
    if up:
        by_resources = np.minimum(by_resources, single / np.maximum(jump * settings.tail_concentrated, 1e-9))
        as_whole = np.minimum(as_whole, total_share / np.maximum(jump, 1e-9))
    else:
        by_resources, as_whole = by_resources / settings.falls, as_whole / settings.falls
    first = (by_resources > 1) & enough
    second = (as_whole > 1) & (total_share > settings.share) & (total > state.money)
    candidates = window.judged & (first | second)
    for series in np.flatnonzero(candidates):
        rows = groups.rows(int(series))
        scores = [
            score[series]
            for passed, score, rows_that_count in (
                (first, by_resources, left[rows]),
                (second, as_whole, np.full(len(rows), True)),
            )
            if passed[series] and _every_day(state, t, window, int(series), rows[rows_that_count], sign)
        ]
        if scores:
            kind = "spike" if days <= 2 and up else "change"
            named = culprits(rows, window.excess[rows] * sign)
            yield Finding(int(series), kind, "up" if up else "down", float(max(scores)), t - days + 1, window.base, named)


def _every_day(state: State, t: int, window: _Window, series: int, rows: Days, sign: float) -> bool:
    """Whether each day of the window (all but one of a long one) has its part in the change of these rows."""
    past = state.history
    days = slice(window.base + 1, t + 1)
    used = past.used[days, series]
    before = past.resource_level[window.base, rows].sum()
    excess = (past.costs[days][:, rows].sum(axis=1) - before * past.factor[days, series]) * used * sign
    mean = excess.sum() / max(used.sum(), 1)
    alike = (excess > 0.4 * mean) | (used == 0)
    return bool(alike.sum() >= window.days - (window.days >= 5))
