"""Heartbeats: rows of a table of our own in a database, which tell how far a copy of it has come.

The table belongs to the user of the product and is made by people, or by a run that was told so: nothing is written to a database
that does not have it. Times are those of the writer's clock, as ISO 8601 text in UTC, so that any engine and any session settings
give back what was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

TABLE = "CLOUDOPS_HEARTBEAT"
"""Its name in the dictionary."""
CREATE = (
    "CREATE TABLE cloudops_heartbeat "
    "(sequence_number NUMBER NOT NULL PRIMARY KEY, written_at VARCHAR2(40) NOT NULL, run_id VARCHAR2(64) NOT NULL)"
)
IS_THERE = "SELECT COUNT(*) AS found FROM user_tables WHERE table_name = 'CLOUDOPS_HEARTBEAT'"
"""`found` is 1 if the table is there."""
WRITE = (
    "INSERT INTO cloudops_heartbeat (sequence_number, written_at, run_id) "
    "SELECT COALESCE(MAX(sequence_number), 0) + 1, :at, :by FROM cloudops_heartbeat"
)
"""One more heartbeat; `binds` gives its binds. Numbers have no gaps: of two writers at once, the key lets one fail."""
LAST = (
    "SELECT sequence_number, written_at, run_id FROM cloudops_heartbeat "
    "WHERE sequence_number = (SELECT MAX(sequence_number) FROM cloudops_heartbeat)"
)
"""The last one; no row if there is none."""
SINCE = (
    "SELECT sequence_number, written_at, run_id FROM cloudops_heartbeat WHERE sequence_number >= :first ORDER BY sequence_number"
)
"""All from a number on."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One row."""

    number: int
    at: datetime
    run_id: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Heartbeat":
        """From a row of `LAST` or `SINCE`. Raises ValueError if it was not written here."""
        return cls(int(row["sequence_number"]), datetime.fromisoformat(row["written_at"]).astimezone(UTC), str(row["run_id"]))


def binds(at: datetime, by: str) -> dict[str, str | int | float | None]:
    """Binds of `WRITE`."""
    return {"at": at.astimezone(UTC).isoformat(timespec="microseconds"), "by": by[:64]}
