"""Text recognised on pictures on this machine, by models that the library (RapidOCR) brings along.

The picture is looked at once for the boxes of its lines. If they stand on end, it is turned and looked at again; whether it is
upside down, the longest lines tell. A slope costs nothing: every line is cut out along its own box, and only the places of the
words are turned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from resources.document_ai.layout import Line, Word
from resources.document_ai.lines import lines_of
from resources.text_recognition import geometry
from resources.text_recognition.decoding import decoder_of
from resources.text_recognition.lighting import evened
from resources.text_recognition.words import words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Picture = NDArray[np.uint8]

REVISION = 2
"""Raised whenever the same libraries would give other results."""
LONGEST_SIDE = 2000
"""Pixels of a picture's longer side beyond which lines are sought on a smaller copy."""
_NARROWEST = 8
"""Longest side by shortest."""
_THREADS = 2
_SURE = 0.5
"""Confidence below which what was recognised is no text but a stain."""
_SAMPLE = 9
"""Lines that are asked whether they are upside down."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What stands on a picture.

    Attributes:
        width: Of the picture as it is read, in pixels.
        height: Likewise.
        turn: Degrees, clockwise, by which the picture is turned to be read; places are those on the turned picture. Quarter
            turns turn its sides too; the rest is a turn about its centre that leaves them.
        lines: Top to bottom.
    """

    width: int
    height: int
    turn: float
    lines: tuple[Line, ...]


def engine_version() -> str:
    """Everything on which the result for a picture depends."""
    libraries = ("rapidocr", "onnxruntime", "opencv-python-headless", "pillow")
    return "+".join([f"ocr{REVISION}", *(f"{name}-{version(name)}" for name in libraries)])


def recognised(picture: "Image") -> Recognition:
    """The words of a picture with their places on it."""
    pixels = evened(_pixels(picture))
    quads, turn = _boxes(pixels), 0
    if quads is not None and geometry.lies_on_its_side(quads):
        pixels, turn = _quarter(pixels), 90
        quads = _boxes(pixels)
    if quads is None:
        return Recognition(picture.width, picture.height, 0.0, ())
    height, width = pixels.shape[:2]
    crops = _engine().crop_text_regions(_widened(pixels), quads)
    if _are_upside_down(crops):
        turn += 180
        crops = [crop[::-1, ::-1] for crop in crops]
        quads = geometry.upside_down(quads, width, height)
    slope = geometry.slope(quads)
    words = list(_words(geometry.level(quads, slope, width, height), _engine().recognize_txt(crops)))
    if turn % 180:
        return Recognition(picture.height, picture.width, turn - slope, tuple(lines_of(words)))
    return Recognition(picture.width, picture.height, turn - slope, tuple(lines_of(words)))


def _pixels(picture: "Image") -> "Picture":
    """Blue, green and red."""
    import numpy as np

    return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])


def _widened(pixels: "Picture") -> "Picture":
    """With white to the right or below if it is very narrow: the library would magnify it without bound."""
    import numpy as np

    height, width = pixels.shape[:2]
    least = max(height, width) // _NARROWEST
    if min(height, width) >= least:
        return pixels
    return np.pad(pixels, ((0, max(least - height, 0)), (0, max(least - width, 0)), (0, 0)), constant_values=255)


def _quarter(pixels: "Picture") -> "Picture":
    import numpy as np

    return np.ascontiguousarray(np.rot90(pixels, -1))


def _boxes(pixels: "Picture") -> "geometry.Quads | None":
    import numpy as np

    found = _engine()(_widened(pixels), use_det=True, use_cls=False, use_rec=False).boxes
    return None if found is None or not len(found) else np.asarray(found, dtype=np.float32)


def _are_upside_down(crops: Sequence["Picture"]) -> bool:
    longest = sorted(crops, key=lambda crop: -crop.shape[1] / crop.shape[0])[:_SAMPLE]
    _, found = _engine().cls_and_rotate(longest)
    votes = [score if label == "180" else -score for label, score in found.cls_res]
    return bool(sum(votes) > 0)


def _words(quads: "geometry.Quads", found: Any) -> Iterator[Word]:  # noqa: ANN401  the library has no types
    for quad, score, signs in zip(quads, found.scores, found.word_results, strict=True):
        if score >= _SURE:
            yield from words_of(signs, quad)


@cache
def _engine() -> Any:  # noqa: ANN401
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": _THREADS for kind in ("intra", "inter")}
    sizes = {"Global.max_side_len": LONGEST_SIDE, "Global.return_word_box": True}
    engine = RapidOCR(params={"Global.log_level": "error", **sizes, **threads})
    recogniser = engine._load_rec_model()  # there is no other way to what the network says besides the text
    recogniser.postprocess_op = decoder_of(recogniser)
    return engine
