"""How much a resource uses per day: season, growth, noise and anomaly. Knows neither prices nor files."""

import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from sandbox.anomalies import Anomaly

Days = npt.NDArray[np.float64]
_SATURDAY = 5
_WEEKEND_SHARE = {"always": 1.0, "growing": 1.0, "business": 0.55, "office": 0.2, "absent": 0.0}
"""Use on a weekend day relative to a working day; `absent` uses nothing unless an anomaly adds it."""
_DAILY_GROWTH = 0.0008
_NOISE = 0.035


@dataclass(frozen=True, slots=True)
class Window:
    """The days of the scenario, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """Every day, in order."""
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Demand:
    """What one meter of one resource uses.

    Attributes:
        key: Distinct name; the noise of a meter depends on it and the seed alone.
        daily: Mean quantity of a working day.
        season: `always`, `growing`, `business`, `office` or `absent`.
        most: What a day cannot exceed, such as 24 for instance hours; None if nothing limits it.
    """

    key: str
    daily: float
    season: str
    most: float | None = None


def quantities(demand: Demand, window: Window, seed: int, anomaly: Anomaly | None) -> list[tuple[Decimal, Decimal]]:
    """Planned and actual quantity of each day, 9 decimals; they differ only where an anomaly is at work."""
    days = window.days
    rng = np.random.default_rng([seed, zlib.crc32(demand.key.encode())])
    noise = np.exp(rng.normal(0.0, _NOISE, len(days)))
    season = _season(demand.season, days)
    planned = demand.daily * noise * season
    actual = planned
    if anomaly is not None and demand.season == "absent":
        actual = demand.daily * noise * anomaly.shape(days)
    elif anomaly is not None:
        actual = planned * (1.0 + anomaly.shape(days))
    limit = np.inf if demand.most is None else demand.most
    pairs = zip(np.minimum(planned, limit), np.minimum(actual, limit), strict=True)
    return [(_decimal(p), _decimal(a)) for p, a in pairs]


def _season(name: str, days: tuple[date, ...]) -> Days:
    if name == "absent":
        return np.zeros(len(days))
    weekend = np.array([day.weekday() >= _SATURDAY for day in days])
    growth = 1.0 + _DAILY_GROWTH * np.arange(len(days)) * (name == "growing")
    season: Days = np.where(weekend, _WEEKEND_SHARE[name], 1.0) * growth
    return season


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.9f}")
