"""How numbers, times and answers are written in the report. What is not known is written as `unknown`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assets.pages.wording import UNKNOWN, count, moment, number, share, short, since

__all__ = [
    "LEVELS", "NAMES", "TONES", "UNKNOWN", "count", "full", "metric", "moment", "money", "money_change", "number", "quantity",
    "share", "short", "since",
]  # fmt: skip

LEVELS = ("critical", "warning", "unknown", "ok")
"""The worst first; what is unknown may be critical, and is no worse than what is known to be."""
TONES: Mapping[str, str] = {
    "critical": "bad", "warning": "warn", "unknown": "muted", "ok": "good", "info": "", "new": "up", "resolved": "down",
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "cpu_utilization": "CPU", "memory_utilization": "Process memory", "storage_utilization": "Storage", "storage_used_gb":
    "Storage used", "sessions": "Sessions", "response_time_seconds": "Response time", "blocked_sessions": "Blocked sessions",
    "active_sessions": "Active sessions", "transactions_per_second": "Transactions", "executions_per_second": "Executions",
    "wait_seconds_per_second": "Sessions waiting", "awaited_locks": "Awaited locks", "lock_contention": "Lock contention",
    "buffer_gets_per_row": "Blocks read per row", "slow_statements": "Slow statements", "failed_logons": "Failed logons",
    "execute_count": "Executions", "transaction_count": "Transactions", "database_availability": "Availability",
    "joint": "Metrics that do not fit each other", "overall": "Database",
}  # fmt: skip


def metric(name: str) -> str:
    """A metric's name for people."""
    return NAMES.get(name, name.replace("_", " "))


def quantity(value: float | None, unit: str | None, places: int = 1) -> str:
    """A number with its unit."""
    if value is None:
        return UNKNOWN
    named = unit or ""
    if named == "s" and value < 100:
        places = max(places, 3 if value < 1 else 2)
    if value == 1 and len(named) > 2:
        named = named.removesuffix("s")
    return f"{number(value, places)} {named}".strip()


def money(value: Decimal | None, currency: str | None) -> str:
    """An amount with its currency."""
    return UNKNOWN if value is None else f"{value:,.2f} {currency or 'of unknown currency'}"


def money_change(value: Decimal | None, currency: str | None) -> str:
    """An amount that is saved or added, with its sign."""
    if not value:
        return UNKNOWN if value is None else "none"
    return f"{'+' if value > 0 else ''}{money(value, currency).replace('-', '−')}"


def full(row: Mapping[str, Any] | None) -> str:
    """When something is full, from a row of fleet/capacity."""
    if row is None or row["answer"] == "unknown":
        needs = row["needs_days"] if row else None
        return f"unknown: needs {count(needs, 'day')}" if needs else UNKNOWN
    if row["answer"] == "forecast":
        latest = "365+" if row["latest_days"] is None else f"{row['latest_days']}"
        return f"{count(row['days'], 'day')} ({row['earliest_days']} – {latest})"
    if row["answer"] == "not within a year" and row["earliest_days"] is not None:
        return f"not within a year (earliest in {count(row['earliest_days'], 'day')})"
    return str(row["answer"])
