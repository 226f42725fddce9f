"""Distributions of whole days to payment: one row per invoice. How they are learnt belongs to the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

LONGEST = 365
"""Days up to which payments are told apart; what is paid later is only known to be later."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Probability that an invoice is paid within so many days of its issue.

    Attributes:
        within: Invoices × (LONGEST + 1), column d for "within d days", never falling along a row. What is left to 1 in the last
            column is the probability of a later payment or none.
    """

    within: Matrix

    def at(self, days: Vector) -> Vector:
        """Probability of a payment within these days, one figure per invoice; 0 before its day of issue, nan for nan."""
        known = ~np.isnan(days)
        place = np.clip(np.where(known, np.floor(days), 0), -1, LONGEST).astype(np.int64)
        found = np.where(place < 0, 0.0, self.within[np.arange(len(place)), np.maximum(place, 0)])
        return np.where(known, found, np.nan)

    def quantile(self, probability: float) -> Vector:
        """Days within which an invoice is paid with that probability, interpolated; nan if that is beyond `LONGEST`."""
        reached = self.within >= probability
        place = reached.argmax(axis=1)
        rows = np.arange(len(place))
        upper = self.within[rows, place]
        lower = np.where(place > 0, self.within[rows, np.maximum(place - 1, 0)], 0.0)
        part = (probability - lower) / np.maximum(upper - lower, 1e-12)
        # a payment on day d lies between d - 1/2 and d + 1/2
        found = np.maximum(place - 0.5 + part, 0.0)
        return np.where(reached.any(axis=1), found, np.nan)

    def given_open(self, ages: Vector) -> Distribution:
        """What is left of it for invoices that are still open after so many days.

        Where next to nothing is left, payment is as likely on each of the next days as `1 / (age + 1)`: who has waited for n
        days without seeing an event expects another n (Laplace's rule of succession).
        """
        ages = np.floor(np.maximum(ages, 0))
        gone = self.at(ages)[:, None]
        left = 1 - gone
        days = np.arange(LONGEST + 1)[None, :]
        usual = (self.within - gone) / np.maximum(left, 1e-12)
        rare = 1 - (ages[:, None] + 1) / (np.maximum(days, ages[:, None]) + 1)
        trust = np.clip(left / _NEXT_TO_NOTHING, 0, 1)
        return Distribution(np.where(days <= ages[:, None], 0.0, trust * usual + (1 - trust) * rare))

    def recalibrated(self, shape: BetaMap) -> Distribution:
        """The same with its probabilities mapped."""
        return Distribution(shape(self.within))


_NEXT_TO_NOTHING = 0.02


@dataclass(frozen=True, slots=True)
class BetaMap:
    """A map of probabilities onto calibrated ones: the distribution function of Kumaraswamy's law, close to the beta law.

    Sources: Gneiting and Ranjan, "Combining predictive distributions", 2013 (recalibration by the law of the probability
    integral transform); Kumaraswamy, "A generalized probability density function for double-bounded random processes", 1980.
    """

    first: float = 1.0
    second: float = 1.0

    def __call__(self, probability: Matrix) -> Matrix:
        """The calibrated probabilities; 0 and 1 stay."""
        inside = np.clip(probability, 0.0, 1.0)
        return np.asarray(1 - (1 - inside**self.first) ** self.second, dtype=np.float64)


def fitted_map(transforms: Vector, prior_count: float = 500.0) -> BetaMap:
    """The most probable map, given what the predicted distributions said of outcomes that came later.

    Args:
        transforms: Predicted probability of a payment up to the day it came, one per invoice: uniform if all is well.
        prior_count: How many outcomes the belief is worth that nothing is to be corrected. Many, as the outcomes come in clusters
            per party, and from models that had learnt from less.
    """
    if not len(transforms):
        return BetaMap()
    inside = np.clip(transforms, 1e-3, 1 - 1e-3)
    grid = np.exp(np.linspace(np.log(0.5), np.log(2.0), 61))
    first, second = (axis.ravel() for axis in np.meshgrid(grid, grid))
    logs = np.log(inside)[None, :]
    power = np.exp(first[:, None] * logs)
    density = np.log(first * second)[:, None] + (first[:, None] - 1) * logs + (second[:, None] - 1) * np.log1p(-power)
    # the belief: uniform transforms, at the middles of as many equal parts
    even = (np.arange(20) + 0.5) / 20
    even_logs = np.log(even)[None, :]
    prior = (
        np.log(first * second)[:, None]
        + (first[:, None] - 1) * even_logs
        + (second[:, None] - 1) * np.log1p(-np.exp(first[:, None] * even_logs))
    )
    best = int((density.sum(axis=1) + prior_count * prior.mean(axis=1)).argmax())
    return BetaMap(float(first[best]), float(second[best]))
