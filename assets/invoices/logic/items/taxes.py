"""Taxes by rate: rows that name a rate with the amount that it applies to and the tax that it gives."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import permutations

from assets.invoices.logic.invoice import TaxLine, Value
from assets.invoices.logic.items.cells import Cells, cells, number_value
from assets.invoices.logic.items.columns import Head, RuledPage
from assets.invoices.logic.items.headings import ADJUSTED, TOTAL, unaccented
from assets.invoices.logic.items.rows import Row, Token
from assets.invoices.logic.items.table import Table, labels_of
from assets.invoices.logic.numbers import Numerals

_TAX_WORD = re.compile(
    r"(?<![a-z])(?:mwst|ust|vat|tva|iva|btw|gst|igst|cgst|sgst|utgst|pst|qst|hst|moms|tax(?:es)?|taxe|steuer|impuesto|imposta)(?![a-z])|[a-z]steuer"
)
_APART = re.compile(r"(?<![a-z])(?:cgst|sgst|utgst|gst|pst|qst|state|county|city)(?![a-z])")
"""Words for taxes of equal rate that are added to each other."""
_HIGHEST = Decimal(40)
_SLACK = Decimal("0.02")
"""What a tax may differ from rate times base by rounding, in units of the currency."""


def tax_rows(pages: Sequence[RuledPage], numerals: Numerals, tables: Sequence[Table]) -> Iterator[TaxLine]:
    """The taxes of an invoice, each rate with its amounts once; rows of line items are none."""
    found: list[tuple[Cells, int, tuple[str, ...]]] = []
    of_items = {(block.row.page, block.row.box.top) for table in tables for block in table.blocks}
    for page in pages:
        head: Head | None = None
        for at, row in enumerate(page.rows):
            head = page.heads.get(at, head)
            if (row.page, row.box.top) in of_items or not row.numbers:
                continue
            if head is not None and any(TOTAL.match(label) for label in labels_of(row)[:1]):
                head = None
            parts = _parts(row, head if head is not None and head.of_taxes else None, page.width)
            kind = tuple(_APART.findall(unaccented(row.text)))
            if parts and not any(_says(other, parts) and same == kind for other, _, same in found):
                found = [one for one in found if one[2] != kind or not _says(parts, one[0])]
                found.append((parts, row.page, kind))
    return (_line(parts, page_number, numerals) for parts, page_number, _ in found)


def _says(one: Cells, other: Cells) -> bool:
    """Whether one row tells all that another does."""
    return all(kind in one and one[kind].numbers[0] == token.numbers[0] for kind, token in other.items())


def _parts(row: Row, head: Head | None, width: float) -> Cells:
    """Rate, base and tax of a row; empty if it tells of no tax."""
    labels = labels_of(row)
    if any(ADJUSTED.match(label) for label in labels[:1]):
        return {}
    under = cells(row, head.columns, width)[0] if head is not None else {}
    rates = [token for token in row.numbers if token.percent and 0 <= token.numbers[0] <= _HIGHEST] or [
        under[kind] for kind in ("vat_rate",) if kind in under
    ]
    labelled = bool(_TAX_WORD.search(unaccented(row.text)))
    if head is None and not labelled and len(row.tokens) - len(row.numbers) > 1:
        return {}
    amounts = [token for token in row.numbers if not token.percent and token not in rates]
    for rate in rates:
        if (pair := _pair(rate, amounts)) is not None:
            return {"vat_rate": rate, "tax_base": pair[0], "tax_amount": pair[1]}
        if len(amounts) == 1 and head is None and labelled and "." in str(amounts[0].numbers[0]):
            return {"vat_rate": rate, "tax_amount": amounts[0]}
        if {"tax_base", "tax_amount"} <= under.keys():
            return {"vat_rate": rate, "tax_base": under["tax_base"], "tax_amount": under["tax_amount"]}
    return {}


def _pair(rate: Token, amounts: Sequence[Token]) -> tuple[Token, Token] | None:
    """The two amounts of which one is the tax on the other."""
    factor = rate.numbers[0] / 100
    best: tuple[Decimal, Token, Token] | None = None
    for base, tax in permutations(amounts, 2):
        for one in base.numbers:
            for other in tax.numbers:
                off = abs(one * factor - other)
                if one and off <= _SLACK and (best is None or off < best[0]):
                    best = (off, base, tax)
    return best[1:] if best is not None else None


def _line(found: Cells, page: int, numerals: Numerals) -> TaxLine:
    def value(kind: str) -> Value | None:
        token = next((token for name, token in found.items() if name == kind), None)
        return None if token is None else number_value(token, page, kind.replace("_", " "), numerals)

    return TaxLine(value("vat_rate"), value("tax_base"), value("tax_amount"))
