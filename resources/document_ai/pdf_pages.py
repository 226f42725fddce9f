"""The pages of a PDF: those with a text layer are read, those that are pictures are drawn to be recognised."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from resources.document_ai.interface import Limits, Unreadable
from resources.document_ai.layout import Box, Line, Page
from resources.document_ai.pdf_files import opened
from resources.document_ai.text_layer import TextLayer, text_layer

if TYPE_CHECKING:
    from PIL.Image import Image

    from resources.text_recognition import Recognition

Recognise = Callable[["Image"], "Recognition"]
"""Reads the text off a picture."""

_STAMPED = 150
"""Letters and digits that may be stamped on a scan that covers the page."""
_PICTURE_SHARE = 0.5
"""Share of a page that a picture covers if the page is a scan."""
_NAMED = 0.7
"""Share of its characters that the file must name for its text layer to be worth anything."""
_SHARPEST = 2800
"""Pixels of the longer side of a page that is drawn at most."""
_POINTS_MOST = 20_000
"""Points of a page's longer side: PDF itself ends at 14,400."""


class Pictures(Exception):
    """Pages must be recognised, and nothing was given to do so."""

    def __init__(self, pages: int) -> None:
        super().__init__(pages)
        self.pages = pages


@dataclass(frozen=True, slots=True)
class PdfPages:
    """The pages that could be read, and what to say about the others."""

    pages: tuple[Page, ...]
    notes: tuple[str, ...]


def read(data: bytes, limits: Limits, recognise: Recognise | None) -> PdfPages:
    """The pages of a PDF.

    Args:
        data: The file.
        limits: What it may cost.
        recognise: Reads pages that are pictures.

    Raises:
        Unreadable: It is encrypted, damaged or beyond the limits.
        Pictures: Pages are pictures, and `recognise` is None.
    """
    with opened(data) as pdf:
        count = len(pdf)
        if count > limits.pages:
            raise Unreadable(f"it has {count:,} pages, more than {limits.pages:,}")
        notes: list[str] = []
        layers = {number: layer for number in range(count) if (layer := _layer(pdf, number, notes)) is not None}
        if not layers:
            raise Unreadable("it is damaged: its pages cannot be opened" if count else "it has no pages")
        pictures = [number for number, layer in layers.items() if layer is _PICTURE]
        if len(pictures) > limits.ocr_pages:
            raise Unreadable(f"{len(pictures):,} of its pages are pictures; at most {limits.ocr_pages:,} are recognised")
        if pictures and recognise is None:
            raise Pictures(len(pictures))
        pages = tuple(
            layer.page if layer is not _PICTURE or recognise is None else _recognised(pdf[number], number + 1, limits, recognise)
            for number, layer in layers.items()
        )
    return PdfPages(pages, tuple(notes))


_PICTURE = TextLayer(Page(0, 0, 0, ()), 0, 0)
"""Stands for a page that must be recognised."""


def _layer(pdf: Any, number: int, notes: list[str]) -> TextLayer | None:  # noqa: ANN401  the library has no types
    """The text layer of a page, or `_PICTURE`; None if it cannot be opened."""
    import pypdfium2

    try:
        page = _flat(pdf, number)
        scan = _is_covered(page)
        layer = text_layer(page, number + 1, scanned=scan)
        picture = _is_picture(page, layer, scan=scan)
        page.close()
    except pypdfium2.PdfiumError:
        notes.append(f"page {number + 1} is damaged and was not read")
        return None
    if picture:
        return _PICTURE
    if layer.hidden:
        notes.append(f"page {number + 1} holds {layer.hidden:,} characters that nobody sees; they were left out")
    if layer.unknown:
        notes.append(f"page {number + 1} holds {layer.unknown:,} characters of which the file does not say what they are")
    return layer


