"""The report of a drill as one HTML page without scripts, and its timeline as a picture for the run."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.order import Order
from assets.recovery.logic.drills.plans import WARNINGS, Step
from assets.recovery.logic.drills.report import charts
from assets.recovery.logic.drills.report.words import methods, not_shown
from assets.recovery.logic.drills.verdict import Outcome, Verdict
from assets.recovery.logic.objectives import shown as time_shown

_HERE = Path(__file__).parent
_WAYS = {"local": "its standby in the same region", "remote": "its standby in another region", "copy": "a clone"}
_PAST = (
    "drill_id", "begun_at", "kind", "way", "verdict", "rto_seconds", "rto_objective_seconds", "rpo_seconds",
    "rpo_objective_seconds",
)  # fmt: skip
_SELF_TESTS = {
    "objective": "The RTO was set to a thousandth of a second",
    "checksum": "The checksum of one table was altered",
    "heartbeat": "All heartbeats that came through were hidden",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows.

    Attributes:
        drill_id: The drill.
        evidence: All its pieces.
        steps: Its plan.
        order: What was asked.
        verdict: What it proves.
        cost: What its copy cost; None if not known.
        currency: Of the cost.
        cost_note: How it was reckoned, or why it is not known.
        by: Who let it happen.
        next_step: What a person does next; empty if nothing.
        past: Rows of `recovery/drills` of the same database, this drill among them.
    """

    drill_id: str
    evidence: Evidence
    steps: Sequence[Step]
    order: Order
    verdict: Verdict
    cost: Decimal | None
    currency: str | None
    cost_note: str
    by: str
    next_step: str
    past: Sequence[Mapping[str, Any]]


def render(shown: Shown, timeline: bytes) -> str:
    """The page, with the picture of its timeline; the same drill gives the same text."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters |= {"time": time_shown, "picture": _picture, "moment": _moment}
    begun = shown.evidence.data("drill")
    trends = {name: png for name in ("rto", "rpo") if (png := charts.trend(shown.past, name)) is not None}
    return environment.from_string((_HERE / "page.html.jinja").read_text(encoding="utf-8")).render(
        css=Markup((_HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of ours
        shown=shown,
        database=begun["database"],
        peer=begun.get("peer"),
        way=_WAYS[shown.order.way],
        warning=WARNINGS[shown.order.kind],
        spoilt=_SELF_TESTS.get(shown.order.self_test),
        outcomes=[(one, _figure(one)) for one in shown.verdict.outcomes],
        steps=[_step(shown.evidence, step) for step in shown.steps],
        tables=_tables(shown.evidence),
        methods=methods(shown.evidence, shown.order),
        not_shown=not_shown(shown.order, _left_out(shown)),
        unknown=[f"{o.name}: {reason}" for o in shown.verdict.outcomes if o.judgement == "unknown" for reason in o.reasons],
        timeline=timeline,
        trends=trends,
        begun_at=shown.evidence.pieces[0].at,
        ended_at=shown.evidence.pieces[-1].at,
        runs=_runs(shown.evidence),
    )


def summary(shown: Shown) -> dict[str, Any]:
    """The same as JSON, for programs and for whoever keeps records."""
    begun, pieces = shown.evidence.data("drill"), shown.evidence.pieces
    return {
        "drill_id": shown.drill_id,
        "database": begun["database"],
        "standby": begun.get("peer"),
        "type": shown.order.kind,
        "way": shown.order.way,
        "self_test": shown.order.self_test or None,
        "begun_at": pieces[0].at,
        "ended_at": pieces[-1].at,
        "by": shown.by,
        "confirmed": shown.order.confirm or None,
        "runs": _runs(shown.evidence),
        "objectives": shown.order.objectives,
        "ignored_prechecks": shown.order.ignore,
        **shown.verdict.as_json(),
        "methods": [asdict(one) for one in methods(shown.evidence, shown.order)],
        "not_shown": not_shown(shown.order, _left_out(shown)),
        "next_step": shown.next_step,
        "steps": [{**row, "step": row["step"].id, "group": row["step"].group, "acts": row["step"].acts}
                  for row in (_step(shown.evidence, step) for step in shown.steps)],
        "tables": _tables(shown.evidence),
        "cost": shown.cost,
        "currency": shown.currency,
        "cost_note": shown.cost_note,
        "earlier_drills": [{name: one[name] for name in _PAST} for one in shown.past],
        "evidence_seal": shown.evidence.seal,
    }  # fmt: skip


def _left_out(shown: Shown) -> list[str]:
    return list(shown.evidence.data("mark").get("left_out", []))


def _runs(evidence: Evidence) -> list[str]:
    return list(dict.fromkeys(piece.run_id for piece in evidence.pieces))


def chart_png(shown: Shown) -> bytes:
    """The timeline as a picture."""
    return charts.timeline(shown.evidence, shown.steps)


def _picture(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _moment(said: str | None) -> str:
    return f"{datetime.fromisoformat(said):%Y-%m-%d %H:%M:%S}" if said else ""


def _figure(one: Outcome) -> str:
    """What was measured, beside what is allowed."""
    if one.name not in ("RTO", "RPO"):
        return ""
    return f"{time_shown(one.measured)} of {time_shown(one.objective)}" if one.measured is not None else "not measured"


def _step(evidence: Evidence, step: Step) -> dict[str, Any]:
    first, last = evidence.first(step.id), evidence.last(step.id)
    state = evidence.state(step.id)
    ran = first is not None and last is not None and state not in ("SKIPPED", "QUEUED")
    seconds = (last.at - first.at).total_seconds() if ran and first is not None and last is not None else None
    return {
        "step": step,
        "state": state,
        "answer": evidence.data(step.id).get("answer") if step.group == "prechecks" else None,
        "at": last.at if ran and last is not None else None,
        "seconds": seconds,
        "note": last.note if last is not None else "",
        "seal": last.seal if last is not None else "",
    }


def _tables(evidence: Evidence) -> list[dict[str, Any]]:
    """Compared tables, with what was found of each after the act and after the way back."""
    back = {one["name"]: one for one in evidence.data("integrity_back").get("tables", ())}
    there = evidence.data("integrity").get("tables", ())
    return [{**one, "back": back.get(one["name"])} for one in there]
