"""An invoice as it was read: every value with where it stands, what else it might be and how sure it is."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from resources.document_ai.layout import Box

FieldName = Literal[
    "invoice_number", "document_type", "issue_date", "due_date", "delivery_date", "seller", "seller_address", "seller_tax_ids",
    "buyer", "buyer_address", "buyer_tax_ids", "iban", "currency", "line_total", "allowance_total", "charge_total", "tax_total",
    "grand_total", "prepaid", "rounding", "due_payable", "purchase_order", "payment_terms", "preceding_invoice",
]  # fmt: skip
"""Fields of an invoice's head, by the terms of EN 16931 in lower case: `line_total` is the sum of line net amounts (BT-106),
`tax_total` BT-110, `grand_total` the amount with tax (BT-112), `prepaid` BT-113, `due_payable` BT-115; `allowance_total` BT-107
and `charge_total` BT-108 are both positive. `document_type` is `invoice`, `credit_note` or `receipt`."""

ItemField = Literal[
    "line_id", "description", "sku", "quantity", "unit", "unit_price", "base_quantity", "discount", "vat_rate", "line_total"
]  # fmt: skip
"""Columns of a line item: `unit_price` (BT-146) is for `base_quantity` units (BT-149), one where that is absent; `discount` is
what is taken off the line (allowances less charges, BG-27 and BG-28)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading of a field that was considered.

    Attributes:
        value: The value in its canonical form: a plain decimal (`-1234.50`; rates in per cent), an ISO date, or text.
        raw: What is printed.
        page: From 1; None for what stands on no page.
        box: Where on the page.
        score: How well it fits; comparable within one field of one document only.
        why: What speaks for and against it, in words.
        source: `layout` for what was found on the page by its label or place, `engine` for what the engine named itself,
            `structured` for a stored value of an e-invoice, `arithmetic` for what only the identities tell.
    """

    value: str
    raw: str
    page: int | None = None
    box: Box | None = None
    score: float = 0.0
    why: tuple[str, ...] = ()
    source: Literal["layout", "engine", "structured", "arithmetic"] = "layout"
    reading: float = 1.0
    """Confidence of the engine in the characters, 0 to 1."""

    @property
    def amount(self) -> Decimal:
        """The value of a field that is a number."""
        return Decimal(self.value)

    @property
    def day(self) -> date:
        """The value of a field that is a day."""
        return date.fromisoformat(self.value)


@dataclass(frozen=True, slots=True)
class Value:
    """What a field is taken to be.

    Attributes:
        chosen: The reading that was chosen.
        candidates: All that were considered, the chosen one among them, best first.
        confidence: Calibrated probability that the value is right, 0 to 1; None as long as it was not judged.
        repaired: What was done to reach it if the page alone says something else, in words.
    """

    chosen: Candidate
    candidates: tuple[Candidate, ...] = ()
    confidence: float | None = None
    repaired: str | None = None

    @property
    def value(self) -> str:
        """The value itself, in its canonical form."""
        return self.chosen.value


@dataclass(frozen=True, slots=True)
class LineItem:
    """One position; a column that is not printed is absent."""

    columns: dict[ItemField, Value]
    page: int | None = None


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One row of the taxes: `rate` in per cent, the net amount that it applies to, and the tax itself."""

    rate: Value | None
    base: Value | None
    amount: Value | None


@dataclass(frozen=True, slots=True)
class Check:
    """An identity that was tried: `holds` is None if a part of it is not known.

    Attributes:
        name: `lines_are_net`, `net_and_tax_are_total`, `quantity_times_price`, `rate_times_base`,
            `taxes_are_tax_total`, `total_less_prepaid_is_due`.
        subject: Which line or rate, where there are several.
        holds: Whether it holds within the tolerance.
        says: The identity in numbers.
    """

    name: str
    holds: bool | None
    says: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice of a file, which may hold several.

    Attributes:
        pages: Numbers of the pages that it stands on.
        fields: What was found, by name; what was not found is absent, never empty.
        items: Line items, in order.
        taxes: Taxes by rate.
        checks: The identities that were tried.
        notes: What a person should know.
    """

    pages: tuple[int, ...]
    fields: dict[FieldName, Value] = field(default_factory=dict)
    items: tuple[LineItem, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reconciled(self) -> bool | None:
        """Whether the amounts agree; None if too little is known to say."""
        known = [check.holds for check in self.checks if check.holds is not None]
        return all(known) if known else None
