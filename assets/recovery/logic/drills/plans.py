"""Types of drills and their steps, in groups of a fixed order; states of steps are those of OCI Full Stack Disaster Recovery."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

DrillType = Literal["switchover", "failover", "clone", "snapshot standby"]
Way = Literal["local", "remote", "copy"]
"""What the database comes back from: a standby of its region, one of another, or a copy that the drill makes."""
Group = Literal["prechecks", "mark", "act", "wait", "canary", "integrity", "way back", "report"]
State = Literal[
    "QUEUED", "IN_PROGRESS", "SUCCEEDED", "SUCCEEDED_WITH_WARNING", "FAILED", "FAILED_IGNORED", "TIMED_OUT", "SKIPPED", "CANCELED"
]
"""As `oci.disaster_recovery` has them for the steps of a plan execution; it calls a skipped step DISABLED."""
GOOD: frozenset[State] = frozenset({"SUCCEEDED", "SUCCEEDED_WITH_WARNING", "FAILED_IGNORED"})
OVER: frozenset[State] = GOOD | {"FAILED", "TIMED_OUT", "SKIPPED", "CANCELED"}
DISRUPTIVE: frozenset[DrillType] = frozenset({"switchover", "failover"})
"""Types that take the database itself away for a while."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan.

    Attributes:
        id: Short name.
        group: Its group.
        does: What it does, in words.
        acts: Whether it changes something in the cloud.
    """

    id: str
    group: Group
    does: str
    acts: bool = False


PRECHECKS = (
    Step("named", "prechecks", "Is the database named in the run, if it is protected or the drill takes it away?"),
    Step("role", "prechecks", "Does it run as the primary, and does its standby allow this type of drill?"),
    Step("peer", "prechecks", "Is the standby there, and healthy?"),
    Step("region", "prechecks", "Is the standby in the region where it is expected?"),
    Step("lag", "prechecks", "Is the standby no further behind than may be lost?"),
    Step("idle", "prechecks", "Does no operation run on either side?"),
    Step("backups", "prechecks", "Is the newest backup that can be restored young enough?"),
    Step("alarms", "prechecks", "Are all alarms quiet?"),
    Step("contacts", "prechecks", "Is it known whom to call?"),
    Step("clock", "prechecks", "Do our clock and the database's agree?"),
    Step("heartbeats", "prechecks", "Is the table of heartbeats there, and are there tables to compare?"),
    Step("protection", "prechecks", "Does a standby protect the database while the drill runs?"),
)
NOT_IGNORED = frozenset({"named", "role", "peer", "idle", "heartbeats"})
"""Prechecks without which a drill could do harm, or prove nothing."""
_MARK = Step("mark", "mark", "Write heartbeats into the database, and note rows and checksum of each table twice.")
_CANARY = Step(
    "canary", "canary", "Write a row, read it back: this moment ends the RTO. The last heartbeat found there is the RPO."
)
_INTEGRITY = Step("integrity", "integrity", "Hold rows and checksum of each table against those noted before.")
_BACK = (
    Step("switch_back", "way back", "Exchange the roles again.", acts=True),
    Step("roles_back", "way back", "Wait until the database is the primary again."),
    Step("canary_back", "way back", "Write a row into the database, and read it back."),
    Step("integrity_back", "way back", "Hold rows and checksum of each table against those noted before."),
)
_REPORT = (
    Step("after", "report", "Look whether everything is as it was before."),
    Step("report", "report", "Judge, and write the report with its evidence."),
)
_MIDDLE: dict[DrillType, tuple[Step, ...]] = {
    "switchover": (
        Step("switch_over", "act", "Exchange the roles of the database and its standby, without loss.", acts=True),
        Step("roles", "wait", "Wait until the standby is the primary."),
        _CANARY,
        _INTEGRITY,
        *_BACK,
    ),
    "failover": (
        Step("fail_over", "act", "Make the standby the primary; what it does not have yet is lost.", acts=True),
        Step("roles", "wait", "Wait until the standby is the primary."),
        _CANARY,
        _INTEGRITY,
        Step("reinstated", "way back", "Wait until the database is a healthy standby."),
        *_BACK,
    ),
    "clone": (
        Step("make_clone", "act", "Make a full clone of the database; the database itself stays as it is.", acts=True),
        Step("ready", "wait", "Wait until the clone is available."),
        _CANARY,
        _INTEGRITY,
        Step("drop_clone", "way back", "Terminate the clone.", acts=True),
        Step("gone", "way back", "Wait until the clone is gone."),
    ),
    "snapshot standby": (
        Step("open_snapshot", "act", "Turn the standby into a snapshot standby: it takes no changes while it is one.", acts=True),
        Step("ready", "wait", "Wait until the snapshot standby is available."),
        _CANARY,
        _INTEGRITY,
        Step("convert_back", "way back", "Turn it into a standby again, which discards what was written to it.", acts=True),
        Step("standby_again", "way back", "Wait until it is a standby that follows the database."),
    ),
}
SEEN = {
    "switch_over": "roles",
    "fail_over": "roles",
    "switch_back": "roles_back",
    "make_clone": "ready",
    "drop_clone": "gone",
    "open_snapshot": "ready",
    "convert_back": "standby_again",
}
"""Step with which the end of each act was seen."""
_WITHOUT_PEER = frozenset({"peer", "region", "lag", "protection"})
WARNINGS: dict[DrillType, str] = {
    "switchover": "The database takes no writes while the roles are exchanged, twice.",
    "failover": "The database is taken away, writes that the standby does not have are lost, and until it is reinstated nothing "
    "protects the new primary.",
    "clone": "The database stays as it is; the clone is charged until it is terminated.",
    "snapshot standby": "The real standby stops following the database: until it is converted back it protects less, and what "
    "is written meanwhile has to be caught up.",
}


def plan(kind: DrillType, way: Way) -> tuple[Step, ...]:
    """All steps of a drill, in order; those that make no sense for it are left out.

    Raises:
        ValueError: There is no such drill.
    """
    if (kind == "clone") != (way == "copy") or (kind == "snapshot standby" and way != "remote"):
        raise ValueError(f"a drill of type {kind} cannot use a {way} standby")
    left_out = _WITHOUT_PEER if way == "copy" else frozenset({"region"}) if way == "local" else frozenset()
    left_out |= frozenset() if kind == "snapshot standby" else {"protection"}
    return (*(s for s in PRECHECKS if s.id not in left_out), _MARK, *_MIDDLE[kind], *_REPORT)


def table(steps: Sequence[Step]) -> list[dict[str, str]]:
    """The plan as people read it before anything is done."""
    return [{"group": s.group, "step": s.id, "what": s.does, "acts": "acts" if s.acts else ""} for s in steps]
