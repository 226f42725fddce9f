"""Realised savings: whether the cost of what was done fell, against what it would have cost, in the bills that came after.

What it would have cost is its cost on the same weekdays of the 28 days before, moved by as much as its siblings moved (the other
resources of the same service and currency that nothing was done about, and that were there throughout): a difference in
differences. A commitment is about the price, not the use, so there the list price of the same use stands in for the siblings.
Where a resource went and others came, these may do its work: what they cost counts as its cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.efficiency.amounts import without_cost
from assets.finops.logic.panel import SERIES, Panel, cost, panel
from assets.finops.logic.recommendations.lifecycle import ACCEPTED, DONE, REALISED
from assets.finops.logic.recommendations.measurement import REVERSE, VERIFIED, WEEK, Compared, Vector, measure
from assets.finops.logic.recommendations.shape import BUDGET, COMMITMENT, MONEY, Subject, rounded, text

NOT_ENOUGH = "not enough days"
BEFORE_DAYS, LEAST_BEFORE, LEAST_AFTER = 28, 7, 14
AFTER_DAYS = 90
"""The level before says less and less about what would have been: later days are not counted."""
_PROVISIONAL_DAYS = 2
_LEAST_SIBLINGS = 2
"""With one alone, nothing tells a general movement from its own."""
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
class _Bills:
    """What deeds are measured in.

    Attributes:
        lines: Rows of `finops/resource_costs` from 28 days before the first deed.
        costs: Their costs.
        lists: Their list prices; None if no deed is about the price.
        treated: Resources about which anything was done.
        unused: Commitments that were paid and not used, as in `verify`.
    """

    lines: pl.DataFrame
    costs: Panel
    lists: Panel | None
    treated: NDArray[np.bool_]
    unused: pl.DataFrame | None


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

    What several deeds about the same resource saved on the same days is counted once, with the one that saved most.

    Args:
        deeds: What was done.
        resource_costs: `finops/resource_costs`, at least from 28 days before the first deed.
        unused: `ProviderName`, `ServiceName`, `RegionId`, `BillingCurrency`, `x_charge_date` and `cost` of commitments that were
            paid and not used: they belong to what a commitment costs.
    """
    first = date.fromordinal(max(min((deed.day.toordinal() for deed in deeds), default=0) - BEFORE_DAYS, 1))
    recent = resource_costs.filter(pl.col("x_charge_date") >= first)
    if not deeds or recent.is_empty():
        return pl.DataFrame([_nothing(deed, "no costs") for deed in deeds], schema=dict(SCHEMA), orient="row")
    lines = _told_apart(recent, deeds)
    costs = panel(_priced(lines, cost()), told_apart=len(lines))
    lists = None
    if any(deed.about_price for deed in deeds):
        lists = panel(_priced(lines, pl.col("ListCost")), told_apart=len(lines))
    subjects = [_rows_of(deed.subject, costs) for deed in deeds]
    bills = _Bills(lines, costs, lists, np.logical_or.reduce(subjects), unused)
    rows = [_row(deed, *_compared(deed, mine, bills)) for deed, mine in zip(deeds, subjects, strict=True)]
    return _counted_once(pl.DataFrame(rows, schema=dict(SCHEMA), orient="row"), subjects)


