"""Search over HTTP, for people (a page) and programs (JSON with an OpenAPI description); on this machine alone if not told else.

There is no authentication: whoever reaches the server may read every passage of the index.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from assets.documents.logic.results import Answer
from orchestration.problems import MEDIA_TYPE, Problem, problem
from orchestration.search_guard import Guard, Limits, host_name, is_loopback
from orchestration.searching import Searches, Weights
from resources.clock import Clock
from resources.errors import BadInput, CloudOpsError, NotFound, Unavailable
from resources.knowledge_base.interface import Filter, Generation
from resources.search_log import SearchLog

_LOG = logging.getLogger(__name__)
_PAGE = Path(__file__).parent / "search_page"
_MEDIA_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_CONNECTIONS = 200
_NOT_ASKABLE = "This cannot be asked"
_Result = TypeVar("_Result")
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Names = Annotated[list[_Name], Field(max_length=50)]
_Day = Annotated[date, BeforeValidator(date.fromisoformat)]
"""As ISO 8601 has it: left to itself, pydantic would take a number for seconds since 1970."""


class SearchParameters(BaseModel):
    """What can be asked. A parameter that is not here is refused, lest a misspelt filter lets everything through."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=2_000, description="The question.")
    department: _Names = Field(default=[], description="Only documents of any of these departments.")
    created_from: _Day | None = Field(default=None, alias="from", description="Only documents written on this day or later.")
    created_to: _Day | None = Field(default=None, alias="to", description="Only documents written on this day or before.")
    tag: _Names = Field(default=[], description="Only documents with all of these tags.")
    language: _Names = Field(default=[], description="Only passages in any of these languages, as ISO 639-1 codes.")
    k: int = Field(default=10, ge=1, le=100, description="How many documents.")
    recency: float = Field(default=0, ge=0, le=10, description="How much a recent date counts beside relevance, which counts 1.")
    popularity: float = Field(default=0, ge=0, le=10, description="How much useful votes count beside relevance, which counts 1.")

    def check(self) -> None:
        """What types cannot say.

        Raises:
            BadInput: The question has no word, or the dates are in the wrong order.
        """
        if not any(character.isalnum() for character in self.q):
            raise BadInput("The question has no words.", "Ask with at least one word.")
        if self.created_from and self.created_to and self.created_from > self.created_to:
            raise BadInput("`from` is after `to`.", "Exchange the two dates.")

    @property
    def where(self) -> Filter:
        """The filter."""
        return Filter(
            departments=frozenset(self.department) or None,
            created_from=self.created_from,
            created_to=self.created_to,
            tags=frozenset(self.tag),
            languages=frozenset(self.language) or None,
        )


class Vote(BaseModel):
    """What somebody says of a result."""

    model_config = ConfigDict(extra="forbid")

    query_id: str = Field(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="The search, from its answer.")
    document_id: str = Field(min_length=1, max_length=1_024, description="The document, from its answer.")
    useful: bool = Field(strict=True, description="Whether it was useful.")


class Noted(BaseModel):
    """The vote was recorded."""

    recorded: bool = True


class Health(BaseModel):
    """Whether the server runs, and whether it can answer."""

    live: bool = Field(default=True, description="The process is up.")
    ready: bool = Field(description="There is an index to search.")
    reason: str | None = Field(default=None, description="Why it is not ready.")
    generation_id: str | None = Field(default=None, description="Generation that answers.")
    model_version: str | None = Field(default=None, description="Its model.")
    rows: int | None = Field(default=None, description="Passages in it.")
    age_seconds: float | None = Field(default=None, description="Time since the generation was begun; null if unknown.")


class _Busy(Exception):
    """All threads are taken."""


