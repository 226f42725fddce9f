"""Backups follow their policies, and exports in buckets their rules of age: a job that plans, and acts where it is told to."""

from typing import Any, Literal

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table
from assets.failures import errors_classified
from assets.journal import Journal
from assets.recovery import tables
from assets.recovery.backup_state import look
from assets.recovery.logic.backup_plan import Confirmed, plan
from assets.recovery.policy_files import policies_in_force
from jobs.backup_changes import apply, settle
from jobs.confirmations import demand_known
from jobs.database_changes import DatabaseWorld
from jobs.export_rules import age_exports
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import PermanentError
from resources.lake import Lake
from resources.object_lifecycle import ObjectLifecycle
from resources.object_store import ObjectStore


class BackupsConfig(dg.Config):
    """Whether to act, and what of it that cannot be undone may be done."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    confirm_shorten: list[str] = Field(
        default=[], description="Databases, by display name or OCID, whose retention may be shortened: older backups are lost."
    )
    confirm_lock: list[str] = Field(
        default=[], description="Databases whose retention may be locked: it can never be changed or unlocked again."
    )
    confirm_delete: list[str] = Field(
        default=[], description="Long-term backups beyond policy, by display name or OCID, that may be deleted."
    )
    longest_wait_seconds: float = Field(default=7200, gt=0, description="How long to wait for one change.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")


@dg.op(
    description="Plans what backups need to be as their policies say; with `mode: apply`, does it.",
    pool="recovery_backups",
)
def keep_backups(
    context: dg.OpExecutionContext,
    config: BackupsConfig,
    lake: dg.ResourceParam[Lake],
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
    object_lifecycle: dg.ResourceParam[ObjectLifecycle],
) -> None:
    """Plan, print the plan, and act only if told to. A repeat does what is left, and nothing twice."""
    journal = Journal(lake, tables.JOURNAL, context.run_id, config.by)
    with errors_classified():
        policies = policies_in_force(inputs_store)
        looked = look(autonomous_databases, policies)
        confirmed = Confirmed(config.confirm_shorten, config.confirm_lock, config.confirm_delete)
        demand_known([*confirmed.shorten, *confirmed.lock], looked.inventory)
        steps = plan(looked.known, confirmed, cloud_clock.now())
        told = pl.DataFrame([step.told() for step in steps], schema=dict.fromkeys(_COLUMNS, pl.String))
        context.log.info("plan\n%s", told)
        acts = config.mode == "apply"
        metadata: dict[str, Any] = {"mode": config.mode, "plan": markdown_table(told, limit=100), "steps": len(steps)}
        problems = [f"{place} could not be listed: {why}" for place, why in looked.inventory.failures.items()]
        if acts:
            world = DatabaseWorld(autonomous_databases, cloud_clock, journal, config.longest_wait_seconds)
            settle(world, looked)
            applied = apply(world, steps)
            metadata |= {"done": len(applied.done), "held": len(applied.held)}
            problems += applied.failed
        aged = age_exports(object_lifecycle, policies.exports, journal, cloud_clock, acts=acts)
        metadata |= {"export_rules": markdown_table(aged.told, limit=100), "export_rules_changed": aged.changed}
        context.add_output_metadata(metadata)
        problems += aged.failed
        if problems:
            raise PermanentError("; ".join(problems), "Correct what is named, and run this job again: it does what is left.")


_COLUMNS = ("database", "operation", "before", "after", "reason", "held", "region")


@dg.job(
    description="Brings retention and long-term backups to what policies ask for, and the rules by which exports in buckets age; "
    "only plans unless told to apply.",
    run_tags={"domain": "recovery"},
)
def backups() -> None:
    """Plan, or keep, backups."""
    keep_backups()


recovery_state = dg.define_asset_job(
    "recovery_state",
    selection=dg.AssetSelection.assets(*(["recovery", name] for name in ("backups", "backup_gaps", "restorability"))),
    run_tags={"domain": "recovery"},
    description="Looks at all backups, what they lack, and what is proven of their restorability; changes nothing.",
)
JOBS = (backups, recovery_state)
