"""The interface of document AI: a file goes in, an analysis comes out. Variants lie beside it and in `resources.oci`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from resources.document_ai.layout import Analysis


class Unreadable(Exception):
    """A file that cannot be used as a document; the text is the reason (`it is encrypted`)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost. A file beyond them is unreadable, never cut short.

    Attributes:
        size: Bytes of the file.
        pages: Pages of a file.
        pixels: Pixels of one picture.
        seconds: Time for what needs no recognition.
        ocr_seconds: Further time for each page that is a picture.
        ocr_pages: Pages that are recognised at most.
        megabytes: Address space of the process that reads.
    """

    size: int = 50_000_000
    pages: int = 200
    pixels: int = 60_000_000
    seconds: float = 30.0
    ocr_seconds: float = 30.0
    ocr_pages: int = 50
    megabytes: int = 6_000


class DocumentAI(dg.ConfigurableResource[Any], ABC):
    """Reads documents. Methods raise only `Unreadable` and the errors of `resources.errors`."""

    @property
    @abstractmethod
    def engine(self) -> str:
        """`name@version`, part of every cached result's key: it changes whenever the result for some file may."""

    @abstractmethod
    def analyse(self, path: Path, key: str, limits: Limits) -> Analysis:
        """What is in the file.

        Args:
            path: The file.
            key: Its name, for messages and its extension only: what a file is, its content says.
            limits: What reading may cost.

        Raises:
            Unreadable: It cannot be used; the text is the reason.
        """
