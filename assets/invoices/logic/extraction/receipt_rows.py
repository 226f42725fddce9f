"""A receipt as rows: what is printed at one height, its words and its amounts."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assets.invoices.logic.numbers import Numerals, amount, numerals
from resources.document_ai.layout import Box, Line, Page, Word, around

_LEVEL = 0.5
"""Share of the lower one's height by which two lines overlap if they are of one row."""
_MONEY = re.compile(
    r"(?P<before>[-(]?(?:rm|myr|sgd|usd|eur|gbp|[$€£])?[-:]?)(?P<digits>\d{0,3}(?:[.,']?\d{3})*[.,]\d{2})(?P<after>\)?-?(?:\*|[a-z]{1,3})?)",
    re.IGNORECASE,
)
"""An amount with its currency before it and the code of its tax behind it."""
_LIKE_DIGITS = str.maketrans("OoQlI|", "000111")
"""Letters that recognition takes for digits, and the digits that they are among digits."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money on a receipt."""

    value: Decimal
    word: Word
    exact: bool
    """Whether it was read as it stands, without letters taken for digits."""


@dataclass(frozen=True, slots=True)
class Row:
    """What stands at one height.

    Attributes:
        page: Number of its page.
        lines: Left to right.
        amounts: Left to right.
    """

    page: int
    lines: tuple[Line, ...]
    amounts: tuple[Amount, ...]

    @property
    def text(self) -> str:
        """The whole row."""
        return " ".join(line.text for line in self.lines)

    @property
    def box(self) -> Box:
        """Around the whole row."""
        return around(line.box for line in self.lines)

    @property
    def reading(self) -> float:
        """Confidence of the word that is read worst."""
        return min(line.confidence for line in self.lines)


def rows_of(pages: Iterable[Page]) -> list[Row]:
    """The rows of a receipt, top to bottom."""
    some = list(pages)
    notation = numerals(line.text for page in some for line in page.lines)
    return [row for page in some for row in _rows(page, notation)]


def _rows(page: Page, notation: Numerals) -> Iterator[Row]:
    levels: list[list[Line]] = []
    for line in sorted(page.lines, key=lambda line: line.box.middle):
        if levels and _beside(levels[-1], line):
            levels[-1].append(line)
        else:
            levels.append([line])
    for level in levels:
        level.sort(key=lambda line: line.box.left)
        yield Row(page.number, tuple(level), tuple(_amounts(level, notation)))


def _beside(level: Sequence[Line], line: Line) -> bool:
    """Whether a line is at the height of those of a level and stands where none of them does."""
    box = line.box
    nearest = min((other.box for other in level), key=lambda other: abs(other.middle - box.middle))
    overlap = min(box.bottom, nearest.bottom) - max(box.top, nearest.top)
    free = all(min(box.right, o.box.right) - max(box.left, o.box.left) <= _LEVEL * min(box.height, o.box.height) for o in level)
    return free and overlap > _LEVEL * min(box.height, nearest.height)


def _amounts(lines: Iterable[Line], notation: Numerals) -> Iterator[Amount]:
    for line in lines:
        for word in line.words:
            found = _amount(word.text, notation)
            if found is not None:
                yield Amount(found, word, exact=True)
            elif any(map(str.isdigit, word.text)) and (found := _amount(_as_digits(word.text), notation)) is not None:
                yield Amount(found, word, exact=False)


def _as_digits(text: str) -> str:
    currency = re.match(r"[-(]?(?:RM|MYR|[$€£])", text, re.IGNORECASE)
    start = currency.end() if currency else 0
    return text[:start] + text[start:].translate(_LIKE_DIGITS)


def _amount(text: str, notation: Numerals) -> Decimal | None:
    match = _MONEY.fullmatch(text.strip(":;~"))
    if not match:
        return None
    value = amount(match["digits"], notation)
    negative = match["before"].startswith(("-", "(")) or match["before"].endswith("-") or "-" in match["after"]
    return -value if value is not None and negative else value
