"""Views of the instance (`v$…`): what they show depends on the database and the time alone."""

from __future__ import annotations

from datetime import datetime

from sandbox.oracle_sql.engine import Rows


def view(name: str, key: str, now: datetime) -> Rows | None:
    return None
