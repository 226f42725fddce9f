"""What document AI makes of a file: pages of lines of words in boxes, key-values and tables, the same whichever engine read it.

Plain data without behaviour beyond geometry; the pure logic of systems may import it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, the origin in its upper left corner.

    Attributes:
        left: Left edge, in the units of `Page.width`.
        top: Upper edge, in the units of `Page.height`.
        right: Right edge.
        bottom: Lower edge, larger than `top`.
    """

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Horizontal extent."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Vertical extent."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The vertical centre."""
        return (self.top + self.bottom) / 2


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all of the boxes, of which there is at least one."""
    some = list(boxes)
    return Box(min(b.left for b in some), min(b.top for b in some), max(b.right for b in some), max(b.bottom for b in some))


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without white space between them.

    Attributes:
        text: What they say.
        box: Where they stand.
        confidence: Probability that the text is right by the engine's own account, 0 to 1; 1 for a text layer.
        alternatives: Other readings that the engine considered, likeliest first.
    """

    text: str
    box: Box
    confidence: float = 1.0
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one base line that belong together, left to right: a wide gap begins another line."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words, one space between them."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """The box around the words."""
        return around(word.box for word in self.words)

    @property
    def confidence(self) -> float:
        """That of the word that is read worst."""
        return min(word.confidence for word in self.words)


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        number: From 1.
        width: In points (1/72 inch) for a PDF, in pixels for a picture.
        height: Likewise.
        lines: Top to bottom, then left to right.
        origin: Whether the words come from the text layer or were recognised on the picture.
        turn: Degrees, clockwise, by which the page as it is shown is turned to be read. Width, height and places are those of the
            turned page: quarter turns swap its sides, the rest (a slope of a scan) is a turn about its centre that leaves them.
    """

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    origin: Literal["text", "ocr"] = "text"
    turn: float = 0.0

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class KeyValue:
    """A value that the engine itself names.

    Attributes:
        key: Name of the field as `assets/invoices` calls it (`invoice_number`), or the engine's own where that is not known.
        text: The value as printed or stored.
        confidence: By the engine's own account, 0 to 1; 1 for a stored value.
        page: From 1; None if it stands on no page, as in an embedded file.
        box: Where; None likewise.
        normalized: The value in the engine's normal form (an ISO date, a plain decimal), where it gives one.
    """

    key: str
    text: str
    confidence: float = 1.0
    page: int | None = None
    box: Box | None = None
    normalized: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; `key` is the name of its column as `assets/invoices` calls it, where the engine tells."""

    text: str
    box: Box | None = None
    confidence: float = 1.0
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; `items` says that the engine itself calls them line items, each cell under its key."""

    page: int | None
    rows: tuple[tuple[Cell, ...], ...]
    items: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that one engine made of one file.

    Attributes:
        engine: `name@version`: results of different engines are never taken for each other.
        pages: In order; empty for a file that has none, such as an XML invoice.
        key_values: What the engine names itself.
        tables: Tables, line items among them.
        notes: What could not be read, and other findings that a person should know.
        structured: Whether the values are the invoice itself (an e-invoice), not a reading of it.
    """

    engine: str
    pages: tuple[Page, ...] = ()
    key_values: tuple[KeyValue, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    structured: bool = False
