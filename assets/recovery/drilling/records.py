"""Keeps drills: their evidence as a sealed file from the first piece on, and what follows from it as tables of the lake."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl

from assets.recovery.logic.drills.advice import next_step
from assets.recovery.logic.drills.check import whole
from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.order import Order
from assets.recovery.logic.drills.plans import Step, plan
from assets.recovery.logic.drills.verdict import Verdict, judge
from assets.recovery.tables.drills import DRILL_STEPS, DRILL_TABLES, DRILLS
from resources.errors import NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.tables import Table

FOLDER = "recovery/drills"
RUNNING, ENDED, OPEN = "running", "ended", "open"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a drill's copy cost; None, with the reason, if that is not known."""

    amount: Decimal | None
    currency: str | None
    note: str


def evidence_key(drill_id: str) -> str:
    """Where the evidence of a drill is in the report store."""
    return f"{FOLDER}/{drill_id}/evidence.json"


def report_key(drill_id: str) -> str:
    """Where its report is."""
    return f"{FOLDER}/{drill_id}/report.html"


def summary_key(drill_id: str) -> str:
    """Where its report is as JSON."""
    return f"{FOLDER}/{drill_id}/report.json"


def keeper(store: ObjectStore, drill_id: str) -> Callable[[Evidence], None]:
    """Keeps evidence after each piece."""
    return lambda evidence: keep(store, drill_id, evidence)


def keep(store: ObjectStore, drill_id: str, evidence: Evidence) -> None:
    """Store the evidence of a drill, replacing what is there at once."""
    said = {"drill_id": drill_id, "seal": evidence.seal, "pieces": evidence.as_json()}
    store.put(evidence_key(drill_id), json.dumps(said, ensure_ascii=False).encode())


def kept(store: ObjectStore, drill_id: str) -> Evidence | None:
    """The evidence of a drill; None if there is none.

    Raises:
        Broken: It is not as it was written.
    """
    try:
        said = json.loads(store.get(evidence_key(drill_id)))
    except NotFound:
        return None
    return whole(said)


def drills(lake: Lake) -> pl.DataFrame:
    """All drills, oldest first."""
    return lake.scan(DRILLS).sort("begun_at").collect()


def record(lake: Lake, drill_id: str, evidence: Evidence, by: str, *, environment: str | None, cost: Cost, ended: bool) -> None:
    """Write what the evidence of a drill says into the tables, in the place of what they said of it."""
    steps = steps_of(evidence)
    row = _row(drill_id, evidence, steps, ended=ended)
    row |= {"by": by, "environment": environment}
    row |= {"cost": cost.amount, "currency": cost.currency, "cost_note": cost.note} if ended else {}
    if ended:
        _replace(lake, DRILL_STEPS, drill_id, step_rows(drill_id, evidence, steps))
        _replace(lake, DRILL_TABLES, drill_id, table_rows(drill_id, evidence))
    _replace(lake, DRILLS, drill_id, [row])


def steps_of(evidence: Evidence) -> tuple[Step, ...]:
    """The plan that a drill followed."""
    order = order_of(evidence)
    return plan(order.kind, order.way)


def order_of(evidence: Evidence) -> Order:
    """What was asked of a drill."""
    return Order.of(evidence.data("drill")["order"])


def _replace(lake: Lake, table: Table, drill_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    lake.replace(table, pl.DataFrame(rows, schema=table.schema), where=f"drill_id = '{drill_id}'")


def _row(drill_id: str, evidence: Evidence, steps: Sequence[Step], *, ended: bool) -> dict[str, Any]:
    begun, order, last = evidence.data("drill"), order_of(evidence), evidence.pieces[-1]
    todo = next_step(evidence, steps) if ended else ""
    judged = _judged(judge(evidence, steps)) if ended else {"reasons": []}
    return {
        "drill_id": drill_id,
        "database_id": begun["database"]["id"],
        "database_name": begun["database"]["name"],
        "region": begun["database"]["region"],
        "kind": order.kind,
        "way": order.way,
        "self_test": order.self_test or None,
        "begun_at": evidence.pieces[0].at,
        "ended_at": last.at if ended else None,
        "state": RUNNING if not ended else OPEN if todo and has_acted(evidence, steps) else ENDED,
        "rto_objective_seconds": begun["rto_seconds"],
        "rpo_objective_seconds": begun["rpo_seconds"],
        "next_step": todo,
        "seal": evidence.seal,
        "report_key": report_key(drill_id),
        "run_id": last.run_id,
        **judged,
    }


def has_acted(evidence: Evidence, steps: Sequence[Step]) -> bool:
    """Whether anything was asked of the cloud."""
    return any(evidence.state(step.id) not in ("QUEUED", "SKIPPED") for step in steps if step.acts)


def _judged(verdict: Verdict) -> dict[str, Any]:
    by_name = {one.name: one for one in verdict.outcomes}
    return {
        "verdict": verdict.total,
        "rto_seconds": by_name["RTO"].measured,
        "rto": by_name["RTO"].judgement,
        "rpo_seconds": by_name["RPO"].measured,
        "rpo": by_name["RPO"].judgement,
        "integrity": by_name["integrity"].judgement,
        "way_back": by_name["way back"].judgement,
        "prechecks": by_name["prechecks"].judgement,
        "reasons": list(verdict.reasons),
    }


def step_rows(drill_id: str, evidence: Evidence, steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Rows of the table of steps."""
    return [
        {
            "drill_id": drill_id,
            "number": number,
            "group": step.group,
            "step": step.id,
            "acts": step.acts,
            "state": evidence.state(step.id),
            "begun_at": _at(evidence, step.id, first=True),
            "ended_at": _at(evidence, step.id, first=False),
            "note": last.note if (last := evidence.last(step.id)) else None,
        }
        for number, step in enumerate(steps)
    ]


def _at(evidence: Evidence, step: str, *, first: bool) -> datetime | None:
    piece = evidence.first(step) if first else evidence.last(step)
    return None if piece is None or piece.state == "SKIPPED" else piece.at


def table_rows(drill_id: str, evidence: Evidence) -> list[dict[str, Any]]:
    """Rows of the table of compared tables."""
    return [
        {
            "drill_id": drill_id,
            "step": step,
            "table": one["name"],
            "finding": one["finding"],
            "said": one["said"],
            "rows_before": (one["before"] or {}).get("rows"),
            "rows_after": (one["after"] or {}).get("rows"),
            "checksum_before": (one["before"] or {}).get("checksum"),
            "checksum_after": (one["after"] or {}).get("checksum"),
            "left_out": (one["after"] or one["before"] or {}).get("left_out", []),
        }
        for step in ("integrity", "integrity_back")
        for one in evidence.data(step).get("tables", ())
    ]
