"""Candidates for the totals of an invoice, by their labels and where amounts stand; which of them agree, arithmetic decides."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from assets.invoices.logic.extraction.dates import without_dates
from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.labels import Label, in_segment
from assets.invoices.logic.extraction.places import Place, places
from assets.invoices.logic.extraction.sheet import Sheet
from assets.invoices.logic.extraction.wordings import Role
from assets.invoices.logic.invoice import Candidate, FieldName
from assets.invoices.logic.numbers import plain, readings
from resources.document_ai.layout import Box

TOTALS: tuple[FieldName, ...] = (
    "line_total", "allowance_total", "charge_total", "tax_total", "grand_total", "prepaid", "rounding", "due_payable",
)  # fmt: skip
_ALIKE: dict[Role, tuple[Role, ...]] = {
    "grand_total": ("grand_total", "due_payable"),
    "due_payable": ("grand_total", "due_payable"),
    "line_total": ("line_total", "net_total"),
    "net_total": ("line_total", "net_total"),
}
"""Totals of which one that is named tells that the amounts of line items are not the other."""
_UNSIGNED = {"allowance_total", "charge_total", "prepaid"}
_AMOUNT = re.compile(
    r"(?<![\w.,/:])(?P<open>\(\s?)?(?P<minus>[-−–]\s?)?(?:[$€£₹¥]|[A-Z]{3}(?=\s)|RM|Rs\.?)?\s?(?P<inner>[-−–]\s?)?"
    r"(?P<number>\d{1,3}(?:[ '’.,]\d{3})+(?:[.,]\d{1,4})?|\d+(?:[.,]\d{1,4})?|[.,]\d{2})(?P<dash>[.,]-+)?"
    r"(?P<after>\s?-(?![\w-]))?(?P<close>\s?\))?(?![\w/:]|[.,-]\d)(?P<per>\s*%)?"
)
_BASE = re.compile(r"(?:\bon|\bauf|\bvon|\bof|\bsur|\bde|\bsobre|\bsu|\bover|x|×|\*)\s*$", re.IGNORECASE)
_TIME = re.compile(r"\s*(?:days?|tage?n?|jours?|d[ií]as?|giorni|dagen)\b", re.IGNORECASE)
"""A number of days is no amount."""
_CODE = re.compile(r"[A-Z]{3}")
_HEADING = 0.15
"""Share that is left of a score in the column of a table of line items."""
_WORDS = 40
"""Words of a line beyond which it is running text, in which no total stands."""
_NAMED = 0.3
"""Score from which a total has a label of its own."""
_UNGROUPED = 7
"""Digits that an amount without separators has at most."""
_LOW = 0.2
"""Share of a score that depends on how far down the document an amount stands: subtotals come before totals."""
_NET = 0.8
_NET_WHY = "the net amount, from which allowances may be taken off already"
_PAYABLE = 0.8
"""Share of the total's score for what is to be paid where nothing else is said of it."""
_ROWS = 9
"""Rows below the heading of a column of amounts that are looked at."""


@dataclass(frozen=True, eq=False, slots=True)
class _Amount:
    value: Decimal
    place: Place
    start: int
    end: int
    exact: bool
    base: bool

    @property
    def box(self) -> Box:
        return self.place.box(self.start, self.end)


def totals(document: Document, currency: str | None) -> dict[FieldName, list[Candidate]]:
    """Candidates of every total, by name; unsorted, and possibly several for one amount."""
    found: dict[FieldName, list[Candidate]] = {name: [] for name in TOTALS}
    first = document.sheets[0].number
    stated = {label.role for label in _stated(document, *TOTALS, "net_total")}
    for sheet, label in document.labelled(*TOTALS, "net_total"):
        if id(label.segment) in document.headings and not stated.isdisjoint(_ALIKE.get(label.role, (label.role,))):
            continue
        if label.role in ("net_total", "line_total") and _in_tax(label):
            continue
        low = (sheet.number - first + label.box.middle / max(sheet.height, 1.0)) / len(document.sheets)
        found_here = _of_label(document, sheet, label, currency)
        candidates = [replace(c, score=(1 - _LOW + _LOW * min(low, 1.0)) * c.score) for c in found_here]
        if label.role == "net_total":
            found["line_total"] += (replace(c, score=_NET * c.score, why=(*c.why, _NET_WHY)) for c in candidates)
        else:
            field: FieldName = label.role  # type: ignore[assignment]  # the labels asked for are fields
            found[field] += candidates
    return {name: some for name, some in found.items() if some}


def unread(document: Document) -> Iterator[str]:
    """What a person should know of an invoice without a total: that one is named, but nothing legible stands beside it."""
    for label in _stated(document, "grand_total", "due_payable"):
        if label.meaning.weight >= 1:
            yield f"“{label.text}” is printed on page {label.segment.page}, but no amount that can be read stands with it"


def _stated(document: Document, *roles: Role) -> Iterator[Label]:
    """Labels of totals that begin a row of their own: whatever stands beside them, no line item is meant."""
    for _, label in document.labelled(*roles):
        if label.alone and id(label.segment) not in document.headings:
            yield label


def _in_tax(label: Label) -> bool:
    """Whether a net amount is named in the row of a tax (`VAT 20 % (net amount 100.00)`): what the tax is on."""
    return any(other.role == "tax_total" and other.start < label.start for other in in_segment(label.segment))


