"""Pictures of a drill: how long each step took, and how the measured times of earlier drills stand to their objectives."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assets.charts import drawn
from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.plans import Step

_COLOURS = {
    "SUCCEEDED": "#3c9a5f", "SUCCEEDED_WITH_WARNING": "#e0b252", "FAILED_IGNORED": "#e0b252", "FAILED": "#d0473d",
    "TIMED_OUT": "#8c2f28", "CANCELED": "#7b5ea7", "IN_PROGRESS": "#4a7fb5",
}  # fmt: skip
_VERDICTS = {"pass": "#3c9a5f", "fail": "#d0473d", "unknown": "#e0b252"}
_LEAST_SHARE = 0.006
"""Steps of no time are drawn so wide, as a share of the whole, so that they are seen."""


def timeline(evidence: Evidence, steps: Sequence[Step]) -> bytes:
    """Each step that was begun as a bar, in minutes since the drill began."""
    import altair as alt

    begun = evidence.pieces[0].at
    rows = [row for step in steps if step.group != "prechecks" and (row := _bar(evidence, step, begun))]
    whole = max((row["to"] for row in rows), default=1.0) or 1.0
    values = [{**row, "to": max(row["to"], row["from"] + _LEAST_SHARE * whole)} for row in rows]
    states = [state for state in _COLOURS if any(row["state"] == state for row in rows)]
    colour = alt.Color("state:N").scale(domain=states, range=[_COLOURS[s] for s in states]).title(None).legend(orient="top")
    bars = alt.Chart(alt.Data(values=values)).mark_bar(cornerRadius=2, height=13)
    chart = bars.encode(
        x=alt.X("from:Q").title("minutes since the drill began").scale(nice=False, domain=[0, 1.03 * whole]),
        x2="to:Q",
        y=alt.Y("step:N").sort([row["step"] for row in rows]).title(None),
        color=colour,
    )
    return drawn(chart.properties(width=840, height=22 * max(len(rows), 1)))


def _bar(evidence: Evidence, step: Step, begun: datetime) -> dict[str, Any] | None:
    first, last = evidence.first(step.id), evidence.last(step.id)
    if first is None or last is None or last.state in ("SKIPPED", "QUEUED"):
        return None
    start, end = ((piece.at - begun).total_seconds() / 60 for piece in (first, last))
    return {"step": step.id.replace("_", " "), "from": start, "to": end, "state": last.state}


def trend(past: Sequence[Mapping[str, Any]], name: str) -> bytes | None:
    """RTO or RPO (`rto`, `rpo`) of all drills that measured one, beside what was allowed; None below two of them."""
    import altair as alt

    rows = [
        {
            "at": one["begun_at"].isoformat(),
            "seconds": one[f"{name}_seconds"],
            "allowed": one[f"{name}_objective_seconds"],
            "verdict": one[name],
            "kind": f"{one['kind']} ({one['way']})",
        }
        for one in past
        if one[f"{name}_seconds"] is not None
    ]
    if len(rows) < 2:  # a trend has two ends
        return None
    base = alt.Chart(alt.Data(values=rows)).encode(x=alt.X("at:T").title(None))
    verdicts = [v for v in _VERDICTS if any(row["verdict"] == v for row in rows)]
    points = base.mark_point(size=70, filled=True, opacity=1).encode(
        y=alt.Y("seconds:Q").title(f"{name.upper()} in seconds").scale(zero=True),
        color=alt.Color("verdict:N").scale(domain=verdicts, range=[_VERDICTS[v] for v in verdicts]).title(None),
        shape=alt.Shape("kind:N").title(None),
    )
    allowed = base.mark_tick(thickness=2, width=26, color="#27323d").encode(y=alt.Y("allowed:Q"))
    return drawn((allowed + points).properties(width=720, height=170))
