"""A value that was measured, or the reason why there is none: the two are never confused, and no value is not 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from resources.database_metrics import METRICS

Status = Literal["measured", "unknown", "unavailable"]


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no value.

    Attributes:
        status: `unknown` if it could have been measured, `unavailable` if it cannot be had as things are.
        reason: For people.
    """

    status: Literal["unknown", "unavailable"]
    reason: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A value and the time that it is of, whose ends are equal if it was true at one moment."""

    value: float
    start: datetime
    end: datetime


Outcome = Measured | Missing

SQL_METRICS: Mapping[str, str] = {
    "memory_utilization": "%",
    "active_sessions": "sessions",
    "blocked_sessions": "sessions",
    "response_time_seconds": "s",
    "transactions_per_second": "1/s",
    "executions_per_second": "1/s",
    "wait_seconds_per_second": "s/s",
    "awaited_locks": "locks",
    "lock_contention": "%",
    "buffer_gets_per_row": "blocks/row",
    "slow_statements": "statements",
}
"""Metrics that are asked of the database itself, and their units.

`memory_utilization` is process memory of its limit, of the instance that is nearest to it. `response_time_seconds` is the time
that all statements took, by all executions. `wait_seconds_per_second` is how many sessions waited on average. `lock_contention`
is the share of locks that somebody waits for. `slow_statements` processed fewer than 100 rows in a second of their time.
"""
UNITS: Mapping[str, str] = {**{metric.name: metric.unit for metric in METRICS}, **SQL_METRICS}
"""All metrics of the fleet and their units."""
