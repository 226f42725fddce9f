"""The cases that an engine for tables learns from: one row of numbers per invoice, with what had become of it on a day."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from resources.errors import BadInput

LEAST_CASES = 50
HELD_OUT = 0.2
"""Share of the invoices, the latest, on which the errors are measured and which are not learnt from."""
_SLIGHTLY_LATE_DAYS = 7
_LONGEST = 365
"""A payment that took longer, or has a wrong date, is not to outweigh all others."""


def training_cases(rows: pl.DataFrame, features: Sequence[str], before: date) -> pl.DataFrame:
    """Invoices whose outcome was known on the morning of a day, in order of issue.

    A status is known of paid invoices with a due date, and of open ones more than 7 days past theirs, which are significantly
    late whenever they are paid.

    Returns:
        case_id (from 1), is_holdout, payment_status (null if unknown), days_to_pay (null while open), and the features.

    Raises:
        BadInput: There are too few, or a feature is not known of each.
    """
    paid = (pl.col("settled") < before).fill_null(value=False)
    over = (pl.col("settled") - pl.col("due")).dt.total_days()
    given_up = ~paid & (pl.col("due") < before - timedelta(days=_SLIGHTLY_LATE_DAYS)).fill_null(value=False)
    status = (
        pl.when(given_up | (paid & (over > _SLIGHTLY_LATE_DAYS)))
        .then(pl.lit("SIGNIFICANTLY_LATE"))
        .when(paid & (over > 0))
        .then(pl.lit("SLIGHTLY_LATE"))
        .when(paid & (over <= 0))
        .then(pl.lit("ON_TIME"))
    )
    known = (
        rows.filter(pl.col("issued") < before)
        .sort("issued", "invoice_id")
        .with_columns(payment_status=status, days_to_pay=pl.when(paid).then("days").cast(pl.Float64).clip(0, _LONGEST))
        .filter(pl.col("payment_status").is_not_null() | pl.col("days_to_pay").is_not_null())
    )
    if known["days_to_pay"].count() < LEAST_CASES:
        raise BadInput(
            f"{known['days_to_pay'].count()} invoices were paid before {before}", f"Train once {LEAST_CASES} have been paid."
        )
    lacking = [name for name in features if known[name].null_count()]
    if lacking:
        raise BadInput(f"features without a value: {', '.join(lacking)}", "Compute all features of every invoice.")
    numbers = pl.int_range(1, known.height + 1, dtype=pl.Int64)
    held_out = (numbers > round(known.height * (1 - HELD_OUT))).cast(pl.Int64)
    return known.select(case_id=numbers, is_holdout=held_out).hstack(known.select("payment_status", "days_to_pay", *features))
