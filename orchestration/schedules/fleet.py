"""Fleet schedules."""

import dagster as dg

from jobs.fleet import fleet_detection_quality, fleet_refresh

fleet_refresh_schedule = dg.ScheduleDefinition(
    name="fleet_refresh_schedule",
    job=fleet_refresh,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Looks at all databases every night. Off until somebody turns it on: it needs a tenancy with databases.",
)
fleet_detection_quality_schedule = dg.ScheduleDefinition(
    name="fleet_detection_quality_schedule",
    job=fleet_detection_quality,
    cron_schedule="0 4 * * 6",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Measures on Saturdays how well anomalies are found. Off until somebody turns it on.",
)
SCHEDULES = (fleet_refresh_schedule, fleet_detection_quality_schedule)
