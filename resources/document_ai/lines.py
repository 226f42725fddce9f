"""Words grouped into lines."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from statistics import median

from resources.document_ai.layout import Line, Word, around

_WIDE_GAP = 1.5
"""Heights of a line that a gap between two words has at least if they do not belong together."""


def lines_of(words: Iterable[Word]) -> list[Line]:
    """Words grouped into lines, top to bottom and left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.box.middle, w.box.left)):
        row = rows[-1] if rows else None
        if row is not None and _level(row, word):
            row.append(word)
        else:
            rows.append([word])
    return [line for row in rows for line in _split(sorted(row, key=lambda w: w.box.left))]


def _level(row: list[Word], word: Word) -> bool:
    box = around(w.box for w in row[-3:])
    return abs(box.middle - word.box.middle) < 0.5 * min(box.height, word.box.height)


def _split(row: list[Word]) -> Iterator[Line]:
    height = median(word.box.height for word in row)
    part = [row[0]]
    for before, word in pairwise(row):
        if word.box.left - before.box.right > _WIDE_GAP * height:
            yield Line(tuple(part))
            part = []
        part.append(word)
    yield Line(tuple(part))
