"""What Autonomous Databases measure of themselves at any time: seasons of a day and a week, growth, noise, and planted anomalies.

Knows neither clouds nor their services. The value of a moment depends on the database and the moment alone, so that nothing needs
to be kept: minutes far back and those to come are made when they are asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Minutes = npt.NDArray[np.int64]
"""Minutes since 1970, UTC."""
Kind = Literal["spike", "slowdown", "session leak", "missing", "joint"]
REPEATS_DAYS = 28
"""Planted anomalies come again after so many days: a demo that is looked at later shows some too."""
_DAY, _HOUR = 1440, 60
_FRIDAY = 4
_NOISE, _SLOW_NOISE = 0.05, 0.08
_GROWS_FROM = datetime(2026, 1, 1, tzinfo=UTC)
METRICS: Mapping[str, tuple[int, str]] = {
    "CpuUtilization": (1, "percent"), "StorageUtilization": (60, "percent"), "StorageUsed": (60, "GB"),
    "Sessions": (1, "count"), "ExecuteCount": (1, "count"), "TransactionCount": (1, "count"), "FailedLogons": (1, "count"),
    "DatabaseAvailability": (1, "percent"),
}  # fmt: skip
"""Metrics of the service with the minutes from one datapoint to the next and their unit.

Source of names: docs.oracle.com, "Available Metrics" of Autonomous Database Serverless.
"""


@dataclass(frozen=True, slots=True)
class Planted:
    """An anomaly of a database.

    Attributes:
        kind: `spike` of CPU; `slowdown`: CPU rises while transactions fall; `session leak`: sessions rise and are not closed;
            `missing`: no datapoints of sessions; `joint`: CPU stays as at night while the rest is as by day, so that no metric
            is unusual by itself.
        begin: First minute.
        minutes: How long it lasts.
    """

    kind: Kind
    begin: int
    minutes: int

    def during(self, minutes: Minutes) -> npt.NDArray[np.bool_]:
        """Which minutes are in it, or in one of those that come again."""
        since = minutes - self.begin
        return np.asarray((since >= 0) & (since % (REPEATS_DAYS * _DAY) < self.minutes))

    def share(self, minutes: Minutes) -> Values:
        """How far it has come, from 0 to 1."""
        return np.asarray(((minutes - self.begin) % (REPEATS_DAYS * _DAY)) / self.minutes)


@dataclass(frozen=True, slots=True)
class Load:
    """How much goes on in a database.

    Attributes:
        cpu: Per cent of a working hour.
        rest: Use at night and at weekends, relative to a working hour.
        sessions: Of a working hour.
        executions: A minute of a working hour.
        used_gb: Storage that is used at the beginning of 2026.
        growth_gb: What is added a day.
        since: Minute from which on it is measured.
        until: Minute after which it is not; None if that does not end.
        anomalies: What is planted.
    """

    cpu: float = 30.0
    rest: float = 0.5
    sessions: float = 20.0
    executions: float = 900.0
    used_gb: float = 100.0
    growth_gb: float = 0.1
    since: int = 0
    until: int | None = None
    anomalies: tuple[Planted, ...] = field(default=())

    @property
    def body(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def load_of(body: Mapping[str, Any]) -> Load:
    """Load that was written as JSON."""
    return Load(**{**body, "anomalies": tuple(Planted(**one) for one in body["anomalies"])})


def usual_load(key: str, allocated_gb: float, since: int) -> Load:
    """Load of a database that no scenario describes: its own, by its key."""
    share = zlib.crc32(key.encode()) / 0xFFFFFFFF
    return Load(10 + 40 * share, 0.5, 8 + 30 * share, 300 + 1500 * share, allocated_gb * (0.1 + 0.4 * share), 0.05, since)


def measured(metric: str, key: str, load: Load, allocated_gb: float, first: int, last: int) -> tuple[list[int], list[float]]:
    """Minutes and values of a metric.

    Args:
        metric: Name of the service.
        key: Of the database: its noise depends on it.
        load: How much goes on.
        allocated_gb: Storage that it has.
        first: First minute.
        last: Last minute, included.
    """
    every, _ = METRICS[metric]
    begin = -(-max(first, load.since) // every) * every
    end = last if load.until is None else min(last, load.until)
    if begin > end:
        return [], []
    minutes = np.arange(begin, end + 1, every, dtype=np.int64)
    values = _MAKING[metric](load, key, minutes, allocated_gb)
    if metric == "Sessions":
        there = ~_within(load, minutes, ("missing",))
        minutes, values = minutes[there], values[there]
    return minutes.tolist(), values.tolist()


def _within(load: Load, minutes: Minutes, kinds: Sequence[Kind]) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(minutes), dtype=bool)
    for one in load.anomalies:
        if one.kind in kinds:
            found |= one.during(minutes)
    return found


def _shape(minutes: Minutes, rest: float) -> Values:
    """Relative use: work from 7 to 19 UTC on working days, with an hour to begin and to end."""
    hour = (minutes % _DAY) / _HOUR
    # 1970-01-01 was a Thursday
    working = (minutes // _DAY + 3) % 7 <= _FRIDAY
    share = np.clip(np.minimum(hour - 6.5, 19.5 - hour), 0, 1) * working
    return np.asarray(rest + (1 - rest) * share)


def _drawn(key: str, what: str, places: Minutes) -> Values:
    """A number from −1 to 1 for each place, always the same: splitmix64 of the place (Steele et al. 2014)."""
    seed = np.uint64(zlib.crc32(f"{key}/{what}".encode()) << 20)
    with np.errstate(over="ignore"):
        z = (places.astype(np.uint64) + seed) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((z >> np.uint64(11)).astype(np.float64) / float(1 << 52) - 1.0)


def _noise(key: str, what: str, minutes: Minutes) -> Values:
    """Factors around 1: of the minute, and of the half hour, which goes over into the next."""
    place, rest = np.divmod(minutes, 30)
    slow = _drawn(key, f"{what}/slow", place) * (1 - rest / 30) + _drawn(key, f"{what}/slow", place + 1) * (rest / 30)
    return np.asarray(1 + _SLOW_NOISE * slow + _NOISE * _drawn(key, what, minutes))


def _cpu(load: Load, key: str, minutes: Minutes, _allocated: float) -> Values:
    shape = _shape(minutes, load.rest)
    shape = np.where(_within(load, minutes, ("joint",)), load.rest, shape)
    values = load.cpu * shape * _noise(key, "work", minutes) * _noise(key, "cpu", minutes)
    values += np.where(_within(load, minutes, ("spike",)), 48.0, 0.0) + np.where(_within(load, minutes, ("slowdown",)), 35.0, 0.0)
    return np.asarray(np.round(np.clip(values, 0, 100), 2))


def _executions(load: Load, key: str, minutes: Minutes, _allocated: float) -> Values:
    slower = np.where(_within(load, minutes, ("slowdown",)), 0.3, 1.0)
    return np.asarray(np.round(load.executions * _shape(minutes, load.rest) * _noise(key, "work", minutes) * slower))


def _transactions(load: Load, key: str, minutes: Minutes, allocated: float) -> Values:
    return np.asarray(np.round(_executions(load, key, minutes, allocated) / 8 * _noise(key, "transactions", minutes)))


def _sessions(load: Load, key: str, minutes: Minutes, _allocated: float) -> Values:
    values = 3 + load.sessions * _shape(minutes, load.rest) * _noise(key, "sessions", minutes)
    for one in load.anomalies:
        if one.kind == "session leak":
            values = values + np.where(one.during(minutes), 6 * load.sessions * one.share(minutes), 0.0)
    return np.asarray(np.round(values))


def _failed_logons(_load: Load, key: str, minutes: Minutes, _allocated: float) -> Values:
    return np.asarray(np.where(_drawn(key, "logons", minutes) > 0.995, 1.0, 0.0))


def _available(_load: Load, _key: str, minutes: Minutes, _allocated: float) -> Values:
    return np.full(len(minutes), 100.0)


def _used(load: Load, key: str, minutes: Minutes, allocated: float) -> Values:
    days = (minutes - _GROWS_FROM.timestamp() / 60) / _DAY
    used = load.used_gb + load.growth_gb * days + 0.002 * load.used_gb * _drawn(key, "storage", minutes)
    return np.asarray(np.round(np.clip(used, 0, 0.999 * allocated), 3))


def _storage(load: Load, key: str, minutes: Minutes, allocated: float) -> Values:
    return np.asarray(np.round(100 * _used(load, key, minutes, allocated) / allocated, 3))


_MAKING: Mapping[str, Callable[[Load, str, Minutes, float], Values]] = {
    "CpuUtilization": _cpu, "StorageUtilization": _storage, "StorageUsed": _used, "Sessions": _sessions,
    "ExecuteCount": _executions,
    "TransactionCount": _transactions, "FailedLogons": _failed_logons, "DatabaseAvailability": _available,
}  # fmt: skip
