"""Document AI on this machine: the text layer of PDFs, and recognition (RapidOCR) of scans and photographs.

Files may be hostile: they are read in a process of their own, within limits of time and memory.
"""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pydantic import PrivateAttr

from resources.document_ai import kinds, pdf_pages, pictures
from resources.document_ai.interface import DocumentAI, Limits, Unreadable
from resources.document_ai.layout import Analysis, Page
from resources.isolation import IsolatedCalls
from resources.text_recognition import Recognition, engine_version, recognised

REVISION = 2
"""Raised whenever the same libraries would give another analysis of some file."""


def _engine() -> str:
    return f"local@{REVISION}+pypdfium2-{version('pypdfium2')}+{engine_version()}"


@dataclass(frozen=True, slots=True)
class _ToRecognise:
    """Pages of a file that are pictures."""

    pages: int


class LocalDocumentAI(DocumentAI):
    """Needs no account and sends nothing anywhere. One file is read at a time; others wait."""

    _calls: dict[int, IsolatedCalls] = PrivateAttr(default_factory=dict)

    @property
    def engine(self) -> str:
        """Names everything on which a result depends."""
        return _engine()

    def analyse(self, path: Path, key: str, limits: Limits) -> Analysis:
        """What is in the file: a PDF, PNG, JPEG or TIFF."""
        calls = self._calls.setdefault(limits.megabytes, IsolatedCalls(Unreadable, name="the reader", megabytes=limits.megabytes))
        found = calls.call(limits.seconds, analysis_without_recognition, path, key, limits)
        if isinstance(found, Analysis):
            return found
        return calls.call(limits.seconds + found.pages * limits.ocr_seconds, analysis_of, path, key, limits)

    def close(self) -> None:
        """End the process that reads; a later call starts another."""
        for calls in self._calls.values():
            calls.close()


def analysis_of(path: Path, key: str, limits: Limits) -> Analysis:
    """What is in a file, pages that are pictures recognised. Time and memory are up to the process that calls.

    Raises:
        Unreadable: It cannot be used.
    """
    data = _content(path, limits)
    kind = kinds.kind_of(data)
    misnamed = kinds.misnamed(key, kind)
    notes = (misnamed,) if misnamed else ()
    if kind == "PDF":
        read = pdf_pages.read(data, limits, recognised)
        return Analysis(_engine(), read.pages, notes=(*notes, *read.notes))
    pages = tuple(_page(number, recognised(picture)) for number, picture in enumerate(pictures.pages(data, limits), start=1))
    return Analysis(_engine(), pages, notes=notes)


def analysis_without_recognition(path: Path, key: str, limits: Limits) -> Analysis | _ToRecognise:
    """As `analysis_of`, but what needs recognition, which takes seconds a page, is only counted."""
    data = _content(path, limits)
    kind = kinds.kind_of(data)
    if kind != "PDF":
        count = pictures.page_count(data, limits)
        if count > limits.ocr_pages:
            raise Unreadable(f"{count:,} of its pages are pictures; at most {limits.ocr_pages:,} are recognised")
        return _ToRecognise(count)
    misnamed = kinds.misnamed(key, kind)
    try:
        read = pdf_pages.read(data, limits, None)
    except pdf_pages.Pictures as found:
        return _ToRecognise(found.pages)
    return Analysis(_engine(), read.pages, notes=((misnamed,) if misnamed else ()) + read.notes)


def _page(number: int, found: Recognition) -> Page:
    return Page(number, found.width, found.height, found.lines, "ocr", found.turn)


def _content(path: Path, limits: Limits) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(limits.size + 1)
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}") from error
    if len(data) > limits.size:
        raise Unreadable(f"it is larger than {limits.size:,} bytes")
    return data
