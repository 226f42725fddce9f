"""PDF: the text layer of each page, or what is recognised on its picture; bookmarks are the headings."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from assets.documents.logic.parsing.blocks import Block, Parsed, line
from assets.documents.logic.parsing.limits import Limits, Unreadable
from assets.documents.logic.parsing.lines import Line, compounds, paragraphs, reflowed

if TYPE_CHECKING:
    from PIL.Image import Image

Recognise = Callable[["Image"], list[Line]]
"""Reads the text off a picture."""

_SHARPEST = 2000
"""Pixels of the longer side of a page that is drawn to be recognised."""
_FEW = 20
"""Letters and digits that a scanned page may carry as text, such as its number."""
_PICTURE_SHARE = 0.5
"""Share of a page that a picture covers if the page is a scan."""
_LINE = re.compile(r"[^\s\ufffe][^\r\n\ufffe]*\ufffe?")
"""A line of the text layer; U+FFFE stands for a hyphen at its end and the end itself."""
_MOST_BOOKMARKS = 5000
_NUMBERING = re.compile(r"^(?:(?:chapter|section|article|part|§)\s+)?[\divxlc]*[\d.]*[.):]?\s+", re.IGNORECASE)


class Scanned(Exception):
    """Pages have no text layer, and nothing was given to recognise their text."""

    def __init__(self, pages: int) -> None:
        super().__init__(pages)
        self.pages = pages


class _Bookmark(NamedTuple):
    page: int
    level: int
    title: str


def read(data: bytes, limits: Limits, recognise: Recognise | None) -> Parsed:
    """The text of a PDF.

    Args:
        data: The file.
        limits: What it may cost.
        recognise: Reads pages that are pictures.

    Raises:
        Unreadable: It is encrypted or damaged, or beyond the limits.
        Scanned: Pages are pictures, and `recognise` is None.
    """
    with _opened(data) as pdf:
        pages = len(pdf)
        if pages > limits.pages:
            raise Unreadable(f"it has {pages:,} pages, more than {limits.pages:,}")
        notes: list[str] = []
        texts, pictures = _text_layers(pdf, limits, notes)
        if len(pictures) > limits.ocr_pages:
            raise Unreadable(f"{len(pictures):,} of its pages are pictures; at most {limits.ocr_pages:,} are recognised")
        for number in pictures:
            if recognise is None:
                raise Scanned(len(pictures))
            texts[number] = recognise(_picture(pdf[number], limits))
        if len(texts) < pages and not any(texts.values()):
            raise Unreadable("it is damaged: its pages cannot be opened")
        blocks = _blocks(texts, _bookmarks(pdf))
        return Parsed(blocks, _values(pdf), pages, tuple(number + 1 for number in pictures), notes)


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    import pypdfium2
    from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY):
            raise Unreadable("it is encrypted") from error
        raise Unreadable("it is damaged: it cannot be opened as PDF") from error
    try:
        yield pdf
    finally:
        pdf.close()


def _text_layers(pdf: Any, limits: Limits, notes: list[str]) -> tuple[dict[int, list[Line]], list[int]]:  # noqa: ANN401
    """The lines of every page that can be opened, by its index, and the indices of those that are pictures."""
    import pypdfium2

    texts: dict[int, list[Line]] = {}
    pictures: list[int] = []
    length = 0
    for number in range(len(pdf)):
        try:
            page = pdf[number]
            texts[number] = _lines(page)
        except pypdfium2.PdfiumError:
            notes.append(f"page {number + 1} is damaged and was not read")
            continue
        length += sum(len(line.text) for line in texts[number])
        if length > limits.characters:
            raise Unreadable(f"its text is longer than {limits.characters:,} characters")
        if _is_picture(page, texts[number]):
            pictures.append(number)
        page.close()
    return texts, pictures


def _lines(page: Any) -> list[Line]:  # noqa: ANN401
    """The lines of the text layer, in the order of the file."""
    from pypdfium2.raw import FPDFText_GetCharIndexFromTextIndex

    layer = page.get_textpage()
    height = page.get_height()
    lines = []
    for match in _LINE.finditer(layer.get_text_range()):
        index = FPDFText_GetCharIndexFromTextIndex(layer, match.start())
        _, bottom, _, top = layer.get_charbox(index, loose=True) if index >= 0 else (0, 0, 0, 0)
        lines.append(Line(match[0].rstrip(), height - top, top - bottom))
    layer.close()
    return lines


def _is_picture(page: Any, lines: Sequence[Line]) -> bool:  # noqa: ANN401
    """Whether the words of a page are in its pictures: it shows something, and hardly any of it is text."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    letters = sum(map(str.isalnum, "".join(line.text for line in lines)))
    if letters >= _FEW:
        return False
    if not letters:
        return any(True for _ in page.get_objects(max_depth=2))
    width, height = page.get_size()
    for picture in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) >= _PICTURE_SHARE * width * height:
            return True
    return False


