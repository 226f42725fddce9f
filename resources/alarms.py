"""Alarms of OCI Monitoring: what one is, and what may be done with those that carry our mark.

An alarm without the mark was made by a person: it is never listed here, changed or deleted.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from resources.errors import BadInput

Severity = Literal["CRITICAL", "ERROR", "WARNING", "INFO"]


@dataclass(frozen=True, slots=True)
class Suppression:
    """A time in which an alarm tells nobody, such as planned maintenance; both ends are aware."""

    start: datetime
    end: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm.

    Attributes:
        key: Its identity among ours: the rule and what it watches, `cpu:ocid1.autonomousdatabase…`.
        region: Where it, its metric and its topics are.
        compartment_id: OCID of the compartment that holds it and its metric.
        name: As people see it.
        namespace: Of the metric, `oci_autonomous_database`.
        query: MQL with a threshold or `absent()`.
        severity: How bad it is.
        pending: How long the condition must hold before it fires: ISO 8601 duration, `PT5M`.
        destinations: OCIDs of the topics that are told, sorted.
        body: What they are told.
        repeat: How often they are told again while it lasts: ISO 8601 duration.
        suppression: When they are not.
        is_enabled: Whether it is evaluated at all.
        reference: OCID; empty before it exists. Two alarms that differ only in it are equal.
    """

    key: str
    region: str
    compartment_id: str
    name: str
    namespace: str
    query: str
    severity: Severity
    pending: str
    destinations: tuple[str, ...]
    body: str
    repeat: str
    suppression: Suppression | None = None
    is_enabled: bool = True
    reference: str = field(default="", compare=False)


class AlarmService(dg.ConfigurableResource[Any], ABC):
    """The alarms that carry our mark, in all compartments. Methods raise only errors of `resources.errors`.

    Every method may be repeated after it was cut off anywhere: what was done is not done twice.
    """

    owner: str = Field(
        default="cloudops",
        pattern=r"^[a-z][a-z0-9-]{0,29}$",
        description="Mark of our alarms. Two deployments that share a tenancy need different ones.",
    )

    def missing(self) -> str | None:
        """What must be set before alarms can be asked for; None if nothing is missing."""
        return None

    @abstractmethod
    def managed(self, regions: Collection[str]) -> list[Alarm]:
        """Every alarm of some regions that carries our mark, by key and then reference."""

    @abstractmethod
    def create(self, alarm: Alarm) -> Alarm:
        """Let an alarm exist; returns it as it is there. One that a cut-off run made is kept."""

    @abstractmethod
    def update(self, seen: Alarm, wanted: Alarm) -> Alarm:
        """Bring an alarm from what was seen to what is wanted.

        Raises:
            Conflict: It is no longer ours, or was changed by somebody else since it was seen.
            NotFound: It is gone.
        """

    @abstractmethod
    def retire(self, seen: Alarm) -> None:
        """Delete an alarm; nothing happens if it is gone. Raises Conflict as `update`."""


class NotConfigured(AlarmService):
    """A deployment without a tenancy: it has no alarms, and says what to set."""

    advice: str = Field(description="What to set.")

    def missing(self) -> str | None:
        """See AlarmService."""
        return self.advice

    def managed(self, regions: Collection[str]) -> list[Alarm]:  # noqa: ARG002
        """None: nothing is known."""
        return []

    def create(self, alarm: Alarm) -> Alarm:
        """Refused. Raises BadInput."""
        raise self._refusal([alarm])

    def update(self, seen: Alarm, wanted: Alarm) -> Alarm:
        """Refused. Raises BadInput."""
        raise self._refusal([seen, wanted])

    def retire(self, seen: Alarm) -> None:
        """Refused. Raises BadInput."""
        raise self._refusal([seen])

    def _refusal(self, about: Sequence[Alarm]) -> BadInput:
        return BadInput(f"{about[0].key}: Oracle's cloud is not configured", self.advice)
