"""The HTTP server: verifies, finds the operation, checks its parameters, lets faults happen, and answers."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import inspect
import json
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import formatdate
from typing import Any, NoReturn

from aiohttp import web

import sandbox.oci.services.all  # noqa: F401 - registers what is answered
from sandbox.oci import ords, specification
from sandbox.oci.clock import parsed, text
from sandbox.oci.errors import OciError, conflict, invalid
from sandbox.oci.exchange import HANDLERS, Answer, Asked
from sandbox.oci.faults import HEADER, Fault, Faults
from sandbox.oci.faults import parsed as fault_of
from sandbox.oci.services import usage_api
from sandbox.oci.services.database import faults, requests
from sandbox.oci.signatures import Keyring, Signed
from sandbox.oci.specification import Operation
from sandbox.oci.store import Store

_LOG = logging.getLogger(__name__)
MOST_BODY = 64 * 1024 * 1024
"""Bytes of a body that is no object: the sandbox's own limit."""
_TOKEN_LIFETIME = timedelta(hours=24)
_STREAMED = ("put_object", "upload_part")
_UNSIGNED_BODIES = (*_STREAMED, "put_messages")
"""Operations for which the SDK signs no body. Source: its code (`enforce_content_headers=False`)."""


@dataclass(slots=True)
class Cloud:
    """The embedded cloud.

    Attributes:
        store: What exists in it.
        keys: Who may use it.
        faults: What goes wrong.
        checks_answers: Whether answers are held against the SDK's models as well: for tests.
    """

    store: Store
    keys: Keyring
    faults: Faults = field(default_factory=Faults)
    checks_answers: bool = False

    def application(self) -> web.Application:
        """The server's application; serves `/{region}/{service}/…` and, unsigned, `/sandbox/…`."""
        made = web.Application(client_max_size=MOST_BODY)
        made.router.add_get("/sandbox/health", self._health)
        made.router.add_route("*", "/sandbox/clock", _controlled(self._clock))
        made.router.add_route("*", "/sandbox/faults", _controlled(self._faults))
        made.router.add_post("/sandbox/state", self._save)
        made.router.add_post("/sandbox/usage", _controlled(self._usage))
        made.router.add_get("/sandbox/databases/log", self._database_requests)
        made.router.add_route("*", "/sandbox/databases/{ocid}/faults", _controlled(self._database_faults))
        made.router.add_post(ords.PATH, self._ords)
        made.router.add_route("*", "/{region}/{service}{path:/.*}", self._serve)
        made.router.add_route("*", "/{rest:.*}", self._nowhere)
        return made

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        headers = _common(request)
        try:
            return await self._answered(request, headers)
        except OciError as error:
            answer = error
        except web.HTTPRequestEntityTooLarge:
            answer = OciError(413, "RequestEntityTooLarge", f"The body may have at most {MOST_BODY} bytes.")
        except ConnectionError:  # the caller is gone
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the caller is told as OCI would
            _LOG.exception("%s %s", request.method, request.path)
            answer = OciError(500, "InternalServerError", "The sandbox failed; its log says why.")
        return _error(answer, headers, body=request.method != "HEAD")

    async def _answered(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        region, service = request.match_info["region"], request.match_info["service"]
        raw = request.raw_path
        path = raw.split("?", 1)[0][len(f"/{region}/{service}") :]
        operation, named = specification.matched(service, request.method, path)
        struck = self.faults.of(service, operation.name, _fault(request))
        if any(f.kind == "drop" for f in struck):
            return _dropped(request)
        await asyncio.sleep(sum(f.seconds for f in struck if f.kind == "latency"))
        streamed = operation.name in _STREAMED
        body = None if streamed else await request.read()
        lower = {name.lower(): value for name, value in request.headers.items()}
        signs_body = operation.name not in _UNSIGNED_BODIES
        tenancy = self.keys.tenancy(Signed(request.method, raw, lower, body, signs_body))
        for fault in struck:
            if fault.kind in ("status", "denied"):
                raise fault.error()
        kinds = {f.kind for f in struck}
        asked = Asked(
            store=self.store,
            tenancy=tenancy,
            region=region,
            path=named,
            query=operation.values(request.query),
            headers=lower,
            body=_body(operation, body),
            stream=_chunks(request) if streamed else None,
            partial="partial" in kinds,
            stale="stale" in kinds,
        )
        self.store.catch_up()
        was = requests.as_it_is(asked, operation)
        try:
            answer = await self._once(operation, asked, body)
        except OciError as error:
            requests.note(asked, operation, error, was)
            raise
        requests.note(asked, operation, answer, was)
        if "drop_after" in kinds:
            return _dropped(request)
        if self.checks_answers and operation.response not in (None, "stream", "str") and answer.status < 300:
            _check_answer(operation, answer)
        return await _sent(request, answer, headers)

    async def _once(self, operation: Operation, asked: Asked, body: bytes | None) -> Answer:
        """The answer; of a request that is repeated with its retry token, the one that it got before.

        Source: SDK docstrings of `opc_retry_token`: tokens are valid for 24 hours.
        """
        token = asked.headers.get("opc-retry-token")
        if token is None:
            return await _handled(operation, asked)
        key = f"{asked.tenancy}/{asked.region}/{operation.service}/{operation.name}/{token}"
        digest = hashlib.sha256((body or b"") + json.dumps([dict(asked.path), dict(asked.query)]).encode()).hexdigest()
        now = self.store.clock.now()
        self._forget_tokens()
        before = self.store.served.get(key)
        if before is not None:
            if before["digest"] != digest:
                raise conflict("The retry token was used with another request.", "InvalidatedRetryToken")
            return Answer(before["body"], before["status"], before["headers"], repeated=True)
        answer = await _handled(operation, asked)
        if answer.content is None:  # a stream is made anew: it is gone once it was sent
            kept = {"status": answer.status, "body": answer.body, "headers": dict(answer.headers)}
            self.store.served[key] = {"at": text(now), "digest": digest, **copy.deepcopy(kept)}
        return answer

    def _forget_tokens(self) -> None:
        """Forget answers whose tokens are no longer valid; the oldest come first."""
        horizon = text(self.store.clock.now() - _TOKEN_LIFETIME)
        served = self.store.served
        while served and served[first := next(iter(served))]["at"] <= horizon:
            del served[first]

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"now": text(self.store.clock.now())})

    async def _clock(self, request: web.Request) -> web.Response:
        """`POST {"advance": seconds}` or `{"stop_at": time}`; `GET` tells the time."""
        if request.method == "POST":
            asked = await request.json()
            if "stop_at" in asked:
                self.store.clock.stopped_at = parsed(asked["stop_at"])
            self.store.clock.advance(float(asked.get("advance", 0)))
            self.store.catch_up()
        return await self._health(request)

    async def _faults(self, request: web.Request) -> web.Response:
        """`POST` a fault's fields, `DELETE` all of them, `GET` those in force."""
        if request.method == "POST":
            self.faults.asked.append(Fault(**await request.json()))
        elif request.method == "DELETE":
            self.faults.asked.clear()
        return web.json_response({"asked": [_fields(fault) for fault in self.faults.asked], "struck": self.faults.struck})

    async def _usage(self, request: web.Request) -> web.Response:
        """`POST` lines of usage, as `usage_api.add_lines` takes them."""
        lines = await request.json()
        for line in lines:
            date.fromisoformat(line["day"])
            for amount in (line["cost"], line["quantity"]):
                Decimal(amount)
            _ = line["currency"], line["compartmentId"]
        usage_api.add_lines(self.store, lines)
        return web.json_response({"lines": len(lines)})

    async def _database_requests(self, _request: web.Request) -> web.Response:
        """`GET` all requests to change something that the Database service saw."""
        return web.json_response(requests.noted(self.store))

    async def _database_faults(self, request: web.Request) -> web.Response:
        """`POST` a fault of one database, `DELETE` all of it or one `kind`, `GET` those in force."""
        ocid = request.match_info["ocid"]
        self.store.catch_up()
        if request.method == "POST":
            faults.ask(self.store, ocid, await request.json())
        elif request.method == "DELETE":
            faults.clear(self.store, ocid, request.query.get("kind", ""))
        return web.json_response(faults.asked_for(self.store, ocid))

    async def _ords(self, request: web.Request) -> web.StreamResponse:
        return await ords.answered(self.store, request)

    async def _save(self, _request: web.Request) -> web.Response:
        return web.json_response({"saved": str(self.store.save())})

    async def _nowhere(self, request: web.Request) -> web.Response:
        message = f"{request.path} is no path of the sandbox: they begin with /region/service"
        return _error(OciError(404, "NotFound", message), _common(request))


