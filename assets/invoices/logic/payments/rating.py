"""How parties have paid, or were paid, so far: counts, rating and usual amounts on a day, from the records alone."""

from __future__ import annotations

from datetime import date

import polars as pl

from assets.invoices.logic.payments.records import known_on

PRIOR = 5.0
"""How many invoices the share of all parties is worth in a rating: half of the trust at 5 invoices, a quarter at 15."""


def ratings(records: pl.DataFrame, today: date) -> pl.DataFrame:
    """One row per party that has an invoice before today.

    The `rating`, 0 to 100, is the share of invoices paid on time, shrunk towards that of all parties as if the party had
    `PRIOR` more average invoices: (on time + PRIOR × share of all) / (judged + PRIOR). Judged is what is known to be on time or
    late on that day: paid invoices with a due date, and open ones past theirs, which are late. It is null as long as nothing can
    be judged of anybody; `judged` says how much it rests on.

    Returns:
        party, invoices, paid, open, overdue, judged, on_time, late_payments (overdue ones included), rating, mean_days,
        median_days (to payment; null before the first), first_issue, last_payment.
    """
    known = known_on(records, today)
    is_open, has_due = pl.col("settled").is_null(), pl.col("due").is_not_null()
    overdue = is_open & has_due & (pl.col("due") < today)
    late = overdue | ((pl.col("settled") > pl.col("due")) & ~is_open & has_due)
    days = (pl.col("settled") - pl.col("issued")).dt.total_days().clip(lower_bound=0)
    found = known.group_by("party").agg(
        invoices=pl.len().cast(pl.Int64),
        paid=(~is_open).sum().cast(pl.Int64),
        open=is_open.sum().cast(pl.Int64),
        overdue=overdue.sum().cast(pl.Int64),
        judged=((~is_open & has_due) | overdue).sum().cast(pl.Int64),
        on_time=(~is_open & has_due & ~late).sum().cast(pl.Int64),
        late_payments=late.sum().cast(pl.Int64),
        mean_days=days.mean(),
        median_days=days.median(),
        first_issue=pl.col("issued").min(),
        last_payment=pl.col("settled").max(),
    )
    judged = int(found["judged"].sum())
    share = int(found["on_time"].sum()) / judged if judged else None
    rating = 100 * (pl.col("on_time") + PRIOR * pl.lit(share, dtype=pl.Float64)) / (pl.col("judged") + PRIOR)
    columns = found.columns
    place = columns.index("mean_days")
    return found.with_columns(rating=rating).select(*columns[:place], "rating", *columns[place:]).sort("party")


def usual_amounts(records: pl.DataFrame, today: date) -> pl.DataFrame:
    """Amounts per party and currency before today: party, currency (null where unknown), invoices, median, least, greatest.

    Floats: they are compared with, never summed. Invoices without an amount are left out and counted as `unknown`.
    """
    amount = pl.col("amount")
    return (
        known_on(records, today)
        .group_by("party", "currency")
        .agg(
            invoices=amount.count().cast(pl.Int64),
            unknown=amount.null_count().cast(pl.Int64),
            median=amount.median(),
            least=amount.min(),
            greatest=amount.max(),
        )
        .sort("party", "currency", nulls_last=True)
    )
