"""What has to hold before a drill acts. What could not be read is unknown, which is not the same as all right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from assets.recovery.logic.drills.plans import DISRUPTIVE, NOT_IGNORED, WARNINGS, DrillType, Way
from assets.recovery.logic.objectives import Objectives, shown
from resources.autonomous_databases import RUNNING, AutonomousDatabase, Backup, Standby, WorkRequest

Answer = Literal["yes", "warning", "no", "unknown"]
"""`warning`: it could be better, and the drill acts and may pass all the same."""
CLOCKS_APART_SECONDS = 5.0
"""Clocks may differ by so much; times of OCI's requests are signed, and allowed five minutes."""
_HEALTHY_STANDBY = frozenset({"STANDBY", "AVAILABLE"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read before a drill. Whatever could not be read is None, with the reason in `unread` under the same name.

    Attributes:
        database: The database.
        peer: Its remote standby.
        lag_seconds: How far its standby is behind.
        requests: Work requests of both sides.
        backups: Backups of the database.
        alarms: Names of alarms that are firing.
        alarms_there: Number of alarms, firing or not.
        heartbeat_table: Whether the table of heartbeats is there.
        tables: Number of tables to compare.
        clock_ahead_seconds: How far the database's clock is ahead of ours.
        unread: Why something is None.
    """

    database: AutonomousDatabase | None = None
    peer: AutonomousDatabase | None = None
    lag_seconds: float | None = None
    requests: Sequence[WorkRequest] | None = None
    backups: Sequence[Backup] | None = None
    alarms: Sequence[str] | None = None
    alarms_there: int | None = None
    heartbeat_table: bool | None = None
    tables: int | None = None
    clock_ahead_seconds: float | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    def why(self, name: str) -> str:
        """Why something is unknown."""
        return self.unread.get(name, "it was not read")

    def standby(self, way: Way) -> Standby | None:
        """The standby that the drill uses, as its primary tells of it."""
        found = [s for s in (self.database.standbys if self.database else ()) if s.kind == way]
        if way == "remote" and self.peer is not None:
            found = [s for s in found if s.id in (None, self.peer.id)]
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run wants.

    Attributes:
        kind: Type of the drill.
        way: What the database comes back from.
        confirm: Name of the database, as the run gives it.
        peer_region: Where its standby is expected; None if nobody says.
        contacts: Whom to call, beside the contacts of the database.
        makes_table: Whether the drill may make the table of heartbeats.
        less_protection: Whether it is accepted that no standby protects the database meanwhile.
        objectives: Of the database.
        now: The present.
    """

    kind: DrillType
    way: Way
    confirm: str
    peer_region: str | None
    contacts: Sequence[str]
    makes_table: bool
    less_protection: bool
    objectives: Objectives
    now: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What a precheck found: `yes` is as it should be."""

    step: str
    answer: Answer
    said: str

    @property
    def can_be_ignored(self) -> bool:
        """Whether a run may act in spite of it."""
        return self.step not in NOT_IGNORED


def found(step: str, facts: Facts, asked: Asked) -> Finding:
    """The answer to one precheck of a plan."""
    return Finding(step, *_CHECKS[step](facts, asked))


_Said = tuple[Answer, str]


def _named(facts: Facts, asked: Asked) -> _Said:
    if facts.database is None:
        return "unknown", facts.why("database")
    name = facts.database.display_name
    if asked.confirm == name:
        return "yes", f"the run confirms {name}"
    if asked.confirm:
        return "no", f"the run confirms {asked.confirm!r}, and the database is {name!r}"
    if facts.database.is_protected:
        return "no", f"{name} is protected: give confirm: {name}"
    if asked.kind in DISRUPTIVE:
        return "no", f"a {asked.kind} takes {name} away for a while: give confirm: {name}"
    return "yes", "it is not protected, and stays as it is"


def _role(facts: Facts, asked: Asked) -> _Said:
    database = facts.database
    if database is None:
        return "unknown", facts.why("database")
    if database.lifecycle_state not in RUNNING:
        return "no", f"it is {database.lifecycle_state}"
    if database.role not in (None, "PRIMARY"):
        return "no", f"its role is {database.role}; a drill begins at the primary"
    if asked.way != "copy":
        if database.role is None:
            return "no", "it has no role: Data Guard is not set up"
        if database.is_dedicated:
            return "no", "it is on dedicated infrastructure, whose container databases change roles"
    if asked.way == "remote" and facts.peer is not None and facts.peer.role != "STANDBY":
        return "no", f"the role of its standby is {facts.peer.role or 'unknown'}, not STANDBY"
    return "yes", f"{database.lifecycle_state}, {database.role or 'without Data Guard'}"


def _peer(facts: Facts, asked: Asked) -> _Said:
    if facts.database is None:
        return "unknown", facts.why("database")
    told = facts.standby(asked.way)
    state = told.lifecycle_state if told else None
    if asked.way == "remote":
        if facts.peer is None:
            return ("unknown", facts.why("peer")) if facts.database.peer_ids else ("no", "it has no standby in another region")
        state = facts.peer.lifecycle_state
    elif told is None:
        return "no", "it has no local standby"
    if state is None:
        return "unknown", "the service does not say how its standby is"
    if told is not None and told.recovery_type == "BACKUP_BASED":
        return "no", "its standby is made of backups: it has no service level that a drill could prove in minutes"
    if state in _HEALTHY_STANDBY:
        return "yes", f"the standby is {state}"
    return "no", f"the standby is {state}"


def _region(facts: Facts, asked: Asked) -> _Said:
    told = facts.standby("remote")
    there = facts.peer.region if facts.peer is not None else told.region if told is not None else None
    if there is None or facts.database is None:
        return "unknown", facts.why("peer")
    if there == facts.database.region:
        return "no", f"the standby is in {there}, as the database itself: the loss of the region takes both"
    if asked.peer_region is not None and there != asked.peer_region:
        return "no", f"the standby is in {there}, and is expected in {asked.peer_region}"
    if told is not None and told.region not in (None, there):
        return "no", f"the standby is in {there}, and the database says that it is in {told.region}"
    return "yes", f"it is in {there}" + ("" if asked.peer_region else "; nobody says where it is expected (tag recovery-region)")


def _lag(facts: Facts, asked: Asked) -> _Said:
    if facts.database is None:
        return "unknown", facts.why("database")
    lag = facts.lag_seconds
    if lag is None:
        return "unknown", facts.unread.get("lag", "neither the service nor Monitoring says how far the standby is behind")
    if asked.objectives.rpo_seconds is None:
        return "unknown", f"it is not known how much may be lost: {asked.objectives.source}"
    said = f"the standby is {shown(lag)} behind; {shown(asked.objectives.rpo_seconds)} may be lost"
    return ("yes" if lag <= asked.objectives.rpo_seconds else "no"), said


def _idle(facts: Facts, asked: Asked) -> _Said:
    if facts.requests is None:
        return "unknown", facts.why("requests")
    running = [f"{r.operation} ({r.status}, {r.percent:g} %)" for r in facts.requests if not r.is_over]
    if running:
        return "no", f"running: {'; '.join(running)}"
    sides = [s for s in (facts.database, facts.peer if asked.way == "remote" else None) if s is not None]
    busy = [f"{s.display_name} in {s.region} is {s.lifecycle_state}" for s in sides if _is_busy(s.lifecycle_state)]
    return ("no", "; ".join(busy)) if busy else ("yes", "no work request is open, on either side")


def _is_busy(state: str) -> bool:
    return state.endswith(("_IN_PROGRESS", "ING")) and state != "AVAILABLE_NEEDS_ATTENTION"


def _backups(facts: Facts, asked: Asked) -> _Said:
    if facts.backups is None:
        return "unknown", facts.why("backups")
    good = [b.time_ended for b in facts.backups if b.lifecycle_state == "ACTIVE" and b.is_restorable and b.time_ended]
    if not good:
        unsure = any(b.lifecycle_state == "ACTIVE" and b.is_restorable is None for b in facts.backups)
        return ("unknown", "of no backup is known that it can be restored") if unsure else ("no", "no backup can be restored")
    age = (asked.now - max(good)).total_seconds()
    said = f"the newest backup that can be restored is {shown(age)} old; {shown(asked.objectives.backup_age_seconds)} are allowed"
    if age < -CLOCKS_APART_SECONDS:
        return "unknown", "the newest backup is of the future: a clock is wrong"
    return ("yes" if age <= asked.objectives.backup_age_seconds else "no"), said


def _alarms(facts: Facts, _asked: Asked) -> _Said:
    if facts.alarms is None:
        return "unknown", facts.why("alarms")
    if facts.alarms:
        return "no", f"firing: {', '.join(facts.alarms)}"
    if not facts.alarms_there:
        return "warning", "no alarm watches its compartment, so that none can fire"
    return "yes", f"{facts.alarms_there} alarms, and none is firing"


def _contacts(facts: Facts, asked: Asked) -> _Said:
    if facts.database is None:
        return "unknown", facts.why("database")
    known = [*facts.database.contacts, *asked.contacts]
    return ("yes", f"{len(known)} contacts") if known else ("no", "neither the database nor the run names a contact")


def _clock(facts: Facts, _asked: Asked) -> _Said:
    if facts.clock_ahead_seconds is None:
        return "unknown", facts.why("clock")
    said = f"the database's clock differs by {shown(abs(facts.clock_ahead_seconds))}"
    return ("yes" if abs(facts.clock_ahead_seconds) <= CLOCKS_APART_SECONDS else "no"), said


def _heartbeats(facts: Facts, asked: Asked) -> _Said:
    if facts.heartbeat_table is None:
        return "unknown", facts.why("heartbeat_table")
    if facts.tables is None:
        return "unknown", facts.why("tables")
    if not facts.tables:
        return "no", "the database has no tables that could be compared, or the user may not see them"
    if not facts.heartbeat_table and not asked.makes_table:
        return (
            "no",
            "there is no table CLOUDOPS_HEARTBEAT: make it as docs/operations.md says, or give make_heartbeat_table: true",
        )
    return "yes", f"{facts.tables} tables to compare" + (
        "" if facts.heartbeat_table else "; the table of heartbeats will be made"
    )


def _protection(facts: Facts, asked: Asked) -> _Said:
    if facts.database is None:
        return "unknown", facts.why("database")
    others = [s for s in facts.database.standbys if not (s.kind == "remote" and facts.peer and s.id in (None, facts.peer.id))]
    if any(s.lifecycle_state in _HEALTHY_STANDBY for s in others):
        return "yes", "another standby protects the database meanwhile"
    said = f"no other standby protects the database meanwhile. {WARNINGS[asked.kind]}"
    return ("warning", said) if asked.less_protection else ("no", f"{said} Give accept_less_protection: true if that is meant")


_CHECKS: Mapping[str, Callable[[Facts, Asked], _Said]] = {
    "named": _named,
    "role": _role,
    "peer": _peer,
    "region": _region,
    "lag": _lag,
    "idle": _idle,
    "backups": _backups,
    "alarms": _alarms,
    "contacts": _contacts,
    "clock": _clock,
    "heartbeats": _heartbeats,
    "protection": _protection,
}
