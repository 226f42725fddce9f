"""Fleet schedules."""

import dagster as dg

from jobs.fleet import fleet_detection_quality, fleet_refresh, fleet_report
from orchestration.schedules.asking import run_if_configured
from resources.database_service import AutonomousDatabases


@dg.schedule(
    job=fleet_refresh,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Looks at all databases every night.",
)
def fleet_refresh_schedule(autonomous_databases: dg.ResourceParam[AutonomousDatabases]) -> dg.RunRequest | dg.SkipReason:
    """A run, if there is a cloud to ask."""
    return run_if_configured(autonomous_databases)


@dg.schedule(
    job=fleet_report,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Writes the fleet report every morning, after another look at all databases.",
)
def fleet_report_schedule(autonomous_databases: dg.ResourceParam[AutonomousDatabases]) -> dg.RunRequest | dg.SkipReason:
    """A run, if there is a cloud to ask."""
    return run_if_configured(autonomous_databases)


@dg.schedule(
    job=fleet_detection_quality,
    cron_schedule="0 4 * * 6",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Measures on Saturdays how well anomalies are found in the fleet's own metrics.",
)
def fleet_detection_quality_schedule(
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
) -> dg.RunRequest | dg.SkipReason:
    """A run, if there is a cloud to ask."""
    return run_if_configured(autonomous_databases)


SCHEDULES = (fleet_refresh_schedule, fleet_report_schedule, fleet_detection_quality_schedule)
