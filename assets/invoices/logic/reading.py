"""From the analyses of one file to the invoices in it: the XML is the invoice where there is one, pages are held against it."""

from dataclasses import dataclass
from typing import Literal

from assets.invoices.logic.agreement import merged
from assets.invoices.logic.arithmetic import reconcile
from assets.invoices.logic.confidence import judged
from assets.invoices.logic.extraction import extract
from assets.invoices.logic.extraction.structured import invoice_of
from assets.invoices.logic.invoice import Invoice
from resources.document_ai.layout import Analysis


@dataclass(frozen=True, slots=True)
class PageShape:
    """Size of a page in the units of all boxes on it, where its words come from, and by how much it was turned to be read."""

    number: int
    width: float
    height: float
    origin: Literal["text", "ocr"]
    turn: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What is in a file.

    Attributes:
        engine: Engine that the invoices come from, `name@version`.
        pages: Its pages; none for an XML file.
        invoices: The invoices in it, in order.
        notes: What was unusual about the file.
    """

    engine: str
    pages: tuple[PageShape, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    notes: tuple[str, ...] = ()


def reading_of(structured: Analysis | None, printed: Analysis | None, notes: tuple[str, ...] = ()) -> Reading:
    """The invoices of a file of which there is at least one analysis.

    Args:
        structured: Of the e-invoice in it.
        printed: Of its pages.
        notes: What was unusual before it came to this.
    """
    source = structured or printed
    if source is None:
        raise ValueError("neither an e-invoice nor pages were read")
    on_pages = extract(printed) if printed else []
    shapes = (
        tuple(PageShape(page.number, page.width, page.height, page.origin, page.turn) for page in printed.pages)
        if printed
        else ()
    )
    said = tuple(dict.fromkeys([*notes, *(structured.notes if structured else ()), *(printed.notes if printed else ())]))
    if structured is None:
        invoices = [judged(invoice, source) for invoice in on_pages]
    else:
        invoices = [_with_pages(judged(reconcile(invoice_of(structured)), structured), on_pages)]
    return Reading(source.engine, shapes, tuple(invoices), said)


def _with_pages(stored: Invoice, on_pages: list[Invoice]) -> Invoice:
    """The invoice of the XML beside the one of the pages that bears its number, or the first."""
    number = stored.fields.get("invoice_number")
    same = [page for page in on_pages if number and page.fields.get("invoice_number") == number]
    printed = next(iter(same or on_pages), None)
    return stored if printed is None else merged(stored, printed)
