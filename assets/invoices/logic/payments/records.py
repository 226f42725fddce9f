"""The facts that payments are learnt from: one row per invoice, paid or open. What follows from them belongs elsewhere."""

from collections.abc import Mapping
from datetime import date

import polars as pl

RECORDS: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "invoice_id": pl.String(),
    "party": pl.String(),
    "country": pl.String(),
    "currency": pl.String(),
    "amount": pl.Float64(),
    "issued": pl.Date(),
    "due": pl.Date(),
    "settled": pl.Date(),
    "paperless_since": pl.Date(),
}
"""Columns of a frame of payment records. `party` is who is dealt with: the vendor of a bill, the customer of an own invoice.
Only `invoice_id` (unique), `party` and `issued` are always known; a null `settled` says that the invoice is open. `amount` is a
float because it is only compared here, never summed."""

_REQUIRED = ("invoice_id", "party", "issued")


class BadRecords(ValueError):
    """The frame is no set of payment records: the message says which column or row."""


def checked(records: pl.DataFrame) -> pl.DataFrame:
    """The records with exactly the columns of `RECORDS`, by day of issue and id.

    Optional columns that are missing become null, and so does an amount that is no number.

    Raises:
        BadRecords: A column or value that must be there is not, or an id stands twice.
    """
    missing = [name for name in _REQUIRED if name not in records.columns]
    if missing:
        raise BadRecords(f"payment records need the columns {', '.join(missing)}")
    columns = [
        (pl.col(name) if name in records.columns else pl.lit(None)).cast(dtype).alias(name) for name, dtype in RECORDS.items()
    ]
    amount = pl.col("amount")
    found = records.select(columns).with_columns(amount=pl.when(amount.is_finite()).then(amount))
    for name in _REQUIRED:
        if found[name].null_count():
            raise BadRecords(f"{found[name].null_count()} payment records have no {name}")
    twice = found.filter(pl.col("invoice_id").is_duplicated())
    if twice.height:
        raise BadRecords(f"the id {twice['invoice_id'].item(0)!r} stands for more than one payment record")
    return found.sort("issued", "invoice_id")


def known_on(records: pl.DataFrame, day: date) -> pl.DataFrame:
    """The records as they were known on the morning of a day: issued before it, and settled only if before it."""
    settled = pl.when(pl.col("settled") < day).then(pl.col("settled"))
    return checked(records).filter(pl.col("issued") < day).with_columns(settled=settled)
