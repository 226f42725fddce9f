"""The asset of what is proven: whether each database can be restored, when that was shown last, and how long it took."""

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.recovery import tables
from assets.recovery.backup_state import look
from assets.recovery.checks import none_of
from assets.recovery.policy_files import policies_in_force
from assets.recovery.restoring.records import past_tests, restorability_rows
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["recovery", "restorability"])


@dg.asset(
    key=_KEY,
    group_name="recovery",
    owners=["team:dba"],
    kinds={"oracle", "deltalake"},
    metadata=table_metadata(tables.RESTORABILITY),
    pool="recovery_backups",
    check_specs=[
        dg.AssetCheckSpec(
            "no_restore_failed",
            asset=_KEY,
            description="No database's last restore test failed.",
        ),
        dg.AssetCheckSpec(
            "every_database_is_proven_restorable",
            asset=_KEY,
            description="Every database whose policy asks for it was restored and verified not too long ago. One that never was "
            "is unknown, not fine.",
        ),
    ],
)
def restorability(
    lake: Lake,
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
) -> dg.MaterializeResult:
    """What restore tests have proven of each database, as of now; the job `restore_tests` carries them out."""
    with errors_classified():
        looked = look(autonomous_databases, policies_in_force(inputs_store))
    rows = restorability_rows(looked, past_tests(lake), cloud_clock.now())
    lake.replace(tables.RESTORABILITY, rows, where=None)
    failed = rows.filter(pl.col("verdict") == "fail")
    unproven = rows.filter((pl.col("verdict") == "unknown") & pl.col("every_days").is_not_null())
    told = rows.select("database", "region", "policy", "verdict", "said", "proven_at", "restore_seconds", "newest_backup_at")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            **{name: int((rows["verdict"] == name).sum()) for name in ("pass", "fail", "unknown")},
            "overdue": int(rows["overdue"].fill_null(value=False).sum()),
            "restorability": markdown_table(told, limit=100),
        },
        check_results=[
            none_of(failed, "no_restore_failed", dg.AssetCheckSeverity.ERROR, _KEY),
            none_of(unproven, "every_database_is_proven_restorable", dg.AssetCheckSeverity.WARN, _KEY),
        ],
    )
