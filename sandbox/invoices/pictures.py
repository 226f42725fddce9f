"""Invoices as pictures: scanned pages, photographed receipts, stains. The same input gives the same bytes."""

import io
from collections.abc import Sequence
from typing import Any

from sandbox.invoices.wording import WORDINGS, day, money, number
from sandbox.invoices.written import Written

_DPI = 150


def page_picture(pdf: bytes, *, dpi: int = _DPI) -> Any:  # noqa: ANN401  a picture of Pillow
    """The first page of a PDF file, in grey."""
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0].render(scale=dpi / 72, grayscale=True).to_pil()
        return page.convert("L")


def scanned(picture: Any, *, skew: float = 0.0, noise: float = 6.0, seed: int = 1) -> Any:  # noqa: ANN401
    """The picture as a scanner sees it: not quite white, not quite straight (`skew` in degrees), with grain."""
    import numpy as np
    from PIL import Image

    turned = picture.rotate(skew, Image.Resampling.BICUBIC, expand=True, fillcolor=244)
    pixels = np.asarray(turned, dtype=np.float32) * 0.94 + 12
    pixels += np.random.default_rng(seed).normal(0.0, noise, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def as_file(picture: Any, kind: str) -> bytes:  # noqa: ANN401
    """The picture as a file: `png`, `jpeg`, `tiff` or `pdf` (a page that is nothing but the picture)."""
    target = io.BytesIO()
    match kind:
        case "png":
            picture.save(target, "PNG", compress_level=6, dpi=(_DPI, _DPI))
        case "jpeg":
            picture.save(target, "JPEG", quality=82, dpi=(_DPI, _DPI))
        case "tiff":
            picture.save(target, "TIFF", compression="tiff_lzw", dpi=(_DPI, _DPI))
        case _:
            return _pdf_of(picture)
    return target.getvalue()


def _pdf_of(picture: Any) -> bytes:  # noqa: ANN401
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    width, height = (72 * pixels / _DPI for pixels in picture.size)
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(width, height), invariant=1)
    canvas.drawImage(ImageReader(io.BytesIO(as_file(picture, "jpeg"))), 0, 0, width, height)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def stained(picture: Any, boxes: Sequence[tuple[float, float, float, float]], *, ink: int) -> Any:  # noqa: ANN401
    """The picture with spots, each `(left, top, right, bottom)` in points of the page; `ink` is their brightness, 0 to 255."""
    from PIL import ImageDraw

    spotted = picture.copy()
    draw = ImageDraw.Draw(spotted)
    for box in boxes:
        draw.ellipse([edge * _DPI / 72 for edge in box], fill=ink)
    return spotted


def receipt(written: Written) -> Any:  # noqa: ANN401
    """A till's receipt, printed narrow."""
    from importlib.resources import files

    from PIL import Image, ImageDraw, ImageFont

    words, language = WORDINGS[written.language], written.language
    seller = written.seller
    middle = [seller.name, seller.street, seller.place, seller.phone or "", ""]
    rows = [(words.number, written.number), (words.issued, day(written.issued, language)), ("", "")]
    rows += [(f"{number(p.quantity, language)} x {p.text}", number(p.total, language)) for p in written.positions]
    rows += [("", "")]
    rows += [(f"{words.tax} {rate.normalize():f} %", number(tax, language)) for rate, _, tax in written.taxes]
    width, step = 620, 40
    page = Image.new("L", (width, 120 + step * (len(middle) + len(rows) + 5)), 246)
    draw = ImageDraw.Draw(page)
    font = str(files("reportlab") / "fonts" / "Vera.ttf")
    usual, large = ImageFont.truetype(font, 24), ImageFont.truetype(font, 32)
    top = 50
    for line in middle:
        draw.text((width / 2, top), line, fill=30, font=large if line == seller.name else usual, anchor="mt")
        top += step
    for label, value in rows:
        draw.text((40, top), label, fill=30, font=usual)
        draw.text((width - 40, top), value, fill=30, font=usual, anchor="rt")
        top += step
    draw.text((40, top), words.total.upper(), fill=20, font=large)
    draw.text((width - 40, top), money(written.total, written.currency, language), fill=20, font=large, anchor="rt")
    return page
