"""Whether a database is changed now because of its timetable: one change at each turn at most, and never below its need."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from assets.fleet.logic.lifecycle.transitions import Operation, refusal
from assets.fleet.logic.scaling.demand import FULL, Need, whole_ecpus
from assets.fleet.logic.scaling.schedule import STOP, Schedule
from resources.autonomous_databases import SETTLED, AutonomousDatabase

PRODUCTION = "production"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""The turn of a timetable that never wants anything else."""
IDLE = 0.5
"""A database that took more ECPUs than this in an hour was used. Our choice: an idle one is busy with itself."""
Verdict = Literal["act", "as wanted", "wait", "leave"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about a database.

    Attributes:
        verdict: `act`; `as wanted`: there is nothing to do; `wait`: later, maybe; `leave`: not at this turn.
        operation: `start`, `stop` or `scale`, of `act`.
        ecpus: Of `scale`.
        turn: When the timetable began to want what it wants; `ALWAYS` if it never wants anything else.
        reason: Why.
    """

    verdict: Verdict
    turn: datetime
    reason: str
    operation: Literal["start", "stop", "scale"] | None = None
    ecpus: float | None = None


def decide(
    database: AutonomousDatabase,
    schedule: Schedule,
    now: datetime,
    settled: Collection[datetime],
    need: Need,
    confirmed: Collection[str] = (),
) -> Decision:
    """What is done about a database now.

    Args:
        database: As it is.
        schedule: Its timetable.
        now: The present.
        settled: Turns at which the database was as wanted once: what differs since was changed by somebody, and stays.
        need: What the last weeks needed in hours like this one.
        confirmed: Display names of protected databases that may be stopped and scaled down by their timetables.
    """
    want, turn = schedule.wanted(now), schedule.turn(now) or ALWAYS
    if turn in settled:
        until = schedule.next_turn(now)
        when = f"until {until:%Y-%m-%d %H:%M} UTC" if until else "as long as the timetable stays"
        return Decision("leave", turn, f"this turn is done; what was changed since stays {when}")
    if database.lifecycle_state not in SETTLED:
        return Decision("wait", turn, f"it is {database.lifecycle_state}")
    if want == STOP:
        return _stopped(database, turn, need, confirmed)
    if database.lifecycle_state == "STOPPED":
        return _allowed(database, Decision("act", turn, f"it is to have {want:g} ECPUs now", "start"))
    return _sized(database, turn, want, need, confirmed)


def _stopped(database: AutonomousDatabase, turn: datetime, need: Need, confirmed: Collection[str]) -> Decision:
    if database.lifecycle_state == "STOPPED":
        return Decision("as wanted", turn, "it is stopped")
    if database.environment is None or database.environment.lower() == PRODUCTION:
        return Decision("leave", turn, f"only databases that are known to be no production are stopped: {database.environment}")
    if why := _unconfirmed(database, confirmed):
        return Decision("leave", turn, why)
    if need.ecpus is None:
        return Decision("leave", turn, f"it is not stopped: {need.why}")
    if need.ecpus * FULL > IDLE:
        return Decision("leave", turn, f"it is not stopped, somebody worked: {need.why}")
    return _allowed(database, Decision("act", turn, f"it is to be stopped now; {need.why}", "stop"))


def _sized(database: AutonomousDatabase, turn: datetime, want: float, need: Need, confirmed: Collection[str]) -> Decision:
    now = database.compute_count
    if now is None or database.compute_model != "ECPU":
        return Decision("leave", turn, "its size in ECPUs is unknown")
    if want == now:
        return Decision("as wanted", turn, f"it has {now:g} ECPUs")
    if want > now:
        return _allowed(database, Decision("act", turn, f"it is to have {want:g} ECPUs now", "scale", want))
    if why := _unconfirmed(database, confirmed):
        return Decision("leave", turn, why)
    if need.ecpus is None:
        return Decision("leave", turn, f"it is not scaled down: {need.why}")
    size = max(want, whole_ecpus(need.ecpus))
    if size >= now:
        return Decision("leave", turn, f"it is not scaled down to {want:g}: {need.why}")
    reason = f"it is to have {want:g} ECPUs now" + (f"; {size:g}, since {need.why}" if size > want else "")
    return _allowed(database, Decision("act", turn, reason, "scale", size))


def _unconfirmed(database: AutonomousDatabase, confirmed: Collection[str]) -> str | None:
    if database.is_protected and database.display_name not in confirmed:
        return "it is protected: name it in `confirm` of the run's config"
    return None


def _allowed(database: AutonomousDatabase, decision: Decision) -> Decision:
    operations: dict[str, Operation] = {"start": "start", "stop": "stop", "scale": "scale"}
    why = refusal(operations[decision.operation or ""], database)
    return Decision("leave", decision.turn, why) if why else decision
