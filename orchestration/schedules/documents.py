"""Documents schedules."""

import dagster as dg

from jobs.documents import documents_refresh, documents_upkeep
from resources.object_store import NotConfigured, ObjectStore


@dg.schedule(
    job=documents_refresh,
    cron_schedule="20 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Lists the whole store once an hour: finds what a sensor cannot see, such as a document that was deleted.",
)
def documents_refresh_schedule(documents_store: dg.ResourceParam[ObjectStore]) -> dg.RunRequest | dg.SkipReason:
    """A run, if a place of documents was named."""
    if isinstance(documents_store, NotConfigured):
        return dg.SkipReason(documents_store.advice)
    return dg.RunRequest()


documents_upkeep_schedule = dg.ScheduleDefinition(
    name="documents_upkeep_schedule",
    job=documents_upkeep,
    cron_schedule="30 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Measures once a day how well documents are found, how quick and in order the index is, and what people ask.",
)
SCHEDULES = (documents_refresh_schedule, documents_upkeep_schedule)
