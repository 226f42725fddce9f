"""Shares with the interval in which they truly lie."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """So many `hits` `of` so many tries."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; None of no tries."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval at 95 % confidence, for tries that do not depend on each other; 0 to 1 without any.

        Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
        """
        if not self.of:
            return 0.0, 1.0
        z = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
        share, weight = self.hits / self.of, z * z / self.of
        middle = (share + weight / 2) / (1 + weight)
        half = z / (1 + weight) * sqrt(share * (1 - share) / self.of + weight / (4 * self.of))
        return max(middle - half, 0.0), min(middle + half, 1.0)
