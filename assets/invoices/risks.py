"""The asset of risks: duplicates, changed accounts, one's own tax id as the seller's, and check digits that are wrong."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.intake import ledger_of
from assets.invoices.logic.corrected import corrected
from assets.invoices.logic.duplicates import PastInvoices, seen
from assets.invoices.logic.invoice import Invoice
from assets.invoices.logic.ledger import Entry
from assets.invoices.logic.risks import Risk, without_own
from assets.invoices.logic.risks import risks as risks_of
from assets.invoices.readings import analyses, extracted
from assets.invoices.rows import invoice_id
from assets.invoices.taught import corrections_by_invoice
from resources.clock import Clock
from resources.errors import NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

OWN_TAX_IDS_KEY = "invoices/own_tax_ids.txt"
"""Where one's own tax identifiers lie in the inputs store, one a line."""
_KEY = dg.AssetKey(["invoices", "risks"])
_NONE = "no_invoice_is_a_risk"


@dg.asset(
    key=_KEY,
    deps=[["invoices", "invoices"]],
    group_name="invoices",
    owners=["team:accounts-payable"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.RISKS),
    check_specs=[dg.AssetCheckSpec(_NONE, asset=_KEY, description="No invoice looks like a duplicate or a fraud.")],
)
def risks(lake: Lake, clock: Clock, inputs_store: dg.ResourceParam[ObjectStore]) -> dg.MaterializeResult:
    """Risks of every invoice in force, each held against those that were issued before it."""
    with errors_classified():
        found = pl.DataFrame(list(_rows(lake, clock, _own_tax_ids(inputs_store))), schema=tables.RISKS.schema)
        lake.replace(tables.RISKS, found, where=None)
    by_kind = found.group_by("kind").len("risks").sort("kind")
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(found), "by_kind": markdown_table(by_kind)},
        check_results=[
            dg.AssetCheckResult(
                check_name=_NONE,
                passed=found.is_empty(),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"risks": markdown_table(found.select("source_key", "kind", "says"))},
            )
        ],
    )


def _rows(lake: Lake, clock: Clock, own_tax_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    invoices = lake.scan(tables.INVOICES).sort("issue_date", "source_key", "ordinal", nulls_last=True).collect()
    ledger = ledger_of(lake)
    read, texts = _in_force(lake, clock, ledger), _texts(lake, clock, ledger)
    past = PastInvoices()
    for row in invoices.iter_rows(named=True):
        identity = {name: row[name] for name in ("invoice_id", "content_hash", "source_key")}
        for copy in row["copies"]:
            says = f"{copy} holds the same bytes as {row['source_key']}"
            yield {**identity, "kind": "duplicate", "says": says, "documents": [copy, row["source_key"]], "field": None}
        invoice = read.get(row["invoice_id"])
        if invoice is not None:
            one = seen(_named(row), invoice, texts.get(row["content_hash"], ""))
            yield from ({**identity, **_risk(found)} for found in risks_of(one, invoice, past, own_tax_ids))
            past.add(without_own(one, own_tax_ids))


def _own_tax_ids(inputs: ObjectStore) -> list[str]:
    try:
        return inputs.get(OWN_TAX_IDS_KEY).decode("utf-8", "replace").split()
    except NotFound:
        return []


def _risk(found: Risk) -> dict[str, Any]:
    return {"kind": found.kind, "says": found.says, "documents": list(found.documents), "field": found.field}


def _named(row: dict[str, Any]) -> str:
    return str(row["source_key"]) if row["ordinal"] == 1 else f"{row['source_key']} (invoice {row['ordinal']})"


def _in_force(lake: Lake, clock: Clock, ledger: dict[str, Entry]) -> dict[str, Invoice]:
    """Invoices with what people said of them, by their identity."""
    versions = {e.content_hash: e.reader_version for e in ledger.values() if e.state == "read" and e.content_hash}
    said = corrections_by_invoice(lake)
    read = {
        invoice_id(content, invoice): invoice
        for content, reading in extracted(lake, clock).many(versions).items()
        for invoice in reading.invoices
    }
    return {
        identity: corrected(invoice, {name: one.value for name, one in said.get(identity, {}).items()})
        for identity, invoice in read.items()
    }


def _texts(lake: Lake, clock: Clock, ledger: dict[str, Entry]) -> dict[str, str]:
    """What files with a single invoice say, by the hash of their bytes: texts of several would not tell them apart."""
    single = {e.content_hash for e in ledger.values() if e.state == "read" and e.content_hash and e.invoices == 1}
    rows = lake.scan(tables.READINGS).filter(pl.col("kind") == "analysis", pl.col("content_hash").is_in(list(single)))
    newest = dict(rows.sort("made_at").select("content_hash", "version").collect().iter_rows())
    return {
        content: "\n".join(page.text for page in found.pages) for content, found in analyses(lake, clock).many(newest).items()
    }
