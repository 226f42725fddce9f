"""Reads files as documents in a process that may crash, within limits of time and memory."""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from assets.documents.logic.document import Document
from assets.documents.logic.parsing import Limits, Scanned, Unreadable, parse_file, parse_unless_scanned
from assets.documents.logic.parsing.lines import Line
from resources.isolation import IsolatedCalls
from resources.text_recognition import recognised

if TYPE_CHECKING:
    from PIL.Image import Image


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
        return self._calls.call(seconds, _recognised, path, key, limits)


def _recognised(path: Path, key: str, limits: Limits) -> Document:
    return parse_file(path, key, limits, lines_of)


def lines_of(picture: "Image") -> list[Line]:
    """The lines of a picture from top to bottom, what stands beside each other on one line."""
    lines: list[Line] = []
    for found in recognised(picture).lines:
        box = found.box
        last = lines[-1] if lines else None
        if last and abs(box.top - last.top) < min(box.height, last.height) / 2:
            lines[-1] = Line(f"{last.text} {found.text}", last.top, last.height)
        else:
            lines.append(Line(found.text, box.top, box.height))
    return lines
