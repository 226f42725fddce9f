"""Stretches of time that are compared, and what the minutes of a metric say of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.layers.logic.rollout.gate import Figures, Window

MINUTE = timedelta(minutes=1)
Minutes = Mapping[datetime, float]
"""Values of a metric by the beginning of their minute."""
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


def figures(name: str, values: Sequence[Sequence[Minutes]], now: Span, past: Sequence[Span]) -> Figures:
    """Figures of a function out of the minutes of its parts.

    Args:
        name: Of the function.
        values: Of each way in which it is called: its `Invocations`, `Errors`, `Throttles`, `Duration`.
        now: The stretch since the wave.
        past: Those before the roll-out.
    """
    return Figures(name, _window(values, now), tuple(_window(values, span) for span in past))


def _window(values: Sequence[Sequence[Minutes]], span: Span) -> Window:
    parts = [[_within(one, span) for one in part] for part in values]
    errors, throttles = (_sum([part[n] for part in parts]) for n in (1, 2))
    # where it is known of some minutes how many calls failed, those of other minutes are not taken for good ones
    counted = [part[0] if errors is None else {at: n for at, n in part[0].items() if at in part[1]} for part in parts]
    calls = _sum(counted)
    timed = [(part[0].get(at, 0), ms) for part in parts for at, ms in part[3].items()]
    weight = sum(count for count, _ in timed)
    return Window(calls, errors, throttles, sum(count * ms for count, ms in timed) / weight if weight else None)


def _within(values: Minutes, span: Span) -> Minutes:
    return {at: value for at, value in values.items() if span.begin <= at < span.end}


def _sum(values: Sequence[Minutes]) -> float | None:
    known = [value for one in values for value in one.values()]
    return sum(known) if known else None
