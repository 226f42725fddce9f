"""The asset of the tie-out: invoices of cloud providers beside what the billing data has under their number."""

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.logic.cloud_invoices import tied
from resources.lake import Lake
from resources.tables import MONEY, Column, Table

_KEY = dg.AssetKey(["invoices", "cloud_invoice_tie_out"])
_TIES = "cloud_invoices_tie_out"
_CHARGES = Table(
    name="finops/cost_and_usage",
    description="Charge lines, of which this asset needs a few columns.",
    columns=(
        Column("InvoiceId", pl.String(), "Number of the invoice."),
        Column("BillingCurrency", pl.String(), "ISO 4217 code."),
        Column("BilledCost", MONEY, "Cost."),
        Column("InvoiceIssuerName", pl.String(), "Who sends the invoice."),
        Column("ProviderName", pl.String(), "Whose charges they are."),
    ),
)


@dg.asset(
    key=_KEY,
    deps=[["invoices", "invoices"], ["finops", "cost_and_usage"]],
    group_name="invoices",
    owners=["team:accounts-payable"],
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.CLOUD_INVOICE_TIE_OUT),
    check_specs=[
        dg.AssetCheckSpec(_TIES, asset=_KEY, description="No invoice of a cloud provider asks for another total than was billed.")
    ],
)
def cloud_invoice_tie_out(lake: Lake) -> dg.MaterializeResult:
    """Σ BilledCost per InvoiceId and currency, and the total of the invoice of that number; exact to half a cent."""
    with errors_classified():
        charges = lake.scan(_CHARGES).select(column.name for column in _CHARGES.columns).collect()
        found = tied(_invoices(lake, charges), charges.select("InvoiceId", "BillingCurrency", "BilledCost"))
        lake.replace(tables.CLOUD_INVOICE_TIE_OUT, found, where=None)
    wrong = found.filter(pl.col("result").is_in(["differs", "several invoices"]))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "results": markdown_table(found.group_by("result").len("invoices").sort("result")),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_TIES,
                passed=wrong.is_empty(),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"invoices": markdown_table(wrong.select("invoice_number", "currency", "difference", "result"))},
            )
        ],
    )


def _invoices(lake: Lake, charges: pl.DataFrame) -> pl.DataFrame:
    """Invoices of those that send the bills, each once: duplicates have the same total anyway."""
    issuers = {
        str(name).casefold() for name in (*charges["InvoiceIssuerName"].unique(), *charges["ProviderName"].unique()) if name
    }
    read = lake.scan(tables.INVOICES).select("seller", "invoice_number", "currency", total="grand_total").collect()
    numbers = set(charges["InvoiceId"].drop_nulls().unique())
    mine = pl.col("seller").str.to_lowercase().is_in(list(issuers)) | pl.col("invoice_number").is_in(list(numbers))
    return read.filter(mine.fill_null(value=False)).select("invoice_number", "currency", "total")
