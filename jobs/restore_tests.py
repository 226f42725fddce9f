"""Backups are proven by restoring them to new databases, on a schedule: a job that plans, and acts where it is told to."""

from collections.abc import Sequence
from typing import Any, Literal

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table
from assets.failures import errors_classified
from assets.journal import Journal
from assets.recovery import tables
from assets.recovery.backup_state import Looked, look
from assets.recovery.logic.restore_tests import FAIL, Due, due
from assets.recovery.policy_files import objectives_in_force, policies_in_force
from assets.recovery.restoring.records import past_tests, proofs, restorability_rows, tried
from jobs.restore_changes import Order, RestoreWorld, prove, remove_leftovers
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput, PermanentError
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.sql_sessions import SqlSessions


class RestoreTestsConfig(dg.Config):
    """Which databases are tested, and how."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    databases: list[str] = Field(
        default=[],
        description="Databases to be tested now, by display name or OCID, whether due or not; else those that are due.",
    )
    most: int = Field(default=1, ge=1, le=50, description="Databases of a run; the others are due in the next.")
    point: Literal["now", "newest backup", "earlier"] = Field(
        default="now",
        description="What is restored: the moment at which the source is noted; its newest backup; or the moment of a note of an "
        "earlier test, drawn by the run, as far back as backups are kept.",
    )
    settle_seconds: float = Field(
        default=600,
        ge=0,
        description="How long after its note the source is restored to it: its last changes are backed up by then.",
    )
    compute_count: float = Field(default=2, ge=2, description="ECPUs of the new database; more restore no faster.")
    longest_wait_seconds: float = Field(default=14_400, gt=0, description="How long to wait for a restore.")
    sql_seconds: float = Field(default=600, gt=0, description="How long a statement may take.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")


@dg.op(
    description="Restores databases that are due to new ones, holds these against their sources, and deletes them again.",
    pool="recovery_restore_tests",
)
def prove_restores(
    context: dg.OpExecutionContext,
    config: RestoreTestsConfig,
    lake: dg.ResourceParam[Lake],
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
    database_sessions: dg.ResourceParam[SqlSessions],
) -> None:
    """Plan, print the plan, and act only if told to. What an earlier run left behind is removed first."""
    journal = Journal(lake, tables.JOURNAL, context.run_id, config.by)
    with errors_classified():
        looked = look(autonomous_databases, policies_in_force(inputs_store))
        wanted = _wanted(looked, lake, config, cloud_clock)
        told = pl.DataFrame(
            [(d.database.display_name, d.database.region, d.policy.name, d.why) for d in wanted],
            schema=dict.fromkeys(("database", "region", "policy", "why"), pl.String),
            orient="row",
        )
        context.log.info("plan\n%s", told)
        metadata: dict[str, Any] = {"mode": config.mode, "plan": markdown_table(told, limit=100)}
        problems = [f"{place} could not be listed: {why}" for place, why in looked.inventory.failures.items()]
        if config.mode == "apply":
            order = Order(
                config.point, config.settle_seconds, config.compute_count, config.longest_wait_seconds, config.sql_seconds
            )
            world = RestoreWorld(autonomous_databases, database_sessions, cloud_clock, journal, lake, order)
            removed = remove_leftovers(world, looked.inventory)
            objectives = objectives_in_force(inputs_store)
            rows = [prove(world, one, objectives.objectives(one.database, "copy").rto_seconds) for one in wanted]
            frame = pl.DataFrame(rows, schema=tables.RESTORE_TESTS.schema)
            lake.replace(tables.RESTORABILITY, restorability_rows(looked, past_tests(lake), cloud_clock.now()), where=None)
            shown = ("database", "verdict", "restore_seconds", "restored_to", "tables_same", "reasons", "cost", "currency")
            metadata |= {"tests": markdown_table(frame.select(shown), limit=100), "leftovers_removed": len(removed.done)}
            metadata |= {f"verdicts_{name}": count for name, count in sorted(frame["verdict"].value_counts().iter_rows())}
            problems += removed.failed
            problems += [f"{row['database']}: {row['reasons']}" for row in rows if row["verdict"] == FAIL]
            problems += [f"{row['database']}: the restored database is still there" for row in rows if not row["removed"]]
        context.add_output_metadata(metadata)
        if problems:
            raise PermanentError(
                "; ".join(problems), "Look at recovery/restore_tests; what is left behind goes with the next run."
            )


def _wanted(looked: Looked, lake: Lake, config: RestoreTestsConfig, clock: Clock) -> Sequence[Due]:
    """Databases that are tested in this run: those that are named, or those that are due. Raises BadInput of unknown names."""
    fleet = [(known.database, known.policy) for known in looked.known]
    if not config.databases:
        tests = past_tests(lake)
        found = due(fleet, proofs(tests), tried(tests), clock.now())
        return found[: config.most]
    named = [Due(d, policy, "the run names it") for d, policy in fleet if {d.id, d.display_name} & set(config.databases)]
    lost = sorted(set(config.databases) - {name for one in named for name in (one.database.id, one.database.display_name)})
    if lost:
        raise BadInput(
            f"{', '.join(lost)}: no database that has backups of its own", "Write display names or OCIDs as the plan does."
        )
    return named


@dg.job(
    description="Restores databases that are due to new ones, verifies them against their sources, measures and deletes them; "
    "only plans unless told to apply. Never restores in place.",
    run_tags={"domain": "recovery"},
)
def restore_tests() -> None:
    """Plan, or carry out, restore tests."""
    prove_restores()


JOBS = (restore_tests,)
