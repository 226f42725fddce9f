"""Columns that several tables of the FinOps system have."""

import polars as pl

from resources.tables import MONEY, Column

DAY = Column("x_charge_date", pl.Date(), "UTC day of ChargePeriodStart.", nullable=False)
FILE = Column(
    "x_source_file",
    pl.String(),
    "Object key of the file delivered; `archive!/member` inside an archive.",
    nullable=False,
)
SERIES = (
    Column("ProviderName", pl.String(), "Cloud."),
    Column("BillingAccountId", pl.String(), "Billing account."),
    Column("SubAccountId", pl.String(), "Sub-account."),
    Column("SubAccountName", pl.String(), "Its name."),
    Column("ServiceName", pl.String(), "Service, as the provider calls it."),
    Column("ServiceCategory", pl.String(), "FOCUS category."),
    Column(
        "x_comparable_service",
        pl.String(),
        "Provider-neutral service, so that clouds compare; null if not mapped.",
    ),
    Column("RegionId", pl.String(), "Region, as the provider calls it."),
    Column("x_geography", pl.String(), "Provider-neutral place of the region; null if not mapped."),
    Column("BillingCurrency", pl.String(), "Currency of the amounts.", nullable=False),
)
"""Who and where, with names and provider-neutral values."""
AMOUNTS = (
    Column("BilledCost", MONEY, "Sum of BilledCost; null if no line has one."),
    Column("EffectiveCost", MONEY, "Sum of EffectiveCost; null if no line has one."),
    Column("ListCost", MONEY, "Sum of ListCost; null if no line has one."),
    Column("ContractedCost", MONEY, "Sum of ContractedCost; null if no line has one."),
    Column("x_lines", pl.Int64(), "Charge lines summed.", nullable=False),
    Column("x_lines_without_cost", pl.Int64(), "Lines whose BilledCost is unknown.", nullable=False),
)
SERIES_KEY = (
    Column("ProviderName", pl.String(), "Cloud."),
    Column("SubAccountId", pl.String(), "Sub-account."),
    Column("ServiceName", pl.String(), "Service."),
    Column("RegionId", pl.String(), "Region."),
    Column("BillingCurrency", pl.String(), "Currency of the amounts.", nullable=False),
)
"""A series that is judged and forecast: sub-account × service × region × currency."""
