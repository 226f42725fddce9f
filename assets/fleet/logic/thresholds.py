"""From which values on a metric is a warning or critical: for all databases, for those of an environment, or for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assets.fleet.logic.measured import UNITS
from resources.autonomous_databases import AutonomousDatabase

_Key = TypeVar("_Key")


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Given(_Form):
    """What a file says of a metric; what it does not say stays as it is."""

    warning: float | None = None
    critical: float | None = None
    hysteresis: float | None = Field(default=None, ge=0)
    minutes: float | None = Field(default=None, ge=0)
    important: bool | None = None


class _Metrics(_Form):
    metrics: dict[str, _Given]


class _File(_Form):
    metrics: dict[str, _Given] = {}
    environments: dict[str, _Metrics] = {}
    databases: dict[str, _Metrics] = {}


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a metric of a database is how bad.

    Attributes:
        warning: From this value on; None: never.
        critical: From this value on; None: never.
        hysteresis: How far below a threshold a value must fall before the level ends.
        minutes: How long a value must last before the level begins.
        important: Whether the database is unknown while the metric is.
    """

    warning: float | None = None
    critical: float | None = None
    hysteresis: float = 0
    minutes: float = 0
    important: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Those of a deployment."""

    layers: tuple[_File, ...]

    def of(self, database: AutonomousDatabase) -> dict[str, Threshold]:
        """Thresholds of a database, by metric: what is said of it goes before its environment, and that before all."""
        found: dict[str, Threshold] = {}
        for given in self._said_of(database):
            for metric, one in given.items():
                found[metric] = _with(found.get(metric, Threshold()), one)
        return found

    def _said_of(self, database: AutonomousDatabase) -> list[Mapping[str, _Given]]:
        environment = database.environment or ""
        everywhere = [layer.metrics for layer in self.layers]
        there = [layer.environments[environment].metrics for layer in self.layers if environment in layer.environments]
        named = [
            layer.databases[name].metrics
            for layer in self.layers
            for name in (database.display_name, database.id)
            if name in layer.databases
        ]
        return [*everywhere, *there, *named]


def thresholds(shipped: str, own: str | None) -> Thresholds:
    """Thresholds from the product's file, and the deployment's own if it has one.

    Raises:
        ValueError: A file says what it cannot mean; the text names the place and what is wrong.
    """
    layers = [_read(shipped, "the shipped thresholds")]
    if own is not None:
        layers.append(_read(own, "fleet/thresholds.yaml"))
    found = Thresholds(tuple(layers))
    _refuse_crossed(found)
    return found


def _read(text: str, file: str) -> _File:
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{file} is not YAML: {error}") from None
    try:
        read = _File.model_validate(data or {})
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in error.errors())
        raise ValueError(f"{file}: {told}") from None
    groups = (read.metrics, *(one.metrics for one in (*read.environments.values(), *read.databases.values())))
    strange = sorted({name for group in groups for name in group} - set(UNITS))
    if strange:
        raise ValueError(f"{file}: there is no metric {', '.join(strange)}; there are {', '.join(sorted(UNITS))}")
    return read


def _refuse_crossed(found: Thresholds) -> None:
    """A warning above its critical, wherever layers meet."""
    everywhere: dict[str, Threshold] = {}
    for layer in found.layers:
        everywhere = _over(everywhere, layer.metrics)
    for layer in found.layers:
        places = [("metrics", everywhere)]
        places += [(f"environments.{name}", _over(everywhere, one.metrics)) for name, one in layer.environments.items()]
        places += [(f"databases.{name}", _over(everywhere, one.metrics)) for name, one in layer.databases.items()]
        for place, group in places:
            for metric, one in group.items():
                if one.warning is not None and one.critical is not None and one.warning > one.critical:
                    raise ValueError(f"{place}.{metric}: warning {one.warning:g} is above critical {one.critical:g}")


def _over(base: Mapping[_Key, Threshold], given: Mapping[_Key, _Given]) -> dict[_Key, Threshold]:
    return {**base, **{metric: _with(base.get(metric, Threshold()), one) for metric, one in given.items()}}


def _with(threshold: Threshold, given: _Given) -> Threshold:
    said: dict[str, Any] = {name: value for name in Threshold.__slots__ if (value := getattr(given, name)) is not None}
    return Threshold(**{**{name: getattr(threshold, name) for name in Threshold.__slots__}, **said})
