"""The dates of an invoice: issued, due, delivered."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from assets.invoices.logic.extraction.dates import DateOrder, Order, Printed, dates_in, order_of
from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.identifiers import below_title, titled
from assets.invoices.logic.extraction.labels import Label, in_segment
from assets.invoices.logic.extraction.places import Place, places
from assets.invoices.logic.extraction.ranking import merged
from assets.invoices.logic.extraction.sheet import Segment, Sheet, folded
from assets.invoices.logic.extraction.terms import DISCOUNT, Terms
from assets.invoices.logic.invoice import Candidate, FieldName
from resources.document_ai.layout import Box

_FIELDS: tuple[FieldName, ...] = ("issue_date", "due_date", "delivery_date")
_LINK = re.compile(
    r"^[\s,:;\-–]*(?:vom|von|du|of|dated|del|dell|van|d\.d\.|di|de|le|on|date|datum|en date du|de fecha|con fecha|da|den)?"
    r"[\s:.,]*$",
    re.IGNORECASE,
)
_NEAR = 14
"""Characters between a label and a date in the same line that still belong together."""
_STATES = (
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA RI SC"
    " SD TN TX UT VA VT WA WI WV WY"
)
_US = re.compile(
    rf"\b(?i:united states|u\.s\.a|usa|us dollars?)\b|(?<!\w)(?:{_STATES.replace(' ', '|')}),? \d{{5}}(?:-\d{{4}})?\b"
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A date on the page that a field may have."""

    field: FieldName
    printed: Printed
    segment: Segment
    box: Box
    score: float
    why: str
    raw: str


@dataclass(frozen=True, slots=True)
class Days:
    """The dates of an invoice.

    Attributes:
        candidates: Of each date field, best first.
        order: How the invoice writes dates.
    """

    candidates: dict[FieldName, tuple[Candidate, ...]]
    order: DateOrder


def days(document: Document, terms: Iterable[Terms], currency: str | None) -> Days:
    """Candidates of the date fields.

    Args:
        document: The invoice.
        terms: Payment terms, from which a due date follows where none is printed.
        currency: Of the invoice; a weak hint at how it writes dates.
    """
    found = [*_labelled(document), *_in_titles(document), *_unlabelled(document)]
    known = list(terms)
    order = _consistent(order_of(document.texts, _hint(document, currency)), found, known)
    ranked = {field: merged(_candidates(found, field, order)) for field in _FIELDS}
    issued = ranked["issue_date"]
    ranked["due_date"] = merged([*_not_before(ranked["due_date"], issued), *_computed(known, issued)])
    return Days({field: some for field, some in ranked.items() if some}, order)


def _candidates(found: Iterable[_Found], field: FieldName, order: DateOrder) -> Iterator[Candidate]:
    for one in found:
        if one.field == field:
            for day, share, why in order.ranked(one.printed.days):
                reasons = (one.why, why) if why else (one.why,)
                reading = min((word.confidence for word in one.segment.words), default=1.0)
                yield Candidate(day.isoformat(), one.raw, one.segment.page, one.box, one.score * share, reasons, reading=reading)


def _labelled(document: Document) -> Iterator[_Found]:
    taken = {id(label.segment): label for _, label in document.labelled("discount_terms")}
    for sheet, label in document.labelled(*_FIELDS):
        if label.role == "due_date" and (_of_discount(label, taken) or _ends_period(label)):
            continue
        for place in places(sheet, label, document.named):
            yield from _first(place, label)


def _first(place: Place, label: Label) -> Iterator[_Found]:
    """The first date in a place, if it stands near the label."""
    for printed in dates_in(place.text, compact=label.meaning.weight >= 1)[:1]:
        if label.role == "due_date" and _with_discount(place.segment.text[place.start + printed.end :]):
            return
        before = place.text[: printed.start].strip(" :.-")
        near = 1.0 if not before else 0.85 if _LINK.match(before) else 0.6 if len(before) <= _NEAR else 0.4
        box = place.box(printed.start, printed.end)
        raw = place.text[printed.start : printed.end]
        field: FieldName = label.role  # type: ignore[assignment]  # the labels asked for are fields
        yield _Found(field, printed, place.segment, box, label.weight * place.fits * near, place.why, raw)


def _of_discount(label: Label, discounts: dict[int, Label]) -> bool:
    """Whether a day until which to pay is that of a discount: it follows the word for it in the same clause."""
    discount = discounts.get(id(label.segment))
    between = label.segment.text[discount.end : label.start] if discount and discount.start < label.start else ","
    return "," not in between and ";" not in between


def _with_discount(after: str) -> bool:
    """Whether a day is one until which less may be paid (`until 14 March with 2 % discount`), by what follows it."""
    return bool(DISCOUNT.search(folded(re.split(r"[,;]", after)[0])))


