"""What a model says of invoices, as rows for people and tables."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.invoices.logic.payments.distribution import Distribution
from assets.invoices.logic.payments.history import History
from assets.invoices.logic.payments.model import STATUSES, PaymentModel, distribution
from assets.invoices.logic.payments.validation import interval, status_probabilities, terms_of

PREDICTIONS = pl.Schema(
    {
        "invoice_id": pl.String(),
        "on_time": pl.Float64(),
        "slightly_late": pl.Float64(),
        "significantly_late": pl.Float64(),
        "late": pl.Float64(),
        "status": pl.String(),
        "days_to_pay": pl.Float64(),
        "days_low": pl.Float64(),
        "days_high": pl.Float64(),
        "pay_date": pl.Date(),
        "pay_date_low": pl.Date(),
        "pay_date_high": pl.Date(),
        "paid_before": pl.Int64(),
    }
)
"""Columns of a prediction. Probabilities and status are null where no due date is known; a day is null if it lies more than a
year after the issue. `paid_before` counts the party's paid invoices that it knew: 0 says that it judges by others alone."""

_CHUNK = 5000
"""Invoices at a time: a distribution takes 3 KB."""


def predicted(
    model: PaymentModel, history: History, *, today: date | None = None, only: Collection[str] | None = None
) -> pl.DataFrame:
    """Predictions from what was known when each invoice was issued, see `PREDICTIONS`; in the order of the history.

    Args:
        model: A learnt model.
        history: All invoices, those asked for among them.
        today: If given, that open invoices are still open on this day is taken into account.
        only: Ids of the invoices asked for; all if None.
    """
    chosen = pl.lit(value=True) if only is None else pl.col("invoice_id").is_in(list(only))
    rows = history.rows.with_row_index("n").filter(chosen)
    parts = [_of_part(model, history, part, today) for part in rows.iter_slices(_CHUNK)]
    return pl.concat([pl.DataFrame(schema=PREDICTIONS), *parts])


def _of_part(model: PaymentModel, history: History, rows: pl.DataFrame, today: date | None) -> pl.DataFrame:
    found = distribution(model, history, rows["n"].to_numpy().astype(np.int64))
    if today is not None:
        found = still_open(found, rows, today)
    statuses = status_probabilities(found, terms_of(rows))
    low, high = interval(found)
    days = found.quantile(0.5)
    known = ~np.isnan(statuses).any(axis=1)
    best = np.where(known, np.nan_to_num(statuses).argmax(axis=1), -1)
    frame = rows.select(
        "invoice_id",
        *(_floats(name, statuses[:, n]) for n, name in enumerate(("on_time", "slightly_late", "significantly_late"))),
        _floats("late", 1 - statuses[:, 0]),
        pl.Series("status", [STATUSES[n] if n >= 0 else None for n in best], dtype=pl.String()),
        _floats("days_to_pay", days),
        _floats("days_low", low),
        _floats("days_high", high),
        *(
            (pl.col("issued") + pl.duration(days=pl.lit(_floats(name, np.floor(of + 0.5))))).alias(name)
            for name, of in (("pay_date", days), ("pay_date_low", low), ("pay_date_high", high))
        ),
        pl.col("paid_count").exp().sub(1).round().cast(pl.Int64).alias("paid_before"),
    )
    return frame.cast(PREDICTIONS)


def still_open(found: Distribution, rows: pl.DataFrame, today: date) -> Distribution:
    """The distributions given that what has not been paid before today is open; of paid invoices they stay as they were."""
    age = (pl.lit(today) - pl.col("issued")).dt.total_days() - 1
    is_open = pl.col("settled").is_null() | (pl.col("settled") >= today)
    ages = rows.select(pl.when(is_open & (age >= 0)).then(age).cast(pl.Float64)).to_series().fill_null(np.nan).to_numpy()
    waiting = ~np.isnan(ages)
    within = found.within.copy()
    within[waiting] = Distribution(found.within[waiting]).given_open(ages[waiting]).within
    return Distribution(within)


def _floats(name: str, values: NDArray[np.float64]) -> pl.Series:
    return pl.Series(name, values, nan_to_null=True)
