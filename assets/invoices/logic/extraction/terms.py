"""Payment terms: what is printed, and the days that they grant."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.places import Place, places
from assets.invoices.logic.extraction.sheet import Segment, folded
from assets.invoices.logic.invoice import Candidate
from resources.document_ai.layout import Box

_DAYS = r"(?:days?|tage?n?|jours?|j|dias?|giorni|gg|dagen|d)\b"
_PERIOD = re.compile(
    rf"(?:net|netto|innerhalb(?: von)?|binnen|within|in|a|al|sous|en|entro|binnen|payable in|payment in)\s*(\d{{1,3}})\s*{_DAYS}"
    rf"|(?<![\d.,])(\d{{1,3}})\s*{_DAYS}"
    r"|\bnet\s*(\d{1,3})\b"
)
_AT_ONCE = re.compile(
    r"due (?:up)?on receipt|upon receipt|on receipt|immediate(?:ly)?\b|sofort\b|paiement immediat|comptant\b|a reception"
    r"|pago inmediato|al contado|pagamento immediato|per direct|direct te voldoen|cash on delivery"
)
_END_OF_MONTH = re.compile(r"fin de mois|end of month|\beom\b|monatsende|ende des monats|fine mese|\bfm\b|fin de mes|einde maand")
DISCOUNT = re.compile(r"\d\s*%|skonto|discount|escompte|descuento|sconto|korting|rabatt")
"""What tells that a term is one for a discount."""
_PAYING = re.compile(
    r"zahlbar|zahlung|payable|payment|paiement|reglement|net\b|netto|pago|pagamento|betal|voldoen|due\b|ueberweis|uberweis|echeance|zahlen"
)
_CLAUSE = re.compile(r"[,;](?!\d)|\b(?:oder|or|ou|ovvero|of)\b(?!\s+invoice|\s+issue|\s+receipt)")
_LONGEST = 200
_SHORT = 10
"""Words of a line that is only about when to pay."""
_UNNAMED = 0.5


@dataclass(frozen=True, slots=True)
class Terms:
    """When payment is due, as the issuer states it.

    Attributes:
        raw: As printed.
        days: Days from the issue.
        end_of_month: Whether the time runs to the end of the month then reached.
        score: How surely it is the term for the whole amount.
        page: On which page.
        box: Where.
        reading: Confidence of the engine in the characters.
    """

    raw: str
    days: int
    end_of_month: bool
    score: float
    page: int
    box: Box
    reading: float = 1.0

    def due(self, issued: date) -> date:
        """The day when payment is due."""
        day = issued + timedelta(days=self.days)
        return day.replace(day=monthrange(day.year, day.month)[1]) if self.end_of_month else day


def printed_terms(document: Document) -> Iterator[Candidate]:
    """Candidates for the payment terms as text: what their label names, or a line that says no more than when to pay."""
    for segment in document.segments:
        if _only_terms(segment) and not document.named(segment) and id(segment) not in document.headings:
            yield Candidate(segment.text, segment.text, segment.page, segment.box, _UNNAMED, ("says when to pay",))
    for sheet, label in document.labelled("payment_terms"):
        line = label.segment
        if (
            label.meaning.weight < 1
            and not label.alone
            and not (label.start == 0 and _PERIOD.search(folded(line.text[label.end :])))
        ):
            continue
        after = Place(line, label.end, len(line.text), 1.0, f"after “{label.text}”")
        own = any(c.isalnum() for c in after.text)
        for place in [after] if own else list(places(sheet, label, document.named))[:1]:
            text = place.segment.text[place.start :].strip(" :.-#=")
            if len(text.split()) > 1 or any(c.isdigit() for c in text):
                score = label.weight * place.fits
                box = place.segment.place(place.start, len(place.segment.text))
                yield Candidate(text[:_LONGEST], text, place.segment.page, box, score, (place.why,))


def _only_terms(segment: Segment) -> bool:
    text = folded(segment.text)
    short = len(segment.tokens) <= _SHORT
    return short and bool(_PERIOD.search(text) and _PAYING.search(text)) and not DISCOUNT.search(text)


def terms(document: Document) -> Iterator[Terms]:
    """The days that the issuer grants, after the label of the terms or in a sentence about paying; discounts are left out."""
    named = {
        id(place.segment) for sheet, label in document.labelled("payment_terms") for place in places(sheet, label, document.named)
    }
    for segment in document.segments:
        text = folded(segment.text)
        score = 0.9 if id(segment) in named else 0.8 if _PAYING.search(text) else 0.0
        if score:
            yield from _in_line(segment, text, score)


def _in_line(segment: Segment, text: str, score: float) -> Iterator[Terms]:
    late = bool(_END_OF_MONTH.search(text))
    for found in _PERIOD.finditer(text):
        before = "" if found.group().startswith("net") else _CLAUSE.split(text[: found.start()])[-1]
        clause = before + found.group() + _CLAUSE.split(text[found.end() :])[0]
        if not DISCOUNT.search(clause):
            days = next(int(group) for group in found.groups() if group)
            yield _terms(segment, days, score, late=late)
            return
    if _AT_ONCE.search(text):
        yield _terms(segment, 0, score, late=False)


def _terms(segment: Segment, days: int, score: float, *, late: bool) -> Terms:
    reading = min(word.confidence for word in segment.words)
    return Terms(segment.text, days, late, score, segment.page, segment.box, reading)
