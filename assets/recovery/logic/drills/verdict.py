"""What a drill proves: for each objective, and in all, pass, fail or unknown. Unknown never passes.

A verdict follows from the evidence alone, so that anybody can come to it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.plans import GOOD, Step
from assets.recovery.logic.objectives import shown

Judgement = Literal["pass", "fail", "unknown"]
ACTS = ("switch_over", "fail_over", "make_clone", "open_snapshot")
"""First act of each type: with it the time runs that the RTO is about."""
_WAITS = ("roles", "ready")
CLOCKS_DRIFT_SECONDS = 2.0
"""Between two moments, our clock and the database's may disagree by so much about the time that passed."""
_NOBODY = "the database did not say which one it is, so that it may be the one that led before"
SELF_TESTS: Mapping[str, str] = {"objective": "RTO", "checksum": "integrity", "heartbeat": "RPO"}
"""What each self-test spoils, and the objective that has to fail then."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The judgement on one objective.

    Attributes:
        name: `prechecks`, `RTO`, `RPO`, `integrity` or `way back`.
        judgement: Pass, fail or unknown.
        measured: Seconds, of RTO and RPO; None if not measured.
        objective: Seconds, of RTO and RPO; None if not known.
        reasons: In words; of a pass what was shown.
    """

    name: str
    judgement: Judgement
    measured: float | None
    objective: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on a drill."""

    total: Judgement
    outcomes: tuple[Outcome, ...]

    def outcome(self, name: str) -> Outcome:
        """Of one objective."""
        return next(one for one in self.outcomes if one.name == name)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is no pass; empty if it is one."""
        bad = [one for one in self.outcomes if one.judgement == self.total != "pass"]
        return tuple(f"{one.name}: {reason}" for one in bad for reason in one.reasons)

    def as_json(self) -> dict[str, Any]:
        """For storage."""
        return {
            "total": self.total,
            "outcomes": [
                {
                    "name": o.name,
                    "judgement": o.judgement,
                    "measured": o.measured,
                    "objective": o.objective,
                    "reasons": [*o.reasons],
                }
                for o in self.outcomes
            ],
        }


def judge(evidence: Evidence, steps: Sequence[Step]) -> Verdict:
    """The judgement that the evidence of a drill allows."""
    begun = evidence.data("drill")
    act = next((step.id for step in steps if step.id in ACTS), "")
    parts = (
        _prechecks(evidence, steps),
        _rto(evidence, act, begun),
        _rpo(evidence, act, begun),
        _integrity(evidence, steps),
        _way_back(evidence, steps),
    )
    judgements = {part.judgement for part in parts}
    total: Judgement = "fail" if "fail" in judgements else "unknown" if "unknown" in judgements else "pass"
    return Verdict(total, parts)


def self_test_caught(verdict: Verdict, spoilt: str) -> bool:
    """Whether a drill failed for what a self-test spoilt and for nothing else: damage that is real must not look like it."""
    found = verdict.outcome(SELF_TESTS[spoilt])
    others = all(one.judgement == "pass" for one in verdict.outcomes if one is not found)
    measured = spoilt == "checksum" or found.measured is not None
    return others and found.judgement == "fail" and len(found.reasons) == 1 and measured


def _outcome(name: str, judgement: Judgement, *reasons: str) -> Outcome:
    return Outcome(name, judgement, None, None, reasons)


def _prechecks(evidence: Evidence, steps: Sequence[Step]) -> Outcome:
    bad, unsure, warned = [], [], []
    for step in (s for s in steps if s.group == "prechecks"):
        piece = evidence.last(step.id)
        if piece is None:
            unsure.append(f"{step.id} was not looked at")
            continue
        answer, ignored = piece.data.get("answer", "unknown"), piece.state == "FAILED_IGNORED"
        said = f"{step.id}: {piece.note}"
        if answer == "no" and not ignored:
            bad.append(said)
        elif answer in ("no", "unknown"):
            unsure.append(f"{said} (ignored by the run)" if ignored else said)
        elif answer == "warning":
            warned.append(f"with a warning: {said}")
    if bad:
        return _outcome("prechecks", "fail", *bad, *unsure)
    if unsure:
        return _outcome("prechecks", "unknown", *unsure)
    return _outcome("prechecks", "pass", *(warned or ["all as they should be"]))


