"""What a query makes of datapoints: one value per window. Pure; times are milliseconds since 1970, UTC.

Source of windows and their times: docs.oracle.com, "Selecting the Interval for a Query" and "Selecting a Nondefault Resolution
for a Query": a value stands at the end of its window, which has the length of the interval and does not contain its own
beginning; windows follow each other by the resolution. They end on whole minutes, hours and days, whenever the query begins: so
do the values in answers that the project cloud-custodian recorded.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sandbox.oci.mql import ABSENCE, Query


@dataclass(slots=True)
class Series:
    """Datapoints in the order of their times.

    Attributes:
        times: When.
        values: What was measured.
        counts: How often the value occurred.
    """

    times: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def between(self, begin: int, end: int) -> tuple[int, int]:
        """Places of what came after `begin`, up to `end`."""
        return bisect_right(self.times, begin), bisect_right(self.times, end)


def merged(parts: Sequence[Series]) -> Series:
    """The datapoints of several series in one."""
    if len(parts) == 1:
        return parts[0]
    points = sorted(
        (point for part in parts for point in zip(part.times, part.values, part.counts, strict=True)), key=lambda point: point[0]
    )
    return Series([p[0] for p in points], [p[1] for p in points], [p[2] for p in points])


def values(query: Query, parts: Sequence[Series], start: int, end: int, resolution: int) -> list[tuple[int, float]]:
    """Times and values from `start` on, before `end`; a window without datapoints has none.

    Values that the predicate keeps are 1, others are not there.
    Source: docs.oracle.com, "Specifying a Predicate in a Query".

    Args:
        query: What is asked for.
        parts: Datapoints of the streams that are taken together.
        start: The first time that a value may have.
        end: The first time that no value has any more.
        resolution: From one window to the next.
    """
    if query.statistic in ("increment", "rate"):
        found: Iterable[tuple[int, float]] = _changes(query, parts, start, end, resolution)
    elif query.statistic == "absent":
        found = _absences(query, merged(parts), start, end, resolution)
    else:
        found = _aggregates(query, merged(parts), start, end, resolution)
    if query.predicate is None:
        return list(found)
    return [(at, 1.0) for at, value in found if query.predicate.holds(value)]


def _windows(times: Sequence[int], interval: int, start: int, end: int, resolution: int) -> Iterator[int]:
    """Ends of the windows with datapoints."""
    at = _upwards(start, resolution)
    while at < end:
        place = bisect_right(times, at - interval)
        if place == len(times):
            return
        if times[place] > at:
            at = _upwards(times[place], resolution)
            continue
        yield at
        at += resolution


def _upwards(moment: int, step: int) -> int:
    return -(-moment // step) * step


def _aggregates(query: Query, series: Series, start: int, end: int, resolution: int) -> Iterator[tuple[int, float]]:
    share = query.argument or 0.0
    for at in _windows(series.times, query.interval, start, end, resolution):
        first, after = series.between(at - query.interval, at)
        points, counts = series.values[first:after], series.counts[first:after]
        if query.statistic == "percentile":
            yield at, _percentile(points, counts, share)
        else:
            yield at, float(_STATISTICS[query.statistic](points, counts))


def _changes(query: Query, parts: Sequence[Series], start: int, end: int, resolution: int) -> list[tuple[int, float]]:
    """How much the last value of a window differs from that of the window before; of several streams, together.

    A window that is the first one of its stream has no change. That a change is told against the window before, and that changes
    of streams add up, is not sourced; that a rate is a change per second is: "Monitoring Query Language (MQL) Reference".
    """
    divisor = query.interval / 1000 if query.statistic == "rate" else 1.0
    found: dict[int, list[float]] = {}
    for part in parts:
        for at in _windows(part.times, query.interval, start, end, resolution):
            earlier, after = part.between(at - query.interval, at)
            before, _ = part.between(at - 2 * query.interval, at - query.interval)
            if before < earlier:
                found.setdefault(at, []).append(part.values[after - 1] - part.values[earlier - 1])
    return [(at, math.fsum(found[at]) / divisor) for at in sorted(found)]


def _absences(query: Query, series: Series, start: int, end: int, resolution: int) -> Iterator[tuple[int, float]]:
    """1 where there is no datapoint in a window, 0 where there is one.

    An absence is told for as long as the detection period; a stream that was never there is not absent.
    Source: "Monitoring Query Language (MQL) Reference", `absent()`.
    """
    period = query.argument or ABSENCE
    for at in range(_upwards(start, resolution), end, resolution):
        first, after = series.between(at - query.interval, at)
        if first < after:
            yield at, 0.0
        elif after and series.times[after - 1] > at - period:
            yield at, 1.0


def _percentile(points: Sequence[float], counts: Sequence[int], share: float) -> float:
    """The least value that so large a share of observations does not exceed. How OCI estimates it is not sourced."""
    ordered = sorted(zip(points, counts, strict=True))
    wanted, seen = math.ceil(round(share * sum(counts), 9)), 0  # 0.07 × 100 is a little more than 7 in binary
    for value, count in ordered:
        seen += count
        if seen >= wanted:
            return value
    return ordered[-1][0]


def _sum(points: Sequence[float], counts: Sequence[int]) -> float:
    return math.fsum(value * count for value, count in zip(points, counts, strict=True))


def _mean(points: Sequence[float], counts: Sequence[int]) -> float:
    return _sum(points, counts) / sum(counts)


_STATISTICS: dict[str, Callable[[Sequence[float], Sequence[int]], float]] = {
    "avg": _mean,
    "mean": _mean,
    "sum": _sum,
    "count": lambda _, counts: sum(counts),
    "max": lambda points, _: max(points),
    "min": lambda points, _: min(points),
    "first": lambda points, _: points[0],
    "last": lambda points, _: points[-1],
}
