"""Pictures of pages, from files that may be anything but."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from resources.document_ai.interface import Limits, Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "TIFF")


def page_count(data: bytes, limits: Limits) -> int:
    """Pages of a picture file; only a TIFF may have several. Nothing is unpacked.

    Raises:
        Unreadable: It is damaged or has too many pages.
    """
    with _failures():
        picture = _opened(data)
        if picture.format != "TIFF":  # a photograph may hold smaller copies of itself
            return 1
        for number in range(limits.pages + 1):
            try:
                picture.seek(number)
            except EOFError:
                return number
    raise Unreadable(f"it has more than {limits.pages:,} pages")


def pages(data: bytes, limits: Limits) -> Iterator["Image"]:
    """The pages of a picture file, upright as the camera noted it, in grey or colour on white.

    Raises:
        Unreadable: It is damaged or beyond the limits.
    """
    count = page_count(data, limits)
    for number in range(count):
        with _failures():
            picture = _opened(data)
            picture.seek(number)
            width, height = picture.size
            if width * height > limits.pixels:
                raise Unreadable(f"it holds a picture of {width * height:,} pixels, more than {limits.pixels:,}")
            page = _upright(picture)
        yield page


def _opened(data: bytes) -> "Image":
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about size and odd tags: size is bounded here
        return Image.open(io.BytesIO(data), formats=_FORMATS)


def _upright(picture: "Image") -> "Image":
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith(("I", "F")):  # 16 bits or more
        return _eight_bits(upright)
    if upright.has_transparency_data:
        shown = upright.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown).convert("RGB")
    return upright if upright.mode in ("L", "RGB") else upright.convert("RGB")


def _eight_bits(picture: "Image") -> "Image":
    import numpy as np
    from PIL import Image

    values = np.asarray(picture, dtype=np.float32)
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255.0 / max(high - low, 1e-6))).astype(np.uint8), "L")


@contextmanager
def _failures() -> Iterator[None]:
    """Whatever the library raises for files that are no pictures, as Unreadable."""
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except (Unreadable, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise Unreadable("it is damaged: its picture cannot be unpacked (it has no readable head)") from error
    except Image.DecompressionBombError as error:
        raise Unreadable("it holds a picture of too many pixels") from error
    except Exception as error:
        raise Unreadable(f"it is damaged: its picture cannot be unpacked ({str(error)[:200]})") from error
