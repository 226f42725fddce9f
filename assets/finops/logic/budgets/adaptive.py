"""Budgets follow the forecast within the limits that people set; every amount says in words why it is what it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from assets.finops.logic.recommendations.shape import text

LEAST = Decimal(1)
"""No cloud takes a budget of nothing; where nothing is expected, anything that costs is worth an alert."""
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Limits:
    """What people allow a budget to do. None is no limit.

    Attributes:
        floor: Least amount of a month.
        ceiling: Greatest amount of a month; not below the floor.
        most_up_percent: By how much it may rise within a calendar month, in per cent of what it was at its beginning.
        most_down_percent: By how much it may fall.
        freeze: It stays as it is.
        tolerance_percent: A change by less is not worth making, in per cent of the amount that there is.
    """

    floor: Decimal | None = None
    ceiling: Decimal | None = None
    most_up_percent: Decimal | None = None
    most_down_percent: Decimal | None = None
    freeze: bool = False
    tolerance_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The amount that a budget is to have, in whole units of its currency; None if there is to be none. And why."""

    amount: Decimal | None
    reason: str


def adjusted(
    estimate: Decimal | None, reason: str, limits: Limits, current: Decimal | None = None, base: Decimal | None = None
) -> Adjusted:
    """Bring an estimate within the limits. Floor and ceiling count for more than the most change of a month.

    Args:
        estimate: What a month may cost; None if that is unknown.
        reason: Where the estimate is from, or why it is unknown.
        limits: Of this budget.
        current: What the budget is now; None if there is none.
        base: What it was at the beginning of the calendar month; `current` if not given.
    """
    if limits.freeze and current is not None:
        instead = "is unknown" if estimate is None else f"would give {text(estimate)}"
        return Adjusted(current, f"frozen at {text(current)}; the forecast {instead}")
    if estimate is None:
        if current is None:
            return Adjusted(None, reason)
        return Adjusted(current, f"kept at {text(current)}: {reason}")
    amount, said = _rounded(estimate), [reason]
    for lowest, highest, what in (*_changes(limits, current if base is None else base), _absolute(limits)):
        if highest is not None and amount > highest:
            amount = max(highest.to_integral_value(ROUND_DOWN), LEAST)
            said.append(f"lowered to {text(amount)}, {what}")
        if lowest is not None and amount < lowest:
            amount = _rounded(lowest)
            said.append(f"raised to {text(amount)}, {what}")
    if current is not None and current != amount and _is_small(current, amount, limits):
        return Adjusted(current, f"stays {text(current)}: {text(amount)} differs by less than {limits.tolerance_percent:f} %")
    return Adjusted(amount, "; ".join(said))


def amounts_at_the_beginning(journal: Iterable[Mapping[str, Any]], month: date) -> dict[tuple[str, str, str], Decimal]:
    """What each budget was when a month began, where the journal tells: by system, subject and currency.

    What a budget was before a change is true whatever became of it: one that was cut off or failed may have moved the amount.

    Args:
        journal: Rows of `finops/journal` about budgets.
        month: A day of the month.
    """
    found: dict[tuple[str, str, str], Decimal] = {}
    rows = [row for row in journal if _same_month(row["at"], month)]
    for row in sorted(rows, key=lambda row: row["at"]):
        made = row["after"] if row["outcome"] in ("done", "found done") else None
        was = json.loads(row["before"] or made or "{}")
        if "amount" in was:
            found.setdefault((row["system"], row["subject"], was["currency"]), Decimal(was["amount"]))
    return found


def _same_month(day: date, other: date) -> bool:
    return (day.year, day.month) == (other.year, other.month)


def _changes(limits: Limits, base: Decimal | None) -> list[tuple[Decimal | None, Decimal | None, str]]:
    if base is None:
        return []
    found: list[tuple[Decimal | None, Decimal | None, str]] = []
    if limits.most_up_percent is not None:
        most = base * (_HUNDRED + limits.most_up_percent) / _HUNDRED
        found.append((None, most, f"the most rise of a month: {limits.most_up_percent:f} % of {text(base)}"))
    if limits.most_down_percent is not None:
        least = base * (_HUNDRED - limits.most_down_percent) / _HUNDRED
        found.append((least, None, f"the most fall of a month: {limits.most_down_percent:f} % of {text(base)}"))
    return found


def _absolute(limits: Limits) -> tuple[Decimal | None, Decimal | None, str]:
    said = "its floor" if limits.ceiling is None else "its ceiling" if limits.floor is None else "its floor or ceiling"
    return limits.floor, limits.ceiling, said


def _is_small(current: Decimal, amount: Decimal, limits: Limits) -> bool:
    """Whether a change is not worth making; one that brings a budget between floor and ceiling always is."""
    within = (limits.floor is None or current >= limits.floor) and (limits.ceiling is None or current <= limits.ceiling)
    return within and abs(amount - current) * _HUNDRED < current * limits.tolerance_percent


def _rounded(amount: Decimal) -> Decimal:
    return max(amount.to_integral_value(ROUND_UP), LEAST)
