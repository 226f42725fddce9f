"""What kind of document a file is and how large its pages are, without reading them. Call it in a process of its own."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from resources.document_ai.interface import Unreadable
from resources.document_ai.pdf_files import opened

_HEAD = 1024
_PICTURES = ("PNG", "JPEG", "TIFF")


@dataclass(frozen=True, slots=True)
class Probe:
    """A document before it is read.

    Attributes:
        kind: Its format.
        sizes: Width and height of every page, in points for a PDF, else in pixels.
    """

    kind: Literal["pdf", "png", "jpeg", "tiff"]
    sizes: tuple[tuple[float, float], ...]


def probe(path: str, most_pages: int) -> Probe:
    """The document in a file.

    Args:
        path: The file.
        most_pages: That a document may have.

    Raises:
        Unreadable: It is none, or has more pages.
    """
    with Path(path).open("rb") as file:
        head = file.read(_HEAD)
    if b"%PDF-" in head:
        with opened(Path(path).read_bytes()) as pdf:
            _demand(len(pdf), most_pages)
            return Probe("pdf", tuple(pdf.get_page_size(number) for number in range(len(pdf))))
    return _picture(path, most_pages)


def _picture(path: str, most_pages: int) -> Probe:
    from PIL import Image, UnidentifiedImageError

    sizes = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes, which are what is asked for here
            with Image.open(path, formats=_PICTURES) as picture:
                kind, frames = str(picture.format), getattr(picture, "n_frames", 1)
                _demand(frames, most_pages)
                for number in range(frames):
                    picture.seek(number)
                    sizes.append((float(picture.width), float(picture.height)))
    except UnidentifiedImageError as error:
        raise Unreadable("it is neither a PDF nor a PNG, JPEG or TIFF picture") from error
    except Image.DecompressionBombError as error:
        raise Unreadable("its picture has too many pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Unreadable("its picture is damaged") from error
    kinds: dict[str, Literal["png", "jpeg", "tiff"]] = {"PNG": "png", "JPEG": "jpeg", "TIFF": "tiff"}
    return Probe(kinds[kind], tuple(sizes))


def _demand(pages: int, most: int) -> None:
    if pages > most:
        raise Unreadable(f"it has {pages:,} pages, more than {most:,}")
