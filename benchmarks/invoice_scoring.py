"""How an invoice that was read is held against what is known of it: values of the head, line items, acceptance. Pure.

A field that the truth does not hold is not counted; a field of the truth that was not found is wrong. Numbers are equal as
decimals, dates as dates, numbers of documents without regard to case and spaces; names and addresses are equal if their
normalised words, sorted, are similar enough.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from assets.invoices.logic.invoice import Invoice, LineItem
from assets.invoices.logic.numbers import Numerals, amount

SCORED = (
    "invoice_number", "issue_date", "due_date", "seller", "seller_address", "currency", "line_total", "tax_total", "grand_total",
    "due_payable",
)  # fmt: skip
"""Fields of the head that are scored, each where the truth holds it."""
_DATES = {"issue_date", "due_date"}
_AMOUNTS = {"line_total", "tax_total", "grand_total", "due_payable"}
_NAMES = {"seller", "seller_address"}
_SIMILAR = 90.0
_ITEM_NUMBERS = ("quantity", "unit_price", "line_total")


@dataclass(frozen=True, slots=True)
class Judged:
    """One value of the truth and what was read in its place.

    Attributes:
        file: Of which invoice.
        field: Of which field.
        expected: By the truth.
        found: As read; None if nothing was.
        right: Whether they are equal.
        confidence: Of the value read; None if there is none, or it was not judged.
    """

    file: str
    field: str
    expected: str
    found: str | None
    right: bool
    confidence: float | None = None


def judged(file: str, truth: Mapping[str, Any], invoice: Invoice | None) -> list[Judged]:
    """Every scored value of one invoice's truth."""
    found: dict[str, tuple[str, float | None]] = (
        {name: (value.value, value.confidence) for name, value in invoice.fields.items()} if invoice else {}
    )
    values = []
    for field in SCORED:
        expected = truth.get(field)
        if expected in (None, ""):
            continue
        value, confidence = found.get(field, (None, None))
        right = value is not None and equal(field, str(expected), value)
        values.append(Judged(file, field, str(expected), value, right, confidence))
    return values


def equal(field: str, expected: str, found: str) -> bool:
    """Whether a value of the field is the expected one."""
    if field in _DATES:
        return _day(expected) == _day(found)
    if field in _AMOUNTS:
        return _number(expected) == _number(found)
    if field in _NAMES:
        return similarity(expected, found) >= _SIMILAR
    return _joined(expected) == _joined(found)


def similarity(one: str, other: str) -> float:
    """Similarity of the words of two texts in sorted order, without regard to case and punctuation, 0 to 100."""
    from rapidfuzz.fuzz import token_sort_ratio
    from rapidfuzz.utils import default_process

    return token_sort_ratio(one, other, processor=default_process)


def accuracy(values: Iterable[Judged]) -> float | None:
    """Share of the values that are right; None of no values."""
    rights = [value.right for value in values]
    return sum(rights) / len(rights) if rights else None


def acceptance(values: Sequence[Judged], threshold: float) -> tuple[float | None, float]:
    """The share of wrong values among those accepted (None if none is), and the share of all values that is accepted."""
    accepted = [value for value in values if value.confidence is not None and value.confidence >= threshold]
    wrong = sum(not value.right for value in accepted)
    return (wrong / len(accepted) if accepted else None), (len(accepted) / len(values) if values else 0.0)


@dataclass(frozen=True, slots=True)
class ItemCount:
    """Line items: in the truth, read, and right."""

    expected: int = 0
    found: int = 0
    right: int = 0

    def __add__(self, other: "ItemCount") -> "ItemCount":
        return ItemCount(self.expected + other.expected, self.found + other.found, self.right + other.right)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None if the truth knows no items."""
        return 2 * self.right / (self.expected + self.found) if self.expected else None


def items(truth: Sequence[Mapping[str, Any]] | None, read: Sequence[LineItem]) -> ItemCount:
    """Items matched one to one, the most similar descriptions first; right if their numbers in the truth are equal.

    A truth without items (the smaller profiles of e-invoices have none) says nothing about the page. Equal descriptions are
    told apart by their numbers.
    """
    expected = [row for row in truth or () if any(row.get(key) not in (None, "") for key in ("description", *_ITEM_NUMBERS))]
    if not expected:
        return ItemCount()
    if not read:
        return ItemCount(expected=len(expected))
    found = [{str(name): value.value for name, value in item.columns.items()} for item in read]
    agree = [[_item_right(row, item) for item in found] for row in expected]
    pairs = [(row, item) for row in range(len(expected)) for item in range(len(found))]
    described = [(row.get("description") or "", item.get("description", "")) for row in expected for item in found]
    alike = dict(zip(pairs, [similarity(*both) for both in described], strict=True))
    taken: list[tuple[int, int]] = []
    for row, item in sorted(pairs, key=lambda pair: (alike[pair], agree[pair[0]][pair[1]]), reverse=True):
        if all(row != other and item != another for other, another in taken):
            taken.append((row, item))
    return ItemCount(len(expected), len(found), sum(agree[row][item] for row, item in taken))


def _item_right(row: Mapping[str, Any], item: Mapping[str, str]) -> bool:
    known = [key for key in _ITEM_NUMBERS if row.get(key) not in (None, "")]
    return all(key in item and _number(str(row[key])) == _number(item[key]) for key in known)


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:  # the truth of receipts holds what is printed: `RM1,007.50`
        value = amount(text, Numerals("."))
        return text if value is None else value


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _joined(text: str) -> str:
    return "".join(text.split()).casefold()
