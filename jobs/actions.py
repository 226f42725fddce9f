"""Actions that people approved are carried out: a job that plans, and acts where it is told to."""

from collections.abc import Mapping
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from assets.catalogue import markdown_table
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.action_book import Clouds, effects_shown, store_events, store_rows
from assets.finops.logic.actions.effect import REALISED, Effect
from assets.finops.logic.actions.lifecycle import EXECUTED, VERIFIED
from assets.finops.logic.actions.plan import KEEP, Protection
from assets.journal import Journal
from jobs.action_changes import Bounds, Opened, apply, planned, table
from resources.actions import ActionService
from resources.budgets import BudgetService
from resources.clock import Clock
from resources.errors import PermanentError, TransientError
from resources.lake import Lake
from resources.object_store import ObjectStore


class ActionsConfig(dg.Config):
    """Whether to act, and how much."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    most_actions: int = Field(default=5, ge=0, description="So many approved actions are begun in one run at most.")
    allow_delete: bool = Field(default=False, description="Whether approved deletions are carried out.")
    keep_tags: list[str] = Field(
        default=[KEEP], description="Tags, `key=value`, of resources that are left alone; * is anything."
    )
    exclude: list[str] = Field(default=[], description="Ids of resources that are left alone; * is anything.")
    verify_after_days: int = Field(default=17, ge=1, description="Days after which the bills must show an effect.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")

    def bounds(self) -> Bounds:
        """For the work."""
        return Bounds(self.most_actions, self.allow_delete, Protection(tuple(self.keep_tags), tuple(self.exclude)))


@dg.op(
    description="Plans what is to be done about approved actions; with `mode: apply`, does it, verifies effects that are due, "
    "and takes back what people want taken back.",
    pool="finops_actions",
)
def carry_out_actions(
    context: dg.OpExecutionContext,
    config: ActionsConfig,
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    oci_actions: dg.ResourceParam[ActionService],
    aws_actions: dg.ResourceParam[ActionService],
    oci_budgets: dg.ResourceParam[BudgetService],
    aws_budgets: dg.ResourceParam[BudgetService],
) -> None:
    """Plan, print the plan, and act only if told to. A repeat does what is left, and nothing twice."""
    clouds = Clouds.of((oci_actions, aws_actions), (oci_budgets, aws_budgets))
    with errors_classified():
        opened = Opened.of(lake, inputs_store, Journal(lake, tables.JOURNAL, context.run_id, config.by), clouds, clock.now)
        items = planned(opened, config.bounds())
        told = table(items)
        context.log.info("plan\n%s", told)
        metadata: dict[str, Any] = {"mode": config.mode, "plan": markdown_table(told, limit=100)}
        if config.mode == "plan":
            context.add_output_metadata(metadata)
            return
        try:
            outcome = apply(opened, items)
        except TransientError:
            verify_effects(opened, config.verify_after_days)
            raise
        shown = verify_effects(opened, config.verify_after_days)
        realised = [action_id for action_id, effect in shown.items() if effect.effect == REALISED]
        metadata |= {"done": len(outcome.done), "found_done": len(outcome.found_done), "verified": len(realised)}
        metadata |= {"left_alone": dg.MetadataValue.json(outcome.left), "failed": dg.MetadataValue.json(outcome.failed)}
        context.add_output_metadata(metadata)
        for action_id, why in outcome.left.items():
            context.log.warning("action %s is left alone: %s", action_id, why)
        if outcome.failed:
            said = "; ".join(f"{action_id}: {why}" for action_id, why in outcome.failed.items())
            raise PermanentError(said, "Correct what is named; `cloudops reopen` lets it wait for approval again.")


def verify_effects(opened: Opened, after_days: int) -> Mapping[str, Effect]:
    """Mark what the bills confirm as verified, and write down where every action stands; returns the effects."""
    rows = opened.lake.scan(tables.ACTIONS).collect()
    now = opened.clock()
    shown = effects_shown(opened.lake, rows, opened.book, now.date(), after_days)
    for action_id, effect in sorted(shown.items()):
        if effect.effect == REALISED and opened.book.standings[action_id].state == EXECUTED:
            opened.book.step(action_id, VERIFIED, now, note=effect.reason)
    store_events(opened.lake, opened.book)
    store_rows(opened.lake, rows, opened.book, rows.filter("proposed")["action_id"], shown)
    return shown


@dg.job(
    description="Carries out actions on resources that somebody approved, within bounds; only plans unless told to apply. "
    "Verifies their effect in the bills, and takes back what people want taken back.",
    run_tags={"domain": "finops"},
)
def finops_actions() -> None:
    """Plan, or carry out, approved actions."""
    carry_out_actions()
