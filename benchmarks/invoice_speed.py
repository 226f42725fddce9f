"""How long the reading of invoices takes on this machine: text PDFs by the page, scans against the bare OCR engine.

Both are files of its own making. The scan is read alternately by the product (from the file to its invoices, its process, limits
and checks included) and by the engine alone with its own settings, so that whatever else the machine does meets both.
"""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from assets.invoices.logic.extraction import extract
from resources.document_ai.interface import Limits
from resources.document_ai.local import LocalDocumentAI

_PAGES = 20
_ROWS, _SCANNED_ROWS = 45, 12
_DPI = 200
_PAIRS = 3


def measure() -> dict[str, float]:
    """Seconds per page of a text PDF, and the time of a scan as a multiple of the bare engine's; medians of repeats."""
    ai = LocalDocumentAI()
    try:
        with TemporaryDirectory() as folder:
            text, scan = Path(folder, "text.pdf"), Path(folder, "scan.png")
            text.write_bytes(_invoice(_PAGES, _ROWS))
            scan.write_bytes(_scanned(_invoice(1, _SCANNED_ROWS)))
            seconds = [_seconds(ai, text) for _ in range(_PAIRS)]
            ratios = list(_ratios(ai, scan))
    finally:
        ai.close()
    return {"text_pdf_seconds_per_page": median(seconds) / _PAGES, "scan_ratio_vs_engine": median(ratios)}


def _ratios(ai: LocalDocumentAI, scan: Path) -> Iterator[float]:
    """Time of the product by time of the engine, one pair after the other; the first of each, which loads the models, apart."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "error"})
    engine(str(scan))
    _seconds(ai, scan)
    for turn in range(_PAIRS):
        if turn % 2:
            own = _seconds(ai, scan)
            yield own / _engine_seconds(engine, scan)
        else:
            bare = _engine_seconds(engine, scan)
            yield _seconds(ai, scan) / bare


def _seconds(ai: LocalDocumentAI, path: Path) -> float:
    started = time.perf_counter()
    analysis = ai.analyse(path, path.name, Limits(seconds=300, ocr_seconds=300))
    extract(analysis)
    seconds = time.perf_counter() - started
    if not all(page.lines for page in analysis.pages):
        raise RuntimeError(f"nothing was read of {path.name}")
    return seconds


def _engine_seconds(engine: Any, scan: Path) -> float:  # noqa: ANN401  the library has no types
    started = time.perf_counter()
    engine(str(scan))
    return time.perf_counter() - started


def _invoice(pages: int, rows: int) -> bytes:
    """An invoice of so many pages with a table of so many rows on each."""
    from reportlab.pdfgen.canvas import Canvas

    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(595, 842))
    for page in range(pages):
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(50, 790, "Nordlicht Handels GmbH")
        canvas.setFont("Helvetica", 9)
        for row, line in enumerate(
            ("Hafenstrasse 12, 20457 Hamburg", "VAT DE136695976", "Invoice no. 2024-1187", "Date 2024-03-05")
        ):
            canvas.drawString(50, 770 - 12 * row, line)
        for row in range(rows):
            level = 700 - 13 * row
            quantity, cents = 1 + row % 7, 995 + 137 * row + page
            canvas.drawString(50, level, f"{page * rows + row + 1}")
            canvas.drawString(80, level, f"Item {row:03}-{page:02} hexagon bolt, zinc plated")
            canvas.drawRightString(370, level, f"{quantity} pcs")
            canvas.drawRightString(440, level, f"{cents / 100:,.2f}")
            canvas.drawRightString(540, level, f"{quantity * cents / 100:,.2f}")
        canvas.drawString(50, 60, f"Page {page + 1} of {pages}")
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _scanned(pdf: bytes) -> bytes:
    """Its first page as a picture."""
    import pypdfium2

    stream = io.BytesIO()
    with pypdfium2.PdfDocument(pdf) as document:
        document[0].render(scale=_DPI / 72, grayscale=True).to_pil().save(stream, "PNG")
    return stream.getvalue()
