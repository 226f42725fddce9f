"""How much of itself each machine and database of the demo company uses, hour by hour: idle, oversized, busy or hot.

Knows neither clouds nor their metrics. The same seed gives the same numbers.
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from sandbox.usage import Window

DAYS = 32
"""Last days of the scenario that have metrics: a month of settled ones, and two whose bills may still fill up."""
_SATURDAY = 5
_HOURS = 24
_NOISE = 0.12
_MOST = 100.0


@dataclass(frozen=True, slots=True)
class Load:
    """How much is used at work, in per cent.

    Attributes:
        cpu: Mean CPU of a working hour.
        memory: Mean memory; None where the cloud knows none.
        rest: Use at night and at weekends, relative to a working hour.
    """

    cpu: float
    memory: float | None
    rest: float


@dataclass(frozen=True, slots=True)
class Hours:
    """Hourly values of one resource, one for each of `at`; `memory` is None where the cloud knows none."""

    at: tuple[datetime, ...]
    cpu: tuple[float, ...]
    memory: tuple[float, ...] | None
    network: tuple[float, ...]


_IDLE, _OVERSIZED, _HOT = Load(1.2, 11.0, 1.0), Load(17.0, 24.0, 0.6), Load(86.0, 78.0, 0.97)
_USUAL, _OFFICE, _DATABASE = Load(46.0, 61.0, 0.55), Load(38.0, 52.0, 0.15), Load(41.0, None, 0.5)
_BY_NAME = {
    "prod-app-fra-1": _USUAL, "prod-app-fra-2": _OVERSIZED, "prod-app-fra-3": _IDLE, "prod-app-iad-1": _HOT,
    "prod-app-iad-4": None, "dev-app-fra-2": _IDLE, "dev-erp-fra-1": Load(0.8, None, 1.0), "prod-erp-iad-2": None,
    "prod-web-us-2": _OVERSIZED, "prod-web-us-3": Load(2.0, 9.0, 1.0), "prod-web-us-5": None,
    "data-worker-us-1": Load(88.0, 70.0, 0.98), "data-worker-eu-4": Load(1.5, None, 1.0), "staging-web-eu-2": None,
    "staging-db-us-1": Load(1.1, None, 1.0),
}  # fmt: skip
"""Resources that are not like the others of their kind; those with None have no metrics at all."""


def load_of(name: str, *, database: bool, season: str) -> Load | None:
    """What a resource uses; None if nothing is measured of it."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if database:
        return _DATABASE
    return _OFFICE if season == "office" else _USUAL


def hours(name: str, load: Load, window: Window, seed: int) -> Hours:
    """Hourly values of the last days of the scenario, two digits after the point."""
    days = window.days[-DAYS:]
    rng = np.random.default_rng([seed, zlib.crc32(f"utilisation/{name}".encode())])
    shape = np.array([_shape(day, load.rest) for day in days]).ravel()
    noise = np.exp(rng.normal(0.0, _NOISE, (3, len(shape))))
    memory = None if load.memory is None else _percent(load.memory * (0.8 + 0.2 * shape) * (1 + (noise[1] - 1) / 4))
    traffic = np.round(load.cpu * shape * noise[2] * 2e6)
    return Hours(
        tuple(datetime.combine(day, time(hour), UTC) + timedelta(minutes=30) for day in days for hour in range(_HOURS)),
        _percent(load.cpu * shape * noise[0]),
        memory,
        tuple(float(value) for value in traffic),
    )


def _shape(day: date, rest: float) -> npt.NDArray[np.float64]:
    """Relative use of the hours of a day: work from 7 to 19 UTC on working days."""
    hour = np.arange(_HOURS)
    working = (hour >= 7) & (hour < 19) & (day.weekday() < _SATURDAY)
    return np.where(working, 1.0, rest)


def _percent(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in np.round(np.minimum(values, _MOST), 2))