def _rto(evidence: Evidence, act: str, begun: Mapping[str, Any]) -> Outcome:
    objective = begun.get("rto_seconds")

    def outcome(judgement: Judgement, measured: float | None, reason: str) -> Outcome:
        return Outcome("RTO", judgement, measured, objective, (reason,))

    from_moment = _moment(evidence.data(act).get("acted_at"))
    if from_moment is None:
        return outcome("unknown", None, _not_begun(evidence, act))
    if objective is None:
        return outcome("unknown", None, f"there is no objective: {begun.get('objectives', '')}")
    canary = evidence.data("canary")
    if evidence.state("canary") not in GOOD or "written_at" not in canary:
        return _without_canary(evidence, act, from_moment, objective)
    seconds = (datetime.fromisoformat(canary["written_at"]) - from_moment).total_seconds()
    if not canary.get("answered_by"):
        return outcome("unknown", seconds, _NOBODY)
    if (drift := _drift(evidence, act)) is not None:
        return outcome("unknown", seconds, drift)
    if seconds < 0:
        return outcome("unknown", None, "the first write was before the act: the clock went back")
    said = f"{shown(seconds)} from the act to the first write that was read back; {shown(objective)} are allowed"
    if seconds > objective and _was_cut_off(evidence):
        return outcome("unknown", seconds, f"the drill was cut off in between, so that it was at most this: {said}")
    return outcome("pass" if seconds <= objective else "fail", seconds, said)


def _without_canary(evidence: Evidence, act: str, from_moment: datetime, objective: float) -> Outcome:
    """The RTO of a database that was never seen to take a write."""
    failed = next((p for p in evidence.pieces if p.step in (act, *_WAITS, "canary") and p.state in ("FAILED", "TIMED_OUT")), None)
    if failed is None:
        return Outcome("RTO", "unknown", None, objective, ("the drill ended before a write was tried",))
    waited = (failed.at - from_moment).total_seconds()
    if failed.data.get("by_service"):
        return Outcome("RTO", "fail", None, objective, (f"it did not come back: {failed.note}",))
    if failed.state == "TIMED_OUT" and waited > objective:
        said = f"no write succeeded within {shown(waited)}; {shown(objective)} are allowed: {failed.note}"
        return Outcome("RTO", "fail", waited, objective, (said,))
    return Outcome("RTO", "unknown", None, objective, (f"it could not be measured: {failed.note}",))


def _rpo(evidence: Evidence, act: str, begun: Mapping[str, Any]) -> Outcome:
    objective = begun.get("rpo_seconds")

    def outcome(judgement: Judgement, measured: float | None, reason: str) -> Outcome:
        return Outcome("RPO", judgement, measured, objective, (reason,))

    canary = evidence.data("canary")
    written = _moment(evidence.data(act).get("last_heartbeat_at"))
    if "found" not in canary or written is None:
        failed = evidence.last("canary")
        why = failed.note if failed is not None and failed.state not in GOOD else _not_begun(evidence, act)
        return outcome("unknown", None, f"the database that came back was not read: {why}")
    if objective is None:
        return outcome("unknown", None, f"there is no objective: {begun.get('objectives', '')}")
    last = _moment(canary.get("last_found_at"))
    if last is None:
        first = _moment(evidence.data("mark").get("first_heartbeat_at"))
        least = None if first is None else (written - first).total_seconds()
        if least is not None and least > objective:
            return outcome("fail", least, f"not one heartbeat of this drill came through: more than {shown(least)} are lost")
        return outcome(
            "unknown",
            None,
            "not one heartbeat of this drill came through, and they were written for too short a time to say more",
        )
    if not canary.get("answered_by"):
        return outcome("unknown", None, _NOBODY)
    if (drift := _drift(evidence, act)) is not None:
        return outcome("unknown", None, drift)
    seconds = (written - last).total_seconds()
    if seconds < 0:
        return outcome(
            "unknown", None, "a later heartbeat was found than was written: a clock went back, or another run writes them"
        )
    every = begun.get("heartbeat_seconds", 1)
    said = (
        f"{shown(seconds)} between the last heartbeat that was written and the last that was found (one every {shown(every)}); "
    )
    return outcome("pass" if seconds <= objective else "fail", seconds, f"{said}{shown(objective)} may be lost")


