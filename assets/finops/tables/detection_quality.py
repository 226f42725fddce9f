"""Table of how good anomaly detection is."""

import polars as pl

from resources.tables import UTC, Column, Table

DETECTION_QUALITY = Table(
    name="finops/detection_quality",
    description="One row per method and type of anomaly (`all` for all types together): how many known anomalies, put into the "
    "company's own costs, were found.",
    columns=(
        Column("measured_at", UTC, "When it was measured.", nullable=False),
        Column("method", pl.String(), "`walk-forward`, or a method that it is compared with.", nullable=False),
        Column("type", pl.String(), "Type of the known anomalies, or `all`.", nullable=False),
        Column("status", pl.String(), "`measured`, or `not enough history`: then too few found room.", nullable=False),
        Column("events", pl.Int64(), "Known anomalies.", nullable=False),
        Column("detected", pl.Int64(), "Of these found in time.", nullable=False),
        Column("recall", pl.Float64(), "detected / events; null if nothing was measured."),
        Column("recall_low", pl.Float64(), "Lower end of its interval at 95 % (Wilson)."),
        Column("recall_high", pl.Float64(), "Upper end of it."),
        Column("precision", pl.Float64(), "True episodes, of those that the known anomalies caused; null for single types."),
        Column("median_days_to_detect", pl.Float64(), "Days from the start to the first alert, over those found."),
        Column("culprit_share", pl.Float64(), "Alerts that name a resource at fault, of those inside known anomalies."),
        Column("own_per_100_series_months", pl.Float64(), "Episodes found in the costs as they are, true or not."),
    ),
)
