"""What the report is made of. The frames come from the tables of the FinOps system; nothing is computed here."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that the report shows: frames with the columns of their tables, empty where there is nothing.

    Attributes:
        generated_at: When the report is made. Its day is not over and so is left out of comparisons.
        daily: `finops/daily_costs`.
        episodes: `finops/anomaly_episodes`.
        anomalies: `finops/cost_anomalies`: the days of the episodes.
        detection: `finops/detection_quality`.
        forecasts: `finops/cost_forecasts`, its newest issue.
        forecast_quality: `finops/forecast_quality`, its newest issue.
        verification: `finops/forecast_verification`.
        recommendations: `finops/recommendations`.
        events: `finops/recommendation_events`.
        savings: `finops/realised_savings`.
        actions: `finops/actions`.
        journal: `finops/journal`.
        units: `finops/unit_economics`.
        efficiency: `finops/resource_efficiency`.
        files: `finops/billing_files`.
        quarantine: `finops/billing_quarantine`.
        tie_out: Per file in force and currency: `file`, `currency`, BilledCost and data records read from the raw text
            (`in_files`, `rows_in_file`), stored (`stored`, `rows_stored`) and quarantined (`quarantined`, `rows_quarantined`).
        conformance: `finops/focus_conformance`.
        coverage: As `comparable.coverage.coverage` returns it; shares are of 1, null where unknown.
        minimum_history_days: Days of history from which on the anomaly detector judges a series.
    """

    generated_at: datetime
    daily: pl.DataFrame
    episodes: pl.DataFrame
    anomalies: pl.DataFrame
    detection: pl.DataFrame
    forecasts: pl.DataFrame
    forecast_quality: pl.DataFrame
    verification: pl.DataFrame
    recommendations: pl.DataFrame
    events: pl.DataFrame
    savings: pl.DataFrame
    actions: pl.DataFrame
    journal: pl.DataFrame
    units: pl.DataFrame
    efficiency: pl.DataFrame
    files: pl.DataFrame
    quarantine: pl.DataFrame
    tie_out: pl.DataFrame
    conformance: pl.DataFrame
    coverage: pl.DataFrame
    minimum_history_days: int = 14
