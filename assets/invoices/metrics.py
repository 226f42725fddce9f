"""What is measured of the processing of invoices, as points for a metrics sink."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import fmean

from resources.metrics_sink import MetricPoint

INVOICES_PROCESSED = "invoices_processed"
PROCESSING_SECONDS = "processing_seconds"
FIELD_CONFIDENCE = "field_confidence"
REVIEW_QUEUE_LENGTH = "review_queue_length"
COMPLEXITY_SCORE = "complexity_score"


def points(
    at: datetime,
    deployment: str,
    *,
    processed: Mapping[str, int],
    seconds: Sequence[float] = (),
    least_confidences: Sequence[float | None] = (),
    review_queue: int | None = None,
    complexity_scores: Sequence[int | None] = (),
) -> Iterator[MetricPoint]:
    """Points of one run. What is not known has no point, and is never 0.

    Args:
        at: When the run was done, aware.
        deployment: Where it ran: a dimension of each point.
        processed: Files by what became of them (`accepted`, `review`, `quarantined`): a point each, zeros included.
        seconds: Time that each file took; the point is their mean.
        least_confidences: Of each invoice, the confidence of its most doubtful field; the point is the least of all.
        review_queue: Invoices that wait for a person.
        complexity_scores: Of each invoice; the point is their mean.
    """
    where = {"deployment": deployment}
    for outcome, number in processed.items():
        yield MetricPoint(INVOICES_PROCESSED, float(number), at, {**where, "outcome": outcome})
    if seconds:
        yield MetricPoint(PROCESSING_SECONDS, fmean(seconds), at, where, len(seconds))
    confidences = [confidence for confidence in least_confidences if confidence is not None]
    if confidences:
        yield MetricPoint(FIELD_CONFIDENCE, min(confidences), at, where)
    if review_queue is not None:
        yield MetricPoint(REVIEW_QUEUE_LENGTH, float(review_queue), at, where)
    scores = [score for score in complexity_scores if score is not None]
    if scores:
        yield MetricPoint(COMPLEXITY_SCORE, fmean(scores), at, where, len(scores))
