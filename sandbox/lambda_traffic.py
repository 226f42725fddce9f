"""Calls of the demo company's functions, as CloudWatch counts them: so many a minute, failing where a call really fails.

Nothing runs meanwhile: whoever asks CloudWatch for metrics of Lambda finds the minutes that have passed since the last question.
Whether calls of a function fail is tried once for each set of code and layers that it came to have.
"""

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sandbox.lambda_estate import Function, functions

Put = Callable[[str, Mapping[str, float], datetime, str | None], None]
"""Stores values by the names of metrics: of which function (ARN), when, and by which alias it is called, if by one."""
Share = Callable[[str, datetime], float | None]
"""Share of the calls of a function (ARN) in a minute that fail; None if the function is not there."""
CALLED = "live"
"""The alias by which functions are called that have it; the others are called without one."""
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_BY_MINUTE, _BY_HOUR = timedelta(hours=4), timedelta(days=14)
"""How far back, from the start, there are values of minutes, and before that of hours."""
_STRAY = 0.0004
"""Share of calls that fail for no reason that anybody knows."""
_MILLISECONDS = 38.0


class Traffic:
    """Calls until now."""

    def __init__(self, put: Put, share: Share, now: datetime) -> None:
        """Calls of the past are stored at once.

        Args:
            put: Stores values.
            share: Which calls fail.
            now: When it begins.
        """
        self._put, self._share = put, share
        self._until = _minute(now)
        finely = (self._until - _BY_MINUTE).replace(minute=0)
        past = [(moment, 60) for moment in _steps(finely - _BY_HOUR, finely, _HOUR)]
        past += [(moment, 1) for moment in _steps(finely, self._until, _MINUTE)]
        for moment, minutes in past:
            for function in functions():
                self._store(function, moment, minutes, 0.0)

    def catch_up(self, now: datetime) -> None:
        """Store the minutes that have passed."""
        end = _minute(now)
        for moment in _steps(self._until, end, _MINUTE):
            for function in functions():
                share = self._share(function.arn, moment)
                if share is not None:
                    self._store(function, moment, 1, share)
        self._until = max(self._until, end)

    def _store(self, function: Function, moment: datetime, minutes: int, share: float) -> None:
        draw = _drawn(function.name, moment)
        calls = round(function.calls * minutes * _busy(moment) * (0.85 + 0.3 * draw))
        stray = calls * _STRAY
        failed = min(calls, round(calls * share) + math.floor(stray + _drawn(f"{function.name} fails", moment)))
        values = {"Invocations": float(calls), "Errors": float(failed), "Throttles": 0.0}
        if calls:
            values["Duration"] = _MILLISECONDS * (0.9 + 0.2 * draw) * (1 + 0.4 * len(function.now))
        self._put(function.arn, values, moment, CALLED if CALLED in function.aliases else None)


def _busy(moment: datetime) -> float:
    """Share of the busiest hour's calls: fewest at three in the morning."""
    hours = moment.hour + moment.minute / 60
    return 0.6 - 0.4 * math.cos((hours - 3) / 12 * math.pi)


def _drawn(text: str, moment: datetime) -> float:
    """From 0 to 1, the same for the same text and minute."""
    return zlib.crc32(f"{text} {moment:%Y%m%d%H%M}".encode()) / 2**32


def _steps(begin: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    moment = begin
    while moment < end:
        yield moment
        moment += step


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)