def _flat(pdf: Any, number: int) -> Any:  # noqa: ANN401
    """The page, what was filled into its form made part of it."""
    from pypdfium2.raw import (
        FLAT_NORMALDISPLAY,
        FLATTEN_SUCCESS,
        FPDF_ANNOT_WIDGET,
        FPDFAnnot_GetSubtype,
        FPDFPage_CloseAnnot,
        FPDFPage_Flatten,
        FPDFPage_GetAnnot,
        FPDFPage_GetAnnotCount,
    )

    page = pdf[number]
    for index in range(min(FPDFPage_GetAnnotCount(page), 1000)):
        annotation = FPDFPage_GetAnnot(page, index)
        kind = FPDFAnnot_GetSubtype(annotation)
        FPDFPage_CloseAnnot(annotation)
        if kind == FPDF_ANNOT_WIDGET:
            if FPDFPage_Flatten(page, FLAT_NORMALDISPLAY) == FLATTEN_SUCCESS:
                page.close()
                page = pdf[number]
            break
    return page


def _is_covered(page: Any) -> bool:  # noqa: ANN401
    """Whether pictures cover so much of the page that it may be a scan."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    width, height = page.get_size()
    shown = page.get_bbox()
    pictures = page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3)
    return bool(sum(_shown_area(picture, shown) for picture in pictures) >= _PICTURE_SHARE * width * height)


def _shown_area(picture: Any, shown: tuple[float, float, float, float]) -> float:  # noqa: ANN401
    """What a picture covers of the shown part of its page."""
    sides = picture.get_bounds()
    form = picture.container
    while form is not None:  # within a form, places are those of the form
        sides = form.get_matrix().on_rect(*sides)
        form = form.container
    left, bottom = max(sides[0], shown[0]), max(sides[1], shown[1])
    right, top = min(sides[2], shown[2]), min(sides[3], shown[3])
    return float(max(right - left, 0) * max(top - bottom, 0))


def _is_picture(page: Any, layer: TextLayer, *, scan: bool) -> bool:  # noqa: ANN401
    """Whether the words of a page are in its pictures or only drawn: it shows something, and hardly any of it is text."""
    letters = sum(map(str.isalnum, layer.page.text))
    if layer.unknown > (1 - _NAMED) * (letters + layer.unknown):
        return True
    if scan:
        return letters < _STAMPED
    return not letters and any(True for _ in page.get_objects(max_depth=2))


def _recognised(page: Any, number: int, limits: Limits, recognise: Recognise) -> Page:  # noqa: ANN401
    """The page, recognised; places in points."""
    width, height = page.get_size()
    if max(width, height) > _POINTS_MOST:
        raise Unreadable(f"page {number} is {max(width, height):,.0f} points long, more than {_POINTS_MOST:,}")
    picture = drawn(page, limits)
    found = recognise(picture)
    page.close()
    scale = max(width, height) / max(picture.size)
    lines = tuple(_scaled(line, scale) for line in found.lines)
    return Page(number, found.width * scale, found.height * scale, lines, "ocr", found.turn)


def drawn(page: Any, limits: Limits) -> "Image":  # noqa: ANN401
    """The page as a picture, as sharp as the pictures on it.

    Raises:
        Unreadable: What it shows is too large to be unpacked.
    """
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    from resources.text_recognition import LONGEST_SIDE

    sharpest = 0
    for picture in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3):
        width, height = picture.get_px_size()
        if width * height > limits.pixels:
            raise Unreadable(f"it holds a picture of {width * height:,} pixels, more than {limits.pixels:,}")
        sharpest = max(sharpest, width, height)
    longest = min(max(sharpest, LONGEST_SIDE), _SHARPEST)
    sides = sorted(page.get_size())
    scale = longest / max(sides[1], 1)
    if scale * sides[0] < 1:
        raise Unreadable("it has a page without any width")
    image: Image = page.render(scale=scale, grayscale=True).to_pil()
    return image


def _scaled(line: Line, scale: float) -> Line:
    return Line(tuple(replace(word, box=_box(word.box, scale)) for word in line.words))


def _box(box: Box, scale: float) -> Box:
    return Box(box.left * scale, box.top * scale, box.right * scale, box.bottom * scale)
