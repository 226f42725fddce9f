"""Keeps roll-outs in the lake: each as one row, which is replaced in one commit."""

from typing import Any

import polars as pl
from pydantic import TypeAdapter

from assets.journal import DONE, FOUND_DONE
from assets.layers.logic.rollout.plan import Move
from assets.layers.logic.rollout.record import GOES_ON, Rollout
from assets.layers.logic.rollout.standing import Standing
from assets.layers.tables.rollouts import ROLLOUT_FUNCTIONS, ROLLOUTS
from resources.lake import Lake
from resources.lambda_layers import Place

_ADAPTER = TypeAdapter(Rollout)
WELL = (DONE, FOUND_DONE)
"""Outcomes in the journal of what was made."""


def save(lake: Lake, rollout: Rollout) -> Rollout:
    """Keep a roll-out as it is now; returns it."""
    row = {
        "rollout_id": rollout.id,
        "layer": rollout.settings.layer,
        "target_sha256": rollout.sha256,
        "state": rollout.state,
        "wave": rollout.wave,
        "waves": rollout.plan.waves,
        "functions": len(rollout.plan.moves),
        "left": len(rollout.left),
        "reason": rollout.reason,
        "reported": rollout.reported,
        "by": rollout.by,
        "begun_at": rollout.begun_at,
        "since": rollout.since,
        "record": _ADAPTER.dump_json(rollout).decode(),
    }
    lake.replace(ROLLOUTS, pl.DataFrame([row], schema=ROLLOUTS.schema), where=f"rollout_id = '{rollout.id}'")
    return rollout


def rollouts(lake: Lake, layer: str | None = None, *, going_on: bool = False) -> list[Rollout]:
    """Roll-outs, the earliest first.

    Args:
        lake: Where they are kept.
        layer: Of which layer; of all if None.
        going_on: Whether those alone are meant for which a run has something to do without a person.
    """
    found = lake.scan(ROLLOUTS)
    if layer is not None:
        found = found.filter(pl.col("layer") == layer)
    if going_on:
        found = found.filter(pl.col("state").is_in(GOES_ON) | ~pl.col("reported"))
    rows = found.sort("begun_at", "rollout_id").select("record").collect()
    return [_ADAPTER.validate_json(text) for text in rows["record"]]


def save_functions(lake: Lake, rollout: Rollout, standing: Standing) -> None:
    """Keep how the functions of a roll-out stand, for whoever reads the table."""
    moving: list[dict[str, Any]] = [
        {**_of(move.place, move.name, "$LATEST"), "wave": move.wave, "state": state, "reason": reason,
         "former": list(move.former), "wanted": list(move.wanted)}
        for move in rollout.plan.moves
        for state, reason in [told(rollout, move, standing)]
    ]  # fmt: skip
    staying: list[dict[str, Any]] = [
        {**_of(one.place, one.name, one.version), "wave": None, "state": "left", "reason": one.reason, "former": list(one.old),
         "wanted": list(one.old)}
        for one in rollout.plan.left
    ]  # fmt: skip
    rows = [{"rollout_id": rollout.id, **row} for row in (*moving, *staying)]
    frame = pl.DataFrame(rows, schema=ROLLOUT_FUNCTIONS.schema)
    lake.replace(ROLLOUT_FUNCTIONS, frame, where=f"rollout_id = '{rollout.id}'")


def told(rollout: Rollout, move: Move, standing: Standing) -> tuple[str, str]:
    """State of a function of a roll-out, and why it was left."""
    reason = rollout.left.get(move.arn, "")
    if reason:
        return "left", reason
    if move.arn in standing.back:
        return "moved back", ""
    return ("moved" if move.arn in standing.forward else "waits"), ""


def _of(place: Place, name: str, version: str) -> dict[str, Any]:
    return {"account": place.account, "region": place.region, "function": name, "version": version}
