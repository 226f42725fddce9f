"""Series without a level to compare with: new ones, and those that cost something only now and then."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from assets.finops.logic.anomalies.findings import Finding, culprits
from assets.finops.logic.anomalies.state import State

_FIRST_DAYS = 10
_SPARSE_HISTORY = 28
_LEAST_SEEN = 5
_RARE = 0.10


def new_series(state: State, t: int) -> Iterator[Finding]:
    """Services that were not used before and are expensive in their first days.

    Needs two weeks of data before them in which they would have been seen: a cloud that is taken in is not new for that.
    """
    past, settings = state.history, state.settings
    young = (past.first <= t) & (t - past.first < _FIRST_DAYS) & (past.watched >= settings.least_history)
    unalarmed = state.alarm < past.first
    for series in np.flatnonzero(young & unalarmed & (past.totals[t] > state.new_series_cost)):
        rows = state.groups.rows(int(series))
        score = 1 + float(np.log(past.totals[t, series] / state.new_series_cost[series]))
        onset = int(past.first[series])
        yield Finding(int(series), "new series", "up", score, onset, -1, culprits(rows, past.costs[t, rows]))


def sparse(state: State, t: int) -> Iterator[Finding]:
    """Costs far above anything so far, or on a day of the month that never had one."""
    past, settings = state.history, state.settings
    old_enough = t - past.first >= _SPARSE_HISTORY
    quiet = t - state.alarm > settings.quiet_days
    for series in np.flatnonzero(state.sparse & old_enough & quiet & past.known[t] & (past.totals[t] > state.money)):
        rows = state.groups.rows(int(series))
        known = past.known[past.first[series] : t, series]
        before = past.totals[past.first[series] : t, series][known]
        with_cost = before[before > 0]
        if len(with_cost) < _RARE * len(before):
            yield from _rare(state, t, int(series), float(np.median(with_cost)), float(with_cost.max()))
            continue
        highest = float(with_cost.max())
        today, own = past.costs[t, rows], past.costs[past.first[series] : t, rows]
        seen = (own > 0).sum(axis=0)
        jumped = (today > settings.sparse_jump * np.maximum(highest, own.max(axis=0))) & (seen != 0) & (seen >= _LEAST_SEEN)
        jumped |= (seen == 0) & (today > 2 * settings.sparse_jump * highest)
        if jumped.any():
            named = culprits(rows, np.where(jumped, today, 0.0))
            score = float(past.totals[t, series] / highest)
            yield Finding(int(series), "unusual cost", "up", score, t, -1, named)


def _rare(state: State, t: int, series: int, typical: float, highest: float) -> Iterator[Finding]:
    """A series that costs something about once a month: a cost on another day, or far above all before."""
    past = state.history
    today = float(past.totals[t, series])
    about = [past.totals[max(day - 1, 0) : day + 2, series].max() for day in state.calendar.same_place(t)]
    expected_today = any(cost > 0.3 * today for cost in about)
    if (not expected_today and today > 0.3 * typical) or today > 1.6 * highest:
        rows = state.groups.rows(series)
        score = 1 + today / typical
        yield Finding(series, "unusual cost", "up", score, t, -1, culprits(rows, past.costs[t, rows]))
