"""The text layer of a PDF page: its characters as words in boxes.

What nobody sees is left out and counted: characters beyond the edges of the page, in no visible size, or drawn invisibly – unless
a picture lies behind them, as on a scan with recognised text. Text that runs up or down the page becomes lines of its own; if
most of a page does, the page is turned.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from resources.document_ai.interface import Unreadable
from resources.document_ai.layout import Box, Line, Page, Word, around
from resources.document_ai.letter_spacing import closed_up
from resources.document_ai.lines import lines_of

_WORD_GAP = 0.25
"""Heights of a line between two characters of different words, where the file has no space there."""
_OVERPRINT = 0.1
"""Heights by which the same character is drawn again to look bold."""
_CELL = 4.0
"""Points: side of the squares by which the same characters are sought."""
_SMALLEST = 1.0
"""Points of height below which nobody reads a character."""
_MOST = 200_000
"""Characters of a page."""
_INVISIBLE = 3
_FINE = 1000
"""Steps per point in which places on the page are asked for."""
_LIGATURES = {
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st",
}  # fmt: skip
_HYPHEN = "\x02"
"""What the library says for a hyphen at the end of a line."""
_LEFT_OUT = "\u200b\u200c\u200d\u2060\ufeff"
"""Marks of no width."""


class _Character(NamedTuple):
    text: str
    box: Box
    quarter: int
    """Quarter turns, clockwise, in which it runs: 0 to the right, 1 downwards."""


@dataclass(frozen=True, slots=True)
class TextLayer:
    """What the text layer of a page holds.

    Attributes:
        page: The page.
        hidden: Characters that nobody sees.
        unknown: Characters of which the file does not say what they are, only how they look.
    """

    page: Page
    hidden: int
    unknown: int


def page_of(page: Any, number: int) -> Page:  # noqa: ANN401  the library has no types
    """The words of an open pypdfium2 page."""
    return text_layer(page, number).page


def text_layer(page: Any, number: int, *, scanned: bool = False) -> TextLayer:  # noqa: ANN401
    """The words of an open pypdfium2 page.

    Args:
        page: The page.
        number: From 1.
        scanned: Whether the page is a picture, so that characters drawn invisibly are those on the picture.

    Raises:
        Unreadable: It has too many characters.
    """
    width, height = page.get_size()
    drawn = list(_characters(page, number))
    inside = [c for c, seen in drawn if (seen or scanned) and _on(c.box, width, height)]
    hidden = sum(1 for c, _ in drawn if c.text.strip()) - sum(1 for c in inside if c.text.strip())
    kept = list(_printed_once(c for c in inside if c.text != "\ufffd"))
    turns = Counter(c.quarter for c in kept if c.text.strip())
    quarter = turns.most_common(1)[0][0] if turns else 0
    if quarter:
        kept = [_turned(c, quarter, width, height) for c in kept]
        width, height = (height, width) if quarter % 2 else (width, height)
    level = [closed_up(line) for line in lines_of(_words(c for c in kept if not c.quarter))]
    lines = (*level, *_lines_on_end(kept, width, height))
    unknown = sum(1 for c in inside if c.text == "\ufffd")
    return TextLayer(Page(number, width, height, lines, turn=-90.0 * quarter % 360), hidden, unknown)


def _on(box: Box, width: float, height: float) -> bool:
    across, down = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return 0 <= across <= width and 0 <= down <= height and (box.height >= _SMALLEST or box.width == 0)


def _printed_once(characters: Iterable[_Character]) -> Iterator[_Character]:
    """The characters without those drawn again where they already stand."""
    places: dict[tuple[str, int, int], list[Box]] = {}
    for character in characters:
        text, box, _ = character
        if not text.strip():
            yield character
            continue
        near = _OVERPRINT * max(box.height, _SMALLEST)
        across = {int((box.left - near) // _CELL), int((box.left + near) // _CELL)}
        down = {int((box.top - near) // _CELL), int((box.top + near) // _CELL)}
        drawn = [b for i in across for j in down for b in places.get((text, i, j), ())]
        if any(abs(b.left - box.left) <= near and abs(b.top - box.top) <= near for b in drawn):
            continue
        places.setdefault((text, int(box.left // _CELL), int(box.top // _CELL)), []).append(box)
        yield character


def _turned(character: _Character, quarter: int, width: float, height: float) -> _Character:
    """The character on the page turned back by so many quarters."""
    text, box, own = character
    return _Character(text, _back(box, quarter, width, height), (own - quarter) % 4)


def _back(box: Box, quarter: int, width: float, height: float) -> Box:
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    if quarter == 1:
        return Box(top, width - right, bottom, width - left)
    if quarter == 2:
        return Box(width - right, height - bottom, width - left, height - top)
    return Box(height - bottom, left, height - top, right)


def _lines_on_end(characters: Sequence[_Character], width: float, height: float) -> Iterator[Line]:
    """Lines that run in another direction than most: read as if the page were turned, their boxes where they are."""
    for quarter in (1, 2, 3):
        some = [_turned(c, quarter, width, height) for c in characters if c.quarter == quarter]
        sides = (height, width) if quarter % 2 else (width, height)
        for line in lines_of(_words(some)):
            yield Line(tuple(Word(word.text, _back(word.box, 4 - quarter, *sides)) for word in closed_up(line).words))


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
    return Word("".join(c.text for c in part), around(c.box for c in part))


def _apart(before: Box, after: Box) -> bool:
    height = max(before.height, after.height, 1.0)
    level = abs(before.middle - after.middle) < 0.5 * height
    return not level or after.left - before.right > _WORD_GAP * height or after.left < before.left - height


def _characters(page: Any, number: int) -> Iterator[tuple[_Character, bool]]:  # noqa: ANN401
    """Characters in the order of the file, each with whether it is drawn; white space separates words."""
    from pypdfium2.raw import (
        FPDFText_GetCharAngle,
        FPDFText_GetTextObject,
        FPDFText_IsGenerated,
        FPDFTextObj_GetTextRenderMode,
    )

    layer = page.get_textpage()
    try:
        count = layer.count_chars()
        if count > _MOST:
            raise Unreadable(f"page {number} has {count:,} characters, more than {_MOST:,}")
        shown = _Shown(page)
        for index, text in _texts(layer, count):
            box = shown.box(*layer.get_charbox(index, loose=True))
            quarter = (round(FPDFText_GetCharAngle(layer, index) / (math.pi / 2)) + shown.quarter) % 4
            seen = FPDFText_IsGenerated(layer, index) == 1 or (
                FPDFTextObj_GetTextRenderMode(FPDFText_GetTextObject(layer, index)) != _INVISIBLE
            )
            yield _Character(text, box, quarter), seen
    finally:
        layer.close()


def _texts(layer: Any, count: int) -> Iterator[tuple[int, str]]:  # noqa: ANN401
    """The text of every character by its index; halves of characters beyond the first plane put together."""
    from pypdfium2.raw import FPDFText_GetUnicode

    high = 0
    for index in range(count):
        code = FPDFText_GetUnicode(layer, index)
        if 0x20 < code < 0x7F:
            yield index, chr(code)
        elif 0xD800 <= code < 0xDC00:
            high = code
        elif high and 0xDC00 <= code < 0xE000:
            yield index, chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00)
            high = 0
        else:
            yield from ((index, text) for text in _text(code))


def _text(code: int) -> Iterator[str]:
    """The character; nothing for marks of no width, U+FFFD for one that the file does not name."""
    text = chr(code)
    if text in (_HYPHEN, "\xad", "\ufffe"):
        yield "-"
    elif code == 0 or 0xE000 <= code < 0xF900 or code in (0xFFFD, 0xFFFF) or 0xD800 <= code < 0xE000:
        yield "\ufffd"
    elif text in _LEFT_OUT:
        return
    elif text < " " or text == "\x7f":
        yield " "
    else:
        yield _LIGATURES.get(text, text)


class _Shown:
    """Where places in the page's own space are on the page as it is shown: cropped, and turned as the file says."""

    def __init__(self, page: Any) -> None:  # noqa: ANN401
        width, height = page.get_size()
        (self._x0, self._y0), (x1, y1), (x2, y2) = (
            self._place(page, width, height, *point) for point in ((0, 0), (1000, 0), (0, 1000))
        )
        self._xx, self._xy = (x1 - self._x0) / 1000, (x2 - self._x0) / 1000
        self._yx, self._yy = (y1 - self._y0) / 1000, (y2 - self._y0) / 1000
        self.quarter = round(math.atan2(self._yx, self._xx) / (math.pi / 2)) % 4

    @staticmethod
    def _place(page: Any, width: float, height: float, x: float, y: float) -> tuple[float, float]:  # noqa: ANN401
        import ctypes

        from pypdfium2.raw import FPDF_PageToDevice

        across, down = ctypes.c_int(), ctypes.c_int()
        FPDF_PageToDevice(page, 0, 0, round(width * _FINE), round(height * _FINE), 0, x, y, across, down)
        return across.value / _FINE, down.value / _FINE

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        if not self.quarter:
            return Box(
                self._x0 + self._xx * left, self._y0 + self._yy * top, self._x0 + self._xx * right, self._y0 + self._yy * bottom
            )
        xs = [self._x0 + self._xx * x + self._xy * y for x, y in ((left, bottom), (right, top))]
        ys = [self._y0 + self._yx * x + self._yy * y for x, y in ((left, bottom), (right, top))]
        return Box(min(xs), min(ys), max(xs), max(ys))
