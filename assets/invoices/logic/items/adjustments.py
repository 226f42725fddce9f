"""Discounts and charges on the whole invoice that are printed among its line items, as the totals that they add up to."""

from collections.abc import Sequence
from decimal import Decimal

from assets.invoices.logic.invoice import Candidate, FieldName, Value
from assets.invoices.logic.items.headings import REDUCTION
from assets.invoices.logic.items.rows import Row, Token
from assets.invoices.logic.items.table import labels_of
from assets.invoices.logic.numbers import plain
from resources.document_ai.layout import around

_SCORE = 0.5
"""Below that of a total that is printed with its own label."""


def adjusted(found: Sequence[tuple[Row, Token]]) -> dict[FieldName, Value]:
    """Allowances and charges, both positive: what is called a discount or is negative is an allowance."""
    parts: dict[FieldName, list[tuple[Row, Token]]] = {"allowance_total": [], "charge_total": []}
    for row, token in found:
        reduces = token.numbers[0] < 0 or any(REDUCTION.match(label) for label in labels_of(row)[:1])
        parts["allowance_total" if reduces else "charge_total"].append((row, token))
    return {name: _total(some) for name, some in parts.items() if some}


def _total(parts: Sequence[tuple[Row, Token]]) -> Value:
    """What the parts add up to; it stands where they do if they are on one page."""
    value = sum((abs(token.numbers[0]) for _, token in parts), Decimal(0))
    pages = {row.page for row, _ in parts}
    box = around(token.box for _, token in parts) if len(pages) == 1 else None
    reading = min(word.confidence for _, token in parts for word in token.words)
    why = tuple(f"among the line items: {row.text}" for row, _ in parts)
    raw = " + ".join(token.text for _, token in parts)
    candidate = Candidate(plain(value), raw, parts[0][0].page, box, _SCORE, why, reading=reading)
    return Value(candidate, (candidate,))
