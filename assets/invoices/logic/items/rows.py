"""The words of a page as rows of tokens: numbers that are one number, and the words between them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from assets.invoices.logic.numbers import CURRENCIES, Numerals, readings
from resources.document_ai.layout import Box, Page, Word, around

_NUMBER_WORDS = 5
"""Words that a number has at most (`EUR 1 234 567,89 -`)."""
_LETTERS = 5
"""Letters that writing along the margin has at least."""
_CREDITS = frozenset({"cr", "dr"})
_DIGITS = str.maketrans("OoQDlIiSsBZz", "000011155822")
"""Letters that digits are read as."""
_CHARACTER = 1.3
"""Widths of a character that the space between two words has at most, whatever the height of their boxes."""
_INSIDE = 0.6
"""Heights of a line between two words of one number at most."""


@dataclass(frozen=True, slots=True)
class Token:
    """A number with what belongs to it, or a single word.

    Attributes:
        words: What it is made of.
        numbers: What it may be as a number, the likelier first; none for a word.
    """

    words: tuple[Word, ...]
    numbers: tuple[Decimal, ...] = ()

    @property
    def text(self) -> str:
        """What is printed."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """Where."""
        return around(word.box for word in self.words)

    @property
    def percent(self) -> bool:
        """Whether it is a number of per cent."""
        return "%" in self.text


@dataclass(frozen=True, slots=True)
class Row:
    """What stands on one level of a page, left to right."""

    page: int
    tokens: tuple[Token, ...]
    box: Box

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(token.text for token in self.tokens)

    @property
    def numbers(self) -> list[Token]:
        """The tokens that are numbers."""
        return [token for token in self.tokens if token.numbers]


def rows(page: Page, numerals: Numerals) -> list[Row]:
    """The rows of a page, top to bottom."""
    return [Row(page.number, tuple(_tokens(row, numerals)), around(w.box for w in row)) for row in levels(_upright(page))]


def levels(words: Iterable[Word]) -> list[list[Word]]:
    """Words that stand level with each other, each row left to right."""
    found: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.box.middle, w.box.left)):
        if found and abs(median(w.box.middle for w in found[-1]) - word.box.middle) < 0.4 * min(
            found[-1][0].box.height, word.box.height
        ):
            found[-1].append(word)
        else:
            found.append([word])
    return [sorted(row, key=lambda w: w.box.left) for row in found]


def gap(before: Word, after: Word) -> float:
    """The space between two words in heights of their line."""
    return (after.box.left - before.box.right) / max(before.box.height, after.box.height, 1e-6)


def close(before: Word, after: Word, heights: float) -> bool:
    """Whether no more than so many heights of a line, or little more than a character, are between two words."""
    character = max(before.box.width / len(before.text), after.box.width / len(after.text))
    return gap(before, after) <= heights or after.box.left - before.box.right <= _CHARACTER * character


def segments(words: Sequence[Word], wide: float = 1.5) -> list[list[Word]]:
    """Words of a row, parted where a gap is wide."""
    parts: list[list[Word]] = []
    for word in words:
        if parts and gap(parts[-1][-1], word) < wide:
            parts[-1].append(word)
        else:
            parts.append([word])
    return parts


def _upright(page: Page) -> Iterator[Word]:
    """The words of a page without those written upwards along its margin, which come as single letters that lie on their side."""
    words = [word for line in page.lines for word in line.words]
    columns: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        if len(word.text) == 1:
            columns[round(word.box.left)].append(word)
    sideways: set[int] = set()
    for column in columns.values():
        lying = sum(word.box.width > word.box.height for word in column)
        if len(column) >= _LETTERS and lying > len(column) / 2:
            sideways.update(id(word) for word in column)
    return (word for word in words if id(word) not in sideways)


def _tokens(words: Sequence[Word], numerals: Numerals) -> Iterator[Token]:
    start = 0
    while start < len(words):
        size, numbers = _longest(words[start : start + _NUMBER_WORDS], numerals)
        yield Token(tuple(words[start : start + size]), numbers)
        start += size


def _longest(words: Sequence[Word], numerals: Numerals) -> tuple[int, tuple[Decimal, ...]]:
    """How many of the words are one number, and which; one word if they are none."""
    first = words[0].text
    if first.isalpha() and first.upper() not in CURRENCIES and first.casefold() not in _CREDITS:
        return 1, ()
    near = next((i for i in range(1, len(words)) if not close(words[i - 1], words[i], _INSIDE)), len(words))
    for size in range(near, 0, -1):
        text = " ".join(word.text for word in words[:size])
        if any(c.isdigit() for c in text) and (found := readings(text, numerals)) and not _two(words[:size]):
            return size, found
    return 1, _misread(words[0], numerals)


def _misread(word: Word, numerals: Numerals) -> tuple[Decimal, ...]:
    """The number that a recognised word is if some letters in it are digits; none for a text layer, which is never misread."""
    digits = sum(c.isdigit() for c in word.text)
    if word.confidence >= 1.0 or 2 * digits < len(word.text) or not any(c in ".," for c in word.text):
        return ()
    return readings(word.text.translate(_DIGITS), numerals)


def _two(words: Sequence[Word]) -> bool:
    """Whether a per cent sign stands between two numbers, as in `5 % 7`."""
    texts = [word.text for word in words]
    return any("%" in text for text in texts[:-1]) and any(c.isdigit() for c in texts[-1])
