"""What holds between the numbers of an invoice, by the rules of EN 16931 (BR-CO-10 to BR-CO-17) and by how invoices are printed.

An identity may have several forms, since the same word means different amounts on different invoices: it holds if one of them
does. Prices may be per ten, hundred or thousand, amounts may include taxes, and credit notes are printed with either sign.

Tolerances: an identity holds exactly within half a unit of the currency's last digit, which is what rounding the result may
change. It holds loosely within half such a unit for every term that was rounded before it was added up, and for a price within
half a unit of its own last digit times the quantity.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum

from assets.invoices.logic.arithmetic.slots import Slot
from assets.invoices.logic.invoice import Check, Invoice
from assets.invoices.logic.numbers import plain

Values = Mapping[Slot, Decimal]

_NO_FRACTION = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF", "PYG", "HUF", "IDR"})
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_ZERO = Decimal(0)
_PRICE_BASES = (1, 10, 100, 1000)
_PRICE_PLACES = 2
"""Fractional digits up to which a price may be a rounded one: with more it is meant exactly."""


class Level(IntEnum):
    """How well an identity holds."""

    EXACT = 0
    LOOSE = 1
    BROKEN = 2


@dataclass(frozen=True, slots=True)
class Form:
    """One form of an identity with its numbers put in: what is computed, what is printed, and both in words.

    A weak form is a rarer way to print an invoice: by it an identity holds loosely at best, and no number
    is changed for it alone.
    """

    computed: Decimal
    printed: Decimal
    says: str
    weak: bool = False

    @property
    def off(self) -> Decimal:
        """How far computed and printed amounts are apart."""
        return abs(self.computed - self.printed)


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity of one invoice.

    Attributes:
        name: As in `Check.name`.
        subject: Which line or rate.
        parts: The numbers that it is about and that are there.
        missing: What else it needs; it cannot be tried if there is any.
        forms: Its forms for some values of the parts.
        exact: Tolerance for holding exactly.
        loose: Tolerance for holding loosely.
        summed: Whether every part is added or subtracted as it is.
        excused: What was perhaps not read and makes the printed amount the smaller one: nothing is known then.
    """

    name: str
    subject: str
    parts: tuple[Slot, ...]
    missing: tuple[str, ...]
    forms: Callable[[Values], Iterator[Form]]
    exact: Decimal
    loose: Callable[[Values], Decimal]
    summed: bool = False
    excused: str = ""

    def closest(self, values: Values) -> Form:
        """The form that fits best."""
        loose = self.loose(values)
        return min(self.forms(values), key=lambda form: (self._level(form, loose), form.off))

    def level(self, values: Values) -> Level:
        """How well it holds for some values."""
        loose = self.loose(values)
        return min(self._level(form, loose) for form in self.forms(values))

    def _level(self, form: Form, loose: Decimal) -> Level:
        if form.off <= self.exact:
            return Level.LOOSE if form.weak else Level.EXACT
        return Level.LOOSE if form.off <= loose or self._is_excused(form) else Level.BROKEN

    def _is_excused(self, form: Form) -> bool:
        return bool(self.excused) and abs(form.printed) < abs(form.computed)

    def check(self, values: Values) -> Check:
        """What became of it."""
        if self.missing:
            return Check(self.name, None, f"not known: {', '.join(self.missing)}", self.subject)
        form = self.closest(values)
        if form.off <= max(self.exact, self.loose(values)):
            return Check(self.name, True, f"{form.says} = {plain(form.printed)}", self.subject)
        says = f"{form.says} = {plain(form.computed)}, not {plain(form.printed)}: {plain(form.off)} apart"
        if self._is_excused(form):
            return Check(self.name, None, f"{says}; not known: {self.excused}", self.subject)
        return Check(self.name, False, says, self.subject)


def identities(invoice: Invoice, slots: frozenset[Slot]) -> list[Identity]:
    """All identities of an invoice.

    Args:
        invoice: The invoice.
        slots: The numbers that are there.
    """
    context = _Context(invoice, slots)
    found = [context.product(i) for i in range(len(invoice.items))]
    found += [context.tax(i) for i in range(len(invoice.taxes))]
    if invoice.items:
        found.append(context.lines())
    if invoice.taxes:
        found.append(context.taxes())
    found.append(context.total())
    if {"due_payable", "prepaid"} & invoice.fields.keys():
        found.append(context.due())
    return found


