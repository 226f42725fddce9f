"""What the page consists of: sections, cards, charts and tables of plain text. The template escapes it; no HTML here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from assets.finops.logic.report import wording

Tone = Literal["", "up", "down", "good", "bad", "warn", "muted"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `title` is what a pointer over it shows, `colour` a swatch before the text."""

    text: str
    tone: Tone = ""
    title: str = ""
    numeric: bool = False
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `empty` is said in its place when it has no rows, `note` below it, and `scroll` gives it a height."""

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    empty: str = "Nothing to show."
    note: str = ""
    scroll: bool = False

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns are numbers, told by the first row: headings stand above their digits."""
        return tuple(cell.numeric for cell in self.rows[0]) if self.rows else ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: its Vega-Lite specification and what it shows, in words."""

    description: str
    spec: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """One large figure with its label, a line of detail, and parts of a whole (label, size, tone) drawn as a bar."""

    label: str
    value: str
    detail: str = ""
    tone: Tone = ""
    parts: Sequence[tuple[str, int, Tone]] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with remarks, cards, a chart and tables; `details` are tables that are folded away at first."""

    heading: str
    remarks: Sequence[str] = ()
    figure: Figure | None = None
    tables: Sequence[Table] = ()
    details: Sequence[Table] = ()
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
