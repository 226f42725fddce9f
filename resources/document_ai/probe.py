"""How large the pages of a document are, without reading them. Call it in a process of its own."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resources.document_ai.interface import Unreadable
from resources.document_ai.kinds import Kind, kind_of
from resources.document_ai.pdf_files import opened

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Probe:
    """A document before it is read.

    Attributes:
        kind: Its format.
        sizes: Width and height of every page, in points for a PDF, else in pixels.
    """

    kind: Kind
    sizes: tuple[tuple[float, float], ...]


def probe(path: str, most_pages: int) -> Probe:
    """The document in a file.

    Args:
        path: The file.
        most_pages: That a document may have.

    Raises:
        Unreadable: It is none, or has more pages.
    """
    data = Path(path).read_bytes()
    kind = kind_of(data)
    if kind != "PDF":
        return Probe(kind, _of_picture(data, most_pages))
    with opened(data) as pdf:
        _demand(len(pdf), most_pages)
        return Probe(kind, tuple(pdf.get_page_size(number) for number in range(len(pdf))))


def _of_picture(data: bytes, most_pages: int) -> tuple[tuple[float, float], ...]:
    from PIL import Image

    sizes = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes, which are what is asked for here
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF")) as picture:
                # a photograph may hold smaller copies of itself
                frames = int(getattr(picture, "n_frames", 1)) if picture.format == "TIFF" else 1
                _demand(frames, most_pages)
                for number in range(frames):
                    picture.seek(number)
                    sizes.append(_upright(picture))
    except Image.DecompressionBombError as error:
        raise Unreadable("its picture has too many pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Unreadable("its picture is damaged") from error
    return tuple(sizes)


def _upright(picture: "Image") -> tuple[float, float]:
    """Width and height as the camera was held."""
    from PIL.ExifTags import Base

    # of a TIFF, the library gives the sides as they are shown
    on_its_side = picture.format != "TIFF" and picture.getexif().get(Base.Orientation) in (5, 6, 7, 8)
    sides = (float(picture.width), float(picture.height))
    return sides[::-1] if on_its_side else sides


def _demand(pages: int, most: int) -> None:
    if pages > most:
        raise Unreadable(f"it has {pages:,} pages, more than {most:,}")