def _compared(deed: Deed, mine: NDArray[np.bool_], bills: _Bills) -> tuple[Compared, str]:
    """The days on both sides of the deed, and what they are controlled by."""
    actual = _per_day(bills.costs, mine)
    delivered = _delivered(deed.subject, bills.lines)
    before, after = _days(deed, sorted(actual.keys() & delivered))
    if deed.about_price and bills.lists is not None:
        actual = _with_unused(actual, deed.subject, bills.unused)
        control = _per_day(bills.lists, _rows_of(deed.subject, bills.lists))
        usable = bool(before) and bool(after) and all(day in control for day in (*before, *after))
        usable = usable and min(sum(control[day] for day in before), sum(control[day] for day in after)) > 0
        return Compared(before, after, actual, control if usable else None), LIST_PRICE if usable else NO_CONTROL
    if not before or not after:
        return Compared(before, after, actual, None), NO_CONTROL
    taken_over = 0.0
    if deed.subject.resource_id is not None and not any(actual[day] for day in after[-WEEK:]):
        in_its_place = _series_with(bills.costs, deed.subject, SERIES) & ~bills.treated
        level = sum(actual[day] for day in before) / len(before)
        taken_over = min(_moved_by_coming_and_going(bills.costs, in_its_place, before, after), max(level, 0.0))
        actual |= {day: actual[day] + taken_over for day in after}
    siblings = _throughout(bills.costs, _service(deed.subject, bills.costs) & ~bills.treated, before, after)
    if siblings.sum() < _LEAST_SIBLINGS:
        return Compared(before, after, actual, None, taken_over=taken_over), NO_CONTROL
    control, without_each = _per_day(bills.costs, siblings), _without_each(bills.costs, siblings, before, after)
    return Compared(before, after, actual, control, without_each, taken_over), SIBLINGS


def _told_apart(resource_costs: pl.DataFrame, deeds: Sequence[Deed]) -> pl.DataFrame:
    """The same rows, with resources told apart only in services about which something was done: the others may have very many."""
    names = ("ProviderName", "ServiceName", "BillingCurrency")
    about = {(deed.subject.provider, deed.subject.service, deed.subject.currency) for deed in deeds}
    wanted = pl.DataFrame(list(about), schema=dict.fromkeys(names, pl.String()), orient="row").with_columns(wanted=True)
    joined = resource_costs.join(wanted, on=names, how="left", nulls_equal=True)
    return joined.with_columns(ResourceId=pl.when("wanted").then("ResourceId")).drop("wanted")


def _priced(resource_costs: pl.DataFrame, price: pl.Expr) -> pl.DataFrame:
    """The same rows with that as their cost; a day on which it, or a line of it, is unknown becomes unknown."""
    known = pl.when(~without_cost()).then(price.cast(pl.Float64)).fill_null(float("nan"))
    return resource_costs.with_columns(EffectiveCost=known, BilledCost=pl.lit(None, pl.Float64))


def _delivered(subject: Subject, lines: pl.DataFrame) -> set[int]:
    """Days on which the sub-account was charged for anything: on others, its bill is missing, or it left."""
    mine = pl.col("ProviderName").eq_missing(pl.lit(subject.provider, pl.String))
    if not subject.all_sub_accounts:
        mine &= pl.col("SubAccountId").eq_missing(pl.lit(subject.sub_account, pl.String))
    return {day.toordinal() for day in lines.filter(mine)["x_charge_date"].unique()}


def _throughout(costs: Panel, rows: NDArray[np.bool_], before: Sequence[int], after: Sequence[int]) -> NDArray[np.bool_]:
    """Those of the rows that cost something on most days of both sides, none of them unknown, and did not begin in between.

    What came or went says nothing about how the others moved; it may be what took the place of the subject.
    """
    earlier, later = _block(costs, before), _block(costs, after)
    known = ~np.isnan(earlier).any(axis=1) & ~np.isnan(later).any(axis=1)
    there = ((earlier > 0).mean(axis=1) > 0.5) & ((later > 0).mean(axis=1) > 0.5)
    there &= (earlier.sum(axis=1) > 0) & (later.sum(axis=1) > 0)
    return np.asarray(rows & known & there & ~_came(costs, before) & ~_went(costs, after))


def _moved_by_coming_and_going(costs: Panel, rows: NDArray[np.bool_], before: Sequence[int], after: Sequence[int]) -> float:
    """By how much the known cost per day grew of those of the rows that came or went; 0 if it fell."""
    churn = rows & (_came(costs, before) | _went(costs, after))
    earlier, later = (np.nansum(_block(costs, days)[churn]) / len(days) for days in (before, after))
    return max(float(later - earlier), 0.0)


def _came(costs: Panel, before: Sequence[int]) -> NDArray[np.bool_]:
    return np.asarray((np.nan_to_num(_block(costs, before[:WEEK])) == 0).all(axis=1))


