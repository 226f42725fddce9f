"""The time of day, as a resource: nothing else in the project asks the machine for it, or waits."""

import time
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
from pydantic import Field

from resources.errors import BadInput


class Clock(dg.ConfigurableResource[Any]):
    """The current time in UTC, or one fixed instant for runs that must be reproducible."""

    fixed_at: str | None = Field(default=None, description="ISO 8601 instant with its offset; the machine's clock if not given.")

    def now(self) -> datetime:
        """The current instant, aware, in UTC.

        Raises:
            BadInput: `fixed_at` is not an ISO 8601 instant with an offset.
        """
        if self.fixed_at is None:
            return datetime.now(UTC)
        try:
            instant = datetime.fromisoformat(self.fixed_at)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            raise BadInput(
                f"fixed_at is {self.fixed_at!r}, which is not an instant",
                "Write it with its offset, such as 2026-01-31T06:00:00Z.",
            )
        return instant.astimezone(UTC)

    def today(self) -> date:
        """The current day in UTC."""
        return self.now().date()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
