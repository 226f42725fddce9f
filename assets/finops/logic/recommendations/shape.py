"""What a recommendation is: its subject, its figures and where each of them comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, NamedTuple

import polars as pl

from assets.finops.logic.panel import SERIES
from assets.finops.logic.recommendations.identity import recommendation_id

MONEY = pl.Decimal(38, 24)
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
"""Sums of costs need more digits than the 28 of the default context."""
DAYS_A_MONTH = 30
"""Savings are per month of 30 days, to be compared with the cost of the last 30 days."""

IMMEDIATE, STRATEGIC = "immediate action", "strategic initiative"
BUDGET, AUTOMATION = "budget adjustment", "automation opportunity"
COMMITMENT = "commitment"
CATEGORIES = (IMMEDIATE, STRATEGIC, BUDGET, AUTOMATION)

_DATAPOINT = pl.Struct(dict.fromkeys(("source", "rows", "figure", "value"), pl.String))
SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "recommendation_id": pl.String(),
    "category": pl.String(),
    "kind": pl.String(),
    **dict.fromkeys(SERIES, pl.String()),
    "ResourceId": pl.String(),
    "episode_id": pl.String(),
    "resource_ids": pl.List(pl.String()),
    "began": pl.Date(),
    "title": pl.String(),
    "action": pl.String(),
    "savings_low": MONEY,
    "savings_high": MONEY,
    "savings_unknown_because": pl.String(),
    "at_stake_per_day": MONEY,
    "subject_cost_30d": MONEY,
    "budget_expected": MONEY,
    "budget_recommended": MONEY,
    "effort": pl.String(),
    "risk": pl.String(),
    "datapoints": pl.List(_DATAPOINT),
}
"""Columns of a frame of proposals."""


class Datapoint(NamedTuple):
    """One figure that a proposal rests on: the table (or setting) and rows it is from, what it is, and its value."""

    source: str
    rows: str
    figure: str
    value: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a recommendation is about: a series, several of them, or one resource or anomaly in it.

    Attributes:
        provider: Cloud; None in a budget over all of them.
        sub_account: Sub-account; None if `all_sub_accounts`.
        service: Service.
        region: Region.
        currency: Currency of its money.
        resource_id: The one resource that it is about.
        episode_id: The anomaly that it is about.
        all_sub_accounts: It is about the service in every sub-account.
    """

    provider: str | None
    sub_account: str | None
    service: str | None
    region: str | None
    currency: str
    resource_id: str | None = None
    episode_id: str | None = None
    all_sub_accounts: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any], **more: Any) -> Subject:  # noqa: ANN401
        """The subject of a row that has the columns `SERIES`."""
        return cls(*(row[name] for name in SERIES), **more)

    @property
    def series(self) -> tuple[str | None, ...]:
        """Its series, in the order of `SERIES`."""
        return (self.provider, self.sub_account, self.service, self.region, self.currency)

    def where(self, *more: str) -> str:
        """The rows that it covers, in words; `more` narrows them down."""
        keys = (*zip(SERIES, self.series, strict=True), ("ResourceId", self.resource_id), ("episode_id", self.episode_id))
        said = [f"{name} = {value}" for name, value in keys if value is not None]
        return " and ".join([*said, *more])

    def place(self) -> str:
        """Service and region for people."""
        return " in ".join(part for part in (self.service or "unknown service", self.region) if part)


@dataclass(frozen=True, slots=True)
class Savings:
    """What may be saved per month, from low to high; or why that cannot be known."""

    low: Decimal | None
    high: Decimal | None
    unknown_because: str | None = None

    @classmethod
    def unknown(cls, because: str) -> Savings:
        """No range, and the reason."""
        return cls(None, None, because)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that somebody might do.

    Attributes:
        category: One of `CATEGORIES`.
        kind: What is to be done, within the category.
        subject: What it is about.
        title: The finding in one line.
        action: What to do.
        savings: Per month of 30 days, in the subject's currency.
        effort: `low`, `medium` or `high`.
        risk: What may go wrong.
        datapoints: Every figure used, with where it is from.
        resource_ids: Resources that the finding names.
        began: First day of the situation; None if it has no known beginning.
        at_stake_per_day: What the situation costs per day, if it is known though the saving is not.
        subject_cost: What the subject cost in the last 30 days; set when claims are limited.
        budget_expected: Expected cost of the month, of a budget.
        budget_recommended: Recommended budget of the month.
    """

    category: str
    kind: str
    subject: Subject
    title: str
    action: str
    savings: Savings
    effort: str
    risk: str
    datapoints: tuple[Datapoint, ...]
    resource_ids: tuple[str, ...] = field(default=())
    began: date | None = None
    at_stake_per_day: Decimal | None = None
    subject_cost: Decimal | None = None
    budget_expected: Decimal | None = None
    budget_recommended: Decimal | None = None

    @property
    def id(self) -> str:
        """Its identity, the same whenever the same is proposed about the same subject."""
        about = self.subject
        return recommendation_id(self.category, self.kind, about.series, about.resource_id or about.episode_id)


def frame(proposals: Iterable[Proposal]) -> pl.DataFrame:
    """Proposals as rows with the columns `SCHEMA`."""
    rows = [_row(proposal) for proposal in proposals]
    return pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")


def _row(proposal: Proposal) -> tuple[Any, ...]:
    about, savings = proposal.subject, proposal.savings
    datapoints = [point._asdict() for point in proposal.datapoints]
    money = (savings.low, savings.high, savings.unknown_because, proposal.at_stake_per_day, proposal.subject_cost)
    return (
        proposal.id, proposal.category, proposal.kind, *about.series, about.resource_id, about.episode_id,
        list(proposal.resource_ids), proposal.began, proposal.title, proposal.action, *money, proposal.budget_expected,
        proposal.budget_recommended, proposal.effort, proposal.risk, datapoints,
    )  # fmt: skip


def text(amount: Decimal) -> str:
    """An amount to the cent, for people."""
    return f"{round(amount, 2):,f}"


def rounded(amount: Decimal) -> Decimal:
    """An amount that was calculated, to six digits after the point: more would feign a precision that it has not."""
    return EXACT.quantize(amount, Decimal("1.000000"))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    result = Decimal(0)
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result
