"""Invoices sensor: files that arrive are taken in, in batches."""

from hashlib import sha256

import dagster as dg

from assets.invoices.source_invoices import InvoiceArrivals
from jobs.invoices import invoices_refresh
from orchestration.arrivals import Cursor, new_arrivals
from resources.object_store import NotConfigured, ObjectStore

_BATCH = 200
"""Objects that one run takes in at most; the rest follows with the next tick."""


@dg.sensor(job=invoices_refresh, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def invoices_arrivals(context: dg.SensorEvaluationContext, invoices_store: ObjectStore) -> dg.SensorResult:
    """Requests one run for the files that are new or rewritten since the last tick; what is gone, the schedule notices."""
    if isinstance(invoices_store, NotConfigured):
        return dg.SensorResult(skip_reason=invoices_store.advice, cursor=context.cursor)
    before = Cursor.from_json(context.cursor)
    batch, after = new_arrivals(before, invoices_store.list_objects(), limit=_BATCH)
    keys = [o.key for o in batch if o.key == o.key.encode("utf-8", "replace").decode()]
    if not keys:
        reason = "only names that are not valid UTF-8; the schedule tells them" if batch else "no new or rewritten file"
        return dg.SensorResult(skip_reason=reason, cursor=after.to_json())
    identities = "\n".join(f"{o.key}@{o.etag}" for o in batch)
    request = dg.RunRequest(
        run_key=sha256(identities.encode("utf-8", "surrogatepass")).hexdigest()[:24],
        run_config=dg.RunConfig(ops={"invoices__source_invoices": InvoiceArrivals(object_keys=keys)}),
        tags={"cloudops/arrivals": str(len(keys))},
    )
    return dg.SensorResult(run_requests=[request], cursor=after.to_json())


SENSORS = (invoices_arrivals,)
