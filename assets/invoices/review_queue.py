"""The asset of the review queue: what a person has to look at before an invoice is paid."""

from collections.abc import Iterator
from datetime import datetime

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.logic.acceptance import DECISIVE
from assets.invoices.metrics import points
from assets.invoices.taught import still_open
from resources.clock import Clock
from resources.lake import Lake
from resources.metrics_sink import MetricPoint, MetricsSink

_KEY = dg.AssetKey(["invoices", "review_queue"])


@dg.asset(
    key=_KEY,
    deps=[["invoices", "invoices"], ["invoices", "risks"], ["invoices", "corrections"]],
    group_name="invoices",
    owners=["team:accounts-payable"],
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.REVIEW_QUEUE),
)
def review_queue(lake: Lake, clock: Clock, metrics_sink: dg.ResourceParam[MetricsSink]) -> dg.MaterializeResult:
    """One row per doubt about an invoice; `cloudops review` shows them on the page, and takes corrections.

    How many wait, and how sure the rest is, is posted as metrics for dashboards and alarms.
    """
    with errors_classified():
        queue = write_queue(lake)
        not_posted = metrics_sink.post(list(_points(lake, clock.now())))
    by_field = queue.group_by("field").len("doubts").sort("doubts", "field", descending=[True, False])
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(queue),
            "invoices": queue["invoice_id"].n_unique(),
            "by_field": markdown_table(by_field),
            "metrics_not_posted": [one.reason for one in not_posted],
        }
    )


def _points(lake: Lake, at: datetime) -> Iterator[MetricPoint]:
    waiting = lake.scan(tables.REVIEW_QUEUE).select(pl.col("invoice_id").n_unique()).collect().item()
    invoices = lake.scan(tables.INVOICES).select(pl.len()).collect().item()
    states = dict(lake.scan(tables.SOURCE_INVOICES).group_by("state").agg(pl.len()).collect().iter_rows())
    decisive = pl.col("field").is_in(list(DECISIVE)) & (pl.col("part") == "head")
    least = lake.scan(tables.FIELD_VALUES).filter(decisive).group_by("invoice_id").agg(pl.col("confidence").min())
    return points(
        at,
        "cloudops",
        processed={"accepted": invoices - waiting, "review": waiting, "quarantined": states.get("quarantined", 0)},
        least_confidences=least.collect()["confidence"].to_list(),
        review_queue=waiting,
        complexity_scores=lake.scan(tables.COMPLEXITY).select("complexity_score").collect().to_series().to_list(),
    )


def write_queue(lake: Lake) -> pl.DataFrame:
    """Bring the queue to what the tables say; returns it."""
    queue = pl.concat([still_open(doubts(lake).lazy(), lake).collect(), _risks(lake)]).sort("source_key", "invoice_id", "field")
    lake.replace(tables.REVIEW_QUEUE, queue, where=None)
    return queue


def doubts(lake: Lake) -> pl.DataFrame:
    """Doubts about readings."""
    rows = lake.scan(tables.INVOICES).select("invoice_id", "content_hash", "source_key", "doubts", "revision")
    found = rows.explode("doubts").drop_nulls("doubts").unnest("doubts").collect()
    return found.select(list(tables.REVIEW_QUEUE.schema)).cast(pl.Schema(tables.REVIEW_QUEUE.schema))


def _risks(lake: Lake) -> pl.DataFrame:
    """Risks of invoices that nobody dismissed as they are; that sums do not agree is a doubt about a reading already."""
    rows = lake.scan(tables.RISKS).filter(pl.col("kind") != "total_mismatch")
    together = pl.col("says").sort().str.join("; ").alias("reason")
    found = rows.group_by("invoice_id", "content_hash", "source_key", "kind").agg(together)
    named = found.with_columns(pl.concat_str(pl.lit("risk:"), "kind").alias("field"), value=None, confidence=None, page=1)
    corrections = lake.scan(tables.CORRECTIONS)
    dismissed = corrections.filter(pl.col("action") == "dismissed").select("invoice_id", "field", reason="before")
    last = corrections.group_by("invoice_id").agg(pl.col("revision").max())
    waiting = named.join(dismissed, on=["invoice_id", "field", "reason"], how="anti").join(last, on="invoice_id", how="left")
    return waiting.collect().select(list(tables.REVIEW_QUEUE.schema)).cast(pl.Schema(tables.REVIEW_QUEUE.schema))