_Route = Callable[[web.Request], Awaitable[web.Response]]


def _controlled(route: _Route) -> _Route:
    """A request to the sandbox's own address; what it cannot use is told in an answer of status 400."""

    async def answered(request: web.Request) -> web.Response:
        try:
            return await route(request)
        except OciError as error:
            return _error(error, _common(request))
        except KeyError as error:
            said = f"{error.args[0]} is required"
        except InvalidOperation:
            said = "an amount must be a number"
        except (TypeError, ValueError, AttributeError) as error:
            said = str(error)
        return _error(invalid(said), _common(request))

    return answered


def _common(request: web.Request) -> dict[str, str]:
    """Headers of every answer."""
    return {"opc-request-id": request.headers.get("opc-request-id") or uuid.uuid4().hex.upper(), "date": _http_date()}


def _fault(request: web.Request) -> Fault | None:
    """The fault that a request asks for."""
    header = request.headers.get(HEADER)
    try:
        return fault_of(header) if header else None
    except ValueError as error:
        raise invalid(f"{HEADER}: {error}") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


async def _handled(operation: Operation, asked: Asked) -> Answer:
    handler = HANDLERS.get((operation.service, operation.name))
    if handler is None:
        raise OciError(501, "NotImplemented", f"The sandbox does not answer {operation.service}.{operation.name}.")
    answer = handler(asked)
    return await answer if inspect.isawaitable(answer) else answer


