"""What a scenario knows of documents, by the SHA-256 of their content: words, fields and tables with their confidences."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sandbox.oci.store import Body, Store

KNOWN = "ai_document.known"
CONFIDENCE = 0.98
"""Of what a scenario gives none for."""


def add_document(
    store: Store,
    content: bytes,
    pages: Sequence[Body],
    document_type: str = "INVOICE",
    language: str = "en",
    **more: Any,  # noqa: ANN401
) -> None:
    """Let the service know a document.

    Args:
        store: What exists.
        content: Of the document.
        pages: Per page, any of
            `lines`: its text, as strings or as lists of words, a word being a string or `{"text", "confidence"}`;
            `fields`: `{"label", "text"}` and, if they are not the usual ones, `type` (of the value), `value`, `confidence`, and
            `name` (as it is printed);
            `items`: line items, each a list of such fields;
            `tables`: lists of rows of texts, the first of which is the header.
        document_type: As the service names it.
        language: BCP 47.
        more: `type_confidence`, `language_confidence`.
    """
    body = {"pages": list(pages), "documentType": document_type, "language": language, **more}
    store.add(KNOWN, body, key=digest(content))


def of(store: Store, content: bytes) -> Body | None:
    """What is known of a content."""
    found = store.table(KNOWN).get(digest(content))
    return None if found is None else found.body


def digest(content: bytes) -> str:
    """Key of a content."""
    return hashlib.sha256(content).hexdigest()