def _ends_period(label: Label) -> bool:
    """Whether a day is the end of a period (`from 1 May until 31 May`): a date stands right before the word."""
    before = label.segment.text[: label.start].rstrip()
    return label.meaning.weight < 1 and any(printed.end >= len(before) for printed in dates_in(before))


def _in_titles(document: Document) -> Iterator[_Found]:
    """Dates after the number in the title, in its line or at the beginning of the next."""
    for sheet, label, found in titled(document):
        if found is None:
            continue
        segment, tail = label.segment, label.segment.text[found.end() :]
        printed = next(iter(dates_in(tail)), None)
        if printed and _LINK.match(tail[: printed.start]):
            box = segment.place(found.end() + printed.start, found.end() + printed.end)
            raw = tail[printed.start : printed.end]
            yield _Found("issue_date", printed, segment, box, 0.93, "follows the number in the title", raw)
        elif tail.strip() and _LINK.match(tail):
            yield from _in_next_line(sheet, segment)
    for line, _, printed in below_title(document):
        box, raw = line.place(printed.start, printed.end), line.text[printed.start : printed.end]
        yield _Found("issue_date", printed, line, box, 0.6, "stands with a number below the title", raw)


def _in_next_line(sheet: Sheet, segment: Segment) -> Iterator[_Found]:
    below = next(sheet.below(segment, segment.box, 1.5), None)
    printed = next(iter(dates_in(below.text)), None) if below else None
    if below and printed and printed.start == 0:
        why = "follows the number in the title, in the next line"
        yield _Found("issue_date", printed, below, below.place(0, printed.end), 0.9, why, below.text[: printed.end])


def _unlabelled(document: Document) -> Iterator[_Found]:
    """Dates that stand by themselves in the upper part of the first page, a place before them at most; each once.

    Those below the headings of line items belong to these.
    """
    first = document.sheets[0]
    others = document.labelled("due_date", "delivery_date", "other_date", "other_number")
    taken = {id(place.segment) for sheet, label in others for place in list(places(sheet, label, document.named))[:1]}
    items = min((segment.box.top for segment in first.segments if id(segment) in document.headings), default=first.height)
    seen: set[tuple[date, ...]] = set()
    for segment in first.segments:
        if segment.box.top > min(0.55 * first.height, items):
            return
        if id(segment) in taken:
            continue
        printed = next(iter(dates_in(segment.text)), None)
        if printed is None or printed.days in seen or segment.text[printed.end :].strip(" .,"):
            continue
        before = segment.text[: printed.start].replace(",", " ").split()
        if len(before) <= 3 and not in_segment(segment) and not any(c.isdigit() for c in "".join(before)):
            raw = segment.text[printed.start : printed.end]
            box = segment.place(printed.start, printed.end)
            seen.add(printed.days)
            yield _Found("issue_date", printed, segment, box, 0.4, "stands by itself in the upper part of the page", raw)


def _not_before(due: Iterable[Candidate], issued: tuple[Candidate, ...]) -> Iterator[Candidate]:
    """Days before the day of issue are rarely the day when payment is due."""
    for candidate in due:
        if issued and candidate.day < issued[0].day:
            yield replace(candidate, score=0.6 * candidate.score, why=(*candidate.why, "lies before the day of issue"))
        else:
            yield candidate


def _computed(terms: Iterable[Terms], issued: tuple[Candidate, ...]) -> Iterator[Candidate]:
    for term in terms:
        if issued and (day := term.due(issued[0].day)):
            score = 0.5 * term.score * min(issued[0].score, 1.0)
            why = (f"{term.raw!r} from {issued[0].value}",)
            yield Candidate(day.isoformat(), term.raw, term.page, term.box, score, why, "arithmetic", term.reading)


def _consistent(order: DateOrder, found: list[_Found], terms: list[Terms]) -> DateOrder:
    """Where the order is not proved: the one by which payment is due when the terms say, or at least not before the issue."""
    if order.sure >= 1:
        return order
    votes: dict[Order, float] = {"day": 0.0, "month": 0.0}
    for first in votes:
        trial = DateOrder(first, 1.0, "")
        issued = merged(_candidates(found, "issue_date", trial))
        due = merged(_candidates(found, "due_date", trial))
        if issued and due:
            votes[first] = _agreement(issued[0].day, due[0].day, terms)
    if votes["day"] == votes["month"]:
        return order
    best: Order = "day" if votes["day"] > votes["month"] else "month"
    return DateOrder(best, 0.9, f"with the {best} first, issue and due date agree")


def _agreement(issued: date, due: date, terms: list[Terms]) -> float:
    if any(term.due(issued) == due for term in terms):
        return 2.0
    return 1.0 if 0 <= (due - issued).days <= 120 else 0.0


def _hint(document: Document, currency: str | None) -> tuple[Order | None, str]:
    if any(_US.search(text) for text in document.texts):
        return "month", "an address in the United States"
    if document.language not in (None, "en"):
        return "day", f"the language ({document.language})"
    if currency and currency != "USD":
        return "day", f"the currency ({currency})"
    return None, ""
