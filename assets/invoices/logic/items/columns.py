"""Head rows of tables: which columns a table has, and whether it is a table of line items at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from assets.invoices.logic.items.headings import LONGEST, Heading, bare, heading, misread_heading
from assets.invoices.logic.items.rows import Row, close, rows, segments
from assets.invoices.logic.numbers import Numerals
from resources.document_ai.layout import Box, Page, Word, around

_MONEY: frozenset[Heading] = frozenset({"unit_price", "price", "line_total", "gross_total"})
_FOREIGN: frozenset[Heading] = frozenset({"tax_base", "tax_amount"})

_WITHIN = 0.7
"""Heights of a line between two words of one heading at most."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it holds (several kinds if they stand one below the other), and where its head stands."""

    headings: tuple[Heading, ...]
    box: Box
    text: str

    @property
    def heading(self) -> Heading:
        """What stands in its first line."""
        return self.headings[0]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table: rows `start` to `stop` (exclusive) of a page."""

    columns: tuple[Column, ...]
    start: int
    stop: int

    @property
    def kinds(self) -> set[Heading]:
        """All headings."""
        return {kind for column in self.columns for kind in column.headings}

    @property
    def of_items(self) -> bool:
        """Whether line items stand below: they have a price and a quantity or a description, and no taxes on sums."""
        kinds = self.kinds
        if not kinds & _MONEY or not kinds & {"description", "quantity", "sku"}:
            return False
        if (
            kinds & _FOREIGN
            and not {"quantity", "unit_price"} <= kinds
            and not {"description", "line_total", "quantity"} <= kinds
        ):
            return False
        return len(kinds - {"other"}) >= (3 if kinds & _FOREIGN else 2)

    @property
    def of_taxes(self) -> bool:
        """Whether taxes by rate stand below."""
        kinds = self.kinds
        return not self.of_items and bool(kinds & _FOREIGN) and ("vat_rate" in kinds or kinds >= _FOREIGN)


@dataclass(frozen=True, slots=True)
class RuledPage:
    """A page as tables are looked for: its width, its rows, and the heads among them by the row that they begin in."""

    width: float
    rows: tuple[Row, ...]
    heads: dict[int, Head]


@dataclass(slots=True)
class _Piece:
    """Words of one row that are one heading, or words between headings."""

    row: int
    words: list[Word]
    kind: Heading | None
    box: Box = field(init=False)

    def __post_init__(self) -> None:
        self.box = around(word.box for word in self.words)


def ruled(pages: Sequence[Page], numerals: Numerals) -> list[RuledPage]:
    """Pages with the heads of their tables."""
    found = [(page.width, tuple(rows(page, numerals))) for page in pages]
    return [RuledPage(width, on_page, {head.start: head for head in heads(on_page)}) for width, on_page in found]


def heads(on_page: Sequence[Row]) -> list[Head]:
    """The heads of all tables on a page, top to bottom."""
    found: list[Head] = []
    pieces = [[] if row.numbers else _pieces(i, row) for i, row in enumerate(on_page)]
    at = 0
    while at < len(on_page):
        if _is_core(pieces[at], on_page[at]):
            start, stop = _extent(on_page, pieces, at, found[-1].stop if found else 0)
            columns = _columns([piece for part in pieces[start:stop] for piece in part])
            found.append(Head(columns, start, stop))
            at = stop
        else:
            at += 1
    return found


def _is_core(pieces: Sequence[_Piece], row: Row) -> bool:
    kinds = {piece.kind for piece in pieces if piece.kind} - {"other"}
    known = sum(len(piece.words) for piece in pieces if piece.kind)
    total = sum(len(piece.words) for piece in pieces)
    if row.numbers or known < 0.6 * total or len(kinds) < 2:
        return False
    return len(segments([w for p in pieces for w in p.words], 0.8)) >= 2 and bool(kinds & (_MONEY | _FOREIGN | {"quantity"}))


def _extent(on_page: Sequence[Row], pieces: Sequence[Sequence[_Piece]], core: int, floor: int) -> tuple[int, int]:
    """Rows above and below the core that belong to the same head."""
    columns = [piece.box for piece in pieces[core]]
    start, stop = core, core + 1
    while start > floor and _belongs(on_page[start - 1], on_page[start], pieces[start - 1], columns):
        start -= 1
    while stop < len(on_page) and _belongs(on_page[stop], on_page[stop - 1], pieces[stop], columns):
        stop += 1
    return start, stop


def _belongs(row: Row, neighbour: Row, pieces: Sequence[_Piece], columns: Sequence[Box]) -> bool:
    if row.numbers:
        return False
    pitch = abs(row.box.middle - neighbour.box.middle) / max(neighbour.tokens[0].box.height, 1e-6)
    under = all(any(_shared(piece.box, column) > 0 for column in columns) for piece in pieces)
    known = sum(len(p.words) for p in pieces if p.kind) >= 0.5 * sum(len(p.words) for p in pieces)
    return (pitch < 0.9 and under) or (pitch < 1.7 and known)


def _pieces(index: int, row: Row) -> list[_Piece]:
    found: list[_Piece] = []
    for segment in segments([word for token in row.tokens for word in token.words]):
        for words, kind in _phrases(segment):
            last = found[-1] if found else None
            if last is not None and kind is None and last.kind is None and last.words[-1] in segment:
                found[-1] = _Piece(index, [*last.words, *words], None)
            else:
                found.append(_Piece(index, words, kind))
    return found


def _phrases(words: Sequence[Word]) -> Iterator[tuple[list[Word], Heading | None]]:
    """The words parted into the longest headings that are known, and words that are none."""
    at = 0
    while at < len(words):
        for size in range(min(LONGEST, len(words) - at), 0, -1):
            part = list(words[at : at + size])
            kind = _kind(part)
            if kind and (size == 1 or all(close(a, b, _WITHIN) for a, b in pairwise(part))):
                yield part, kind
                at += size
                break
        else:
            yield [words[at]], None
            at += 1


def _kind(words: Sequence[Word]) -> Heading | None:
    """What words head a column of; words that were recognised may be so with a character wrong."""
    text = "".join(bare(word.text) for word in words)
    return heading(text) if all(word.confidence >= 1.0 for word in words) else misread_heading(text)


def _shared(one: Box, other: Box) -> float:
    """The part of the narrower box's width that both have in common."""
    common = min(one.right, other.right) - max(one.left, other.left)
    return common / max(min(one.width, other.width), 1e-6)


def _columns(pieces: Sequence[_Piece]) -> tuple[Column, ...]:
    stacks: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.row):
        near = [s for s in stacks if all(p.row != piece.row for p in s) and max(_shared(piece.box, p.box) for p in s) > 0.3]
        if near:
            max(near, key=lambda s: max(_shared(piece.box, p.box) for p in s)).append(piece)
        else:
            stacks.append([piece])
    found = [column for stack in stacks if (column := _column(stack)) is not None]
    return tuple(sorted(found, key=lambda c: (c.box.left + c.box.right) / 2))


def _column(stack: Sequence[_Piece]) -> Column | None:
    words = [word for piece in stack for word in piece.words]
    box = around(word.box for word in words)
    text = " ".join(word.text for word in words)
    whole = _kind(words) if len(stack) > 1 else None
    if whole is not None:
        return Column((whole,), box, text)
    kinds = tuple(piece.kind for piece in stack if piece.kind)
    real = tuple(kind for kind in kinds if kind != "other") or kinds
    return Column(real, box, text) if real else None
