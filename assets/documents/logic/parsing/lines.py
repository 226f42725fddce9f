"""Lines as they stand on a page, made the paragraphs that were meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

_LOOSE = 1.5
"""A gap of so many line pitches begins a new paragraph."""
_OTHER_SIZE = 1.25
"""So does a line this many times as tall as the one above, or as low."""
_FULL = 0.7
"""A line of at least this share of the longest one ended because the page did."""
_PROSE = 45
"""Characters from which a line can be one of running text."""
_OWN_LINE = re.compile(r"\s|[-*•‣▪–—|>#]|\(?\w{1,3}[.)]\s|\d")
"""How a line begins that was not broken off the one above: indented, an item, a row."""
_HYPHEN = re.compile(r"([^\W\d_]*)[-\x02\ufffe]$")
"""A line that ends with a hyphen, or with what readers of PDF give in its place, and the word before it."""
_COMPOUND = re.compile(r"\w+-\w+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, its top and its height, in any unit, `top` growing downwards."""

    text: str
    top: float
    height: float


def paragraphs(lines: Sequence[Line]) -> list[list[str]]:
    """Lines grouped into paragraphs, by the gaps between them and by their size."""
    steps = [after.top - before.top for before, after in pairwise(lines)]
    pitch = median([step for step in steps if step > 0] or [0.0])
    groups: list[list[str]] = []
    for number, line in enumerate(lines):
        if number and _belongs(lines[number - 1], line, pitch):
            groups[-1].append(line.text)
        else:
            groups.append([line.text])
    return groups


def _belongs(before: Line, line: Line, pitch: float) -> bool:
    step = line.top - before.top
    low, tall = sorted((before.height, line.height))
    return -0.5 * pitch <= step <= _LOOSE * pitch and tall <= _OTHER_SIZE * low


def compounds(text: str) -> frozenset[str]:
    """The words of a text that are written with a hyphen inside a line, in lower case."""
    return frozenset(word.lower() for word in _COMPOUND.findall(text))


def reflowed(lines: Sequence[str], hyphenated: frozenset[str] = frozenset(), *, joined: bool = False) -> str:
    """One paragraph: lines broken only by the width of the page are joined, others stay lines.

    Args:
        lines: The lines of the paragraph.
        hyphenated: Words that keep their hyphen when a line ends at it.
        joined: Whether to undo hyphenation; a text file has none.
    """
    longest = max(map(len, lines), default=0)
    text = ""
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        if following is None:
            return text + line
        if joined and line.endswith("\u00ad"):
            text += line[:-1]
        elif joined and (broken := _HYPHEN.search(line)):
            word = f"{broken[1]}-{following.split()[0]}".lower().rstrip(".,;:!?)")
            alike = following[:1].islower() or (broken[1].isupper() and following[:2].isupper())
            whole = broken[1] and alike and word not in hyphenated
            text += line[:-1] + ("" if whole else "-")
        elif longest >= _PROSE and len(line) >= _FULL * longest and not _OWN_LINE.match(following):
            text += line + " "
        else:
            text += line + "\n"
    return text
