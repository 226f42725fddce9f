"""Tables of capacity: when something is full, and how often such forecasts held."""

import polars as pl

from resources.tables import UTC, Column, Table

CAPACITY = Table(
    name="fleet/capacity",
    description="When storage, or CPU, of a database reaches 80, 90 and 100 % of what there is. A row per database, resource and "
    "level; `forecast`, `reached`, `not within a year`, `shrinking` and `unknown` are different answers. CPU is what 95 % of the "
    "hours of a day stay below, on average of the five busiest days of a week.",
    columns=(
        Column("database_id", pl.String(), "OCID.", nullable=False),
        Column("resource", pl.String(), "`storage` or `cpu`.", nullable=False),
        Column("level_percent", pl.Float64(), "80, 90 or 100 % of the capacity.", nullable=False),
        Column("answer", pl.String(), "`forecast`, `reached`, `not within a year`, `shrinking` or `unknown`.", nullable=False),
        Column("days", pl.Int64(), "Most likely number of days until then; null if there is no such number."),
        Column("earliest_days", pl.Int64(), "With 80 %, not before; null if not within a year."),
        Column("latest_days", pl.Int64(), "With 80 %, not after; null if it may take more than a year."),
        Column(
            "needs_days", pl.Int64(), "Days to be measured before there can be an answer; null if that is not what is missing."
        ),
        Column("reason", pl.String(), "Why it is unknown."),
        Column("used", pl.Float64(), "What was used on the last measured day."),
        Column("capacity", pl.Float64(), "What there is."),
        Column("unit", pl.String(), "Of both.", nullable=False),
        Column("is_auto_scaling", pl.Boolean(), "Whether the service adds more by itself once it is full; null if not known."),
        Column("per_day", pl.Float64(), "Growth a day, steps left out; null if not known."),
        Column("noise", pl.Float64(), "Standard deviation of what a day adds."),
        Column("measured_days", pl.Int64(), "Days that the growth is of."),
        Column("last_day", pl.Date(), "The last measured day."),
        Column("last_step_on", pl.Date(), "Day of the last step that is no trend: a purge, a load; null if there was none."),
        Column("last_step_size", pl.Float64(), "By how much it changed."),
        Column("forecast_at", UTC, "When this was said.", nullable=False),
    ),
)
CAPACITY_QUALITY = Table(
    name="fleet/capacity_quality",
    description="How often what came lay within the 80 % interval of the forecast, per resource and horizon: forecasts are made "
    "anew from what was known on days of the past. One row per run.",
    columns=(
        Column("resource", pl.String(), "`storage` or `cpu`.", nullable=False),
        Column("horizon_days", pl.Int64(), "Days from the forecast to what it was for.", nullable=False),
        Column("forecasts", pl.Int64(), "How many.", nullable=False),
        Column("inside", pl.Int64(), "Of how many the interval held what came.", nullable=False),
        Column("measured_at", UTC, "When.", nullable=False),
    ),
)
