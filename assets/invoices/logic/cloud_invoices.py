"""Invoices of cloud providers against what the billing data says was billed under their number. Amounts are exact decimals."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

MONEY = pl.Decimal(38, 24)
HALF_A_CENT = Decimal("0.005")

TIED = pl.Schema(
    {
        "invoice_number": pl.String(),
        "currency": pl.String(),
        "invoice_total": MONEY,
        "billed_total": MONEY,
        "difference": MONEY,
        "invoices": pl.Int64(),
        "lines": pl.Int64(),
        "lines_unknown": pl.Int64(),
        "result": pl.String(),
    }
)
"""Columns of the comparison, one row per invoice number and currency. `difference` is invoice less billed."""


def tied(invoices: pl.DataFrame, billed: pl.DataFrame, tolerance: Decimal = HALF_A_CENT) -> pl.DataFrame:
    """Hold the totals of invoices that were read against Σ BilledCost per InvoiceId and currency.

    `result` is

    - `matched`: the difference is at most the tolerance (an invoice is rounded to cents, the lines are not), or `differs`,
    - `not billed`: no charge line has that number and currency, or `no invoice`: charge lines whose invoice was not read,
    - `several invoices`: the number was read more than once, with different totals,
    - `unknown number`: charge lines that name none, and invoices on which none was found,
    - `unknown`: a total or the cost of a line is not known; `difference` is null.

    Args:
        invoices: invoice_number, currency, total (a decimal; null where unknown), one row per invoice read.
        billed: InvoiceId, BillingCurrency, BilledCost, one row per charge line.
        tolerance: Greatest difference in units of the currency that is rounding.
    """
    both = ["invoice_number", "currency"]
    read = (
        invoices.select("invoice_number", "currency", pl.col("total").cast(MONEY))
        .group_by(both)
        .agg(
            invoice_total=pl.col("total").first(),
            totals=pl.col("total").n_unique(),
            invoices=pl.len().cast(pl.Int64),
        )
    )
    cost = pl.col("BilledCost").cast(MONEY)
    charged = (
        billed.select(cost, invoice_number="InvoiceId", currency="BillingCurrency")
        .group_by(both)
        .agg(
            billed_total=pl.col("BilledCost").sum(),
            lines=pl.len().cast(pl.Int64),
            lines_unknown=pl.col("BilledCost").null_count().cast(pl.Int64),
        )
    )
    joined = read.join(charged, on=both, how="full", coalesce=True, nulls_equal=True)
    counted = joined.with_columns(pl.col("invoices", "lines", "lines_unknown").fill_null(0))
    unknown = (pl.col("invoice_total").is_null() & (pl.col("invoices") > 0)) | (pl.col("lines_unknown") > 0)
    counted_once = (pl.col("totals") == 1) & (pl.col("lines") > 0) & pl.col("invoice_number").is_not_null()
    compared = counted_once & (pl.col("invoices") > 0) & ~unknown
    difference = pl.when(compared).then(pl.col("invoice_total") - pl.col("billed_total"))
    result = (
        pl.when(pl.col("invoice_number").is_null())
        .then(pl.lit("unknown number"))
        .when(pl.col("invoices") == 0)
        .then(pl.lit("no invoice"))
        .when(pl.col("totals") > 1)
        .then(pl.lit("several invoices"))
        .when(pl.col("lines") == 0)
        .then(pl.lit("not billed"))
        .when(unknown)
        .then(pl.lit("unknown"))
        .when(pl.col("difference").abs() <= pl.lit(tolerance, dtype=MONEY))
        .then(pl.lit("matched"))
        .otherwise(pl.lit("differs"))
    )
    found = counted.with_columns(difference=difference).with_columns(
        result=result,
        billed_total=pl.when((pl.col("lines") > 0) & (pl.col("lines_unknown") == 0)).then("billed_total"),
        invoice_total=pl.when(pl.col("totals") <= 1).then("invoice_total"),
    )
    return found.select(pl.col(name).cast(dtype) for name, dtype in TIED.items()).sort(both, nulls_last=True)
