"""The fields of an invoice's head from its pages: candidates of every field, the best one chosen for now."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from assets.invoices.logic.extraction.currencies import currencies
from assets.invoices.logic.extraction.days import days
from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.engine import named_values
from assets.invoices.logic.extraction.identifiers import kinds, numbers, numbers_below_title, title_numbers
from assets.invoices.logic.extraction.parties import parties
from assets.invoices.logic.extraction.ranking import merged
from assets.invoices.logic.extraction.registrations import ibans
from assets.invoices.logic.extraction.terms import printed_terms, terms
from assets.invoices.logic.extraction.totals import payable, totals, whole
from assets.invoices.logic.invoice import Candidate, FieldName, Value
from resources.document_ai.layout import KeyValue

_PAID, _PAID_WHY = 0.5, "what was paid; nothing else is named as the total"
Candidates = dict[FieldName, tuple[Candidate, ...]]


def head(document: Document, named: Iterable[KeyValue] = ()) -> Candidates:
    """Candidates of the fields, best first; fields without any are absent.

    Args:
        document: The pages of the invoice.
        named: Values that the engine itself names.
    """
    preceding = merged(numbers(document, "preceding_invoice"))
    found: Candidates = {
        "document_type": merged(kinds(document)),
        "invoice_number": _own(
            merged([*title_numbers(document), *numbers(document, "invoice_number"), *numbers_below_title(document)]), preceding
        ),
        "preceding_invoice": preceding,
        "purchase_order": merged(numbers(document, "purchase_order")),
        "currency": merged(currencies(document)),
        "payment_terms": merged(printed_terms(document)),
        "iban": merged(ibans(document)),
    }
    currency = found["currency"][0].value if found["currency"] else None
    dates = days(document, terms(document), currency)
    found |= dates.candidates
    found |= parties(document)
    found |= {name: merged(some) for name, some in totals(document, currency).items()}
    for field, some in named_values(document, named, dates.order).items():
        found[field] = merged([*found.get(field, ()), *some])
    _complete(found)
    return {field: some for field, some in found.items() if some}


def _complete(found: Candidates) -> None:
    """Total and amount due stand in for each other where only one of them is named, what was paid for both where none is."""
    total, due, prepaid = found.get("grand_total", ()), found.get("due_payable", ()), found.get("prepaid", ())
    if due:
        found["grand_total"] = merged([*total, *whole(total, due, prepaid)])
    elif total:
        found["due_payable"] = merged(payable(total, prepaid))
    elif prepaid:
        found["grand_total"] = merged(replace(c, score=_PAID * c.score, why=(*c.why, _PAID_WHY)) for c in prepaid)


def chosen(candidates: Candidates) -> dict[FieldName, Value]:
    """The best candidate of each field."""
    return {field: Value(some[0], some) for field, some in candidates.items() if some}


def _own(found: Sequence[Candidate], preceding: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The number of another invoice that this one names is not its own, if there is another."""
    others = {candidate.value for candidate in preceding[:1]}
    own = tuple(candidate for candidate in found if candidate.value not in others)
    return own or tuple(found)
