"""From an engine's analysis of a file to the invoices in it."""

from assets.invoices.logic.extraction.credit import positive
from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.head import chosen, head
from assets.invoices.logic.extraction.sheet import sheet
from assets.invoices.logic.extraction.splitting import invoices_of, rules_only
from assets.invoices.logic.invoice import Invoice
from resources.document_ai.layout import Analysis


def extract(analysis: Analysis) -> list[Invoice]:
    """The invoices in a file, in the order of their pages; none if nothing in it looks like one."""
    sheets = [sheet(page) for page in analysis.pages]
    readable = [page for page in sheets if not rules_only(page)]
    return [_invoice(Document(pages)) for pages in invoices_of(readable)]


def _invoice(document: Document) -> Invoice:
    return positive(Invoice(tuple(page.number for page in document.sheets), chosen(head(document))))
