"""What a proposal is, and how much it matters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from assets.fleet.logic.recommendations.usage import CpuUse

Category = Literal[
    "capacity", "right-sizing", "auto-scaling", "schedule", "performance", "locking", "backup and recovery", "cost"
]
Severity = Literal["critical", "warning", "info"]
Effort = Literal["low", "medium", "high"]
_SEVERITY: Mapping[Severity, float] = {"critical": 1.0, "warning": 0.6, "info": 0.3}
_PRODUCTION = ("prod", "production", "prd", "live")
_NON_PRODUCTION = ("dev", "development", "test", "qa", "sandbox", "demo", "training")
_BETWEEN = ("staging", "stage", "uat", "preprod", "pre-production", "integration")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure that a proposal rests on: the table it is from, what it is, and its value as text."""

    source: str
    figure: str
    value: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a database cost in 30 days; `amount` is None if that is not known, with the reason."""

    amount: Decimal | None
    currency: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one database.

    Attributes:
        database: Its row of fleet/databases.
        cpu: How it uses its CPUs; None if not known well enough.
        levels: Rows of fleet/status by metric.
        measured: Rows of the last collection in fleet/measurements by metric.
        full: Rows of fleet/capacity by resource and level.
        waits: Rows of fleet/wait_events of the last collection, by rank.
        statements: Rows of fleet/top_sql of the last collection, by rank.
        cost: Of the last 30 days.
        now: The present.
    """

    database: Mapping[str, Any]
    cpu: CpuUse | None
    levels: Mapping[str, Mapping[str, Any]]
    measured: Mapping[str, Mapping[str, Any]]
    full: Mapping[tuple[str, float], Mapping[str, Any]]
    waits: Sequence[Mapping[str, Any]]
    statements: Sequence[Mapping[str, Any]]
    cost: Cost
    now: datetime

    @property
    def id(self) -> str:
        """OCID."""
        return str(self.database["database_id"])

    @property
    def is_production(self) -> bool:
        """Whether it is tagged as production."""
        return (self.database["environment"] or "").strip().lower() in _PRODUCTION

    @property
    def is_non_production(self) -> bool:
        """Whether it is tagged as something that nobody needs at night; what is not tagged is not."""
        return (self.database["environment"] or "").strip().lower() in _NON_PRODUCTION

    @property
    def is_standby(self) -> bool:
        """Whether it follows another."""
        return self.database["role"] not in (None, "PRIMARY")

    @property
    def can_be_scaled(self) -> bool:
        """Whether its size can be chosen: not of Always Free, dedicated infrastructure, or of what follows a primary."""
        row = self.database
        return not (row["is_free_tier"] or row["is_dedicated"] or self.is_standby) and row["compute_model"] == "ECPU"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What should be done.

    Attributes:
        database_id: OCID.
        category: See `Category`.
        kind: The rule that found it.
        subject: What of the database it is about, if one rule can find several; empty otherwise.
        severity: How bad it is.
        urgency: 0 to 1: how near or how large what it is about is; each rule says how.
        effort: Of doing it.
        title: One line.
        reason: Why.
        calls: What does it: calls of the SDK or the CLI, or SQL.
        risk: What may go wrong.
        evidence: Figures that it rests on.
        cost_share: Change of the cost of the database, as a share of it; None if it cannot be told.
        cost_note: What the share is of, or why it cannot be told.
    """

    database_id: str
    category: Category
    kind: str
    severity: Severity
    urgency: float
    effort: Effort
    title: str
    reason: str
    calls: tuple[str, ...]
    risk: str
    evidence: tuple[Evidence, ...]
    subject: str = ""
    cost_share: float | None = None
    cost_note: str = "what it changes in cost is not known"

    @property
    def id(self) -> str:
        """The same for the same finding about the same database, in every run."""
        said = "|".join((self.database_id, self.category, self.kind, self.subject))
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def impact(proposal: Proposal, environment: str | None) -> float:
    """How much it matters, 0 to 100: 100 · environment · (severity + urgency) / 2.

    Severity counts 1 (critical), 0.6 (warning) or 0.3; the environment 1 (production), 0.9 (not tagged: it may well be), 0.6
    (staging and its like), 0.4 (development and test), 0.9 (any other).
    """
    return round(100 * _weight(environment) * (_SEVERITY[proposal.severity] + min(max(proposal.urgency, 0), 1)) / 2, 1)


def _weight(environment: str | None) -> float:
    named = (environment or "").strip().lower()
    weights = {**dict.fromkeys(_PRODUCTION, 1.0), **dict.fromkeys(_BETWEEN, 0.6), **dict.fromkeys(_NON_PRODUCTION, 0.4)}
    return weights.get(named, 0.9)


def cost_effect(proposal: Proposal, cost: Cost) -> tuple[Decimal | None, str]:
    """What it changes in 30 days at most, in the currency of the cost; None if that is not known, and a note."""
    if not proposal.cost_share:
        return (None if proposal.cost_share is None else Decimal(0)), proposal.cost_note
    if cost.amount is None:
        return None, cost.reason or "what the database costs is not known"
    share = Decimal(str(round(proposal.cost_share, 4)))
    return (cost.amount * share).quantize(Decimal("0.01")), proposal.cost_note


def percent(share: float) -> str:
    """A share of 1 for people."""
    return f"{share * 100:.0f} %"
