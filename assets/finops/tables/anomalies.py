"""Tables of cost anomalies."""

import polars as pl

from assets.finops.tables.shared import DAY
from resources.tables import MONEY, Column, Table

COST_ANOMALIES = Table(
    name="finops/cost_anomalies",
    description="One row per anomalous day of a series (sub-account × service × region × currency), judged by its past.",
    columns=(
        DAY,
        Column("ProviderName", pl.String(), "Cloud."),
        Column("SubAccountId", pl.String(), "Sub-account."),
        Column("ServiceName", pl.String(), "Service."),
        Column("RegionId", pl.String(), "Region."),
        Column("BillingCurrency", pl.String(), "Currency of the amounts.", nullable=False),
        Column("direction", pl.String(), "`up` or `down`.", nullable=False),
        Column("actual", MONEY, "EffectiveCost of the day (BilledCost where that is unknown).", nullable=False),
        Column("expected", MONEY, "Median of the comparable days before.", nullable=False),
        Column("impact", MONEY, "actual − expected.", nullable=False),
        Column("score", pl.Float64(), "Deviation in robust standard deviations.", nullable=False),
        Column("history_days", pl.Int64(), "Days of history behind the judgement.", nullable=False),
        Column(
            "confidence",
            pl.String(),
            "`low` below 28 days of history, `medium` below 56, else `high`.",
            nullable=False,
        ),
        Column(
            "resource_ids",
            pl.List(pl.String()),
            "Resources that moved most that day, by money.",
            nullable=False,
        ),
    ),
)
