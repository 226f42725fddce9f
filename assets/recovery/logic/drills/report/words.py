"""What a report says of its figures: how each was measured and how exactly, and what the drill did not show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.order import Order
from assets.recovery.logic.drills.plans import DrillType
from assets.recovery.logic.drills.verdict import ACTS, CLOCKS_DRIFT_SECONDS
from assets.recovery.logic.objectives import shown

_NEVER_SHOWN = (
    "How long it takes to notice an outage and to decide: the time runs from the request to the cloud.",
    "The application: its connection pools, DNS, and network. The first write is that of a session of this product.",
    "Load: whether what came back bears what the database usually bears.",
    "What is no table (indexes, PL/SQL, sequences, jobs, users, grants), external tables, and what the user of the sessions may "
    "not see.",
)
_NOT_SHOWN: dict[DrillType, tuple[str, ...]] = {
    "switchover": ("An outage: both sides were healthy, and roles are exchanged without loss by design.",),
    "failover": (
        "An outage: the primary was healthy until it was given up. Heartbeats end with the request; what would have been written "
        "between the loss of a primary and the request is not in the RPO.",
    ),
    "clone": (
        "Any standby, and the loss of the database or of its region: a clone is made of the database while it runs, so that "
        "nothing could be lost.",
    ),
    "snapshot standby": ("A change of roles, and an outage: the primary went on while its standby was open.",),
}
_LOCAL = "The loss of the region: database and standby are in the same one."


@dataclass(frozen=True, slots=True)
class Method:
    """How a figure came about.

    Attributes:
        name: `RTO`, `RPO` or `integrity`.
        begins: What it is counted from; None if that was not reached.
        ends: What it is counted to; None if that was not reached.
        how: In words.
        error: How far it may be off, in words.
    """

    name: str
    begins: str | None
    ends: str | None
    how: str
    error: str


def methods(evidence: Evidence, order: Order) -> list[Method]:
    """How RTO, RPO and integrity were measured."""
    act = next((evidence.data(step) for step in ACTS if evidence.last(step) is not None), {})
    canary, mark = evidence.data("canary"), evidence.data("mark")
    every = shown(order.heartbeat_seconds)
    sides = [one.get("answered_by") or "no database" for one in (canary, mark)]
    return [
        Method(
            "RTO", act.get("acted_at"), canary.get("written_at"),
            "from the moment before the act is asked for to the first row that was written and read back, by one clock; "
            f"{sides[0]} answered then, and {sides[1]} before the act",
            f"never too short; too long by {shown(order.poll)} at most, in which the cloud is looked at once, and by the time "
            f"of the statements; the database's clock may disagree by {shown(CLOCKS_DRIFT_SECONDS)}",
        ),
        Method(
            "RPO", canary.get("last_found_at"), act.get("last_heartbeat_at"),
            f"from the last heartbeat that was found to the last that was written, one every {every}; their times are ours",
            f"at most {every} too long; nothing is known of what was written in the {_gap(act)} between the last heartbeat and "
            "the act",
        ),
        Method(
            "integrity", None, None,
            f"rows and a checksum of each table, noted twice before the act ({_tables(mark)} tables) and compared after it",
            "two differing tables have the same checksum in about one case of 2⁶⁴; it does not depend on the order of rows",
        ),
    ]  # fmt: skip


def not_shown(order: Order, left_out: Sequence[str]) -> list[str]:
    """What nobody may conclude from a drill, in words."""
    said = [*_NOT_SHOWN[order.kind], *([_LOCAL] if order.way == "local" else []), *_NEVER_SHOWN]
    said += [f"The content of these columns: {', '.join(left_out)}."] if left_out else []
    said += [f"The content of tables that are written to all the time: {', '.join(order.moving)}."] if order.moving else []
    said += [f"What these prechecks ask, which the run ignored: {', '.join(order.ignore)}."] if order.ignore else []
    return said


def _gap(act: dict[str, str]) -> str:
    if "last_heartbeat_at" not in act or "acted_at" not in act:
        return "time"
    gap = datetime.fromisoformat(act["acted_at"]) - datetime.fromisoformat(act["last_heartbeat_at"])
    return f"{gap.total_seconds():.1f} s"


def _tables(mark: dict[str, list[dict[str, list[str]]]]) -> str:
    return str(len(mark["notes"][0]["tables"])) if mark.get("notes") else "no"
