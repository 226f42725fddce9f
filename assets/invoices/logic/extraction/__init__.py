"""From an engine's analysis of a file to the invoices in it."""

from assets.invoices.logic.invoice import Invoice
from resources.document_ai.layout import Analysis


def extract(analysis: Analysis) -> list[Invoice]:
    """The invoices in a file, in the order of their pages; none if nothing in it looks like one."""
    return [Invoice(tuple(page.number for page in analysis.pages))] if analysis.pages else []
