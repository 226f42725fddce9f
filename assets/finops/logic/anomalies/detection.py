"""The detector: goes through the days once, judges each with what is known by then, and learns from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.finops.logic.anomalies import irregular, learning, places
from assets.finops.logic.anomalies.changes import changes
from assets.finops.logic.anomalies.drifts import drifts
from assets.finops.logic.anomalies.findings import Finding, best, judged
from assets.finops.logic.anomalies.groups import Groups
from assets.finops.logic.anomalies.places import Calendar
from assets.finops.logic.anomalies.settings import Settings
from assets.finops.logic.anomalies.shifts import shifts
from assets.finops.logic.anomalies.state import Days, History, State
from assets.finops.logic.anomalies.steps import Steps
from assets.finops.logic.panel import Matrix, Panel

PRICE_STEP = "price step"
_STRONG = 1.6
_YOUNG_DAYS = 35
_LEVEL_LEARNT = 21
_SCHEMA = {
    "series": pl.Int64(),
    "day": pl.Int64(),
    "onset": pl.Int64(),
    "kind": pl.String(),
    "direction": pl.String(),
    "expected": pl.Float64(),
    "actual": pl.Float64(),
    "level": pl.Float64(),
    "score": pl.Float64(),
    "noise": pl.Float64(),
    "history_days": pl.Int64(),
    "resources": pl.List(pl.Int64()),
    "resource_levels": pl.List(pl.Float64()),
}


@dataclass(frozen=True, slots=True)
class Watch:
    """What the detector saw.

    Attributes:
        alarms: One row per alarm: `series` and `day` (indices into the panel), `onset` (first day of what was noticed), `kind`,
            `direction`, `expected` and `actual` cost of the day, `level` of the series before (cost of a mean weekday), `score`
            (times the threshold), relative `noise` of the series and `history_days` behind the judgement, `resources` (rows of
            the panel, largest first) and their `resource_levels` before.
        expected: Cost that was expected of each day on the evening before, series × day; NaN before there was a level.
        factor: Weekday factor of each day, series × day: `level` × factor is what an alarm's later days would have cost.
    """

    alarms: pl.DataFrame
    expected: Matrix
    factor: Matrix


def detect(panel: Panel, settings: Settings | None = None) -> pl.DataFrame:
    """The alarms of `watch` that ask for a look: price steps are left out."""
    return watch(panel, settings).alarms.filter(pl.col("kind") != PRICE_STEP)


def watch(panel: Panel, settings: Settings | None = None) -> Watch:
    """Judge every day of the panel with the days up to it.

    On the provisional last days of a provider nothing is judged low, as costs are still coming in.
    """
    watcher = _Watcher(panel, settings or Settings())
    for t in range(panel.days):
        watcher.day(t)
    return watcher.seen()


class _Watcher:
    def __init__(self, panel: Panel, settings: Settings) -> None:
        groups = Groups.of(panel.owner, len(panel.series))
        services = _numbers(panel.series, ["ProviderName", "ServiceName"])
        unit = np.array([1 / settings.rates.get(currency, 1.0) for currency in panel.series["BillingCurrency"]])
        thresholds = (settings.money * unit, settings.new_series_cost * unit)
        self._state = State(settings, groups, Calendar.of(panel.dates), services, *thresholds, History.of(panel, groups))
        self._steps = Steps(_numbers(panel.series, ["ProviderName", "SubAccountId", "ServiceName"]))
        self._panel = panel
        self._expected = np.full((panel.days, len(panel.series)), np.nan)
        self._alarms: list[tuple[object, ...]] = []

    def day(self, t: int) -> None:
        state = self._state
        since = t - state.settings.least_history
        if since >= 0 and since % (3 if t < _YOUNG_DAYS else 7) == 0:
            state.refresh(t)
        state.succeed(t)
        skipped = self._look(t)
        learning.return_to_known(state, t)
        alarmed = np.zeros(len(self._panel.series), dtype=np.bool_)
        found = self._findings(t)
        priced = self._steps.among(state, t, found.values())
        for series, finding in found.items():
            self._raise(t, finding, PRICE_STEP if series in priced else finding.kind)
            alarmed[series] = True
        learning.learn(state, t, skipped, alarmed)

    def seen(self) -> Watch:
        alarms = pl.DataFrame(self._alarms, schema=_SCHEMA, orient="row")
        state = self._state
        known = state.history.known
        newest = np.where(known.any(axis=0), self._panel.days - 1 - known[::-1].argmax(axis=0), -1)
        settled = newest[alarms["series"].to_numpy()] - state.settings.provisional_days
        alarms = alarms.filter((pl.col("direction") == "up") | (pl.col("day") <= pl.Series(settled, dtype=pl.Int64)))
        return Watch(alarms, self._expected.T, state.history.factor.T)

    def _look(self, t: int) -> np.typing.NDArray[np.bool_]:
        """Compare the day with what was expected; returns the series for which it is special by the calendar."""
        state, past = self._state, self._state.history
        weekday = int(state.calendar.weekdays[t])
        factor = state.factors[weekday]
        expected = np.nan_to_num(state.level) * factor
        known = past.known[t]
        residual = np.where((expected > 0) & known, past.totals[t] / np.where(expected > 0, expected, 1.0) - 1, 0.0)
        scale = state.noise.scale
        same_place = state.calendar.same_place(t)
        then = np.where(same_place[:, None] < past.first + _LEVEL_LEARNT, 0.0, past.residual[same_place])
        monthly, source = places.monthly(residual, then, same_place, scale)
        found = np.flatnonzero(source >= 0)
        past.unlearnt[source[found], found] = True
        regular = (t - past.first >= 28) & ~state.sparse & known
        skipped = (source >= 0) | places.holiday(residual, state.factors, weekday, scale, regular)
        past.factor[t], past.residual[t] = factor, residual
        past.used[t] = ~skipped & known & (past.first <= t) & ~np.isnan(state.level)
        past.sums[t + 1] = past.sums[t] + past.costs[t] * past.used[t][state.owner]
        past.weights[t + 1] = past.weights[t] + factor * past.used[t]
        self._expected[t] = np.where(np.isnan(state.level) | state.sparse, np.nan, expected * (1 + monthly))
        return np.asarray(skipped, dtype=np.bool_)

    def _findings(self, t: int) -> dict[int, Finding]:
        state = self._state
        considered = judged(state, t)
        found = best(changes(state, t, considered))
        for test in (shifts, drifts):
            considered[list(found)] = False
            found |= best(test(state, t, considered))
        return best([*found.values(), *irregular.new_series(state, t), *irregular.sparse(state, t)])

    def _raise(self, t: int, finding: Finding, kind: str) -> None:
        state, past, series = self._state, self._state.history, finding.series
        level = float(past.level[finding.base, series]) if finding.base >= 0 else self._usual(finding)
        levels = [float(past.resource_level[finding.base, row]) if finding.base >= 0 else 0.0 for row in finding.rows]
        rows = [state.successors.get(row, row) for row in finding.rows]
        expected = level * float(past.factor[t, series])
        actual = float(past.totals[t, series])
        days = int(past.known[past.first[series] : t, series].sum())
        noise = float(state.noise.scale[series])
        judgement = (finding.score, noise, days)
        self._alarms.append(
            (series, t, finding.onset, kind, finding.direction, expected, actual, level, *judgement, rows, levels)
        )
        if finding.base >= 0:
            state.remember(series, finding.base, t)
        learning.follow_quickly(state, series, t, is_noise=finding.direction == "up" and finding.score <= _STRONG)

    def _usual(self, finding: Finding) -> float:
        """Mean cost so far of a series without a level; 0 of a new one."""
        past = self._state.history
        days = slice(past.first[finding.series], finding.onset)
        before = past.totals[days, finding.series][past.known[days, finding.series]]
        return float(before.mean()) if len(before) else 0.0


def _numbers(series: pl.DataFrame, columns: list[str]) -> Days:
    """A number per distinct combination of the columns."""
    return series.select(pl.struct(columns).rank("dense").cast(pl.Int64)).to_series().to_numpy()
