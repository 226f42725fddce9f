"""What the report is made of. The frames come from the tables of the FinOps system; nothing is computed here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

_MONEY = pl.Decimal(38, 24)

TIE_OUT_SCHEMA: dict[str, pl.DataType] = {
    "file": pl.String(),
    "currency": pl.String(),
    "in_files": _MONEY,
    "stored": _MONEY,
    "quarantined": _MONEY,
    "rows_in_file": pl.Int64(),
    "rows_stored": pl.Int64(),
    "rows_quarantined": pl.Int64(),
}
"""One row per file in force and currency: BilledCost and data records read from the raw text, stored, quarantined."""

_TEXT, _DAY, _COUNT = pl.String(), pl.Date(), pl.Int64()
_DAILY: dict[str, pl.DataType] = {
    "x_charge_date": _DAY,
    "ProviderName": _TEXT,
    "SubAccountId": _TEXT,
    "SubAccountName": _TEXT,
    "ServiceName": _TEXT,
    "x_comparable_service": _TEXT,
    "RegionId": _TEXT,
    "x_geography": _TEXT,
    "BillingCurrency": _TEXT,
    "BilledCost": _MONEY,
    "EffectiveCost": _MONEY,
    "x_lines": _COUNT,
    "x_lines_without_cost": _COUNT,
}
_ANOMALIES: dict[str, pl.DataType] = {
    "x_charge_date": _DAY,
    "ProviderName": _TEXT,
    "SubAccountId": _TEXT,
    "ServiceName": _TEXT,
    "RegionId": _TEXT,
    "BillingCurrency": _TEXT,
    "direction": _TEXT,
    "actual": _MONEY,
    "expected": _MONEY,
    "impact": _MONEY,
    "score": pl.Float64(),
    "history_days": _COUNT,
    "confidence": _TEXT,
    "resource_ids": pl.List(pl.String()),
}
_FILES: dict[str, pl.DataType] = {
    "x_source_file": _TEXT,
    "format": _TEXT,
    "result": _TEXT,
    "state": _TEXT,
    "reason": _TEXT,
    "final": pl.Boolean(),
    "rows": _COUNT,
    "first_day": _DAY,
    "last_day": _DAY,
}
_QUARANTINE: dict[str, pl.DataType] = {
    "x_source_file": _TEXT,
    "x_source_row": _COUNT,
    "line": _COUNT,
    "column": _TEXT,
    "value": _TEXT,
    "reason": _TEXT,
    "BillingCurrency": _TEXT,
    "BilledCost": _MONEY,
}
_COVERAGE: dict[str, pl.DataType] = {
    "ProviderName": _TEXT,
    "aspect": _TEXT,
    "value_share": pl.Float64(),
    "line_share": pl.Float64(),
    "unmapped": pl.List(pl.String()),
}


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that the report shows.

    A frame may have further columns. One without any column counts as empty; any other must have the columns that
    the report reads, or `ValueError` names the missing ones.

    Attributes:
        generated_at: When the report is made. Its day is not over and so is left out of comparisons.
        daily: `finops/daily_costs`.
        anomalies: `finops/cost_anomalies`.
        files: `finops/billing_files`.
        quarantine: `finops/billing_quarantine`.
        tie_out: As `TIE_OUT_SCHEMA`.
        coverage: As `comparable.coverage.coverage` returns it; shares are of 1, null where unknown.
        conformance: Provider to number of FOCUS rules per result (`pass`, `fail`, `not applicable`, `not checked`).
        minimum_history_days: Days of history from which on the anomaly detector judges a series.
    """

    generated_at: datetime
    daily: pl.DataFrame
    anomalies: pl.DataFrame = field(default_factory=pl.DataFrame)
    files: pl.DataFrame = field(default_factory=pl.DataFrame)
    quarantine: pl.DataFrame = field(default_factory=pl.DataFrame)
    tie_out: pl.DataFrame = field(default_factory=pl.DataFrame)
    coverage: pl.DataFrame = field(default_factory=pl.DataFrame)
    conformance: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    minimum_history_days: int = 14

    def __post_init__(self) -> None:
        for name, schema in _SCHEMAS.items():
            object.__setattr__(self, name, _typed(name, getattr(self, name), schema))


_SCHEMAS = {
    "daily": _DAILY,
    "anomalies": _ANOMALIES,
    "files": _FILES,
    "quarantine": _QUARANTINE,
    "tie_out": TIE_OUT_SCHEMA,
    "coverage": _COVERAGE,
}


def _typed(name: str, frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    if not frame.columns:
        return pl.DataFrame(schema=schema)
    missing = [column for column in schema if column not in frame.columns]
    if missing:
        raise ValueError(f"The report's frame `{name}` lacks the columns {', '.join(missing)}.")
    return frame.select(pl.col(column).cast(dtype) for column, dtype in schema.items())
