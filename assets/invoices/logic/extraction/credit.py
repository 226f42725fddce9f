"""The sign of credit notes: by EN 16931 the type of the document says that money goes back, and its amounts are positive."""

from dataclasses import replace

from assets.invoices.logic.invoice import Candidate, FieldName, Invoice, ItemField, LineItem, TaxLine, Value

_AMOUNTS: tuple[FieldName, ...] = (
    "line_total", "allowance_total", "charge_total", "tax_total", "grand_total", "prepaid", "due_payable",
)  # fmt: skip
_COLUMNS: tuple[ItemField, ...] = ("quantity", "line_total")
_WHY = "printed with a minus, which a credit note has by its kind"


def positive(invoice: Invoice) -> Invoice:
    """A credit note with its amounts as EN 16931 states them; others, and credit notes printed so, as they are.

    A corrected invoice (`Rechnungskorrektur`, type 384) is an invoice whose amounts are negative, and stays one.
    """
    kind, total = invoice.fields.get("document_type"), invoice.fields.get("grand_total")
    if kind is None or total is None or kind.value != "credit_note" or total.chosen.amount >= 0:
        return invoice
    fields = {name: _turned(value) if name in _AMOUNTS else value for name, value in invoice.fields.items()}
    return replace(
        invoice,
        fields=fields,
        items=tuple(_item(item) for item in invoice.items),
        taxes=tuple(_tax(tax) for tax in invoice.taxes),
    )


def _item(item: LineItem) -> LineItem:
    return replace(item, columns={name: _turned(v) if name in _COLUMNS else v for name, v in item.columns.items()})


def _tax(tax: TaxLine) -> TaxLine:
    return replace(tax, base=_turned(tax.base) if tax.base else None, amount=_turned(tax.amount) if tax.amount else None)


def _turned(value: Value) -> Value:
    """A value without its minus; each candidate keeps its place."""
    candidates = tuple(_positive(candidate) for candidate in value.candidates)
    return replace(value, chosen=_positive(value.chosen), candidates=candidates)


def _positive(candidate: Candidate) -> Candidate:
    if candidate.amount >= 0:
        return candidate
    return replace(candidate, value=f"{-candidate.amount:f}", why=(*candidate.why, _WHY))
