"""The text layer of a PDF page: its characters as words in boxes.

What nobody sees is left out and counted: characters beyond the edges of the page, in no visible size, or drawn invisibly – unless
a picture lies behind them, as on a scan with recognised text. Text that runs up or down the page becomes lines of its own; if
most of a page does, the page is turned.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from resources.document_ai.characters import UNKNOWN, Character, characters
from resources.document_ai.layout import Box, Line, Page, Word
from resources.document_ai.letter_spacing import closed_up
from resources.document_ai.lines import lines_of

_WORD_GAP = 0.25
"""Heights of a line between two characters of different words, where the file has no space there."""
_OVERPRINT = 0.1
"""Heights by which the same character is drawn again to look bold."""
_CELL = 4.0
"""Points: side of the squares by which the same characters are sought."""
_RECOGNISED = 0.9
"""Confidence of words that are drawn invisibly over a scan: whatever recognised them left no other."""
_SMALLEST = 1.0
"""Points of height below which nobody reads a character."""

_Sides = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TextLayer:
    """What the text layer of a page holds.

    Attributes:
        page: The page.
        hidden: Characters that nobody sees.
        unknown: Characters of which the file does not say what they are, only how they look.
    """

    page: Page
    hidden: int
    unknown: int


def page_of(page: Any, number: int) -> Page:  # noqa: ANN401  the library has no types
    """The words of an open pypdfium2 page."""
    return text_layer(page, number).page


def text_layer(page: Any, number: int, *, scanned: bool = False) -> TextLayer:  # noqa: ANN401
    """The words of an open pypdfium2 page.

    Args:
        page: The page.
        number: From 1.
        scanned: Whether the page is a picture, so that characters drawn invisibly are those on the picture.

    Raises:
        Unreadable: It has too many characters.
    """
    width, height = page.get_size()
    found = list(characters(page, number))
    inside = [c for c in found if (c.drawn or scanned) and _on(c, width, height)]
    hidden = sum(1 for c in found if not c.blank) - sum(1 for c in inside if not c.blank)
    kept = list(_printed_once(c for c in inside if c.text != UNKNOWN))
    turns = Counter(c.quarter for c in kept if not c.blank)
    quarter = turns.most_common(1)[0][0] if turns else 0
    if quarter:
        kept = [_turned(c, quarter, width, height) for c in kept]
        width, height = (height, width) if quarter % 2 else (width, height)
    level = [closed_up(line) for line in lines_of(_words(c for c in kept if not c.quarter))]
    lines = (*level, *_lines_on_end(kept, width, height))
    unknown = sum(1 for c in inside if c.text == UNKNOWN)
    return TextLayer(Page(number, width, height, lines, turn=-90.0 * quarter % 360), hidden, unknown)


def _on(character: Character, width: float, height: float) -> bool:
    _, left, top, right, bottom, quarter, _ = character
    size = right - left if quarter % 2 else bottom - top
    inside = 0 <= left + right <= 2 * width and 0 <= top + bottom <= 2 * height
    return inside and (size >= _SMALLEST or character.blank)


def _printed_once(some: Iterable[Character]) -> Iterator[Character]:
    """The characters without those drawn again where they already stand."""
    places: dict[tuple[str, int, int], list[tuple[float, float]]] = {}
    for character in some:
        text, left, top, _, bottom, _, _ = character
        if character.blank:
            yield character
            continue
        near = _OVERPRINT * max(bottom - top, _SMALLEST)
        across = {int((left - near) // _CELL), int((left + near) // _CELL)}
        down = {int((top - near) // _CELL), int((top + near) // _CELL)}
        around_it = [place for i in across for j in down for place in places.get((text, i, j), ())]
        if any(abs(x - left) <= near and abs(y - top) <= near for x, y in around_it):
            continue
        places.setdefault((text, int(left // _CELL), int(top // _CELL)), []).append((left, top))
        yield character


def _turned(character: Character, quarter: int, width: float, height: float) -> Character:
    """The character on the page turned back by so many quarters."""
    text, left, top, right, bottom, own, drawn = character
    return Character(text, *_back((left, top, right, bottom), quarter, width, height), (own - quarter) % 4, drawn)


def _back(sides: _Sides, quarter: int, width: float, height: float) -> _Sides:
    left, top, right, bottom = sides
    if quarter == 1:
        return top, width - right, bottom, width - left
    if quarter == 2:
        return width - right, height - bottom, width - left, height - top
    return height - bottom, left, height - top, right


def _lines_on_end(some: Sequence[Character], width: float, height: float) -> Iterator[Line]:
    """Lines that run in another direction than most: read as if the page were turned, their boxes where they are."""
    for quarter in (1, 2, 3):
        turned = [_turned(c, quarter, width, height) for c in some if c.quarter == quarter]
        size = (height, width) if quarter % 2 else (width, height)
        for line in lines_of(_words(turned)):
            words = ((word.text, word.box) for word in closed_up(line).words)
            yield Line(
                tuple(Word(text, Box(*_back((b.left, b.top, b.right, b.bottom), 4 - quarter, *size))) for text, b in words)
            )


def _words(some: Iterable[Character]) -> Iterator[Word]:
    part: list[Character] = []
    for character in some:
        blank = character.blank
        if part and (blank or _apart(part[-1], character)):
            yield _word(part)
            part = []
        if not blank:
            part.append(character)
    if part:
        yield _word(part)


def _word(part: list[Character]) -> Word:
    box = Box(min(c.left for c in part), min(c.top for c in part), max(c.right for c in part), max(c.bottom for c in part))
    return Word("".join(c.text for c in part), box, 1.0 if all(c.drawn for c in part) else _RECOGNISED)


def _apart(before: Character, after: Character) -> bool:
    height = max(before.bottom - before.top, after.bottom - after.top, 1.0)
    level = abs(before.top + before.bottom - after.top - after.bottom) < height
    return not level or after.left - before.right > _WORD_GAP * height or after.left < before.left - height
