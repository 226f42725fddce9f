"""What a service is asked and what it answers, and where services register the operations that they answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.oci.errors import invalid
from sandbox.oci.store import Body, Resource, Store

MOST_PER_PAGE = 1000
_IDENTITIES = ("id", "topicId", "uploadId", "partNumber")
"""Fields that tell one row of a list from another."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to an operation, verified and well-formed.

    Attributes:
        store: What exists.
        tenancy: Of the caller.
        region: Where the request went to.
        path: Path parameters.
        query: Query parameters in their types.
        headers: By lower-case name.
        body: JSON of the model; None if the operation has none.
        stream: The bytes of a body that is none.
        partial: Whether a part of the work is to fail, in an answer of status 200.
        stale: Whether to answer with the state before the last change.
    """

    store: Store
    tenancy: str
    region: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any = None
    stream: AsyncIterator[bytes] | None = None
    partial: bool = False
    stale: bool = False

    @property
    def if_match(self) -> str | None:
        """The etag that the caller has seen."""
        return self.headers.get("if-match")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: JSON, bytes, or nothing; `repeated` if it is one that was given before, by the retry token."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: AsyncIterator[bytes] | None = None
    repeated: bool = False


Handler = Callable[[Asked], "Answer | Awaitable[Answer]"]
HANDLERS: dict[tuple[str, str], Handler] = {}


def answers(service: str) -> Callable[[Handler], Handler]:
    """Register a function as the operation of its name."""

    def register(handler: Handler) -> Handler:
        HANDLERS[service, handler.__name__] = handler
        return handler

    return register


def page(asked: Asked, found: Sequence[Any], usual: int = 100) -> Answer:
    """A page of what was found, with the token of the next one in `opc-next-page`.

    Source: docs.oracle.com, "List Pagination".

    Raises:
        OciError: The token or the limit cannot be used.
    """
    part, headers = page_of(asked, found, usual)
    return Answer(list(part), headers=headers)


def page_of(asked: Asked, found: Sequence[Any], usual: int = 100) -> tuple[Sequence[Any], dict[str, str]]:
    """A part of what was found, and the headers that lead to the next."""
    limit = asked.query.get("limit", usual)
    if not 1 <= limit <= MOST_PER_PAGE:
        raise invalid(f"limit must be between 1 and {MOST_PER_PAGE}")
    start = _start(asked.query.get("page"), found)
    end = start + limit
    return found[start:end], ({"opc-next-page": _token(end, found[end])} if end < len(found) else {})


def _token(place: int, first: Any) -> str:  # noqa: ANN401
    """An opaque token of the row that the next page begins with, and of its place in the list."""
    return base64.urlsafe_b64encode(f"from:{place}:{_identity(first)}".encode()).decode()


def _start(page_token: str | None, found: Sequence[Any]) -> int:
    """Where a page begins: at its row, wherever that is now; if it is gone, at its place."""
    if page_token is None:
        return 0
    try:
        said = re.fullmatch(r"from:(\d+):(\w+)", base64.urlsafe_b64decode(page_token).decode(), re.ASCII)
    except (binascii.Error, ValueError):
        said = None
    if said is None:
        raise invalid("The page token is not one of this list")
    place, row = int(said[1]), said[2]
    if place < len(found) and _identity(found[place]) == row:
        return place
    return next((n for n, one in enumerate(found) if _identity(one) == row), place)


def _identity(row: Any) -> str:  # noqa: ANN401
    known = [row[field] for field in _IDENTITIES if row.get(field) is not None] if isinstance(row, dict) else []
    return hashlib.sha256(repr(known or row).encode()).hexdigest()[:32]


def shown(asked: Asked, body: Body, before: Body | None) -> Body:
    """A resource, or what it was before its last change where a stale answer is asked for."""
    return before if asked.stale and before is not None else body


def etag_shown(asked: Asked, found: Resource) -> str:
    """The etag of what is shown: a stale answer has that of its own version, so that `if-match` finds out."""
    return found.etag_of(found.version - 1) if asked.stale and found.before is not None else found.etag
