"""Drills: a job that rehearses how a database comes back, and leaves evidence of it. Only plans unless told to apply."""

from typing import Any, Literal

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, picture
from assets.failures import errors_classified
from assets.journal import Journal
from assets.recovery.drilling.drill import World
from assets.recovery.logic.drills.plans import WARNINGS, Way, plan
from assets.recovery.logic.drills.plans import table as plan_table
from assets.recovery.logic.drills.verdict import self_test_caught
from assets.recovery.tables import JOURNAL
from jobs.drills import Rehearsal, Wanted, order_for, rehearse, way_of
from resources.alarm_states import AlarmStates
from resources.autonomous_databases import AutonomousDatabase
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput, PermanentError
from resources.lake import Lake
from resources.metric_history import DatabaseMetrics
from resources.object_store import ObjectStore
from resources.sql_sessions import SqlSessions


class DrillConfig(dg.Config):
    """Which drill, of which database, and whether to act."""

    database: str = Field(default="", description="Display name or OCID of the database; needed unless `resume` is given.")
    type: Literal["switchover", "failover", "clone", "snapshot standby"] = Field(
        default="clone", description="`clone` leaves the database as it is; `switchover` and `failover` take it away for a while."
    )
    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    confirm: str = Field(
        default="", description="Display name of the database again, where it is protected or the drill takes it away."
    )
    standby: Literal["", "local", "remote"] = Field(
        default="", description="Which standby, where the database has both; the one that it has if empty."
    )
    resume: str = Field(default="", description="Identity of a drill that was cut off: it goes on from there.")
    self_test: Literal["", "objective", "checksum", "heartbeat"] = Field(
        default="", description="What is spoilt on purpose: the run is green only if the drill fails for it."
    )
    rto_seconds: float | None = Field(default=None, gt=0, description="RTO of this drill instead of the database's.")
    rpo_seconds: float | None = Field(default=None, ge=0, description="RPO of this drill instead of the database's.")
    peer_region: str = Field(
        default="", description="Region where the standby is expected; that of the tag `recovery-region` if empty."
    )
    contacts: list[str] = Field(default=[], description="Whom to call, beside the contacts of the database.")
    ignore_warnings: list[str] = Field(
        default=[], description="Prechecks in spite of which the drill acts; it cannot pass then, and its report says so."
    )
    moving_tables: list[str] = Field(
        default=[], description="Tables, `OWNER.NAME`, that are written to all the time: only their rows are counted."
    )
    make_heartbeat_table: bool = Field(default=False, description="Whether the drill may make the table of heartbeats.")
    accept_less_protection: bool = Field(
        default=False, description="Whether no other standby need protect the database while its standby is a snapshot."
    )
    heartbeat_seconds: float = Field(default=1, gt=0, description="Between two heartbeats.")
    poll_seconds: float = Field(default=0, ge=0, description="Between two looks at the cloud; 0: a 60th of the RTO, 1 to 15 s.")
    longest_seconds: float = Field(default=0, ge=0, description="Of any wait; 0: four times the RTO, and two hours at least.")
    sql_timeout_seconds: float = Field(default=30, gt=0, description="Of a statement.")
    clone_compute_count: float = Field(default=2, ge=2, description="ECPUs of a clone.")
    clone_secret_id: str = Field(
        default="", description="OCID of a vault secret with the password of the clone's ADMIN; one that nobody knows if empty."
    )
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")

    def wanted(self) -> Wanted:
        """For the work."""
        return Wanted(
            self.database, self.type, self.standby, self.resume, self.rto_seconds, self.rpo_seconds, self.peer_region, self.by,
            {
                "confirm": self.confirm,
                "contacts": tuple(self.contacts),
                "ignore": tuple(self.ignore_warnings),
                "moving": tuple(self.moving_tables),
                "make_table": self.make_heartbeat_table,
                "less_protection": self.accept_less_protection,
                "self_test": self.self_test,
                "heartbeat_seconds": self.heartbeat_seconds,
                "poll_seconds": self.poll_seconds,
                "longest_seconds": self.longest_seconds,
                "sql_timeout_seconds": self.sql_timeout_seconds,
                "clone_compute_count": self.clone_compute_count,
                "clone_secret_id": self.clone_secret_id or None,
            },
        )  # fmt: skip


