"""How a metric stands against its thresholds over time, and how a database stands as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from assets.fleet.logic.measured import Measured
from assets.fleet.logic.thresholds import Threshold

Level = Literal["ok", "warning", "critical", "unknown"]
_RANK: Mapping[Level, int] = {"ok": 0, "unknown": 1, "warning": 2, "critical": 3}
_ORDER: tuple[Level, Level, Level] = ("ok", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a metric stands.

    Attributes:
        level: At the end.
        since: Since when it is at that level.
        worst: Worst level of those since a moment, and the greatest value since then; None if there is none.
    """

    level: Level
    since: datetime
    worst: tuple[Level, float] | None


def standing(points: Sequence[Measured], threshold: Threshold, news_from: datetime | None) -> Standing | None:
    """Where the values of a metric led it.

    A level begins once values have been that bad for as long as the threshold asks, and then counts from the first of them. It
    ends with a value that is lower than its threshold by the hysteresis.

    Args:
        points: Values, ascending; None is returned without any.
        threshold: Of the metric.
        news_from: From when the worst is told; all points if None.
    """
    if not points:
        return None
    at, since = 0, points[0].start
    rising: dict[int, datetime] = {}
    worst: tuple[Level, float] | None = None
    for point in points:
        reached, held = _reached(point.value, threshold, 0), _reached(point.value, threshold, threshold.hysteresis)
        rising = {rank: rising.get(rank, point.start) for rank in range(1, reached + 1)}
        lasted = [rank for rank, begun in rising.items() if point.end - begun >= timedelta(minutes=threshold.minutes)]
        target = max(max(lasted, default=0), min(at, held))
        if target != at:
            since = rising[target] if target > at else point.start
            at = target
        if news_from is None or point.end > news_from:
            level, value = worst or ("ok", point.value)
            worst = (max(level, _ORDER[at], key=lambda one: _RANK[one]), max(value, point.value))
    return Standing(_ORDER[at], since, worst)


def overall(levels: Mapping[str, Level], thresholds: Mapping[str, Threshold]) -> tuple[Level, list[str]]:
    """How a database stands, and the metrics that make it so.

    The worst of what is known; if nothing of it is wrong and an important metric is unknown, so is the database: it is never
    called well on what nobody measured.
    """
    counted = {name: level for name, level in levels.items() if level != "unknown" or thresholds[name].important}
    if not counted:
        return "unknown", sorted(levels)
    worst = max(counted.values(), key=lambda level: _RANK[level])
    return worst, [] if worst == "ok" else sorted(name for name, level in counted.items() if level == worst)


def _reached(value: float, threshold: Threshold, below: float) -> int:
    bounds = (threshold.warning, threshold.critical)
    return max((rank for rank, bound in enumerate(bounds, 1) if bound is not None and value >= bound - below), default=0)
