"""What the demo company sells: transactions and revenue per day and customers per month, as its own systems report them.

They follow the same week as the bills: transactions are what its checkout functions handle, so while those of one region are
down (a planted anomaly) that region sells nothing.
"""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal

import numpy as np

from sandbox.anomalies import AWS, of_resource
from sandbox.delivery import Delivery, csv_bytes
from sandbox.usage import Demand, Window, quantities

PATH = "inputs/finops/business_metrics.csv"
_HEADER = ("date", "metric", "value", "kind", "currency")
_REGIONS = (("us", 46_000.0, "prod-checkout-us-1"), ("eu", 38_000.0, "prod-checkout-eu-1"))
_BASKET = 0.31
"""Mean revenue of a transaction in USD."""
_CUSTOMERS = 21_000
_GROWTH_PER_MONTH = 0.02
_MISSING = (0.20, 0.45, 0.46, 0.88)
"""Days whose transactions were never reported, as shares of the scenario."""


def business_metrics(window: Window, seed: int) -> Delivery:
    """The file of business metrics, with a few days missing as in life."""
    sold = _transactions(window, seed)
    unreported = {round(share * len(sold)) for share in _MISSING}
    rows = [*_daily(window, sold, unreported, seed), *_monthly(window, seed)]
    return Delivery(PATH, csv_bytes(_HEADER, rows), datetime.combine(window.last, time(23), UTC))


def _transactions(window: Window, seed: int) -> list[int]:
    regions = [
        quantities(Demand(f"transactions-{region}", daily, "business"), window, seed, of_resource(AWS, checkout))
        for region, daily, checkout in _REGIONS
    ]
    return [int(sum(actual for _, actual in day)) for day in zip(*regions, strict=True)]


def _daily(window: Window, sold: list[int], unreported: set[int], seed: int) -> Iterator[tuple[str, ...]]:
    rng = np.random.default_rng([seed, zlib.crc32(b"revenue")])
    baskets = _BASKET * np.exp(rng.normal(0.0, 0.02, len(sold)))
    for number, (day, transactions, basket) in enumerate(zip(window.days, sold, baskets, strict=True)):
        if number not in unreported:
            yield day.isoformat(), "transactions", str(transactions), "count", ""
        revenue = (Decimal(transactions) * Decimal(f"{basket:.6f}")).quantize(Decimal("0.01"))
        yield day.isoformat(), "revenue", str(revenue), "revenue", "USD"


def _monthly(window: Window, seed: int) -> Iterator[tuple[str, ...]]:
    """Customers who bought in the month, growing slowly."""
    rng = np.random.default_rng([seed, zlib.crc32(b"customers")])
    for number, month in enumerate(sorted({f"{day:%Y-%m}" for day in window.days})):
        customers = _CUSTOMERS * (1 + _GROWTH_PER_MONTH) ** number * float(np.exp(rng.normal(0.0, 0.01)))
        yield month, "customers", str(round(customers)), "count", ""
