"""The numbers of an invoice, each with all readings that something supports.

A reading is supported by a candidate: it is one, or it is what the characters of one become if a single digit or the decimal
mark was misread. Characters of a text layer and of stored values are never misread, so theirs have no such readings.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from assets.invoices.logic.invoice import Candidate, FieldName, Invoice, ItemField, LineItem, TaxLine, Value
from assets.invoices.logic.numbers import plain

Slot = tuple[str, int, str]
"""Where a number stands: `field`, `item` or `tax`; which item or tax; the name of the field, column or part."""

TOTALS: tuple[FieldName, ...] = (
    "line_total", "allowance_total", "charge_total", "tax_total", "grand_total", "prepaid", "rounding", "due_payable"
)  # fmt: skip
_COLUMNS: tuple[ItemField, ...] = ("quantity", "unit_price", "base_quantity", "discount", "vat_rate", "line_total")
_PARTS = ("rate", "base", "amount")

_CONFUSED = {"1": "7", "7": "1", "3": "8", "8": "3", "5": "6", "6": "5"}
"""Digits that are read for each other; letters that are read for digits are candidates already."""
_CANDIDATE, _MISREAD = 1.6, 2.5
"""What it costs to take another candidate (up to as much again if its score is much lower), and to take a digit as misread."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that a slot may hold, the candidate for it, and how much speaks against it."""

    value: Decimal
    candidate: Candidate
    cost: float


def readings(invoice: Invoice) -> dict[Slot, tuple[Reading, ...]]:
    """All readings of all numbers, the chosen one first."""
    return {slot: found for slot, value in numbers(invoice) if (found := _readings(value))}


def numbers(invoice: Invoice) -> Iterator[tuple[Slot, Value]]:
    """The values of an invoice that are numbers of its identities."""
    for name in TOTALS:
        if name in invoice.fields:
            yield ("field", 0, name), invoice.fields[name]
    for i, item in enumerate(invoice.items):
        for column in _COLUMNS:
            if column in item.columns:
                yield ("item", i, column), item.columns[column]
    for i, tax in enumerate(invoice.taxes):
        for part, value in zip(_PARTS, (tax.rate, tax.base, tax.amount), strict=True):
            if value is not None:
                yield ("tax", i, part), value


def with_values(invoice: Invoice, changed: dict[Slot, Value]) -> Invoice:
    """The invoice with some of its numbers replaced."""
    fields = dict(invoice.fields)
    for name in TOTALS:
        if ("field", 0, name) in changed:
            fields[name] = changed["field", 0, name]
    items = tuple(_item(i, item, changed) for i, item in enumerate(invoice.items))
    taxes = tuple(_tax(i, tax, changed) for i, tax in enumerate(invoice.taxes))
    return replace(invoice, fields=fields, items=items, taxes=taxes)


def _item(index: int, item: LineItem, changed: dict[Slot, Value]) -> LineItem:
    return replace(item, columns={name: changed.get(("item", index, name), value) for name, value in item.columns.items()})


def _tax(index: int, tax: TaxLine, changed: dict[Slot, Value]) -> TaxLine:
    parts = zip(_PARTS, (tax.rate, tax.base, tax.amount), strict=True)
    return TaxLine(*(changed.get(("tax", index, part), value) for part, value in parts))


def _readings(value: Value) -> tuple[Reading, ...]:
    chosen = _decimal(value.chosen)
    if chosen is None:
        return ()
    found = {chosen: Reading(chosen, value.chosen, 0.0)}
    if value.chosen.source == "structured":
        return tuple(found.values())
    best = max((candidate.score for candidate in value.candidates), default=value.chosen.score)
    for candidate in value.candidates:
        number = _decimal(candidate)
        if number is not None and number not in found:
            found[number] = Reading(number, candidate, _CANDIDATE + _behind(candidate.score, best))
    for reading in list(found.values()):
        for number in _misread(reading.candidate):
            if number not in found:
                found[number] = Reading(number, _as_misread(reading.candidate, number), reading.cost + _MISREAD)
    return tuple(found.values())


def _decimal(candidate: Candidate) -> Decimal | None:
    try:
        number = candidate.amount
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _behind(score: float, best: float) -> float:
    """How far a score lies behind the best one, 0 to 1."""
    return min(1.0, max(0.0, (best - score) / abs(best))) if best else 0.0


def _misread(candidate: Candidate) -> Iterator[Decimal]:
    """What a number becomes if one of its digits, or its decimal mark, was misread."""
    if candidate.reading >= 1.0:
        return
    text = candidate.value
    for i, digit in enumerate(text):
        if digit in _CONFUSED:
            yield Decimal(text[:i] + _CONFUSED[digit] + text[i + 1 :])
    if re.fullmatch(r"-?\d{3,}", text):
        yield Decimal(f"{text[:-2]}.{text[-2:]}")
    elif re.fullmatch(r"-?\d+\.\d\d", text):
        yield Decimal(text.replace(".", ""))


def _as_misread(candidate: Candidate, number: Decimal) -> Candidate:
    why = (*candidate.why, f"{candidate.raw} may be misread")
    return replace(candidate, value=plain(number), score=candidate.score / 2, why=why, reading=1.0 - candidate.reading)
