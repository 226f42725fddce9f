"""Which days are still to be brought up to date, by what the instance remembers: shared by the sensor and the command line."""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from assets.finops.partitions import DAYS, ranges

_FILES = dg.AssetKey(["finops", "billing_files"])
_LAST_OF_THE_CHAIN = dg.AssetKey(["finops", "resource_costs"])
_PAGE = 1000


def inspections(instance: dg.DagsterInstance, *, after: int | None = None, limit: int = _PAGE) -> Sequence[dg.EventLogRecord]:
    """Materializations of `finops/billing_files`, oldest first, after the given storage id."""
    filtered = dg.AssetRecordsFilter(asset_key=_FILES, after_storage_id=after)
    return instance.fetch_materializations(filtered, limit=limit, ascending=True).records


def changed_days(
    instance: dg.DagsterInstance,
    *,
    today: date,
    everything: bool = False,
    records: Sequence[dg.EventLogRecord] | None = None,
) -> list[tuple[date, date]]:
    """Ranges of days that inspections found changed and that have not been materialized since.

    Looked up in the instance rather than remembered by a process, so that a killed one leaves nothing undone.
    """
    done = instance.get_latest_storage_id_by_partition(_LAST_OF_THE_CHAIN, dg.DagsterEventType.ASSET_MATERIALIZATION)
    days: set[str] = set()
    for record in _all(instance) if records is None else records:
        for first, last in _found_by(record):
            keys = DAYS.get_partition_keys_in_range(dg.PartitionKeyRange(first.isoformat(), last.isoformat()))
            days |= {key for key in keys if everything or done.get(key, -1) < record.storage_id}
    return ranges((date.fromisoformat(day) for day in days), today=today)


def _all(instance: dg.DagsterInstance) -> list[dg.EventLogRecord]:
    records: list[dg.EventLogRecord] = []
    while page := inspections(instance, after=records[-1].storage_id if records else None):
        records += page
    return records


def _found_by(record: dg.EventLogRecord) -> list[tuple[date, date]]:
    """The ranges of days in an inspection's metadata."""
    materialization = record.asset_materialization
    value = materialization.metadata.get("days_changed") if materialization else None
    if not isinstance(value, dg.JsonMetadataValue) or not isinstance(value.data, list):
        return []
    return [(date.fromisoformat(str(first)), date.fromisoformat(str(last))) for first, last in value.data]
