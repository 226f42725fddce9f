"""Realised savings: whether the cost of what was done fell, against what it would have cost, in the bills that came after.

What it would have cost is its cost on the same weekdays of the 28 days before, moved by as much as its siblings moved (the other
resources or series of the same service and currency that nothing was done about): a difference in differences. A commitment is
about the price, not the use, so there the list price of the same use stands in for the siblings. The interval is one of 95 %,
from the scatter of the days on both sides, widened for days that resemble the day before (Wilks, "Resampling Hypothesis Tests for
Autocorrelated Fields", 1997: n (1 − ρ) / (1 + ρ) independent days). It holds the chance of the days, not events that hit this
subject alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.panel import SERIES, Panel, panel
from assets.finops.logic.recommendations.lifecycle import ACCEPTED, DONE, REALISED
from assets.finops.logic.recommendations.shape import BUDGET, COMMITMENT, MONEY, Subject, rounded

VERIFIED, NOT_VISIBLE, REVERSE, NOT_ENOUGH = "verified", "not visible", "reverse", "not enough days"
BEFORE_DAYS, LEAST_BEFORE, LEAST_AFTER = 28, 7, 14
AFTER_DAYS = 90
"""The level before says less and less about what would have been: later days are not counted."""
_PROVISIONAL_DAYS = 2
SIBLINGS, LIST_PRICE, NO_CONTROL = "siblings", "list price", "none"
SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "recommendation_id": pl.String(),
    "BillingCurrency": pl.String(),
    "basis": pl.String(),
    "effective_day": pl.Date(),
    "before_first": pl.Date(),
    "before_last": pl.Date(),
    "after_first": pl.Date(),
    "after_last": pl.Date(),
    "days_before": pl.Int64(),
    "days_after": pl.Int64(),
    "control": pl.String(),
    "control_movement": pl.Float64(),
    "expected_per_day": MONEY,
    "actual_per_day": MONEY,
    "saving_per_day": MONEY,
    "saving_per_day_low": MONEY,
    "saving_per_day_high": MONEY,
    "saving_to_date": MONEY,
    "result": pl.String(),
    "reason": pl.String(),
}
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done about a subject.

    Attributes:
        recommendation_id: The recommendation that was followed.
        basis: `done`; or `accepted`, if nobody said yet that it was done.
        day: The day on which it was done (accepted); it belongs to neither side.
        subject: About what.
        about_price: It changes the price of the use, not the use: a commitment.
        began: First day of the situation that it ended; days before it are no measure. None if it was always so.
    """

    recommendation_id: str
    basis: str
    day: date
    subject: Subject
    about_price: bool = False
    began: date | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """Known days on both sides of a deed.

    Attributes:
        before: Days before, as ordinals.
        after: Days after.
        actual: Cost per day, by ordinal.
        control: Cost of the control per day, by ordinal; None if there is none.
    """

    before: Sequence[int]
    after: Sequence[int]
    actual: Mapping[int, float]
    control: Mapping[int, float] | None


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
        if self.saving - self.half_width > 0:
            return VERIFIED
        return REVERSE if self.saving + self.half_width < 0 else NOT_VISIBLE


def deeds(recommendations: pl.DataFrame) -> list[Deed]:
    """What was accepted or done, of rows of `finops/recommendations`; a budget saves nothing and is left out."""
    acted = pl.col("state").is_in([ACCEPTED, DONE, REALISED]) & (pl.col("category") != BUDGET)
    decided = recommendations.filter(acted & pl.col("effective_day").is_not_null()).sort("recommendation_id")
    return [
        Deed(
            row["recommendation_id"],
            ACCEPTED if row["state"] == ACCEPTED else DONE,
            row["effective_day"],
            # an anomaly is measured by its series: that is where its cost would be missing
            Subject.of(row, resource_id=row["ResourceId"], all_sub_accounts=row["kind"] == COMMITMENT),
            about_price=row["kind"] == COMMITMENT,
            began=row["began"],
        )
        for row in decided.iter_rows(named=True)
    ]


