"""The invoice with what people said of it: their values in the place of those read, and its identities tried on them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from assets.invoices.logic.arithmetic import rechecked
from assets.invoices.logic.invoice import Candidate, FieldName, Invoice, Value

_FIELDS: tuple[FieldName, ...] = get_args(FieldName)


def corrected(invoice: Invoice, said: Mapping[str, str | None]) -> Invoice:
    """The invoice as it is in force.

    Args:
        invoice: As it was read.
        said: Values that people gave or confirmed, by field; None if nothing is printed. What is no field is passed over.
    """
    named: list[FieldName] = [name for name in _FIELDS if name in said]
    if not named:
        return invoice
    fields = dict(invoice.fields)
    for name in named:
        value = said[name]
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = _value(invoice.fields.get(name), value)
    return rechecked(replace(invoice, fields=fields))


def _value(read: Value | None, said: str) -> Value:
    """What was said, with the place of the reading that says the same."""
    if read is None:
        return Value(Candidate(said, said))
    if read.value == said:
        return read
    chosen = next((one for one in read.candidates if one.value == said), Candidate(said, said))
    return Value(chosen, read.candidates)
