"""The characters of a PDF page as the file draws them: what each is, where it stands on the page as shown, how it runs."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from resources.document_ai.interface import Unreadable

UNKNOWN = "\ufffd"
"""Stands for a character of which the file does not say what it is, only how it looks."""
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


class Character(NamedTuple):
    """A character with its box, in points from the upper left corner of the page as it is shown.

    Attributes:
        text: What it is; white space for what separates words, `UNKNOWN` if the file does not say.
        left: Left edge of its box.
        top: Upper edge.
        right: Right edge.
        bottom: Lower edge.
        quarter: Quarter turns, clockwise, in which it runs: 0 to the right, 1 downwards.
        drawn: Whether it is drawn at all.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    quarter: int
    drawn: bool

    @property
    def blank(self) -> bool:
        """Whether it is white space."""
        return not self.text.strip()


def characters(page: Any, number: int) -> Iterator[Character]:  # noqa: ANN401  the library has no types
    """The characters of an open pypdfium2 page, in the order of the file.

    Raises:
        Unreadable: There are too many.
    """
    from pypdfium2.raw import (
        FS_RECTF,
        FPDFText_GetCharAngle,
        FPDFText_GetLooseCharBox,
        FPDFText_GetTextObject,
        FPDFText_IsGenerated,
        FPDFTextObj_GetTextRenderMode,
    )

    layer = page.get_textpage()
    try:
        count = layer.count_chars()
        if count > _MOST:
            raise Unreadable(f"page {number} has {count:,} characters, more than {_MOST:,}")
        shown, box, raw = _Shown(page), FS_RECTF(), layer.raw
        for index, text in _texts(raw, count):
            FPDFText_GetLooseCharBox(raw, index, box)
            quarter = (round(FPDFText_GetCharAngle(raw, index) / (math.pi / 2)) + shown.quarter) % 4
            drawn = FPDFText_IsGenerated(raw, index) == 1 or (
                FPDFTextObj_GetTextRenderMode(FPDFText_GetTextObject(raw, index)) != _INVISIBLE
            )
            yield Character(text, *shown.sides(box.left, box.bottom, box.right, box.top), quarter, drawn)
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
        yield UNKNOWN
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

    def sides(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Left, upper, right and lower edge of a box."""
        if not self.quarter:
            x0, y0, across, down = self._x0, self._y0, self._xx, self._yy
            return x0 + across * left, y0 + down * top, x0 + across * right, y0 + down * bottom
        xs = [self._x0 + self._xx * x + self._xy * y for x, y in ((left, bottom), (right, top))]
        ys = [self._y0 + self._yx * x + self._yy * y for x, y in ((left, bottom), (right, top))]
        return min(xs), min(ys), max(xs), max(ys)
