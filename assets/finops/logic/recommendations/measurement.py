"""The saving per day between two stretches of days, with an interval of 95 %.

The interval is from the scatter of the days on both sides, widened for days that resemble the day before (Wilks, "Resampling
Hypothesis Tests for Autocorrelated Fields", 1997: n (1 − ρ) / (1 + ρ) independent days), and from how differently the parts of
the control moved (jackknife): where one of them grew alone, they do not tell how the subject would have moved. It holds that
chance, not events that hit this subject alone.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

VERIFIED, NOT_VISIBLE, REVERSE = "verified", "not visible", "reverse"
WEEK = 7
_SMALLEST = 1e-6
"""Share of the cost below which a difference is one of rounding."""
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Compared:
    """Known days on both sides of a deed.

    Attributes:
        before: Days before, as ordinals.
        after: Days after.
        actual: Cost per day, by ordinal.
        control: Cost of the control per day, by ordinal; None if there is none.
        without_each: Movement of the control, as a ratio, without each of its parts in turn; empty if it has none.
        taken_over: Cost per day that resources which came after it may have taken over; it is part of `actual`.
    """

    before: Sequence[int]
    after: Sequence[int]
    actual: Mapping[int, float]
    control: Mapping[int, float] | None
    without_each: Sequence[float] = ()
    taken_over: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Mean per day of what it would have cost and of what it did cost, and the interval of their difference."""

    expected: float
    actual: float
    half_width: float
    movement: float | None

    @property
    def saving(self) -> float:
        """Saving per day."""
        return self.expected - self.actual

    @property
    def result(self) -> str:
        """`verified` if the whole interval is above zero, `reverse` if it is below, else `not visible`."""
        visible = abs(self.saving) > self.half_width + _SMALLEST * max(abs(self.expected), abs(self.actual))
        if not visible:
            return NOT_VISIBLE
        return VERIFIED if self.saving > 0 else REVERSE


def measure(compared: Compared) -> Measured:
    """The saving per day with its interval.

    With at least 14 days before, a day is compared with the mean of its weekday; with fewer, with the mean of all of them.
    Without a control, the interval also holds what a fee per month would seem to save by the lengths of the months alone.
    """
    by_weekday = len(compared.before) >= 2 * WEEK
    usual, left_before = _level(compared.actual, compared.before, by_weekday=by_weekday)
    expected = np.array([usual[day % WEEK] for day in compared.after])
    actual = np.array([compared.actual[day] for day in compared.after])
    ratio, ratio_error = 1.0, 0.0
    if compared.control is not None:
        ratio, ratio_error = _movement(compared.control, compared, by_weekday=by_weekday)
    gaps = ratio * expected - actual
    lost = WEEK if by_weekday else 1
    parts = (
        ((ratio * _error(left_before, lost)) ** 2, len(compared.before) - lost),
        (_error(gaps - gaps.mean(), 1) ** 2, len(compared.after) - 1),
        ((float(expected.mean()) * ratio_error) ** 2, len(compared.without_each or compared.after) - 1),
    )
    would_have_cost = float(ratio * expected.mean())
    half_width = _half_width(parts)
    if compared.control is None:
        half_width += abs(would_have_cost) * abs(_per_month(compared.after) / _per_month(compared.before) - 1)
    movement = None if compared.control is None else ratio - 1
    return Measured(would_have_cost, float(actual.mean()), half_width, movement)


def _half_width(parts: Iterable[tuple[float, int]]) -> float:
    """Half of the interval of 95 %, from variances and their degrees of freedom (Welch and Satterthwaite)."""
    known = [(variance, freedom) for variance, freedom in parts if variance > 0]
    variance = sum(variance for variance, _ in known)
    if not variance:
        return 0.0
    freedom = variance**2 / sum(variance**2 / max(freedom, 1) for variance, freedom in known)
    return _quantile(freedom) * sqrt(variance)


def _per_month(days: Sequence[int]) -> float:
    """Mean share of a month that these days are."""
    months = [date.fromordinal(day) for day in days]
    return sum(1 / monthrange(day.year, day.month)[1] for day in months) / len(days)


def _level(values: Mapping[int, float], days: Sequence[int], *, by_weekday: bool) -> tuple[dict[int, float], Vector]:
    """Mean per weekday (or over all days), and what is left of each day."""
    known = np.array([values[day] for day in days])
    groups = np.array([day % 7 if by_weekday else 0 for day in days])
    means = {group: float(known[groups == group].mean()) for group in set(groups.tolist())}
    overall = float(known.mean())
    usual = {weekday: means.get(weekday if by_weekday else 0, overall) for weekday in range(7)}
    return usual, known - np.array([means[group] for group in groups.tolist()])


def _movement(control: Mapping[int, float], compared: Compared, *, by_weekday: bool) -> tuple[float, float]:
    """How the control moved, as a ratio, and its standard error: by its days (delta method), or by its parts if that is more."""
    usual, left = _level(control, compared.before, by_weekday=by_weekday)
    before = np.array([usual[day % WEEK] for day in compared.after])
    after = np.array([control[day] for day in compared.after])
    ratio = float(after.mean() / before.mean())
    gaps = after - ratio * before
    by_days = sqrt((ratio * _error(left, WEEK if by_weekday else 1)) ** 2 + _error(gaps, 1) ** 2) / float(before.mean())
    parts = np.array(compared.without_each)
    by_parts = sqrt(float((len(parts) - 1) * parts.var())) if len(parts) else 0.0
    return ratio, max(by_days, by_parts)


def _error(left: Vector, lost: int) -> float:
    """Standard error of a mean, from what is left of each day; days that resemble the day before count for less."""
    number = len(left)
    squares = float((left**2).sum())
    if number <= lost or squares == 0:
        return 0.0
    resemblance = float((left[1:] * left[:-1]).sum()) / squares
    # of short series it comes out too low (Marriott and Pope, 1954)
    resemblance = min(max(resemblance + (1 + 3 * resemblance) / number, 0.0), 0.9)
    independent = max(number * (1 - resemblance) / (1 + resemblance), 2.0)
    return sqrt(squares / (number - lost) / independent)


def _quantile(freedom: float) -> float:
    """97.5 % quantile of Student's t, by the expansion of Abramowitz and Stegun, 26.7.5."""
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    fourth = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160
    return z + first / freedom + second / freedom**2 + third / freedom**3 + fourth / freedom**4
