"""From the analysis of an e-invoice to its invoice: stored values need neither search nor judgement."""

from collections import defaultdict
from collections.abc import Sequence
from typing import cast, get_args

from assets.invoices.logic.invoice import Candidate, FieldName, Invoice, ItemField, LineItem, TaxLine, Value
from resources.document_ai.layout import Analysis, Box, Cell, KeyValue, Table

_FIELDS: frozenset[str] = frozenset(get_args(FieldName))
_COLUMNS: frozenset[str] = frozenset(get_args(ItemField))
_TAX = frozenset({"rate", "base", "amount"})


def invoice_of(analysis: Analysis) -> Invoice:
    """The invoice that a structured analysis is.

    Fields that have several values (tax identifiers) hold them separated by `, `. A stored value has confidence 1: the XML is
    the invoice, and what a page says beside it is compared by `agreement`.

    Raises:
        ValueError: The analysis is a reading of pages.
    """
    if not analysis.structured:
        raise ValueError(f"the analysis by {analysis.engine} is no e-invoice")
    stored: dict[FieldName, list[KeyValue]] = defaultdict(list)
    for value in analysis.key_values:
        if value.key in _FIELDS:
            stored[cast(FieldName, value.key)].append(value)
    return Invoice(
        pages=tuple(page.number for page in analysis.pages),
        fields={name: _field(values) for name, values in stored.items()},
        items=tuple(_item(table, row) for table in analysis.tables if table.items for row in table.rows),
        taxes=tuple(_tax(table, row) for table in analysis.tables if not table.items for row in table.rows if _is_tax(row)),
        notes=analysis.notes,
    )


def _field(values: Sequence[KeyValue]) -> Value:
    first = values[0]
    texts = ", ".join(value.normalized or value.text for value in values)
    return _stored(texts, ", ".join(value.text for value in values), first.page, first.box)


def _item(table: Table, row: Sequence[Cell]) -> LineItem:
    columns = {cast(ItemField, cell.key): _cell(table, cell) for cell in row if cell.key in _COLUMNS}
    return LineItem(columns, table.page)


def _tax(table: Table, row: Sequence[Cell]) -> TaxLine:
    cells = {cell.key: _cell(table, cell) for cell in row}
    return TaxLine(cells.get("rate"), cells.get("base"), cells.get("amount"))


def _is_tax(row: Sequence[Cell]) -> bool:
    return any(cell.key in _TAX for cell in row)


def _cell(table: Table, cell: Cell) -> Value:
    return _stored(cell.text, cell.text, table.page, cell.box)


def _stored(value: str, raw: str, page: int | None, box: Box | None) -> Value:
    only = Candidate(value, raw, page, box, 1.0, ("stored in the e-invoice",), "structured")
    return Value(only, (only,), 1.0)
