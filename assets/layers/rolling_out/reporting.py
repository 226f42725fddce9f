"""Tells how a roll-out stands: a page in the report store, the table of functions, and Markdown for the run."""

from assets.layers.logic.rollout.page import Row, markdown, render
from assets.layers.logic.rollout.plan import Plan
from assets.layers.logic.rollout.record import Rollout
from assets.layers.logic.rollout.standing import Standing
from assets.layers.rolling_out.records import save_functions, told
from assets.layers.rolling_out.world import World

FOLDER = "layers/rollouts"


def report_key(rollout_id: str) -> str:
    """Where the page of a roll-out is in the report store."""
    return f"{FOLDER}/{rollout_id}.html"


def report(world: World, rollout: Rollout, standing: Standing) -> None:
    """Write the table and the page."""
    save_functions(world.lake, rollout, standing)
    world.reports.put(report_key(rollout.id), render(rollout, rows_of(rollout, standing), world.clock.now()).encode())


def rows_of(rollout: Rollout, standing: Standing) -> list[Row]:
    """Functions of a roll-out with their states, by wave."""
    return [Row(move, *told(rollout, move, standing)) for move in rollout.plan.moves]


def rollout_markdown(rollout: Rollout, standing: Standing) -> str:
    """How a roll-out stands, for the run."""
    return markdown(rows_of(rollout, standing), rollout.plan.left, rollout.looks)


def plan_markdown(plan: Plan) -> str:
    """A plan, for the run."""
    return markdown([Row(move, "would move", "") for move in plan.moves], plan.left, ())
