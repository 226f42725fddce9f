"""What was known of a party when each invoice was issued, computed in one pass over the events in order of time.

An invoice's features come from events of days before its day of issue alone: invoices issued, payments made, due dates passed.
An outcome counts from the day after the payment; until then the invoice counts as open, and from the day after its due date
as overdue, which is information too. Means are shrunk towards those of all parties as the data so far asks for
(empirical Bayes: Efron and Morris, "Data Analysis Using Stein's Estimator", 1975).
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.invoices.logic.payments.distribution import LONGEST
from assets.invoices.logic.payments.records import checked

Vector = NDArray[np.float64]

CIRCUMSTANCES = ("is_paperless", "amount_vs_all", "terms_days", "is_weekend", "is_month_end", "holidays")
"""Features of the invoice itself; they differ between invoices of one party."""
PARTY = (
    "paid_count", "mean_days", "recent_days", "last_days", "days_spread", "late_rate", "recent_late_rate", "open_count",
    "overdue_count", "overdue_days", "idle_days", "paperless_share", "amount_vs_own", "all_mean_days",
)  # fmt: skip
"""Features of the party's history."""
FEATURES = CIRCUMSTANCES + PARTY
REMEMBERED = 40
"""Most past invoices of a party whose outcome is carried along with each row, the latest ones."""
_HALF_LIFE_DAYS = 365.0
_USUAL_TERMS = 30.0
"""Days that are assumed before anything was paid and where no due date is known."""
_NEVER_DAYS = 365
_MONTH_END_DAYS = 3
_LEAST_PARTIES = 3


@dataclass(frozen=True, slots=True)
class History:
    """Invoices with what was known of each when it was issued.

    Attributes:
        rows: The records by day of issue and id, with `days` (to payment, null if open), `is_late` (null without due date, or
            while it is open), every name of `FEATURES`, `past` (numbers of rows: the party's invoices that
            were paid before this one was issued, latest last, at most `REMEMBERED`) and `past_open` (those
            open then, latest first).
    """

    rows: pl.DataFrame

    def matrix(self) -> Vector:
        """Invoices × `FEATURES`."""
        return self.rows.select(FEATURES).to_numpy().astype(np.float64)


@dataclass(slots=True)
class _Party:
    """Running state of one party. Sums named `recent` halve every `_HALF_LIFE_DAYS`."""

    paid: int = 0
    days: float = 0.0
    squares: float = 0.0
    late: float = 0.0
    judged: int = 0
    paperless: float = 0.0
    recent_weight: float = 0.0
    recent_days: float = 0.0
    recent_late: float = 0.0
    recent_judged: float = 0.0
    recent_on: int = 0
    last_days: float = 0.0
    last_payment: int | None = None
    amounts: dict[str | None, tuple[int, float]] = field(default_factory=dict)
    open: dict[int, int | None] = field(default_factory=dict)
    coming_due: list[tuple[int, int]] = field(default_factory=list)
    overdue: dict[int, int] = field(default_factory=dict)
    overdue_sum: int = 0
    outcomes: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def decay_to(self, day: int) -> None:
        factor = 0.5 ** ((day - self.recent_on) / _HALF_LIFE_DAYS)
        self.recent_weight *= factor
        self.recent_days *= factor
        self.recent_late *= factor
        self.recent_judged *= factor
        self.recent_on = day

    def pass_due_dates(self, day: int) -> None:
        while self.coming_due and self.coming_due[0][0] < day:
            due, row = heapq.heappop(self.coming_due)
            if row in self.open:
                self.overdue[row] = due
                self.overdue_sum += due


@dataclass(slots=True)
class _Spread:
    """Variance within and between parties, kept up incrementally, and how strongly a party's mean is to be shrunk."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    between: float = 0.0
    counts_squared: float = 0.0
    parties: int = 0

    def add(self, value: float, party_count: int, party_total: float) -> None:
        """Take in a value of a party that had so many before it, with that sum."""
        if party_count:
            self.between -= party_total**2 / party_count
        else:
            self.parties += 1
        self.between += (party_total + value) ** 2 / (party_count + 1)
        self.counts_squared += 2 * party_count + 1
        self.count += 1
        self.total += value
        self.squares += value**2

    def mean(self, otherwise: float) -> float:
        return self.total / self.count if self.count else otherwise

    def within(self) -> float | None:
        """Variance of one party's values."""
        free = self.count - self.parties
        return max(self.squares - self.between, 0.0) / free if free > 0 else None

    def prior_weight(self) -> float:
        """How many values of its own the mean of all is worth to a party: variance within over variance between.

        By the moments of a one-way random-effects model (Searle, Casella and McCulloch, Variance Components, 1992, §3.6).
        """
        within = self.within()
        if within is None or self.parties < _LEAST_PARTIES:
            return 1.0
        explained = self.between - self.total**2 / self.count - (self.parties - 1) * within
        variance = explained / (self.count - self.counts_squared / self.count)
        return float(np.clip(within / variance, 0.1, 50.0)) if variance > 0 else 50.0


