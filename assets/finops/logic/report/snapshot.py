"""What a report said, kept small, so that the next one can tell what changed: the figures and which report to compare with."""

import hashlib
import io

import polars as pl

from assets.finops.logic.report.anomaly_section import PRICE_STEP
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.figures import NO_PROVIDER, by_currency
from assets.finops.logic.report.forecast_totals import months

COST, ANOMALY, FORECAST = "cost", "anomaly", "forecast"
RECOMMENDATION, SAVING, QUARANTINE = "recommendation", "saving", "quarantine"
KEY = ("subject", "id", "figure")
_MONEY = pl.Decimal(38, 24)
FIGURES: dict[str, pl.DataType] = {
    "subject": pl.String(),
    "id": pl.String(),
    "figure": pl.String(),
    "name": pl.String(),
    "currency": pl.String(),
    "day": pl.Date(),
    "text": pl.String(),
    "amount": _MONEY,
}
"""One row per figure of a subject: what it is about, which of its figures, and its value as text or as an amount."""
SNAPSHOT: dict[str, pl.DataType] = {
    "issue": pl.Int8(),
    "made_at": pl.Datetime("us", time_zone="UTC"),
    "bills": pl.String(),
    **FIGURES,
}
"""Figures with when the report was made, and a digest of the bills it was made from; of two kept reports, the one to compare
with is issue 0."""
_REPORT = "report"
_MEASURE = "measure"
_OF_BILLS = (COST, QUARANTINE)


def snapshot(data: ReportData) -> pl.DataFrame:
    """The figures of a report, as `SNAPSHOT`; never empty, so that when it was made is kept."""
    itself = pl.DataFrame([{"subject": _REPORT, "id": _REPORT, "figure": "made"}], schema=FIGURES)
    parts = (itself, _costs(data), _quarantine(data), _anomalies(data), _forecasts(data), _recommendations(data), _savings(data))
    figures = pl.concat(parts).sort(KEY)
    of_bills = figures.filter(pl.col("subject").is_in(_OF_BILLS))
    digest = hashlib.sha256(of_bills.write_csv().encode()).hexdigest()
    made = {"issue": pl.lit(1), "made_at": pl.lit(data.generated_at), "bills": pl.lit(digest)}
    return figures.with_columns(**made).select(pl.col(name).cast(dtype) for name, dtype in SNAPSHOT.items())


def baseline(kept: pl.DataFrame, now: pl.DataFrame) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """Which earlier report to compare `now` with, and what to keep for the next one.

    Reports of the same bills are one issue: a later one takes the place of the earlier, and what changed since the issue before
    adds up, so that neither a rerun nor an analysis that comes in late hides it. Without an issue before, a report is compared
    with the last one that said something else.

    Args:
        kept: What was returned to be kept the last time: `SNAPSHOT` of up to two reports; empty at first.
        now: The snapshot of the new report.

    Returns:
        The report to compare with (None for the first), and the two snapshots to keep.
    """
    last, before = kept.filter(pl.col("issue") == 1), kept.filter(pl.col("issue") == 0)
    if last.is_empty():
        return None, now
    if bills(last) != bills(now) or (before.is_empty() and not _same(last, now)):
        before = last.with_columns(issue=pl.lit(0, pl.Int8))
    return (before if before.height else None), pl.concat([before, now])


def bills(one: pl.DataFrame) -> str:
    """Digest of the bills that a report was made from."""
    return str(one["bills"].item(0))


def packed(kept: pl.DataFrame) -> bytes:
    """Snapshots as Parquet."""
    file = io.BytesIO()
    kept.write_parquet(file)
    return file.getvalue()


def unpacked(body: bytes) -> pl.DataFrame:
    """Snapshots from Parquet.

    Raises:
        ValueError: These are none, or are of another version of the report.
    """
    try:
        kept = pl.read_parquet(io.BytesIO(body))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:  # it panics at some damaged files
        raise ValueError("not a snapshot of a report") from error
    if dict(kept.schema) != SNAPSHOT:
        raise ValueError("the snapshot of another version of the report")
    return kept


def _same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    return one.drop("made_at").equals(other.drop("made_at"))


