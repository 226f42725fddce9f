"""From an engine's analysis of a file to the invoices in it."""

from collections.abc import Iterator

from assets.invoices.logic.arithmetic import reconcile
from assets.invoices.logic.extraction.credit import positive
from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.head import Candidates, chosen, head
from assets.invoices.logic.extraction.receipts import is_receipt, receipt_candidates
from assets.invoices.logic.extraction.sheet import Sheet, sheet
from assets.invoices.logic.extraction.splitting import invoices_of, rules_only
from assets.invoices.logic.extraction.totals import unread
from assets.invoices.logic.invoice import Candidate, Invoice
from assets.invoices.logic.items import adjustments, line_items, summed_tax, tax_lines
from resources.document_ai.layout import Analysis

_OF_INVOICES_ONLY = ("seller", "seller_address", "buyer", "buyer_address", "buyer_tax_ids", "purchase_order", "preceding_invoice")
"""Fields whose rules for invoices mislead on a receipt."""


def extract(analysis: Analysis) -> list[Invoice]:
    """The invoices in a file, in the order of their pages; none if nothing in it looks like one.

    Pages that hold terms and conditions only belong to no invoice.
    """
    if is_receipt(analysis):
        return [_invoice(analysis, tuple(sheet(page) for page in analysis.pages), receipt=True)]
    return list(_invoices(analysis))


def _invoices(analysis: Analysis) -> Iterator[Invoice]:
    sheets = (sheet(page) for page in analysis.pages)
    for pages in invoices_of(page for page in sheets if not rules_only(page)):
        invoice = _invoice(analysis, pages, receipt=False)
        if invoice.fields:
            yield invoice


def _invoice(analysis: Analysis, sheets: tuple[Sheet, ...], *, receipt: bool) -> Invoice:
    document = Document(sheets)
    numbers = tuple(one.number for one in sheets)
    pages = [page for page in analysis.pages if page.number in numbers]
    tables = [table for table in analysis.tables if table.page is None or table.page in numbers]
    candidates = head(document, analysis.key_values)
    if receipt:
        candidates = _of_receipt(analysis, candidates)
    items = line_items(pages, document.numerals, tables)
    fields = adjustments(pages, document.numerals) | chosen(candidates)
    taxes = tax_lines(pages, document.numerals)
    notes = () if "grand_total" in fields else tuple(dict.fromkeys(unread(document)))
    found = Invoice(numbers, fields | summed_tax(fields, taxes), items, taxes, notes=notes)
    return positive(reconcile(found))


def _of_receipt(analysis: Analysis, candidates: Candidates) -> Candidates:
    """The fields by the rules for receipts; by those for invoices what these do not know."""
    rest = {field: some for field, some in candidates.items() if field not in _OF_INVOICES_ONLY}
    kind = Candidate("receipt", "", score=1.0, why=("it is printed and worded as a receipt",))
    own: Candidates = {field: tuple(some) for field, some in receipt_candidates(analysis.pages).items()}
    return rest | own | {"document_type": (kind,)}
