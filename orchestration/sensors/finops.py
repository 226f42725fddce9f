"""FinOps sensors: new billing files are inspected in batches, and the days that they change are brought up to date."""

from datetime import date
from hashlib import sha256

import dagster as dg

from assets.finops.billing_files import Arrivals
from assets.finops.partitions import range_tags
from jobs.finops import finops_days, finops_intake
from orchestration.arrivals import Cursor, new_arrivals
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
        run_config=dg.RunConfig(ops={"finops__billing_files": Arrivals(keys=[o.key for o in batch])}),
        tags={"cloudops/arrivals": str(len(batch))},
    )
    return dg.SensorResult(run_requests=[request], cursor=after.to_json())


@dg.sensor(job=finops_days, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def billing_days(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Requests the days that inspections of billing files found changed, one run per range.

    Every inspection since the last tick is looked at, not the newest alone: each knows other days.
    """
    records = context.instance.fetch_materializations(
        dg.AssetRecordsFilter(
            asset_key=dg.AssetKey(["finops", "billing_files"]), after_storage_id=int(context.cursor) if context.cursor else None
        ),
        limit=_INSPECTIONS,
        ascending=True,
    ).records
    if not records:
        return dg.SensorResult(skip_reason="no inspection since the last tick")
    requests = [
        dg.RunRequest(run_key=f"{record.storage_id}:{first}:{last}", tags=range_tags(first, last))
        for record in records
        if record.asset_materialization
        for first, last in days_changed(record.asset_materialization)
    ]
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else "the inspections changed no day",
        cursor=str(records[-1].storage_id),
    )


def days_changed(materialization: dg.AssetMaterialization) -> list[tuple[date, date]]:
    """The ranges of days in the metadata of a materialization of `finops/billing_files`."""
    value = materialization.metadata["days_changed"]
    if not isinstance(value, dg.JsonMetadataValue) or not isinstance(value.data, list):
        return []
    return [(date.fromisoformat(str(first)), date.fromisoformat(str(last))) for first, last in value.data]


SENSORS = (billing_arrivals, billing_days)
