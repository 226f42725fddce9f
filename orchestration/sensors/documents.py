"""Documents sensor: new and rewritten files are taken in, in batches."""

from hashlib import sha256

import dagster as dg

from assets.documents.source_documents import Arrivals
from jobs.documents import documents_refresh
from orchestration.arrivals import Cursor, new_arrivals
from resources.object_store import NotConfigured, ObjectStore

_BATCH = 500
"""Objects that one run takes in at most; the rest follows with the next tick."""


@dg.sensor(job=documents_refresh, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def documents_arrivals(context: dg.SensorEvaluationContext, documents_store: ObjectStore) -> dg.SensorResult:
    """Requests one run for the documents that are new or rewritten since the last tick; what is gone, the schedule notices."""
    if isinstance(documents_store, NotConfigured):
        return dg.SensorResult(skip_reason=documents_store.advice, cursor=context.cursor)
    before = Cursor.from_json(context.cursor)
    batch, after = new_arrivals(before, documents_store.list_objects(), limit=_BATCH)
    if not batch:
        return dg.SensorResult(skip_reason="no new or rewritten document", cursor=after.to_json())
    keys = [o.key for o in batch if o.key.isascii() or o.key == o.key.encode("utf-8", "replace").decode()]
    if not keys:
        return dg.SensorResult(skip_reason="only names that are not valid UTF-8; the schedule tells them", cursor=after.to_json())
    identities = "\n".join(f"{o.key}@{o.etag}" for o in batch)
    request = dg.RunRequest(
        run_key=sha256(identities.encode("utf-8", "surrogatepass")).hexdigest()[:24],
        run_config=dg.RunConfig(ops={"documents__source_documents": Arrivals(object_keys=keys)}),
        tags={"cloudops/arrivals": str(len(keys))},
    )
    return dg.SensorResult(run_requests=[request], cursor=after.to_json())


SENSORS = (documents_arrivals,)
