"""Sums and extremes over the resources of each series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.panel import Matrix


@dataclass(frozen=True, slots=True)
class Groups:
    """Resource rows by series; the rows of a series lie side by side and no series is without one."""

    owner: NDArray[np.int64]
    begins: NDArray[np.int64]

    @classmethod
    def of(cls, owner: NDArray[np.int64], number: int) -> Groups:
        """The groups of `number` series, given the series of each row."""
        return cls(owner, np.searchsorted(owner, np.arange(number)))

    def add(self, values: Matrix) -> Matrix:
        """Sum over the last axis, per series."""
        return np.asarray(np.add.reduceat(values, self.begins, axis=-1), dtype=np.float64)

    def most(self, values: Matrix) -> Matrix:
        """Maximum per series."""
        return np.asarray(np.maximum.reduceat(values, self.begins, axis=-1), dtype=np.float64)

    def least(self, values: Matrix) -> Matrix:
        """Minimum per series."""
        return np.asarray(np.minimum.reduceat(values, self.begins, axis=-1), dtype=np.float64)

    def rows(self, series: int) -> NDArray[np.int64]:
        """Rows of one series."""
        end = self.begins[series + 1] if series + 1 < len(self.begins) else len(self.owner)
        return np.arange(self.begins[series], end)