@dataclass(slots=True)
class _World:
    """State of all parties together."""

    days: _Spread = field(default_factory=_Spread)
    late: _Spread = field(default_factory=_Spread)
    paperless: float = 0.0
    amounts: dict[str | None, tuple[int, float]] = field(default_factory=dict)
    terms: tuple[int, float] = (0, 0.0)
    parties: dict[str, _Party] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Facts:
    """The records as plain lists, days as numbers since 1970."""

    party: list[str]
    country: list[str | None]
    currency: list[str | None]
    size: list[float | None]
    issued: list[int]
    due: list[int | None]
    settled: list[int | None]
    paperless: list[bool]

    def days(self, row: int) -> int:
        """Days to payment, at most `LONGEST`: one that took years, or has a wrong date, is not to outweigh all others."""
        return min(max(self.paid_on(row) - self.issued[row], 0), LONGEST)

    def paid_on(self, row: int) -> int:
        settled = self.settled[row]
        assert settled is not None  # noqa: S101
        return max(settled, self.issued[row])


def history_of(records: pl.DataFrame) -> History:
    """Features of every invoice as of its day of issue, in O(n log n).

    Args:
        records: See `RECORDS`.

    Raises:
        BadRecords: They cannot be used.
    """
    rows = checked(records)
    facts = _facts(rows)
    world = _World()
    found: list[dict[str, Any]] = []
    for _, batch in _by_day(facts):
        issued = [row for kind, row in batch if kind == "issued"]
        found.extend(_features(world, facts, row) for row in issued)
        for row in issued:
            _note_issue(world, facts, row)
        for row in (row for kind, row in batch if kind == "settled"):
            _note_payment(world, facts, row)
    schema = {
        **dict.fromkeys(FEATURES, pl.Float64()),
        "past": pl.List(pl.Int64()),
        "past_open": pl.List(pl.Int64()),
    }
    days = (pl.col("settled") - pl.col("issued")).dt.total_days()
    return History(
        rows.with_columns(days=days.clip(lower_bound=0).cast(pl.Float64), is_late=pl.col("settled") > pl.col("due")).hstack(
            pl.DataFrame(found, schema=schema)
        )
    )


def _facts(rows: pl.DataFrame) -> _Facts:
    number = {name: rows[name].dt.epoch("d").to_list() for name in ("issued", "due", "settled")}
    paperless = (rows["paperless_since"] <= rows["issued"]).fill_null(value=False)
    size = (rows["amount"].abs() + 1).log()
    return _Facts(
        rows["party"].to_list(),
        rows["country"].to_list(),
        rows["currency"].to_list(),
        size.to_list(),
        number["issued"],
        number["due"],
        number["settled"],
        paperless.to_list(),
    )


def _by_day(facts: _Facts) -> Iterator[tuple[int, list[tuple[str, int]]]]:
    """Events in order of time; what is paid before it is issued counts as paid on the day of issue."""
    events = [(day, "issued", row) for row, day in enumerate(facts.issued)]
    events += [(max(day, facts.issued[row]), "settled", row) for row, day in enumerate(facts.settled) if day is not None]
    events.sort()
    start = 0
    for end in range(1, len(events) + 1):
        if end == len(events) or events[end][0] != events[start][0]:
            yield events[start][0], [(kind, row) for _, kind, row in events[start:end]]
            start = end


def _features(world: _World, facts: _Facts, row: int) -> dict[str, Any]:
    day = facts.issued[row]
    party = world.parties.get(facts.party[row]) or _Party(recent_on=day)
    party.decay_to(day)
    party.pass_due_dates(day)
    circumstances = _circumstances(world, facts, row)
    history = _of_party(world, party, day)
    size = facts.size[row]
    own, total = party.amounts.get(facts.currency[row], (0, 0.0))
    history["amount_vs_own"] = size - total / own if own and size is not None else 0.0
    return {
        **circumstances,
        **history,
        "past": list(party.outcomes),
        "past_open": list(islice(reversed(party.open), REMEMBERED)),
    }


