"""Totals and their parts: which there are, and forecasts of both brought into agreement.

Parts are forecast by themselves and totals are, too; both know something. They are weighed by the variance of their errors in the
backtest: weighted least squares under the condition that parts add up (MinT with a diagonal covariance: Wickramasuriya,
Athanasopoulos and Hyndman, "Optimal Forecast Reconciliation for Hierarchical and Grouped Time Series Through Trace Minimization",
JASA 2019). In a tree that needs no matrix: going up, a total's own forecast and the sum of its parts are averaged, each by the
inverse of its variance; going down, what a total then differs from its parts is shared out among them by their variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Total:
    """All series of a cloud in a currency, or of all clouds in it. Currencies are never added to each other.

    Attributes:
        level: `provider` or `currency`.
        provider: The cloud, which may be unknown; None for all.
        currency: The currency.
        members: Rows of its series.
    """

    level: str
    provider: str | None
    currency: str
    members: Indices


def totals_of(series: pl.DataFrame) -> tuple[Total, ...]:
    """Totals per cloud and currency, then per currency; `series` has the columns `ProviderName` and `BillingCurrency`."""
    rows = series.select("ProviderName", "BillingCurrency").with_row_index("row")
    found = []
    for level, keys in (("provider", ["ProviderName", "BillingCurrency"]), ("currency", ["BillingCurrency"])):
        for row in rows.group_by(keys).agg("row").sort(keys, nulls_last=True).iter_rows(named=True):
            members = np.array(row["row"], dtype=np.int64)
            found.append(Total(level, row.get("ProviderName"), row["BillingCurrency"], members))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Node:
    """A total and its parts, or a part that has none.

    Attributes:
        point: Its own forecast per day.
        variance: Mean square of its errors in the backtest; 0 for what is certain, infinite for a total that says nothing itself.
        parts: What it is the sum of.
        row: Which series it is, for one without parts.
    """

    point: Vector
    variance: float
    parts: Sequence[Node] = ()
    row: int = -1


def reconciled(point: Matrix, variance: Vector, totals: Sequence[Total], total_point: Matrix, total_variance: Vector) -> Matrix:
    """The forecasts of series, in agreement with those of totals as far as the errors of both let them be.

    Args:
        point: Series × day; rows with NaN have no forecast and are left as they are.
        variance: Mean square of each series' errors; one that is unknown (NaN) keeps its forecast.
        totals: See `totals_of`.
        total_point: Total × day, forecasts of the sum of those members that have one; NaN where there is none.
        total_variance: The same of the totals; NaN if unknown: such a total says nothing.
    """
    result = point.copy()
    has = np.asarray(~np.isnan(point).any(axis=1))
    sure = np.nan_to_num(variance)
    silent = np.isnan(total_point).any(axis=1) | np.isnan(total_variance)
    noise = np.where(silent, np.inf, total_variance)
    said = np.where(silent[:, None], 0, total_point)
    nodes: dict[str, list[Node]] = {}
    for number, total in enumerate(totals):
        if total.level == "provider":
            leaves = [Node(point[row], sure[row], row=row) for row in total.members[has[total.members]].tolist()]
            if leaves:
                nodes.setdefault(total.currency, []).append(Node(said[number], float(noise[number]), leaves))
    for number, total in enumerate(totals):
        parts = nodes.get(total.currency, [])
        if total.level == "currency" and parts:
            # with one cloud the two totals are the same forecast, which must not count twice
            agree(parts[0] if len(parts) == 1 else Node(said[number], float(noise[number]), parts), result)
    return result


def agree(root: Node, result: Matrix) -> None:
    """Put the reconciled forecasts of the tree's leaves into their rows of `result`.

    A part that is not negative by itself does not become so.
    """
    top, _ = _averaged(root)
    _share_out(root, top, result)


def _averaged(node: Node) -> tuple[Vector, float]:
    """The best forecast of the node from itself and what is below it, and its variance."""
    if not node.parts:
        return node.point, node.variance
    below = [_averaged(part) for part in node.parts]
    summed, variance = np.sum([point for point, _ in below], axis=0), sum(v for _, v in below)
    weight = variance / (variance + node.variance) if variance else 0.0
    return weight * node.point + (1 - weight) * summed, (1 - weight) * variance


def _share_out(node: Node, agreed: Vector, result: Matrix) -> None:
    if not node.parts:
        result[node.row] = np.maximum(agreed, np.minimum(node.point, 0))
        return
    below = [_averaged(part) for part in node.parts]
    total = sum(variance for _, variance in below)
    gap = agreed - np.sum([point for point, _ in below], axis=0)
    for part, (point, variance) in zip(node.parts, below, strict=True):
        _share_out(part, point + (gap * (variance / total) if total else 0), result)
