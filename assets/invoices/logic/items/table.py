"""Line items below a head: which rows begin an item, which go on with it, and which are sums, taxes or carry-overs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from assets.invoices.logic.invoice import ItemField, LineItem, Value
from assets.invoices.logic.items.cells import Cells, cells, multiplies, number_value, text_value
from assets.invoices.logic.items.columns import Column, Head, RuledPage
from assets.invoices.logic.items.headings import ADJUSTED, CARRIED, INCLUDED, TAXED, TOTAL, Heading, unaccented
from assets.invoices.logic.items.rows import Row, Token, segments
from assets.invoices.logic.items.texts import Line, texts
from assets.invoices.logic.numbers import Numerals
from resources.document_ai.layout import Word

_AMOUNTS: frozenset[Heading] = frozenset({"quantity", "unit_price", "line_total", "gross_total", "discount", "vat_rate"})
_FULL: frozenset[Heading] = frozenset({"quantity", "unit_price", "line_total"})
_ORDER: tuple[ItemField, ...] = (
    "line_id", "description", "sku", "quantity", "unit", "unit_price", "discount", "vat_rate", "line_total"
)  # fmt: skip
_PROPERTY = re.compile(r"[*•–-]?\s*[^\W\d][\w()./-]*(?: [\w()./-]+){0,2} ?:\W*\d")
"""How rows begin that tell a property of the item above (`List price: 4.00`)."""
_NEAR = 1.4
"""Heights of a line between numbers of one item at most."""
_CLOSE = 1.45
"""Heights of a line between two lines of one description at most."""


_APART = 1.2
"""By how much the gap between two items is larger than those within them."""


@dataclass(slots=True)
class Block:
    """The rows of one item: numbers by column, and the other words row by row."""

    row: Row
    cells: Cells
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A table of items that is being read, over as many pages as it goes on.

    Attributes:
        columns: What it has.
        width: Of the page.
        blocks: The items so far.
        pending: Lines since the head or the last sum.
        adjustments: Discounts and charges on the whole invoice that are printed among the items.
        strict: Whether something else came between, so that only rows beyond doubt are items.
    """

    columns: tuple[Column, ...]
    width: float
    blocks: list[Block] = field(default_factory=list)
    pending: list[Line] = field(default_factory=list)
    adjustments: list[tuple[Row, Token]] = field(default_factory=list)
    strict: bool = False

    @property
    def kinds(self) -> set[Heading]:
        """What the columns hold."""
        return {column.heading for column in self.columns}


def headed_tables(pages: Sequence[RuledPage]) -> list[Table]:
    """All tables of line items that have a head, in order."""
    found: list[Table] = []
    table: Table | None = None
    for page in pages:
        if table is not None:
            table.strict = True
        at = 0
        while at < len(page.rows):
            head = page.heads.get(at)
            if head is not None:
                table = _entered(head, page, table, found)
                at = head.stop
                continue
            if table is not None and ends(table, page.rows[at]):
                table = None
            elif table is not None:
                _take(table, page.rows[at], page.rows[at + 1 : at + 3])
            at += 1
    return found


def items_of(table: Table, numerals: Numerals) -> Iterator[LineItem]:
    """The items of a table."""
    if not any("quantity" in block.cells for block in table.blocks) and _are_quantities(table.blocks):
        for block in table.blocks:
            if "line_id" in block.cells:
                block.cells["quantity"] = block.cells.pop("line_id")
    for block in table.blocks:
        yield _item(table, block, numerals)


def ends(table: Table, row: Row) -> bool:
    """Whether a row of sums or taxes ends the table."""
    labels = labels_of(row)
    sums = any(TOTAL.match(label) for label in labels) or any(TAXED.match(label) for label in labels[:2])
    if not sums or any(CARRIED.match(label) for label in labels):
        return False
    found, _ = cells(row, table.columns, table.width)
    return any(not token.percent for token in row.numbers) and not (found.keys() >= _FULL and multiplies(found))


def labels_of(row: Row) -> list[str]:
    """What a row says besides its numbers: the whole, and each part that stands for itself."""
    words = [word for token in row.tokens if not token.numbers for word in token.words]
    parts = [words, *segments(words)] if words else []
    return [unaccented(" ".join(word.text for word in part)).lstrip("-–—*:.() ") for part in parts]


