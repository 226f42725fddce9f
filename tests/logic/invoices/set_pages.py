"""Pages as tests write them: words set at given places in a font of even width."""

from collections.abc import Sequence

from resources.document_ai.layout import Box, Page, Word
from resources.document_ai.lines import lines_of

SIZE = 10.0
WIDTH = 5.0
"""Of one character."""


def words(left: float, top: float, text: str, *, right: bool = False) -> list[Word]:
    """Words from `left` on; with `right`, up to it."""
    at = left - WIDTH * len(text) if right else left
    found: list[Word] = []
    for part in text.split(" "):
        if part:
            found.append(Word(part, Box(at, top, at + WIDTH * len(part), top + SIZE)))
        at += WIDTH * (len(part) + 1)
    return found


_PITCH = 18.0
"""From one row of a table to the next."""
Setting = tuple[float, str, bool]
"""Place of a column, its head, and whether it is set to the right."""


def page(number: int, content: Sequence[Word]) -> Page:
    """A page of A4 with these words."""
    return Page(number, 595.0, 842.0, tuple(lines_of(content)))


def table(settings: Sequence[Setting], rows: Sequence[Sequence[str]], top: float) -> tuple[list[Word], float]:
    """A table with its head; lines of a cell stand one below the other. Where it ends, too."""
    found = [word for left, head, right in settings for word in words(left, top, head, right=right)]
    top += _PITCH
    for row in rows:
        deepest = 1
        for (left, _, right), cell in zip(settings, row, strict=True):
            for i, line in enumerate(cell.split("\n")):
                found += words(left, top + i * 12.0, line, right=right)
                deepest = max(deepest, i + 1)
        top += _PITCH + (deepest - 1) * 12.0
    return found, top
