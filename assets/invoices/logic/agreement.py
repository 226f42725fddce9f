"""Whether the page of an invoice says what its XML says. The XML is the invoice; where the page differs, somebody should know."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from assets.invoices.logic.invoice import Candidate, FieldName, Invoice, ItemField, LineItem, Value

_SIMILAR = 85.0
"""Of 100: names on a page come with departments and legal forms that the XML may not have."""
_SAME_ITEM = 80.0
_AMOUNTS: frozenset[FieldName] = frozenset(
    {"line_total", "allowance_total", "charge_total", "tax_total", "grand_total", "prepaid", "rounding", "due_payable"}
)
_DATES: frozenset[FieldName] = frozenset({"issue_date", "due_date", "delivery_date"})
_NUMBERS: frozenset[FieldName] = frozenset({"invoice_number", "iban", "currency", "purchase_order", "preceding_invoice"})
_NAMES: frozenset[FieldName] = frozenset({"seller", "buyer", "seller_address", "buyer_address"})
_IDS: frozenset[FieldName] = frozenset({"seller_tax_ids", "buyer_tax_ids"})
COMPARED: frozenset[FieldName] = _AMOUNTS | _DATES | _NUMBERS | _NAMES | _IDS
"""Payment terms are prose that a page words as it likes, and what a page calls itself is no code."""
_UNSIGNED: frozenset[FieldName] = frozenset({"allowance_total", "charge_total"})
"""Positive by definition, and yet stated with the sign of what they are taken from by some."""
_BELIEVED = 0.5
"""Confidence below which a reading of a page says nothing against the XML."""
_COLUMNS: tuple[ItemField, ...] = ("quantity", "unit_price", "line_total")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A field of which page and XML say different things.

    Attributes:
        field: Which one.
        stored: What the XML says.
        printed: What the page says, as it was read.
    """

    field: FieldName
    stored: Value
    printed: Value

    @property
    def says(self) -> str:
        """It in words."""
        page = f" of page {self.printed.chosen.page}" if self.printed.chosen.page else ""
        return f"{self.field}: the e-invoice says {self.stored.value!r}, the print{page} {self.printed.value!r}"


def disagreements(structured: Invoice, printed: Invoice) -> list[Disagreement]:
    """Fields that both have and that differ, in the order of the XML.

    A page agrees if any reading of it does that was considered: what is doubtful is the reading then, not the invoice. Nor does
    a reading count whose confidence is known to be low. Amounts are compared as decimals, of a credit note without their sign:
    pages print one where the XML has none, or the other way round.

    Args:
        structured: From the XML.
        printed: From the pages beside it.
    """
    return [
        Disagreement(name, stored, printed.fields[name])
        for name, stored in structured.fields.items()
        if name in COMPARED
        and _is_believed(printed.fields.get(name))
        and _printed_as(structured, name, printed.fields[name]) is None
    ]


def merged(structured: Invoice, printed: Invoice) -> Invoice:
    """The invoice of the XML, with the places on the page where the same is printed.

    A field that the page contradicts keeps the value of the XML, but has no confidence: somebody should look at it. What only the
    page has (an account, the day to pay, the lines of a file in profile MINIMUM) is taken from there as it was read and named in
    the notes; but no amounts, which have to agree with each other.
    """
    differing = {found.field: found for found in disagreements(structured, printed)}
    fields = {
        name: replace(value, confidence=None)
        if name in differing
        else _placed(value, _printed_as(structured, name, printed.fields.get(name)))
        for name, value in structured.fields.items()
    }
    only_printed = {name: value for name, value in printed.fields.items() if name not in (structured.fields.keys() | _AMOUNTS)}
    notes = [*structured.notes, *(found.says for found in differing.values())]
    taken = [*only_printed, *(["line items"] if printed.items and not structured.items else [])]
    if taken:
        notes.append(f"taken from the print, since the e-invoice lacks it: {', '.join(sorted(taken))}")
    return replace(
        structured,
        pages=printed.pages or structured.pages,
        fields=fields | only_printed,
        items=tuple(_placed_items(structured.items, printed.items)) or printed.items,
        notes=tuple(dict.fromkeys([*notes, *printed.notes])),
    )