@dg.op(
    description="Plans a drill; with `mode: apply` rehearses it, measures RTO and RPO, compares every table, goes back, reports.",
    pool="recovery_drills",
)
def rehearse_recovery(
    context: dg.OpExecutionContext,
    config: DrillConfig,
    lake: dg.ResourceParam[Lake],
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    report_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
    database_sessions: dg.ResourceParam[SqlSessions],
    database_metrics: dg.ResourceParam[DatabaseMetrics],
    alarm_states: dg.ResourceParam[AlarmStates],
) -> None:
    """Plan, print the plan, and rehearse only if told to. A run that was cut off goes on where it was when it is tried again."""
    with errors_classified():
        journal = Journal(lake, JOURNAL, context.run_id, config.by)
        world = World(autonomous_databases, database_sessions, alarm_states, database_metrics, cloud_clock, journal)
        root = context.run.root_run_id or context.run_id
        rehearsal = Rehearsal(world, lake, inputs_store, report_store, context.run_id, root, context.log.info)
        wanted = config.wanted()
        if config.mode == "plan":
            context.add_output_metadata(_planned(context, rehearsal, wanted))
            return
        done = rehearse(rehearsal, wanted)
        context.add_output_metadata(done.metadata() | {"timeline": picture("timeline", done.chart)})
        context.log.info("verdict: %s. %s", done.verdict.total, "; ".join(done.verdict.reasons))
        if done.self_test:
            if not self_test_caught(done.verdict, done.self_test):
                said = f"the self-test spoilt {done.self_test}, and the drill ended {done.verdict.total}"
                raise PermanentError(said, f"Read {done.report_key}: drills that do not notice this prove nothing.")
        elif done.verdict.total != "pass":
            said = f"the drill ended {done.verdict.total}: {'; '.join(done.verdict.reasons)}"
            raise PermanentError(said, done.next_step or f"Read {done.report_key}.")


def _planned(context: dg.OpExecutionContext, rehearsal: Rehearsal, wanted: Wanted) -> dict[str, Any]:
    if wanted.resume:
        raise BadInput("a drill is resumed with mode: apply", "Leave `resume` empty for a plan.")
    database, standby = rehearsal.found(wanted)
    way = way_of(wanted, database)
    order = order_for(rehearsal, wanted, database, standby, way)
    shown = markdown_table(pl.DataFrame(plan_table(plan(order.kind, order.way))), limit=100)
    context.log.info("plan of a %s of %s\n%s", order.kind, database.display_name, shown.md_str)
    return {
        "mode": "plan",
        "database": f"{database.display_name} in {database.region}",
        "plan": shown,
        "warning": WARNINGS[order.kind],
        "will_be_refused": _missing(database, way) or "not for want of a standby; the prechecks look at the rest",
        "rto_objective_seconds": order.rto_seconds,
        "rpo_objective_seconds": order.rpo_seconds,
        "objectives": order.objectives,
    }


def _missing(database: AutonomousDatabase, way: Way) -> str:
    """What the database would have to have for this drill; empty if it has it."""
    if way == "copy" or any(standby.kind == way for standby in database.standbys):
        return ""
    return f"{database.display_name} has no {way} standby: set one up with the job `standbys`, or rehearse on a clone"


@dg.job(
    description="Rehearses how a database comes back: switchover, failover, or a copy that disturbs nobody. Measures RTO and "
    "RPO, compares every table, goes back, and leaves sealed evidence; only plans unless told to apply.",
    run_tags={"domain": "recovery"},
)
def dr_drill() -> None:
    """Plan, or rehearse, a recovery."""
    rehearse_recovery()


drill_results = dg.define_asset_job(
    "drill_results",
    selection=dg.AssetSelection.assets(["recovery", "drill_results"]),
    run_tags={"domain": "recovery"},
    description="Looks which databases were rehearsed lately; changes nothing.",
)
JOBS = (dr_drill, drill_results)