class _Threads:
    """Threads for searches. A search whose client gave up holds its place until it ends: it cannot be stopped."""

    def __init__(self, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="search")
        self._free = at_once

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of `work`, done in a thread.

        Raises:
            _Busy: Too many are at work.
        """
        if not self._free:
            raise _Busy
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


def create_app(searches: Searches, log: SearchLog, limits: Limits | None = None, clock: Clock | None = None) -> FastAPI:
    """The application.

    Args:
        searches: What answers; it is asked once at the start, so that people need not wait for models to load.
        log: Where searches and votes are recorded.
        limits: What clients may ask for.
        clock: Gives the day that recency is counted from.
    """
    limits, clock = limits or Limits(), clock or Clock()
    threads = _Threads(limits.at_once)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await threads.run(partial(_warm_up, searches, clock.today()))
        yield
        threads.close()

    app = FastAPI(
        title="cloudops search",
        description="Finds documents by meaning and by words. There is no authentication.",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own page loads scripts from elsewhere
        redoc_url=None,
        middleware=[Middleware(Guard, limits=limits)],
        responses=_problems(422, 421, 429, 500, 503, 504),
    )
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http_problem)
    app.exception_handler(CloudOpsError)(_failed)
    app.exception_handler(_Busy)(_busy)
    _answer(app, searches, log, clock, threads)
    _show(app)
    return app


def _answer(app: FastAPI, searches: Searches, log: SearchLog, clock: Clock, threads: _Threads) -> None:
    """What programs, and the page, ask for."""

    @app.get("/search", response_model=Answer, summary="Search", tags=["search"])
    async def search(asked: Annotated[SearchParameters, Query()]) -> Answer:
        """The documents that answer a question best, each by its best passage, with the parts of its score."""
        asked.check()
        at = clock.now()

        def work() -> Answer:
            weights = Weights(asked.recency, asked.popularity)
            try:
                answer = searches.search(asked.q, asked.where, asked.k, weights=weights, today=at.date())
            except BadInput as error:  # the question is good: it is the index that does not fit its model
                raise Unavailable(error.message, error.advice) from error
            log.record_search(answer, asked.where, at)
            return answer

        return await threads.run(work)

    @app.post("/feedback", summary="Vote on a result", tags=["search"], responses=_problems(403, 413, 415), status_code=201)
    async def feedback(vote: Vote) -> Noted:
        """Say whether a result was useful. Votes become judgements, and may count in later rankings."""
        recorded = await threads.run(lambda: log.record_feedback(vote.query_id, vote.document_id, vote.useful, None, clock.now()))
        if not recorded:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "The vote could not be recorded.")
        return Noted()

    @app.get("/health", response_model=Health, responses={503: {"model": Health, "description": "Not ready"}}, tags=["health"])
    async def health() -> Response:
        """Whether the server can answer."""
        told = await asyncio.to_thread(_health, searches, clock.now())
        return JSONResponse(told.model_dump(), HTTPStatus.OK if told.ready else HTTPStatus.SERVICE_UNAVAILABLE)


def _show(app: FastAPI) -> None:
    """What people look at."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(_described(app.openapi()))

    for file in _PAGE.glob("*.*"):
        if (kind := _MEDIA_TYPES.get(file.suffix[1:])) is not None:
            path = "/" if file.name == "index.html" else f"/{file.name}"
            app.add_api_route(path, partial(_file, file.read_bytes(), kind), include_in_schema=False, methods=["GET", "HEAD"])


def serve(
    searches: Searches, log: SearchLog, *, host: str = "127.0.0.1", port: int = 3030, names: frozenset[str] = frozenset()
) -> None:
    """Serve until the process is told to end (SIGINT, SIGTERM); requests that run are answered first.

    Args:
        searches: What answers.
        log: Where searches and votes are recorded.
        host: Address to listen on. Without authentication, anything but this machine's own is the caller's decision.
        port: Port to listen on.
        names: Names in the Host header that are answered beside those of this machine.
    """
    import uvicorn

    own = frozenset() if is_loopback(host) else frozenset({f"[{host}]" if ":" in host else host.lower()})
    limits = Limits(hosts=own | {host_name(name) for name in names})
    uvicorn.run(
        create_app(searches, log, limits),
        host=host,
        port=port,
        http="h11",  # the other one has no limit on headers
        h11_max_incomplete_event_size=limits.head_bytes,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
        proxy_headers=False,  # else clients choose the address that their rate is counted by
        server_header=False,
        access_log=False,  # it would hold the questions
        log_level="warning",
    )


def _warm_up(searches: Searches, today: date) -> None:
    try:
        searches.search("warm up", Filter(), 1, weights=Weights(), today=today)
    except CloudOpsError as error:
        _LOG.warning("search is not ready: %s", error)


def _health(searches: Searches, now: datetime) -> Health:
    try:
        generation = searches.live()
    except CloudOpsError as error:
        _LOG.warning("the index cannot be asked: %s", error)
        return Health(ready=False, reason="The index cannot be asked; the log of the server says why.")
    if generation is None:
        return Health(ready=False, reason="There is no index yet.")
    return Health(
        ready=True,
        generation_id=generation.generation_id,
        model_version=generation.model.version,
        rows=generation.rows,
        age_seconds=_age(generation, now),
    )


def _age(generation: Generation, now: datetime) -> float | None:
    """Names of generations begin with the instant when they were begun."""
    try:
        begun = datetime.strptime(generation.generation_id.partition("Z")[0] + "Z", "%Y%m%dT%H%M%S%f%z")
    except ValueError:
        return None
    return (now - begun).total_seconds()


async def _file(body: bytes, kind: str) -> Response:
    return Response(body, media_type=kind, headers={"Cache-Control": "no-cache"})


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problems in the description of the interface."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


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


async def _failed(_: Request, error: Exception) -> Response:
    """Only what is wrong with the question is told: other messages may name places of this machine."""
    if isinstance(error, BadInput):
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, error.message, error.advice, title=_NOT_ASKABLE)
    _LOG.error("a search failed: %s", error)
    if isinstance(error, NotFound):
        detail, advice = "There is no index to search, or its model is missing.", "Build it, or look into the log of the server."
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, advice, title="Not ready")
    detail, advice = "The index cannot be searched.", "Ask again in a moment; if it stays, look into the log of the server."
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, advice, headers={"Retry-After": "5"})


async def _busy(_: Request, __: Exception) -> Response:
    detail, advice = "Too many searches run at the same time.", "Ask again in a moment."
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, advice, title="Busy", headers={"Retry-After": "1"})


def _described(openapi: Mapping[str, Any]) -> str:
    """The description of the interface as a page."""
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string((_PAGE / "docs.jinja").read_text(encoding="utf-8"))
    return template.render(api=openapi)
