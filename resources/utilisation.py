"""What resources use of what they are: one interface over the metrics of a cloud, by resource and day.

A day without datapoints has no value: what was not measured is unknown, never 0.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from resources.errors import BadInput

Metric = Literal["cpu", "memory", "network"]
"""`cpu` and `memory` in per cent of what the resource has; `network` in bytes received per datapoint."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A resource whose use is asked for.

    Attributes:
        id: As bills name it: OCID, instance id or ARN.
        region: Where it is.
        account: Sub-account that pays for it: compartment or account number.
    """

    id: str
    region: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class DailyUse:
    """One metric of one resource on one day (UTC) on which it has datapoints.

    Attributes:
        resource_id: `Measured.id`.
        day: The day.
        mean: Mean of the datapoints.
        p95: Their 95th percentile; None if the cloud does not tell it.
        maximum: The largest one; None likewise.
        datapoints: How many there are.
    """

    resource_id: str
    day: date
    mean: float
    p95: float | None
    maximum: float | None
    datapoints: int


class Utilisation(dg.ConfigurableResource[Any], ABC):
    """The metrics of one cloud. Methods raise only errors of `resources.errors`."""

    @property
    @abstractmethod
    def provider(self) -> str:
        """The cloud, as bills name it (FOCUS ProviderName)."""

    def missing(self) -> str | None:
        """What must be set before this cloud can be asked; None if nothing is missing."""
        return None

    @abstractmethod
    def source(self, resource_id: str) -> str | None:
        """Namespace of the metrics of a resource; None if it is of no kind that this cloud measures."""

    def daily(self, resources: Sequence[Measured], metric: Metric, first: date, last: date) -> Iterator[DailyUse]:
        """Use of every resource on every day of which there are datapoints; nothing of the others, nor of unknown kinds.

        Args:
            resources: What to ask for; one call to the cloud serves as many as it allows.
            metric: Which metric.
            first: First day, UTC.
            last: Last day, included.

        Raises:
            BadInput: The days are in the wrong order.
            CloudOpsError: The service did not answer as it should.
        """
        if last < first:
            raise BadInput(f"the last day {last} is before the first {first}", "Give the days in their order.")
        known = {one.id: one for one in resources if self.source(one.id) is not None}
        yield from self._daily(sorted(known.values(), key=lambda one: (one.region, one.id)), metric, first, last)

    @abstractmethod
    def _daily(self, resources: Sequence[Measured], metric: Metric, first: date, last: date) -> Iterator[DailyUse]:
        """As `daily`, of distinct resources of kinds that are known, by region."""


class NotMeasured(Utilisation):
    """A cloud that this deployment does not ask: all use is unknown, and it says what to set."""

    of_provider: str = Field(description="The cloud, as bills name it.")
    advice: str = Field(description="What to set.")

    @property
    def provider(self) -> str:
        """See Utilisation."""
        return self.of_provider

    def missing(self) -> str | None:
        """See Utilisation."""
        return self.advice

    def source(self, resource_id: str) -> str | None:  # noqa: ARG002
        """None: nothing is measured."""
        return None

    def _daily(self, resources: Sequence[Measured], metric: Metric, first: date, last: date) -> Iterator[DailyUse]:  # noqa: ARG002
        return iter(())


def daily_use(resource_id: str, statistics: dict[str, dict[date, float]]) -> Iterator[DailyUse]:
    """One row per day with a mean and a count, in the order of days, from statistics by name (`mean`, `p95`, `max`, `count`)."""
    counts = statistics.get("count", {})
    for day, mean in sorted(statistics.get("mean", {}).items()):
        if counts.get(day):
            p95, maximum = (statistics.get(name, {}).get(day) for name in ("p95", "max"))
            yield DailyUse(resource_id, day, mean, p95, maximum, round(counts[day]))
