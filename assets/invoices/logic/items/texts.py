"""The words of a line item under the columns of text: numbers of positions and articles, units, and the description."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

from assets.invoices.logic.invoice import ItemField
from assets.invoices.logic.items.cells import Cells
from assets.invoices.logic.items.columns import Column
from assets.invoices.logic.items.headings import Heading
from assets.invoices.logic.items.rows import Row, segments
from resources.document_ai.layout import Box, Word, around

_PITCH = 1.45
"""Heights of a line from one line of a description to the next at most."""
_BESIDE = 1.2
"""Heights of a line between a number and its unit at most."""
_FAR = 3.0
"""Heights of a line between two lines of one item at most."""
_ATTRIBUTE = re.compile(r"[*•–-]?\s*\w[\w()./-]*(?: [\w()./-]+){0,2}\s?:\s*\S")
"""A line that tells a property of what stands above (`Packing: carton`)."""
_TRADE_NUMBER = re.compile(r"\d{8}|\d{12,14}")
_TEXT: tuple[Heading, ...] = ("line_id", "sku", "description", "unit")

Line = tuple[Row, list[Word]]
"""Words of a row that are no numbers of a column."""


def texts(columns: Sequence[Column], anchor: Row, found: Cells, lines: Sequence[Line]) -> dict[ItemField, list[Word]]:
    """The text of an item by what it is.

    Args:
        columns: Those of the table.
        anchor: The row that the item's numbers stand in.
        found: Those numbers.
        lines: The other words, row by row.
    """
    parts: dict[Heading, list[Line]] = defaultdict(list)
    seen: dict[int, int] = defaultdict(int)
    for row, words in _together(lines):
        units, rest = _units(words, found, columns) if row is anchor else ([], words)
        if units:
            parts["unit"].append((row, units))
        for column, some in _by_column(rest, columns):
            kind: Heading = "description"
            if column is not None:
                kinds = [k for k in column.headings if k in _TEXT] or ["description"]
                kind = kinds[min(seen[id(column)], len(kinds) - 1)]
                seen[id(column)] += 1
            parts["description" if kind == "line_id" and not _is_number(some) else kind].append((row, some))
    result: dict[ItemField, list[Word]] = {}
    if parts["unit"]:
        result["unit"] = parts["unit"][0][1]
    if parts["line_id"]:
        result["line_id"] = parts["line_id"][0][1]
    if "line_id" in found:
        result["line_id"] = list(found["line_id"].words)
    if parts["sku"]:
        own = [words for _, words in parts["sku"] if not _TRADE_NUMBER.fullmatch(words[0].text.rstrip("."))]
        result["sku"] = (own or [parts["sku"][0][1]])[0]
    if parts["description"]:
        result["description"] = _first_paragraph(parts["description"])
    return result


def _together(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines up to a gap that no table has."""
    above: Row | None = None
    for row, words in lines:
        far = above is not None and row.page == above.page and row.box.top - above.box.bottom > _FAR * above.box.height
        if far or (above is not None and row.page != above.page):
            return
        yield row, words
        above = row


def _is_number(words: Sequence[Word]) -> bool:
    return len(words) == 1 and len(words[0].text) <= 8 and any(c.isdigit() for c in words[0].text)


def _units(words: Sequence[Word], found: Cells, columns: Sequence[Column]) -> tuple[list[Word], list[Word]]:
    """The unit that stands close behind a quantity or a price, and the words that stand below no column of numbers."""
    textual = [column.box for column in columns if any(kind in _TEXT for kind in column.headings)]
    numeric = [column.box for column in columns if not any(kind in _TEXT for kind in column.headings)]
    ends = [found[kind].box.right for kind in ("quantity", "unit_price") if kind in found]
    foreign = [word for word in words if not any(_over(word.box, head) > 0 for head in textual)]
    units = [word for word in foreign if any(0 <= word.box.left - end < _BESIDE * word.box.height for end in ends)][:1]
    beside = [word for word in foreign if any(_over(word.box, head) > 0 for head in numeric)]
    return units, [word for word in words if word not in units and word not in beside]


def _by_column(words: Sequence[Word], columns: Sequence[Column]) -> Iterator[tuple[Column | None, list[Word]]]:
    """Words of one row, parted by the columns that they stand below."""
    held = [column for column in columns if any(kind in _TEXT for kind in column.headings)]
    marked = [pair for segment in segments(words) for pair in _marked(segment, held)]
    for column, group in groupby(marked, key=lambda pair: id(pair[0])):
        pairs = list(group)
        yield pairs[0][0], [word for _, word in pairs]
        del column


def _marked(segment: Sequence[Word], columns: Sequence[Column]) -> list[tuple[Column | None, Word]]:
    if not columns:
        return [(None, word) for word in segment]
    direct = [max(columns, key=lambda c: _over(word.box, c.box)) for word in segment]
    under = [column if _over(word.box, column.box) > 0 else None for column, word in zip(direct, segment, strict=True)]
    if not any(under):
        box = around(word.box for word in segment)
        nearest = min(columns, key=lambda c: (-_over(box, c.box), "description" not in c.headings))
        return [(nearest, word) for word in segment]
    current = next(column for column in under if column is not None)
    marked: list[tuple[Column | None, Word]] = []
    for column, word in zip(under, segment, strict=True):
        current = column or current
        marked.append((current, word))
    return marked


def _over(one: Box, other: Box) -> float:
    """The width that two boxes have in common; the negative distance if they have none."""
    return min(one.right, other.right) - max(one.left, other.left)


def _first_paragraph(lines: Sequence[Line]) -> list[Word]:
    """The name of what is sold: the lines that follow each other closely, up to the first that tells a property of it."""
    kept = list(lines[0][1])
    above = lines[0][0]
    for row, words in lines[1:]:
        if row is not above:
            pitch = (row.box.middle - above.box.middle) / max(words[0].box.height, 1e-6)
            if row.page != above.page or pitch > _PITCH or _ATTRIBUTE.match(" ".join(w.text for w in words)):
                break
        kept += words
        above = row
    return kept
