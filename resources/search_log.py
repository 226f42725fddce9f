"""The log of searches: what was asked, how it was answered and what people said of it, as lines of JSON on a local disk.

Each day of each machine has one file, to which all its processes append. An event is written by one system call in append mode,
so events of several processes never mix, and begins and ends with a line break, so that what a crash cut off spoils no other.
"""

import json
import logging
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import dagster as dg
from pydantic import Field, PrivateAttr, TypeAdapter, ValidationError

from resources.errors import Unavailable
from resources.knowledge_base.interface import Filter

Position = Mapping[str, int]
"""How much of the log was read: bytes by file name. Empty for nothing yet."""

_LOG = logging.getLogger(__name__)
_ENDING = ".jsonl"


class _Parts(Protocol):
    @property
    def dense(self) -> float | None: ...


class _Found(Protocol):
    @property
    def document_id(self) -> str: ...
    @property
    def components(self) -> _Parts: ...


class Answered(Protocol):
    """What the log takes from an answer."""

    @property
    def query_id(self) -> str:
        """Identity of the search."""

    @property
    def question(self) -> str:
        """As it was asked."""

    @property
    def results(self) -> Sequence[_Found]:
        """Best first."""

    @property
    def vector_plan(self) -> str:
        """How neighbours were looked up."""

    @property
    def model_version(self) -> str:
        """Model that was used."""

    @property
    def seconds(self) -> float:
        """Time taken."""


@dataclass(frozen=True, slots=True)
class Search:
    """One search.

    Attributes:
        query_id: Its identity.
        asked_at: When, aware.
        question: As it was asked.
        filter: The filter as a JSON object, `{}` if everything was searched.
        document_ids: Documents that were answered, best first.
        best_dense: Highest cosine similarity among them; None if there is none.
        vector_plan: How neighbours were looked up.
        model_version: Model that was used.
        milliseconds: Time taken.
    """

    query_id: str
    asked_at: datetime
    question: str
    filter: str
    document_ids: tuple[str, ...]
    best_dense: float | None
    vector_plan: str
    model_version: str
    milliseconds: float
    event: Literal["search"] = "search"


@dataclass(frozen=True, slots=True)
class Vote:
    """What somebody said of one result of a search; `by` is None if it is not known who."""

    query_id: str
    document_id: str
    said_at: datetime
    useful: bool
    by: str | None
    event: Literal["vote"] = "vote"


_EVENTS: TypeAdapter[Search | Vote] = TypeAdapter(Search | Vote)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    Attributes:
        searches: In the order of the files.
        votes: The same.
        position: Where the next reading begins.
        unreadable: Lines that were skipped, since a crash cut them off or they are no event.
    """

    searches: tuple[Search, ...]
    votes: tuple[Vote, ...]
    position: Position
    unreadable: int


class SearchLog(dg.ConfigurableResource[Any]):
    """The searches of one deployment. Recording never fails a search: it says whether it could."""

    root: str = Field(description="Folder that holds the files; made when the first search is recorded.")
    _warned: bool = PrivateAttr(default=False)

    def record_search(self, answer: Answered, where: Filter, at: datetime) -> bool:
        """Note a search and its answer; False if the log cannot be written, which is warned of once."""
        dense = [r.components.dense for r in answer.results if r.components.dense is not None]
        return self._append(
            Search(
                query_id=answer.query_id,
                asked_at=at,
                question=answer.question,
                filter=filter_json(where),
                document_ids=tuple(r.document_id for r in answer.results),
                best_dense=max(dense, default=None),
                vector_plan=answer.vector_plan,
                model_version=answer.model_version,
                milliseconds=answer.seconds * 1000,
            ),
            at,
        )

    def record_feedback(self, query_id: str, document_id: str, useful: bool, by: str | None, at: datetime) -> bool:  # noqa: FBT001
        """Note what somebody said of a result; False if the log cannot be written, which is warned of once."""
        return self._append(Vote(query_id, document_id, at, useful, by), at)

    def read(self, after: Position) -> Reading:
        """Everything that was recorded after a position. A line that is not finished yet is read again next time.

        Raises:
            Unavailable: A file cannot be read.
        """
        searches: list[Search] = []
        votes: list[Vote] = []
        position: dict[str, int] = {}
        unreadable = 0
        for file in self._files():
            lines, position[file.name], torn = _whole_lines(file, after.get(file.name, 0))
            unreadable += torn
            for line in lines:
                event = _event(line)
                if event is None:
                    unreadable += 1
                elif isinstance(event, Search):
                    searches.append(event)
                else:
                    votes.append(event)
        return Reading(tuple(searches), tuple(votes), position, unreadable)

    def forget(self, before: date) -> int:
        """Delete the files of the days before a day; returns how many.

        Raises:
            Unavailable: A file cannot be deleted.
        """
        old = [file for file in self._files() if file.name[:10] < before.isoformat()]
        for file in old:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise _unavailable("searches cannot be forgotten", error) from error
        return len(old)

    def _append(self, event: Search | Vote, at: datetime) -> bool:
        name = f"{at.astimezone(UTC):%Y-%m-%d}-{socket.gethostname()}{_ENDING}"
        line = json.dumps(asdict(event), default=datetime.isoformat).encode()
        try:
            _write_at_once(Path(self.root, name), b"\n" + line + b"\n")
        except OSError as error:
            if not self._warned:
                _LOG.warning("searches are not logged in %s until this is mended: %s", self.root, error.strerror)
            self._warned = True
            return False
        self._warned = False
        return True

    def _files(self) -> Iterable[Path]:
        return sorted(Path(self.root).glob(f"????-??-??-*{_ENDING}"))


def filter_json(where: Filter) -> str:
    """A filter as a JSON object that says only what is filtered, the same text for the same filter."""
    given = {
        "departments": None if where.departments is None else sorted(where.departments),
        "created_from": where.created_from and where.created_from.isoformat(),
        "created_to": where.created_to and where.created_to.isoformat(),
        "tags": sorted(where.tags) or None,
        "languages": None if where.languages is None else sorted(where.languages),
    }
    return json.dumps({name: value for name, value in given.items() if value is not None}, ensure_ascii=False)


def _write_at_once(file: Path, line: bytes) -> None:
    """Append in one call. Questions may be confidential: nobody else on the machine may read them.

    Raises:
        OSError: It could not be written, or not all of it.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        if os.write(descriptor, line) < len(line):
            raise OSError(0, "the disk is full")
    finally:
        os.close(descriptor)


def _whole_lines(file: Path, start: int) -> tuple[list[bytes], int, int]:
    """The finished lines after `start`, where they end, and 1 if something unfinished follows."""
    try:
        with file.open("rb") as stream:
            stream.seek(start)
            read = stream.read()
    except OSError as error:
        raise _unavailable("the log of searches cannot be read", error) from error
    whole, _, rest = read.rpartition(b"\n")
    return [line for line in whole.split(b"\n") if line], start + len(read) - len(rest), int(bool(rest))


def _event(line: bytes) -> Search | Vote | None:
    try:
        return _EVENTS.validate_json(line)
    except ValidationError:
        return None


def _unavailable(what: str, error: OSError) -> Unavailable:
    return Unavailable(f"{what}: {error}", "Look at the folder's disk and permissions, then run this again.")
