"""The asset of delivered billing files: what arrived, what it is, and whether it is in force."""

import dagster as dg
import polars as pl
from pydantic import Field

from assets import progress
from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.finops import tables, tie_out
from assets.finops.intake.inventory import take_inventory
from assets.finops.partitions import ranges
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import ObjectStore


class Arrivals(dg.Config):
    """Which objects to inspect."""

    object_keys: list[str] | None = Field(default=None, description="Keys of new objects; leave empty to list the whole store.")
    prefix: str = Field(default="", description="Only objects whose key starts so.")


@dg.asset(
    key=["finops", "billing_files"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.BILLING_FILES),
    pool="finops_intake",
    check_specs=[
        dg.AssetCheckSpec(
            "every_billing_file_is_understood",
            asset=["finops", "billing_files"],
            description="No file that looks like billing data was refused, and no delivery lacks a file of its manifest.",
        )
    ],
)
def billing_files(
    context: dg.AssetExecutionContext, config: Arrivals, billing_store: ObjectStore, lake: Lake, clock: Clock
) -> dg.MaterializeResult:
    """Every object among the billing files, what it is, and whether it is in force.

    One row per version of an object. Formats are recognised by their header. Re-deliveries, duplicates and rewritten files are
    resolved here, whatever the order of arrival. Control totals of each file go to `finops/billing_file_totals`.
    """
    with errors_classified():
        found = take_inventory(
            billing_store, lake, clock.now(), prefix=config.prefix, keys=config.object_keys, progress=progress.show
        )
    files = found.files
    doubtful = files.filter((pl.col("result") == "refused") | (pl.col("state") == "incomplete"))
    days = ranges([*found.days, *tie_out.days_not_stored(lake)], today=clock.today())
    context.log.info("inspected %s objects; ranges of days to bring up to date: %s", len(found.inspected), len(days))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(files),
            "inspected": len(found.inspected),
            "in_force": len(files.filter(pl.col("state") == "in force")),
            "superseded": len(files.filter(pl.col("state") == "superseded")),
            "duplicates": len(files.filter(pl.col("state") == "duplicate")),
            "refused": len(files.filter(pl.col("result") == "refused")),
            "ignored": len(files.filter(pl.col("result") == "ignored")),
            "days_changed": dg.MetadataValue.json([[a.isoformat(), b.isoformat()] for a, b in days]),
            "files": markdown_table(
                files.filter(pl.col("result") == "billing").select(
                    "x_source_file", "format", "state", "rows", "first_day", "last_day"
                )
            ),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="every_billing_file_is_understood",
                passed=not len(doubtful),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"files": markdown_table(doubtful.select("x_source_file", "reason"))},
            )
        ],
    )
