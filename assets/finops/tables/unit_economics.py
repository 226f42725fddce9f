"""Tables of what a unit of business costs."""

import polars as pl

from resources.tables import MONEY, QUANTITY, Column, Table

UNIT_ECONOMICS = Table(
    name="finops/unit_economics",
    description="One row per business metric, scope, currency and period, from the metric's first day on: what a unit cost. "
    "Cost is EffectiveCost, or BilledCost where that is unknown; currencies are never converted.",
    columns=(
        Column("metric", pl.String(), "Name of the business metric, as supplied.", nullable=False),
        Column("ProviderName", pl.String(), "Cloud that the metric is restricted to; null for all."),
        Column("SubAccountId", pl.String(), "Sub-account that the metric is restricted to; null for all."),
        Column("ServiceName", pl.String(), "Service that the metric is restricted to; null for all."),
        Column("BillingCurrency", pl.String(), "Currency of the costs.", nullable=False),
        Column("kind", pl.String(), "`count` or `revenue`.", nullable=False),
        Column("metric_currency", pl.String(), "Currency of revenue; null for counts."),
        Column("period", pl.String(), "`day` or `month`: what the metric is supplied for.", nullable=False),
        Column("period_start", pl.Date(), "The day (UTC), or the first day of the month.", nullable=False),
        Column("cost", MONEY, "Known costs of the period in the scope, exactly; null if none are known."),
        Column(
            "cost_status",
            pl.String(),
            "`known`; `incomplete` while the last two days of a provider, or days of the month, are outstanding or a line has no "
            "cost; `unknown` if a provider delivered nothing. A provider counts from its first delivered day on, and no more if "
            "it has been silent for 35 days.",
            nullable=False,
        ),
        Column("metric_value", QUANTITY, "The metric; null if it is missing."),
        Column("cost_per_unit", MONEY, "cost / metric_value, rounded half-even; null unless `status` is `known`."),
        Column("cost_percent_of_revenue", MONEY, "The same in per cent for revenue in the currency of the costs."),
        Column("status", pl.String(), "`known`, `incomplete` (the costs are) or `unknown`.", nullable=False),
        Column("reason", pl.String(), "Why it is not known; null if it is."),
        Column(
            "trailing_cost_per_unit",
            MONEY,
            "Sum of costs / sum of metrics over the known days of the last 28; null below 28 days since the metric began, below "
            "14 known ones, and for months.",
        ),
        Column("trailing_days", pl.Int64(), "Known days of the last 28.", nullable=False),
        Column(
            "trend_percent",
            pl.Float64(),
            "Trend of the cost per unit up to this period in per cent per 30 days, over 91 days or 12 months; null below 28 days "
            "or 4 months.",
        ),
        Column("trend_low_percent", pl.Float64(), "Lower bound of the trend, 90 % confidence."),
        Column("trend_high_percent", pl.Float64(), "Upper bound of the trend, 90 % confidence."),
        Column(
            "expected_cost_per_unit",
            MONEY,
            "Median cost / median metric of the same weekday in the four weeks before, 12 digits; null without enough history.",
        ),
        Column("score", pl.Float64(), "Deviation of the day from that, in robust standard deviations of the last 28 days."),
        Column("anomaly", pl.Boolean(), "Whether it stands out of its past; null if it was not judged."),
        Column(
            "driver",
            pl.String(),
            "What made the anomaly: `cost moved`, `metric moved` or `both moved`; null if there is none.",
        ),
    ),
)
