"""Runs a drill from its first step to its last, or from where it was cut off: act only if all prechecks allow it, always back."""

from collections.abc import Mapping
from typing import Any

from assets.recovery.drilling import acts, waits
from assets.recovery.drilling.drill import Drill, StepFailed
from assets.recovery.drilling.facts import facts
from assets.recovery.drilling.proofs import PROOFS, state_of
from assets.recovery.logic.drills.advice import next_step
from assets.recovery.logic.drills.plans import GOOD, SEEN, State, Step
from assets.recovery.logic.drills.prechecks import Asked, Finding, found
from assets.recovery.logic.drills.verdict import ACTS, Verdict, judge
from assets.recovery.logic.objectives import Objectives
from resources.autonomous_databases import AutonomousDatabase
from resources.errors import CloudOpsError

_NEEDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(ACTS, ("mark",)),
    "roles": ("switch_over", "fail_over"),
    "ready": ("make_clone", "open_snapshot"),
    "canary": ("roles", "ready"),
    "integrity": ("canary",),
    "reinstated": ("roles",),
    "switch_back": ("roles", "reinstated"),
    "roles_back": ("switch_back",),
    "canary_back": ("roles_back",),
    "integrity_back": ("roles_back",),
    "gone": ("drop_clone",),
    "convert_back": ("ready",),
    "standby_again": ("convert_back",),
}
"""Steps that have to have succeeded, as far as they are in the plan: nothing more is done to roles that nobody is sure of."""


def begin(drill: Drill, database: AutonomousDatabase, peer: AutonomousDatabase | None) -> None:
    """Write down what is asked of a drill, and how the world is before it."""
    drill.note(
        "drill",
        "IN_PROGRESS",
        f"{drill.order.kind} of {database.display_name}",
        {
            "drill_id": drill.drill_id,
            "by": drill.world.journal.by,
            "order": drill.order.as_json(),
            "database": {"id": database.id, "name": database.display_name, "region": database.region},
            "peer": None if peer is None else {"id": peer.id, "name": peer.display_name, "region": peer.region},
            "state": state_of(database, peer),
            "rto_seconds": 0.001 if drill.order.self_test == "objective" else drill.order.rto_seconds,
            "rpo_seconds": drill.order.rpo_seconds,
            "objectives": drill.order.objectives,
            "heartbeat_seconds": drill.order.heartbeat_seconds,
            "self_test": drill.order.self_test,
        },
    )


def run(drill: Drill) -> Verdict:
    """Do every step that is not done yet, and judge.

    Whatever ends it in between (a cancelled run, an error nobody thought of) is written down before it is raised again.
    """
    try:
        for step in _to_do(drill):
            _done(drill, step)
    except BaseException as error:
        at = drill.evidence.unfinished([step.id for step in drill.steps if step.id != "report"]) or "report"
        drill.note(at, "CANCELED", f"cut off by {type(error).__name__}: {error}"[:500])
        drill.note("drill", "CANCELED", next_step(drill.evidence, drill.steps))
        raise
    verdict = judge(drill.evidence, drill.steps)
    drill.note("report", "SUCCEEDED", f"verdict: {verdict.total}", {"verdict": verdict.as_json()})
    drill.note("drill", "SUCCEEDED" if verdict.total == "pass" else "FAILED", next_step(drill.evidence, drill.steps))
    return verdict


def _to_do(drill: Drill) -> list[Step]:
    """Steps that are left. What was before the last act is not done again: the world is another since."""
    begun = [n for n, step in enumerate(drill.steps) if step.acts and drill.evidence.state(step.id) not in ("QUEUED", "SKIPPED")]
    if not begun:
        if _prechecked(drill):
            return [step for step in drill.steps if step.group != "prechecks"]
        for step in drill.steps:
            if step.group != "prechecks" and step.id != "report":
                drill.note(step.id, "SKIPPED", "a precheck does not allow it")
        return []
    last = drill.steps[begun[-1]]
    seen = drill.evidence.last(SEEN[last.id])
    refused = seen is not None and bool(seen.data.get("by_service")) and last.id not in ACTS
    left = [step for step in drill.steps[begun[-1] :] if drill.evidence.state(step.id) not in GOOD]
    return [last, *left] if refused and last not in left else left


