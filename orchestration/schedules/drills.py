"""Schedules of recovery drills."""

from collections.abc import Iterator

import dagster as dg

from assets.recovery.logic.drills.calendar import KEY, scheduled
from jobs.recovery import dr_drill, drill_results
from orchestration.schedules.asking import run_if_configured
from resources.database_service import AutonomousDatabases
from resources.errors import NotFound
from resources.object_store import ObjectStore


@dg.schedule(
    job=dr_drill,
    cron_schedule="30 2 1 * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Rehearses once a month the recovery of the databases that recovery/drills.yaml lists, on clones or snapshot "
    "standbys, which takes no database away. Off until somebody turns it on: clones are charged.",
)
def dr_drill_schedule(
    context: dg.ScheduleEvaluationContext, inputs_store: dg.ResourceParam[ObjectStore]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A run for each database that is listed."""
    try:
        listed = scheduled(inputs_store.get(KEY))
    except NotFound:
        listed = []
    if not listed:
        yield dg.SkipReason(f"{KEY} of the inputs store lists no database.")
    for config in listed:
        yield dg.RunRequest(
            run_key=f"{context.scheduled_execution_time:%Y-%m-%d}/{config['database']}/{config['type']}",
            run_config={"ops": {"rehearse_recovery": {"config": dict(config)}}},
            tags={"database": str(config["database"])},
        )


@dg.schedule(
    job=drill_results,
    cron_schedule="35 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Looks once a day which databases were rehearsed lately; its check fails for those of production that were not.",
)
def drill_results_schedule(autonomous_databases: dg.ResourceParam[AutonomousDatabases]) -> dg.RunRequest | dg.SkipReason:
    """A run, if there is a cloud to ask."""
    return run_if_configured(autonomous_databases)


SCHEDULES = (dr_drill_schedule, drill_results_schedule)
