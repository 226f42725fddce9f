"""Several metrics of one database judged together: whether they fit each other, and which of them do not.

Sessions that rise while throughput falls may each be usual. What is judged is the distance (Mahalanobis) of the metrics'
surprises from nothing, under the correlations that they had in the weeks before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.fleet.logic.anomalies import past
from assets.fleet.logic.anomalies.past import Floats
from assets.fleet.logic.anomalies.settings import DEFAULT, Settings
from assets.fleet.logic.anomalies.stays import Flags, stays

_CLIPPED = 4.0
"""Noises at which a surprise is clipped where correlations are learnt, so that no anomaly makes one."""
_SHRUNK = 0.1
_EVERY = 24
_LEAST_TOGETHER = 100
_LEAST_METRICS = 2
_NOTHING = 1e-9
_MAD_SCALE = 1.4826


@dataclass(frozen=True, slots=True)
class Joint:
    """One entry per point, matrices are metrics × points.

    Attributes:
        surprise: How unusual the metrics are together, in noises of that figure; NaN where fewer than two are known, or where
            they were not known together often enough before.
        is_anomaly: Part of a stay outside. False where unknown.
        is_judged: Whether there was enough to judge by.
        contribution: Part of the squared distance that goes away without the metric, at least 0; NaN where it is unknown.
        given_others: The surprise that was to be expected of the metric, given those of the others; NaN likewise.
    """

    surprise: Floats
    is_anomaly: Flags
    is_judged: Flags
    contribution: Floats
    given_others: Floats


@dataclass(frozen=True, slots=True)
class Cause:
    """A metric that does not fit the others.

    Attributes:
        metric: Its row.
        share: Of the contributions at that point.
        surprise: Its own, in noises.
        given_others: The one to be expected with the others as they are.
    """

    metric: int
    share: float
    surprise: float
    given_others: float


def judge_together(surprises: Floats, *, settings: Settings = DEFAULT, begins: float = 9.0) -> Joint:
    """Judge every point by those before it.

    Args:
        surprises: Metrics × points at the same times, from `judge`; NaN where unknown.
        settings: Spans.
        begins: Noises at which an anomaly begins.
    """
    metrics, points = surprises.shape
    distance, dimensions = np.full(points, np.nan), np.zeros(points)
    contribution, given = np.full((metrics, points), np.nan), np.full((metrics, points), np.nan)
    for start in range(0, points, _EVERY):
        span = slice(start, min(start + _EVERY, points))
        correlation, scale, enough = _learnt(surprises[:, max(start - settings.noise, 0) : start])
        scaled = surprises[:, span] / scale[:, None]
        scaled[~enough] = np.nan
        for known, at in _patterns(scaled):
            inverse = np.linalg.inv(correlation[np.ix_(known, known)])
            here = scaled[np.ix_(known, at)]
            pulled = inverse @ here
            place = np.ix_(known, start + at)
            distance[start + at] = (here * pulled).sum(axis=0)
            dimensions[start + at] = len(known)
            contribution[place] = pulled**2 / np.diag(inverse)[:, None]
            given[place] = (here - pulled / np.diag(inverse)[:, None]) * scale[known, None]
    surprise = _standardised(_normal(distance, dimensions), settings)
    return Joint(surprise, stays(surprise, begins, settings.goes_on), ~np.isnan(surprise), contribution, given)


def causes(joint: Joint, surprises: Floats, point: int, share: float = 0.1) -> list[Cause]:
    """The metrics that make at least that share of the distance at a point, the largest first."""
    contribution = np.nan_to_num(joint.contribution[:, point])
    total = float(contribution.sum())
    if total <= 0:
        return []
    order = [int(row) for row in np.argsort(-contribution, kind="stable") if contribution[row] >= share * total]
    return [
        Cause(row, float(contribution[row] / total), float(surprises[row, point]), float(joint.given_others[row, point]))
        for row in order
    ]


def _learnt(before: Floats) -> tuple[Floats, Floats, Flags]:
    """Correlations of the metrics and their scales, and which metrics were known often enough to have them."""
    known = ~np.isnan(before)
    clipped = np.clip(np.nan_to_num(before), -_CLIPPED, _CLIPPED)
    together = known.astype(np.float64) @ known.T
    covariance = clipped @ clipped.T / np.maximum(together, 1)
    scale = np.sqrt(np.diag(covariance)) + _NOTHING
    often = np.minimum(together / _LEAST_TOGETHER, 1)
    correlation = (1 - _SHRUNK) * np.clip(covariance / np.outer(scale, scale), -1, 1) * often
    return _definite(correlation), scale, np.diag(together) >= _LEAST_TOGETHER


def _definite(correlation: Floats) -> Floats:
    """The nearest matrix that can be one of correlations: where pairs were known at different times, it may not be."""
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray((vectors * np.maximum(values, _SHRUNK / 2)) @ vectors.T, dtype=np.float64)


def _patterns(scaled: Floats) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The points at which the same metrics are known, and at least two of them: rows and columns."""
    known = ~np.isnan(scaled)
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    return [
        (np.flatnonzero(patterns[:, number]), np.flatnonzero(which.ravel() == number))
        for number in range(patterns.shape[1])
        if patterns[:, number].sum() >= _LEAST_METRICS
    ]


def _normal(distance: Floats, dimensions: Floats) -> Floats:
    """Squared distances as deviates of a normal distribution (Wilson and Hilferty, 1931), whatever the number of metrics."""
    spread = 2 / (9 * np.maximum(dimensions, 1))
    return np.asarray((np.cbrt(distance / np.maximum(dimensions, 1)) - (1 - spread)) / np.sqrt(spread), dtype=np.float64)


def _standardised(deviate: Floats, settings: Settings) -> Floats:
    """In noises of its own past: surprises have heavier tails than a normal distribution."""
    middle = past.median(deviate, settings.noise, _LEAST_TOGETHER)
    noise = _MAD_SCALE * past.median(np.abs(deviate - middle), settings.noise, _LEAST_TOGETHER)
    return np.asarray((deviate - middle) / np.maximum(noise, 1), dtype=np.float64)
