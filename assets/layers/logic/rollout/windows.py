"""Stretches of time that are compared, and what the minutes of a metric say of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.layers.logic.rollout.gate import Figures, Window

MINUTE = timedelta(minutes=1)
METRICS = ("Invocations", "Errors", "Throttles", "Duration")
"""In the order in which they are asked for."""


@dataclass(frozen=True, slots=True)
class Span:
    """From its first minute until before its last."""

    begin: datetime
    end: datetime

    @property
    def minutes(self) -> float:
        """How long; never less than nothing."""
        return max(0.0, (self.end - self.begin) / MINUTE)


def since(settled: datetime, now: datetime, lag: timedelta) -> Span:
    """The whole minutes after a wave was settled of which all values have arrived.

    Args:
        settled: When the last function of the wave was ready.
        now: The time.
        lag: How long values take to arrive.
    """
    begin = settled.replace(second=0, microsecond=0)
    begin += MINUTE if begin < settled else timedelta()
    end = (now - lag).replace(second=0, microsecond=0)
    return Span(begin, max(begin, end))


def before(begun: datetime, length: timedelta, count: int) -> tuple[Span, ...]:
    """Windows of a length that end where a roll-out began, the earliest first."""
    end = begun.replace(second=0, microsecond=0)
    return tuple(Span(end - (n + 1) * length, end - n * length) for n in reversed(range(count)))


def figures(name: str, values: Sequence[Mapping[datetime, float]], now: Span, past: Sequence[Span]) -> Figures:
    """Figures of a function out of its minutes: `Invocations`, `Errors`, `Throttles`, `Duration`, in this order."""
    return Figures(name, _window(values, now), tuple(_window(values, span) for span in past))


def _window(values: Sequence[Mapping[datetime, float]], span: Span) -> Window:
    calls, errors, throttles, durations = ({at: v for at, v in one.items() if span.begin <= at < span.end} for one in values)
    weights = {at: calls.get(at, 0) for at in durations}
    weight = sum(weights.values())
    mean = sum(durations[at] * weights[at] for at in durations) / weight if weight else None
    return Window(_sum(calls), _sum(errors), _sum(throttles), mean)


def _sum(values: Mapping[datetime, float]) -> float | None:
    return sum(values.values()) if values else None
