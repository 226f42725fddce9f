"""What became of recommendations: which are new, still open, or resolved. What could not be judged is not resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from assets.fleet.logic.recommendations import health, sizing
from assets.fleet.logic.recommendations.proposals import Facts, Proposal, cost_effect, impact

Judge = Callable[[Facts], list[Proposal] | None]
JUDGES: Mapping[str, tuple[Judge, tuple[str, ...]]] = {
    "size": (sizing.sizing, ("more CPUs", "fewer CPUs", "auto-scaling with fewer CPUs")),
    "schedule": (sizing.scheduling, ("stop while idle",)),
    "capacity": (health.capacity, ("more storage",)),
    "performance": (health.performance, ("heavy statement", "process memory")),
    "locking": (health.locking, ("blocked sessions",)),
    "recovery": (health.recovery, ("no standby", "short retention")),
    "idle": (health.idle, ("long stopped",)),
}
"""Who judges what: by name, with the kinds of proposals that it may find."""
NEW, OPEN, RESOLVED = "new", "open", "resolved"
Row = dict[str, Any]


def recommended(fleet: Sequence[Facts], before: Sequence[Mapping[str, Any]], now: datetime) -> tuple[list[Row], dict[str, int]]:
    """Rows of fleet/recommendations as they are now, and how many databases each judge could not judge.

    A recommendation is new in the run that finds it first, open while it is found, and while it cannot be judged; it is resolved
    once it is judged and not found, or its database is gone. What was resolved and comes again is new again.
    """
    earlier = {row["recommendation_id"]: row for row in before}
    unjudged = dict.fromkeys(JUDGES, 0)
    rows: dict[str, Row] = {}
    judged: set[tuple[str, str]] = set()
    for facts in fleet:
        for name, (judge, kinds) in JUDGES.items():
            found = judge(facts)
            if found is None:
                unjudged[name] += 1
                continue
            judged |= {(facts.id, kind) for kind in kinds}
            for proposal in found:
                rows[proposal.id] = _row(facts, proposal, earlier.get(proposal.id), now)
    there = {facts.id for facts in fleet}
    for key, row in earlier.items():
        if key not in rows:
            rows[key] = _not_found(row, judged, there, now)
    return sorted(rows.values(), key=lambda row: (row["state"] == RESOLVED, -row["impact"], row["recommendation_id"])), unjudged


def _row(facts: Facts, proposal: Proposal, earlier: Mapping[str, Any] | None, now: datetime) -> Row:
    known = earlier is not None and earlier["state"] != RESOLVED
    effect, note = cost_effect(proposal, facts.cost)
    return {
        "recommendation_id": proposal.id,
        "database_id": proposal.database_id,
        "display_name": facts.database["display_name"],
        "category": proposal.category,
        "kind": proposal.kind,
        "severity": proposal.severity,
        "impact": impact(proposal, facts.database["environment"]),
        "effort": proposal.effort,
        "title": proposal.title,
        "reason": proposal.reason,
        "calls": list(proposal.calls),
        "risk": proposal.risk,
        "evidence": [asdict(one) for one in proposal.evidence],
        "cost_30d": facts.cost.amount,
        "currency": facts.cost.currency,
        "cost_effect_30d": effect,
        "cost_note": note,
        "state": OPEN if known else NEW,
        "first_seen": earlier["first_seen"] if known and earlier else now,
        "last_seen": now,
        "resolved_at": None,
        "resolved_because": None,
    }


def _not_found(row: Mapping[str, Any], judged: set[tuple[str, str]], there: set[str], now: datetime) -> Row:
    if row["state"] == RESOLVED:
        return dict(row)
    if row["database_id"] not in there:
        return {**row, "state": RESOLVED, "resolved_at": now, "resolved_because": "the database is gone"}
    if (row["database_id"], row["kind"]) in judged:
        return {**row, "state": RESOLVED, "resolved_at": now, "resolved_because": "what it was about is no longer so"}
    return {**row, "state": OPEN}