def _went(costs: Panel, after: Sequence[int]) -> NDArray[np.bool_]:
    return np.asarray((np.nan_to_num(_block(costs, after[-WEEK:])) == 0).all(axis=1))


def _without_each(costs: Panel, rows: NDArray[np.bool_], before: Sequence[int], after: Sequence[int]) -> list[float]:
    """The movement of the sum of the rows, as a ratio, without each of them in turn."""
    earlier, later = (_block(costs, days)[rows].mean(axis=1) for days in (before, after))
    ratios: list[float] = ((later.sum() - later) / (earlier.sum() - earlier)).tolist()
    return ratios


def _block(costs: Panel, days: Sequence[int]) -> Vector:
    return costs.costs[:, np.array(days, dtype=np.int64) - costs.start.toordinal()]


def _counted_once(rows: pl.DataFrame, subjects: Sequence[NDArray[np.bool_]]) -> pl.DataFrame:
    """Without the saving to date where another row, that was done or saved more, has it already; the reason names that one."""
    found = rows.to_dicts()
    order = [(row["basis"] != DONE, -abs(row["saving_to_date"] or 0), row["recommendation_id"], n) for n, row in enumerate(found)]
    counted: list[int] = []
    for *_, n in sorted(order):
        row = found[n]
        if row["saving_to_date"] is None:
            continue
        if other := next((found[m] for m in counted if _share_days(row, found[m]) and (subjects[n] & subjects[m]).any()), None):
            said = f"its saving is counted with {other['recommendation_id']}, which is about the same costs"
            row |= {"saving_to_date": None, "reason": "; ".join(filter(None, (said, row["reason"])))}
        else:
            counted.append(n)
    return pl.DataFrame(found, schema=dict(SCHEMA), orient="row")


def _share_days(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one["after_first"] <= other["after_last"] and other["after_first"] <= one["after_last"])


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
    """The cost with that of commitments which were not used; those charged in its own service and region are in it already."""
    if unused is None:
        return actual
    in_the_cost = pl.col("ServiceName").eq_missing(pl.lit(subject.service, pl.String)) & pl.col("RegionId").eq_missing(
        pl.lit(subject.region, pl.String)
    )
    mine = unused.filter(
        pl.col("ProviderName").eq_missing(pl.lit(subject.provider, pl.String))
        & (pl.col("BillingCurrency") == subject.currency)
        & ~in_the_cost
    )
    per_day = mine.group_by("x_charge_date").agg(pl.col("cost").sum())
    paid = {day.toordinal(): float(amount) for day, amount in per_day.iter_rows()}
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
    limits = "; ".join(_limits(deed, compared, control)) or None
    return (
        *_head(deed, compared), control, found.movement, _money(found.expected), _money(found.actual), _money(found.saving),
        _money(low), _money(high), _money(found.saving * len(after)) if shown else None, found.result, limits,
    )  # fmt: skip


def _limits(deed: Deed, compared: Compared, control: str) -> Iterable[str]:
    """What limits what is said."""
    if control == NO_CONTROL:
        yield "no control: use that changed for other reasons is in the figure"
    if compared.taken_over:
        amount = f"{text(_money(compared.taken_over))} {deed.subject.currency} a day"
        yield f"resources that came cost {amount} more than those that went: they may do its work, and count as its cost"


def _nothing(deed: Deed, reason: str, compared: Compared | None = None) -> tuple[object, ...]:
    return (*_head(deed, compared), NO_CONTROL, *[None] * 7, NOT_ENOUGH, reason)


def _head(deed: Deed, compared: Compared | None) -> tuple[object, ...]:
    before, after = (compared.before, compared.after) if compared else ((), ())
    ends = [date.fromordinal(side[end]) if side else None for side in (before, after) for end in (0, -1)]
    return (deed.recommendation_id, deed.subject.currency, deed.basis, deed.day, *ends, len(before), len(after))


def _money(amount: float) -> Decimal:
    return rounded(Decimal(repr(amount)))
