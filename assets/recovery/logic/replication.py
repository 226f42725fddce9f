"""How far standbys are behind now (the RPO, if the primary were lost), by what the service says and by what heartbeats show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from assets.recovery.logic.standbys import standbys_elsewhere
from resources.autonomous_databases import GONE, AutonomousDatabase, Standby

WITHIN: Final = "within"
BEHIND: Final = "behind"
UNKNOWN: Final = "unknown"
_FRESH = timedelta(seconds=60)
"""How old the last heartbeat may be so that it says how near a standby is that has it."""
Status = Literal["within", "behind", "unknown"]


@dataclass(frozen=True, slots=True)
class Side:
    """A standby of a primary; `id` is None of a local one."""

    kind: Literal["local", "remote"]
    id: str | None
    region: str
    lifecycle_state: str | None
    lag_seconds: float | None
    recovery_type: str | None


@dataclass(frozen=True, slots=True)
class Beat:
    """The last heartbeat that a database has: its number, and when it was written; number 0 if it has none."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a standby is behind.

    Attributes:
        seconds: The larger of what the service says and what heartbeats show; None if neither is known.
        status: Whether that is allowed.
        said: In words.
    """

    seconds: float | None
    status: Status
    said: str


def sides(primary: AutonomousDatabase, by_id: Mapping[str, AutonomousDatabase]) -> list[Side]:
    """All standbys of a primary, as it and the standbys themselves tell of them.

    Args:
        primary: The primary.
        by_id: Databases that were found, by OCID.
    """
    told = {standby.id: standby for standby in primary.standbys if standby.kind == "remote" and standby.id}
    found = [
        Side("local", None, primary.region, standby.lifecycle_state, standby.lag_seconds, standby.recovery_type)
        for standby in primary.standbys
        if standby.kind == "local" and standby.lifecycle_state not in GONE
    ]
    for ocid, (region, kind) in standbys_elsewhere(primary, by_id).items():
        own, named = by_id.get(ocid), told.get(ocid)
        state = own.lifecycle_state if own else named.lifecycle_state if named else None
        found.append(Side("remote", ocid, region, state, _told(named, own), kind))
    return found


def heartbeat_lag(on_primary: Beat | None, on_standby: Beat | None, read_at: datetime) -> float | None:
    """Seconds from the last heartbeat that reached the standby to when it was read: it is behind by no more than that.

    None where one of the two is not known, or where a standby has all heartbeats and the last is old: what came after it may be
    there or not.
    """
    if on_primary is None or on_standby is None:
        return None
    if on_standby.number >= on_primary.number and read_at - on_standby.at > _FRESH:
        return None
    return max((read_at - on_standby.at).total_seconds(), 0.0)


def judged(side: Side, by_heartbeat: float | None, rpo_seconds: float | None) -> Lag:
    """Whether a standby is near enough. The larger of two measurements counts; none is unknown, never zero."""
    known = [seconds for seconds in (side.lag_seconds, by_heartbeat) if seconds is not None]
    if side.lifecycle_state in ("UNAVAILABLE", "INACCESSIBLE", "TERMINATED", "TERMINATING"):
        return Lag(max(known, default=None), UNKNOWN, f"the standby is {side.lifecycle_state}")
    if not known:
        return Lag(None, UNKNOWN, "neither the service nor a heartbeat tells how far it is behind")
    seconds = max(known)
    if rpo_seconds is None:
        return Lag(seconds, UNKNOWN, f"{seconds:.0f} s behind; nobody says how much is allowed")
    if seconds > rpo_seconds:
        return Lag(seconds, BEHIND, f"{seconds:.0f} s behind, {rpo_seconds:.0f} s are allowed")
    return Lag(seconds, WITHIN, f"{seconds:.0f} s behind, within {rpo_seconds:.0f} s")


def _told(named: Standby | None, own: AutonomousDatabase | None) -> float | None:
    """Lag that the primary tells of the standby, or else the standby of itself, which lists its primary as its other side."""
    if named is not None and named.lag_seconds is not None:
        return named.lag_seconds
    return next((s.lag_seconds for s in own.standbys if s.lag_seconds is not None), None) if own else None
