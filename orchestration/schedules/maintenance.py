"""Schedules of the deployment's own upkeep."""

import dagster as dg

from jobs.maintenance import maintenance_lake, maintenance_retention

maintenance_retention_schedule = dg.ScheduleDefinition(
    name="maintenance_retention_schedule",
    job=maintenance_retention,
    cron_schedule="0 3 * * 0",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
maintenance_lake_schedule = dg.ScheduleDefinition(
    name="maintenance_lake_schedule",
    job=maintenance_lake,
    cron_schedule="30 3 * * 0",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
SCHEDULES = (maintenance_retention_schedule, maintenance_lake_schedule)
