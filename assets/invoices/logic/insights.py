"""What a person should look at before an invoice is approved: the rules, their limits, and the numbers that set one off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Priority = Literal["HIGH", "MEDIUM", "LOW"]
InsightType = Literal[
    "HIGH_RISK", "MEDIUM_RISK", "COMPLEX_INVOICE", "MULTIPLE_VENDORS", "HIGH_VALUE", "APPROVAL_LIMIT_UNKNOWN", "UNKNOWN"
]


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits, each of which must be exceeded.

    Attributes:
        high_risk: Probability of a significant delay.
        medium_risk: The same for a lesser warning.
        complexity: Complexity score, 0 to 100.
        organisations: Organisations named in one invoice.
        approval_limits: Total per ISO 4217 code up to which no approval is needed. A currency that is not here has no limit that
            is known, which is said.
    """

    high_risk: float = 0.7
    medium_risk: float = 0.4
    complexity: float = 70
    organisations: int = 2
    approval_limits: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.medium_risk <= self.high_risk <= 1:
            raise ValueError(f"0 ≤ medium_risk ({self.medium_risk}) ≤ high_risk ({self.high_risk}) ≤ 1 must hold")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one invoice; None is unknown.

    Attributes:
        risk: Probability that it is paid significantly late.
        complexity: Its complexity score.
        organisations: Names of organisations in it.
        total: Total with tax.
        currency: ISO 4217 code of it.
    """

    risk: float | None
    complexity: float | None
    organisations: tuple[str, ...] | None
    total: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Insight:
    """One thing to look at.

    Attributes:
        type: Which rule.
        priority: How urgent.
        message: What to do, for people.
        numbers: The values that caused it and the limits that they exceed, as text.
    """

    type: InsightType
    priority: Priority
    message: str
    numbers: Mapping[str, str]


def insights(facts: Facts, rules: Rules) -> tuple[Insight, ...]:
    """Every rule that applies, in the order of the rules; what could not be judged is an insight too."""
    return (*_of_risk(facts, rules), *_of_complexity(facts, rules), *_of_organisations(facts, rules), *_of_total(facts, rules))


def _of_risk(facts: Facts, rules: Rules) -> Iterator[Insight]:
    risk = facts.risk
    if risk is None:
        yield _unknown("risk of delay")
    elif risk > rules.high_risk:
        said = f"High risk of a significant payment delay ({risk:.1%}): consider prepayment or further documents."
        yield Insight("HIGH_RISK", "HIGH", said, {"risk": f"{risk:.4f}", "limit": f"{rules.high_risk:g}"})
    elif risk > rules.medium_risk:
        said = f"Moderate risk of a significant payment delay ({risk:.1%}): watch it and remind early."
        yield Insight("MEDIUM_RISK", "MEDIUM", said, {"risk": f"{risk:.4f}", "limit": f"{rules.medium_risk:g}"})


def _of_complexity(facts: Facts, rules: Rules) -> Iterator[Insight]:
    score = facts.complexity
    if score is None:
        yield _unknown("complexity")
    elif score > rules.complexity:
        said = f"High complexity score ({score:g} of 100): have it reviewed before approval."
        yield Insight("COMPLEX_INVOICE", "MEDIUM", said, {"complexity": f"{score:g}", "limit": f"{rules.complexity:g}"})


def _of_organisations(facts: Facts, rules: Rules) -> Iterator[Insight]:
    if facts.organisations is None:
        yield _unknown("organisations")
        return
    names = tuple(dict.fromkeys(facts.organisations))
    if len(names) > rules.organisations:
        said = f"{len(names)} organisations are named ({', '.join(names)}): check which is the vendor, and why the others are."
        numbers = {"organisations": str(len(names)), "limit": str(rules.organisations)}
        yield Insight("MULTIPLE_VENDORS", "MEDIUM", said, numbers)


def _of_total(facts: Facts, rules: Rules) -> Iterator[Insight]:
    total, currency = facts.total, facts.currency
    if total is None or currency is None:
        yield _unknown("total" if total is None else "currency of the total")
        return
    limit = rules.approval_limits.get(currency)
    if limit is None:
        said = f"No approval limit is set for {currency}: decide whether {total:,f} {currency} needs approval, or set one."
        yield Insight("APPROVAL_LIMIT_UNKNOWN", "MEDIUM", said, {"total": f"{total:f}", "currency": currency})
    elif total > limit:
        said = f"{total:,f} {currency} is above the approval limit of {limit:,f} {currency}: executive approval is needed."
        yield Insight("HIGH_VALUE", "HIGH", said, {"total": f"{total:f}", "limit": f"{limit:f}", "currency": currency})


def _unknown(what: str) -> Insight:
    return Insight("UNKNOWN", "LOW", f"The {what} is unknown: it could not be judged.", {"unknown": what})
