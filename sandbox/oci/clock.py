"""The sandbox's own time: it runs with the world's, or stands still until a test advances it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class Clock:
    """Time of the sandbox.

    Attributes:
        stopped_at: The time while it stands still; None while it runs.
        ahead: How far it is ahead of the world's time while it runs.
    """

    stopped_at: datetime | None = None
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """The present, UTC."""
        return self.stopped_at or datetime.now(UTC) + self.ahead

    def advance(self, seconds: float) -> None:
        """Let time pass at once.

        Raises:
            ValueError: It would go back.
        """
        if seconds < 0:
            raise ValueError("time does not go back: seconds must be 0 or more")
        if self.stopped_at is None:
            self.ahead += timedelta(seconds=seconds)
        else:
            self.stopped_at += timedelta(seconds=seconds)

    @contextmanager
    def standing_at(self, moment: datetime) -> Iterator[None]:
        """For as long as something is done that was due earlier: the time is that moment."""
        before = self.stopped_at
        self.stopped_at = moment
        try:
            yield
        finally:
            self.stopped_at = before


def text(moment: datetime) -> str:
    """A time as OCI writes it: RFC 3339 with milliseconds, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parsed(value: str) -> datetime:
    """A time as a request gives it; one without a zone is UTC."""
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
