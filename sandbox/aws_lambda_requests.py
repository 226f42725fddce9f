"""Requests to the embedded AWS Lambda: which operation they ask for and with what, by botocore's model of the service.

The model is what the API reference is made from: paths, places of parameters, lengths, bounds, patterns and enumerations.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sandbox.aws_lambda_errors import LambdaError, unmet
from sandbox.aws_lambda_state import Cloud, Space

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel, Shape


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was understood.

    Attributes:
        cloud: Everything.
        space: The caller's account, in the region that was asked.
        caller: ARN of who asks.
        given: Parameters by their names; those that were not given are not there.
        moment: When it was made.
        endpoint: Address that was asked.
    """

    cloud: Cloud
    space: Space
    caller: str
    given: Mapping[str, Any]
    moment: datetime
    endpoint: str

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # whatever the model says
        return self.given[name]

    def get(self, name: str, usual: Any = None) -> Any:  # noqa: ANN401
        """A parameter that need not be given."""
        return self.given.get(name, usual)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is not plain JSON."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@cache
def service() -> ServiceModel:
    """Botocore's model of Lambda."""
    import botocore.session

    return botocore.session.get_session().get_service_model("lambda")


@cache
def _routes() -> list[tuple[str, re.Pattern[str], Mapping[str, str], OperationModel]]:
    """Method, path, fixed part of the query and operation; those with a fixed part first."""
    found = []
    for name in service().operation_names:
        operation = service().operation_model(name)
        path, _, fixed = str(operation.http["requestUri"]).partition("?")
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path.rstrip("/")))
        query = dict(part.split("=") for part in fixed.split("&")) if fixed else {}
        found.append((str(operation.http["method"]), re.compile(f"{pattern}/?"), query, operation))
    return sorted(found, key=lambda route: -len(route[2]))


def matched(method: str, path: str, query: Mapping[str, list[str]]) -> tuple[OperationModel, dict[str, str]] | None:
    """The operation that a request asks for, with the parts of its path; None if there is none.

    Args:
        method: Of HTTP.
        path: As it was sent: a slash in a parameter is `%2F`.
        query: Parameters of the query.
    """
    for wanted, pattern, fixed, operation in _routes():
        found = pattern.fullmatch(path) if method == wanted else None
        if found and all(query.get(name) == [value] for name, value in fixed.items()):
            return operation, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def parameters(
    operation: OperationModel, path: Mapping[str, str], query: Mapping[str, list[str]], headers: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    """Parameters of a request by their names.

    Raises:
        LambdaError: One is missing, of a wrong type, or outside its bounds.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    sent = _document(body) if payload is None and body else {}
    given: dict[str, Any] = {}
    for name, member in shape.members.items():
        value = body if name == payload else _raw(name, member, path, query, headers, sent)
        if value is not None:
            given[name] = _checked(value, member, name)
    for name in shape.required_members:
        if name not in given:
            raise unmet("null", name, "Member must not be null")
    return given


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise LambdaError(400, "InvalidRequestContentException", "Could not parse request body into json") from error
    if not isinstance(found, dict):
        raise LambdaError(400, "InvalidRequestContentException", "Could not parse request body into json: not an object")
    return found


def _raw(
    name: str, member: Shape, path: Mapping[str, str], query: Mapping[str, list[str]], headers: Mapping[str, str],
    sent: Mapping[str, Any],
) -> Any:  # noqa: ANN401  # fmt: skip
    place, key = member.serialization.get("location"), member.serialization.get("name", name)
    if place == "uri":
        return path[key]
    if place == "header":
        return headers.get(key)
    if place == "querystring":
        values = query.get(key)
        return values if member.type_name == "list" or not values else values[0]
    return sent.get(name)


def _checked(value: Any, shape: Any, name: str) -> Any:  # noqa: ANN401
    if shape.type_name == "structure":
        return _structure(value, shape, name)
    if shape.type_name == "list":
        _bounds(value, len(value), shape, name, "have length")
        return [_checked(item, shape.member, name) for item in value]
    if shape.type_name in ("integer", "long"):
        try:
            number = int(value)
        except (TypeError, ValueError) as error:
            raise unmet(value, name, "Member must be a number") from error
        _bounds(value, number, shape, name, "have value")
        return number
    if shape.type_name == "blob":
        return value if isinstance(value, bytes) else _blob(value, name)
    if shape.type_name == "string":
        return _string(value, shape, name)
    return value


def _structure(value: Any, shape: Any, name: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise unmet(value, name, "Member must be an object")
    for needed in shape.required_members:
        if needed not in value:
            raise unmet("null", f"{name}.{needed}", "Member must not be null")
    known = shape.members
    return {
        key: _checked(inner, known[key], f"{name}.{key}") for key, inner in value.items() if key in known and inner is not None
    }


def _blob(value: Any, name: str) -> bytes:  # noqa: ANN401
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise unmet("…", name, "Member must be base64") from error


def _string(value: Any, shape: Any, name: str) -> str:  # noqa: ANN401
    if not isinstance(value, str):
        raise unmet(value, name, "Member must be a string")
    _bounds(value, len(value), shape, name, "have length")
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        raise unmet(value, name, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        raise unmet(value, name, f"Member must satisfy regular expression pattern: {pattern}")
    return value


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the model, which is one of Java: its classes of Unicode are not Python's."""
    for java, ours in ((r"\p{L}", r"\w"), (r"\p{N}", r"\w"), (r"\p{Z}", r"\s")):
        pattern = pattern.replace(java, ours)
    return re.compile(pattern, re.DOTALL)


def _bounds(value: Any, size: int, shape: Any, name: str, what: str) -> None:  # noqa: ANN401
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and size > most:
        raise unmet(value, name, f"Member must {what} less than or equal to {most}")
    if least is not None and size < least:
        raise unmet(value, name, f"Member must {what} greater than or equal to {least}")
