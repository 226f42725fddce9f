"""How sure each value of an invoice is."""

from dataclasses import replace

from assets.invoices.logic.invoice import Invoice
from resources.document_ai.layout import Analysis


def judged(invoice: Invoice, analysis: Analysis) -> Invoice:
    """The invoice with a confidence for every value that can be judged; what is stored in an e-invoice is what it is.

    Args:
        invoice: As it was extracted.
        analysis: What it was extracted from.
    """
    if not analysis.structured:
        return invoice
    sure = {name: replace(value, confidence=1.0) for name, value in invoice.fields.items() if value.chosen.source == "structured"}
    return replace(invoice, fields={**invoice.fields, **sure})
