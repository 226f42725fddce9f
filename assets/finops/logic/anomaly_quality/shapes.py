"""What each type of known anomaly does to the costs of a series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.panel import Matrix

_WEEKS = 8
BEFORE = 7 * _WEEKS
"""Days of a series' history that its noise is measured on."""
_USUAL_DAYS = 28
_MAD_SCALE = 1.4826
_SATURDAY = 5
_LABEL_DAYS = 10
"""A change of level, and a new service, are to be found in their first ten days."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the anomalies are.

    Attributes:
        noises: Heights are drawn log-uniformly from this range, in noises of the series (see `noise`).
        share: And are never less than this share of the series' usual cost.
        impact: An anomaly worth less than this in all, in the series' currency, is nobody's concern and is not made.
        new_daily: A new service costs at least this much a day, in the series' currency.
    """

    noises: tuple[float, float] = (4.0, 12.0)
    share: float = 0.15
    impact: float = 10.0
    new_daily: float = 40.0


@dataclass(frozen=True, slots=True)
class Site:
    """A series and the day on which an anomaly shall start.

    Attributes:
        costs: Its resources × days, no day unknown.
        start: The day.
        weekday: Weekday of each day, Monday is 0.
        noise: Noise of the series on the days before; see `noise`.
        sizes: How large the anomaly shall be.
        rng: Decides.
    """

    costs: Matrix
    start: int
    weekday: NDArray[np.int64]
    noise: float
    sizes: Sizes
    rng: np.random.Generator

    @property
    def active(self) -> bool:
        """Whether the series cost something on at least half of the days that noise is measured on."""
        return bool((self.costs[:, self.start - BEFORE : self.start].sum(axis=0) != 0).mean() >= 0.5)

    @property
    def usual(self) -> Matrix:
        """Mean cost of each resource in the four weeks before."""
        return np.asarray(self.costs[:, max(self.start - _USUAL_DAYS, 0) : self.start].mean(axis=1), dtype=np.float64)

    def height(self) -> float:
        """An extra cost per day by the rule of `Sizes`."""
        low, high = np.log(self.sizes.noises)
        return max(float(np.exp(self.rng.uniform(low, high))) * self.noise, self.sizes.share * float(self.usual.sum()))

    def visible(self, height: float) -> bool:
        """Whether a cost per day that follows from the series itself is large enough to count."""
        return height >= self.sizes.noises[0] * self.noise and height >= self.sizes.share * float(self.usual.sum())


@dataclass(frozen=True, slots=True)
class Change:
    """An anomaly in place.

    Attributes:
        first: First day on which costs change.
        end: Last day of the label.
        delta: What is added to the resources' costs from the day `first` on.
        culprits: Rows of the resources that cause it, largest first.
        height: Its size per day.
        noise: The noise to compare that with.
        direction: `up`, `down` or `mixed`.
    """

    first: int
    end: int
    delta: Matrix
    culprits: tuple[int, ...]
    height: float
    noise: float
    direction: str = "up"


Shape = Callable[[Site], Change | None]
"""None where the series has no room for the anomaly or would not show it."""


def noise(costs: Matrix) -> float:
    """How far a cost is usually off the median of its weekday, over the last eight weeks; the last axis is days.

    The larger of the median absolute deviation (scaled by 1.4826) and the width of the middle nine tenths (divided by 3.29, which
    is the same for Gaussian noise): so fees, heavy tails and pauses count as noise of the series and not as a quiet one.
    """
    off = _off_weekday(costs)
    low, high = np.quantile(off, (0.05, 0.95))
    return max(_MAD_SCALE * float(np.median(np.abs(off))), float(high - low) / 3.29)


def spike(site: Site) -> Change | None:
    """One to three days up."""
    return _risen(site, np.ones(int(site.rng.integers(1, 4))))


def level_shift(site: Site) -> Change | None:
    """Up for good, or for a month or two; going back is no anomaly."""
    rest = site.costs.shape[1] - site.start
    days = rest if site.rng.random() < 0.5 else min(int(site.rng.integers(30, 61)), rest)
    return _risen(site, np.ones(days), label=_LABEL_DAYS)


def ramp(site: Site) -> Change | None:
    """Grows over 10 to 25 days, and is remedied then."""
    days = int(site.rng.integers(10, 26))
    return _risen(site, np.arange(1, days + 1) / days)


def slow_leak(site: Site) -> Change | None:
    """Grows over 30 to 60 days, and is remedied then."""
    days = int(site.rng.integers(30, 61))
    return _risen(site, np.arange(1, days + 1) / days)


