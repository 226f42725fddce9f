"""Files of any known format, read as documents.

`parse_file` reads one; a file that cannot be read raises `Unreadable` with the reason. Parsers of hostile files can crash or hang
the process: run them in one that may (`resources.isolation`).
"""

from dataclasses import dataclass
from pathlib import Path

from assets.documents.logic.document import Document
from assets.documents.logic.parsing import mail, markdown, pdf, plain_text, web_page, word
from assets.documents.logic.parsing.blocks import Parsed, document
from assets.documents.logic.parsing.encoding import decoded
from assets.documents.logic.parsing.limits import Limits, Unreadable
from assets.documents.logic.parsing.recognition import binary, expected, textual

__all__ = ["READER_VERSION", "Limits", "Scanned", "Unreadable", "parse_file", "parse_unless_scanned"]

READER_VERSION = 2
"""Raised whenever the document made of some file may change, its text above all: what was read before is then read again."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A file that can only be read with recognition: `pictures` of its pages have no text layer."""

    pictures: int


def parse_file(path: Path, key: str, limits: Limits, recognise: pdf.Recognise) -> Document:
    """The document in a file, the text of pages without a text layer recognised.

    Args:
        path: The file.
        key: Its name, for its extension only.
        limits: What reading may cost. Time and memory are up to the process that calls.
        recognise: Reads the lines off a picture.

    Raises:
        Unreadable: It cannot be used as a document.
    """
    return _parsed(path, key, limits, recognise)


def parse_unless_scanned(path: Path, key: str, limits: Limits) -> Document | Scanned:
    """As `parse_file`, but without recognition, which takes seconds a page: what needs it is only counted."""
    try:
        return _parsed(path, key, limits, None)
    except pdf.Scanned as scanned:
        return Scanned(scanned.pages)


def _parsed(path: Path, key: str, limits: Limits, recognise: pdf.Recognise | None) -> Document:
    data = _content(path, limits)
    form = binary(data)
    notes: list[str] = []
    promised = expected(key)
    if form == "pdf":
        parsed = pdf.read(data, limits, recognise)
    elif form == "docx":
        parsed = word.read(data, limits)
    else:
        text, notes = decoded(data)
        form = textual(text, promised)
        parsed = _parsed_text(form, text, data)
    if promised and promised != form:
        notes = [f"its name says {promised}, but it is {form}", *notes]
    return document(parsed, form, notes, limits)


def _parsed_text(form: str, text: str, data: bytes) -> Parsed:
    match form:
        case "email":
            return mail.read(data)
        case "html":
            return web_page.read(text)
        case "markdown":
            return markdown.read(text)
        case _:
            return plain_text.read(text)


def _content(path: Path, limits: Limits) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(limits.size + 1)
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}") from error
    if not data:
        raise Unreadable("it is empty")
    if len(data) > limits.size:
        raise Unreadable(f"it is larger than {limits.size:,} bytes")
    return data
