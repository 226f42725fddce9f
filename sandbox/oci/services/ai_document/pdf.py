"""The text layer of PDF files, with its places; pages that are pictures have no words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.oci.store import Body

_LEVEL = 0.5
"""Share of a height by which two runs of text on one line may be apart."""


def pages(content: bytes) -> list[list[list[Body]]]:
    """Words of each line of each page, each with its `text` and `box` (left, top, right, bottom, all from 0 to 1).

    A file that cannot be opened has no pages.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError:
        return []
    try:
        return [_lines(document[number]) for number in range(len(document))]
    finally:
        document.close()


def _lines(page: Any) -> list[list[Body]]:  # noqa: ANN401 - the library has no types
    layer = page.get_textpage()
    try:
        runs = [(layer.get_rect(n), layer.get_text_bounded(*layer.get_rect(n))) for n in range(layer.count_rects())]
    finally:
        layer.close()
    lines: list[list[Body]] = []
    before: tuple[float, float] | None = None
    for (left, bottom, right, top), text in runs:
        level = before is not None and abs((bottom + top) / 2 - sum(before) / 2) < _LEVEL * (top - bottom)
        if not level:
            lines.append([])
        before = (bottom, top)
        lines[-1] += _words(text, (left, bottom, right, top), page.get_size())
    return [line for line in lines if line]


def _words(text: str, place: tuple[float, float, float, float], size: tuple[float, float]) -> Iterator[Body]:
    """Words of a run of text, each as wide as its share of the signs."""
    (left, bottom, right, top), (width, height) = place, size
    sign = (right - left) / max(len(text), 1)
    at = 0
    for word in text.split():
        at = text.index(word, at)
        ends = (left + at * sign) / width, 1 - top / height, (left + (at + len(word)) * sign) / width, 1 - bottom / height
        yield {"text": word, "box": [min(max(end, 0.0), 1.0) for end in ends]}
        at += len(word)
