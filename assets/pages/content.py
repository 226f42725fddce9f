"""What pages are made of: cards, tables and their cells. The templates give them their form."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Card:
    """A figure that stands out."""

    label: str
    value: str
    tone: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: text, and how it looks. `link` is relative to the page."""

    text: str
    tone: str = ""
    link: str = ""
    number: bool = False
    title: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `empty` is said if there are none."""

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    empty: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what it shows, and what is to be read beside it."""

    caption: str
    svg: Markup
    empty: str = "Nothing was measured in this time."
