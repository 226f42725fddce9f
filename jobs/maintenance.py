"""Upkeep: what Dagster and the lake would otherwise keep for ever.

Runs and their events have no retention of their own in Dagster; `maintenance_retention` is it. Old ticks of
schedules and sensors are purged by Dagster itself, as `retention` in the dagster.yaml of the deployment says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import dagster as dg
from pydantic import Field

from assets.documents import tables as documents
from assets.finops import tables as finops
from assets.fleet import tables as fleet
from assets.invoices import tables as invoices
from assets.layers import tables as layers
from assets.recovery import tables as recovery
from resources.clock import Clock
from resources.lake import Lake
from resources.metrics_sink import CUSTOM_METRICS

_SYSTEMS = (finops, documents, invoices, fleet, recovery, layers)


class RetentionConfig(dg.Config):
    """How long finished runs are kept. Runs in progress are never touched, however old."""

    keep_success_days: int = Field(default=30, ge=1, description="Days to keep runs that succeeded, from their end.")
    keep_failure_days: int = Field(
        default=90, ge=1, description="Days to keep runs that failed or were canceled, from their end."
    )
    batch: int = Field(default=100, ge=1, description="Runs to look up, and to delete, at a time.")
    dry_run: bool = Field(default=False, description="Only say what would be deleted.")


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What a retention run is going to do.

    Attributes:
        succeeded: Ids of runs that succeeded and are to be deleted.
        failed: Ids of runs that failed or were canceled and are to be deleted.
        kept_as_current: How many old runs stay because an asset's current state lies in their events.
    """

    succeeded: tuple[str, ...]
    failed: tuple[str, ...]
    kept_as_current: int

    @property
    def run_ids(self) -> tuple[str, ...]:
        """All runs to be deleted."""
        return self.succeeded + self.failed


def plan_retention(instance: dg.DagsterInstance, now: datetime, config: RetentionConfig) -> RetentionPlan:
    """Decide what to delete; reads only.

    Deleting a run deletes its materializations (`EventLogStorage.delete_events`): a partition that loses its
    latest one would count as missing and be computed again. So a run that holds the latest materialization of
    any asset or partition stays.
    """
    status = dg.DagsterRunStatus
    succeeded = list(_ended(instance, [status.SUCCESS], now - timedelta(days=config.keep_success_days), config))
    failed = list(
        _ended(
            instance,
            [status.FAILURE, status.CANCELED],
            now - timedelta(days=config.keep_failure_days),
            config,
        )
    )
    current = {run_id for run_id in (*succeeded, *failed) if _holds_current_state(instance, run_id)}
    return RetentionPlan(
        succeeded=tuple(run_id for run_id in succeeded if run_id not in current),
        failed=tuple(run_id for run_id in failed if run_id not in current),
        kept_as_current=len(current),
    )


def _ended(
    instance: dg.DagsterInstance,
    statuses: Sequence[dg.DagsterRunStatus],
    before: datetime,
    config: RetentionConfig,
) -> Iterator[str]:
    # The last update of a finished run is its end; its start may be long before.
    filters = dg.RunsFilter(statuses=list(statuses), updated_before=before)
    cursor = None
    while page := instance.get_run_ids(filters, cursor=cursor, limit=config.batch):
        yield from page
        cursor = page[-1]


def _holds_current_state(instance: dg.DagsterInstance, run_id: str) -> bool:
    made = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records
    for record in made:
        materialization = record.asset_materialization
        if materialization is None:
            continue
        partition = materialization.partition
        latest = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=materialization.asset_key, asset_partitions=[partition] if partition else None),
            limit=1,
        ).records
        if latest and latest[0].run_id == run_id:
            return True
    return False


@dg.op(description="Deletes finished runs that are older than their retention, with their events.")
def delete_old_runs(context: dg.OpExecutionContext, config: RetentionConfig, clock: dg.ResourceParam[Clock]) -> None:
    """Plan, then delete in batches with one journal line each; a repeat plans anew."""
    plan = plan_retention(context.instance, clock.now(), config)
    context.log.info(
        f"plan: delete {len(plan.succeeded)} runs that succeeded and {len(plan.failed)} that failed or were"
        f" canceled; keep {plan.kept_as_current} old runs that hold the current state of an asset"
    )
    deleted = 0
    for start in range(0, 0 if config.dry_run else len(plan.run_ids), config.batch):
        batch = plan.run_ids[start : start + config.batch]
        for run_id in batch:
            context.instance.delete_run(run_id)
        deleted += len(batch)
        context.log.info(f"deleted {deleted} of {len(plan.run_ids)}: {', '.join(batch)}")
    context.add_output_metadata(
        {
            "planned_success": len(plan.succeeded),
            "planned_failure": len(plan.failed),
            "kept_as_current": plan.kept_as_current,
            "deleted": deleted,
            "dry_run": config.dry_run,
        }
    )


@dg.job(
    description="Deletes old runs and their events, which Dagster itself never does.",
    run_tags={"domain": "maintenance"},
)
def maintenance_retention() -> None:
    """Delete finished runs that are older than their retention."""
    delete_old_runs()


class LakeUpkeep(dg.Config):
    """How long the lake's past is kept."""

    keep_hours: int = Field(
        default=168, ge=1, description="Hours for which every version of a table stays readable. More than any write takes."
    )


@dg.op(description="Merges small data files and deletes those that no recent version needs.", pool="finops_intake")
def tidy_lake(context: dg.OpExecutionContext, config: LakeUpkeep, lake: dg.ResourceParam[Lake]) -> None:
    """Compact, then vacuum, each table; readers and their results are not disturbed."""
    deleted = {}
    for table in (*(table for system in _SYSTEMS for table in system.TABLES), CUSTOM_METRICS):
        lake.compact(table)
        deleted[table.name] = lake.vacuum(table, keep_hours=config.keep_hours)
        context.log.info(f"{table.name}: merged small files, deleted {deleted[table.name]} old ones")
    context.add_output_metadata({"deleted_files": dg.MetadataValue.json(deleted)})


@dg.job(
    description="Merges small data files of the lake and deletes what no recent version of a table needs.",
    run_tags={"domain": "maintenance"},
)
def maintenance_lake() -> None:
    """Keep the lake's tables quick to read and their past bounded."""
    tidy_lake()
