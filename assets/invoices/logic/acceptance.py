"""What is accepted without a look, and what a person has to see first."""

from collections.abc import Collection
from dataclasses import dataclass

from assets.invoices.logic.confidence import shipped
from assets.invoices.logic.invoice import FieldName, Invoice, Value

THRESHOLD = shipped().accept_from
"""Confidence from which a value is accepted: chosen so that less than one in a hundred of those is wrong."""
REQUIRED: tuple[FieldName, ...] = ("invoice_number", "issue_date", "seller", "currency", "grand_total")
"""Fields without which nothing can be paid or booked."""
DECISIVE: tuple[FieldName, ...] = (*REQUIRED, "due_date", "iban", "line_total", "tax_total", "due_payable", "seller_tax_ids")
"""Fields whose doubt holds an invoice back; the others are marked, and hold nothing up."""
_NO_NUMBER = frozenset({"receipt"})
"""Documents that may be booked without a number."""
_NOT_PRINTED = "it is said that it is not printed, but nothing can be booked without it: say what is to be taken for it"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why an invoice is not accepted.

    Attributes:
        field: The field.
        reason: For people.
        value: What it was taken to be; None if it was not found.
    """

    field: FieldName
    reason: str
    value: Value | None = None


def is_accepted(value: Value) -> bool:
    """Whether a value is right surely enough."""
    return value.confidence is not None and value.confidence >= THRESHOLD


def doubts(invoice: Invoice, settled: Collection[str], confirmed: Collection[str] = ()) -> list[Doubt]:
    """What stands against accepting an invoice; nothing if it is accepted.

    A total that is printed nowhere holds nothing up as long as all amounts agree: there is no reading of it to be doubted.

    Args:
        invoice: As it is in force, what people said included.
        settled: Fields of which a person said what they are, or that nothing is printed.
        confirmed: Those among them that a person looked at and left as they were.
    """
    found = []
    for name in DECISIVE:
        value = invoice.fields.get(name)
        if value is None:
            if name in REQUIRED and not (name == "invoice_number" and _type(invoice) in _NO_NUMBER):
                found.append(Doubt(name, _NOT_PRINTED if name in settled else "it was not found"))
        elif name not in settled and not is_accepted(value) and not (_is_calculated(value) and invoice.reconciled):
            found.append(Doubt(name, _reason(value), value))
    broken = [check for check in invoice.checks if check.holds is False]
    amounts = ("grand_total", "line_total", "tax_total", "due_payable")
    if broken and not any(doubt.field in amounts for doubt in found) and "grand_total" not in confirmed:
        found.append(Doubt("grand_total", f"the amounts do not agree: {broken[0].says}", invoice.fields.get("grand_total")))
    return found


def _is_calculated(value: Value) -> bool:
    """Whether it was not read at all, but follows from what was."""
    return value.chosen.source == "arithmetic" and value.chosen.box is None


def _type(invoice: Invoice) -> str:
    found = invoice.fields.get("document_type")
    return found.value if found else "invoice"


def _reason(value: Value) -> str:
    if value.confidence is None:
        contradicted = value.chosen.source == "structured"
        return "the page says something else than the e-invoice" if contradicted else "how sure it is was not judged"
    said = f"it is right with {value.confidence:.1%}, less than {THRESHOLD:.1%}"
    return f"{said}; {value.repaired}" if value.repaired else said
