"""What a restored database costs, at the price that the bills show of its source."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from assets.finops.tables import COST_AND_USAGE
from assets.recovery.prices import cost_of
from resources.lake import Lake
from tests.logic.recovery.databases import database


def lake(folder: Path, *lines: tuple[int, str, str, str, str]) -> Lake:
    made = Lake(root=str(folder))
    rows: list[dict[str, Any]] = [
        {
            "ResourceId": "id-orders", "x_charge_date": date(2026, 11, day), "BilledCost": Decimal(cost),
            "ConsumedQuantity": Decimal(quantity), "ConsumedUnit": unit, "BillingCurrency": currency,
        }
        for day, cost, quantity, unit, currency in lines
    ]  # fmt: skip
    schema = {name: COST_AND_USAGE.schema[name] for name in rows[0]} if rows else COST_AND_USAGE.schema
    made.replace(COST_AND_USAGE, pl.DataFrame(rows, schema=schema), where=None)
    return made


def test_the_last_price_of_compute_counts_and_storage_does_not(tmp_path):
    bills = lake(
        tmp_path,
        (1, "100", "10", "ECPU Hours", "EUR"),
        (2, "48", "96", "ECPU Hours", "EUR"),
        (2, "7", "1024", "GB Months", "EUR"),
    )

    assert cost_of(bills, database(), 2, 1.5) == (Decimal("1.5"), "EUR")


def test_without_a_price_or_with_two_currencies_the_cost_is_unknown(tmp_path):
    assert cost_of(Lake(root=str(tmp_path / "none")), database(), 2, 1) == (None, None)
    assert cost_of(lake(tmp_path / "other", (1, "7", "1", "GB Months", "EUR")), database(), 2, 1) == (None, None)
    mixed = lake(tmp_path / "mixed", (1, "1", "1", "ECPU Hours", "EUR"), (1, "1", "1", "ECPU Hours", "USD"))
    assert cost_of(mixed, database(), 2, 1) == (None, None)
