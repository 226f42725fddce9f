"""When timetables of databases turn."""

import dagster as dg

from jobs.fleet_scaling import fleet_scaling

fleet_scaling_schedule = dg.ScheduleDefinition(
    name="fleet_scaling_schedule",
    job=fleet_scaling,
    cron_schedule="*/15 * * * *",
    execution_timezone="UTC",
    run_config={"ops": {"turn_timetables": {"config": {"mode": "apply"}}}},
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Lets the timetables of databases turn. Protected ones are only made larger. Off until somebody turns it on.",
)
SCHEDULES = (fleet_scaling_schedule,)
