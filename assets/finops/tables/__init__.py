"""The tables of the FinOps system: what a row is, and its columns. Put no logic here."""

from assets.finops.tables.anomalies import COST_ANOMALIES
from assets.finops.tables.billing import (
    BILLING_FILE_TOTALS,
    BILLING_FILES,
    BILLING_QUARANTINE,
    COST_AND_USAGE,
    FOCUS_CONFORMANCE,
)
from assets.finops.tables.costs import DAILY_COSTS, RESOURCE_COSTS

__all__ = [
    "BILLING_FILES", "BILLING_FILE_TOTALS", "BILLING_QUARANTINE", "COST_AND_USAGE", "COST_ANOMALIES", "DAILY_COSTS",
    "FOCUS_CONFORMANCE", "RESOURCE_COSTS", "TABLES",
]  # fmt: skip

TABLES = (
    BILLING_FILES, BILLING_FILE_TOTALS, COST_AND_USAGE, BILLING_QUARANTINE,
    DAILY_COSTS, RESOURCE_COSTS, COST_ANOMALIES, FOCUS_CONFORMANCE,
)  # fmt: skip
