"""Invoices of made-up parties that pay by habits of their own: what tests of payments learn from."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from assets.invoices.logic.payments.records import RECORDS

START = date(2024, 1, 1)


def receivables(parties: int = 25, each: int = 20, seed: int = 3) -> pl.DataFrame:
    """Habits from 10 to 50 days, on terms of 30 days, paperless bills 7 days faster, every third bill disputed by some."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(parties):
        habit, paperless = random.uniform(10, 50), START + timedelta(days=int(random.integers(0, 600)))
        for n in range(each):
            issued = START + timedelta(days=int(random.integers(0, 540)))
            days = habit - 7 * (paperless <= issued) + random.normal(0, 4) + 14 * (number % 2 and n % 3 == 0)
            rows.append(
                {
                    "invoice_id": f"{number}-{n}",
                    "party": f"party {number}",
                    "country": "DE",
                    "currency": "EUR",
                    "amount": float(np.round(random.lognormal(4, 0.5), 2)),
                    "issued": issued,
                    "due": issued + timedelta(days=30),
                    "settled": issued + timedelta(days=max(round(days), 0)),
                    "paperless_since": paperless,
                }
            )
    return pl.DataFrame(rows, schema=dict(RECORDS))
