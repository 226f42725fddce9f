"""AWS Lambda, embedded: the real SDK's requests over HTTP, answered by the rules of the API reference.

It takes the place of moto's Lambda, which knows neither pages and filters of layers, nor revisions, limits and states, and runs
functions in containers only. `extend()` puts it in; what it knows is in `CLOUD`. Its own addresses, unsigned:
`/moto-api/lambda/faults`, `…/settings`, `…/metrics`, `…/content/…`.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox import (
    aws_accounts,
    aws_lambda_functions,
    aws_lambda_invoke,
    aws_lambda_layers,
    aws_lambda_metrics,
    aws_lambda_versions,
)
from sandbox.aws_lambda_errors import LambdaError, throttled
from sandbox.aws_lambda_faults import Fault
from sandbox.aws_lambda_requests import Answer, Call, matched, parameters
from sandbox.aws_lambda_state import Cloud

CLOUD = Cloud()
"""What the embedded Lambda of this process knows."""
_Reply = tuple[int, dict[str, str], bytes]
_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_PLACE = ("account", "region", "kind", "name", "version")
_OLD = timedelta(minutes=15)
"""AWS takes no requests that are older; here they are those of an earlier run that are made again."""
_MODULES = (aws_lambda_layers, aws_lambda_functions, aws_lambda_versions, aws_lambda_invoke)


def extend() -> None:
    """Let moto answer so, in this process; doing it again changes nothing."""
    from moto import backends
    from moto.awslambda import urls
    from moto.moto_api import recorder
    from moto.moto_api._internal import urls as own_urls

    aws_accounts.extend()
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules  # moto would look through its folder at every request
    urls.url_paths = {"{0}/(?P<path>.+)$": answered}
    own_urls.url_paths.update({
        "{0}/moto-api/lambda/faults": faults,
        "{0}/moto-api/lambda/settings": settings,
        "{0}/moto-api/lambda/metrics": metrics,
        "{0}/moto-api/lambda/content/(?P<path>.+)$": content,
    })  # fmt: skip
    if not isinstance(recorder._record_request, _Recording):
        recorder._record_request = _Recording(recorder)


class _Recording:
    """Keeps of requests to Lambda those alone that were done: made again, one that was refused might be accepted."""

    def __init__(self, recorder: Any) -> None:  # noqa: ANN401  # moto's
        self._recorder = recorder
        self.keep: Callable[..., None] = recorder._record_request

    def __call__(self, request: Any, body: bytes | None = None) -> None:  # noqa: ANN401  # moto's request
        if not self._recorder._user_enabled:
            return
        signed = _CREDENTIAL.search(request.headers.get("Authorization", ""))
        own = request.raw_path.startswith("/moto-api/lambda/")
        if not own and not (signed and signed[3] == "lambda"):
            self.keep(request, body)


def answered(request: Any, url: str, headers: Mapping[str, str]) -> _Reply:  # noqa: ANN401
    """Answer a request to Lambda."""
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    found = matched(request.method, parts.path, query)
    if found is None:
        return _refusal(
            LambdaError(404, "UnknownOperationException", f"{request.method} {parts.path} is no operation of Lambda.")
        )
    operation, path = found
    key, region = _signed(headers)
    caller = aws_accounts.caller_of(key, region)
    account = headers.get("X-Moto-Account-Id") or caller.split(":")[4]
    endpoint = f"{parts.scheme}://{parts.netloc}"
    met = CLOUD.faults.of(operation.name, account, region)
    try:
        _before(met, request)
        body = request.get_data()
        given = parameters(operation, path, query, request.headers, body)
        call = Call(CLOUD, CLOUD.space(account, region), caller, given, _moment(headers), endpoint)
        answer = carried_out(operation.name, call)
    except LambdaError as error:
        return _refusal(error)
    if request.method != "GET" and operation.name != "Invoke":
        from moto.moto_api import recorder

        recorder._record_request.keep(request, body)
    if any(fault.kind == "drop_after" for fault in met):
        _drop(request)
    if isinstance(answer, Answer):
        return answer.status, dict(answer.headers), answer.body
    status = int(operation.http.get("responseCode", 200))
    return status, {"Content-Type": "application/json"}, b"" if answer is None else json.dumps(answer).encode()


def carried_out(operation: str, call: Call) -> Answer | dict[str, Any] | None:
    """Do an operation, as a request for it would."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
    for module in _MODULES:
        work: Callable[[Call], Answer | dict[str, Any] | None] | None = getattr(module, name, None)
        if work is not None:
            if operation == "Invoke":  # others go on meanwhile
                return work(call)
            with CLOUD.lock:
                return work(call)
    raise LambdaError(501, "NotImplemented", f"The embedded Lambda does not know {operation}.")


