"""Reads files as documents in a process of their own, so that a hostile one costs nothing but itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import Field, PrivateAttr

from assets.documents.logic.document import Document
from assets.documents.logic.parsing import Limits, Scanned, Unreadable, parse_file, parse_unless_scanned
from resources.isolation import IsolatedCalls

_DEFAULT = Limits()


class DocumentReader(dg.ConfigurableResource):
    """Reads documents one after the other; threads that share a reader wait for each other. Close it after use."""

    seconds: float = Field(default=_DEFAULT.seconds, gt=0, description="Time for one document, without recognition.")
    ocr_seconds: float = Field(default=_DEFAULT.ocr_seconds, gt=0, description="Further time for each page that is recognised.")
    ocr_pages: int = Field(default=_DEFAULT.ocr_pages, ge=0, description="Pages of one document that are recognised at most.")
    megabytes: int = Field(default=_DEFAULT.megabytes, gt=0, description="Memory of the reading process, in MB.")
    _calls: IsolatedCalls | None = PrivateAttr(default=None)

    @property
    def limits(self) -> Limits:
        """What one document may cost."""
        return Limits(seconds=self.seconds, ocr_seconds=self.ocr_seconds, ocr_pages=self.ocr_pages, megabytes=self.megabytes)

    def read(self, path: Path, key: str) -> Document:
        """The document in a file.

        Args:
            path: The file.
            key: Its name, for its extension only.

        Raises:
            Unreadable: It cannot be used as a document; the reason is for people. The next file is read as if nothing happened.
        """
        limits = self.limits
        calls = self._calls = self._calls or IsolatedCalls(Unreadable, name="the reader", megabytes=limits.megabytes)
        found = calls.call(limits.seconds, parse_unless_scanned, path, key, limits)
        if isinstance(found, Scanned):
            seconds = limits.seconds + found.pictures * limits.ocr_seconds
            return calls.call(seconds, parse_file, path, key, limits)
        return found

    def close(self) -> None:
        """End the reading process; a later read starts another."""
        if self._calls:
            self._calls.close()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:  # noqa: ARG002  Dagster's signature
        """The reader for one run of a step."""
        try:
            yield self
        finally:
            self.close()
