"""The asset of actions: what is proposed to be done to resources. It does nothing to any."""

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.action_book import (
    APPROVALS_KEY,
    Clouds,
    book,
    effects_shown,
    frame_of,
    in_force,
    merged,
    said,
    store_events,
    store_rows,
)
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.actions.lifecycle import IN_FORCE, follow
from assets.finops.logic.actions.model import Action, Facts
from assets.finops.logic.actions.plan import KEEP, Left, Protection, from_matches, from_recommendations, plan, undecided_ids
from resources.actions import ActionService, Resource
from resources.budgets import BudgetService
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["finops", "actions"])


class Proposing(dg.Config):
    """What is never acted on, and when an effect is looked for."""

    keep_tags: list[str] = Field(
        default=[KEEP], description="Tags, `key=value`, of resources that are left alone; * is anything."
    )
    exclude: list[str] = Field(default=[], description="Ids of resources that are left alone; * is anything.")
    verify_after_days: int = Field(default=17, ge=1, description="Days after which the bills must show an effect.")

    def protection(self) -> Protection:
        """For the logic."""
        return Protection(tuple(self.keep_tags), tuple(self.exclude))


@dg.asset(
    key=_KEY,
    group_name="finops",
    owners=["team:finops"],
    kinds={"python", "polars", "deltalake"},
    metadata=table_metadata(tables.ACTIONS),
    deps=[dg.AssetKey(["finops", "recommendations"]), dg.AssetKey(["finops", "policy_matches"])],
    automation_condition=WHEN_COSTS_CHANGED,
    pool="finops_actions",
)
def actions(
    config: Proposing,
    lake: Lake,
    clock: Clock,
    inputs_store: ObjectStore,
    oci_actions: dg.ResourceParam[ActionService],
    aws_actions: dg.ResourceParam[ActionService],
    oci_budgets: dg.ResourceParam[BudgetService],
    aws_budgets: dg.ResourceParam[BudgetService],
) -> dg.MaterializeResult:
    """What may be done to resources: stopped, scheduled, resized, scaled by load, deleted, or their budget held. It does nothing.

    One action per resource at most, from policies and recommendations; nothing for what people protect. Every one waits for
    somebody to approve it, and the job `finops_actions` carries it out.
    """
    now = clock.now()
    clouds = Clouds.of((oci_actions, aws_actions), (oci_budgets, aws_budgets))
    opened = book(lake)
    with errors_classified():
        opened.hear(said(lake, inputs_store, opened.standings), now)
        wanted = [
            *from_matches(lake.scan(tables.POLICY_MATCHES).collect()),
            *from_recommendations(lake.scan(tables.RECOMMENDATIONS).collect()),
        ]
        found = plan(wanted, lambda action: _seen(clouds, action), in_force(lake, opened, IN_FORCE), config.protection())
    follow(opened, found.actions, undecided_ids(found.left), now)
    added = len(opened.added)
    content = merged(lake.scan(tables.ACTIONS).collect(), frame_of(found.actions), opened)
    shown = effects_shown(lake, content, opened, now.date(), config.verify_after_days)
    # events first: where an action stands is read from them, so a run killed here repeats nothing
    store_events(lake, opened)
    rows = store_rows(lake, content, opened, (action.action_id for action in found.actions), shown)
    return dg.MaterializeResult(metadata=_metadata(rows, found.left, added))


def _seen(clouds: Clouds, action: Action) -> Facts | str:
    resource = Resource(action.system, action.resource_id, action.series[3] or "", action.series[1] or "")
    seen = clouds.look(action.system, action.operation, resource)
    return seen if isinstance(seen, str) else seen[0]


def _metadata(rows: pl.DataFrame, left: tuple[Left, ...], added: int) -> dict[str, dg.MetadataValue | int | str]:
    waiting = rows.filter(pl.col("state") == "proposed")
    shown = ("action_id", "operation", "resource_id", "savings_low", "savings_high", "BillingCurrency", "reason")
    texts = ("resource_id", "operation", "source_name", "reason")
    not_proposed = pl.DataFrame(
        [tuple(getattr(one, name) for name in texts) for one in left], schema=dict.fromkeys(texts, pl.String), orient="row"
    )
    return {
        "dagster/row_count": len(rows),
        "waiting_for_approval": len(waiting),
        "rollbacks_proposed": int(rows["rollback_proposed"].sum()),
        "events": added,
        "states": dg.MetadataValue.json(dict(rows.group_by("state").len().sort("state").iter_rows())),
        "proposed": markdown_table(waiting.select(shown), limit=50),
        "not_proposed": markdown_table(not_proposed, limit=50),
        "not_proposed_count": len(not_proposed),
        "how_to_approve": f"cloudops approve ID, or a row in {APPROVALS_KEY}; then the job finops_actions with mode: apply.",
    }
