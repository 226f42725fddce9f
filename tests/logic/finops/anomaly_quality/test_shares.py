"""Shares and their intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.finops.logic.anomaly_quality.shares import Share


def test_the_interval_is_that_of_the_textbook() -> None:
    assert Share(8, 10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert Share(0, 10).interval == pytest.approx((0, 0.2775), abs=1e-4)


def test_of_no_tries_the_share_is_unknown_and_may_be_anything() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval == (0.0, 1.0)


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share_and_narrows_with_more_tries(counts: tuple[int, int]) -> None:
    hits, of = counts
    share, more = Share(hits, of), Share(4 * hits, 4 * of)
    low, high = share.interval
    assert 0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1
    assert more.interval[1] - more.interval[0] < high - low
