"""The text of a picture, recognised on this machine by models that the library brings along."""

from functools import cache
from typing import TYPE_CHECKING, Any

from assets.documents.logic.parsing.lines import Line

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 2000
"""Pixels beyond which the library scales a picture down."""
_NARROWEST = 8
"""Longest side by shortest."""
_THREADS = 2
_SURE = 0.5
"""Confidence below which what was recognised is no text but a stain."""


def recognised(picture: "Image") -> list[Line]:
    """The lines of a picture from top to bottom, what stands beside each other on one line."""
    import numpy as np

    found = _engine()(np.asarray(_sturdy(picture))[:, :, ::-1])
    if found.boxes is None:
        return []
    lines: list[Line] = []
    for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        if score < _SURE:
            continue
        top, height = float(box[:, 1].min()), float(np.ptp(box[:, 1]))
        last = lines[-1] if lines else None
        if last and abs(top - last.top) < min(height, last.height) / 2:
            lines[-1] = Line(f"{last.text} {text}", last.top, last.height)
        else:
            lines.append(Line(text, top, height))
    return lines


def _sturdy(picture: "Image") -> "Image":
    """The picture with white beside it if it is very narrow: the library would magnify it without bound."""
    from PIL import Image

    least = max(picture.size) // _NARROWEST
    canvas = Image.new("RGB", (max(picture.width, least), max(picture.height, least)), "white")
    canvas.paste(picture.convert("RGB"))
    return canvas


@cache
def _engine() -> Any:  # noqa: ANN401  the library has no types
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": _THREADS for kind in ("intra", "inter")}
    return RapidOCR(params={"Global.log_level": "error", **threads})
