"""The asset of source invoices: every file that arrived, and what became of it."""

import dagster as dg
import polars as pl
from pydantic import Field

from assets import progress
from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.intake import take_in
from assets.invoices.reading import InvoiceReader
from resources.clock import Clock
from resources.document_ai.interface import DocumentAI, Limits
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["invoices", "source_invoices"])
_READ, _HOLDS = "every_file_can_be_read", "every_file_holds_an_invoice"
_USUAL = Limits()


class InvoiceArrivals(dg.Config):
    """Which objects to look at, and what reading one may cost."""

    object_keys: list[str] | None = Field(default=None, description="Keys of new objects; leave empty to list the whole store.")
    prefix: str = Field(default="", description="Only objects whose key starts so.")
    may_be_empty: bool = Field(default=False, description="Believe a store that lists nothing, and take all invoices out.")
    largest_bytes: int = Field(default=_USUAL.size, ge=1, description="Larger files are quarantined.")
    most_pages: int = Field(default=_USUAL.pages, ge=1, description="Files with more pages are quarantined.")
    most_pixels: int = Field(default=_USUAL.pixels, ge=1, description="Files with larger pictures are quarantined.")
    most_seconds: float = Field(default=_USUAL.seconds, gt=0, description="Files that take longer to read are quarantined.")
    most_ocr_pages: int = Field(default=_USUAL.ocr_pages, ge=0, description="Files with more scanned pages are quarantined.")

    @property
    def limits(self) -> Limits:
        """What reading one file may cost."""
        return Limits(
            self.largest_bytes, self.most_pages, self.most_pixels, seconds=self.most_seconds, ocr_pages=self.most_ocr_pages
        )


@dg.asset(
    key=_KEY,
    group_name="invoices",
    owners=["team:accounts-payable"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.SOURCE_INVOICES),
    pool="invoices_intake",
    check_specs=[
        dg.AssetCheckSpec(
            _READ,
            asset=_KEY,
            description="No file is in quarantine (encrypted, damaged, too large, or hostile) or could not be looked at.",
        ),
        dg.AssetCheckSpec(_HOLDS, asset=_KEY, description="In every file that was read, at least one invoice was found."),
    ],
)
def source_invoices(
    context: dg.AssetExecutionContext,
    config: InvoiceArrivals,
    invoices_store: dg.ResourceParam[ObjectStore],
    document_ai: dg.ResourceParam[DocumentAI],
    lake: Lake,
    clock: Clock,
) -> dg.MaterializeResult:
    """The ledger of files, and in `invoices/readings` what was read of them.

    Unchanged files are skipped by the version of their object, known bytes are not read again under another name, and what
    cannot be read is in quarantine with the reason; nothing else is held up by it.
    """
    limits = config.limits
    with errors_classified(), InvoiceReader(document_ai, lake, clock, limits) as reader:
        taken = take_in(
            invoices_store, reader, lake, clock.now(), progress.show,
            limits=limits, keys=config.object_keys, prefix=config.prefix, may_be_empty=config.may_be_empty,
        )  # fmt: skip
        ledger = lake.scan(tables.SOURCE_INVOICES).collect()
    context.log.info("%s", taken)
    quarantined = ledger.filter(pl.col("state") == "quarantined").sort("source_key").select("source_key", "reason")
    refused = pl.DataFrame(sorted(taken.refused.items()), schema=quarantined.schema, orient="row")
    read = ledger.filter(pl.col("state") == "read")
    without = read.filter(pl.col("invoices") == 0).sort("source_key").select("source_key", "engine")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(ledger),
            "files": len(read),
            "invoices": int(read["invoices"].sum() or 0),
            "pages": int(read["pages"].sum() or 0),
            "pages_recognised": int(read["pages_recognised"].sum() or 0),
            "quarantined": len(quarantined),
            "refused": len(refused),
            "unchanged": taken.unchanged,
            "read": taken.read,
            "known": taken.known,
            "deleted": taken.deleted,
            "engines": dg.MetadataValue.json(dict(read.group_by("engine").len().sort("engine").iter_rows())),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_READ,
                passed=quarantined.is_empty() and refused.is_empty(),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"files": markdown_table(pl.concat([refused, quarantined]))},
            ),
            dg.AssetCheckResult(
                check_name=_HOLDS,
                passed=without.is_empty(),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"files": markdown_table(without)},
            ),
        ],
    )