def _prechecked(drill: Drill) -> bool:
    """Ask all prechecks; whether the drill may act."""
    order = drill.order
    known = facts(drill)
    objectives = Objectives(order.rto_seconds, order.rpo_seconds, 0, order.backup_age_seconds, order.objectives)
    asked = Asked(
        order.kind, order.way, order.confirm, order.peer_region, order.contacts, order.make_table, order.less_protection,
        objectives, drill.now(),
    )  # fmt: skip
    may = True
    for step in (s for s in drill.steps if s.group == "prechecks"):
        finding = found(step.id, known, asked)
        ignored = finding.step in order.ignore and finding.can_be_ignored
        may = may and (finding.answer in ("yes", "warning") or ignored)
        drill.note(step.id, _state(finding, ignored=ignored), finding.said, {"answer": finding.answer})
    return may


def _state(finding: Finding, *, ignored: bool) -> State:
    if finding.answer == "yes":
        return "SUCCEEDED"
    if finding.answer == "warning":
        return "SUCCEEDED_WITH_WARNING"
    return "FAILED_IGNORED" if ignored else "FAILED"


def _done(drill: Drill, step: Step) -> None:
    """Do one step, or say why it is skipped."""
    if step.id == "report":
        return
    why = _obstacle(drill, step)
    if why is not None:
        drill.note(step.id, "SKIPPED", why)
        return
    try:
        if step.acts:
            acts.act(drill, step.id)
            return
        drill.note(step.id, "IN_PROGRESS", "begun")
        data = PROOFS[step.id](drill) if step.id in PROOFS else waits.wait(drill, step.id)
        odd = [one for one in data.get("tables", ()) if one["finding"] != "same"]
        drill.note(step.id, "SUCCEEDED_WITH_WARNING" if odd or data.get("gaps") else "SUCCEEDED", _told(step, data), data)
    except StepFailed as failed:
        drill.note(step.id, failed.state, failed.note, {**failed.data, "by_service": failed.by_service})
    except CloudOpsError as error:
        drill.note(step.id, "FAILED", str(error), {"by_service": False})


def _obstacle(drill: Drill, step: Step) -> str | None:
    """Why a step cannot be done: what it builds on is not there. What was done is undone as far as it was done."""
    if step.id == "drop_clone":
        return None if drill.evidence.data("make_clone").get("made_id") else "no clone was made"
    if step.id == "integrity" and "found" in drill.evidence.data("canary"):
        return None  # it can be read, though it takes no write
    ids = {one.id for one in drill.steps}
    missing = [n for n in _NEEDS.get(step.id, ()) if n in ids and drill.evidence.state(n) not in GOOD]
    return f"{missing[0]} did not succeed" if missing else None


def _told(step: Step, data: Mapping[str, Any]) -> str:
    """What a step found, in words."""
    if step.id == "mark":
        return f"heartbeats {data['first_heartbeat']} to {data['last_heartbeat']}, {len(data['notes'][0]['tables'])} tables"
    if step.id in ("integrity", "integrity_back"):
        other = [f"{t['name']}: {t['said']}" for t in data["tables"] if t["finding"] != "same"]
        other += [f"heartbeats {', '.join(map(str, data['gaps'][:5]))} are missing"] if data["gaps"] else []
        return "; ".join(other) or f"{len(data['tables'])} tables are the same"
    if step.id in ("canary", "canary_back"):
        return f"row {data['number']} was written and read back"
    if step.id == "after":
        return "everything is as it was before"
    return f"after {data['seconds']:.0f} s"
