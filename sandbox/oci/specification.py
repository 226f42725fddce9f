"""What the SDK sends and expects, by `specification.json`: the operation a request is for, whether a body is well-formed."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sandbox.oci.errors import OciError, invalid

_FILE = Path(__file__).with_name("specification.json")
_PYTHON: Mapping[str, type | tuple[type, ...]] = {"str": str, "int": int, "float": (int, float), "bool": bool}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a service, by its name in the SDK.

    Attributes:
        service: The service's module in the SDK.
        name: The method's name.
        method: HTTP method.
        path: Template of the path below `/{region}/{service}`.
        query: Parameter → `type`, `required`, `enum`, and `many` where it may be repeated: its value is a list.
        body: Model of the body; `stream` for bytes; None if there is none.
        response: Type of the answer's body; None if there is none.
    """

    service: str
    name: str
    method: str
    path: str
    query: Mapping[str, Mapping[str, Any]]
    body: str | None
    response: str | None

    def values(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Query parameters in their types.

        Raises:
            OciError: One is unknown, missing, of another type or of a value that is not allowed.
        """
        unknown = sorted(set(given) - set(self.query))
        if unknown:
            raise invalid(f"Unknown query parameter '{unknown[0]}'")
        missing = [name for name, rule in self.query.items() if rule["required"] and not given.get(name)]
        if missing:
            raise OciError(400, "MissingParameter", f"Missing query parameter '{missing[0]}'")
        found = {name: _value(name, text, self.query[name]) for name, text in given.items()}
        for name in (name for name in found if self.query[name].get("many")):
            found[name] = [_value(name, text, self.query[name]) for named, text in given.items() if named == name]
        return found


@dataclass(frozen=True, slots=True)
class Service:
    """Operations and models of a service."""

    name: str
    operations: Mapping[str, Operation]
    models: Mapping[str, Mapping[str, Any]]

    def check(self, kind: str, value: Any, where: str = "") -> None:  # noqa: ANN401
        """Whether JSON is a model: no unknown or missing field, no wrong type, no value that is not allowed.

        Raises:
            OciError: It is not; says which field.
        """
        if kind.startswith("list["):
            _demand(isinstance(value, list), where, "must be an array")
            for place, element in enumerate(value):
                self.check(kind[5:-1], element, f"{where}[{place}]")
        elif kind.startswith("dict("):
            _demand(isinstance(value, dict), where, "must be an object")
            for name, element in value.items():
                self.check(kind[5:-1].split(", ", 1)[1], element, f"{where}.{name}")
        elif kind in self.models:
            self._check_model(kind, value, where)
        elif kind in ("datetime", "date"):
            _demand(_is_time(value), where, "must be an RFC 3339 date and time")
        elif kind in _PYTHON:
            right = isinstance(value, _PYTHON[kind]) and (kind == "bool" or not isinstance(value, bool))
            _demand(right, where, f"must be of type {kind}")
            _demand(not isinstance(value, float) or math.isfinite(value), where, "must be a finite number")

    def _check_model(self, kind: str, value: Any, where: str) -> None:  # noqa: ANN401
        _demand(isinstance(value, dict), where, "must be an object")
        model = self.models[kind]
        if "discriminator" in model:
            subtype = model["subtypes"].get(value.get(model["discriminator"]))
            model = self.models[subtype] if subtype else model
        fields = model["fields"]
        for name in value:
            _demand(name in fields, f"{where}.{name}".lstrip("."), "is not a field of " + kind)
        for name, rule in fields.items():
            given = value.get(name)
            place = f"{where}.{name}".lstrip(".")
            if given is None:
                if rule["required"]:
                    raise OciError(400, "MissingParameter", f"{place} is required")
                continue
            self.check(rule["type"], given, place)
            if rule["enum"] and isinstance(given, str):
                _demand(given in rule["enum"], place, f"must be one of {', '.join(rule['enum'])}")


@cache
def services() -> Mapping[str, Service]:
    """All services by name."""
    return {
        service: Service(
            service,
            {
                name: Operation(service, name, o["method"], o["path"], o["query"], o["body"], o["response"])
                for name, o in parts["operations"].items()
            },
            parts["models"],
        )
        for service, parts in json.loads(_FILE.read_text()).items()
    }


def matched(service: str, method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation that a request is for, and its path parameters.

    Args:
        service: Name of the service.
        method: HTTP method.
        path: Path below region and service, still percent-encoded: object names may hold slashes.

    Raises:
        OciError: There is none.
    """
    for operation, pattern in _routes().get((service, method), ()):
        found = pattern.fullmatch(path)
        if found:
            return operation, {name: unquote(value) for name, value in found.groupdict().items()}
    raise OciError(501, "NotImplemented", f"The sandbox does not answer {method} {path} of {service}: see docs/sandbox.md.")


@cache
def _routes() -> Mapping[tuple[str, str], list[tuple[Operation, re.Pattern[str]]]]:
    routes: dict[tuple[str, str], list[tuple[Operation, re.Pattern[str]]]] = {}
    for service in services().values():
        for operation in service.operations.values():
            parts = re.split(r"\{(\w+)\}", operation.path)
            text = "".join(_group(part) if n % 2 else re.escape(part) for n, part in enumerate(parts))
            routes.setdefault((service.name, operation.method), []).append((operation, re.compile(text)))
    for found in routes.values():
        # `/alarms/status` is no alarm: what has fewer parameters comes first
        found.sort(key=lambda route: route[1].groups)
    return routes


def _group(name: str) -> str:
    return f"(?P<{name}>{'.+' if name == 'objectName' else '[^/]+'})"


def _value(name: str, text: str, rule: Mapping[str, Any]) -> Any:  # noqa: ANN401
    if rule["enum"]:
        _demand(text in rule["enum"], name, f"must be one of {', '.join(rule['enum'])}")
    if rule["type"] == "int":
        _demand(re.fullmatch(r"-?\d+", text) is not None, name, "must be a whole number")
        return int(text)
    if rule["type"] == "bool":
        _demand(text in ("true", "false", "True", "False"), name, "must be true or false")
        return text.lower() == "true"
    if rule["type"] == "datetime":
        _demand(_is_time(text), name, "must be an RFC 3339 date and time")
    return text


def _is_time(value: Any) -> bool:  # noqa: ANN401
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _demand(condition: bool, where: str, what: str) -> None:  # noqa: FBT001
    if not condition:
        raise invalid(f"{where or 'The body'} {what}")
