"""Pages of files as pictures for people, turned as they were read, so that boxes lie where their words are."""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from resources.document_ai import kinds, pictures
from resources.document_ai.interface import Limits, Unreadable
from resources.document_ai.pdf_files import opened
from resources.isolation import IsolatedCalls

if TYPE_CHECKING:
    from PIL.Image import Image

_LONGEST = 1_600
"""Pixels of the longer side of a picture that is shown."""


class PageImages:
    """Draws pages in a process of their own, which may crash."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._calls = IsolatedCalls(Unreadable, name="what draws pages", megabytes=limits.megabytes)

    def png(self, path: Path, number: int, turn: float = 0.0) -> bytes:
        """A page as PNG.

        Args:
            path: The file.
            number: Of the page, from 1.
            turn: Degrees, clockwise, by which it was turned to be read.

        Raises:
            Unreadable: It cannot be drawn, or there is no such page; the text is the reason.
        """
        return base64.b64decode(self._calls.call(self._limits.seconds, drawn, str(path), number, turn, self._limits))

    def close(self) -> None:
        """End the process."""
        self._calls.close()


def drawn(path: str, number: int, turn: float, limits: Limits) -> str:
    """A page as PNG in base 64; see `PageImages.png`."""
    data = Path(path).read_bytes()
    page = _of_pdf(data, number) if kinds.kind_of(data) == "PDF" else _of_picture(data, number, limits)
    page = _turned(page.convert("RGB" if page.mode != "L" else "L"), turn)
    page.thumbnail((_LONGEST, _LONGEST))
    target = io.BytesIO()
    page.save(target, "PNG", compress_level=3)
    return base64.b64encode(target.getvalue()).decode()


def _of_pdf(data: bytes, number: int) -> "Image":
    with opened(data) as pdf:
        if not 1 <= number <= len(pdf):
            raise Unreadable(f"it has no page {number}")
        page = pdf[number - 1]
        scale = _LONGEST / max(*page.get_size(), 1.0)
        picture: Image = page.render(scale=scale, may_draw_forms=False).to_pil()
        return picture


def _of_picture(data: bytes, number: int, limits: Limits) -> "Image":
    for place, picture in enumerate(pictures.pages(data, limits), start=1):
        if place == number:
            return picture
    raise Unreadable(f"it has no page {number}")


def _turned(page: "Image", turn: float) -> "Image":
    from PIL import Image

    quarters = round(turn / 90)
    slope = turn - 90 * quarters
    upright = page.rotate(-90 * quarters, expand=True) if quarters % 4 else page
    return upright.rotate(-slope, Image.Resampling.BICUBIC, fillcolor="white") if slope else upright
