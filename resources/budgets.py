"""Budgets with alert rules in a cloud: what one is, and what may be done with those that carry our mark.

A budget without the mark was made by a person: it is never listed here, changed or deleted.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from resources.errors import BadInput

TargetKind = Literal["compartment", "tag", "service", "account"]
RuleKind = Literal["ACTUAL", "FORECAST"]
_READABLE = 40


@dataclass(frozen=True, slots=True, order=True)
class AlertRule:
    """When somebody is told.

    Attributes:
        kind: `ACTUAL`: what was spent passes the threshold; `FORECAST`: what the cloud expects for the month does.
        threshold_percent: Share of the budget's amount, in per cent.
        recipients: E-mail addresses, or ARNs of SNS topics where the cloud has them; sorted.
        message: What they read; empty where the cloud has no words of ours.
    """

    kind: RuleKind
    threshold_percent: Decimal
    recipients: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """A monthly budget for one target.

    Attributes:
        system: Cloud: `oci` or `aws`.
        target_kind: What the budget limits.
        target: OCID of a compartment; a tag as the cloud writes it (OCI `namespace.key.value`, AWS `key$value`); name of a
            service; number of an account.
        name: As people see it.
        amount: For a calendar month, in `currency`.
        currency: ISO 4217 code; empty if the cloud does not say.
        rules: Its alert rules, sorted.
        reference: What the cloud calls it; empty before it exists. Two budgets that differ only in it are equal.
    """

    system: str
    target_kind: TargetKind
    target: str
    name: str
    amount: Decimal
    currency: str
    rules: tuple[AlertRule, ...] = ()
    reference: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """Its identity within a cloud: there is one budget of ours per target."""
        return f"{self.target_kind}:{self.target}"


class BudgetService(dg.ConfigurableResource[Any], ABC):
    """The budgets of one cloud that carry our mark. Methods raise only errors of `resources.errors`.

    Every method may be repeated after it was cut off anywhere: what was done is not done twice, what was left out is made up for.
    """

    owner: str = Field(
        default="cloudops",
        pattern=r"^[a-z][a-z0-9-]{0,29}$",
        description="Mark of our budgets. Two deployments that share a tenancy or account need different ones.",
    )

    @property
    @abstractmethod
    def system(self) -> str:
        """Name of the cloud: `oci` or `aws`."""

    def missing(self) -> str | None:
        """What must be set before this cloud can be asked; None if nothing is missing."""
        return None

    @abstractmethod
    def fitted(self, budget: Budget) -> Budget:
        """The budget as this cloud can hold it: rounded, named and worded so that it reads back as it was written.

        Raises:
            BadInput: The cloud has no such target or recipient; the message says what it has instead.
        """

    @abstractmethod
    def managed(self) -> list[Budget]:
        """Every budget that carries our mark, by key and then reference, with our rules as they are, complete or not."""

    def within(self) -> dict[str, tuple[str, ...]]:
        """Targets whose budgets count the costs of other targets within them, too, and these; empty if there are none."""
        return {}

    @abstractmethod
    def create(self, budget: Budget) -> Budget:
        """Let a budget and its rules exist; returns it as it is there. One that is there already, made so by us, is kept.

        Raises:
            Conflict: Something that is not ours is in its place.
        """

    @abstractmethod
    def update(self, seen: Budget, wanted: Budget) -> Budget:
        """Bring a budget and its rules from what was seen to what is wanted; returns it as it is there.

        Raises:
            Conflict: It is no longer ours, or was changed by somebody else since it was seen.
            NotFound: It is gone.
        """

    @abstractmethod
    def retire(self, seen: Budget) -> None:
        """Delete a budget and its rules; nothing happens if it is gone.

        Raises:
            Conflict: It is no longer ours, or was changed by somebody else meanwhile.
        """


class NotConfigured(BudgetService):
    """A cloud that this deployment does not use: it has no budgets, and says what to set."""

    of_system: str = Field(description="Name of the cloud.")
    advice: str = Field(description="What to set.")

    @property
    def system(self) -> str:
        """See BudgetService."""
        return self.of_system

    def missing(self) -> str | None:
        """See BudgetService."""
        return self.advice

    def fitted(self, budget: Budget) -> Budget:
        """See BudgetService."""
        return budget

    def managed(self) -> list[Budget]:
        """None: nothing is known of this cloud."""
        return []

    def create(self, budget: Budget) -> Budget:
        """Refused. Raises BadInput."""
        raise self._refusal(budget)

    def update(self, seen: Budget, wanted: Budget) -> Budget:  # noqa: ARG002
        """Refused. Raises BadInput."""
        raise self._refusal(seen)

    def retire(self, seen: Budget) -> None:
        """Refused. Raises BadInput."""
        raise self._refusal(seen)

    def _refusal(self, budget: Budget) -> BadInput:
        return BadInput(f"{budget.key}: {self.of_system} is not configured", self.advice)


def marked_name(owner: str, budget: Budget, readable: str) -> str:
    """A name of letters, digits and dashes that no other target's budget has, with as much of `readable` as fits.

    The OCI console takes no other signs; AWS takes no colon, and at most 100 characters. What is such a name already stays.
    """
    begin = f"{owner}-{budget.target_kind}-"
    unique = hashlib.sha256(budget.key.encode()).hexdigest()[:8]
    if readable.startswith(begin) and readable.endswith(unique):
        return readable
    plain = re.sub(r"[^A-Za-z0-9]+", "-", readable).strip("-")[:_READABLE].strip("-")
    return begin + "-".join(part for part in (plain, unique) if part)
