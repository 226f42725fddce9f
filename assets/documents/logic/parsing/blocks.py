"""What every format is read into, blocks in reading order, and how they become a document."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assets.documents.logic.document import Document, Section
from assets.documents.logic.metadata import stated
from assets.documents.logic.parsing.limits import Limits, Unreadable

_LINE_END = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_REMOVED = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls
    r"\u00ad\u200b\u2060\ufeff"  # soft hyphens and spaces without width
    r"\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of direction, which can make text look other than it reads
    r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"  # halves of characters, and what is none
)
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a heading.

    Attributes:
        text: Its text; lines that belong apart are separated by a line feed.
        level: Of a heading, 1 being the outermost; None for a paragraph.
        page: Number of its page, from 1; None where there are no pages.
        shown: False for a heading that names what follows but stands nowhere in the text.
    """

    text: str
    level: int | None = None
    page: int | None = None
    shown: bool = True


@dataclass(slots=True)
class Parsed:
    """A file as its format's parser leaves it.

    Attributes:
        blocks: In reading order.
        values: What the file says about itself, by name as `metadata.stated` knows it.
        pages: How many there are; 0 for a format without pages.
        ocr_pages: Numbers (from 1) of pages whose text was recognised.
        notes: What was unusual, for people.
    """

    blocks: list[Block]
    values: Mapping[str, object] = field(default_factory=dict)
    pages: int = 0
    ocr_pages: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list)


def clean(text: str) -> str:
    """The text in Unicode NFC, with line feeds alone as line ends, no control characters and at most one empty line in a row."""
    text = _REMOVED.sub("", _LINE_END.sub("\n", text)).replace("\u00a0", " ")
    text = "\n".join(line.rstrip() for line in unicodedata.normalize("NFC", text).split("\n"))
    return _EMPTY_LINES.sub("\n\n", text).strip("\n")


def line(text: str) -> str:
    """The text on one line, cleaned, spaces in a row made one."""
    return " ".join(clean(text).split())


def document(parsed: Parsed, form: str, notes: Iterable[str], limits: Limits) -> Document:
    """The document that the blocks make, with `notes` before the parser's own. Raises Unreadable if it is empty or too long."""
    text = _Text(limits.characters)
    for block in parsed.blocks:
        text.add(block)
    if not any(map(str.isalnum, text.joined)):
        raise Unreadable("there is no text in it")
    metadata, faults = stated(parsed.values, "the file")
    return Document(
        text=text.joined,
        sections=text.sections(),
        page_starts=text.page_starts(parsed.pages),
        metadata=metadata,
        format=form,
        ocr_pages=parsed.ocr_pages,
        notes=tuple(line(note) for note in (*notes, *parsed.notes, *faults)),
    )


class _Text:
    """The text as it grows, and where its headings and pages begin."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[tuple[int, str]] = []
        self._starts: list[tuple[tuple[str, ...], int]] = [((), 0)]
        self._pages: dict[int, int] = {}

    def add(self, block: Block) -> None:
        words = clean(block.text) if block.level is None else line(block.text)
        if not words:
            return
        start = self._length + (2 if self._parts else 0)
        if block.level is not None:
            self._headings = [(level, heading) for level, heading in self._headings if level < block.level]
            self._headings.append((block.level, words))
            self._starts.append((tuple(heading for _, heading in self._headings), start))
        if not block.shown:
            return
        if block.page is not None:
            self._pages.setdefault(block.page, start)
        self._parts.append(words)
        self._length = start + len(words)
        if self._length > self._limit:
            raise Unreadable(f"its text is longer than {self._limit:,} characters")

    @property
    def joined(self) -> str:
        return "\n\n".join(self._parts)

    def sections(self) -> tuple[Section, ...]:
        starts = [start for _, start in self._starts[1:]]
        ends = [min(end, self._length) for end in (*starts, self._length)]
        found = (Section(headings, start, end) for (headings, start), end in zip(self._starts, ends, strict=True))
        return tuple(section for section in found if section.start < section.end)

    def page_starts(self, pages: int) -> tuple[int, ...]:
        """Where each page begins; a page without text begins where the next one does."""
        starts: list[int] = []
        following = self._length
        for page in range(pages, 0, -1):
            following = self._pages.get(page, following)
            starts.append(following)
        if starts:
            starts[-1] = 0
        return tuple(reversed(starts))
