"""An invoice as somebody wrote it: parties, positions, and the amounts that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Language = Literal["en", "us", "de", "fr", "es"]
Kind = Literal["invoice", "credit_note", "receipt"]
_CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """The amount with two decimals, halves away from zero."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Party:
    """A company.

    Attributes:
        name: Its name.
        street: Street and number.
        place: Post code and town, as they are written in its country.
        country: ISO 3166 code.
        tax_id: VAT id; None where it has none to print.
        iban: Account that it wants to be paid on; None where it names none.
        phone: Telephone number, printed beside the rest and no field of an invoice.
    """

    name: str
    street: str
    place: str
    country: str
    tax_id: str | None = None
    iban: str | None = None
    phone: str | None = None

    @property
    def address(self) -> str:
        """Street and place on one line."""
        return f"{self.street}, {self.place}"


@dataclass(frozen=True, slots=True)
class Position:
    """One line item; `rate` is the tax in per cent, `unit` a unit as it is printed."""

    text: str
    quantity: Decimal
    price: Decimal
    rate: Decimal = Decimal(0)
    unit: str = ""
    sku: str = ""

    @property
    def total(self) -> Decimal:
        """Net amount of the line."""
        return cents(self.quantity * self.price)


@dataclass(frozen=True, slots=True)
class Written:
    """An invoice, credit note or receipt.

    Attributes:
        number: Number of the document.
        issued: Day of issue.
        seller: Who wants money.
        buyer: Who is to pay.
        positions: Line items.
        language: Of its labels, numbers and dates; `us` is English with the month first.
        currency: ISO 4217 code.
        due: Day until which it is to be paid; None if none is printed.
        kind: What it is.
        allowance: Deducted from the sum of lines, positive, before tax; only with a single rate.
        charge: Added to the sum of lines (shipping) before tax; only with a single rate.
        prepaid: Paid already.
        order: Purchase order.
        terms: Terms of payment, as printed.
        preceding: Number of the invoice that a credit note takes back.
        notes: Sentences at the end.
        printed: Amounts that are printed other than they are, by name of the field: the seller's mistakes.
    """

    number: str
    issued: date
    seller: Party
    buyer: Party
    positions: tuple[Position, ...]
    language: Language
    currency: str
    due: date | None = None
    kind: Kind = "invoice"
    allowance: Decimal = Decimal(0)
    charge: Decimal = Decimal(0)
    prepaid: Decimal = Decimal(0)
    order: str | None = None
    terms: str | None = None
    preceding: str | None = None
    notes: tuple[str, ...] = ()
    printed: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def lines(self) -> Decimal:
        """Sum of the lines, net."""
        return self.printed.get("line_total", sum((p.total for p in self.positions), Decimal(0)))

    @property
    def taxes(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        """Rate, base and amount of each tax, highest rate first; none where nothing is taxed."""
        rates = sorted({p.rate for p in self.positions if p.rate}, reverse=True)
        bases = [sum((p.total for p in self.positions if p.rate == rate), Decimal(0)) for rate in rates]
        if len(rates) == 1:
            bases[0] += self.charge - self.allowance
        return [(rate, base, cents(base * rate / 100)) for rate, base in zip(rates, bases, strict=True)]

    @property
    def tax(self) -> Decimal:
        """Sum of the taxes."""
        return sum((amount for _, _, amount in self.taxes), Decimal(0))

    @property
    def total(self) -> Decimal:
        """Amount with tax."""
        net = sum((p.total for p in self.positions), Decimal(0)) - self.allowance + self.charge
        return self.printed.get("grand_total", net + self.tax)

    @property
    def to_pay(self) -> Decimal:
        """What is left to be paid."""
        return self.total - self.prepaid
