"""FinOps schedules."""

import dagster as dg

from jobs.finops import finops_intake

finops_intake_schedule = dg.ScheduleDefinition(
    name="finops_intake_schedule",
    job=finops_intake,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Lists the whole store once a day: finds what a sensor cannot see, such as a file copied in with an old date.",
)
SCHEDULES = (finops_intake_schedule,)
