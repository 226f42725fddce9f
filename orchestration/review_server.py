"""The review of invoices over HTTP: pages with boxes over doubtful fields, and corrections saved back; on this machine alone.

There is no authentication: whoever reaches the server may see every invoice of the queue and correct it.
"""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI
from fastapi import Path as InPath
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from assets.invoices.review import Action, Correction, Review, Shown, Waiting
from orchestration.http_guard import Guard, Limits
from orchestration.http_service import Failing, Threads, problems, run, show_page, tell_failures
from resources.document_ai.interface import Limits as FileLimits
from resources.document_ai.interface import Unreadable
from resources.document_ai.page_images import PageImages
from resources.errors import NotFound
from resources.object_store import ObjectStore

_PAGE = Path(__file__).parent / "review_page"
USUAL = Limits(per_second=20.0, burst=60, seconds=60.0)
"""What clients may ask for: a look at an invoice takes a request a page."""
_KEPT = 40
"""Pictures of pages that are kept in memory."""
_FAILING = Failing(
    not_found=("A table or a file of this invoice is not there.", "Reload the list; if it stays, run invoices_refresh."),
    failed=("The tables cannot be read.", "Ask again in a moment; if it stays, look into the log of the server."),
    conflict=("Somebody else corrected this invoice meanwhile.", "Look at it again, then say what is still wrong."),
)
_Identity = Annotated[str, InPath(pattern=r"^[0-9a-f]{32}-\d{1,6}$")]


class Said(BaseModel):
    """What is said of a field."""

    model_config = ConfigDict(extra="forbid")

    invoice_id: str = Field(pattern=r"^[0-9a-f]{32}-\d{1,6}$", description="The invoice.")
    revision: int = Field(ge=0, strict=True, description="Corrections of it that were seen.")
    field: str = Field(min_length=1, max_length=60, description="Name of the field, or of a risk.")
    action: Action = Field(description="What is said.")
    value: str | None = Field(default=None, max_length=2_000, description="What was typed or chosen.")
    option: int | None = Field(default=None, ge=1, le=10_000, description="Its place among the readings, from 1.")


class Saved(BaseModel):
    """It was saved; the invoice has so many corrections now."""

    revision: int


def create_app(review: Review, store: ObjectStore, *, by: str, limits: Limits | None = None) -> FastAPI:
    """The application.

    Args:
        review: The queue.
        store: Files of the invoices, for the pictures of their pages.
        by: Who corrects.
        limits: What clients may ask for.
    """
    limits = limits or USUAL
    threads, images = Threads(limits.at_once, "review"), PageImages(FileLimits())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        threads.close()
        images.close()

    app = FastAPI(
        title="cloudops review",
        description="Shows what is doubtful about invoices, and takes corrections. There is no authentication.",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own page loads scripts from elsewhere
        redoc_url=None,
        middleware=[Middleware(Guard, limits=limits, guarded=("/queue", "/invoices", "/pages", "/corrections"))],
        responses=problems(422, 421, 429, 500, 503, 504),
    )
    tell_failures(app, _FAILING)
    _answer(app, review, threads, by)
    _draw(app, review, store, threads, images)
    show_page(app, _PAGE)
    return app


def _answer(app: FastAPI, review: Review, threads: Threads, by: str) -> None:
    """What the page asks for and says."""

    @app.get("/queue", response_model=list[Waiting], summary="Invoices that wait", tags=["review"])
    async def queue() -> list[Waiting]:
        """Invoices with open doubts, those with most first."""
        return await threads.run(review.waiting)

    @app.get("/invoices/{invoice_id}", response_model=Shown, summary="One invoice", tags=["review"], responses=problems(404))
    async def invoice(invoice_id: _Identity) -> Response:
        """Its fields, with places and readings that were considered."""
        with _not_there():
            shown = await threads.run(lambda: review.invoice(invoice_id))
        return Response(TypeAdapter(Shown).dump_json(shown), media_type="application/json")

    @app.post("/corrections", summary="Correct", tags=["review"], responses=problems(403, 404, 409, 413, 415), status_code=201)
    async def correct(said: Said) -> Saved:
        """Say what a field is. Nothing is saved if the invoice was corrected since it was looked at."""
        correction = Correction(**said.model_dump())
        with _not_there():
            return Saved(revision=await threads.run(lambda: review.save(correction, by)))


def _draw(app: FastAPI, review: Review, store: ObjectStore, threads: Threads, images: PageImages) -> None:
    """Pictures of pages."""

    @lru_cache(maxsize=_KEPT)
    def png(invoice_id: str, number: int) -> bytes:
        key, content_hash, turn = review.page(invoice_id, number)
        with store.fetch(key) as path:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != content_hash:
                    raise Unreadable("the file was replaced since it was read; invoices_refresh reads it anew")
            return images.png(path, number, turn)

    @app.get("/pages/{invoice_id}/{number}", summary="A page as a picture", tags=["review"], responses=problems(404))
    async def page(invoice_id: _Identity, number: Annotated[int, InPath(ge=1, le=100_000)]) -> Response:
        """The page as PNG, turned as it was read."""
        with _not_there():
            try:
                return Response(await threads.run(lambda: png(invoice_id, number)), media_type="image/png")
            except Unreadable as unreadable:
                raise HTTPException(404, f"The page cannot be drawn: {unreadable}.") from unreadable


@contextmanager
def _not_there() -> Iterator[None]:
    """Within it, what is not there is answered with 404."""
    try:
        yield
    except NotFound as error:
        raise HTTPException(404, "There is no such invoice, page or file: reload the list.") from error


def serve(review: Review, store: ObjectStore, *, by: str, port: int) -> None:
    """Serve on this machine until the process is told to end."""
    run(create_app(review, store, by=by), USUAL, host="127.0.0.1", port=port)
