"""How a database uses its CPUs, from hourly values: in ECPUs, since per cent mean another thing at each size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

AUTO_SCALING_FACTOR = 3
"""CPUs that auto-scaling may use, of those that are allocated. CpuUtilization is in per cent of the CPUs that may be used
(docs.oracle.com, "Available Metrics: oci_autonomous_database"), so of three times the allocated ones with auto-scaling."""
WEEKS = 4
LEAST_DAYS = 14
"""Fewer days say nothing of what the weeks need."""
_LEAST_SHARE = 0.5
_HOURS = 24 * 7
IDLE_PERCENT = 5.0
"""An hour of the week is idle if CPU was at most this in it, in every week."""


@dataclass(frozen=True, slots=True)
class CpuUse:
    """Hours of the last weeks.

    Attributes:
        times: Start of each hour that was measured.
        percent: Of the CPUs that may be used.
        used: CPUs in use, in units of the compute model.
        allocated: CPUs that are allocated.
        is_auto_scaling: Whether three times as many may be used.
    """

    times: tuple[datetime, ...]
    percent: NDArray[np.float64]
    used: NDArray[np.float64]
    allocated: float
    is_auto_scaling: bool

    @property
    def mean(self) -> float:
        """CPUs in use, on average."""
        return float(self.used.mean())

    @property
    def peak(self) -> float:
        """CPUs in use in the busiest hour."""
        return float(self.used.max())

    def quantile(self, share: float) -> float:
        """CPUs that are enough in this share of the hours."""
        return float(np.quantile(self.used, share))

    def percent_quantile(self, share: float) -> float:
        """Per cent of what may be used that is not exceeded in this share of the hours."""
        return float(np.quantile(self.percent, share))

    def charged(self, base: float) -> float:
        """CPUs that are charged on average with auto-scaling on so many: those in use, but no fewer than allocated."""
        return float(np.maximum(self.used, base).mean())

    def idle_hours(self) -> tuple[int, ...]:
        """Hours of the week (0 is Monday 00:00 UTC) in which the database idled in every week, of those seen at least twice."""
        seen: dict[int, list[float]] = defaultdict(list)
        for at, percent in zip(self.times, self.percent, strict=True):
            seen[at.weekday() * 24 + at.hour].append(float(percent))
        return tuple(hour for hour in range(_HOURS) if len(seen.get(hour, ())) > 1 and max(seen[hour]) <= IDLE_PERCENT)


def cpu_use(
    values: Sequence[tuple[datetime, float]], allocated: float | None, *, is_auto_scaling: bool | None, now: datetime
) -> CpuUse | None:
    """Use of the last weeks; None if the size is not known, or too little was measured to say what the weeks need.

    Args:
        values: CPU utilisation by start of the hour, per cent.
        allocated: CPUs that are allocated.
        is_auto_scaling: Whether auto-scaling is on; None if not known.
        now: The present.
    """
    recent = [(at, value) for at, value in values if now - timedelta(weeks=WEEKS) <= at < now]
    if not allocated or is_auto_scaling is None or not recent:
        return None
    span = (max(at for at, _ in recent) - min(at for at, _ in recent)) / timedelta(hours=1) + 1
    if span < LEAST_DAYS * 24 or len(recent) < _LEAST_SHARE * span:
        return None
    percent = np.array([value for _, value in recent], float)
    allowed = allocated * (AUTO_SCALING_FACTOR if is_auto_scaling else 1)
    return CpuUse(tuple(at for at, _ in recent), percent, percent / 100 * allowed, allocated, is_auto_scaling)
