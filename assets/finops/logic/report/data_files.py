"""The rows behind the figures, as files beside the report."""

import io
import json

import polars as pl

from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.forecast_totals import months
from assets.finops.logic.report.sources import FORMULA, Source

MOST_ROWS_AS_CSV = 50_000
"""More rows than that are written as Parquet: a spreadsheet would not open them anyway."""


def frames(data: ReportData, changed: pl.DataFrame) -> dict[Source, pl.DataFrame]:
    """The rows of each file. Lists of records are files of their own; raw records of the quarantine stay in the lake."""
    return {
        Source.CHANGES: changed,
        Source.DAILY_COSTS: data.daily,
        Source.ANOMALY_EPISODES: data.episodes.drop("culprits"),
        Source.ANOMALY_CULPRITS: _exploded(data.episodes, "episode_id", "culprits"),
        Source.ANOMALY_DAYS: data.anomalies,
        Source.DETECTION_QUALITY: data.detection,
        Source.FORECASTS: data.forecasts,
        Source.FORECAST_MONTHS: months(data.forecasts, data.daily),
        Source.FORECAST_QUALITY: data.forecast_quality,
        Source.FORECAST_VERIFICATION: data.verification,
        Source.RECOMMENDATIONS: data.recommendations.drop("datapoints"),
        Source.RECOMMENDATION_DATAPOINTS: _exploded(data.recommendations, "recommendation_id", "datapoints"),
        Source.RECOMMENDATION_EVENTS: data.events,
        Source.REALISED_SAVINGS: data.savings,
        Source.ACTIONS: data.actions,
        Source.JOURNAL: data.journal,
        Source.UNIT_ECONOMICS: data.units,
        Source.RESOURCE_EFFICIENCY: data.efficiency,
        Source.BILLING_FILES: data.files,
        Source.QUARANTINE: data.quarantine.drop("record"),
        Source.TIE_OUT: data.tie_out,
        Source.CONFORMANCE: data.conformance,
        Source.COVERAGE: data.coverage,
    }


def file_name(source: Source, frame: pl.DataFrame) -> str:
    """Name of the file with these rows."""
    return f"{source}.csv" if frame.height <= MOST_ROWS_AS_CSV else f"{source}.parquet"


def other_name(name: str) -> str:
    """Name that the file would have if it were as large (as small) as it is not: what an earlier report may have left."""
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{'parquet' if ending == 'csv' else 'csv'}"


def written(frame: pl.DataFrame) -> bytes:
    """The rows as CSV, or as Parquet where there are many. Amounts keep every digit; in CSV, lists are JSON.

    A text that a spreadsheet would run as a formula has an apostrophe before it in CSV: names come from bills.
    """
    file = io.BytesIO()
    if frame.height > MOST_ROWS_AS_CSV:
        frame.write_parquet(file)
        return file.getvalue()
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    told = frame.with_columns(pl.Series(name, [_json(value) for value in frame[name].to_list()], pl.String) for name in lists)
    safe = (pl.when(pl.col(n).str.contains(FORMULA)).then("'" + pl.col(n)).otherwise(pl.col(n)).alias(n) for n in texts)
    told.with_columns(safe).write_csv(file)
    return file.getvalue()


def _json(value: list[str] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _exploded(frame: pl.DataFrame, key: str, records: str) -> pl.DataFrame:
    """One row per record of a list, with the key of the row that had it."""
    return frame.select(key, records).explode(records).drop_nulls(records).unnest(records)
