"""What the page consists of: sections, cards, charts and tables of plain text. The template escapes it; no HTML here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from assets.finops.logic.report import wording
from assets.finops.logic.report.sources import Rows

Tone = Literal["", "up", "down", "good", "bad", "warn", "muted"]
_BRIEF = 26


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `title` is what a pointer over it shows, `colour` a swatch before the text; a `code` is there to be copied."""

    text: str
    tone: Tone = ""
    title: str = ""
    numeric: bool = False
    colour: str = ""
    code: bool = False

    @property
    def classes(self) -> str:
        """Its classes in the page; a brief text, such as two days, stays on one line."""
        brief = "brief" if len(self.text) <= _BRIEF else ""
        return " ".join(filter(None, (self.tone, "number" if self.numeric else brief)))


@dataclass(frozen=True, slots=True)
class Table:
    """A table and where its figures are from.

    `empty` is said in its place when it has no rows, `note` below it, and `scroll` gives it a height.
    """

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    source: Rows
    empty: str = "Nothing to show."
    note: str = ""
    scroll: bool = False

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns are numbers, told by the first row: headings stand above their digits."""
        return tuple(cell.numeric for cell in self.rows[0]) if self.rows else ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: what it shows, in words, its Vega-Lite specification and where its figures are from."""

    description: str
    spec: dict[str, Any]
    source: Rows


@dataclass(frozen=True, slots=True)
class Card:
    """One large figure, where it is from, a line of detail, and parts of a whole (label, size, tone) drawn as a bar."""

    label: str
    value: str
    source: Rows
    detail: str = ""
    tone: Tone = ""
    parts: Sequence[tuple[str, int, Tone]] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """What is folded away at first, below a line of text: remarks, a chart and tables."""

    summary: str
    remarks: Sequence[str] = ()
    figure: Figure | None = None
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with remarks, cards, a chart, tables and what is folded away."""

    heading: str
    remarks: Sequence[str] = ()
    figure: Figure | None = None
    tables: Sequence[Table] = ()
    folds: Sequence[Fold] = ()
    cards: Sequence[Card] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page that the navigation leads to."""

    anchor: str
    heading: str
    remarks: Sequence[str] = ()
    cards: Sequence[Card] = ()
    blocks: Sequence[Block] = ()


def text(value: str | None, missing: str = wording.UNKNOWN) -> Cell:
    """A name, cut in the middle if it is long; `missing` where there is none."""
    if value is None or not value.strip():
        return Cell(missing, "muted")
    brief = wording.short(value)
    return Cell(brief, title="" if brief == value else value)


def code(value: str) -> Cell:
    """An identifier, in full, so that it can be copied."""
    return Cell(value, code=True)


def plain(value: str, tone: Tone = "") -> Cell:
    """A number that is written already."""
    return Cell(value, tone, numeric=True)


def number(value: int | None) -> Cell:
    """A whole number."""
    return Cell(wording.count(value), "warn" if value is None else "", numeric=True)


def money(value: Decimal | None, lines: int = 1, unknown: int = 0) -> Cell:
    """A cost of `lines` charge lines, `unknown` of which do not tell theirs; a dash where there is no line at all."""
    if lines == 0:
        return Cell("–", "muted", "no charge lines", numeric=True)
    if value is None:
        return Cell(wording.UNKNOWN, "warn", "no line tells its cost", numeric=True)
    if unknown:
        hint = f"{wording.count(unknown, 'line')} of unknown cost not in it; known: {wording.exact(value)}"
        return Cell(f"{wording.amount(value)} + unknown", "warn", hint, numeric=True)
    return Cell(wording.amount(value), "", wording.exact(value), numeric=True)


def moved(value: Decimal | None) -> Cell:
    """A change of cost: more is `up`, less is `down`."""
    tone: Tone = "" if not value else "up" if value > 0 else "down"
    return Cell(wording.change(value), "warn" if value is None else tone, numeric=True)
