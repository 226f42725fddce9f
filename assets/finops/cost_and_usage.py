"""The asset of charge lines in FOCUS 1.2, and the proof that they tie out with the files."""

from datetime import date, timedelta

import dagster as dg
from pydantic import Field

from assets import progress
from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.finops import tables, tie_out
from assets.finops.intake.storing import store_lines
from assets.finops.logic.conservation import by_currency, money_text
from assets.finops.partitions import DAYS, window
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["finops", "cost_and_usage"])


class Reading(dg.Config):
    """How to treat files whose lines are stored already."""

    again: bool = Field(default=False, description="Read and store them anew, though they did not change.")


@dg.asset(
    key=_KEY,
    group_name="finops",
    owners=["team:finops"],
    kinds={"python", "deltalake", "polars"},
    metadata=table_metadata(tables.COST_AND_USAGE),
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[dg.AssetKey(["finops", "billing_files"])],
    pool="finops_intake",
    freshness_policy=dg.FreshnessPolicy.cron(deadline_cron="0 9 * * *", lower_bound_delta=timedelta(days=1), timezone="UTC"),
    check_specs=[
        dg.AssetCheckSpec(
            "every_row_and_digit_is_accounted_for",
            asset=_KEY,
            blocking=True,
            description="Per file, day, currency and invoice: rows and BilledCost of the file = stored + quarantined, exactly.",
        ),
        dg.AssetCheckSpec("no_record_is_in_quarantine", asset=_KEY, description="Every record of the files in force is a line."),
        dg.AssetCheckSpec(
            "no_cost_is_unknown", asset=_KEY, description="Every line of these days has a BilledCost; an empty one is not zero."
        ),
    ],
)
def cost_and_usage(
    context: dg.AssetExecutionContext, config: Reading, billing_store: ObjectStore, lake: Lake
) -> dg.MaterializeResult:
    """Charge lines of AWS, OCI and Azure in one table, FOCUS 1.2, always the latest truth.

    One row per charge line of every file in force. A file is stored whole, with all its days, in one commit that also drops what
    it replaces; files that are stored already are not read again, so a repeat or a backfill run a day costs little.
    """
    days = window(context)
    with errors_classified():
        stored = store_lines(billing_store, lake, days, again=config.again, progress=progress.show)
    context.log.info("read %s files, stored %s lines, dropped %s deliveries", len(stored.files), stored.rows, stored.dropped)
    proof = tie_out.prove(lake, days)
    lines = tie_out.lines_of(lake, days)
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": lines.rows,
            "lines_stored": stored.rows,
            "files_read": len(stored.files),
            "deliveries_dropped": stored.dropped,
            "billed": dg.MetadataValue.json(money_text(lines.billed)),
        },
        check_results=[
            _accounted(proof),
            _not_quarantined(lake, days),
            dg.AssetCheckResult(
                check_name="no_cost_is_unknown",
                passed=lines.without_cost == 0,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"lines_without_cost": lines.without_cost},
            ),
        ],
    )


def _accounted(proof: tie_out.Proof) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name="every_row_and_digit_is_accounted_for",
        passed=not len(proof.differences),
        metadata={
            "files": proof.files,
            "rows": int(proof.control["rows"].sum()),
            "billed_in_files": dg.MetadataValue.json(money_text(by_currency(proof.control))),
            "billed_in_the_lake": dg.MetadataValue.json(money_text(by_currency(proof.stored))),
            "differences": markdown_table(proof.differences),
        },
    )


def _not_quarantined(lake: Lake, days: tuple[date, date]) -> dg.AssetCheckResult:
    quarantined = tie_out.quarantine_of(lake, days)
    return dg.AssetCheckResult(
        check_name="no_record_is_in_quarantine",
        passed=not len(quarantined),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "records": len(quarantined),
            "first": markdown_table(quarantined.select("x_source_file", "line", "column", "value", "reason")),
        },
    )
