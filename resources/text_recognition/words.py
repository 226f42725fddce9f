"""Signs of a line, made words in boxes."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING

from resources.document_ai.layout import Box, Word
from resources.text_recognition.decoding import Sign
from resources.text_recognition.geometry import TALL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ALTERNATIVES = 4
_SPACED, _FEWEST = 0.3, 5
"""Share of spaces among the gaps of a line, and their number, from which the letters are set wide or the type is coarse."""
_EVEN = 1.4
"""Times the usual distance between signs from which two of those are still apart."""


def words_of(signs: Sequence[Sign], quad: "NDArray[np.float32]") -> Iterator[Word]:
    """The words of a line in the quadrangle around it (4 corners, x and y)."""
    signs = closed_up(signs)
    pitch = median([after.place - before.place for before, after in pairwise(signs)] or [1.0])
    for space, group in groupby(signs, lambda sign: sign.text == " "):
        if space:
            continue
        part = list(group)
        box = _part_of(quad, part[0].place - pitch / 2, part[-1].place + pitch / 2)
        yield Word("".join(sign.text for sign in part), box, min(sign.confidence for sign in part), alternatives(part))


def closed_up(signs: Sequence[Sign]) -> Sequence[Sign]:
    """The signs without spaces that are only the distance at which all letters of the line are set."""
    solid = [sign for sign in signs if sign.text != " "]
    gaps = [after.place - before.place for before, after in pairwise(solid)]
    spaces = len(signs) - len(solid)
    if len(gaps) < _FEWEST or spaces < _SPACED * len(gaps):
        return signs
    wide = _EVEN * median(gaps)
    kept: list[Sign] = []
    for sign in signs:
        if sign.text != " " and kept and kept[-1].text == " " and len(kept) > 1 and sign.place - kept[-2].place < wide:
            kept.pop()
        kept.append(sign)
    return kept


def alternatives(word: Sequence[Sign]) -> tuple[str, ...]:
    """Other readings of a word that differ in one sign, likeliest first."""
    found: list[tuple[float, str]] = []
    for place, sign in enumerate(word):
        for other, probability in sign.others:
            text = "".join(other if n == place else s.text for n, s in enumerate(word))
            found.append((probability / max(sign.confidence, 1e-6), text))
    return tuple(text for _, text in sorted(found, key=lambda pair: -pair[0])[:_ALTERNATIVES])


def _part_of(quad: "NDArray[np.float32]", begin: float, end: float) -> Box:
    """The box around the part of a line between two shares of its length."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad.tolist()
    begin, end = max(begin, 0.0), min(end, 1.0)
    if abs(y3 - y0) >= TALL * abs(x1 - x0):  # it stands on end, and was read downwards
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = (x0, y0), (x3, y3), (x2, y2), (x1, y1)
    corners = [(x0 + share * (x1 - x0), y0 + share * (y1 - y0)) for share in (begin, end)] + [
        (x3 + share * (x2 - x3), y3 + share * (y2 - y3)) for share in (begin, end)
    ]
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return Box(min(across), min(down), max(across), max(down))
