"""Which rows stand behind a figure: the files that are written beside the report, and which of their rows are meant."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

FOLDER = "report-data"
"""Folder of the files, beside the report."""
FORMULA = r"^[=+\-@\t\r]"
"""With these signs, a spreadsheet takes a text for a formula and runs it: files in CSV have an apostrophe before them."""


class Source(StrEnum):
    """A file with rows; its name without the ending."""

    CHANGES = "changes"
    DAILY_COSTS = "daily-costs"
    ANOMALY_EPISODES = "anomaly-episodes"
    ANOMALY_CULPRITS = "anomaly-culprits"
    ANOMALY_DAYS = "anomaly-days"
    DETECTION_QUALITY = "detection-quality"
    FORECASTS = "forecasts"
    FORECAST_MONTHS = "forecast-months"
    FORECAST_QUALITY = "forecast-quality"
    FORECAST_VERIFICATION = "forecast-verification"
    RECOMMENDATIONS = "recommendations"
    RECOMMENDATION_DATAPOINTS = "recommendation-datapoints"
    RECOMMENDATION_EVENTS = "recommendation-events"
    REALISED_SAVINGS = "realised-savings"
    ACTIONS = "actions"
    JOURNAL = "cloud-changes"
    UNIT_ECONOMICS = "unit-economics"
    RESOURCE_EFFICIENCY = "resource-efficiency"
    BILLING_FILES = "billing-files"
    QUARANTINE = "quarantine"
    TIE_OUT = "tie-out"
    CONFORMANCE = "focus-conformance"
    COVERAGE = "mapping-coverage"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows behind a figure: those of `source` for which the SQL condition `where` holds; all of them if it is empty."""

    source: Source
    where: str = ""


def equal(**values: str | None) -> str:
    """SQL condition: each column has the value, or is null where it is None."""
    return " and ".join(_equal(column, value) for column, value in values.items())


def between(column: str, first: date, last: date) -> str:
    """SQL condition: the day lies between two, both included."""
    return f"{column} between '{first}' and '{last}'"


def both(*conditions: str) -> str:
    """SQL condition: all of them hold; an empty one says nothing."""
    return " and ".join(filter(None, conditions))


def _equal(column: str, value: str | None) -> str:
    if value is None:
        return f"{column} is null"
    if re.match(FORMULA, value):
        in_csv = f"'{value}"
        return f"{column} in ({_quoted(value)}, {_quoted(in_csv)})"
    return f"{column} = {_quoted(value)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
