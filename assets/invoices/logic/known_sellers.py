"""Sellers that are known: a name and the tax identifier or account that goes with it are not in doubt."""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from assets.invoices.logic.invoice import FieldName, Invoice, Value
from assets.invoices.logic.quality import same

COLUMNS = ("name", "tax_id", "iban")
_IDENTIFIERS: tuple[FieldName, ...] = ("seller_tax_ids", "iban")
_VOUCHED = 0.999
"""Confidence of a name that the list has beside an identifier that the page has, too."""


@dataclass(frozen=True, slots=True)
class KnownSellers:
    """Names by tax identifier and by account, both without spaces and in capitals."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Short identity of the list."""
        return hashlib.sha256(repr(sorted(self.names.items())).encode()).hexdigest()[:12]

    def vouch(self, invoice: Invoice) -> Invoice:
        """The invoice, its seller sure if the list has that name under an identifier of the invoice, and so is the identifier."""
        seller = invoice.fields.get("seller")
        if seller is None or seller.confidence is None:
            return invoice
        sure: dict[FieldName, Value] = {}
        for name in _IDENTIFIERS:
            value = invoice.fields.get(name)
            if value is not None and all(self._has(seller.value, part) for part in value.value.split(",")):
                sure |= {name: _vouched(value), "seller": _vouched(seller)}
        return replace(invoice, fields={**invoice.fields, **sure})

    def _has(self, seller: str, identifier: str) -> bool:
        return any(same("seller", seller, name) for name in self.names.get(_compact(identifier), ()))


def parsed(text: str) -> KnownSellers:
    """The list in a CSV file with the columns `name`, `tax_id` and `iban`; either identifier may be empty.

    Raises:
        ValueError: A column is missing, or a line has no name or no identifier; the text says which.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise ValueError(f"its first line lacks the columns {', '.join(missing)}")
    names: dict[str, tuple[str, ...]] = {}
    for row in rows:
        name = (row["name"] or "").strip()
        identifiers = [found for column in ("tax_id", "iban") if (found := _compact(row[column] or ""))]
        if not name or not identifiers:
            raise ValueError(f"line {rows.line_num} has no {'identifier' if name else 'name'}")
        for identifier in identifiers:
            names[identifier] = tuple(dict.fromkeys([*names.get(identifier, ()), name]))
    return KnownSellers(names)


def _vouched(value: Value) -> Value:
    if value.confidence is None:
        return value
    chosen = replace(value.chosen, why=(*value.chosen.why, "stands so in the list of known sellers"))
    return replace(value, chosen=chosen, confidence=max(value.confidence, _VOUCHED))


def _compact(text: str) -> str:
    return "".join(text.split()).upper()
