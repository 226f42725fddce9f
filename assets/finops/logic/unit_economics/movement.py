"""How the cost per unit moves: its trend, and the days on which it stands out of its past, with what moved.

A day is judged with the days before it alone. Expected are the median cost and the median metric of the same weekday in the four
weeks before; the deviation is the logarithm of the ratio of ratios, so that it is the sum of what the cost and what the metric
moved, and its noise the median absolute deviation of the last four weeks (× 1.4826). A day that is like one of those same
weekdays is none.
"""

import numpy as np
import polars as pl

from assets.finops.logic.trends import WEEK, Matrix, Vector, median, relative_to_weekday, slopes

_WEEKS = 4
_MAD_SCALE = 1.4826
_SCORE = 5.0
_SHARE = 0.25
_FEWEST_ALIKE = 2
_FEWEST_DAYS = 14
_MOSTLY = 2 / 3
_TREND_DAYS, _HISTORY_DAYS = 91, 28
_TREND_MONTHS, _HISTORY_MONTHS = 12, 4
_DAYS_OF_A_MONTH = 365.2425 / 12
_PERCENT = 100
_PER_DAYS = 30


def trend(ratios: Vector, *, monthly: bool) -> pl.DataFrame:
    """Trend up to each period in per cent per 30 days with its bounds; null where history is too short or the ratio unknown.

    Args:
        ratios: Cost per unit of consecutive periods; NaN where unknown.
        monthly: Whether a period is a month and not a day.
    """
    length, history, period = (_TREND_MONTHS, _HISTORY_MONTHS, 1) if monthly else (_TREND_DAYS, _HISTORY_DAYS, WEEK)
    views = _windows(ratios, length)
    relative = relative_to_weekday(views, period=period)
    known = ~np.isnan(views)
    age = np.where(known.any(axis=1), length - known.argmax(axis=1), 0)
    enough = (age >= history) & (2 * known.sum(axis=1) >= history) & known[:, -1]
    found = slopes(relative, period=period)
    factor = _PERCENT * _PER_DAYS / (_DAYS_OF_A_MONTH if monthly else 1)
    bounds = {"trend_percent": found.slope, "trend_low_percent": found.low, "trend_high_percent": found.high}
    frame = pl.DataFrame({name: np.where(enough, values * factor, np.nan) for name, values in bounds.items()})
    return frame.with_columns(pl.all().fill_nan(None))


def outliers(costs: Vector, metrics: Vector) -> pl.DataFrame:
    """Expected cost per unit, score, anomaly and driver of consecutive days; null where a day cannot be judged.

    Args:
        costs: Cost of each day; NaN where unknown.
        metrics: The metric of each day; NaN where unknown.
    """
    usable = (costs > 0) & (metrics > 0)
    cost, metric = (np.log(np.where(usable, values, np.nan)) for values in (costs, metrics))
    alike = _weeks_ago(cost - metric)
    moved_cost, moved_metric = (_moved(values) for values in (cost, metric))
    moved = moved_cost - moved_metric
    before = np.concatenate([[np.nan], moved[:-1]])
    past = _windows(before, _WEEKS * WEEK)
    noise = _MAD_SCALE * median(np.abs(past))
    days: Vector = np.cumsum(usable) - usable
    judged = (days >= _FEWEST_DAYS) & ((~np.isnan(alike)).sum(axis=1) >= _FEWEST_ALIKE) & ~np.isnan(moved)
    score = np.abs(moved) / np.maximum(np.nan_to_num(noise), np.log1p(_SHARE) / _SCORE)
    distance = np.abs(alike - (cost - metric)[:, None])
    like_before = (np.nan_to_num(distance, nan=np.inf) <= np.log1p(_SHARE)).any(axis=1)
    anomaly = judged & (score > _SCORE) & ~like_before
    share = np.divide(moved_cost, moved, out=np.full(len(moved), np.nan), where=moved != 0)
    expected = np.where(judged, np.exp(cost - metric - moved), np.nan)
    driver = np.where(share >= _MOSTLY, "cost moved", np.where(share <= 1 - _MOSTLY, "metric moved", "both moved"))
    frame = pl.DataFrame({"expected": expected, "score": np.where(judged, score, np.nan), "anomaly": anomaly, "driver": driver})
    return frame.select(
        pl.col("expected", "score").fill_nan(None),
        anomaly=pl.when(pl.Series(judged)).then("anomaly"),
        driver=pl.when("anomaly").then("driver"),
    )


def _moved(values: Vector) -> Vector:
    """Difference of each day from the median of the same weekday in the weeks before."""
    return values - median(_weeks_ago(values))


def _weeks_ago(values: Vector) -> Matrix:
    """Per day the values of the same weekday in the four weeks before."""
    padded = np.concatenate([np.full(_WEEKS * WEEK, np.nan), values])
    return np.column_stack([padded[WEEK * week : WEEK * week + len(values)] for week in range(_WEEKS)])


def _windows(values: Vector, length: int) -> Matrix:
    """Per value the last `length` up to it, NaN before the first."""
    padded = np.concatenate([np.full(length - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, length)
