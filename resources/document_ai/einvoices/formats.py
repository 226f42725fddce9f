"""Which XML is an e-invoice: vocabularies, profiles, codes, and what each profile demands. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["amount", "date", "text", "words", "address", "document type", "identifier", "IBAN"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Where a family of formats keeps its values. Paths are XPath below the root, of local names; the first with a value counts.

    Attributes:
        guideline: Path of the identifier of the specification that the file follows.
        test: Path of the mark that it is a test.
        fields: Field of the head → paths. `$currency` is the currency of the invoice.
        address: Within an address, groups of paths: what is in a group stands on one line.
        items: Path of the line items.
        item: Column → paths within a line item.
        allowances: Path, within a line item, of amounts that are taken off its total.
        charges: Path of amounts that are put on it.
        item_notes: Path, within a line item, of its texts.
        parts: Path, within a line item, that is there if it only groups or explains others; None if there is no such mark.
        taxes: Path of the rows of taxes; `$currency` as above.
        tax: `rate`, `base`, `amount` → path within such a row.
        notes: Paths of free texts.
    """

    guideline: str
    test: str
    fields: Mapping[str, tuple[str, ...]]
    address: tuple[tuple[str, ...], ...]
    items: str
    item: Mapping[str, tuple[str, ...]]
    allowances: str
    charges: str
    item_notes: str
    parts: str | None
    taxes: str
    tax: Mapping[str, str]
    notes: str


KINDS: Mapping[str, Kind] = {
    "document_type": "document type",
    "issue_date": "date", "due_date": "date", "delivery_date": "date",
    "seller_address": "address", "buyer_address": "address",
    "iban": "IBAN", "currency": "identifier",
    "payment_terms": "words",
    "line_total": "amount", "allowance_total": "amount", "charge_total": "amount", "tax_total": "amount",
    "grand_total": "amount", "prepaid": "amount", "rounding": "amount", "due_payable": "amount",
    "quantity": "amount", "unit_price": "amount", "base_quantity": "amount", "vat_rate": "amount",
    "rate": "amount", "base": "amount", "amount": "amount",
}  # fmt: skip
"""What a value is; `text` where nothing is said."""
REPEATED = frozenset({"seller_tax_ids", "buyer_tax_ids"})
"""Fields that may have several values, all of which count."""

CREDIT_NOTES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
INVOICES = frozenset(
    {
        "71", "80", "82", "84", "102", "130", "202", "203", "204", "211", "218", "219", "295", "325", "326", "331", "380", "382",
        "383", "384", "385", "386", "387", "388", "389", "390", "393", "394", "395", "456", "457", "527", "553", "575", "623",
        "633", "751", "780", "817", "870", "875", "876", "877", "935",
    }
)  # fmt: skip
"""Document types. Source: UNTDID 1001 as EN 16931 restricts it (BT-3), and the types that only ZUGFeRD's EXTENDED allows."""

PROFILES: tuple[tuple[str, str], ...] = (
    ("xrechnung", "XRECHNUNG"),
    ("peppol", "PEPPOL BIS"),
    ("minimum", "MINIMUM"),
    ("basicwl", "BASIC WL"),
    ("basic", "BASIC"),
    ("comfort", "COMFORT"),
    ("extended", "EXTENDED"),
    ("urn:cen.eu:en16931:2017", "EN16931"),
)
"""Part of the specification's identifier, in lower case → profile; the first that fits counts."""

_HEAD = ("invoice_number", "document_type", "issue_date", "currency", "seller", "buyer", "grand_total")
_WITHOUT_LINES = (*_HEAD, "due_payable")
_WITH_LINES = (*_WITHOUT_LINES, "line_total", "items")
MANDATORY: Mapping[str, tuple[str, ...]] = {
    "MINIMUM": _WITHOUT_LINES,
    "BASIC WL": (*_WITHOUT_LINES, "line_total"),
    "ZUGFeRD 1": (*_HEAD, "line_total", "tax_total", "items"),
}
"""What a profile, or all profiles of a format, demands; for all others, `MANDATORY_USUALLY`. Source: Factur-X 1.0 and ZUGFeRD 2,
"Technical Appendix"; ZUGFeRD 1.0, schema of BASIC."""
MANDATORY_USUALLY = _WITH_LINES
"""Source: EN 16931-1, business terms of cardinality 1..1 or 1..n."""
