"""What a database costs for a while, at the price that the bills show of the one that it was made from."""

from decimal import Decimal

import polars as pl

from resources.autonomous_databases import AutonomousDatabase
from resources.lake import Lake
from resources.tables import MONEY, QUANTITY, Column, Table

_CHARGES = Table(
    name="finops/cost_and_usage",
    description="The columns of the bills that prices need.",
    columns=(
        Column("ResourceId", pl.String(), "OCID."),
        Column("BilledCost", MONEY, "Cost."),
        Column("BillingCurrency", pl.String(), "Of the cost."),
        Column("ConsumedQuantity", QUANTITY, "Quantity."),
        Column("ConsumedUnit", pl.String(), "Of the quantity."),
        Column("SkuId", pl.String(), "What is charged."),
        Column("x_charge_date", pl.Date(), "Day."),
    ),
)
_COMPUTE = "(?i)ecpu"
"""Units of compute, such as `ECPU hours`; storage, which is billed by the month, is left out."""


def cost_of(lake: Lake, source: AutonomousDatabase, ecpus: float, hours: float) -> tuple[Decimal | None, str | None]:
    """Cost and currency of compute; None where bills show no price of the source.

    Args:
        lake: Where the bills are.
        source: The database whose price counts.
        ecpus: Of the database that costs.
        hours: How long it was there.
    """
    lines = (
        lake.scan(_CHARGES)
        .filter((pl.col("ResourceId") == source.id) & pl.col("ConsumedUnit").str.contains(_COMPUTE) & (pl.col("BilledCost") > 0))
        .select("BilledCost", "BillingCurrency", "ConsumedQuantity", "x_charge_date")
        .collect()
    )
    recent = lines.filter(pl.col("x_charge_date") == pl.col("x_charge_date").max())
    amount, quantity = (sum(recent[name].drop_nulls().to_list(), Decimal(0)) for name in ("BilledCost", "ConsumedQuantity"))
    if not quantity or recent["BillingCurrency"].n_unique() != 1:
        return None, None
    return amount / quantity * Decimal(str(ecpus)) * Decimal(str(hours)), recent["BillingCurrency"][0]
