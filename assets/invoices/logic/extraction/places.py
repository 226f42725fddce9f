"""Where the value of a label may stand: after it in its line, to the right in its row, or below it in its column."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assets.invoices.logic.extraction.labels import Label
from assets.invoices.logic.extraction.sheet import Segment, Sheet
from resources.document_ai.layout import Box

_REACH = 3.5
"""Line heights below a label in which its value begins."""

_CELLS = 8
"""Cells to the right of a label that are looked at."""
_PITCH = 1.6
"""Line heights between the rows of a column at most."""


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """A piece of a line in which a value may stand.

    Attributes:
        segment: The line.
        start: Where the piece begins in its text.
        end: Where it ends.
        fits: How well the place fits a value of the label, 0 to 1.
        why: In words.
    """

    segment: Segment
    start: int
    end: int
    fits: float
    why: str

    @property
    def text(self) -> str:
        """What stands there."""
        return self.segment.text[self.start : self.end]

    def box(self, start: int, end: int) -> Box:
        """Where a part of the text stands."""
        return self.segment.place(self.start + start, self.start + end)

    def reading(self, start: int, end: int) -> float:
        """Confidence of the engine in a part of the text."""
        return self.segment.reading(self.start + start, self.start + end)


Named = Callable[[Segment], bool]
"""Whether a line begins with a label of its own."""


def places(sheet: Sheet, label: Label, named: Named, rows: int = 1) -> Iterator[Place]:
    """The places of a label's value, the likeliest first.

    Args:
        sheet: The page.
        label: The label on it.
        named: Tells the lines that begin with a label: the row ends there, for what follows has its own name.
        rows: Lines below the label that are looked at, as long as they follow one another.
    """
    after = label.rest.strip(" :.-#=()")
    if after:
        yield Place(label.segment, label.end, label.stop, 1.0, f"after “{label.text}”")
    if not any(c.isdigit() for c in label.segment.text[label.stop :]):
        yield from _beside(sheet, label, named, crowded=bool(after))
    yield from _below(sheet, label, named, rows, crowded=bool(after))


def _beside(sheet: Sheet, label: Label, named: Named, *, crowded: bool) -> Iterator[Place]:
    fits = 0.75 if crowded else 0.95
    for other in sheet.beside(label.segment)[:_CELLS]:
        if named(other):
            return
        yield Place(other, 0, len(other.text), fits, f"right of “{label.text}”")
        fits *= 0.9


def _below(sheet: Sheet, label: Label, named: Named, rows: int, *, crowded: bool) -> Iterator[Place]:
    fits = 0.5 if crowded else 0.85
    bottom = label.box.bottom
    height = max(label.box.height, 1.0)
    for count, other in enumerate(sheet.below(label.segment, label.box, _REACH * rows)):
        gap = (other.box.top - bottom) / height
        if count >= rows or gap > (_REACH if count == 0 else _PITCH):
            return
        if not named(other):
            nearness = fits - 0.05 * max(0.0, gap - 0.5)
            start, end = _column(other, label.box) if rows > 1 else (0, len(other.text))
            yield Place(other, start, end, nearness, f"below “{label.text}”")
        elif rows == 1:
            return
        bottom = other.box.bottom


def _column(segment: Segment, box: Box) -> tuple[int, int]:
    """The words of a line that stand in a column; all of it where the words do not tell."""
    at, spans = 0, []
    for word in segment.words:
        if word.box.left < box.right and word.box.right > box.left:
            spans.append((at, at + len(word.text)))
        at += len(word.text) + 1
    return (spans[0][0], spans[-1][1]) if spans else (0, len(segment.text))