def _is_believed(printed: Value | None) -> bool:
    return printed is not None and (printed.confidence is None or printed.confidence >= _BELIEVED)


def _printed_as(structured: Invoice, name: FieldName, printed: Value | None) -> Candidate | None:
    """The reading of a page that says what the XML says."""
    if printed is None or name not in COMPARED:
        return None
    stored = structured.fields[name].value
    unsigned = name in _UNSIGNED or _value_of(structured, "document_type") == "credit_note"
    equal = _comparison(name, unsigned=unsigned)
    return next((c for c in (printed.chosen, *printed.candidates) if equal(stored, c.value)), None)


def _comparison(name: FieldName, *, unsigned: bool) -> Callable[[str, str], bool]:
    if name in _AMOUNTS:
        return _equal_sizes if unsigned else _equal_amounts
    if name in _NAMES:
        return _similar
    if name in _IDS:
        return _share_one
    return _equal_numbers


def _placed(value: Value, found: Candidate | None) -> Value:
    if found is None or value.chosen.box is not None:
        return value
    return replace(value, chosen=replace(value.chosen, page=found.page, box=found.box))


def _placed_items(stored: Iterable[LineItem], printed: Iterable[LineItem]) -> Iterable[LineItem]:
    """Line items with the places of those printed that have a similar description and no other number."""
    left = list(printed)
    for item in stored:
        same = next((other for other in left if _same_item(item, other)), None)
        if same is None:
            yield item
            continue
        left.remove(same)
        yield LineItem(
            {name: _placed(value, _same_column(name, value, same.columns.get(name))) for name, value in item.columns.items()},
            same.page,
        )


def _same_item(stored: LineItem, printed: LineItem) -> bool:
    names = [item.columns.get("description") for item in (stored, printed)]
    both = [(stored.columns[name], printed.columns[name]) for name in _COLUMNS if _both(stored, printed, name)]
    alike = all(_equal_amounts(one.value, other.value) for one, other in both)
    described = names[0] is not None and names[1] is not None and _similarity(names[0].value, names[1].value) >= _SAME_ITEM
    return alike and described


def _both(one: LineItem, other: LineItem, name: ItemField) -> bool:
    return name in one.columns and name in other.columns


def _same_column(name: ItemField, stored: Value, printed: Value | None) -> Candidate | None:
    if printed is None:
        return None
    same = _equal_amounts if name in (*_COLUMNS, "vat_rate", "discount", "base_quantity") else _similar
    return printed.chosen if same(stored.value, printed.value) else None


def _value_of(invoice: Invoice, name: FieldName) -> str | None:
    found: Mapping[FieldName, Value] = invoice.fields
    return found[name].value if name in found else None


def _equal_amounts(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def _equal_sizes(one: str, other: str) -> bool:
    return _equal_amounts(one.lstrip("+-"), other.lstrip("+-"))


def _equal_numbers(one: str, other: str) -> bool:
    return _compact(one) == _compact(other)


def _share_one(one: str, other: str) -> bool:
    """Whether two lists of identifiers have one in common: pages print some of them."""
    return bool({_compact(part) for part in one.split(", ")} & {_compact(part) for part in other.split(", ")})


def _compact(text: str) -> str:
    return "".join(text.split()).casefold()


def _similar(one: str, other: str) -> bool:
    return _similarity(one, other) >= _SIMILAR


def _similarity(one: str, other: str) -> float:
    """0 to 100; 100 if all words of one are in the other."""
    from rapidfuzz.fuzz import token_set_ratio
    from rapidfuzz.utils import default_process

    return token_set_ratio(one, other, processor=default_process)
