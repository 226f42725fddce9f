"""Photographs whose paper is dark or unevenly lit, made to look like scans; what already does is left as it is.

Measured on receipts in artificial dusk (a quarter of the light on one side, ink of a fifth of the contrast), a tenth to a quarter
more words are found. On scans with white paper there is nothing to gain, and nothing is done.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

_SMALL = 400
"""Pixels of the longer side of the copy on which the light is looked at."""
_STROKE = 13
"""Pixels of that copy that a dark spot is wide at most if it is print and not shadow."""
_SHARE, _WHITE = 25, 200
"""Per cent of the picture that may be darker than this before its paper counts as dark."""
_DARKEST = 0.3
"""Share of the brightest paper below which a dark place is no shadow but printed so."""


def evened(pixels: "Picture") -> "Picture":
    """The picture (rows, columns, 3 colours) with its paper made white, if much of it is not."""
    import cv2
    import numpy as np

    height, width = pixels.shape[:2]
    scale = min(1.0, _SMALL / max(height, width))
    small = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((_STROKE, _STROKE), np.uint8))
    if np.percentile(paper, _SHARE) >= _WHITE:
        return pixels
    floor = _DARKEST * float(np.percentile(paper, 95))
    light = cv2.resize(cv2.GaussianBlur(np.maximum(paper, floor).astype(np.float32), (0, 0), _STROKE), (width, height))
    bright: Picture = np.clip(pixels * (255.0 / light)[:, :, None], 0, 255).astype(np.uint8)
    return bright
