"""Alerts as every detector gives them: one row per flagged series and day, with the resources that moved most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.panel import Matrix, Panel

ALERTS = pl.Schema(
    {
        "series": pl.Int64(),
        "day": pl.Int64(),
        "direction": pl.String(),
        "expected": pl.Float64(),
        "actual": pl.Float64(),
        "score": pl.Float64(),
        "resources": pl.List(pl.Int64()),
    }
)
"""Row of `Panel.series`, column of `Panel.costs`, `up` or `down` or `mixed`, money, certainty, and rows of `Panel.resources`."""

Detector = Callable[[Panel], pl.DataFrame]
"""From costs to alerts; the columns of `ALERTS`."""

_NAMED = 3


def alerts(panel: Panel, flagged: NDArray[np.bool_], expected: Matrix, score: Matrix) -> pl.DataFrame:
    """The flagged days as alerts, by series and day; culprits are the three resources that moved most against a week before.

    Args:
        panel: The costs that were judged.
        flagged: Per series and day, whether it is anomalous.
        expected: Per series and day, the cost that was expected.
        score: Per series and day, how certain it is.
    """
    series, day = np.nonzero(flagged)
    actual, usual = panel.totals[series, day], expected[series, day]
    return pl.DataFrame(
        {
            "series": series,
            "day": day,
            "direction": np.where(actual >= usual, "up", "down").tolist(),
            "expected": usual,
            "actual": actual,
            "score": score[series, day],
            "resources": movers(panel, series, day),
        },
        schema=ALERTS,
    )


def movers(panel: Panel, series: NDArray[np.int64], day: NDArray[np.int64], named: int = _NAMED) -> list[list[int]]:
    """Per series and day the resources whose cost moved most against a week before, largest first; the unmoved are left out."""
    moved = np.nan_to_num(panel.costs)
    moved[:, 7:] -= moved[:, :-7].copy()
    bounds = np.searchsorted(panel.owner, np.arange(len(panel.series) + 1))
    found = []
    for number, when in zip(series.tolist(), day.tolist(), strict=True):
        first = int(bounds[number])
        size = np.abs(moved[first : bounds[number + 1], when])
        order = np.argsort(-size, kind="stable")[:named]
        found.append([first + int(row) for row in order if size[row] > 0])
    return found