def _signed(headers: Mapping[str, str]) -> tuple[str, str]:
    """Access key and region of a request."""
    found = _CREDENTIAL.search(headers.get("Authorization", ""))
    return (found[1], found[2]) if found else ("", "us-east-1")


def _moment(headers: Mapping[str, str]) -> datetime:
    """When a request was made: now, but if it is one of an earlier run that is made again."""
    now, said = datetime.now(UTC), headers.get("X-Amz-Date", "")
    try:
        signed = datetime.strptime(said, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return now
    return signed if now - signed > _OLD else now


def _before(met: list[Fault], request: Any) -> None:  # noqa: ANN401
    for fault in met:
        if fault.kind == "latency":
            time.sleep(fault.seconds)
        elif fault.kind == "throttle":
            raise throttled("CallerRateLimitExceeded")
        elif fault.kind == "status":
            raise LambdaError(fault.status, fault.code, "A fault that was asked for.")
        elif fault.kind == "drop":
            _drop(request)


def _drop(request: Any) -> None:  # noqa: ANN401
    """End the connection without an answer."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def _refusal(error: LambdaError) -> _Reply:
    who = "User" if error.status < 500 else "Service"
    body = {"Type": who, "Message": error.message, "message": error.message, **error.more}
    return error.status, {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}, json.dumps(body).encode()


def faults(request: Any, _url: str, _headers: Mapping[str, str]) -> _Reply:  # noqa: ANN401
    """`POST` asks for a fault (fields of `Fault`), `DELETE` takes all back, `GET` tells what was asked and met."""
    if request.method == "POST":
        try:
            CLOUD.faults.ask(**json.loads(request.get_data()))
        except (ValueError, TypeError) as error:
            return 400, {}, str(error).encode()
    elif request.method == "DELETE":
        CLOUD.faults.take_back()
    told = {"asked": len(CLOUD.faults.asked), "requests": CLOUD.faults.requests, "struck": CLOUD.faults.struck}
    return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()


def settings(request: Any, _url: str, _headers: Mapping[str, str]) -> _Reply:  # noqa: ANN401
    """`POST` sets `update_seconds`, `most_stored` and `organizations` (`{account: "o-…"}`); `GET` tells them."""
    names = ("update_seconds", "most_stored", "organizations")
    if request.method == "POST":
        given = json.loads(request.get_data())
        if not isinstance(given, dict) or set(given) - set(names):
            return 400, {}, f"settings are {', '.join(names)}".encode()
        for name, value in given.items():
            setattr(CLOUD, name, value)
    return 200, {"Content-Type": "application/json"}, json.dumps({name: getattr(CLOUD, name) for name in names}).encode()


def metrics(request: Any, _url: str, _headers: Mapping[str, str]) -> _Reply:  # noqa: ANN401
    """`POST` lets calls of a function have been: arguments of `aws_lambda_metrics.record_many`, times in ISO 8601."""
    try:
        given = json.loads(request.get_data())
        given |= {name: datetime.fromisoformat(given[name]) for name in ("start", "end")}
        aws_lambda_metrics.record_many(**given)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return 400, {}, str(error).encode()
    return 200, {"Content-Type": "application/json"}, b"{}"


def content(_request: Any, url: str, _headers: Mapping[str, str]) -> _Reply:  # noqa: ANN401
    """The zip of a layer version or of a function's version."""
    missing = 404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>"
    place = urlsplit(url).path.removeprefix(f"{aws_lambda_layers.CONTENT}/").split("/")
    space = CLOUD.spaces.get((place[0], place[1])) if len(place) == len(_PLACE) else None
    if space is None:
        return missing
    kind, name, version = place[2:]
    if kind == "layers":
        layer = next((v for v in space.layers.get(name, {}).values() if str(v.number) == version), None)
        package = layer.package if layer else None
    else:
        function = space.functions.get(name)
        found = next((v for v in function.all_versions() if v.number == version), None) if function else None
        package = found.configuration.package if found else None
    if package is None:
        return missing
    return 200, {"Content-Type": "application/zip"}, package.content
