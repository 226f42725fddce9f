"""Receipts as recognition hands them over, set from rows of text."""

from collections.abc import Sequence

from resources.document_ai.layout import Analysis, Box, Line, Page, Word

_PITCH, _HEIGHT, _WIDTH = 26.0, 24.0, 11.0


def slip(rows: Sequence[str], *, columns: int = 40) -> Page:
    """A receipt. In a row, two spaces or more begin another line, as far to the right; an empty row is a gap."""
    lines = []
    for number, row in enumerate(rows):
        top, place, words = 20 + _PITCH * number, 0, []
        for part in row.split(" "):
            if part:
                left = 20 + _WIDTH * place
                words.append(Word(part, Box(left, top, left + _WIDTH * len(part), top + _HEIGHT), 0.99))
            elif words:
                lines.append(Line(tuple(words)))
                words = []
            place += len(part) + 1
        if words:
            lines.append(Line(tuple(words)))
    return Page(1, 40 + _WIDTH * columns, 60 + _PITCH * len(rows), tuple(lines), "ocr")


def analysed(rows: Sequence[str]) -> Analysis:
    """The analysis of such a receipt."""
    return Analysis("test", (slip(rows),))
