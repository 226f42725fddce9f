"""The tax in all where only the taxes by rate are printed, each of which looks like the total of its kind."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from assets.invoices.logic.invoice import Candidate, FieldName, TaxLine, Value
from assets.invoices.logic.numbers import plain

_SLACK = Decimal("0.02")
"""What total, net amount and tax may differ by rounding."""


def summed_tax(fields: Mapping[FieldName, Value], taxes: Sequence[TaxLine]) -> dict[FieldName, Value]:
    """`tax_total` as the sum of several taxes, in place of one of them; empty where a total is printed or nothing is to be added.

    The tax of one rate is the total after all if it makes the grand total with a net amount.
    """
    amounts = [tax.amount.chosen.amount for tax in taxes if tax.amount is not None]
    read = fields.get("tax_total")
    if read is None or len(amounts) < len(taxes) or len(amounts) < 2:
        return {}
    total, chosen = sum(amounts, Decimal(0)), read.chosen.amount
    printed = {candidate.amount for candidate in read.candidates}
    if chosen == total or chosen not in amounts or total in printed or _makes_total(chosen, fields):
        return {}
    why = f"the taxes by rate added up: {' + '.join(plain(amount) for amount in amounts)}"
    candidate = Candidate(plain(total), "", why=(why,), source="arithmetic", reading=0.0)
    return {"tax_total": Value(candidate, (candidate, *read.candidates), repaired=f"printed nowhere: {why}")}


def _makes_total(tax: Decimal, fields: Mapping[FieldName, Value]) -> bool:
    if "line_total" not in fields or "grand_total" not in fields:
        return False
    total = fields["grand_total"].chosen.amount
    nets = [candidate.amount for candidate in fields["line_total"].candidates]
    return any(abs(total - net - tax) <= _SLACK for net in nets if net)
