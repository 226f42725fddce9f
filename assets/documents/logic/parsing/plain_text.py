"""Plain text: paragraphs between empty lines, and nothing else that one could know."""

import re

from assets.documents.logic.parsing.blocks import Block, Parsed, clean
from assets.documents.logic.parsing.lines import reflowed

_WIDE = 120
"""Characters beyond which no line was broken by hand: each is a paragraph or a record."""
_GAP = re.compile(r"\n{2,}")


def read(text: str) -> Parsed:
    """The paragraphs of a text."""
    return Parsed([Block(paragraph) for paragraph in paragraphs(text)])


def paragraphs(text: str) -> list[str]:
    """Paragraphs, the lines of running text joined."""
    return [_paragraph(part) for part in _GAP.split(clean(text))]


def _paragraph(text: str) -> str:
    lines = text.split("\n")
    return text if len(lines) == 1 or max(map(len, lines)) > _WIDE else reflowed(lines)
