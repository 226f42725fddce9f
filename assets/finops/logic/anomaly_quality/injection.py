"""Known anomalies put into one's own costs, so that a detector can be measured where no label exists."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.anomaly_quality.shapes import BEFORE, SHAPES, Change, Site, Sizes, noise
from assets.finops.logic.panel import Matrix, Panel

LABELS = pl.Schema(
    {
        "series": pl.Int64(),
        "start": pl.Int64(),
        "end": pl.Int64(),
        "type": pl.String(),
        "direction": pl.String(),
        "impact": pl.Float64(),
        "noises": pl.Float64(),
        "resources": pl.List(pl.Int64()),
    }
)
"""As labels for `scoring.score`. `impact` is extra money inside the label (missing money is negative; of an offsetting pair, what
moved), `noises` the height in noises (infinite in a series without noise, null of a new service)."""

_WEIGHTS = (0.24, 0.21, 0.14, 0.11, 0.10, 0.08, 0.07, 0.05)
_PROVISIONAL = 2
_GUARD_BEFORE, _GUARD_AFTER = 7, 2
_TRIES = 80


@dataclass(frozen=True, slots=True)
class Placement:
    """Where anomalies may stand.

    Attributes:
        per_series: How many are wanted, per series with enough history.
        most: How many are wanted at most.
        history: Days of a series before its first.
        spacing: Days from where one no longer tells on the costs of a series to the next; after a lasting change there is none.
        sizes: How large they are.
    """

    per_series: float = 0.6
    most: int = 400
    history: int = 60
    spacing: int = 30
    sizes: Sizes = field(default_factory=Sizes)


DEFAULT = Placement()


def inject(
    panel: Panel, *, seed: int, placement: Placement = DEFAULT, avoid: NDArray[np.bool_] | None = None
) -> tuple[Panel, pl.DataFrame]:
    """The costs with known anomalies in them, and what these are; the same for the same seed.

    Types are those of `SHAPES`, spikes and changes of level the most frequent. Heights are relative to the noise and the cost of
    the series itself on the days before: log-uniform between 4 and 12 noises and never less than 15 % of the cost, unless `Sizes`
    says otherwise. Series that cost nothing on more than half of the days are left out, as noise means nothing there. An anomaly
    never starts within the first days of a series, never overlaps or neighbours another one, and its label touches no unknown day
    and none of the two provisional days at the end. Series and resources keep their rows, so that the two panels can be compared;
    hence none is caused by a resource that did not exist before.

    Args:
        panel: The costs, which are not changed.
        seed: Decides everything.
        placement: How many, where, and how large.
        avoid: Series × days that anomalies shall keep clear of, as something is known to be wrong there.

    Returns:
        The panel, and labels with the columns of `LABELS`: fewer than wanted where they find no room.

    Raises:
        ValueError: The placement asks for less history than the noise of a series is measured on, eight weeks.
    """
    if placement.history < BEFORE:
        raise ValueError(f"a history of {placement.history} days is too short: noise is measured on {BEFORE}")
    rng = np.random.default_rng(seed)
    ground = _Ground(panel, placement, avoid, rng)
    oldest = panel.first_days() + placement.history
    able = np.flatnonzero(oldest < panel.days - _PROVISIONAL)
    wanted = min(round(placement.per_series * len(able)), placement.most) if len(able) else 0
    kinds = rng.choice(list(SHAPES), wanted, p=_WEIGHTS).tolist()
    for kind in sorted(kinds, key=lambda kind: kind != "new_service"):
        for _ in range(_TRIES):
            series = int(rng.choice(able))
            if ground.place(kind, series, int(rng.integers(oldest[series], panel.days - _PROVISIONAL))):
                break
    labels = pl.DataFrame(ground.labels, schema=LABELS, orient="row").sort("series", "start")
    return replace(panel, costs=ground.costs), labels


class _Ground:
    """The costs while anomalies are being put into them."""

    def __init__(self, panel: Panel, placement: Placement, avoid: NDArray[np.bool_] | None, rng: np.random.Generator) -> None:
        self.costs = panel.costs.copy()
        self.labels: list[tuple[object, ...]] = []
        self._before = panel.costs
        self._placement = placement
        self._rng = rng
        self._weekday = (panel.start.weekday() + np.arange(panel.days)) % 7
        self._bounds = np.searchsorted(panel.owner, np.arange(len(panel.series) + 1))
        self._unknown = np.isnan(panel.totals)
        self._avoid = self._unknown if avoid is None else self._unknown | avoid
        self._taken: dict[int, list[tuple[int, int]]] = {}

    def place(self, kind: str, series: int, start: int) -> bool:
        """Put one in, if it fits there."""
        if kind == "weekend_leak":
            start += int(5 - self._weekday[start]) % 7
        if start >= self._before.shape[1] or self._unknown[series, start - BEFORE : start].any():
            return False
        rows = slice(int(self._bounds[series]), int(self._bounds[series + 1]))
        site = self._site(rows, start)
        change = SHAPES[kind](site) if site.active else None
        if change is None or change.end >= self._before.shape[1] - _PROVISIONAL or not self._free(series, start, change):
            return False
        impact = self._impact(rows, start, change)
        if abs(impact) < self._placement.sizes.impact:
            return False
        self.costs[rows, change.first : change.first + change.delta.shape[1]] += change.delta
        self._taken.setdefault(series, []).append((change.first, self._last(start, change)))
        named = [rows.start + row for row in change.culprits]
        noises = None if kind == "new_service" else change.height / change.noise if change.noise else float("inf")
        self.labels.append((series, start, change.end, kind, change.direction, impact, noises, named))
        return True

    def _site(self, rows: slice, start: int) -> Site:
        """What the days before the start say, and the costs of the series with unknown days as nothing."""
        costs = np.nan_to_num(self._before[rows])
        return Site(costs, start, self._weekday, noise(costs[:, :start].sum(axis=0)), self._placement.sizes, self._rng)

    def _last(self, start: int, change: Change) -> int:
        """Last day on which the anomaly tells on the costs; what is new must grow a history first."""
        if change.first < start:
            return start + self._placement.history
        return change.first + int(change.delta.shape[1]) - 1

    def _free(self, series: int, start: int, change: Change) -> bool:
        if self._avoid[series, start - _GUARD_BEFORE : change.end + _GUARD_AFTER + 1].any():
            return False
        last, apart = self._last(start, change), self._placement.spacing
        return all(last + apart < first or until + apart < change.first for first, until in self._taken.get(series, []))

    def _impact(self, rows: slice, start: int, change: Change) -> float:
        """Extra money inside the label."""
        if change.first < start:
            return float(np.nan_to_num(self._before[rows, start : change.end + 1]).sum())
        inside: Matrix = change.delta[:, : change.end - start + 1]
        return float(np.abs(inside).sum()) / 2 if change.direction == "mixed" else float(inside.sum())
