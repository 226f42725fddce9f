"""The proof that nothing was lost: control totals of the files against what the lake and the quarantine hold."""

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

KEYS = ("x_delivery_id", "x_source_file", "x_charge_date", "BillingCurrency", "InvoiceId")


def differences(control: pl.DataFrame, stored: pl.DataFrame, quarantined: pl.DataFrame) -> pl.DataFrame:
    """Where rows or money do not tie out, per file, day, currency and invoice.

    Args:
        control: `KEYS`, `rows`, `BilledCost`: what the files hold, from their raw text.
        stored: The same, read back from the lake.
        quarantined: The same, read back from the quarantine.

    Returns:
        One row per difference: `KEYS`, `rows_in_file`, `money_in_file`, `rows_accounted`, `money_accounted`. Empty means that
        every row and every digit is accounted for.
    """
    there = _summed(control, "rows_in_file", "money_in_file")
    here = _summed(pl.concat([stored, quarantined], how="vertical_relaxed"), "rows_accounted", "money_accounted")
    figures = ("rows_in_file", "money_in_file", "rows_accounted", "money_accounted")
    both = there.join(here, on=KEYS, how="full", coalesce=True, nulls_equal=True).with_columns(pl.col(figures).fill_null(0))
    differs = (pl.col("rows_in_file") != pl.col("rows_accounted")) | (pl.col("money_in_file") != pl.col("money_accounted"))
    return both.filter(differs).sort(KEYS)


def _summed(frame: pl.DataFrame, rows: str, money: str) -> pl.DataFrame:
    return frame.group_by(KEYS).agg(pl.col("rows").cast(pl.Int64).sum().alias(rows), pl.col("BilledCost").sum().alias(money))


def by_currency(totals: pl.DataFrame) -> dict[str, Decimal]:
    """Exact sum of BilledCost per currency; records without a currency are under `unknown`."""
    summed = totals.group_by("BillingCurrency").agg(pl.col("BilledCost").sum())
    return {currency or "unknown": amount for currency, amount in sorted(summed.iter_rows(), key=lambda r: r[0] or "")}


def money_text(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """Amounts as plain decimal text without trailing zeros: for reports, metadata and JSON."""
    return {currency: plain(amount) for currency, amount in amounts.items()}


def plain(amount: Decimal) -> str:
    """Decimal text without exponent and without trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