def unit_of(invoice: Invoice) -> Decimal:
    """The last digit of the invoice's currency; a hundredth if the currency is not known."""
    currency = invoice.fields["currency"].value.upper() if "currency" in invoice.fields else ""
    return Decimal(1) if currency in _NO_FRACTION else Decimal("0.001") if currency in _THOUSANDTHS else Decimal("0.01")


def _total(name: str) -> Slot:
    return ("field", 0, name)


class _Context:
    """Builds the identities of one invoice."""

    def __init__(self, invoice: Invoice, slots: frozenset[Slot]) -> None:
        self.invoice, self.slots = invoice, slots
        self.unit = unit_of(invoice)
        self.half = self.unit / 2
        kind = invoice.fields.get("document_type")
        negative = any(
            invoice.fields[name].value.startswith("-")
            for name in ("line_total", "grand_total", "due_payable")
            if name in invoice.fields
        )
        self.signs = (1, -1) if negative or (kind is not None and kind.value == "credit_note") else (1,)

    def has(self, *slots: Slot) -> tuple[Slot, ...]:
        return tuple(slot for slot in slots if slot in self.slots)

    def lacks(self, *slots: Slot) -> tuple[str, ...]:
        return tuple(slot[2].replace("_", " ") for slot in slots if slot not in self.slots)

    def product(self, index: int) -> Identity:
        """Quantity times price, less the discount, is the total of the line; or with the tax of the line on top."""
        quantity, price, total = (("item", index, name) for name in ("quantity", "unit_price", "line_total"))
        discount, per_units, rate = (("item", index, name) for name in ("discount", "base_quantity", "vat_rate"))

        def forms(values: Values) -> Iterator[Form]:
            q, p, d = values[quantity], values[price], values.get(discount, _ZERO)
            units = values.get(per_units)
            for base in (units,) if units else _PRICE_BASES:
                per = f" / {base}" if base != 1 else ""
                full = q * p / base
                less = [(full, "")] if not d else [(full * (1 - d / 100), f" − {d} %"), (full - d, f" − {d}"), (full, "")]
                for amount, tail in less:
                    for sign in self.signs:
                        computed = (sign * amount).quantize(self.unit, ROUND_HALF_UP)
                        yield Form(computed, values[total], f"{q} × {p}{per}{tail}", weak=units is None and base > 1)
            if r := values.get(rate, _ZERO):
                taxed = (q * p * (1 + r / 100)).quantize(self.unit, ROUND_HALF_UP)
                yield Form(taxed, values[total], f"{q} × {p} + {r} %", weak=True)

        def loose(values: Values) -> Decimal:
            places = max(0, -int(values[price].as_tuple().exponent))
            return self.half + abs(values[quantity]) * Decimal(1).scaleb(-places) / 2 if places <= _PRICE_PLACES else self.unit

        parts = self.has(quantity, price, per_units, discount, rate, total)
        subject = f"line {index + 1}"
        return Identity("quantity_times_price", subject, parts, self.lacks(quantity, price, total), forms, self.half, loose)

    def tax(self, index: int) -> Identity:
        """Rate times base is the tax."""
        rate, base, amount = (("tax", index, name) for name in ("rate", "base", "amount"))

        def forms(values: Values) -> Iterator[Form]:
            r, b = values[rate], values[base]
            yield Form((b * r / 100).quantize(self.unit, ROUND_HALF_UP), values[amount], f"{r} % × {b}")

        def loose(_: Values) -> Decimal:
            return self.half * (1 + len(self.invoice.items))

        line = self.invoice.taxes[index]
        subject = f"{line.rate.value} %" if line.rate is not None else f"tax {index + 1}"
        parts = (rate, base, amount)
        return Identity("rate_times_base", subject, self.has(*parts), self.lacks(*parts), forms, self.half, loose)

    def lines(self) -> Identity:
        """The totals of the lines are the net amount; or, with taxes in them or without a printed net amount, the grand total."""
        totals = tuple(("item", i, "line_total") for i in range(len(self.invoice.items)))
        net, tax, grand = _total("line_total"), _total("tax_total"), _total("grand_total")
        allowance, charge = _total("allowance_total"), _total("charge_total")

        def forms(values: Values) -> Iterator[Form]:
            lines = sum((values[slot] for slot in totals), _ZERO)
            adjusted = lines - values.get(allowance, _ZERO) + values.get(charge, _ZERO)
            says = f"sum of {len(totals)} lines"
            for sign in self.signs:
                if net in values:
                    yield Form(sign * lines, values[net], says)
                    yield Form(sign * adjusted, values[net], f"{says} with allowances and charges")
                if grand in values:
                    yield Form(sign * adjusted, values[grand], f"{says}, taxes included,", weak=net in values)
                    if net not in values and tax in values:
                        yield Form(sign * adjusted + values[tax], values[grand], f"{says} with taxes")

        needed = totals if net in self.slots or grand in self.slots else (*totals, net)
        parts = self.has(*totals, net, allowance, charge, grand, *(() if net in self.slots else (tax,)))

        def loose(_: Values) -> Decimal:
            return self.half * (1 + len(totals))

        return Identity("lines_are_net", "", parts, self.lacks(*needed), forms, self.half, loose, summed=True)

    def taxes(self) -> Identity:
        """The taxes by rate add up to the tax."""
        amounts = tuple(("tax", i, "amount") for i in range(len(self.invoice.taxes)))
        total = _total("tax_total")

        def forms(values: Values) -> Iterator[Form]:
            computed = sum((values[slot] for slot in amounts), _ZERO)
            for sign in self.signs:
                yield Form(sign * computed, values[total], f"sum of {len(amounts)} taxes")

        def loose(_: Values) -> Decimal:
            return self.half * (1 + len(amounts))

        parts = self.has(*amounts, total)
        return Identity("taxes_are_tax_total", "", parts, self.lacks(*amounts, total), forms, self.half, loose, summed=True)

    def total(self) -> Identity:
        """The net amount, less allowances, with charges and taxes, is the grand total.

        Where lines tell the net amount, the amounts that taxes are on may stand for it: what lies between is not always printed.
        """
        net, tax, grand = _total("line_total"), _total("tax_total"), _total("grand_total")
        allowance, charge, rounding = _total("allowance_total"), _total("charge_total"), _total("rounding")
        bases = self.has(*(("tax", i, "base") for i in range(len(self.invoice.taxes))))
        bases = bases if len(bases) == len(self.invoice.taxes) else ()

        def forms(values: Values) -> Iterator[Form]:
            n, t, a, c = values[net], values[tax], values.get(allowance, _ZERO), values.get(charge, _ZERO)
            r = values.get(rounding, _ZERO)
            nets = {n - a + c: f"{n}{_less(a)}{_plus(c)}", n: f"{n}"}
            if -1 in self.signs:
                nets[n + a - c] = f"{n}{_plus(a)}{_less(c)}"
            for adjusted, words in nets.items():
                yield Form(adjusted + t, values[grand], f"{words}{_plus(t)}")
                if r:
                    yield Form(adjusted + t + r, values[grand], f"{words}{_plus(t)}{_plus(r)}")
                if t and self.invoice.items:
                    yield Form(adjusted, values[grand], f"{words} (taxes included)", weak=True)
            if bases and self.invoice.items:
                taxed = sum((values[slot] for slot in bases), _ZERO)
                yield Form(taxed + t, values[grand], f"{taxed} (taxed amounts){_plus(t)}", weak=True)

        def loose(_: Values) -> Decimal:
            return self.unit

        parts = self.has(net, tax, grand, allowance, charge, rounding, *(bases if self.invoice.items else ()))
        return Identity("net_and_tax_are_total", "", parts, self.lacks(net, tax, grand), forms, self.half, loose, summed=True)

    def due(self) -> Identity:
        """The grand total less what is paid already is due."""
        grand, paid, rounding, due = (_total(name) for name in ("grand_total", "prepaid", "rounding", "due_payable"))

        def forms(values: Values) -> Iterator[Form]:
            g, r = values[grand], values.get(rounding, _ZERO)
            p = abs(values.get(paid, _ZERO)).copy_sign(g)
            yield Form(g - p + r, values[due], f"{g}{_less(p)}{_plus(r)}")
            yield Form(g - p, values[due], f"{g}{_less(p)}")

        parts = self.has(grand, paid, rounding, due)
        name = "total_less_prepaid_is_due"
        excused = "" if paid in self.slots else "what is paid already"
        missing = self.lacks(grand, due)
        return Identity(name, "", parts, missing, forms, self.half, lambda _: self.unit, summed=True, excused=excused)


def _plus(number: Decimal) -> str:
    return "" if not number else f" + {number}" if number > 0 else f" − {-number}"


def _less(number: Decimal) -> str:
    return _plus(-number)
