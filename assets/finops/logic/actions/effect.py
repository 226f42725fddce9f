"""Whether what was done saved what was expected, by what the bills show; else it is proposed to take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.recommendations.lifecycle import DONE
from assets.finops.logic.recommendations.measurement import NOT_VISIBLE, REVERSE, VERIFIED
from assets.finops.logic.recommendations.shape import DAYS_A_MONTH, EXACT, Subject
from assets.finops.logic.recommendations.verification import NOT_ENOUGH, Deed, verify

NOT_DUE, REALISED, LESS = "not due", "realised", "less than expected"
FELL_SHORT = frozenset({LESS, NOT_VISIBLE, REVERSE})
"""Effects after which taking it back is proposed."""


@dataclass(frozen=True, slots=True)
class Done:
    """An action that was executed.

    Attributes:
        action_id: Its id.
        day: The day on which it was executed.
        series: Provider, sub-account, service, region and currency of its resource.
        resource_id: Its resource.
        savings: What it was expected to save in 30 days, from … to; None if that was not known.
        saves: Whether it is meant to save anything by itself; else it is as expected if the cost does not rise.
    """

    action_id: str
    day: date
    series: tuple[str | None, ...]
    resource_id: str
    savings: tuple[Decimal, Decimal] | None
    saves: bool = True


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of the cost: `not due`, `not enough days`, `realised`, `less than expected`, `not visible` or `reverse`."""

    effect: str
    reason: str
    saving_per_day: Decimal | None = None


def effects(done: Sequence[Done], resource_costs: pl.DataFrame, today: date, after_days: int) -> dict[str, Effect]:
    """The effect of each action, by id.

    Args:
        done: What was executed.
        resource_costs: `finops/resource_costs`.
        today: The day.
        after_days: Days after which an effect is due.
    """
    due = [one for one in done if (today - one.day).days >= after_days]
    waiting = {one.action_id: Effect(NOT_DUE, f"it is looked for {after_days} days after {one.day}") for one in done}
    deeds = [Deed(one.action_id, DONE, one.day, _subject(one)) for one in due]
    measured = {row["recommendation_id"]: row for row in verify(deeds, resource_costs).iter_rows(named=True)}
    return waiting | {one.action_id: judged(measured[one.action_id], one.savings, saves=one.saves) for one in due}


def judged(row: Mapping[str, Any], expected: tuple[Decimal, Decimal] | None, *, saves: bool = True) -> Effect:
    """The effect that a row of the measurement shows: it falls short if even its upper bound is below what was expected.

    What is not meant to save anything by itself falls short if the cost rose.
    """
    if row["result"] == NOT_ENOUGH:
        return Effect(NOT_ENOUGH, row["reason"])
    saving, currency = row["saving_per_day"], row["BillingCurrency"]
    low, high = row["saving_per_day_low"], row["saving_per_day_high"]
    said = f"a day costs {saving:.2f} {currency} less (95 %: {low:.2f} to {high:.2f})"
    if row["result"] == NOT_VISIBLE and not saves:
        return Effect(REALISED, f"the cost did not rise visibly: {said}", saving)
    if row["result"] != VERIFIED:
        return Effect(row["result"], said, saving)
    if expected is not None and EXACT.multiply(high, Decimal(DAYS_A_MONTH)) < expected[0]:
        return Effect(LESS, f"{said}, and {expected[0] / DAYS_A_MONTH:.2f} at least were expected", saving)
    return Effect(REALISED, said, saving)


def _subject(done: Done) -> Subject:
    provider, sub_account, service, region, currency = done.series
    return Subject(provider, sub_account, service, region, currency or "", done.resource_id)
