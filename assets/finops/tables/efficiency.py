"""Tables of what resources cost for what they do."""

import polars as pl

from assets.finops.tables.shared import SERIES_KEY
from resources.tables import MONEY, QUANTITY, Column, Table

RESOURCE_EFFICIENCY = Table(
    name="finops/resource_efficiency",
    description="One row per resource charged in the 91 days up to `as_of`: what it cost and used, how that moves, and what is "
    "worth a look. Cost is EffectiveCost, or BilledCost where that is unknown. Periods are 30 days and end on `as_of`.",
    columns=(
        *SERIES_KEY,
        Column("ResourceId", pl.String(), "Resource.", nullable=False),
        Column("ResourceName", pl.String(), "Its latest name; null if none was given."),
        Column("ResourceType", pl.String(), "Its kind."),
        Column("SubAccountName", pl.String(), "Latest name of the sub-account."),
        Column("x_comparable_service", pl.String(), "Provider-neutral service; null if not mapped."),
        Column(
            "as_of", pl.Date(), "Last settled day of the provider, two before its newest: exports fill up late.", nullable=False
        ),
        Column("first_day", pl.Date(), "First day with a charge line, of all days.", nullable=False),
        Column("last_day", pl.Date(), "Last day with a charge line, provisional ones included.", nullable=False),
        Column("days_with_cost", pl.Int64(), "Days whose cost is known and not zero, of all days.", nullable=False),
        Column("cost_30d", MONEY, "Known cost of the last 30 days; null if none of them is known."),
        Column("cost_30d_before", MONEY, "Known cost of the 30 days before those; null if none of them is known."),
        Column("known_days", pl.Int64(), "Days of the last 30 that the provider delivered, with a known cost.", nullable=False),
        Column("known_days_before", pl.Int64(), "The same of the 30 days before.", nullable=False),
        Column("monthly_run_rate", MONEY, "Cost of 30 days at the rate of the last 30 known ones since it began; 0 if it ended."),
        Column("trend_percent", pl.Float64(), "Trend of the daily cost in per cent per 30 days; null below 28 days of history."),
        Column("trend_low_percent", pl.Float64(), "Lower bound of the trend, 90 % confidence."),
        Column("trend_high_percent", pl.Float64(), "Upper bound of the trend, 90 % confidence."),
        Column(
            "volatility", pl.Float64(), "Robust coefficient of variation of the daily cost, without weekday pattern and trend."
        ),
        Column(
            "weekend_ratio",
            pl.Float64(),
            "Median Saturday or Sunday (UTC) relative to the median working day, of the last four weeks.",
        ),
        Column("usage_unit", pl.String(), "Provider-neutral unit of what it used; null unless `usage_status` is `known`."),
        Column("usage_30d", QUANTITY, "What it used in the last 30 days."),
        Column("usage_30d_before", QUANTITY, "What it used in the 30 days before."),
        Column(
            "usage_status",
            pl.String(),
            "`known`, `mixed units` (quantities of unlike things are not added) or `unknown`.",
            nullable=False,
        ),
        Column(
            "unit_price_last", MONEY, "Cost per unit in the last 30 days, of what has a known cost; null below 14 days with use."
        ),
        Column("unit_price_before", MONEY, "Cost per unit in the 30 days before."),
        Column(
            "unit_price_change_percent",
            pl.Float64(),
            "Change of the cost per unit: tells dearer from more used. Size and discount of a machine change it, too.",
        ),
        Column(
            "state",
            pl.String(),
            "`ended`, `idle` (only by evidence of use), `new`, `growing`, `shrinking`, `steady` (no trend of 5 % or "
            "more stands out of the noise) or `unknown` (not enough history).",
            nullable=False,
        ),
        Column("cpu_utilisation", pl.Float64(), "95th percentile of CPU use in per cent; null if not measured."),
        Column("memory_utilisation", pl.Float64(), "95th percentile of memory use in per cent; null if not measured."),
        Column("utilisation_status", pl.String(), "`observed`, `too few days` (below 14) or `unknown`.", nullable=False),
        Column(
            "candidates",
            pl.List(pl.String()),
            "Worth a look: `off_hours_schedule`, `idle_review`, `rightsizing` (only if use is observed), `price_increase`.",
            nullable=False,
        ),
        Column("evidence", pl.String(), "The datapoints behind the candidates, in words; null if there is none."),
    ),
)