def _integrity(evidence: Evidence, steps: Sequence[Step]) -> Outcome:
    bad, unsure = [], []
    whole: set[str] = set()
    counted: set[str] = set()
    moving = set(evidence.data("drill")["order"].get("moving", ()))
    for step in (s for s in steps if s.id in ("integrity", "integrity_back")):
        data, piece = evidence.data(step.id), evidence.last(step.id)
        where = "" if step.id == "integrity" else " (after the way back)"
        if piece is None or piece.state not in GOOD or "tables" not in data:
            why = (
                piece.note
                if piece is not None and piece.state not in ("QUEUED", "IN_PROGRESS")
                else "the drill did not come so far"
            )
            unsure.append(f"tables were not compared{where}: {why}")
            continue
        bad += [f"{t['name']}{where}: {t['said']}" for t in data["tables"] if t["finding"] == "different"]
        unsure += [f"{t['name']}{where}: {t['said']}" for t in data["tables"] if t["finding"] == "unknown"]
        if data.get("gaps"):
            bad.append(f"heartbeats {', '.join(map(str, data['gaps'][:5]))} are missing{where}, although later ones are there")
        good = {t["name"] for t in data["tables"] if t["finding"] in ("same", "expected loss")}
        whole, counted = whole | (good - moving), counted | (good & moving)
    if bad:
        return _outcome("integrity", "fail", *bad, *unsure)
    if unsure:
        return _outcome("integrity", "unknown", *unsure)
    if not whole:
        return _outcome("integrity", "unknown", "only rows were counted, of every table" if counted else "no table was compared")
    left_out = evidence.data("mark").get("left_out", ())
    limits = [f"of {len(counted)} moving tables only rows were counted"] if counted else []
    limits += [f"the content of {len(left_out)} columns does not count: {', '.join(left_out[:5])}"] if left_out else []
    return _outcome("integrity", "pass", "; ".join([f"{len(whole)} tables hold what they have to", *limits]))


def _way_back(evidence: Evidence, steps: Sequence[Step]) -> Outcome:
    piece = evidence.last("after")
    if piece is not None and piece.state in GOOD:
        return _outcome("way back", "pass", "everything is as it was before")
    changes = piece.data.get("differs") if piece is not None else None
    if changes:
        return _outcome("way back", "fail", *changes)
    failed = next(
        (p for s in steps if s.group == "way back" and (p := evidence.last(s.id)) and p.state in ("FAILED", "TIMED_OUT")), None
    )
    if failed is not None:
        judgement: Judgement = "fail" if failed.data.get("by_service") or failed.state == "TIMED_OUT" else "unknown"
        return _outcome("way back", judgement, f"{failed.step}: {failed.note}")
    if piece is not None and piece.state in ("FAILED", "TIMED_OUT"):
        return _outcome("way back", "unknown", piece.note)
    acted = any(evidence.state(step.id) not in ("QUEUED", "SKIPPED") for step in steps if step.acts)
    return _outcome("way back", "unknown", "the drill did not come so far" if acted else "nothing was done that could be undone")


def _not_begun(evidence: Evidence, act: str) -> str:
    failed = next((p for p in evidence.pieces if p.state in ("FAILED", "TIMED_OUT", "CANCELED") and p.step != "drill"), None)
    return f"nothing was done, because of {failed.step}: {failed.note}" if failed else f"the drill did not come as far as {act}"


def _drift(evidence: Evidence, act: str) -> str | None:
    """Why the clocks cannot be believed; None if they can, or the database's was not read twice."""
    ours = [_moment(evidence.data(act).get("clock_at")), _moment(evidence.data("canary").get("clock_at"))]
    theirs = [_moment(evidence.data(act).get("database_at")), _moment(evidence.data("canary").get("database_at"))]
    if None in (*ours, *theirs):
        return "the database's clock was not read before the act and after it"
    by_us, by_it = ((pair[1] - pair[0]).total_seconds() for pair in (ours, theirs))  # type: ignore[operator]
    if abs(by_us - by_it) <= CLOCKS_DRIFT_SECONDS:
        return None
    return f"clocks disagree about the time that passed: {shown(by_us)} by ours, {shown(by_it)} by the database's"


def _was_cut_off(evidence: Evidence) -> bool:
    return len({piece.run_id for piece in evidence.pieces}) > 1 or bool(evidence.data("drill").get("resumed"))


def _moment(said: Any) -> datetime | None:  # noqa: ANN401
    return datetime.fromisoformat(said) if isinstance(said, str) else None
