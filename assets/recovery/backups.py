"""The assets of backups: all that there are, and what is missing; their checks name it, which alerts people."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.recovery import tables
from assets.recovery.backup_state import backup_rows, gap_rows, look
from assets.recovery.checks import none_of
from assets.recovery.policy_files import policies_in_force
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.lake import Lake
from resources.object_store import ObjectStore

_BACKUPS, _GAPS = (dg.AssetKey(["recovery", name]) for name in ("backups", "backup_gaps"))
_COMMON: dict[str, Any] = {"group_name": "recovery", "owners": ["team:dba"], "kinds": {"oracle", "deltalake"}}


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            _BACKUPS,
            description="All backups of all Autonomous Databases, as the service shows them.",
            metadata=table_metadata(tables.BACKUPS),
            **_COMMON,
        ),
        dg.AssetSpec(
            _GAPS,
            deps=[_BACKUPS],
            description="What backups lack by the policy of their database, and what of them is unknown.",
            metadata=table_metadata(tables.BACKUP_GAPS),
            **_COMMON,
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "backups_are_as_their_policies_ask",
            asset=_GAPS,
            description="No database lacks a backup, a retention, a long-term backup or a copy in another region that its policy "
            "asks for. What is missing is named.",
        ),
        dg.AssetCheckSpec(
            "everything_about_backups_is_known",
            asset=_GAPS,
            description="Every database and its backups could be listed, and a policy says what they have to be like.",
        ),
    ],
    pool="recovery_backups",
)
def backup_state(
    lake: Lake,
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
) -> Iterator[dg.MaterializeResult]:
    """Look at all backups and hold them against the policies; nothing is changed."""
    with errors_classified():
        looked = look(autonomous_databases, policies_in_force(inputs_store))
    now = cloud_clock.now()
    backups = backup_rows(looked, lake.scan(tables.BACKUPS).collect(), now)
    gaps = gap_rows(looked, now)
    lake.replace(tables.BACKUPS, backups, where=None)
    lake.replace(tables.BACKUP_GAPS, gaps, where=None)
    yield dg.MaterializeResult(
        asset_key=_BACKUPS,
        metadata={
            "dagster/row_count": len(backups),
            "databases": len(looked.subject),
            "need_none": len(looked.excused),
            "size_tb": float(backups["size_tb"].sum()),
            "types": dg.MetadataValue.json(dict(sorted(backups["type"].value_counts().iter_rows()))),
        },
    )
    told = gaps.select("database", "region", "policy", "requirement", "period", "status", "said")
    yield dg.MaterializeResult(
        asset_key=_GAPS,
        metadata={
            "dagster/row_count": len(gaps),
            "missing": int((gaps["status"] == "missing").sum()),
            "unknown": int((gaps["status"] == "unknown").sum()),
            "gaps": markdown_table(told, limit=100),
        },
        check_results=[
            none_of(
                gaps.filter(pl.col("status") == "missing"),
                "backups_are_as_their_policies_ask",
                dg.AssetCheckSeverity.ERROR,
                _GAPS,
            ),
            none_of(
                gaps.filter(pl.col("status") == "unknown"), "everything_about_backups_is_known", dg.AssetCheckSeverity.WARN, _GAPS
            ),
        ],
    )
