"""Reads files as documents in a process that may crash, within limits of time and memory."""

from pathlib import Path
from types import TracebackType
from typing import Self

from assets.documents.logic.document import Document
from assets.documents.logic.parsing import Limits, Scanned, Unreadable, parse_file, parse_unless_scanned
from resources.isolation import IsolatedCalls


class Reader:
    """Reads one file after the other; a file that kills the reader is unreadable, and the next one gets a fresh reader."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._calls = IsolatedCalls(Unreadable, name="the reader", megabytes=limits.megabytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._calls.close()

    def read(self, path: Path, key: str) -> Document:
        """The document in a file.

        Raises:
            Unreadable: It cannot be used; the text is the reason.
        """
        limits = self._limits
        found = self._calls.call(limits.seconds, parse_unless_scanned, path, key, limits)
        if not isinstance(found, Scanned):
            return found
        seconds = limits.seconds + found.pictures * limits.ocr_seconds
        return self._calls.call(seconds, parse_file, path, key, limits)
