"""FinOps schedules."""

import dagster as dg

from jobs.actions import finops_actions
from jobs.finops import finops_intake, finops_oci_usage, finops_utilisation

finops_intake_schedule = dg.ScheduleDefinition(
    name="finops_intake_schedule",
    job=finops_intake,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Lists the whole store once a day: finds what a sensor cannot see, such as a file copied in with an old date.",
)
finops_actions_schedule = dg.ScheduleDefinition(
    name="finops_actions_schedule",
    job=finops_actions,
    cron_schedule="*/15 * * * *",
    execution_timezone="UTC",
    run_config={"ops": {"carry_out_actions": {"config": {"mode": "apply"}}}},
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Carries out what people approved, and lets timetables turn. Deletes nothing. Off until somebody turns it on.",
)
finops_oci_usage_schedule = dg.ScheduleDefinition(
    name="finops_oci_usage_schedule",
    job=finops_oci_usage,
    cron_schedule="0 6 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Holds the cost reports against OCI's Usage API once a day. Off until somebody turns it on: it needs a tenancy.",
)
finops_utilisation_schedule = dg.ScheduleDefinition(
    name="finops_utilisation_schedule",
    job=finops_utilisation,
    cron_schedule="15 6 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Reads once a day what machines and databases use, before the clouds forget it. "
    "Off until somebody turns it on: it needs credentials, and CloudWatch charges for it.",
)
SCHEDULES = (finops_intake_schedule, finops_actions_schedule, finops_oci_usage_schedule, finops_utilisation_schedule)
