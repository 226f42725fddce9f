"""The asset of drills: which databases were rehearsed lately."""

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.inventory import inventory
from assets.recovery import tables
from assets.recovery.drilling.records import drills
from assets.recovery.logic.drills.standing import needs_drills, standing
from assets.recovery.policy_files import objectives_in_force
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.lake import Lake
from resources.object_store import ObjectStore

_CHECK = "every_production_database_has_a_passed_drill"


@dg.asset(
    key=["recovery", "drill_results"],
    group_name="recovery",
    owners=["team:dba"],
    kinds={"deltalake"},
    metadata=table_metadata(tables.DRILL_RESULTS),
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=["recovery", "drill_results"],
            description="Each database of production, or of no environment, has a drill that passed and is not too old.",
        )
    ],
)
def drill_results(
    lake: Lake, cloud_clock: Clock, inputs_store: ObjectStore, autonomous_databases: AutonomousDatabases
) -> dg.MaterializeResult:
    """Whether each database was rehearsed lately, by its last drill and the last one that passed.

    One row per database that is no standby. Objectives say how old a passed drill may be. Self-tests do not count.
    """
    with errors_classified():
        listed = inventory(autonomous_databases)
        objectives = objectives_in_force(inputs_store)
        past, now = drills(lake), cloud_clock.now()
        rows = []
        for database in (d for d in listed.databases if d.role in (None, "PRIMARY")):
            every = objectives.objectives(database, "copy").drill_every_days
            found = standing(past.filter(pl.col("database_id") == database.id).to_dicts(), every, now)
            last = found.last or {}
            rows.append(
                {
                    "database_id": database.id,
                    "database_name": database.display_name,
                    "region": database.region,
                    "environment": database.environment,
                    "is_due": needs_drills(database),
                    "state": found.state,
                    "every_days": every,
                    "passed_at": found.passed_at,
                    "due_at": found.due_at,
                    "last_drill_id": last.get("drill_id"),
                    "last_verdict": last.get("verdict"),
                    "rto_seconds": last.get("rto_seconds"),
                    "rpo_seconds": last.get("rpo_seconds"),
                    "seen_at": now,
                }
            )
        frame = pl.DataFrame(rows, schema=tables.DRILL_RESULTS.schema)
        lake.replace(tables.DRILL_RESULTS, frame, where=None)
    due = frame.filter("is_due")
    bad = due.filter(pl.col("state") != "proven")
    return dg.MaterializeResult(
        metadata={
            "databases": len(frame),
            "due": len(due),
            "proven": len(due) - len(bad),
            "not_listed": dg.MetadataValue.json(dict(listed.failures)),
            "not_proven": markdown_table(bad.select("database_name", "region", "state", "passed_at", "last_verdict")),
        },
        check_results=[_checked(bad, dict(listed.failures))],
    )


def _checked(bad: pl.DataFrame, failures: dict[str, str]) -> dg.AssetCheckResult:
    """The check; what could not be listed may hold databases that were never rehearsed."""
    said = [f"{row['database_name']}: {row['state']}" for row in bad.to_dicts()]
    said += [f"unknown: {where} could not be listed ({why})" for where, why in sorted(failures.items())]
    return dg.AssetCheckResult(
        check_name=_CHECK, passed=not said, description="; ".join(said[:20]) or "all of them", metadata={"not_proven": len(bad)}
    )
