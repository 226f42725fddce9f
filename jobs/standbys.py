"""Databases get the standbys that are wanted, in their own region and in others: a job that plans, and acts where told to."""

from collections.abc import Sequence
from typing import Any, Literal

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table
from assets.failures import errors_classified
from assets.inventory import inventory
from assets.journal import Journal
from assets.recovery import tables
from assets.recovery.logic.standbys import KEY, Wanted, plan
from assets.recovery.policy_files import standbys_wanted
from jobs.confirmations import demand_known
from jobs.database_changes import DatabaseWorld
from jobs.standby_changes import apply, settle
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput, PermanentError
from resources.lake import Lake
from resources.object_store import ObjectStore

_COLUMNS = ("database", "operation", "region", "type", "reason", "held")


class StandbysConfig(dg.Config):
    """Whether to act, and which standbys may be removed."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    confirm_remove: list[str] = Field(
        default=[], description="Databases, by display name or OCID, whose standbys may be removed where none is wanted."
    )
    longest_wait_seconds: float = Field(default=14_400, gt=0, description="How long to wait for one change.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")


@dg.op(
    description="Plans the standbys that databases lack; with `mode: apply`, makes them, each asked in its own region.",
    pool="recovery_standbys",
)
def set_up_standbys(
    context: dg.OpExecutionContext,
    config: StandbysConfig,
    lake: dg.ResourceParam[Lake],
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
) -> None:
    """Plan, print the plan, and act only if told to. A repeat does what is left, and nothing twice."""
    journal = Journal(lake, tables.JOURNAL, context.run_id, config.by)
    with errors_classified():
        wanted = standbys_wanted(inputs_store)
        found = inventory(autonomous_databases)
        demand_known(config.confirm_remove, found)
        _demand_regions(wanted, autonomous_databases.regions())
        steps = plan(found.databases, wanted, config.confirm_remove)
        told = pl.DataFrame([step.told() for step in steps], schema=dict.fromkeys(_COLUMNS, pl.String))
        context.log.info("plan\n%s", told)
        metadata: dict[str, Any] = {"mode": config.mode, "plan": markdown_table(told, limit=100), "steps": len(steps)}
        problems = [f"{place} could not be listed: {why}" for place, why in found.failures.items()]
        if config.mode == "apply":
            world = DatabaseWorld(autonomous_databases, cloud_clock, journal, config.longest_wait_seconds)
            settle(world, found.by_id)
            applied = apply(world, steps)
            metadata |= {"done": len(applied.done), "held": len(applied.held)}
            problems += applied.failed
        context.add_output_metadata(metadata)
        if problems:
            raise PermanentError("; ".join(problems), "Correct what is named, and run this job again: it does what is left.")


def _demand_regions(wanted: Sequence[Wanted], regions: Sequence[str]) -> None:
    """Raises BadInput if a standby is wanted where the tenancy is not."""
    nowhere = sorted({remote.region for one in wanted for remote in one.remote} - {*regions})
    if nowhere:
        raise BadInput(
            f"{KEY} names regions that the tenancy is not subscribed to: {', '.join(nowhere)}",
            f"Subscribe to them, or use one of {', '.join(sorted(regions))}.",
        )


@dg.job(
    description="Makes the standbys that `recovery/standbys.yaml` asks for; only plans unless told to apply. Removes none that "
    "is not confirmed by name.",
    run_tags={"domain": "recovery"},
)
def standbys() -> None:
    """Plan, or set up, standbys."""
    set_up_standbys()


recovery_replication = dg.define_asset_job(
    "recovery_replication",
    selection=dg.AssetSelection.assets(["recovery", "replication"]),
    run_tags={"domain": "recovery"},
    description="Looks how far each standby is behind; changes nothing in the cloud.",
)
JOBS = (standbys, recovery_replication)
