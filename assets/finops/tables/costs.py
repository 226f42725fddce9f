"""Tables of costs per day."""

import polars as pl

from assets.finops.tables.shared import AMOUNTS, DAY, SERIES
from resources.tables import MONEY, Column, Table

DAILY_COSTS = Table(
    name="finops/daily_costs",
    description="Cost per sub-account, service, region, currency and day.",
    columns=(DAY, *SERIES, *AMOUNTS),
    partition_by=("x_charge_date",),
)

RESOURCE_COSTS = Table(
    name="finops/resource_costs",
    description="Cost and comparable usage per resource, service, region, currency, unit and day.",
    columns=(
        DAY,
        *SERIES,
        Column("ResourceId", pl.String(), "Resource; null for charges that belong to none."),
        Column("ResourceName", pl.String(), "Its name."),
        Column("ResourceType", pl.String(), "Its kind."),
        Column(
            "x_comparable_unit",
            pl.String(),
            "Provider-neutral unit, such as `GiB-Hours`; null if not mapped.",
        ),
        Column("x_comparable_quantity", MONEY, "Quantity in that unit; null if not mapped or not given."),
        *AMOUNTS,
    ),
    partition_by=("x_charge_date",),
)
