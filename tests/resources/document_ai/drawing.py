"""PDFs and pictures drawn for tests."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from resources.document_ai.layout import Page
from resources.document_ai.text_layer import TextLayer, text_layer


def drawn(draw: Callable[[Canvas], None], size: tuple[float, float] = (595, 842)) -> bytes:
    """A PDF of one page."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=size)
    canvas.setFont("Helvetica", 10)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def layer(data: bytes, prepare: Callable[[object], None] | None = None, *, scanned: bool = False) -> TextLayer:
    """The text layer of the first page."""
    import pypdfium2

    with pypdfium2.PdfDocument(data) as document:
        page = document[0]
        if prepare:
            prepare(page)
        return text_layer(page, 1, scanned=scanned)


def picture(*lines: str, size: tuple[int, int] = (900, 300)) -> Image.Image:
    """Lines of print on white."""
    image = Image.new("L", size, 255)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 50 + 70 * number), line, fill=0, font=ImageFont.load_default(44))
    return image


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """The picture as a file."""
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def texts(page: Page) -> list[str]:
    """The lines of a page."""
    return [line.text for line in page.lines]
