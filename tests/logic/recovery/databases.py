"""Databases and backups as tests of the recovery system make them up."""

from datetime import UTC, datetime, timedelta
from typing import Any

from resources.autonomous_databases import AutonomousDatabase, Backup

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


def database(name: str = "orders", environment: str | None = "prod", **fields: Any) -> AutonomousDatabase:
    tags = {"environment": environment} if environment else {}
    usual = {
        "id": f"id-{name}", "display_name": name, "db_name": name, "region": "eu-frankfurt-1", "compartment_id": "c",
        "lifecycle_state": "AVAILABLE",
        "backup_retention_days": 60, "is_backup_retention_locked": False, "compute_model": "ECPU", "tags": tags,
    }  # fmt: skip
    return AutonomousDatabase(**{**usual, **fields})


def backup(age: timedelta = timedelta(hours=2), kind: str = "INCREMENTAL", **fields: Any) -> Backup:
    started = NOW - age
    usual = {
        "id": f"backup-{kind}-{age}", "database_id": "id-orders", "region": "eu-frankfurt-1", "display_name": "nightly",
        "lifecycle_state": "ACTIVE", "is_automatic": kind != "LONGTERM", "is_restorable": True, "time_started": started,
        "time_ended": started + timedelta(minutes=10), "time_available_till": None, "retention_days": None, "size_tb": 0.1,
    }  # fmt: skip
    return Backup(type=kind, **{**usual, **fields})
