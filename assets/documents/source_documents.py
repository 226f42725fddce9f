"""The asset of source documents: every file among the documents, and what became of it."""

import dagster as dg
import polars as pl
from pydantic import Field

from assets import progress
from assets.catalogue import markdown_table, table_metadata
from assets.documents import tables
from assets.documents.intake import sources_of, take_in
from assets.documents.logic.parsing import Limits
from assets.failures import errors_classified
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["documents", "source_documents"])
_READ = "every_document_can_be_read"
_USUAL = Limits()


class Arrivals(dg.Config):
    """Which objects to look at, and what reading one may cost."""

    object_keys: list[str] | None = Field(default=None, description="Keys of new objects; leave empty to list the whole store.")
    prefix: str = Field(default="", description="Only objects whose key starts so.")
    may_be_empty: bool = Field(default=False, description="Believe a store that lists nothing, and take all documents out.")
    largest_bytes: int = Field(default=_USUAL.size, ge=1, description="Larger files are quarantined.")
    most_pages: int = Field(default=_USUAL.pages, ge=1, description="PDFs with more pages are quarantined.")
    most_seconds: float = Field(default=_USUAL.seconds, gt=0, description="Files that take longer to read are quarantined.")
    most_ocr_pages: int = Field(default=_USUAL.ocr_pages, ge=0, description="Files with more scanned pages are quarantined.")

    @property
    def limits(self) -> Limits:
        """What reading one document may cost."""
        return Limits(self.largest_bytes, self.most_pages, seconds=self.most_seconds, ocr_pages=self.most_ocr_pages)


@dg.asset(
    key=_KEY,
    group_name="documents",
    owners=["team:knowledge"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.SOURCE_DOCUMENTS),
    pool="documents_intake",
    check_specs=[
        dg.AssetCheckSpec(
            _READ,
            asset=_KEY,
            description="No file is in quarantine (encrypted, damaged, too large, without text, or hostile) "
            "or could not be looked at.",
        )
    ],
)
def source_documents(
    context: dg.AssetExecutionContext,
    config: Arrivals,
    documents_store: dg.ResourceParam[ObjectStore],
    inputs_store: dg.ResourceParam[ObjectStore],
    lake: Lake,
    clock: Clock,
) -> dg.MaterializeResult:
    """The ledger of files, and in `documents/documents` the text and metadata of those in force.

    Unchanged files are skipped by the version of their object; a renamed one stays the same document; what cannot be read is in
    quarantine with the reason, and nothing else is held up by it.
    """
    with errors_classified():
        given = sources_of(documents_store, inputs_store, config.limits)
        taken = take_in(
            given, lake, clock.now(), progress.show,
            keys=config.object_keys, prefix=config.prefix, may_be_empty=config.may_be_empty,
        )  # fmt: skip
        ledger = lake.scan(tables.SOURCE_DOCUMENTS).collect()
        kinds = lake.scan(tables.DOCUMENTS).select("format", "language").collect()
    context.log.info("%s", taken)
    quarantined = ledger.filter(pl.col("state") == "quarantined").sort("source_key").select("source_key", "reason")
    refused = pl.DataFrame(sorted(taken.refused.items()), schema=quarantined.schema, orient="row")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(ledger),
            "in_force": len(ledger.filter(pl.col("state") == "in force")),
            "quarantined": len(quarantined),
            "refused": len(refused),
            "unchanged": taken.unchanged,
            "read": taken.read,
            "deleted": taken.deleted,
            **dict(sorted(taken.fates.items())),
            "formats": dg.MetadataValue.json(dict(kinds.group_by("format").len().sort("format").iter_rows())),
            "languages": dg.MetadataValue.json(
                {str(code or "unknown"): number for code, number in kinds.group_by("language").len().sort("language").iter_rows()}
            ),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_READ,
                passed=quarantined.is_empty() and refused.is_empty(),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"files": markdown_table(pl.concat([refused, quarantined]))},
            )
        ],
    )
