"""What a file is: its content says so, never its name."""

from pathlib import PurePosixPath
from typing import Final, Literal

from resources.document_ai.interface import Unreadable

Kind = Literal["PDF", "PNG", "JPEG", "TIFF"]

_EXTENSIONS: Final[dict[str, Kind]] = {
    ".pdf": "PDF", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".tif": "TIFF", ".tiff": "TIFF",
}  # fmt: skip
_PICTURES: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_OTHERS: Final = (
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"PK\x03\x04", "a zip archive or an Office file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"<?xml", "an XML file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_HEAD = 1024


def kind_of(data: bytes) -> Kind:
    """Which of the known kinds the content is.

    Raises:
        Unreadable: It is none of them, or empty.
    """
    if not data:
        raise Unreadable("it is empty")
    if b"%PDF-" in data[:_HEAD]:
        return "PDF"
    for magic, kind in _PICTURES:
        if data.startswith(magic):
            return kind
    other = next((name for magic, name in _OTHERS if data.removeprefix(b"\xef\xbb\xbf").startswith(magic)), "an unknown file")
    raise Unreadable(f"it is {other}, not a PDF, PNG, JPEG or TIFF")


def misnamed(key: str, kind: Kind) -> str | None:
    """What to note if the extension of a key promises something else."""
    promised = _EXTENSIONS.get(PurePosixPath(key).suffix.lower())
    return f"its name says {promised}, but it is {kind}" if promised and promised != kind else None
