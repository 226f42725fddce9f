"""The text layer of a PDF page: its characters as words in boxes."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from resources.document_ai.layout import Box, Line, Page, Word, around

_WIDE_GAP = 1.5
"""Heights of a line that a gap between two words has at least if they do not belong together."""
_WORD_GAP = 0.25
"""Heights of a line between two characters of different words, where the file has no space there."""


class _Character(NamedTuple):
    text: str
    box: Box


def page_of(page: Any, number: int) -> Page:  # noqa: ANN401  the library has no types
    """The words of an open pypdfium2 page."""
    width, height = page.get_size()
    words = list(_words(_characters(page)))
    return Page(number, width, height, tuple(lines_of(words)))


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


def _words(characters: Iterable[_Character]) -> Iterator[Word]:
    part: list[_Character] = []
    for character in characters:
        if part and (not character.text.strip() or _apart(part[-1].box, character.box)):
            yield _word(part)
            part = []
        if character.text.strip():
            part.append(character)
    if part:
        yield _word(part)


def _word(part: list[_Character]) -> Word:
    text = "".join(c.text for c in part)
    if not text.isascii():  # a character beyond the first plane comes as two halves
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return Word(text, around(c.box for c in part))


def _apart(before: Box, after: Box) -> bool:
    height = max(before.height, after.height, 1.0)
    level = abs(before.middle - after.middle) < 0.5 * height
    return not level or after.left - before.right > _WORD_GAP * height or after.left < before.left - height


def _characters(page: Any) -> Iterator[_Character]:  # noqa: ANN401
    """Characters in the order of the file; white space separates words."""
    layer = page.get_textpage()
    height = page.get_height()
    try:
        for index in range(layer.count_chars()):
            left, bottom, right, top = layer.get_charbox(index, loose=True)
            yield _Character(_unicode(layer, index), Box(left, height - top, right, height - bottom))
    finally:
        layer.close()


def _unicode(layer: Any, index: int) -> str:  # noqa: ANN401
    from pypdfium2.raw import FPDFText_GetUnicode

    code = FPDFText_GetUnicode(layer, index)
    return chr(code) if code not in (0, 0xFFFE, 0xFFFF) else " "
