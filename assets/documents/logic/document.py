"""What a file says once it is read, whatever its format."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about a document. Unknown is None (or no tag), never a guess.

    Attributes:
        title: Its title.
        department: Department that owns it.
        created_date: When it was written.
        tags: Sorted, each once.
    """

    title: str | None = None
    department: str | None = None
    created_date: date | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the text below one heading: `headings` from the outermost inwards, characters `start` to `end` (excluded)."""

    headings: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read.

    Attributes:
        text: All of its text, paragraphs separated by an empty line, Unicode NFC, without control characters.
        sections: Cover the text without gap or overlap, in order.
        page_starts: Character at which each page begins; empty where there are no pages.
        metadata: What the file says about itself.
        format: `text`, `markdown`, `html`, `pdf`, `docx` or `email`.
        ocr_pages: Numbers (from 1) of the pages whose text was recognised from a picture.
        notes: What was unusual but did not hinder reading, for people.
    """

    text: str
    sections: tuple[Section, ...]
    page_starts: tuple[int, ...]
    metadata: Metadata
    format: str
    ocr_pages: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