def _picture(page: Any, limits: Limits) -> "Image":  # noqa: ANN401
    """The page as a picture. Raises Unreadable if what it shows is too large to be unpacked."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    for picture in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3):
        width, height = picture.get_px_size()
        if width * height > limits.pixels:
            raise Unreadable(f"it holds a picture of {width * height:,} pixels, more than {limits.pixels:,}")
    scale = _SHARPEST / max(*page.get_size(), 1)
    image: Image = page.render(scale=scale, grayscale=True).to_pil()
    page.close()
    return image


def _bookmarks(pdf: Any) -> list[_Bookmark]:  # noqa: ANN401
    found = []
    for bookmark in islice(pdf.get_toc(max_depth=6), _MOST_BOOKMARKS):
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        title = line(bookmark.get_title())
        if page is not None and title:
            found.append(_Bookmark(page, bookmark.level + 1, title))
    return found


def _blocks(texts: dict[int, list[Line]], bookmarks: Sequence[_Bookmark]) -> list[Block]:
    hyphenated = compounds("\n".join(line.text for lines in texts.values() for line in lines))
    blocks: list[Block] = []
    for number, lines in sorted(texts.items()):
        here = [bookmark for bookmark in bookmarks if bookmark.page == number]
        titles = {_bare(bookmark.title) for bookmark in here}
        parts = [part for paragraph in paragraphs(lines) for part in _split(paragraph, titles)]
        headings = _placed(parts, here)
        for place, part in enumerate([*parts, []]):
            # the words of the heading are a part themselves
            blocks.extend(Block(b.title, b.level, shown=False) for b in headings.get(place, ()))
            blocks.append(Block(reflowed(part, hyphenated, joined=True), page=number + 1))
    return blocks


def _split(paragraph: list[str], titles: set[str]) -> Iterator[list[str]]:
    """The paragraph, cut before and after each line that is a title."""
    if not titles or _bare(" ".join(paragraph)) in titles:
        yield paragraph
        return
    for _, lines in groupby(paragraph, lambda text: text if _bare(text) in titles else None):
        yield list(lines)


def _placed(parts: Sequence[list[str]], bookmarks: Sequence[_Bookmark]) -> dict[int, list[_Bookmark]]:
    """The bookmarks by the part of the page with which they begin.

    One whose title stands nowhere begins with the one before it, and gives way to it.
    """
    names = [_bare(" ".join(part)) for part in parts]
    placed: dict[int, list[_Bookmark]] = {}
    place = 0
    for bookmark in bookmarks:
        try:
            place = names.index(_bare(bookmark.title), place)
        except ValueError:
            placed.setdefault(place, []).insert(0, bookmark)
        else:
            placed.setdefault(place, []).append(bookmark)
    return placed


def _bare(title: str) -> str:
    """What is compared of a title: bookmarks often lack its number, or have one of their own."""
    return _NUMBERING.sub("", " ".join(title.split())).casefold()


def _values(pdf: Any) -> dict[str, object]:  # noqa: ANN401
    said = pdf.get_metadata_dict()
    return {"title": said.get("Title"), "date": said.get("CreationDate"), "tags": said.get("Keywords")}
