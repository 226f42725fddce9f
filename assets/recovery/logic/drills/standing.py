"""Whether a database was rehearsed lately: only a drill that passed counts, and no self-test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from resources.autonomous_databases import AutonomousDatabase

PRODUCTION = frozenset({"prod", "production"})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a database stands.

    Attributes:
        state: `proven`; `overdue`: its last passed drill is too old; `failed`: its last drill did not pass; `never`: it was
            never rehearsed.
        last: Row of its last drill that has ended; None if there is none.
        passed_at: When its last passed drill ended; None if none passed.
        due_at: Until when it is proven; None if no drill passed.
    """

    state: Literal["proven", "overdue", "failed", "never"]
    last: Mapping[str, Any] | None
    passed_at: datetime | None
    due_at: datetime | None


def standing(drills: Sequence[Mapping[str, Any]], every_days: int, now: datetime) -> Standing:
    """How a database stands by the rows of its drills."""
    ended = sorted((d for d in drills if d["ended_at"] is not None and d["self_test"] is None), key=lambda d: d["ended_at"])
    if not ended:
        return Standing("never", None, None, None)
    passed = [d["ended_at"] for d in ended if d["verdict"] == "pass"]
    passed_at = passed[-1] if passed else None
    due_at = None if passed_at is None else passed_at + timedelta(days=every_days)
    if ended[-1]["verdict"] != "pass":
        return Standing("failed", ended[-1], passed_at, due_at)
    return Standing("proven" if due_at is not None and now <= due_at else "overdue", ended[-1], passed_at, due_at)


def needs_drills(database: AutonomousDatabase) -> bool:
    """Whether a database has to be rehearsed: of production, or of an environment that nobody names."""
    return database.environment is None or database.environment.lower() in PRODUCTION
