"""FinOps sensors: new billing files are inspected in batches, and the days that they change are brought up to date."""

from hashlib import sha256

import dagster as dg

from assets.finops.billing_files import Arrivals
from assets.finops.partitions import range_tags
from jobs.finops import finops_days, finops_intake
from orchestration.arrivals import Cursor, new_arrivals
from orchestration.pending import changed_days, inspections
from resources.clock import Clock
from resources.object_store import ObjectStore

_BATCH = 500
"""Objects that one run inspects at most; the rest follows with the next tick."""

_INSPECTIONS = 20
"""Inspections that one tick looks at; the rest follows with the next tick."""


@dg.sensor(job=finops_intake, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def billing_arrivals(context: dg.SensorEvaluationContext, billing_store: ObjectStore) -> dg.SensorResult:
    """Requests one run for the billing files that are new or rewritten since the last tick."""
    before = Cursor.from_json(context.cursor)
    batch, after = new_arrivals(before, billing_store.list_objects(), limit=_BATCH)
    if not batch:
        return dg.SensorResult(skip_reason="no new or rewritten billing file", cursor=after.to_json())
    identities = "\n".join(f"{o.key}@{o.etag}" for o in batch)
    request = dg.RunRequest(
        run_key=sha256(identities.encode()).hexdigest()[:24],
        run_config=dg.RunConfig(ops={"finops__billing_files": Arrivals(object_keys=[o.key for o in batch])}),
        tags={"cloudops/arrivals": str(len(batch))},
    )
    return dg.SensorResult(run_requests=[request], cursor=after.to_json())


@dg.sensor(job=finops_days, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def billing_days(context: dg.SensorEvaluationContext, clock: Clock) -> dg.SensorResult:
    """Requests the days that inspections of billing files found changed, one run per range.

    Every inspection since the last tick is looked at, not the newest alone: each knows other days.
    """
    records = inspections(context.instance, after=int(context.cursor) if context.cursor else None, limit=_INSPECTIONS)
    if not records:
        return dg.SensorResult(skip_reason="no inspection since the last tick")
    newest = records[-1].storage_id
    days = changed_days(context.instance, today=clock.today(), records=records)
    requests = [dg.RunRequest(run_key=f"{newest}:{first}:{last}", tags=range_tags(first, last)) for first, last in days]
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else "every day that changed is up to date",
        cursor=str(newest),
    )


SENSORS = (billing_arrivals, billing_days)
