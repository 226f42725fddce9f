"""Files of documents for tests, and the two ways in which they are read."""

from pathlib import Path

import pytest

from assets.documents.logic.document import Document
from assets.documents.logic.parsing import Limits, Unreadable, parse_file
from assets.documents.reader import lines_of


def parsed(folder: Path, key: str, content: bytes | str, limits: Limits | None = None) -> Document:
    """The document that this content is, under the name `key`."""
    path = folder / "document"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return parse_file(path, key, limits or Limits(), lines_of)


def reason(folder: Path, key: str, content: bytes | str, limits: Limits | None = None) -> str:
    """Why this content cannot be read."""
    with pytest.raises(Unreadable) as caught:
        parsed(folder, key, content, limits)
    return caught.value.reason


def headings(document: Document) -> list[tuple[str, ...]]:
    """The headings of every section."""
    return [section.headings for section in document.sections]


def section(document: Document, *names: str) -> str:
    """The text of the section with these headings."""
    found = next(section for section in document.sections if section.headings == names)
    return document.text[found.start : found.end]