def _figures(frame: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    """The frame as `FIGURES`; a column that is not given is null."""
    chosen = (columns.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in FIGURES.items())
    return frame.select(chosen) if frame.height else pl.DataFrame(schema=FIGURES)


def _costs(data: ReportData) -> pl.DataFrame:
    """Cost per currency, cloud and day as the report shows it, and what measure that is."""
    parts = [pl.DataFrame(schema=FIGURES)]
    for of_one in by_currency(data.daily, data.generated_at.date()):
        currency = of_one.currency
        measure = {"subject": COST, "id": currency, "figure": _MEASURE, "currency": currency, "text": of_one.measure}
        days = of_one.daily().with_columns(currency=pl.lit(currency))
        parts += [
            pl.DataFrame([measure], schema=FIGURES),
            _figures(
                days,
                subject=pl.lit(COST),
                id=pl.format("{}: {}, {}", "currency", "provider", "day"),
                figure=pl.lit("cost"),
                name=pl.col("provider"),
                currency=pl.col("currency"),
                day=pl.col("day"),
                amount=pl.col("cost"),
            ),
        ]
    return pl.concat(parts)


def _quarantine(data: ReportData) -> pl.DataFrame:
    counted = data.quarantine.group_by("x_source_file").len()
    file = pl.col("x_source_file")
    return _figures(
        counted, subject=pl.lit(QUARANTINE), id=file, figure=pl.lit("records"), name=file, amount=pl.col("len").cast(pl.Int64)
    )


def _place() -> pl.Expr:
    return pl.concat_str("kind", "ServiceName", "RegionId", "SubAccountId", separator=" · ", ignore_nulls=True)


def _anomalies(data: ReportData) -> pl.DataFrame:
    """State, verdict, alert and impact of each anomaly; price steps are none."""
    about = {
        "subject": pl.lit(ANOMALY), "id": pl.col("episode_id"), "name": _place(),
        "currency": pl.col("BillingCurrency"), "day": pl.col("first_day"),
    }  # fmt: skip
    found = data.episodes.filter(pl.col("kind") != PRICE_STEP)
    texts = [_figures(found, **about, figure=pl.lit(name), text=pl.col(name)) for name in ("state", "verdict", "alerted_on")]
    return pl.concat([*texts, _figures(found, **about, figure=pl.lit("impact"), amount=pl.col("impact"))])


def _forecasts(data: ReportData) -> pl.DataFrame:
    told = months(data.forecasts, data.daily).filter(pl.col("total").is_not_null())
    cloud = (
        pl.when(pl.col("level") == "currency").then(pl.lit("all clouds")).otherwise(pl.col("ProviderName").fill_null(NO_PROVIDER))
    )
    return _figures(
        told.with_columns(cloud=cloud),
        subject=pl.lit(FORECAST),
        id=pl.format("{}: {}, {}", "BillingCurrency", "cloud", pl.col("month").dt.strftime("%Y-%m")),
        figure=pl.lit("month total"),
        name=pl.col("cloud"),
        currency=pl.col("BillingCurrency"),
        day=pl.col("month"),
        amount=pl.col("total"),
    )


def _recommendations(data: ReportData) -> pl.DataFrame:
    about = {
        "subject": pl.lit(RECOMMENDATION), "id": pl.col("recommendation_id"), "name": pl.col("title"),
        "currency": pl.col("BillingCurrency"),
    }  # fmt: skip
    frame = data.recommendations
    return pl.concat(
        [
            _figures(frame, **about, figure=pl.lit("state"), text=pl.col("state")),
            _figures(frame, **about, figure=pl.lit("saving"), amount=pl.col("savings_low")),
        ]
    )


def _savings(data: ReportData) -> pl.DataFrame:
    titled = data.savings.join(data.recommendations.select("recommendation_id", "title"), on="recommendation_id", how="left")
    about = {
        "subject": pl.lit(SAVING), "id": pl.col("recommendation_id"), "name": pl.col("title"),
        "currency": pl.col("BillingCurrency"),
    }  # fmt: skip
    return pl.concat(
        [
            _figures(titled, **about, figure=pl.lit("result"), text=pl.col("result")),
            _figures(titled, **about, figure=pl.lit("saved so far"), amount=pl.col("saving_to_date")),
        ]
    )