def _circumstances(world: _World, facts: _Facts, row: int) -> dict[str, float]:
    day, due, size = facts.issued[row], facts.due[row], facts.size[row]
    known, total = world.amounts.get(facts.currency[row], (0, 0.0))
    terms = due - day if due is not None else world.terms[1] / world.terms[0] if world.terms[0] else _USUAL_TERMS
    on = date(1970, 1, 1) + timedelta(days=day)
    return {
        "is_paperless": float(facts.paperless[row]),
        "amount_vs_all": size - total / known if known and size is not None else 0.0,
        "terms_days": float(terms),
        "is_weekend": float(on.weekday() >= 5),
        "is_month_end": float((on + timedelta(days=_MONTH_END_DAYS)).month != on.month),
        "holidays": float(_holidays(facts.country[row], on.toordinal(), round(terms))),
    }


def _of_party(world: _World, party: _Party, day: int) -> dict[str, float]:
    prior, late_prior = world.days.prior_weight(), world.late.prior_weight()
    all_days, all_late = world.days.mean(_USUAL_TERMS), world.late.mean(0.5)
    mean = (party.days + prior * all_days) / (party.paid + prior)
    variance = max(party.squares - 2 * mean * party.days + party.paid * mean**2, 0.0)
    overdue, everything = len(party.overdue), party.paid + len(party.open) + prior
    late = (party.late + overdue + late_prior * all_late) / (party.judged + overdue + late_prior)
    share = world.paperless / world.days.count if world.days.count else 0.0
    return {
        "paid_count": math.log1p(party.paid),
        "mean_days": mean,
        "recent_days": (party.recent_days + prior * all_days) / (party.recent_weight + prior) - mean,
        "last_days": party.last_days - mean if party.paid else 0.0,
        "days_spread": math.sqrt((variance + 3 * (world.days.within() or 0.0)) / (party.paid + 3)),
        "late_rate": late,
        "recent_late_rate": (party.recent_late + overdue + late_prior * all_late) / (party.recent_judged + overdue + late_prior)
        - late,
        "open_count": math.log1p(len(party.open)),
        "overdue_count": math.log1p(overdue),
        "overdue_days": (overdue * day - party.overdue_sum) / everything,
        "idle_days": math.log1p(day - party.last_payment if party.last_payment is not None else _NEVER_DAYS),
        "all_mean_days": all_days,
        "paperless_share": (party.paperless + prior * share) / (party.paid + prior),
    }


def _note_issue(world: _World, facts: _Facts, row: int) -> None:
    party = world.parties.setdefault(facts.party[row], _Party(recent_on=facts.issued[row]))
    due, size, currency = facts.due[row], facts.size[row], facts.currency[row]
    party.open[row] = due
    if due is not None:
        heapq.heappush(party.coming_due, (due, row))
        world.terms = (world.terms[0] + 1, world.terms[1] + due - facts.issued[row])
    if size is not None:
        for amounts in (party.amounts, world.amounts):
            count, total = amounts.get(currency, (0, 0.0))
            amounts[currency] = (count + 1, total + size)


def _note_payment(world: _World, facts: _Facts, row: int) -> None:
    party, days = world.parties[facts.party[row]], facts.days(row)
    settled = facts.paid_on(row)
    due = party.open.pop(row)
    party.overdue_sum -= party.overdue.pop(row, 0)
    party.decay_to(settled)
    world.days.add(days, party.paid, party.days)
    party.paid += 1
    party.days += days
    party.squares += days**2
    party.recent_weight += 1
    party.recent_days += days
    if due is not None:
        late = float(settled > due)
        world.late.add(late, party.judged, party.late)
        party.judged += 1
        party.late += late
        party.recent_judged += 1
        party.recent_late += late
    party.paperless += facts.paperless[row]
    world.paperless += facts.paperless[row]
    party.last_days, party.last_payment = days, settled
    party.outcomes.append(row)


def _holidays(country: str | None, ordinal: int, terms: int) -> int:
    """Public holidays within a week of the due date, which delay a payment; none where the country's calendar is unknown."""
    if country is None or country not in _countries():
        return 0
    due = ordinal + terms
    return sum((number in _holidays_of(country, date.fromordinal(number).year)) for number in range(due - 3, due + 4))


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    import holidays

    return frozenset(holidays.list_supported_countries(include_aliases=False))


@lru_cache(maxsize=512)
def _holidays_of(country: str, year: int) -> frozenset[int]:
    import holidays

    return frozenset(day.toordinal() for day in holidays.country_holidays(country, years=year))
