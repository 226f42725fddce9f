"""How the cost of a resource moves: trend, volatility, weekends, silence, and whether it is the same every day."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.efficiency.rule import Rule
from assets.finops.logic.trends import Matrix, Vector, median, relative_to_weekday, slopes, spread

_SATURDAY = 5
_FOUR_WEEKS = 28
_FEWEST_WEEKEND_DAYS = 4
_PERCENT_IN_30_DAYS = 3000

_Flags = NDArray[np.bool_]
_Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Settled:
    """Costs of the days that no longer fill up, at least one.

    Attributes:
        dates: The days, in order.
        costs: Resource × day; NaN where the cost is unknown or the resource was not there yet.
        delivered: The same with the days before a resource began as 0: NaN only where the cost is unknown.
    """

    dates: list[date]
    costs: Matrix
    delivered: Matrix


def movement(settled: Settled, rule: Rule) -> pl.DataFrame:
    """One row per resource, in the order of `settled`: what its daily costs say; null where there is not enough history."""
    costs, period = settled.costs, rule.period_days
    relative = relative_to_weekday(costs)
    trend = slopes(relative)
    old_enough = _age(costs) >= rule.history_days
    days_enough = _known(relative) >= rule.evidence_days
    figures = {
        "trend": np.where(old_enough, trend.slope, np.nan) * _PERCENT_IN_30_DAYS,
        "trend_low": np.where(old_enough, trend.low, np.nan) * _PERCENT_IN_30_DAYS,
        "trend_high": np.where(old_enough, trend.high, np.nan) * _PERCENT_IN_30_DAYS,
        "volatility": np.where(days_enough, spread(relative, np.where(old_enough, trend.slope, 0)), np.nan),
        "weekend_ratio": _weekend_ratio(settled),
    }
    silent, gap = _silence(costs)
    counts = {
        "known_last": _known(settled.delivered[:, -period:]),
        "known_before": _known(settled.delivered[:, -2 * period : -period]),
        "lived_last": _known(costs[:, -period:]),
        "lived": _known(costs),
        "silent": silent,
        "longest_gap": gap,
    }
    return pl.DataFrame(figures).with_columns(
        pl.all().fill_nan(None),
        *(pl.Series(name, values, dtype=pl.Int64) for name, values in counts.items()),
        pl.Series("comparable", _spends_daily(costs, period)),
        pl.Series("flat", _flat(settled, rule)),
    )


def _known(costs: Matrix) -> _Counts:
    return np.asarray((~np.isnan(costs)).sum(axis=1), dtype=np.int64)


def _age(costs: Matrix) -> _Counts:
    """Days from the first known one to the end, both counted; 0 if none is known."""
    known = ~np.isnan(costs)
    return np.where(known.any(axis=1), costs.shape[1] - known.argmax(axis=1), 0)


def _silence(costs: Matrix) -> tuple[_Counts, _Counts]:
    """Days without a cost at the end, and the most such days in a row between two with one; an unknown day may have had one."""
    begun = np.cumsum(~np.isnan(costs), axis=1) > 0
    spent = (costs != 0) & begun
    last_seen = np.maximum.accumulate(np.where(spent, np.arange(costs.shape[1]), -1), axis=1)
    before = np.column_stack([np.full(len(costs), -1), last_seen[:, :-1]])
    gaps = np.where(spent & (before >= 0), last_seen - before - 1, 0)
    return costs.shape[1] - 1 - last_seen[:, -1], gaps.max(axis=1)


def _weekend_ratio(settled: Settled) -> Vector:
    """Median weekend day (Saturday and Sunday, UTC) relative to the median working day of the last four weeks."""
    recent = settled.costs[:, -_FOUR_WEEKS:]
    weekend = np.array([day.weekday() >= _SATURDAY for day in settled.dates[-_FOUR_WEEKS:]])
    rest, work = median(recent[:, weekend]), median(recent[:, ~weekend])
    enough = (_known(recent[:, weekend]) >= _FEWEST_WEEKEND_DAYS) & (work > 0)
    ratio: Vector = np.divide(rest, work, out=np.full(len(recent), np.nan), where=enough)
    return ratio


def _spends_daily(costs: Matrix, days: int) -> _Flags:
    """Whether every one of the last days is known to cost more than nothing."""
    if costs.shape[1] < days:
        return np.zeros(len(costs), dtype=bool)
    return np.asarray((np.nan_to_num(costs[:, -days:]) > 0).all(axis=1))


def _flat(settled: Settled, rule: Rule) -> _Flags:
    """Whether every day of the last period cost the same, or the same per month: its days cost more in a shorter month."""
    recent = settled.costs[:, -rule.period_days :]
    lengths = np.array([monthrange(day.year, day.month)[1] for day in settled.dates[-rule.period_days :]])
    same = _all_equal(recent, rule.flat) | _all_equal(recent * lengths, rule.flat)
    return np.asarray(_spends_daily(settled.costs, rule.period_days) & same)


def _all_equal(costs: Matrix, tolerance: float) -> _Flags:
    known = np.nan_to_num(costs)
    return np.asarray(np.ptp(known, axis=1) <= tolerance * known.max(axis=1))