def verify(deeds: Sequence[Deed], resource_costs: pl.DataFrame, unused: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per deed: the saving per day with its interval, or why there is none yet. Columns: `SCHEMA`.

    Args:
        deeds: What was done.
        resource_costs: `finops/resource_costs`, at least from 28 days before the first deed.
        unused: `ProviderName`, `BillingCurrency`, `x_charge_date` and `cost` of commitments that were paid and not used: they
            belong to what a commitment costs.
    """
    if not deeds or resource_costs.is_empty():
        return pl.DataFrame([_nothing(deed, "no costs") for deed in deeds], schema=dict(SCHEMA), orient="row")
    first = min(deed.day for deed in deeds) - timedelta(days=BEFORE_DAYS)
    recent = resource_costs.filter(pl.col("x_charge_date") >= first)
    if recent.is_empty():
        return pl.DataFrame([_nothing(deed, "no costs") for deed in deeds], schema=dict(SCHEMA), orient="row")
    costs = panel(recent)
    lists = panel(_at_list_price(recent)) if any(deed.about_price for deed in deeds) else None
    rows = []
    for deed in deeds:
        compared, control = _compared(deed, deeds, costs, lists, unused)
        rows.append(_row(deed, compared, control))
    return pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")


def measure(compared: Compared) -> Measured:
    """The saving per day with its interval.

    With at least 14 days before, a day is compared with the mean of its weekday; with fewer, with the mean of all of them.
    """
    by_weekday = len(compared.before) >= 2 * LEAST_BEFORE
    usual, left_before = _level(compared.actual, compared.before, by_weekday=by_weekday)
    expected = np.array([usual[day % 7] for day in compared.after])
    actual = np.array([compared.actual[day] for day in compared.after])
    ratio, ratio_error = 1.0, 0.0
    if compared.control is not None:
        ratio, ratio_error = _movement(compared.control, compared, by_weekday=by_weekday)
    gaps = ratio * expected - actual
    lost = 7 if by_weekday else 1
    error = sqrt(
        (ratio * _error(left_before, lost)) ** 2 + _error(gaps - gaps.mean(), 1) ** 2 + (expected.mean() * ratio_error) ** 2
    )
    freedom = max(min(len(compared.before) - lost, len(compared.after) - 1), 1)
    movement = None if compared.control is None else ratio - 1
    return Measured(float(ratio * expected.mean()), float(actual.mean()), _quantile(freedom) * error, movement)


def _level(values: Mapping[int, float], days: Sequence[int], *, by_weekday: bool) -> tuple[dict[int, float], Vector]:
    """Mean per weekday (or over all days), and what is left of each day."""
    known = np.array([values[day] for day in days])
    groups = np.array([day % 7 if by_weekday else 0 for day in days])
    means = {group: float(known[groups == group].mean()) for group in set(groups.tolist())}
    overall = float(known.mean())
    usual = {weekday: means.get(weekday if by_weekday else 0, overall) for weekday in range(7)}
    return usual, known - np.array([means[group] for group in groups.tolist()])


def _movement(control: Mapping[int, float], compared: Compared, *, by_weekday: bool) -> tuple[float, float]:
    """How the control moved, as a ratio, and the standard error of that (delta method)."""
    usual, left = _level(control, compared.before, by_weekday=by_weekday)
    before = np.array([usual[day % 7] for day in compared.after])
    after = np.array([control[day] for day in compared.after])
    ratio = float(after.mean() / before.mean())
    gaps = after - ratio * before
    relative = (_error(left, 7 if by_weekday else 1) / before.mean()) ** 2 + (_error(gaps, 1) / before.mean()) ** 2
    return ratio, sqrt(relative)


def _error(left: Vector, lost: int) -> float:
    """Standard error of a mean, from what is left of each day; days that resemble the day before count for less."""
    number = len(left)
    squares = float((left**2).sum())
    if number <= lost or squares == 0:
        return 0.0
    resemblance = min(max(float((left[1:] * left[:-1]).sum()) / squares, 0.0), 0.9)
    independent = max(number * (1 - resemblance) / (1 + resemblance), 2.0)
    return sqrt(squares / (number - lost) / independent)


def _quantile(freedom: int) -> float:
    """97.5 % quantile of Student's t, by the expansion of Abramowitz and Stegun, 26.7.5."""
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _compared(
    deed: Deed, deeds: Sequence[Deed], costs: Panel, lists: Panel | None, unused: pl.DataFrame | None
) -> tuple[Compared, str]:
    """The days on both sides of the deed, and what they are controlled by."""
    mine = _rows_of(deed.subject, costs)
    actual = _per_day(costs, mine)
    if deed.about_price and lists is not None:
        control, name = _per_day(lists, _rows_of(deed.subject, lists)), LIST_PRICE
        actual = _with_unused(actual, deed.subject, unused)
    else:
        treated = np.logical_or.reduce([_rows_of(other.subject, costs) for other in deeds])
        control, name = _per_day(costs, _service(deed.subject, costs) & ~mine & ~treated), SIBLINGS
    before, after = _days(deed, sorted(actual))
    usable = bool(before) and bool(after) and all(day in control for day in (*before, *after))
    # a sibling that cost nothing before cannot say how the service moved
    usable = usable and min(sum(control[day] for day in before), sum(control[day] for day in after)) > 0
    return Compared(before, after, actual, control if usable else None), name if usable else NO_CONTROL


def _at_list_price(resource_costs: pl.DataFrame) -> pl.DataFrame:
    """The same rows with their list price as cost; a day on which one is unknown becomes unknown."""
    listed = pl.col("ListCost").cast(pl.Float64).fill_null(float("nan"))
    return resource_costs.with_columns(EffectiveCost=listed, BilledCost=pl.lit(None, pl.Float64))


def _days(deed: Deed, known: Sequence[int]) -> tuple[list[int], list[int]]:
    day = deed.day.toordinal()
    first = max(day - BEFORE_DAYS, deed.began.toordinal() if deed.began else 0)
    settled = known[:-_PROVISIONAL_DAYS]
    return [d for d in settled if first <= d < day], [d for d in settled if day < d <= day + AFTER_DAYS]


def _rows_of(subject: Subject, costs: Panel) -> NDArray[np.bool_]:
    """Which resources of the panel the subject is made of."""
    names = [name for name in SERIES if not (subject.all_sub_accounts and name == "SubAccountId")]
    owners = _series_with(costs, subject, names)
    if subject.resource_id is None:
        return owners
    mine = costs.resources.eq_missing(pl.Series([subject.resource_id], dtype=pl.String))
    return np.asarray(owners & mine.to_numpy(), dtype=bool)


def _service(subject: Subject, costs: Panel) -> NDArray[np.bool_]:
    """The resources of the same service and currency; in the same region, too, if it is about one resource."""
    place = ["RegionId"] if subject.resource_id is not None else []
    return _series_with(costs, subject, ["ProviderName", "ServiceName", "BillingCurrency", *place])


def _series_with(costs: Panel, subject: Subject, names: Sequence[str]) -> NDArray[np.bool_]:
    wanted = dict(zip(SERIES, subject.series, strict=True))
    same = np.ones(len(costs.series), dtype=bool)
    for name in names:
        same &= costs.series[name].eq_missing(pl.Series([wanted[name]], dtype=pl.String)).to_numpy()
    return np.asarray(same[costs.owner], dtype=bool)


def _per_day(costs: Panel, rows: NDArray[np.bool_]) -> dict[int, float]:
    """Cost per day, by ordinal, of days on which it is known; empty if there is no such resource."""
    if not rows.any():
        return {}
    sums = costs.costs[rows].sum(axis=0)
    start = costs.start.toordinal()
    return {start + n: float(amount) for n, amount in enumerate(sums) if not np.isnan(amount)}


def _with_unused(actual: dict[int, float], subject: Subject, unused: pl.DataFrame | None) -> dict[int, float]:
    if unused is None:
        return actual
    mine = unused.filter(
        pl.col("ProviderName").eq_missing(pl.lit(subject.provider, pl.String)) & (pl.col("BillingCurrency") == subject.currency)
    )
    paid = {day.toordinal(): float(cost) for day, cost in mine.select("x_charge_date", "cost").iter_rows()}
    return {day: amount + paid.get(day, 0.0) for day, amount in actual.items()}


def _row(deed: Deed, compared: Compared, control: str) -> tuple[object, ...]:
    before, after = compared.before, compared.after
    if len(before) < LEAST_BEFORE or len(after) < LEAST_AFTER:
        needed = f"at least {LEAST_BEFORE} known days before and {LEAST_AFTER} settled days after are needed"
        return _nothing(deed, f"{needed}; there are {len(before)} and {len(after)}", compared)
    if deed.about_price and control == NO_CONTROL:
        return _nothing(deed, "no list price, by which a change of use could be told from one of price", compared)
    found = measure(compared)
    shown = found.result in (VERIFIED, REVERSE)
    low, high = found.saving - found.half_width, found.saving + found.half_width
    moved = "no control: use that changed for other reasons is in the figure" if control == NO_CONTROL else None
    return (
        *_head(deed, compared), control, found.movement, _money(found.expected), _money(found.actual), _money(found.saving),
        _money(low), _money(high), _money(found.saving * len(after)) if shown else None, found.result, moved,
    )  # fmt: skip


def _nothing(deed: Deed, reason: str, compared: Compared | None = None) -> tuple[object, ...]:
    return (*_head(deed, compared), NO_CONTROL, *[None] * 7, NOT_ENOUGH, reason)


def _head(deed: Deed, compared: Compared | None) -> tuple[object, ...]:
    before, after = (compared.before, compared.after) if compared else ((), ())
    ends = [date.fromordinal(side[end]) if side else None for side in (before, after) for end in (0, -1)]
    return (deed.recommendation_id, deed.subject.currency, deed.basis, deed.day, *ends, len(before), len(after))


def _money(amount: float) -> Decimal:
    return rounded(Decimal(repr(amount)))