def _of_label(document: Document, sheet: Sheet, label: Label, currency: str | None) -> Iterator[Candidate]:
    row: list[_Amount] = []
    if len(label.segment.words) > _WORDS:
        return
    codes: list[tuple[str, float]] = []
    below: list[_Amount] = []
    for place in places(sheet, label, document.named, rows=_ROWS):
        here = list(_amounts(document, place))
        if place.why.startswith("below"):
            if below and not here:
                break
            below += here
        else:
            row += here
            codes += [(code, place.segment.box.middle) for code in _CODE.findall(place.text)]
    if row:
        yield from _in_row(label, row, codes if currency else [], currency)
    elif below and not any(c.isalnum() or c == "%" for c in label.rest):
        yield from _in_column(label, below, _HEADING if id(label.segment) in document.headings else 1.0)


def _in_row(label: Label, row: list[_Amount], codes: list[tuple[str, float]], currency: str | None) -> Iterator[Candidate]:
    """The last amount of a row is the total; what stands before it is a rate's base, or a part.

    A tax that only names the rate of another amount in the row (`19 % VAT`) is none.
    """
    last = row[-1]
    rate = label.segment.text[: label.start].rstrip().endswith("%")
    for amount in row:
        fits = 1.0 if amount is last or _another_currency(row) else 0.5
        fits *= 0.25 if amount.base else 1.0
        fits *= _currency_fits(amount, row, codes, currency)
        fits *= 0.3 if rate and amount.place.segment is not label.segment else 1.0
        yield _candidate(label, amount, fits * (1.0 if amount is last else amount.place.fits))


def _in_column(label: Label, column: list[_Amount], weight: float) -> Iterator[Candidate]:
    """In a column the first row counts, unless the last is the sum of those above it."""
    values = [amount.value for amount in column]
    summed = len(values) > 2 and values[-1] == sum(values[:-1]) and values[-1] != 0
    for index, amount in enumerate(column):
        last = index == len(column) - 1
        fits = amount.place.fits * (1.0 if index == 0 else 0.8)
        if summed or (len(values) == 2 and values[0] == values[1]):
            fits = 0.95 if last else 0.4
        why = ("the sum of the amounts above it",) if summed and last else ()
        yield _candidate(label, amount, weight * fits, why)


def _candidate(label: Label, amount: _Amount, fits: float, why: Iterable[str] = ()) -> Candidate:
    value = abs(amount.value) if label.role in _UNSIGNED else amount.value
    score = label.weight * fits * (1.0 if amount.exact else 0.6)
    raw = amount.place.text[amount.start : amount.end].strip()
    reasons = (amount.place.why, *why)
    reading = amount.place.reading(amount.start, amount.end)
    return Candidate(plain(value), raw, amount.place.segment.page, amount.box, score, reasons, reading=reading)


def _amounts(document: Document, place: Place) -> Iterator[_Amount]:
    """The amounts in a place; rates (`19 %`, `% 19`) are none. What may be read in two ways is there twice, the likelier last."""
    text = without_dates(place.text)
    for m in _AMOUNT.finditer(text):
        if m["per"] or (m["number"].isdigit() and len(m["number"]) > _UNGROUPED):
            continue
        number = m["number"] + (m["dash"] or "")
        negative = bool(m["minus"] or m["inner"] or m["after"] or (m["open"] and m["close"] and not m["number"].isdigit()))
        if text[: m.start()].rstrip().endswith("%") or _TIME.match(text, m.end()):
            continue
        base = bool(_BASE.search(text[: m.start()])) or bool(m["open"] and not m["close"])
        for value in reversed(readings(number, document.numerals)[:2]):
            signed = -value if negative and value else value
            yield _Amount(signed, place, m.start(), m.end(), not number.isdigit(), base)


def _another_currency(row: list[_Amount]) -> bool:
    """Whether amounts stand in two rows at one label, each with a currency."""
    middles = {round(amount.place.segment.box.middle) for amount in row}
    return len(row) > 1 and len(middles) > 1


def _currency_fits(amount: _Amount, row: list[_Amount], codes: list[tuple[str, float]], currency: str | None) -> float:
    """Among several amounts, one with another currency beside it is a translation."""
    if len(row) == 1 or not codes:
        return 1.0
    middle = amount.place.segment.box.middle
    nearest, _ = min(codes, key=lambda code: abs(code[1] - middle))
    return 1.0 if nearest == currency else 0.2


def whole(total: Iterable[Candidate], due: Iterable[Candidate], prepaid: Iterable[Candidate]) -> list[Candidate]:
    """Where no total is named so: what is to be paid is the whole amount, unless something is said to be paid already.

    Nothing to be paid says nothing about the whole.
    """
    named = any(candidate.score >= _NAMED for candidate in total)
    part = any(candidate.amount for candidate in prepaid)
    why = "what is to be paid, and something is paid already" if part else "what is to be paid; nothing says that a part is paid"
    weight = 0.3 if part or named else 0.8
    return [replace(c, score=weight * c.score, why=(*c.why, why)) for c in due if c.amount]


def payable(grand_total: Iterable[Candidate], prepaid: Iterable[Candidate]) -> list[Candidate]:
    """Where nothing says what is still to be paid: the whole amount, unless something is said to be paid already."""
    if any(candidate.amount for candidate in prepaid):
        return []
    why = "nothing says that a part of the total is paid already"
    return [replace(candidate, score=_PAYABLE * candidate.score, why=(why,), source="arithmetic") for candidate in grand_total]