def _entered(head: Head, page: RuledPage, table: Table | None, found: list[Table]) -> Table | None:
    """The table that goes on below a head: another one, the same on its next page, or the same after an aside."""
    if not head.of_items:
        if table is not None:
            table.strict = True
            table.pending.clear()
        return table
    columns = _settled(head.columns)
    if table is not None and [c.headings for c in columns] == [c.headings for c in table.columns]:
        table.columns, table.strict = columns, False
        table.pending.clear()
        return table
    found.append(Table(columns, page.width))
    return found[-1]


def _settled(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Columns under one name each: a bare `price` is of one or of all, whichever is not there yet."""
    kinds = [column.heading for column in columns]
    if kinds.count("line_total") > 1 and not {"unit_price", "price"} & set(kinds):
        kinds[kinds.index("line_total")] = "unit_price"
    if kinds.count("description") > 1 and "sku" not in kinds:
        kinds[kinds.index("description")] = "sku"
    for i, kind in enumerate(kinds):
        others = kinds[:i] + kinds[i + 1 :]
        if kind == "price":
            kinds[i] = "unit_price" if "unit_price" not in others else "other" if "line_total" in others else "line_total"
        elif kind == "gross_total" and "line_total" not in others:
            kinds[i] = "line_total"
    for i, kind in enumerate(kinds):
        again = kinds[i + 1 :] if kind == "line_total" else kinds[:i] if kind in _AMOUNTS else ()
        if kind in again:
            kinds[i] = "other"
    return tuple(replace(c, headings=(kind, *c.headings[1:])) for c, kind in zip(columns, kinds, strict=True))


def _take(table: Table, row: Row, following: Sequence[Row]) -> None:
    """One more row of a table."""
    found, words = cells(row, table.columns, table.width)
    amounts = _amounts(found)
    if _is_aside(row, amounts) or _sums_up(table, amounts):
        table.pending.clear()
        labels = labels_of(row)
        if not table.strict and "line_total" in amounts and labels and ADJUSTED.match(labels[0]):
            table.adjustments.append((row, amounts["line_total"]))
        return
    last = table.blocks[-1] if table.blocks else None
    if last is not None and amounts and _completes(last.row, last.cells, row, amounts):
        last.cells |= amounts
        last.lines.append((row, words))
    elif _begins(table, row, found | _completion(table, row, found, following)):
        table.blocks.append(Block(row, found, [*_above(table, row), (row, words)]))
        table.strict = False
        table.pending.clear()
    else:
        (last.lines if last is not None else table.pending).append((row, _words(row)))


def _amounts(found: Cells) -> Cells:
    return {kind: token for kind, token in found.items() if kind in _AMOUNTS}


def _completion(table: Table, row: Row, found: Cells, following: Sequence[Row]) -> Cells:
    """Numbers of the same item that stand a little lower, as where each cell is centred on its own."""
    for other in following:
        lower = _amounts(cells(other, table.columns, table.width)[0])
        if lower and _completes(row, found, other, lower):
            return lower
    return {}


def _words(row: Row) -> list[Word]:
    return [word for token in row.tokens for word in token.words]


def _is_aside(row: Row, amounts: Cells) -> bool:
    """Whether a row is a sum on the way, a part of the item above, or a discount or charge on the whole invoice."""
    labels = labels_of(row)
    if any(CARRIED.match(label) for label in labels):
        return bool(row.numbers)
    if not amounts or not labels or "unit_price" in amounts:
        return False
    return bool(INCLUDED.match(labels[0]) or ("quantity" not in amounts and ADJUSTED.match(labels[0])))


def _sums_up(table: Table, amounts: Cells) -> bool:
    """Whether an amount that stands alone is the sum of the items above it, whatever it is called."""
    totals = [block.cells["line_total"].numbers[0] for block in table.blocks if "line_total" in block.cells]
    alone = "line_total" in amounts and not {"quantity", "unit_price"} & amounts.keys()
    return alone and len(totals) > 1 and sum(totals) in amounts["line_total"].numbers


def _begins(table: Table, row: Row, found: Cells) -> bool:
    """Whether the numbers of a row are those of an item."""
    needed = _FULL & table.kinds
    full = found.keys() >= _FULL
    if table.strict or _PROPERTY.match(row.text):
        return needed <= found.keys() and (not full or multiplies(found))
    if "line_total" not in needed:
        return "unit_price" in found
    before = [block.cells for block in table.blocks]
    if full:
        fits = multiplies(found) or multiplies(found, taxed=True)
        return fits or not all(cell.keys() >= _FULL and multiplies(cell) for cell in before) or not before
    if "line_total" in found:
        return not (
            _whole(found["line_total"]) and any("line_total" in cell and not _whole(cell["line_total"]) for cell in before)
        )
    return _FULL - {"line_total"} <= needed & found.keys() and not any("line_total" in cell for cell in before)


def _whole(token: Token) -> bool:
    """Whether a number has no fraction, as amounts rarely and the numbers of pages always have."""
    return token.numbers[0] == token.numbers[0].to_integral_value() and not any(c in ".," for c in token.text)


def _completes(row: Row, found: Cells, lower: Row, amounts: Cells) -> bool:
    """Whether the numbers of a lower row fill what an item above still lacks: its total, or all but its total."""
    near = lower.page == row.page and 0 < lower.box.middle - row.box.middle < _NEAR * row.tokens[0].box.height
    return (
        near
        and bool(_amounts(found))
        and not amounts.keys() & found.keys()
        and ("line_total" in amounts) != ("line_total" in found)
    )


def _above(table: Table, row: Row) -> list[Line]:
    """Lines of a description above its numbers, taken from the item before where they stand nearer to this one."""
    if not table.blocks:
        return _touching(table, row)
    last = table.blocks[-1]
    lines = [line for line in last.lines if line[0].page == row.page and line[0].box.middle > last.row.box.middle]
    if not lines:
        return []
    tops = [last.row, *(line[0] for line in lines), row]
    gaps = [after.box.middle - before.box.middle for before, after in pairwise(tops)]
    cut = max(range(len(gaps)), key=lambda i: gaps[i])
    below = gaps[cut + 1 :]
    if not _lifted(table.blocks[0]) and not (below and gaps[cut] > _APART * max(below) and max(below) < _CLOSE * row.box.height):
        return []
    moved = lines[cut:]
    last.lines = last.lines[: len(last.lines) - len(moved)]
    return moved


def _touching(table: Table, row: Row) -> list[Line]:
    """Lines below the head that run into the first item; none if one of them is a note across the columns."""
    near: list[Line] = []
    below = row
    for line in reversed(table.pending):
        if line[0].page != row.page or below.box.middle - line[0].box.middle > _CLOSE * line[0].tokens[0].box.height:
            break
        near.insert(0, line)
        below = line[0]
    money = min((c.box.left for c in table.columns if c.heading in {"unit_price", "line_total"}), default=table.width)
    return [] if any(line[0].box.right > money for line in near) else near


def _lifted(first: Block) -> bool:
    """Whether descriptions begin above their numbers, as that of the first item shows."""
    return any(row.box.middle < first.row.box.middle and words for row, words in first.lines)


def _are_quantities(blocks: Sequence[Block]) -> bool:
    """Whether what stands under `#` are quantities: they have fractions, or give the totals with the prices."""
    known = [block.cells for block in blocks if {"line_id", "unit_price", "line_total"} <= block.cells.keys()]
    fractions = sum(any(c in cell["line_id"].text for c in ".,") and cell["line_id"].text[-1] != "." for cell in known)
    products = sum(multiplies(cell | {"quantity": cell["line_id"]}) for cell in known)
    return bool(known) and (fractions == len(known) or (products == len(known) and len(known) > 1))


def _item(table: Table, block: Block, numerals: Numerals) -> LineItem:
    page = block.row.page
    found: dict[ItemField, Value] = {}
    numbers: tuple[ItemField, ...] = ("quantity", "unit_price", "discount", "vat_rate", "line_total")
    for kind in numbers:
        if kind in block.cells:
            found[kind] = number_value(block.cells[kind], page, _head(table, kind), numerals)
    for name, words in texts(table.columns, block.row, block.cells, block.lines).items():
        found[name] = text_value(words, page, _head(table, name))
    return LineItem({name: found[name] for name in _ORDER if name in found}, page)


def _head(table: Table, kind: str) -> str:
    return next((column.text for column in table.columns if kind in column.headings), kind)
