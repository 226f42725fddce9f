"""Changes that look like a new price rather than new use: all resources at once and by the same factor.

Commitments that start or end, and new prices, do that. A fall between a tenth and two fifths is taken for one; a rise is if the
same service of the sub-account moves so in another region, or if the company had such steps on that day of the month before.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from assets.finops.logic.anomalies.findings import Finding
from assets.finops.logic.anomalies.state import Days, State

_LOWEST, _HIGHEST = 0.58, 1.35
_DISCOUNT = 0.92
_LEAST_SEEN = 2


class Steps:
    """Tells price steps from changes, and remembers on which day of the month other services of the company had them."""

    def __init__(self, service_of_account: Days) -> None:
        """Takes the number of the sub-account's service, per series."""
        self._group = service_of_account
        self._seen: dict[int, set[int]] = {}

    def among(self, state: State, t: int, findings: Iterable[Finding]) -> set[int]:
        """Series whose change looks like a new price; takes all findings of the day, as it learns from them."""
        uniform = [(f, _uniform_factor(state, t, f)) for f in findings if f.kind in ("spike", "change")]
        steps = [(f, factor) for f, factor in uniform if factor is not None and _LOWEST < factor < _HIGHEST]
        for finding, _ in steps:
            self._on_day(state, finding).add(int(self._group[finding.series]))
        return {f.series for f, factor in steps if self._is_price_step(state, t, f, factor)}

    def _is_price_step(self, state: State, t: int, finding: Finding, factor: float) -> bool:
        others = self._on_day(state, finding) - {int(self._group[finding.series])}
        return factor < _DISCOUNT or len(others) >= _LEAST_SEEN or self._elsewhere_too(state, t, finding, factor)

    def _on_day(self, state: State, finding: Finding) -> set[int]:
        """Services that had such a change on the same day of a month."""
        return self._seen.setdefault(int(state.calendar.day_of_month[finding.onset]), set())

    def _elsewhere_too(self, state: State, t: int, finding: Finding, factor: float) -> bool:
        past, days = state.history, slice(finding.onset, t + 1)
        length = t + 1 - finding.onset
        for series in np.flatnonzero(self._group == self._group[finding.series]):
            expected = np.nan_to_num(past.level[finding.base, series]) * past.factor[days, series][past.known[days, series]].sum()
            if series == finding.series or expected <= 0:
                continue
            noise = state.noise.scale[series] / np.sqrt(length)
            ratio = past.totals[days, series].sum() / expected
            if abs(ratio - factor) < max(0.06, 2 * noise) and abs(ratio - 1) > 2 * noise:
                return True
        return False


def _uniform_factor(state: State, t: int, finding: Finding) -> float | None:
    """The factor by which all resources changed, if it was the same for all; None otherwise."""
    past, series = state.history, finding.series
    rows = state.groups.rows(series)
    rows = rows[past.resource_level[finding.base, rows] > 0.03 * past.level[finding.base, series]]
    before = past.resource_level[finding.base, rows]
    days = t - finding.base
    weight = past.weights[t + 1, series] - past.weights[finding.base + 1, series]
    if len(rows) < 2 or weight <= 0:
        return None
    ratios = (past.sums[t + 1, rows] - past.sums[finding.base + 1, rows]) / (before * weight)
    middle = float(np.median(ratios))
    noise = state.resource_noise[rows] / np.sqrt(max(1.0, days * 0.6))
    return middle if np.all(np.abs(ratios - middle) < np.maximum(2.5 * noise, 0.03)) else None
