"""Search over HTTP, for people (a page) and programs (JSON with an OpenAPI description); on this machine alone if not told else.

There is no authentication: whoever reaches the server may read every passage of the index.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from assets.documents.logic.results import Answer
from orchestration.http_guard import Guard, Limits
from orchestration.http_service import Failing, Threads, limits_of, problems, run, show_page, tell_failures
from orchestration.searching import Searches, Weights
from resources.clock import Clock
from resources.errors import BadInput, CloudOpsError, Unavailable
from resources.knowledge_base.interface import Filter, Generation
from resources.search_log import SearchLog

_LOG = logging.getLogger(__name__)
_PAGE = Path(__file__).parent / "search_page"
_FAILING = Failing(
    not_found=("There is no index to search, or its model is missing.", "Build it, or look into the log of the server."),
    failed=("The index cannot be searched.", "Ask again in a moment; if it stays, look into the log of the server."),
)
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


def create_app(searches: Searches, log: SearchLog, limits: Limits | None = None, clock: Clock | None = None) -> FastAPI:
    """The application.

    Args:
        searches: What answers; it is asked once at the start, so that people need not wait for models to load.
        log: Where searches and votes are recorded.
        limits: What clients may ask for.
        clock: Gives the day that recency is counted from.
    """
    limits, clock = limits or Limits(), clock or Clock()
    threads = Threads(limits.at_once, "search")

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
        middleware=[Middleware(Guard, limits=limits, guarded=("/search", "/feedback"))],
        responses=problems(422, 421, 429, 500, 503, 504),
    )
    tell_failures(app, _FAILING)
    _answer(app, searches, log, clock, threads)
    show_page(app, _PAGE)
    return app


def _answer(app: FastAPI, searches: Searches, log: SearchLog, clock: Clock, threads: Threads) -> None:
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

    @app.post("/feedback", summary="Vote on a result", tags=["search"], responses=problems(403, 413, 415), status_code=201)
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
    limits = limits_of(host, names)
    run(create_app(searches, log, limits), limits, host=host, port=port)


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
