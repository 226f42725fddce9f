"""How a picture of text lies, told by the boxes around its lines; boxes are quadrangles (boxes, 4 corners, x and y).

Corners are in the order upper left, upper right, lower right, lower left of what stands in the box.
"""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Quads = NDArray[np.float32]

TALL = 1.5
"""Height by width from which a line stands on end, as the library takes it."""
_LONG = 3.0
"""Width by height from which a box shows the slope of its line."""
_LEVEL, _STEEP = 0.2, 20.0
"""Degrees of slope below which nothing is turned, and beyond which it is no slope of the page."""


def sizes(quads: "Quads") -> tuple["NDArray[np.float32]", "NDArray[np.float32]"]:
    """Widths and heights."""
    import numpy as np

    sides = np.linalg.norm(np.roll(quads, -1, axis=1) - quads, axis=2)
    return np.maximum(sides[:, 0], sides[:, 2]), np.maximum(sides[:, 1], sides[:, 3])


def lies_on_its_side(quads: "Quads") -> bool:
    """Whether most of the text runs up or down the picture."""
    widths, heights = sizes(quads)
    tall = heights >= TALL * widths
    return float(heights[tall].sum()) > float(widths[~tall].sum())


def upside_down(quads: "Quads", width: float, height: float) -> "Quads":
    """The boxes on the picture turned by 180 degrees, their corners in order again."""
    import numpy as np

    turned: Quads = np.roll(np.array([width, height], np.float32) - quads, 2, axis=1)
    return turned


def slope(quads: "Quads") -> float:
    """Degrees that the lines of the picture fall to the right; 0 if they are level or too few to tell."""
    import numpy as np

    widths, heights = sizes(quads)
    long = quads[widths >= _LONG * heights]
    if len(long) < _LONG:
        return 0.0
    along = long[:, 1] - long[:, 0] + long[:, 2] - long[:, 3]
    angles = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    order = np.argsort(angles)
    weights = np.linalg.norm(along, axis=1)[order].cumsum()
    middle = float(angles[order][np.searchsorted(weights, weights[-1] / 2)])
    return middle if _LEVEL <= abs(middle) <= _STEEP else 0.0


def level(quads: "Quads", degrees: float, width: float, height: float) -> "Quads":
    """The boxes on the picture turned about its centre so that a slope of so many degrees is none."""
    import numpy as np

    angle = -math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]], np.float32)
    centre = np.array([width / 2, height / 2], np.float32)
    return ((quads - centre) @ turn + centre).astype(np.float32)
