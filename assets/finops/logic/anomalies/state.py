"""What the detector knows on a day: levels, noise and calendar of every series and resource, learnt from the days so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.anomalies import noise, seasons
from assets.finops.logic.anomalies.groups import Groups
from assets.finops.logic.anomalies.places import Calendar
from assets.finops.logic.anomalies.settings import Settings
from assets.finops.logic.panel import Matrix, Panel

NEVER = -(10**6)
_WEEK_LEARNT = 28
Flags = NDArray[np.bool_]
Days = NDArray[np.int64]


@dataclass(slots=True)
class History:
    """What was seen and expected, day × series or day × resource. Levels are costs of a mean weekday.

    Attributes:
        costs: Cost per resource; 0 on unknown days. A successor's cost is put into the row of the resource that it replaced.
        totals: Cost per series.
        known: Whether the provider delivered anything for the day.
        first: First day of each series with a cost.
        watched: Known days of each series before that.
        factor: Weekday factor of the day.
        residual: Cost relative to the expected one, minus 1.
        used: 1 for days that windows count, 0 for holidays, monthly places and unknown days.
        unlearnt: Days that noise and weekday factors are not learnt from.
        level: Level of the series after the day.
        resource_level: Level of the resource after the day.
        sums: Running sum of the used costs per resource; row `t` is that before day `t`.
        weights: Running sum of the used weekday factors per series, likewise.
    """

    costs: Matrix
    totals: Matrix
    known: Flags
    first: Days
    watched: Days
    factor: Matrix
    residual: Matrix
    used: Matrix
    unlearnt: Flags
    level: Matrix
    resource_level: Matrix
    sums: Matrix
    weights: Matrix

    @classmethod
    def of(cls, panel: Panel, groups: Groups) -> History:
        """The history of a panel before its first day was looked at."""
        costs = np.nan_to_num(panel.costs).T.copy()
        known = ~np.isnan(panel.costs[groups.begins]).T
        days, resources, number = len(costs), costs.shape[1], len(groups.begins)
        first = panel.first_days()
        return cls(
            costs=costs,
            totals=groups.add(costs),
            known=known,
            first=first,
            watched=(known & (np.arange(days)[:, None] < first)).sum(axis=0),
            factor=np.ones((days, number)),
            residual=np.zeros((days, number)),
            used=np.zeros((days, number)),
            unlearnt=np.zeros((days, number), dtype=np.bool_),
            level=np.full((days, number), np.nan),
            resource_level=np.zeros((days, resources)),
            sums=np.zeros((days + 1, resources)),
            weights=np.zeros((days + 1, number)),
        )


@dataclass(slots=True)
class State:
    """The present of every series and resource, and the history behind it.

    Attributes:
        money: Least money that a change is worth, per series in its currency.
        new_series_cost: Daily cost from which a new series is an anomaly, likewise.
        level: Level per series, NaN before its first cost.
        resource_level: Level per resource, 0 before it is known.
        resource_noise: Relative noise per resource.
        age: Days since the first cost of a resource, that day included.
        absent: Days in a row without cost, per resource.
        remembered: Level per resource before the last change of its series, and since when it is remembered.
        alarm: Day of the last alarm per series; until `following`, levels follow quickly.
        sparse: Series without a regular level: too many days without cost.
        successors: Row of a resource → row of the one that replaced it.
    """

    settings: Settings
    groups: Groups
    calendar: Calendar
    service: Days
    money: Matrix
    new_series_cost: Matrix
    history: History
    level: Matrix = field(init=False)
    resource_level: Matrix = field(init=False)
    resource_noise: Matrix = field(init=False)
    age: Days = field(init=False)
    absent: Days = field(init=False)
    remembered: Matrix = field(init=False)
    remembered_since: Days = field(init=False)
    alarm: Days = field(init=False)
    following: Days = field(init=False)
    alarm_is_noise: Flags = field(init=False)
    sparse: Flags = field(init=False)
    factors: Matrix = field(init=False)
    noise: noise.Noise = field(init=False)
    successors: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        number, resources = len(self.groups.begins), len(self.groups.owner)
        self.level = np.full(number, np.nan)
        self.resource_level = np.zeros(resources)
        self.resource_noise = np.full(resources, 0.2)
        self.age = np.zeros(resources, dtype=np.int64)
        self.absent = np.zeros(resources, dtype=np.int64)
        self.remembered = np.zeros(resources)
        self.remembered_since = np.full(number, NEVER)
        self.alarm = np.full(number, NEVER)
        self.following = np.full(number, NEVER)
        self.alarm_is_noise = np.zeros(number, dtype=np.bool_)
        self.sparse = np.zeros(number, dtype=np.bool_)
        self.factors = np.ones((7, number))
        self.noise = noise.no_history(number)

    @property
    def owner(self) -> Days:
        """Series of each resource row."""
        return self.groups.owner

    def refresh(self, t: int) -> None:
        """Learn weekday factors, noise and regularity anew from the days before `t`."""
        past = self.history
        begin = max(t - 7 * seasons.WEEKS, 0)
        learnt = np.where(past.unlearnt[begin:t], np.nan, past.totals[begin:t])
        self.factors = seasons.weekday_factors(learnt, self.calendar.weekdays[begin:t])
        young = t - past.first < self.settings.least_history
        self.factors[:, young] = 1.0
        days = np.arange(max(t - noise.DAYS, 1), t)
        # while the week was being learnt, the residuals of the time tell of that more than of noise
        young = days[:, None] < past.first + _WEEK_LEARNT
        learnt = np.where(young, self.residuals(days), past.residual[days])
        learnt[past.unlearnt[days]] = np.nan
        self.noise = noise.learn(learnt, self.service, self.settings.tail)
        begin = max(t - 90, 0)
        lived = (np.arange(begin, t)[:, None] >= past.first) & past.known[begin:t]
        without = (lived & (past.totals[begin:t] == 0)).sum(axis=0)
        self.sparse = without > 0.15 * np.maximum(lived.sum(axis=0), 1)

    def residuals(self, days: Days) -> Matrix:
        """Relative residuals of past days by what is known of the week now; NaN before a level is settled and on unknown days."""
        past = self.history
        expected = past.level[days - 1] * self.factors[self.calendar.weekdays[days]]
        settled = days[:, None] >= past.first + seasons.LEAST_DAYS
        usable = settled & past.known[days] & (np.nan_to_num(expected) > 0)
        return np.where(usable, past.totals[days] / np.where(usable, expected, 1.0) - 1, np.nan)

    def succeed(self, t: int) -> None:
        """Put the cost of a resource that begins as another ends, at about its cost, into the row of the one that ended."""
        past, owner = self.history, self.owner
        cost = past.costs[t]
        here = past.known[t][owner]
        begun = here & (cost > 0) & (self.age == 0) & (t > past.first[owner])
        ended = here & (cost == 0) & (self.resource_level > 0) & (self.absent == 0) & (self.age >= 10)
        if not (begun.any() and ended.any()):
            return
        for series in np.intersect1d(owner[begun], owner[ended]):
            rows = self.groups.rows(int(series))
            free = [int(r) for r in rows[ended[rows]]]
            for new in rows[begun[rows]]:
                old = next((o for o in free if self._as_costly(t, int(new), o)), None)
                if old is not None:
                    free.remove(old)
                    past.costs[t:, old] += past.costs[t:, new]
                    past.costs[t:, new] = 0.0
                    self.successors[old] = int(new)

    def _as_costly(self, t: int, new: int, old: int) -> bool:
        expected = self.resource_level[old] * self.factors[self.calendar.weekdays[t], self.owner[old]]
        ratio = self.history.costs[t, new] / max(float(expected), 1e-9)
        return bool(abs(np.log(ratio)) < max(0.25, 3 * self.resource_noise[old]))

    def remember(self, series: int, before: int, t: int) -> None:
        """Remember the levels of a series as they were on day `before`, unless a change not long ago left some to remember."""
        if t - self.remembered_since[series] > 60:
            rows = self.groups.rows(series)
            self.remembered[rows] = self.history.resource_level[before, rows]
            self.remembered_since[series] = t

    def recalls(self, t: int) -> Flags:
        """Series for which levels before a change are remembered."""
        return np.asarray(t - self.remembered_since <= self.settings.known_days, dtype=np.bool_)

    def set_resource_levels(self, rows: Days, levels: Matrix, t: int) -> None:
        """Give resources a new level, also in the past: what was before is not compared with any more."""
        old = self.resource_level[rows]
        known = old > 0
        scale = np.where(known, levels / np.where(known, old, 1.0), 0.0)
        past = self.history.resource_level
        past[:t, rows] = np.where(known, past[:t, rows] * scale, levels)
        self.resource_level[rows] = levels

    def set_levels(self, series: Days, levels: Matrix, t: int) -> None:
        """Give series a new level, also in the past."""
        self.history.level[:t, series] *= levels / self.level[series]
        self.level[series] = levels
