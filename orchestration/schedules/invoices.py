"""Invoices schedules."""

import dagster as dg

from jobs.invoices import invoices_from_stream, invoices_refresh, payment_model_retrain
from resources.object_store import NotConfigured, ObjectStore


@dg.schedule(
    job=invoices_refresh,
    cron_schedule="40 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Lists the whole store once an hour: finds what a sensor cannot see, such as a file that was deleted, "
    "and takes in what people corrected.",
)
def invoices_refresh_schedule(invoices_store: dg.ResourceParam[ObjectStore]) -> dg.RunRequest | dg.SkipReason:
    """A run, if a place of invoices was named."""
    if isinstance(invoices_store, NotConfigured):
        return dg.SkipReason(invoices_store.advice)
    return dg.RunRequest()


payment_model_retrain_schedule = dg.ScheduleDefinition(
    name="payment_model_retrain_schedule",
    job=payment_model_retrain,
    cron_schedule="10 5 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Learns the payment model anew on Mondays; it takes over only if it predicts better.",
)
invoices_from_stream_schedule = dg.ScheduleDefinition(
    name="invoices_from_stream_schedule",
    job=invoices_from_stream,
    cron_schedule="* * * * *",
    execution_timezone="UTC",
    description="Follows the stream of arrivals; to be turned on where one is named.",
)
SCHEDULES = (invoices_refresh_schedule, payment_model_retrain_schedule, invoices_from_stream_schedule)
