"""From a file to the invoices in it: the e-invoice first, then the configured engine, then extraction; each result is kept."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import TracebackType
from typing import Self

from assets.invoices.logic.reading import Reading, reading_of
from assets.invoices.readings import analyses, extracted
from resources.clock import Clock
from resources.document_ai.einvoices.resource import EInvoices, NoEInvoice
from resources.document_ai.interface import DocumentAI, Limits, Unreadable
from resources.document_ai.layout import Analysis
from resources.isolation import IsolatedCalls
from resources.lake import Lake


class InvoiceReader:
    """Reads one file after the other; what other runs made of the same bytes is taken from them.

    Args:
        engine: Reads pages.
        lake: Keeps results.
        clock: Gives their time.
        limits: What reading a file may cost.
    """

    def __init__(self, engine: DocumentAI, lake: Lake, clock: Clock, limits: Limits) -> None:
        self._engine, self._einvoices, self._limits = engine, EInvoices(), limits
        self._analyses, self._extracted = analyses(lake, clock), extracted(lake, clock)
        self._calls = IsolatedCalls(Unreadable, name="the extraction", megabytes=limits.megabytes)
        self.version = reader_version(engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._calls.close()

    def read(self, path: Path, key: str, content_hash: str) -> tuple[Reading, bool]:
        """The invoices in a file, and whether they were known.

        Args:
            path: The file.
            key: Its name, for messages.
            content_hash: SHA-256 of its bytes.

        Raises:
            Unreadable: It cannot be used; the text is the reason.
        """
        known, damaged = self._extracted.get(content_hash, self.version)
        if known is not None:
            return known, True
        notes = [damaged] if damaged else []
        structured = self._structured(path, key, notes)
        printed = None
        if structured is None or _is_pdf(path):
            try:
                printed = self._printed(path, key, content_hash, notes)
            except Unreadable as unreadable:
                if structured is None:
                    raise Unreadable("; ".join(dict.fromkeys([str(unreadable), *notes]))) from unreadable
                notes.append(f"its pages could not be held against the e-invoice: {unreadable}")
        reading = self._calls.call(self._limits.seconds, reading_of, structured, printed, tuple(notes))
        self._extracted.put(content_hash, self.version, reading)
        return reading, False

    def _structured(self, path: Path, key: str, notes: list[str]) -> Analysis | None:
        try:
            return self._einvoices.analyse(path, key, self._limits)
        except NoEInvoice:
            return None
        except Unreadable as unreadable:
            notes.append(str(unreadable))
            return None

    def _printed(self, path: Path, key: str, content_hash: str, notes: list[str]) -> Analysis:
        known, damaged = self._analyses.get(content_hash, self._engine.engine)
        if known is not None:
            return known
        notes += [damaged] if damaged else []
        analysis = self._engine.analyse(path, key, self._limits)
        self._analyses.put(content_hash, self._engine.engine, analysis)
        return analysis


def reader_version(engine: DocumentAI) -> str:
    """Engines and extraction: it changes whenever another result is to be expected of some file."""
    return f"{EInvoices().engine} {engine.engine} extraction@{extraction_version()}"


@cache
def extraction_version() -> str:
    """A digest of the code that extracts."""
    digest = hashlib.sha256()
    for name, source in _sources(files("assets.invoices.logic"), ""):
        digest.update(f"{name}\0".encode() + source + b"\0")
    return digest.hexdigest()[:12]


def _sources(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir() and item.name not in _NO_EXTRACTION:
            yield from _sources(item, f"{path}{item.name}/")
        elif item.name.endswith((".py", ".json", ".csv", ".yaml")) and item.name not in _NO_EXTRACTION:
            yield f"{path}{item.name}", item.read_bytes()


_NO_EXTRACTION = frozenset({"__pycache__", "payments", "ledger.py", "acceptance.py"})
"""Code beside it that changes nothing about what is extracted."""


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)
