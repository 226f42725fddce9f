"""Rows of tables from what was read of a file and what people said of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from assets.invoices.logic.acceptance import Doubt, doubts, is_accepted
from assets.invoices.logic.confidence import ConfidenceModel, judged
from assets.invoices.logic.corrected import corrected
from assets.invoices.logic.correction import AMOUNTS, DATES
from assets.invoices.logic.invoice import FieldName, Invoice, LineItem, TaxLine, Value
from assets.invoices.logic.known_sellers import KnownSellers
from assets.invoices.logic.reading import PageShape, Reading

LISTS = frozenset({"seller_tax_ids", "buyer_tax_ids"})
FIELDS: tuple[FieldName, ...] = get_args(FieldName)
_ITEM_NUMBERS = frozenset({"quantity", "unit_price", "base_quantity", "discount", "vat_rate", "line_total"})
_ITEM_TEXTS = ("line_id", "description", "sku", "unit")


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said last of a field.

    Attributes:
        value: Its value; None if nothing is printed.
        by: Who.
        action: How; see `invoices/corrections`.
        revision: Number of the correction among those of the invoice.
    """

    value: str | None
    by: str
    action: str
    revision: int


@dataclass(frozen=True, slots=True)
class Posted:
    """Rows of one file."""

    invoices: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)


def invoice_id(content_hash: str, invoice: Invoice) -> str:
    """Identity of an invoice: the same bytes have the same invoices, whatever the file is called.

    It is named by the page that it begins on, so that what people said of it stays its own when a file is divided anew.
    """
    return f"{content_hash[:32]}-{min(invoice.pages, default=1)}"


def posted(
    reading: Reading,
    content_hash: str,
    keys: Sequence[str],
    said: Mapping[str, Mapping[str, Said]],
    model: ConfidenceModel,
    known: KnownSellers,
    fingerprint: str,
) -> Posted:
    """Rows of the invoices of a file.

    Args:
        reading: What was read.
        content_hash: SHA-256 of its bytes.
        keys: Keys of the objects that hold them, oldest first.
        said: By invoice and field, what people said.
        model: How sure values are.
        known: Sellers that need no look.
        fingerprint: Identity of all of this.
    """
    rows = Posted()
    recognised = {page.number for page in reading.pages if page.origin == "ocr"}
    for ordinal, unjudged in enumerate(reading.invoices, start=1):
        invoice = known.vouch(judged(unjudged, recognised, model))
        identity = {"invoice_id": invoice_id(content_hash, invoice), "content_hash": content_hash}
        told = said.get(identity["invoice_id"], {})
        valid = corrected(invoice, {name: one.value for name, one in told.items()})
        found = doubts(valid, told.keys(), {name for name, one in told.items() if one.action == "confirmed"})
        values = {str(name): value.value for name, value in valid.fields.items()}
        rows.invoices.append(
            {
                **identity,
                "source_key": keys[0],
                "copies": list(keys[1:]),
                "ordinal": ordinal,
                "status": "review" if found else "accepted",
                "doubts": [_doubt(doubt, reading.pages) for doubt in found],
                **_columns(values),
                "taxes": [_tax(line) for line in invoice.taxes],
                "checks": [{"name": c.name, "subject": c.subject, "holds": c.holds, "says": c.says} for c in valid.checks],
                "reconciled": valid.reconciled,
                "repaired": [name for name, value in invoice.fields.items() if value.repaired],
                "corrected": sorted(told),
                "revision": max((one.revision for one in told.values()), default=0),
                "pages": [asdict(page) for page in reading.pages if page.number in invoice.pages],
                "engine": reading.engine,
                "notes": list(dict.fromkeys([*reading.notes, *valid.notes])),
                "fingerprint": fingerprint,
            }
        )
        currency = values.get("currency")
        rows.items.extend(_item(identity, place, item, currency) for place, item in enumerate(invoice.items, start=1))
        rows.values.extend(_values(identity, invoice, told))
    return rows


def _columns(values: Mapping[str, str]) -> dict[str, Any]:
    return {name: typed(name, values.get(name)) for name in FIELDS}


def typed(name: str, value: str | None) -> Any:  # noqa: ANN401  a date, a decimal, a list or text
    """A field's canonical value as its column has it; None if it is not what the column takes."""
    if name in LISTS:
        return [part for part in (value or "").split(", ") if part]
    if value is None:
        return None
    if name in AMOUNTS:
        return amount(value)
    if name in DATES:
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value


def amount(text: str | None) -> Decimal | None:
    """A canonical number that the lake can hold; None if it is none."""
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and abs(found) < Decimal("1e13") else None


def _tax(line: TaxLine) -> dict[str, Decimal | None]:
    return {
        name: amount(value.value) if value else None
        for name, value in (("rate", line.rate), ("base", line.base), ("amount", line.amount))
    }


def _item(identity: Mapping[str, str], place: int, item: LineItem, currency: str | None) -> dict[str, Any]:
    values = {str(name): value.value for name, value in item.columns.items()}
    return {
        **identity,
        "position": place,
        "page": item.page,
        **{name: values.get(name) for name in _ITEM_TEXTS},
        **{name: amount(values.get(name)) for name in _ITEM_NUMBERS},
        "currency": currency,
    }


def _values(identity: Mapping[str, str], invoice: Invoice, told: Mapping[str, Said]) -> Iterable[dict[str, Any]]:
    for name, value in invoice.fields.items():
        about = told.get(name)
        if about is None or about.value is not None:
            yield {**identity, **_place("head", None, name), **_value(value, about)}
    for given, said in told.items():
        if given in FIELDS and given not in invoice.fields and said.value is not None:
            yield {**identity, **_place("head", None, given), **_given(said)}
    for position, item in enumerate(invoice.items, start=1):
        for column, value in item.columns.items():
            yield {**identity, **_place("item", position, column), **_value(value, None)}
    for position, line in enumerate(invoice.taxes, start=1):
        for part, found in (("rate", line.rate), ("base", line.base), ("amount", line.amount)):
            if found is not None:
                yield {**identity, **_place("tax", position, part), **_value(found, None)}


def _place(part: str, position: int | None, name: str) -> dict[str, Any]:
    return {"part": part, "position": position, "field": name}


def _value(value: Value, said: Said | None) -> dict[str, Any]:
    chosen, box = value.chosen, value.chosen.box
    corrected = said is not None and said.value != value.value
    return {
        "value": said.value if said else value.value,
        "extracted": value.value,
        "raw": chosen.raw,
        "page": chosen.page,
        "left": box.left if box else None,
        "top": box.top if box else None,
        "right": box.right if box else None,
        "bottom": box.bottom if box else None,
        "source": "person" if corrected else chosen.source,
        "confidence": value.confidence,
        "accepted": is_accepted(value),
        "repaired": value.repaired,
        "candidates": json.dumps([asdict(candidate) for candidate in value.candidates], ensure_ascii=False),
    }


def _given(said: Said) -> dict[str, Any]:
    """A value that only a person found."""
    return {"value": said.value, "source": "person", "accepted": False, "candidates": "[]"}


def _doubt(doubt: Doubt, pages: Sequence[PageShape]) -> dict[str, Any]:
    value = doubt.value
    first = pages[0].number if pages else None
    return {
        "field": doubt.field,
        "reason": doubt.reason,
        "value": value.value if value else None,
        "confidence": value.confidence if value else None,
        "page": value.chosen.page if value and value.chosen.page else first,
    }