def _body(operation: Operation, body: bytes | None) -> Any:  # noqa: ANN401
    if operation.body in (None, "stream") or body is None:
        return None
    try:
        value = json.loads(body or b"null", parse_constant=_no_number)
    except ValueError:
        raise OciError(400, "CannotParseRequest", "The body is not JSON.") from None
    if value is None:
        raise OciError(400, "MissingParameter", "The request has no body.")
    specification.services()[operation.service].check(str(operation.body), value)
    return value


def _check_answer(operation: Operation, answer: Answer) -> None:
    try:
        specification.services()[operation.service].check(str(operation.response), answer.body)
    except OciError as error:
        raise OciError(500, "SandboxAnswer", f"{operation.name} answers what the SDK does not know: {error.message}") from error


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_chunked(1 << 16):
        yield chunk


async def _sent(request: web.Request, answer: Answer, headers: Mapping[str, str]) -> web.StreamResponse:
    together = {**headers, **answer.headers}
    if answer.content is not None:
        first = await anext(answer.content, b"")  # what cannot be read is found out before the answer begins
        response = web.StreamResponse(status=answer.status, headers=together)
        await response.prepare(request)
        await response.write(first)
        async for chunk in answer.content:
            await response.write(chunk)
        await response.write_eof()
        return response
    if answer.body is None:
        return web.Response(status=answer.status, headers=together)
    return web.Response(text=json.dumps(answer.body), status=answer.status, headers=together, content_type="application/json")


def _dropped(request: web.Request) -> web.StreamResponse:
    """End the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _error(error: OciError, headers: Mapping[str, str], *, body: bool = True) -> web.Response:
    together = {**headers, **error.headers}
    if not body:
        return web.Response(status=error.status, headers=together)
    return web.json_response({"code": error.code, "message": error.message}, status=error.status, headers=together)


def _fields(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in Fault.__dataclass_fields__ if name != "drawn"}


def _http_date() -> str:
    return formatdate(usegmt=True)
