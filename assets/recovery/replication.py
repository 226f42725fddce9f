"""The asset of how far standbys are behind: what would be lost if their primary were lost now."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.inventory import inventory
from assets.recovery import tables
from assets.recovery.checks import none_of
from assets.recovery.drilling import contents
from assets.recovery.logic.objectives import ObjectivesFile
from assets.recovery.logic.replication import BEHIND, UNKNOWN, Beat, Side, heartbeat_lag, judged, sides
from assets.recovery.policy_files import objectives_in_force
from resources.autonomous_databases import GONE, RUNNING, AutonomousDatabase
from resources.clock import Clock
from resources.database_metrics import PEER_LAG
from resources.database_service import AutonomousDatabases
from resources.errors import CloudOpsError
from resources.lake import Lake
from resources.metric_history import DatabaseMetrics
from resources.object_store import ObjectStore
from resources.sql_sessions import SqlSessions

_LOG = logging.getLogger(__name__)
_KEY = dg.AssetKey(["recovery", "replication"])
_LOOKS_BACK = timedelta(minutes=10)
_SQL_SECONDS = 20.0
_ARRIVES_WITHIN = timedelta(seconds=30)
_LOOK_SECONDS = 2.0
_KEEP_DAYS = 400


class ReplicationConfig(dg.Config):
    """What is done beside asking the service."""

    heartbeats: bool = Field(
        default=False, description="Write a heartbeat to primaries that have the table of heartbeats; else nothing is written."
    )


@dg.asset(
    key=_KEY,
    group_name="recovery",
    owners=["team:dba"],
    kinds={"oracle", "deltalake"},
    metadata=table_metadata(tables.REPLICATION),
    pool="recovery_replication",
    check_specs=[
        dg.AssetCheckSpec(
            "no_standby_is_too_far_behind",
            asset=_KEY,
            description="No standby is further behind than its database's objective (RPO) allows.",
        ),
        dg.AssetCheckSpec(
            "it_is_known_how_far_standbys_are_behind",
            asset=_KEY,
            description="Of every standby the service, Monitoring or a heartbeat tells how far it is behind.",
        ),
    ],
)
def replication(
    config: ReplicationConfig,
    lake: Lake,
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
    database_sessions: dg.ResourceParam[SqlSessions],
    database_metrics: dg.ResourceParam[DatabaseMetrics],
) -> dg.MaterializeResult:
    """How far each standby is behind now, by the service, by Monitoring, and by heartbeats where a standby can be read."""
    with errors_classified():
        objectives = objectives_in_force(inputs_store)
        found = inventory(autonomous_databases)
    rows: list[dict[str, Any]] = []
    by_id = found.by_id
    for primary in found.databases:
        if primary.role not in (None, "PRIMARY") or primary.lifecycle_state in GONE:
            continue
        there = sides(primary, by_id)
        if not there:
            continue
        now = cloud_clock.now()
        measured = _measured(database_metrics, primary, now) if any(side.kind == "remote" for side in there) else None
        beat = _beat(database_sessions, primary, cloud_clock, config.heartbeats)
        rows += [
            _row(primary, side, measured, _heartbeat(database_sessions, side, by_id, beat, cloud_clock), objectives, now)
            for side in there
        ]
    frame = pl.DataFrame(rows, schema=tables.REPLICATION.schema)
    now = cloud_clock.now()
    _keep(lake, frame, now)
    shown = frame.select(
        "database", "kind", "standby_region", "state", "lag_seconds", "heartbeat_seconds", "allowed_seconds", "said"
    )
    failures = pl.DataFrame(
        [{"database": f"all in {place}", "said": why} for place, why in found.failures.items()],
        schema={"database": pl.String, "said": pl.String},
    )
    behind, unknown = (frame.filter(pl.col("status") == name).select("database", "said") for name in (BEHIND, UNKNOWN))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(frame),
            "behind": len(behind),
            "unknown": len(unknown),
            "worst_rpo_seconds": max((row["rpo_seconds"] for row in rows if row["rpo_seconds"] is not None), default="unknown"),
            "standbys": markdown_table(shown, limit=100),
        },
        check_results=[
            none_of(behind, "no_standby_is_too_far_behind", dg.AssetCheckSeverity.ERROR, _KEY),
            none_of(pl.concat([unknown, failures]), "it_is_known_how_far_standbys_are_behind", dg.AssetCheckSeverity.WARN, _KEY),
        ],
    )


def _row(
    primary: AutonomousDatabase,
    side: Side,
    measured: float | None,
    by_heartbeat: float | None,
    objectives: ObjectivesFile,
    now: datetime,
) -> dict[str, Any]:
    allowed = objectives.objectives(primary, side.kind).rpo_seconds
    told = side.lag_seconds if side.lag_seconds is not None else measured if side.kind == "remote" else None
    lag = judged(Side(side.kind, side.id, side.region, side.lifecycle_state, told, side.recovery_type), by_heartbeat, allowed)
    return {
        "at": now, "database_id": primary.id, "database": primary.display_name, "region": primary.region,
        "environment": primary.environment, "kind": side.kind, "standby_id": side.id or "", "standby_region": side.region,
        "recovery_type": side.recovery_type, "state": side.lifecycle_state, "lag_seconds": told,
        "heartbeat_seconds": by_heartbeat, "rpo_seconds": lag.seconds, "allowed_seconds": allowed, "status": lag.status,
        "said": lag.said,
    }  # fmt: skip


def _measured(metrics: DatabaseMetrics, primary: AutonomousDatabase, now: datetime) -> float | None:
    """Lag of the standby in another region as Monitoring measured it last; None if it did not, or cannot be asked."""
    try:
        read = metrics.read(
            primary.region,
            primary.compartment_id,
            [primary.id],
            PEER_LAG,
            now - _LOOKS_BACK,
            now + PEER_LAG.every,
            PEER_LAG.every,
        )
    except CloudOpsError as error:
        _LOG.warning("%s: lag of its standby is not measured: %s", primary.display_name, error)
        return None
    return max((reading.values[-1] for reading in read if reading.values), default=None)


def _beat(sessions: SqlSessions, primary: AutonomousDatabase, clock: Clock, writes: bool) -> Beat | None:  # noqa: FBT001
    """The last heartbeat of a primary, one more written; None if it has no table of them, or does not answer."""
    if primary.lifecycle_state not in RUNNING:
        return None
    try:
        with sessions.session(primary, _SQL_SECONDS) as session:
            if not contents.has_table(session):
                return None
            number = contents.last_number(session)
            if writes:
                written = contents.write(session, number + 1, clock, "replication")
                return Beat(written.number, written.written_at)
            last = contents.heartbeats(session, number)
            return Beat(last[-1].number, last[-1].written_at) if last else None
    except CloudOpsError as error:
        _LOG.warning("%s: its heartbeats cannot be read: %s", primary.display_name, error)
        return None


def _heartbeat(
    sessions: SqlSessions, side: Side, by_id: Mapping[str, AutonomousDatabase], beat: Beat | None, clock: Clock
) -> float | None:  # fmt: skip
    """How far heartbeats show a standby to be behind; None of one that cannot be read, as most cannot.

    One that was just written is given some time to arrive.
    """
    standby = by_id.get(side.id or "")
    if beat is None or standby is None or standby.lifecycle_state not in RUNNING:
        return None
    try:
        with sessions.session(standby, _SQL_SECONDS) as session:
            while True:
                found = contents.heartbeats(session, contents.last_number(session))
                last, now = Beat(found[-1].number, found[-1].written_at) if found else None, clock.now()
                if last is None or last.number >= beat.number or now - beat.at > _ARRIVES_WITHIN:
                    return heartbeat_lag(beat, last, now)
                clock.sleep(_LOOK_SECONDS)
    except CloudOpsError:
        return None


def _keep(lake: Lake, frame: pl.DataFrame, now: datetime) -> None:
    """Add what was seen, and forget what is older than a year: a look at the same moment is written once."""
    forgotten = f"at < '{(now - timedelta(days=_KEEP_DAYS)).isoformat()}'"
    first = frame["at"].min()
    where = f"at >= '{first.isoformat()}' OR {forgotten}" if isinstance(first, datetime) else forgotten
    lake.replace(tables.REPLICATION, frame, where=where)
