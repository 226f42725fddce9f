"""What reading one document may cost, and the exception that says why a file was not read."""

from dataclasses import dataclass


class Unreadable(Exception):
    """The file cannot be used as a document, and reading it again changes nothing. Its text is the reason, for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one document; a file beyond any of them is unreadable.

    Attributes:
        size: Bytes of the file.
        pages: Pages of a PDF.
        characters: Characters of the text.
        seconds: Time for reading, without recognition.
        unpacked: Bytes of all parts of a DOCX, unpacked.
        ratio: Unpacked bytes per packed byte of a DOCX.
        ocr_pages: Pages whose text is recognised from pictures.
        ocr_seconds: Further time for each of those.
        pixels: Pixels of one picture on a page that is recognised.
        megabytes: Address space of the process that reads.
    """

    size: int = 50_000_000
    pages: int = 500
    characters: int = 5_000_000
    seconds: float = 60
    unpacked: int = 200_000_000
    ratio: int = 100
    ocr_pages: int = 50
    ocr_seconds: float = 10
    pixels: int = 40_000_000
    megabytes: int = 3072
