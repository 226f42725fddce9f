"""Files embedded in a PDF, such as the XML of an e-invoice. PDFs may be hostile: call it in a process of its own."""

from dataclasses import dataclass
from typing import Any

from resources.document_ai.interface import Unreadable
from resources.document_ai.pdf_files import opened

_MOST = 1000
"""Embedded files that a PDF may have."""


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file within a file.

    Attributes:
        name: As the PDF gives it; it may be anything.
        content: Its bytes; None if they cannot be had.
        problem: Why there is no content, in words.
    """

    name: str
    content: bytes | None
    problem: str | None = None


def embedded_files(data: bytes, *, largest: int) -> list[EmbeddedFile]:
    """The files embedded in a PDF, in the order of its name tree; none if it has none.

    Args:
        data: The PDF.
        largest: Bytes of one embedded file, unpacked; a larger one has no content.

    Raises:
        Unreadable: The PDF is encrypted or damaged, or holds more than a thousand files.
    """
    with opened(data) as pdf:
        number = pdf.count_attachments()
        if number > _MOST:
            raise Unreadable(f"it holds {number:,} embedded files, more than {_MOST:,}")
        return [_embedded(pdf, index, largest) for index in range(number)]


def _embedded(pdf: Any, index: int, largest: int) -> EmbeddedFile:  # noqa: ANN401  the library has no types
    import ctypes

    from pypdfium2 import PdfiumError
    from pypdfium2.raw import FPDFAttachment_GetFile

    try:
        attachment = pdf.get_attachment(index)
        name = str(attachment.get_name())
    except PdfiumError:
        return EmbeddedFile(f"file {index + 1}", None, "it is damaged")
    length = ctypes.c_ulong(0)
    if not FPDFAttachment_GetFile(attachment, None, 0, length):
        return EmbeddedFile(name, None, "it is damaged")
    if length.value > largest:
        return EmbeddedFile(name, None, f"it has {length.value:,} bytes, more than {largest:,}")
    try:
        return EmbeddedFile(name, bytes(attachment.get_data()))
    except PdfiumError:
        return EmbeddedFile(name, None, "it is damaged")
