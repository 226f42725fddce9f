"""The assets of invoices in force: their values, line items, and every value with its place and confidence."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.in_force import bring_up_to_date
from assets.invoices.known_sellers import known_sellers
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.tables import Table

_INVOICES, _ITEMS, _VALUES = (dg.AssetKey(["invoices", name]) for name in ("invoices", "line_items", "field_values"))
_AGREE, _WHOLE, _SAID = "accepted_amounts_agree", "every_reading_is_there", "every_correction_has_its_invoice"


def _spec(table: Table, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        table.name.split("/"),
        deps=[["invoices", name] for name in ("source_invoices", "corrections", "confidence_model")],
        group_name="invoices",
        owners=["team:accounts-payable"],
        kinds={"python", "deltalake"},
        description=description,
        metadata=table_metadata(table),
    )


@dg.multi_asset(
    name="invoices_in_force",
    specs=[
        _spec(tables.INVOICES, "Every invoice with its values, corrections included, and whether it is accepted."),
        _spec(tables.LINE_ITEMS, "Line items of all invoices."),
        _spec(tables.FIELD_VALUES, "Every value with its page, box, candidates and confidence."),
    ],
    pool="invoices_in_force",
    check_specs=[
        dg.AssetCheckSpec(
            _AGREE,
            asset=_INVOICES,
            description="Of every accepted invoice the amounts agree, or a person said what the total is.",
        ),
        dg.AssetCheckSpec(_SAID, asset=_INVOICES, description="What people said of files that are there is in force."),
        dg.AssetCheckSpec(_WHOLE, asset=_INVOICES, description="What was read of every file could be used."),
    ],
)
def invoices_in_force(
    context: dg.AssetExecutionContext, lake: Lake, clock: Clock, inputs_store: dg.ResourceParam[ObjectStore]
) -> Iterator[dg.MaterializeResult]:
    """Bring the three tables to what was read and what people said; only files of which something changed are written."""
    with errors_classified():
        brought = bring_up_to_date(lake, clock, known_sellers(inputs_store))
        invoices = lake.scan(tables.INVOICES).collect()
        values = lake.scan(tables.FIELD_VALUES).filter(pl.col("part") == "head").select("accepted", "confidence").collect()
        lost = without_invoice(lake)
        items = lake.scan(tables.LINE_ITEMS).select(pl.len()).collect().item()
    context.log.info("%s", brought)
    accepted = invoices.filter(pl.col("status") == "accepted")
    unseen = (pl.col("reconciled") == False) & ~pl.col("corrected").list.contains("grand_total")  # noqa: E712
    disagreeing = accepted.filter(unseen).select("source_key", "invoice_number", "seller")
    yield dg.MaterializeResult(
        asset_key=_INVOICES,
        metadata={
            "dagster/row_count": len(invoices),
            "files_written": brought.written,
            "files_removed": brought.removed,
            "accepted": len(accepted),
            "accepted_share": len(accepted) / len(invoices) if len(invoices) else None,
            "repaired": int(invoices["repaired"].list.len().sum() or 0),
            "corrected": int(invoices["corrected"].list.len().sum() or 0),
            "money": markdown_table(money(invoices)),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_AGREE,
                asset_key=_INVOICES,
                passed=disagreeing.is_empty(),
                metadata={"invoices": markdown_table(disagreeing)},
            ),
            dg.AssetCheckResult(
                check_name=_SAID,
                asset_key=_INVOICES,
                passed=lost.is_empty(),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"corrections": markdown_table(lost)},
            ),
            dg.AssetCheckResult(
                check_name=_WHOLE,
                asset_key=_INVOICES,
                passed=not brought.unread,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"files": list(brought.unread)},
            ),
        ],
    )
    yield dg.MaterializeResult(asset_key=_ITEMS, metadata={"dagster/row_count": items})
    judged, sure = int(values["confidence"].is_not_null().sum()), int(values["accepted"].sum() or 0)
    yield dg.MaterializeResult(
        asset_key=_VALUES,
        metadata={
            "head_values": len(values),
            "judged_share": judged / len(values) if len(values) else None,
            "accepted_share": sure / len(values) if len(values) else None,
        },
    )


def without_invoice(lake: Lake) -> pl.DataFrame:
    """Corrections of files that are there, whose invoice is not: their page belongs to another one now."""
    files = lake.scan(tables.SOURCE_INVOICES).filter(pl.col("state") == "read")
    alive = files.select("source_key", file=pl.col("content_hash").str.head(32)).unique("file", keep="first")
    said = lake.scan(tables.CORRECTIONS).join(lake.scan(tables.INVOICES), on="invoice_id", how="anti")
    lost = said.with_columns(file=pl.col("invoice_id").str.head(32)).join(alive, on="file")
    return lost.sort("invoice_id", "revision").select("source_key", "invoice_id", "field", "value", "by").collect()


def money(invoices: pl.DataFrame) -> pl.DataFrame:
    """Invoices and their totals by currency; what has no known total is counted, and what has no currency is not summed."""
    sign = pl.when(pl.col("document_type") == "credit_note").then(-pl.col("grand_total").abs()).otherwise(pl.col("grand_total"))
    return (
        invoices.group_by("currency")
        .agg(
            pl.len().alias("invoices"),
            pl.when(pl.col("currency").first().is_not_null() & sign.is_not_null().any()).then(sign.sum()).alias("total"),
            pl.col("grand_total").is_null().sum().alias("total_unknown"),
        )
        .sort("currency", nulls_last=True)
    )


corrections = dg.AssetSpec(
    tables.CORRECTIONS.name.split("/"),
    group_name="invoices",
    owners=["team:accounts-payable"],
    kinds={"deltalake"},
    description="What people said of values on the review page.",
    metadata=table_metadata(tables.CORRECTIONS),
)
