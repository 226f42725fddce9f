"""Commands of people who look for something in documents: `cloudops search`, `rate`, `serve`."""

import gc
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from orchestration.terminal import console

if TYPE_CHECKING:
    from assets.documents.logic.results import Answer, Result

documents = typer.Typer()
_errors = Console(stderr=True)

_FOUND, _NOTHING_FOUND, _BAD_INPUT, _NOT_POSSIBLE = 0, 1, 2, 3
_DAY = ["%Y-%m-%d"]
_INDENT = 4


Place = Annotated[
    str | None,
    typer.Option(
        "--documents", help="Folder, s3://bucket/prefix or oci://bucket/prefix that was indexed; the demo if not given."
    ),
]


class Verdict(StrEnum):
    """What can be said of a result."""

    USEFUL = "useful"
    NOT_USEFUL = "not-useful"


@documents.command()
def index(
    location: Annotated[str, typer.Argument(help="Folder, s3://bucket/prefix or oci://bucket/prefix with documents.")],
) -> None:
    """Take documents in: read, cut and embed what is new, and measure how well it is found. A repeat does only what changed."""
    from orchestration import embedded
    from orchestration.settings import current_settings
    from orchestration.summary import documents as summary
    from orchestration.terminal import fail, told_failures
    from resources.lake import Lake

    if not _is_place(location):
        fail(escape(f"{location} is not a folder. Give the folder that holds your documents, or s3://bucket/prefix"))
    with told_failures():
        place = embedded.prepare_documents(location)
        with console.status("Starting") as status:
            failed = embedded.run_documents(status.update)
    summary(Lake(root=str(place.home / "lake")), current_settings().documents.location)
    for check in dict.fromkeys(failed):
        console.print(f"  check to look at: {check}")
    console.print(Text(f"Lake: {place.home / 'lake'}   inputs: {place.inputs_root}"))


@documents.command()
def search(
    question: Annotated[str, typer.Argument(help="What you want to know, in your own words.")],
    *,
    department: Annotated[list[str] | None, typer.Option("--department", "-d", help="Only of this one; repeatable.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="Only what was written from this day on.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Only what was written until this day.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", "-t", help="Only with this tag; repeatable, all must be there.")
    ] = None,
    language: Annotated[list[str] | None, typer.Option("--language", "-l", help="Only in this one, as `en`; repeatable.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many documents.")] = 5,
    recency: Annotated[float, typer.Option(min=0, max=10, help="How much a recent date counts; relevance counts 1.")] = 0.0,
    popularity: Annotated[float, typer.Option(min=0, max=10, help="How much useful votes count; relevance counts 1.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, the same as over HTTP.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Also the parts of each score.")] = False,
    place: Place = None,
) -> None:
    """Find documents by meaning and by words.

    Ends with 0 if something was found, 1 if nothing was, 2 if this cannot be asked, 3 if nothing can be searched now.
    """
    with _without_garbage_collection():
        from orchestration.searching import Weights, search_log, searcher
        from orchestration.settings import current_settings
        from resources.clock import Clock
        from resources.errors import BadInput, CloudOpsError
        from resources.knowledge_base.interface import Filter

    if since and until and since > until:
        _end(_BAD_INPUT, f"--from {since:%Y-%m-%d} is after --to {until:%Y-%m-%d}")
    where = Filter(
        departments=frozenset(department or ()) or None,
        created_from=since.date() if since else None,
        created_to=until.date() if until else None,
        tags=frozenset(tag or ()),
        languages=frozenset(language or ()) or None,
    )
    try:
        _use(place)
        settings, now = current_settings(), Clock().now()
        answer = searcher(settings).search(question, where, k, weights=Weights(recency, popularity), today=now.date())
        search_log(settings).record_search(answer, where, now)
    except BadInput as error:
        _end(_BAD_INPUT, str(error))
    except (CloudOpsError, ValueError) as error:
        _end(_NOT_POSSIBLE, str(error))
    if as_json:
        from pydantic import TypeAdapter

        typer.echo(TypeAdapter(type(answer)).dump_json(answer, indent=2))
    else:
        _show(answer, explain=explain)
    raise typer.Exit(_FOUND if answer.results else _NOTHING_FOUND)


@documents.command()
def rate(
    query: Annotated[str, typer.Argument(help="The search, from its answer.")],
    document: Annotated[str, typer.Argument(help="The document, from its answer.")],
    verdict: Annotated[Verdict, typer.Argument(help="What it was.")],
    by: Annotated[str | None, typer.Option("--by", help="Who says so; your login name if not given.")] = None,
    place: Place = None,
) -> None:
    """Say whether a result of a search was useful. Votes become judgements that retrieval is measured by."""
    from orchestration.searching import search_log
    from orchestration.settings import current_settings
    from resources.clock import Clock

    try:
        _use(place)
        log = search_log(current_settings())
    except ValueError as error:
        _end(_BAD_INPUT, str(error))
    if not log.record_feedback(query, document, verdict is Verdict.USEFUL, by or _login(), Clock().now()):
        _end(_NOT_POSSIBLE, f"the vote cannot be written to {log.root}. Is the disk full, or the folder not writable?")
    console.print(Text(f"Noted: {_plain(document)} was {verdict}."))


@documents.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on.")] = 3030,
    host: Annotated[str, typer.Option(help="Address to listen on; this machine alone if not given.")] = "127.0.0.1",
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Name under which people reach this server, if it is not localhost; repeatable."),
    ] = None,
    *,
    without_authentication: Annotated[
        bool, typer.Option("--without-authentication", help="Let everybody who reaches another address search everything.")
    ] = False,
    place: Place = None,
) -> None:
    """Serve the search page and search over HTTP until Ctrl-C; /docs describes it."""
    with _without_garbage_collection():
        from orchestration.http_guard import is_loopback
        from orchestration.search_server import serve as serve_search
        from orchestration.searching import search_log, searcher
        from orchestration.settings import current_settings
        from resources.errors import CloudOpsError

    if not is_loopback(host):
        if not without_authentication:
            _end(
                _BAD_INPUT,
                f"{host} can be reached from other machines, and there is no authentication: everybody there could read every "
                "passage. If that is meant, add --without-authentication; else put a proxy that authenticates before 127.0.0.1.",
            )
        _errors.print(f"There is no authentication: whoever reaches {host} can read every passage.", style="yellow", markup=False)
    try:
        _use(place)
        settings = current_settings()
        searches, log = searcher(settings), search_log(settings)
    except (CloudOpsError, ValueError) as error:
        _end(_NOT_POSSIBLE, str(error))
    shown = f"[{host}]" if ":" in host else host
    console.print(Text(f"Search page: http://{shown}:{port}   Ctrl-C ends it."))
    serve_search(searches, log, host=host, port=port, names=frozenset(name or ()))


