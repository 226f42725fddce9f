"""Line items that an engine itself names, cell by cell under its key."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import get_args

from assets.invoices.logic.invoice import Candidate, ItemField, LineItem, Value
from assets.invoices.logic.numbers import Numerals, plain, readings
from resources.document_ai.layout import Cell, Table

_KEYS: dict[str, ItemField] = {name: name for name in get_args(ItemField)}
_NUMBERS: frozenset[ItemField] = frozenset({"quantity", "unit_price", "base_quantity", "discount", "vat_rate", "line_total"})


def stored_items(table: Table, numerals: Numerals) -> Iterator[LineItem]:
    """The rows of a table of line items. What stands on no page is stored data: its numbers have a point and no groups."""
    for row in table.rows:
        columns: dict[ItemField, Value] = {}
        for cell in row:
            if cell.key in _KEYS and cell.text.strip() and (value := _value(cell, _KEYS[cell.key], table, numerals)) is not None:
                columns.setdefault(_KEYS[cell.key], value)
        if columns:
            yield LineItem(columns, table.page)


def _value(cell: Cell, kind: ItemField, table: Table, numerals: Numerals) -> Value | None:
    values = [cell.text.strip()] if kind not in _NUMBERS else [plain(number) for number in _numbers(cell.text, table, numerals)]
    if not values:
        return None
    why = (f"named {kind} by the engine",)
    source = "structured" if table.page is None else "engine"
    candidates = tuple(
        Candidate(value, cell.text, table.page, cell.box, 1.0 / (rank + 1), why, source, cell.confidence)  # type: ignore[arg-type]
        for rank, value in enumerate(values)
    )
    return Value(candidates[0], candidates)


def _numbers(text: str, table: Table, numerals: Numerals) -> tuple[Decimal, ...]:
    if table.page is None:
        try:
            return (Decimal(text.strip()),)
        except InvalidOperation:
            pass
    return readings(text, numerals)
