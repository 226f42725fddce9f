"""Pages as lines with tokens and a neighbourhood: what stands to the right of something, what below it."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from resources.document_ai.layout import Box, Line, Page, Word, around

_TOKEN = re.compile(r"(?<![^\W_])n\s?[°º]|№|(?<!\w)[^\W\d_]{2,}(?=\d{1,2}(?:[.,]\d{1,3})?\s?%)|\w+|#", re.IGNORECASE)
"""A rate that recognition set without a space after a word (`VAT20%`) is apart from it."""
_NUMBER_SIGN = re.compile(r"n\s?[°º]|№", re.IGNORECASE)
_ADDRESS = re.compile(r"\S*(?:@|://|www\.)\S*", re.IGNORECASE)
_LEVEL = 0.6
"""Line heights that the middles of two lines are apart at most if they stand side by side."""
_MINUS = {"-", "–", "−"}
_LONGEST = 80
"""Words of a line."""
_SPACED = 4
"""Single letters in a row from which a line counts as one spaced word."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a line without case, accents and punctuation, and where it stands in the line's text."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Text without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def tokens(text: str) -> list[Token]:
    """The tokens of a text; every sign for `number` is `no`, a word in spaced letters is one."""
    found = [
        Token("no" if _NUMBER_SIGN.fullmatch(m.group()) else folded(m.group()), m.start(), m.end()) for m in _TOKEN.finditer(text)
    ]
    if len(found) >= _SPACED and all(len(token.text) == 1 for token in found):
        return [Token("".join(token.text for token in found), found[0].start, found[-1].end)]
    return found


@dataclass(frozen=True, eq=False)
class Segment:
    """A line of a page.

    Attributes:
        page: Number of its page.
        words: Its words.
        text: Their text, one space between them.
        box: Around them.
    """

    page: int
    words: tuple[Word, ...]
    text: str
    box: Box

    @cached_property
    def tokens(self) -> list[Token]:
        """Its tokens; e-mail and web addresses have none."""
        return tokens(_ADDRESS.sub(lambda m: " " * len(m.group()), self.text))

    def place(self, start: int, end: int) -> Box:
        """The box of a part of the text."""
        return around(box for _, box in self._parts(start, end))

    def reading(self, start: int, end: int) -> float:
        """Confidence of the engine in the characters of a part of the text."""
        return min((word.confidence for word, _ in self._parts(start, end)), default=1.0)

    def _parts(self, start: int, end: int) -> list[tuple[Word, Box]]:
        parts = []
        at = 0
        for word in self.words:
            size = len(word.text)
            first, last = max(start, at), min(end, at + size)
            if first < last:
                step = word.box.width / size
                left, right = word.box.left + (first - at) * step, word.box.left + (last - at) * step
                parts.append((word, Box(left, word.box.top, right, word.box.bottom)))
            at += size + 1
        return parts or [(self.words[0], self.box)]


@dataclass(frozen=True, eq=False)
class Sheet:
    """A page as segments, top to bottom."""

    number: int
    width: float
    height: float
    segments: tuple[Segment, ...]

    @cached_property
    def _tops(self) -> list[float]:
        return [segment.box.top for segment in self.segments]

    @cached_property
    def _tallest(self) -> float:
        return max((segment.box.height for segment in self.segments), default=0.0)

    def beside(self, segment: Segment) -> list[Segment]:
        """Segments in the same row to the right, left to right."""
        box = segment.box
        near = self._between(box.top - self._tallest, box.bottom)
        row = [other for other in near if other is not segment and level(box, other.box) and other.box.left >= box.right - 1]
        return sorted(row, key=lambda other: other.box.left)

    def below(self, segment: Segment, box: Box, reach: float) -> Iterator[Segment]:
        """Segments in the column under a box within `reach` line heights, top to bottom."""
        height = max(box.height, 1.0)
        for other in self._between(box.top + 0.3 * height, box.bottom + reach * height):
            inside = other.box.left < box.right and other.box.right > box.left
            if other is not segment and inside and not level(segment.box, other.box) and other.box.middle > box.middle:
                yield other

    def _between(self, top: float, bottom: float) -> Sequence[Segment]:
        return self.segments[bisect_left(self._tops, top) : bisect_left(self._tops, bottom)]


def level(one: Box, other: Box) -> bool:
    """Whether two lines stand side by side."""
    return abs(one.middle - other.middle) < _LEVEL * max(min(one.height, other.height), 1.0)


def sheet(page: Page) -> Sheet:
    """A page in this form; characters set one by one along the edge are left out, for they are no lines."""
    segments = [segment for line in page.lines for segment in _segments(page.number, line)]
    upright = [segment for segment in segments if not _turned(segment, page.width)]
    whole = _with_signs(sorted(upright, key=lambda s: (s.box.top, s.box.left)))
    return Sheet(page.number, page.width, page.height, tuple(whole))


def _with_signs(segments: list[Segment]) -> list[Segment]:
    """A minus that a narrow column broke off goes back before the number in the next line."""
    signs = [segment for segment in segments if segment.text in _MINUS]
    if not signs:
        return segments
    whole = [segment for segment in segments if segment.text not in _MINUS]
    for sign in signs:
        numbers = [n for n in range(len(whole)) if _broken_off(sign.box, whole[n])]
        if numbers:
            number = whole[numbers[0]]
            words = (sign.words[0], *number.words)
            whole[numbers[0]] = Segment(number.page, words, f"{sign.text} {number.text}", number.box)
        else:
            whole.append(sign)
    return sorted(whole, key=lambda s: (s.box.top, s.box.left))


def _broken_off(sign: Box, number: Segment) -> bool:
    box = number.box
    near = 0.5 * sign.height < box.middle - sign.middle < 1.5 * sign.height
    return near and number.text[0].isdigit() and abs(box.right - sign.right) < sign.height


def _segments(page: int, line: Line) -> Iterator[Segment]:
    """A line as it is; in pieces if it is longer than any that people write, so that a file cannot make reading slow."""
    for start in range(0, len(line.words), _LONGEST):
        piece = Line(line.words[start : start + _LONGEST])
        yield Segment(page, piece.words, piece.text, piece.box)


def _turned(segment: Segment, width: float) -> bool:
    return len(segment.text) == 1 and (segment.box.right < 0.05 * width or segment.box.left > 0.95 * width)


def blocks(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Lines, given from top to bottom, that stand under one another without a gap and begin at the same left edge."""
    found: list[list[Segment]] = []
    near: list[list[Segment]] = []
    for segment in segments:
        near = [block for block in near if segment.box.top - block[-1].box.bottom < block[-1].box.height]
        block = next((block for block in reversed(near) if _continues(block[-1].box, segment.box)), None)
        if block is None:
            block = []
            found.append(block)
            near.append(block)
        block.append(segment)
    return found


def _continues(above: Box, below: Box) -> bool:
    height = max(min(above.height, below.height), 1.0)
    gap = below.top - above.bottom
    return abs(above.left - below.left) < 0.8 * height and -0.5 * height < gap < 0.9 * height and below.middle > above.middle
