"""Several metrics of one database judged together: whether each is what the others let expect, and which of them is not.

Throughput that falls while sessions stay may be usual for either. What is judged is the surprise of each metric that remains when
that of the others is given, under the correlations that they had in the weeks before; a load that moves all of them remains none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.fleet.logic.anomalies.expectation import noise_of
from assets.fleet.logic.anomalies.past import Floats
from assets.fleet.logic.anomalies.settings import DEFAULT, Settings
from assets.fleet.logic.anomalies.stays import Flags, stays

_CLIPPED = 4.0
"""Noises at which a surprise is clipped where correlations are learnt, so that no anomaly makes one."""
_SHRUNK = 0.02
_EVERY = 24
_LEAST_TOGETHER = 100
_LEAST_METRICS = 2
_LEAST_NOISE = 0.2
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Joint:
    """One entry per point; matrices are metrics × points.

    Attributes:
        surprise: The largest of `remaining` in size; NaN where fewer than two metrics are known, or where they were not known
            together often enough before.
        is_anomaly: Part of a stay outside. False where unknown.
        is_judged: Whether there was enough to judge by.
        remaining: Per metric, what is left of its surprise with the others given, in noises of that; NaN where it is unknown.
        given_others: The surprise that was to be expected of the metric with the others as they are; NaN likewise.
    """

    surprise: Floats
    is_anomaly: Flags
    is_judged: Flags
    remaining: Floats
    given_others: Floats


@dataclass(frozen=True, slots=True)
class Cause:
    """A metric that does not fit the others.

    Attributes:
        metric: Its row.
        share: Its part of what remains at that point, in squares.
        surprise: Its own, in noises.
        given_others: The one to be expected with the others as they are.
    """

    metric: int
    share: float
    surprise: float
    given_others: float


def judge_together(surprises: Floats, *, settings: Settings = DEFAULT) -> Joint:
    """Judge every point by those before it.

    Args:
        surprises: Metrics × points at the same times, from `judge`; NaN where unknown.
        settings: Thresholds and spans.
    """
    given = np.full(surprises.shape, np.nan)
    for start in range(0, surprises.shape[1], _EVERY):
        span = slice(start, start + _EVERY)
        given[:, span] = _given(surprises[:, span], surprises[:, max(start - settings.noise, 0) : start])
    remaining = surprises - given
    for row, errors in enumerate(remaining):
        remaining[row] = errors / np.fmax(noise_of(errors, settings), _LEAST_NOISE)
    largest = np.fmax.reduce(np.abs(remaining), axis=0)
    return Joint(largest, stays(largest, settings.together, settings.goes_on), ~np.isnan(largest), remaining, given)


def causes(joint: Joint, surprises: Floats, point: int, share: float = 0.1) -> list[Cause]:
    """The metrics that make at least that share of what remains at a point, the largest first."""
    size = np.nan_to_num(joint.remaining[:, point]) ** 2
    total = float(size.sum())
    order = [int(row) for row in np.argsort(-size, kind="stable") if total > 0 and size[row] >= share * total]
    return [
        Cause(row, float(size[row] / total), float(surprises[row, point]), float(joint.given_others[row, point])) for row in order
    ]


def _given(here: Floats, before: Floats) -> Floats:
    """The surprise to be expected of each metric from those of the others (mean of a conditional normal distribution)."""
    correlation, scale, enough = _learnt(before)
    scaled = here / scale[:, None]
    scaled[~enough] = np.nan
    given = np.full(here.shape, np.nan)
    for known, at in _patterns(scaled):
        inverse = np.linalg.inv(correlation[np.ix_(known, known)])
        own = scaled[np.ix_(known, at)]
        given[np.ix_(known, at)] = (own - inverse @ own / np.diag(inverse)[:, None]) * scale[known, None]
    return given


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
    return np.asarray((vectors * np.maximum(values, _SHRUNK)) @ vectors.T, dtype=np.float64)


def _patterns(scaled: Floats) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The points at which the same metrics are known, and at least two of them: rows and columns."""
    known = ~np.isnan(scaled)
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    return [
        (np.flatnonzero(patterns[:, number]), np.flatnonzero(which.ravel() == number))
        for number in range(patterns.shape[1])
        if patterns[:, number].sum() >= _LEAST_METRICS
    ]
