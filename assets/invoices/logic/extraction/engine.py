"""What the engine itself names: its values as candidates beside those found on the page."""

from collections.abc import Iterable, Iterator
from typing import cast, get_args

from assets.invoices.logic.extraction.dates import DateOrder, dates_in
from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.totals import TOTALS
from assets.invoices.logic.invoice import Candidate, FieldName
from assets.invoices.logic.numbers import plain, readings
from resources.document_ai.layout import KeyValue

_FIELDS: frozenset[str] = frozenset(get_args(FieldName))
_DATES: frozenset[str] = frozenset({"issue_date", "due_date", "delivery_date"})
_TRUST = 0.95
"""Share of its own confidence that an engine is believed: another finding may outweigh it."""


def named_values(document: Document, values: Iterable[KeyValue], order: DateOrder) -> dict[FieldName, list[Candidate]]:
    """Candidates of the fields that the engine named on the pages of an invoice, or on no page."""
    pages = {sheet.number for sheet in document.sheets}
    found: dict[FieldName, list[Candidate]] = {}
    for value in values:
        if value.key in _FIELDS and (value.page is None or value.page in pages):
            field = cast(FieldName, value.key)
            found.setdefault(field, []).extend(_candidates(field, value, document, order))
    return found


def _candidates(field: FieldName, value: KeyValue, document: Document, order: DateOrder) -> Iterator[Candidate]:
    for canonical, share in _canonical(field, value, document, order):
        score = _TRUST * value.confidence * share
        why = ("named so by the engine",)
        yield Candidate(canonical, value.text, value.page, value.box, score, why, "engine", value.confidence)


def _canonical(field: FieldName, value: KeyValue, document: Document, order: DateOrder) -> Iterator[tuple[str, float]]:
    """The values that a text may stand for in this field, each with its share of belief; none if it is no value of the field."""
    text = value.normalized or value.text
    if field in _DATES:
        for printed in dates_in(text, compact=True)[:1]:
            yield from ((day.isoformat(), share) for day, share, _ in order.ranked(printed.days))
    elif field in TOTALS:
        shares = (1.0, 0.3)
        yield from ((plain(number), share) for number, share in zip(readings(text, document.numerals), shares, strict=False))
    elif text.strip():
        yield text.strip(), 1.0
