"""Recovery schedules. What acts on databases is off until somebody turns it on: it costs money while it runs."""

import dagster as dg

from jobs.backups import backups, recovery_state
from jobs.restore_tests import restore_tests
from jobs.standbys import recovery_replication
from orchestration.schedules.asking import run_if_configured
from resources.database_service import AutonomousDatabases


@dg.schedule(
    job=recovery_state,
    cron_schedule="25 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Looks once an hour at all backups, at what they lack, and at what is proven of their restorability.",
)
def recovery_state_schedule(autonomous_databases: dg.ResourceParam[AutonomousDatabases]) -> dg.RunRequest | dg.SkipReason:
    """A run, if there is a cloud to ask."""
    return run_if_configured(autonomous_databases)


@dg.schedule(
    job=recovery_replication,
    cron_schedule="*/15 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Looks every 15 minutes how far each standby is behind.",
)
def recovery_replication_schedule(autonomous_databases: dg.ResourceParam[AutonomousDatabases]) -> dg.RunRequest | dg.SkipReason:
    """A run, if there is a cloud to ask."""
    return run_if_configured(autonomous_databases)


backups_schedule = dg.ScheduleDefinition(
    name="backups_schedule",
    job=backups,
    cron_schedule="40 1 * * *",
    execution_timezone="UTC",
    run_config={"ops": {"keep_backups": {"config": {"mode": "apply"}}}},
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Makes missing long-term backups and lengthens retentions once a day; shortens, locks and deletes nothing. Off "
    "until somebody turns it on.",
)
restore_tests_schedule = dg.ScheduleDefinition(
    name="restore_tests_schedule",
    job=restore_tests,
    cron_schedule="10 3 * * *",
    execution_timezone="UTC",
    run_config={"ops": {"prove_restores": {"config": {"mode": "apply"}}}},
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Restores the database that is due the longest to a new one every night. Off until somebody turns it on: the new "
    "database is charged while it is there.",
)


SCHEDULES = (recovery_state_schedule, recovery_replication_schedule, backups_schedule, restore_tests_schedule)
