"""Line items and taxes of an invoice, from the words of its pages or from the tables of an engine."""

from collections.abc import Sequence

from assets.invoices.logic.invoice import FieldName, LineItem, TaxLine, Value
from assets.invoices.logic.items.adjustments import adjusted
from assets.invoices.logic.items.columns import ruled
from assets.invoices.logic.items.stored import stored_items
from assets.invoices.logic.items.table import headed_tables, items_of
from assets.invoices.logic.items.tax_total import summed_tax as summed_tax
from assets.invoices.logic.items.taxes import tax_rows
from assets.invoices.logic.items.unheaded import unheaded_items
from assets.invoices.logic.numbers import Numerals
from resources.document_ai.layout import Page, Table


def line_items(pages: Sequence[Page], numerals: Numerals, tables: Sequence[Table] = ()) -> tuple[LineItem, ...]:
    """The line items of one invoice, in order.

    Args:
        pages: Its pages.
        numerals: How it writes numbers.
        tables: Those that the engine found; where it calls them line items itself, the pages are not searched.
    """
    named = [item for table in tables if table.items for item in stored_items(table, numerals)]
    if named:
        return tuple(named)
    sheets = ruled(pages, numerals)
    headed = [item for table in headed_tables(sheets) for item in items_of(table, numerals)]
    return tuple(headed or unheaded_items(sheets, numerals))


def tax_lines(pages: Sequence[Page], numerals: Numerals) -> tuple[TaxLine, ...]:
    """The taxes of one invoice by rate, in the order in which they are printed."""
    sheets = ruled(pages, numerals)
    return tuple(tax_rows(sheets, numerals, headed_tables(sheets)))


def adjustments(pages: Sequence[Page], numerals: Numerals) -> dict[FieldName, Value]:
    """`allowance_total` and `charge_total` by the discounts and charges that are printed among the line items."""
    return adjusted([found for table in headed_tables(ruled(pages, numerals)) for found in table.adjustments])
