"""Opens PDFs with PDFium and says in words why one cannot be opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from resources.document_ai.interface import Unreadable


@contextmanager
def opened(data: bytes) -> Iterator[Any]:
    """The pypdfium2 document in `data`.

    Raises:
        Unreadable: It is encrypted or damaged.
    """
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
