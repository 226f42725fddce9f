"""Known anomalies in a metric's own history: what each kind does to the values, and where it is put."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DAY = 86_400
_MAD_SCALE = 1.4826
_LEAST_SHARE = 0.02
_NOTHING = 1e-9
HISTORY_DAYS = 10
"""Days of a metric before the first place for an anomaly."""
NOISES = (8.0, 20.0)
"""Heights are drawn log-uniformly from this range, in noises of the metric."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where an anomaly shall start.

    Attributes:
        values: Of the metric, NaN where unknown; the start is known.
        start: The point.
        day: Points of a day.
        noise: How far values usually are off those of the same time the day before.
        rng: Decides.
    """

    values: Floats
    start: int
    day: int
    noise: float
    rng: np.random.Generator

    def height(self) -> float:
        """A height by the rule of `NOISES`, up or down, but never below 0 where the metric never is."""
        low, high = np.log(NOISES)
        size = float(np.exp(self.rng.uniform(low, high))) * self.noise
        falls = self.rng.random() < 0.5
        usual = self.values[max(self.start - self.day, 0) : self.start]
        if falls and (np.nanmin(self.values) < 0 or np.nanmin(usual) - size >= 0):
            return -size
        return size

    def until(self, points: int) -> slice:
        """So many points from the start, as far as there are any."""
        return slice(self.start, min(self.start + points, len(self.values)))


@dataclass(frozen=True, slots=True)
class Injected:
    """A known anomaly in place.

    Attributes:
        kind: One of `KINDS`.
        first: First point that differs.
        last: Last point at which finding it still counts.
        noises: How large it is, in noises of the metric.
        values: All values, with the anomaly.
    """

    kind: str
    first: int
    last: int
    noises: float
    values: Floats


Shape = Callable[[Site], tuple[slice, Floats] | None]
"""The points that are to find and all values as they become; None where the metric has no room for it or would not show it."""


def inject(times: NDArray[np.datetime64], values: Floats, kind: str, rng: np.random.Generator) -> Injected | None:
    """Put one anomaly at a random place of a metric's history; None if there is no place for it.

    Args:
        times: Ascending.
        values: NaN where unknown.
        kind: One of `KINDS`.
        rng: Decides.
    """
    site = _site(times.astype("datetime64[s]").astype(np.int64), values, rng)
    made = KINDS[kind](site) if site else None
    if site is None or made is None:
        return None
    span, changed = made
    changed = np.where(np.isnan(values), np.nan, changed)
    differs = np.nan_to_num(np.abs(changed - values)[span])
    if not differs.max() > _NOTHING:
        return None
    first = span.start + int(np.argmax(differs > _NOTHING))
    return Injected(kind, first, span.stop - 1, float(differs.max()) / site.noise, changed)


def spike(site: Site) -> tuple[slice, Floats]:
    """One to three points up or down."""
    return _added(site, np.ones(int(site.rng.integers(1, 4))) * site.height())


def level_shift(site: Site) -> tuple[slice, Floats]:
    """Up or down for good; to be found within a day."""
    changed = _added(site, np.ones(len(site.values) - site.start) * site.height())[1]
    return site.until(site.day), changed


def drift(site: Site) -> tuple[slice, Floats]:
    """Grows over two to four days to twice the height of other kinds, and is remedied then."""
    points = int(site.rng.uniform(2, 4) * site.day)
    return _added(site, np.linspace(0, 2 * site.height(), points + 1)[1:])


def drop_out(site: Site) -> tuple[slice, Floats] | None:
    """Nothing for two points to half a day, where there usually is something."""
    span = site.until(int(site.rng.integers(2, max(site.day // 2, 3))))
    if not np.nanmedian(site.values[span]) > NOISES[0] * site.noise:
        return None
    return span, _with(site, span, np.zeros(span.stop - span.start))


def variance_change(site: Site) -> tuple[slice, Floats]:
    """Noise of so many times the usual for one to two days."""
    points = int(site.rng.uniform(1, 2) * site.day)
    return _added(site, site.rng.normal(size=points) * abs(site.height()) / 2)


def season_change(site: Site) -> tuple[slice, Floats] | None:
    """For two days, what usually happens at a time of day happens half a day later."""
    span = site.until(2 * site.day)
    earlier = np.arange(span.start, span.stop) - site.day // 2
    moved = site.values[earlier]
    if not np.nanmax(np.abs(moved - site.values[span]), initial=0.0) > NOISES[0] * site.noise:
        return None
    return span, _with(site, span, np.where(np.isnan(moved), site.values[span], moved))


def flatline(site: Site) -> tuple[slice, Floats] | None:
    """Two days of the same value, in a metric that usually moves."""
    span = site.until(2 * site.day)
    before = np.diff(site.values[max(site.start - 2 * site.day, 0) : site.start])
    if not np.mean(before[~np.isnan(before)] != 0) > 0.5:
        return None
    return span, _with(site, span, np.full(span.stop - span.start, site.values[site.start]))


KINDS: Mapping[str, Shape] = MappingProxyType(
    {
        "spike": spike,
        "level shift": level_shift,
        "drift": drift,
        "drop-out": drop_out,
        "variance change": variance_change,
        "season change": season_change,
        "flatline": flatline,
    }
)


def _site(seconds: NDArray[np.int64], values: Floats, rng: np.random.Generator) -> Site | None:
    if len(seconds) < 2:
        return None
    step = max(float(np.median(np.diff(seconds))), 1.0)
    day = max(round(_DAY / step), 2)
    places = np.flatnonzero((seconds - seconds[0] >= HISTORY_DAYS * _DAY) & ~np.isnan(values))
    places = places[places < len(values) - 4]
    places = places[places >= 2 * day]
    if not len(places):
        return None
    start = int(rng.choice(places))
    usual = values[max(start - HISTORY_DAYS * day, 0) : start]
    off = usual[day:] - usual[:-day]
    off = off[~np.isnan(off)]
    if not len(off):
        return None
    spread = _MAD_SCALE * float(np.median(np.abs(off))) / np.sqrt(2)
    level = float(np.nanmedian(np.abs(usual)))
    return Site(values, start, day, max(spread, _LEAST_SHARE * level, _NOTHING), rng)


def _added(site: Site, extra: Floats) -> tuple[slice, Floats]:
    span = site.until(len(extra))
    return span, _with(site, span, site.values[span] + extra[: span.stop - span.start])


def _with(site: Site, span: slice, values: Floats) -> Floats:
    changed = site.values.copy()
    changed[span] = values
    return changed if np.nanmin(site.values) < 0 else np.where(changed < 0, 0.0, changed)