def drop_out(site: Site) -> Change | None:
    """All resources, or the larger half, lose all or half to nine tenths of their cost for two to eight days."""
    rows = _live(site)
    if site.rng.random() < 0.45:
        rows = rows[: max(len(rows) // 2, 1)]
    lost = 1.0 if site.rng.random() < 0.5 else float(site.rng.uniform(0.5, 0.9))
    days = slice(site.start, site.start + int(site.rng.integers(2, 9)))
    height = lost * float(site.usual[rows].sum())
    if not len(rows) or not site.visible(height):
        return None
    delta = np.zeros_like(site.costs[:, days])
    delta[rows] = -lost * site.costs[rows, days]
    return Change(site.start, days.stop - 1, delta, tuple(rows.tolist()), height, site.noise, "down")


def offsetting_pair(site: Site) -> Change | None:
    """For 5 to 20 days one resource costs more by what another costs less; the total stays. Measured by the noise of the two."""
    rows = _live(site)
    rows = rows[site.usual[rows] >= 0.15 * site.usual.sum()]
    if len(rows) < 2:
        return None
    loser, winner = (int(row) for row in site.rng.choice(rows, 2, replace=False))
    own = max(noise(site.costs[row, : site.start]) for row in (loser, winner))
    low, high = np.log(site.sizes.noises)
    moved = max(float(np.exp(site.rng.uniform(low, high))) * own, 0.3 * site.usual[loser])
    if moved > 0.9 * site.usual[loser]:
        return None
    days = slice(site.start, site.start + int(site.rng.integers(5, 21)))
    delta = np.zeros_like(site.costs[:, days])
    delta[winner] = moved / site.usual[loser] * site.costs[loser, days]
    delta[loser] = -delta[winner]
    return Change(site.start, days.stop - 1, delta, (winner, loser), moved, own, "mixed")


def weekend_leak(site: Site) -> Change | None:
    """Two to four weekends cost almost as much as weekdays, in a series whose weekends cost less; starts on a Saturday."""
    if site.weekday[site.start] != _SATURDAY:
        return None
    total, rows = site.costs[:, site.start - BEFORE : site.start].sum(axis=0), _live(site)
    free = site.weekday[site.start - BEFORE : site.start] >= _SATURDAY
    gap = float(np.median(total[~free]) - np.median(total[free]))
    height = float(site.rng.uniform(0.85, 1.0)) * gap
    if not len(rows) or np.median(total[free]) > 0.72 * np.median(total[~free]) or not site.visible(height):
        return None
    days = np.arange(site.start, min(site.start + 7 * int(site.rng.integers(1, 4)) + 2, site.costs.shape[1]))
    weights = site.usual[rows] / site.usual[rows].sum()
    delta = np.zeros((len(site.costs), len(days)))
    delta[rows] = np.outer(weights, np.where(site.weekday[days] >= _SATURDAY, height, 0.0))
    return Change(site.start, int(days[-1]), delta, tuple(rows.tolist()), height, site.noise)


def new_service(site: Site) -> Change | None:
    """The series had not cost anything before this day: its history is taken away."""
    begun = site.costs[:, site.start : site.start + _LABEL_DAYS].sum(axis=1)
    height = float(begun.sum()) / _LABEL_DAYS
    if height < site.sizes.new_daily or site.costs[:, site.start].sum() <= 0:
        return None
    rows = np.argsort(-begun, kind="stable")
    culprits = tuple(int(row) for row in rows if begun[row] > 0)
    return Change(0, site.start + _LABEL_DAYS - 1, -site.costs[:, : site.start], culprits, height, site.noise)


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "spike": spike,
        "level_shift": level_shift,
        "drop_out": drop_out,
        "ramp": ramp,
        "offsetting_pair": offsetting_pair,
        "new_service": new_service,
        "slow_leak": slow_leak,
        "weekend_leak": weekend_leak,
    }
)
"""The types of known anomalies."""


def _risen(site: Site, curve: Matrix, label: int | None = None) -> Change | None:
    """A rise by the curve times a height, shared by the culprits in proportion to their cost."""
    rows = _culprits(site)
    if not len(rows):
        return None
    height = site.height()
    delta = np.zeros((len(site.costs), len(curve)))
    delta[rows] = np.outer(site.usual[rows] / site.usual[rows].sum(), height * curve)
    end = site.start + min(label or len(curve), len(curve)) - 1
    return Change(site.start, end, delta, tuple(rows.tolist()), height, site.noise)


def _live(site: Site) -> NDArray[np.int64]:
    """The resources that cost something in the weeks before, dearest first."""
    order = np.argsort(-site.usual, kind="stable")
    return order[site.usual[order] > 0]


def _culprits(site: Site) -> NDArray[np.int64]:
    """Mostly one resource, the dear ones more often; sometimes two, sometimes all."""
    rows, drawn = _live(site), site.rng.random()
    if len(rows) <= 1 or drawn > 0.85:
        return rows
    weights = site.usual[rows] / site.usual[rows].sum()
    chosen = site.rng.choice(len(rows), 2 if drawn > 0.7 else 1, replace=False, p=weights)
    return rows[np.sort(chosen)]


def _off_weekday(costs: Matrix) -> Matrix:
    weeks = costs[..., costs.shape[-1] - BEFORE :].reshape(*costs.shape[:-1], _WEEKS, 7)
    return np.asarray(weeks - np.median(weeks, axis=-2, keepdims=True), dtype=np.float64)
