"""What stands before a server of this machine: hosts, origins, sizes, rates and times of requests, and headers."""

import asyncio
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address

from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestration.problems import problem

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_LOG = logging.getLogger(__name__)
_CLIENTS = 10_000
_PROTECTION = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may ask for.

    Attributes:
        hosts: Names in the Host header beside those of this machine, in lower case.
        per_second: Requests to guarded paths per second and client address, in the long run.
        burst: How many at once after a rest.
        at_once: Requests that are worked on at the same time, of all clients.
        seconds: Time after which a request is given up.
        body_bytes: Largest body.
        head_bytes: Largest address and headers together; a question of 2,000 characters takes up to 24,000 bytes in an address.
    """

    hosts: frozenset[str] = frozenset()
    per_second: float = 10.0
    burst: int = 20
    at_once: int = 8
    seconds: float = 10.0
    body_bytes: int = 16_384
    head_bytes: int = 32_768


class TokenBuckets:
    """Rates per client: each has a bucket of `burst` tokens that fills at `per_second`; a request takes one."""

    def __init__(self, per_second: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._now = per_second, burst, now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Take a token: 0 if there was one, else the seconds until there is."""
        now = self._now()
        tokens, since = self._buckets.pop(client, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - since) * self._per_second)
        allowed = tokens >= 1
        self._buckets[client] = (tokens - allowed, now)
        while len(self._buckets) > _CLIENTS:  # the one that has been quiet for longest has a full bucket again anyway
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self._per_second


class Guard:
    """ASGI middleware, the outermost: whatever happens within, the client gets an answer that gives nothing away.

    Args:
        app: What answers.
        limits: What a client may ask for.
        guarded: Paths, with all below them, that answer this server's own pages and programs alone, at a limited rate.
    """

    def __init__(self, app: ASGIApp, limits: Limits, guarded: Collection[str]) -> None:
        self._app = app
        self._guarded = guarded
        self._limits = limits
        self._buckets = TokenBuckets(limits.per_second, limits.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def protected(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _PROTECTION.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._answer(scope, receive, protected)
        except TimeoutError:
            _LOG.warning("a request was given up after %s s", self._limits.seconds)
            answer = problem(
                HTTPStatus.GATEWAY_TIMEOUT, f"This took longer than {self._limits.seconds:g} s.", "Ask again in a moment."
            )
        except Exception:  # noqa: BLE001  the last place where a failure can be kept from the client
            _LOG.exception("a request failed")
            answer = problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "The request failed.",
                "Ask again; if it stays, look into the log of the server.",
            )
        else:
            return
        if not begun:
            await answer(scope, receive, protected)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = next(self._refusals(scope, Headers(scope=scope)), None)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
        elif (body := await self._whole(receive)) is None:
            await self._too_large()(scope, receive, send)
        else:
            await self._app(scope, _replayed(body, receive), send)

    def _refusals(self, scope: Scope, headers: Headers) -> Iterator[Response]:
        if len(scope["query_string"]) + sum(len(name) + len(value) for name, value in scope["headers"]) > self._limits.head_bytes:
            yield problem(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"Address and headers are larger than {self._limits.head_bytes} bytes.",
                "Ask a shorter question.",
            )
            return
        if "transfer-encoding" in headers and "content-length" in headers:
            # a proxy may take the other one for true, and what it passes on as a body for a request of its own (RFC 9112, 6.1)
            yield problem(
                HTTPStatus.BAD_REQUEST,
                "The length of the body is given in two ways.",
                "Leave out Content-Length or Transfer-Encoding.",
                headers={"Connection": "close"},
            )
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in LOOPBACK | self._limits.hosts:
            yield problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "This server does not answer under the name in the Host header.",
                "Use http://localhost with the port, or start the server with that name as --name.",
            )
            return
        if not any(scope["path"] == path or scope["path"].startswith(f"{path}/") for path in self._guarded):
            return
        if not _same_site(headers, f"{scope['scheme']}://{hosts[0]}"):
            yield problem(
                HTTPStatus.FORBIDDEN, "The request comes from a page of another site.", "Use the page of this server itself."
            )
        if wait := self._buckets.wait(scope["client"][0] if scope["client"] else ""):
            yield problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"More than {self._limits.per_second:g} requests a second.",
                "Wait as long as Retry-After says.",
                headers={"Retry-After": str(math.ceil(wait))},
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._limits.body_bytes:
            yield self._too_large()
        if scope["method"] == "POST" and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            # pages of other sites can send anything else without asking first
            yield problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not said to be JSON.", "Send it as application/json.")

    async def _whole(self, receive: Receive) -> bytes | None:
        """The body; None if it is larger than allowed, whatever its length is said to be."""
        body = bytearray()
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limits.body_bytes:
                return None
        return bytes(body)

    def _too_large(self) -> Response:
        return problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The body is larger than {self._limits.body_bytes} bytes.",
            "Send only what the description of the interface names.",
            headers={"Connection": "close"},
        )


def host_name(host: str) -> str:
    """The name in a Host header, without the port, in lower case; of an IPv6 address with its brackets."""
    name, colon, port = host.strip().lower().rpartition(":")
    return name if colon and port.isdecimal() else host.strip().lower()


def is_loopback(host: str) -> bool:
    """Whether a server that listens there is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _same_site(headers: Headers, own: str) -> bool:
    """Whether a browser says that the request is from this server's own page, or no browser sent it."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.lower() == own.lower()


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A body that was read, to be read again by the application."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return waiting.pop() if waiting else await receive()

    return read
