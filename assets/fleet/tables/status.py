"""The table of how databases stand against thresholds."""

import polars as pl

from resources.tables import UTC, Column, Table

STATUS = Table(
    name="fleet/status",
    description="Databases against thresholds: a row per database and metric that has thresholds, and one for the database as a "
    "whole (`metric` is `overall`), which is the worst of them, and unknown if nothing is wrong and an important metric is not "
    "known.",
    columns=(
        Column("database_id", pl.String(), "OCID.", nullable=False),
        Column("metric", pl.String(), "Which metric; `overall` for the database.", nullable=False),
        Column("level", pl.String(), "`ok`, `warning`, `critical` or `unknown`.", nullable=False),
        Column("since", UTC, "Since when it is at this level.", nullable=False),
        Column("value", pl.Float64(), "Last value; null if unknown."),
        Column("unit", pl.String(), "Of value and thresholds."),
        Column("value_to", UTC, "End of the time that the value is of."),
        Column("warning", pl.Float64(), "Threshold from which it is a warning."),
        Column("critical", pl.Float64(), "Threshold from which it is critical."),
        Column("worst_level", pl.String(), "Worst level since the collection before; null if nothing was measured since."),
        Column("worst_value", pl.Float64(), "Greatest value since the collection before."),
        Column("reason", pl.String(), "Why the level is unknown, or which metrics make the whole."),
        Column("assessed_at", UTC, "When.", nullable=False),
    ),
)
