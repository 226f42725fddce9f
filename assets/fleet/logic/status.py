"""Databases against their thresholds: a row per metric, and one for the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.fleet.logic.levels import Level, overall, standing
from assets.fleet.logic.measured import UNITS, Measured, Missing, Outcome
from assets.fleet.logic.thresholds import Threshold, Thresholds
from resources.autonomous_databases import AutonomousDatabase

OVERALL = "overall"
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What databases are judged by, each by database and metric.

    Attributes:
        now: What the last collection said; what it does not name was not measured.
        points: Values of the last days, ascending.
        before: Level and its begin when last judged.
        news_from: Moment of the collection before the last; None if there is none.
    """

    now: Mapping[Key, Outcome]
    points: Mapping[Key, Sequence[Measured]]
    before: Mapping[Key, tuple[Level, datetime]]
    news_from: datetime | None


def status(databases: Sequence[AutonomousDatabase], thresholds: Thresholds, known: Known, at: datetime) -> list[dict[str, Any]]:
    """How every database stands.

    Args:
        databases: The fleet.
        thresholds: Of the deployment.
        known: What is known of it.
        at: When it is judged.
    """
    rows: list[dict[str, Any]] = []
    for one in databases:
        wanted = thresholds.of(one)
        of_one = [_row((one.id, metric), threshold, known, at) for metric, threshold in wanted.items()]
        rows += [*of_one, _whole(one.id, of_one, wanted, known, at)]
    return rows


def _row(key: Key, threshold: Threshold, known: Known, at: datetime) -> dict[str, Any]:
    now = known.now.get(key, Missing("unknown", "it was not measured"))
    points = known.points.get(key, ())
    stands = standing(points, threshold, known.news_from)
    if isinstance(now, Missing) or stands is None:
        level: Level = "unknown"
        since = _since(key, level, points[-1].end if points else at, known)
    else:
        level, since = stands.level, stands.since
        if since == points[0].start:
            since = _since(key, level, since, known)
    worst = stands.worst if stands else None
    return {
        "database_id": key[0],
        "metric": key[1],
        "level": level,
        "since": since,
        "value": now.value if isinstance(now, Measured) else None,
        "unit": UNITS[key[1]],
        "value_to": now.end if isinstance(now, Measured) else None,
        "warning": threshold.warning,
        "critical": threshold.critical,
        "worst_level": worst[0] if worst else None,
        "worst_value": worst[1] if worst else None,
        "reason": now.reason if isinstance(now, Missing) else None,
        "assessed_at": at,
    }


def _whole(
    database_id: str, rows: Sequence[Mapping[str, Any]], wanted: Mapping[str, Threshold], known: Known, at: datetime
) -> dict[str, Any]:
    level, metrics = overall({row["metric"]: row["level"] for row in rows}, wanted)
    said = [f"{row['metric']}: {row['reason']}" if row["reason"] else row["metric"] for row in rows if row["metric"] in metrics]
    since = max((row["since"] for row in rows if row["metric"] in metrics or not metrics), default=at)
    empty = dict.fromkeys(("value", "unit", "value_to", "warning", "critical", "worst_level", "worst_value"))
    return {
        **empty,
        "database_id": database_id,
        "metric": OVERALL,
        "level": level,
        "since": _since((database_id, OVERALL), level, since, known),
        "reason": "; ".join(said) or None,
        "assessed_at": at,
    }


def _since(key: Key, level: Level, since: datetime, known: Known) -> datetime:
    """Since when it is at a level: since before, if it was at it then."""
    before = known.before.get(key)
    return before[1] if before and before[0] == level else since
