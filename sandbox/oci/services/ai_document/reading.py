"""Reads a document: which format it has, and the words of its pages, known or plain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.oci.errors import invalid
from sandbox.oci.services.ai_document import known, labels, pdf
from sandbox.oci.store import Body, Store

PDF, TEXT = "application/pdf", "text/plain"
_FORMATS = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
"""Source: docs.oracle.com, "Document Understanding: Limits": JPEG, PNG, PDF, TIFF. Plain text is the sandbox's own."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read.

    Attributes:
        mime_type: Of its format.
        pages: As `known.add_document` takes them.
        document_type: If known.
        language: If known.
        more: Confidences of the two.
        unreadable: Why nothing could be read; empty if something was.
    """

    mime_type: str
    pages: tuple[Body, ...]
    document_type: str | None = None
    language: str | None = None
    type_confidence: float = known.CONFIDENCE
    language_confidence: float = known.CONFIDENCE
    unreadable: str = ""

    @property
    def text(self) -> str:
        """All of its text."""
        return "\n".join(" ".join(word["text"] for word in line) for page in self.pages for line in lines(page))


def read(store: Store, content: bytes) -> Document:
    """The document of a content.

    Raises:
        OciError: Its format is none of the service's.
    """
    mime_type = _mime_type(content)
    if mime_type is None:
        raise invalid("The document is neither JPEG, PNG, PDF nor TIFF.")
    body = known.of(store, content)
    if body is not None:
        more = {name: body[name] for name in ("type_confidence", "language_confidence") if name in body}
        return Document(mime_type, tuple(body["pages"]), body["documentType"], body["language"], **more)
    texts = _texts(mime_type, content)
    unreadable = "" if any(texts) else "No text could be read from the document."
    pages = tuple({"lines": text} for text in texts)
    return Document(mime_type, tuple({**page, "fields": labels.fields(lines(page))} for page in pages), unreadable=unreadable)


def lines(page: Body) -> list[list[Body]]:
    """Words of each line of a page, with their confidences."""
    found = [line.split() if isinstance(line, str) else line for line in page.get("lines") or ()]
    return [
        [
            {"text": word, "confidence": known.CONFIDENCE} if isinstance(word, str) else {"confidence": known.CONFIDENCE, **word}
            for word in line
        ]
        for line in found
    ]


def _texts(mime_type: str, content: bytes) -> list[list[Any]]:
    if mime_type == PDF:
        return pdf.pages(content) or [[]]
    if mime_type == TEXT:
        return [[line.strip() for line in part.splitlines() if line.strip()] for part in content.decode("utf-8").split("\f")]
    return [[]]


def _mime_type(content: bytes) -> str | None:
    for begins, mime_type in _FORMATS:
        if content.startswith(begins):
            return mime_type
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return TEXT if text.strip() and all(sign.isprintable() or sign in "\n\r\t\f" for sign in text) else None
