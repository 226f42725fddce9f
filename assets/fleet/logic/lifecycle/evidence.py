"""What is known of a database that is to go: who depends on it, who is logged in, and when somebody last was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from resources.autonomous_databases import GONE, AutonomousDatabase

OPEN_SESSIONS = (
    "SELECT COUNT(*) AS open_sessions FROM gv$session"
    " WHERE type = 'USER' AND username IS NOT NULL"
    " AND NOT (sid = SYS_CONTEXT('USERENV', 'SID') AND inst_id = SYS_CONTEXT('USERENV', 'INSTANCE'))"
)
"""Sessions of people and programs in all instances, our own not counted. Columns: Database Reference, V$SESSION, GV$ Views."""
LAST_LOGIN = (
    "SELECT TO_CHAR(MAX(last_login) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS last_login FROM dba_users"
    " WHERE oracle_maintained = 'N' AND username <> SYS_CONTEXT('USERENV', 'SESSION_USER')"
)
"""Latest login of any user but our own that Oracle does not maintain itself. Columns: Database Reference, DBA_USERS."""
RECENT = timedelta(days=30)
"""A login within this time says that somebody still uses it. Our choice."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known; None is unknown, and why is said in `unknown_because`.

    Attributes:
        clones: Names of refreshable clones that follow it; None if not everything could be listed.
        standbys: What its local standbys are in, as its primary tells of it.
        open_sessions: How many.
        last_login: When somebody last logged in.
        asked: Whether the last login could be asked for; nobody ever may have logged in.
        now: The present.
        unknown_because: Why something is unknown.
    """

    clones: tuple[str, ...] | None = None
    standbys: tuple[str, ...] = ()
    open_sessions: int | None = None
    last_login: datetime | None = None
    asked: bool = False
    now: datetime | None = None
    unknown_because: tuple[str, ...] = ()

    @property
    def concerns(self) -> tuple[str, ...]:
        """What nobody may pass over: who still depends on it, and everything that is unknown."""
        found = []
        if self.clones is None:
            found.append("whether refreshable clones follow it is unknown")
        elif self.clones:
            found.append(f"refreshable clones follow it, and would stand still: {', '.join(self.clones)}")
        if self.standbys:
            found.append(f"its local standby goes with it ({', '.join(self.standbys)})")
        if self.open_sessions is None:
            found.append("whether somebody is logged in is unknown")
        elif self.open_sessions:
            found.append(f"{self.open_sessions} sessions are open")
        if not self.asked:
            found.append("when somebody last logged in is unknown")
        elif self.last_login is not None and (self.now is None or self.now - self.last_login < RECENT):
            found.append(f"somebody logged in on {self.last_login:%Y-%m-%d %H:%M} UTC")
        return tuple(found)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found, for people."""
        sessions = "unknown" if self.open_sessions is None else str(self.open_sessions)
        login = "unknown" if not self.asked else "never" if self.last_login is None else f"{self.last_login:%Y-%m-%d %H:%M} UTC"
        clones = "unknown" if self.clones is None else ", ".join(self.clones) or "none"
        return (f"open sessions: {sessions}; last login: {login}; refreshable clones: {clones}", *self.unknown_because)


def followers(database_id: str, fleet: Sequence[AutonomousDatabase]) -> tuple[str, ...]:
    """Display names of refreshable clones of a database."""
    return tuple(
        sorted(
            one.display_name
            for one in fleet
            if one.is_refreshable_clone and one.source_id == database_id and one.lifecycle_state not in GONE
        )
    )