def _is_place(location: str) -> bool:
    from pathlib import Path

    if "://" in location:
        return location.startswith(("s3://", "oci://"))
    try:
        return Path(location).expanduser().is_dir()
    except RuntimeError:  # nobody of that name has a home
        return False


def _login() -> str | None:
    """The login name; None where the user has none, as in many containers."""
    try:
        return getuser()
    except (KeyError, OSError):
        return None


def _use(place: str | None) -> None:
    """Look at what was indexed of a place; without one, at the deployment that the environment names."""
    if place is not None:
        from orchestration.settings import STATE, use_documents

        use_documents(place, STATE)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """For imports: what they make stays, and looking through it for garbage, then and at the end, takes half of their time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _show(answer: "Answer", *, explain: bool) -> None:
    for result in answer.results:
        _show_result(result, explain=explain)
    found, passages = len(answer.results), f"{answer.matches:,} passage{'' if answer.matches == 1 else 's'}"
    if not found:
        console.print(Text(f"Nothing found among {passages}. Ask in other words, or restrict the search less."))
    else:
        console.print(Text(f"{found} document{'' if found == 1 else 's'} found, among {passages}."))
    told = (
        f"Meaning: {answer.vector_plan}. Words: {answer.text_plan}. Model {answer.model_version}, {answer.seconds * 1000:.0f} ms."
    )
    console.print(Text(_plain(told), style="dim"))
    if found:
        console.print(Text(f"Was one useful? cloudops rate {answer.query_id} DOCUMENT useful", style="dim"))


def _show_result(result: "Result", *, explain: bool) -> None:
    console.print(
        Text(f"{result.rank:>2}. ").append(_plain(result.title), style="bold").append(f"  {result.score:.3f}", style="dim")
    )
    page = None if result.page is None else f"page {result.page}"
    written = None if result.created_date is None else f"{result.created_date}"
    facts = [result.department, written, page, ", ".join(result.tags), result.language]
    _indented(result.heading, "italic")
    _indented(" · ".join(fact for fact in facts if fact), "cyan")
    passage = Text(_plain(result.passage))
    for start, end in result.highlights:
        passage.stylize("bold yellow", start, end)
    console.print(Padding(passage, (0, 0, 0, _INDENT)))
    _indented(result.link, "blue")
    _indented(f"document {result.document_id}", "dim")
    if explain:
        _indented(_explained(result), "green")
    console.print()


def _indented(text: str | None, style: str) -> None:
    if text:
        console.print(Padding(Text(_plain(text), style=style), (0, 0, 0, _INDENT)))


def _explained(result: "Result") -> str:
    parts = result.components
    meaning = "not compared" if parts.dense is None else f"{parts.dense:.3f}{_place(parts.dense_rank)}"
    words = "not found by them" if parts.lexical is None else f"{parts.lexical:.2f}{_place(parts.lexical_rank)}"
    recent = "date unknown" if parts.recency is None else f"{parts.recency:.3f}"
    popular = "no votes" if parts.popularity is None else f"{parts.popularity:.3f}"
    more = f" · {result.more_passages} more passages of it fit" if result.more_passages else ""
    return f"relevance {parts.relevance:.3f} · meaning {meaning} · words {words} · recency {recent} · popularity {popular}{more}"


def _place(rank: int | None) -> str:
    return "" if rank is None else f" (place {rank})"


def _plain(text: str) -> str:
    """The text without what a terminal would obey: control characters and marks that turn the direction of writing."""
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def _end(code: int, message: str) -> NoReturn:
    _errors.print(Text(_plain(message), style="red"))
    raise typer.Exit(code)
