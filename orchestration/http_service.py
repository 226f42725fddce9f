"""What servers of this machine have in common: threads for their work, errors as problems, files of a page, and how they run."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from orchestration.http_guard import Limits, host_name, is_loopback
from orchestration.problems import MEDIA_TYPE, Problem, problem
from resources.errors import BadInput, CloudOpsError, Conflict, NotFound

_LOG = logging.getLogger(__name__)
_MEDIA_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_CONNECTIONS = 200
_NOT_ASKABLE = "This cannot be asked"
_DESCRIPTION = Path(__file__).parent / "search_page" / "docs.jinja"
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Failing:
    """What clients are told when something fails that is not their fault: other messages may name places of this machine.

    Attributes:
        not_found: Detail and advice where something is not there.
        conflict: Detail and advice where somebody else was first.
        failed: Detail and advice for all else.
    """

    not_found: tuple[str, str]
    failed: tuple[str, str]
    conflict: tuple[str, str] | None = None


class Busy(Exception):
    """All threads are taken."""


class Threads:
    """Threads for work. A request whose client gave up holds its place until it ends: it cannot be stopped."""

    def __init__(self, at_once: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix=name)
        self._free = at_once

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of `work`, done in a thread.

        Raises:
            Busy: Too many are at work.
        """
        if not self._free:
            raise Busy
        self._free -= 1
        loop = asyncio.get_running_loop()

        def done(_: Future[_Result]) -> None:
            with suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(self._release)

        future = self._pool.submit(work)
        future.add_done_callback(done)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let what runs end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _release(self) -> None:
        self._free += 1


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problems in the description of the interface."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def tell_failures(app: FastAPI, failing: Failing) -> None:
    """Answer every failure with a problem."""
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http_problem)
    app.exception_handler(CloudOpsError)(partial(_failed, failing))
    app.exception_handler(Busy)(_busy)


def show_page(app: FastAPI, folder: Path) -> None:
    """Serve the files of a page, and the description of the interface at `/docs`."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(_described(app.openapi()))

    for file in folder.glob("*.*"):
        if (kind := _MEDIA_TYPES.get(file.suffix[1:])) is not None:
            path = "/" if file.name == "index.html" else f"/{file.name}"
            app.add_api_route(path, partial(_file, file.read_bytes(), kind), include_in_schema=False, methods=["GET", "HEAD"])


def limits_of(host: str, names: frozenset[str]) -> Limits:
    """Limits of a server that listens there and is known under these names."""
    own = frozenset() if is_loopback(host) else frozenset({f"[{host}]" if ":" in host else host.lower()})
    return Limits(hosts=own | {host_name(name) for name in names})


def run(app: FastAPI, limits: Limits, *, host: str, port: int) -> None:
    """Serve until the process is told to end (SIGINT, SIGTERM); requests that run are answered first."""
    import uvicorn

    uvicorn.run(
        app,
        host=host,
        port=port,
        http="h11",  # the other one has no limit on headers
        h11_max_incomplete_event_size=limits.head_bytes,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
        proxy_headers=False,  # else clients choose the address that their rate is counted by
        server_header=False,
        access_log=False,  # it would hold what people ask for
        log_level="warning",
    )


async def _file(body: bytes, kind: str) -> Response:
    return Response(body, media_type=kind, headers={"Cache-Control": "no-cache"})


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for it
    wrong = "; ".join(f"{'.'.join(str(part) for part in e['loc'][1:]) or 'the body'}: {e['msg']}" for e in error.errors()[:5])
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, wrong[:500], "Correct this; /docs describes what can be asked.", title=_NOT_ASKABLE
    )


async def _http_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for it
    status = HTTPStatus(error.status_code)
    detail = error.detail if error.detail != status.phrase else status.description or status.phrase
    return problem(status, detail, "See /docs for what this server answers.", headers=error.headers)


async def _failed(failing: Failing, _: Request, error: Exception) -> Response:
    """Only what is wrong with the request is told."""
    if isinstance(error, BadInput):
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, error.message, error.advice, title=_NOT_ASKABLE)
    if isinstance(error, Conflict) and failing.conflict:
        return problem(HTTPStatus.CONFLICT, *failing.conflict)
    _LOG.error("a request failed: %s", error)
    if isinstance(error, NotFound):
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, *failing.not_found, title="Not ready")
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, *failing.failed, headers={"Retry-After": "5"})


async def _busy(_: Request, __: Exception) -> Response:
    detail, advice = "Too many requests are worked on at the same time.", "Ask again in a moment."
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, advice, title="Busy", headers={"Retry-After": "1"})


def _described(openapi: Mapping[str, Any]) -> str:
    """The description of the interface as a page."""
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string(_DESCRIPTION.read_text(encoding="utf-8"))
    return template.render(api=openapi)
