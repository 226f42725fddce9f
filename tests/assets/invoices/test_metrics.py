"""Points of a run: everything that is known of it, and nothing that is not."""

from datetime import UTC, datetime

import pytest

from assets.invoices.metrics import points
from resources.metrics_sink import NoMetrics

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


def test_a_run_has_a_point_for_everything_that_is_known_of_it():
    found = list(
        points(
            NOW,
            "test",
            processed={"accepted": 2, "review": 1, "quarantined": 0},
            seconds=[0.1, 0.3],
            least_confidences=[0.9, None, 0.4],
            review_queue=5,
            complexity_scores=[10, None, 20],
        )
    )
    told = {(p.name, p.dimensions.get("outcome")): (p.value, p.count) for p in found}
    assert told == {
        ("invoices_processed", "accepted"): (2, 1),
        ("invoices_processed", "review"): (1, 1),
        ("invoices_processed", "quarantined"): (0, 1),
        ("processing_seconds", None): (pytest.approx(0.2), 2),
        ("field_confidence", None): (0.4, 1),
        ("review_queue_length", None): (5, 1),
        ("complexity_score", None): (15, 2),
    }
    assert NoMetrics().post(found) == ()
    assert {p.at for p in found} == {NOW}


def test_what_is_not_known_of_a_run_has_no_point():
    assert list(points(NOW, "test", processed={}, least_confidences=[None], complexity_scores=[None])) == []
