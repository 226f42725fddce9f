"""Arithmetic of an invoice: its identities choose among the readings of its numbers, and say what does not agree.

Nothing is invented: a number only becomes another if a candidate supports it (see `slots`). What is printed nowhere but follows
from the rest is given as what it is: computed, without a place, with a confidence that no automatic acceptance takes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from assets.invoices.logic.arithmetic.identities import Identity, identities
from assets.invoices.logic.arithmetic.search import Changes, solve
from assets.invoices.logic.arithmetic.slots import Reading, Slot, numbers, readings, with_values
from assets.invoices.logic.invoice import Candidate, Check, FieldName, Invoice, Value
from assets.invoices.logic.numbers import plain

COMPUTED_CONFIDENCE = 0.5
"""Confidence of an amount that is printed nowhere and only follows from others, at most."""

_RATES = "the taxes by rate added up"
_ADDED_UP = f"printed nowhere: {_RATES}"
_TOTAL: Slot = ("field", 0, "grand_total")
_DUE: Slot = ("field", 0, "due_payable")


def reconcile(invoice: Invoice) -> Invoice:
    """The invoice with the readings that agree best, its checks, and notes on what does not agree.

    A value that is read differently than before says why in `repaired`. Where different readings would serve equally well, none
    is taken. Stored values of an e-invoice are never changed.
    """
    options = readings(invoice)
    all_of_them = identities(invoice, frozenset(options))
    tried = [identity for identity in all_of_them if not identity.missing]
    follows = "due_payable" in invoice.fields and invoice.fields["due_payable"].chosen.source == "arithmetic"
    changes, doubtful = solve([identity for identity in tried if not (follows and _DUE in identity.parts)], options)
    if follows and _TOTAL in changes:
        changes = {**changes, _DUE: _followed(changes[_TOTAL], invoice.fields["due_payable"])}
    repaired = with_values(invoice, dict(_repaired(invoice, changes, tried)))
    values = {slot: changes[slot].value if slot in changes else found[0].value for slot, found in options.items()}
    checks = tuple(identity.check(values) for identity in all_of_them)
    derived = _derived(repaired, checks, values)
    notes = tuple(dict.fromkeys((*invoice.notes, *_notes(checks), *_doubts(doubtful))))
    found = replace(repaired, fields=repaired.fields | derived, checks=checks, notes=notes)
    # the sum of printed taxes is a witness of the total; what was calculated from the total is none
    return rechecked(found) if "tax_total" in derived and derived["tax_total"].repaired == _ADDED_UP else found


def rechecked(invoice: Invoice) -> Invoice:
    """The invoice with its identities tried on the numbers as they are, and notes on what does not agree; nothing is repaired."""
    values = {slot: found[0].value for slot, found in readings(invoice).items()}
    checks = tuple(identity.check(values) for identity in identities(invoice, frozenset(values)))
    before = set(_notes(invoice.checks))
    notes = dict.fromkeys((*(note for note in invoice.notes if note not in before), *_notes(checks)))
    return replace(invoice, checks=checks, notes=tuple(notes))


def _followed(total: Reading, due: Value) -> Reading:
    """What is to be paid where only the total tells it, which is no witness of the total: it goes where the total goes."""
    chosen = due.chosen
    return replace(total, candidate=replace(total.candidate, score=chosen.score, why=chosen.why, source="arithmetic"))


def _repaired(invoice: Invoice, changes: Changes, tried: Sequence[Identity]) -> Iterator[tuple[Slot, Value]]:
    for slot, value in numbers(invoice):
        if slot not in changes:
            continue
        chosen = changes[slot].candidate
        others = tuple(candidate for candidate in value.candidates if candidate != chosen)
        names = [_words(identity) for identity in tried if slot in identity.parts]
        says = f"{value.value} became {chosen.value}, so that it agrees with: {'; '.join(names)}"
        yield slot, replace(value, chosen=chosen, candidates=(chosen, *others), repaired=says)


def _words(identity: Identity | Check) -> str:
    words = identity.name.replace("_", " ")
    return f"{words} ({identity.subject})" if identity.subject else words


def _notes(checks: Sequence[Check]) -> Iterator[str]:
    return (f"{_words(check)} does not hold: {check.says}" for check in checks if check.holds is False)


def _doubts(doubtful: Sequence[Slot]) -> Iterator[str]:
    if doubtful:
        yield f"several numbers could be misread, none was changed: {', '.join(_named(slot) for slot in doubtful)}"


def _named(slot: Slot) -> str:
    kind, index, name = slot
    words = name.replace("_", " ")
    return words if kind == "field" else f"{words} of {'line' if kind == 'item' else 'tax'} {index + 1}"


def _derived(invoice: Invoice, checks: Sequence[Check], values: dict[Slot, Decimal]) -> dict[FieldName, Value]:
    """Totals that are printed nowhere but follow from others; none as long as something does not agree or nothing does."""
    if any(check.holds is False for check in checks) or not any(check.holds for check in checks):
        return {}
    known = {slot[2]: value for slot, value in values.items() if slot[0] == "field"}
    adjusted = known.get("charge_total", Decimal(0)) - known.get("allowance_total", Decimal(0))
    amounts = [values.get(("tax", i, "amount")) for i in range(len(invoice.taxes))]
    lines = [values.get(("item", i, "line_total")) for i in range(len(invoice.items))]
    found: dict[FieldName, Value] = {}
    tax = known.get("tax_total")
    if tax is None and amounts and None not in amounts:
        tax = sum((amount for amount in amounts if amount is not None), Decimal(0))
        found["tax_total"] = _computed(tax, _RATES)
    net, grand = known.get("line_total"), known.get("grand_total")
    if net is None and tax is not None and grand is not None:
        net = grand - tax - adjusted
        if lines and None not in lines and sum((line for line in lines if line is not None), Decimal(0)) != net:
            return found
        found["line_total"] = _computed(net, "the grand total less taxes, allowances and charges")
    elif grand is None and net is not None and tax is not None:
        found["grand_total"] = _computed(net + adjusted + tax, "the net amount with taxes, allowances and charges")
    elif tax is None and net is not None and grand is not None and grand - net - adjusted:
        found["tax_total"] = _computed(grand - net - adjusted, "the grand total less the net amount, allowances and charges")
    return found


def _computed(value: Decimal, how: str) -> Value:
    candidate = Candidate(plain(value), "", why=(how,), source="arithmetic", reading=0.0)
    return Value(candidate, (candidate,), COMPUTED_CONFIDENCE, f"printed nowhere: {how}")
