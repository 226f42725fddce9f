"""Numbers of documents: the invoice's own, the order's, that of the invoice that it corrects; and what kind of document it is."""

import re
from collections.abc import Iterator

from assets.invoices.logic.extraction.dates import Printed, dates_in, without_dates
from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.labels import Label
from assets.invoices.logic.extraction.places import Place, places
from assets.invoices.logic.extraction.sheet import Segment, Sheet
from assets.invoices.logic.extraction.wordings import Role
from assets.invoices.logic.invoice import Candidate

_SHAPE = r"[^\W_]{1,6}[ ](?=\d[\w./\-]*)\d[\w./\-]*|[^\W_][\w./\-]*(?:\s?/\s?[\w./\-]+)*"
_NUMBER = re.compile(_SHAPE)
_GROUPS = re.compile(r"\d{1,6}(?: \d{2,6})+")
_LEAD = r"[\s:.#=(\-]*"
_WORD = r"(?:(?:no|nr|num|number|nummer|numero|número|n\s?[°º]|№|nro)\b\.?|n\s?[°º]|№|#)?"
_AFTER_TITLE = re.compile(rf"\s*(?:\(\d{{3}}\))?{_LEAD}({_WORD}){_LEAD}(?P<number>{_SHAPE})", re.IGNORECASE)
_DECIMAL = re.compile(r"\d+[.,]\d{2}")
_IN_COMPANY = 0.6
"""Share that is left of a score if words follow the number: numbers stand alone, those of streets and towns do not."""
_LONGEST = 30
_BELOW_TITLE = 3.0
"""Line heights below a title in which its number may stand."""
_KINDS: dict[Role, str] = {"title_invoice": "invoice", "title_credit_note": "credit_note", "title_receipt": "receipt"}


def numbers(document: Document, role: Role) -> Iterator[Candidate]:
    """Candidates for the number that labels of a role name (`invoice_number`, `purchase_order`, `preceding_invoice`)."""
    for sheet, label in document.labelled(role):
        for place in places(sheet, label, document.named):
            if candidate := _number_at(place, label):
                yield candidate


def titled(document: Document) -> Iterator[tuple[Sheet, Label, re.Match[str] | None]]:
    """Titles (`Invoice 4711 of 3 May 2024`) with the number that follows them."""
    for sheet, label in document.labelled("title_invoice", "title_credit_note", "title_receipt"):
        if len(label.segment.text[: label.start].split()) > 2:
            continue
        found = _AFTER_TITLE.match(label.segment.text, label.end)
        yield sheet, label, found if found and _like_a_number(found["number"]) > 0 else None


def title_numbers(document: Document) -> Iterator[Candidate]:
    """Numbers that follow the title of the document."""
    for sheet, label, found in titled(document):
        if found is None:
            continue
        start, end = found.span("number")
        text = found["number"].rstrip(".,-/")
        said = bool(found[1]) or len(label.text.split()) > 1
        score = (0.92 if said else 0.75) * _like_a_number(text) * (1.0 if sheet.number == document.sheets[0].number else 0.9)
        yield _candidate(label.segment.text[start:end], text, label, (start, end), score, f"after the title “{label.text}”")


def below_title(document: Document) -> Iterator[tuple[Segment, re.Match[str], Printed]]:
    """Lines below the title that are nothing but a number and a date (`TX-471102 vom 30.10.2018`), with both."""
    for sheet, label, found in titled(document):
        if found is not None or label.start > 0:
            continue
        for line in sheet.below(label.segment, label.segment.box, _BELOW_TITLE):
            number = _AFTER_TITLE.match(line.text)
            dates = dates_in(line.text)
            if number and len(dates) == 1 and line.text[dates[0].end :].strip(" .,") == "":
                between = line.text[number.end() : dates[0].start]
                if dates[0].start > number.end() and len(between.split()) <= 1 and _like_a_number(number["number"]) == 1.0:
                    yield line, number, dates[0]


def numbers_below_title(document: Document) -> Iterator[Candidate]:
    """Numbers that stand with their date alone in a line below the title."""
    for line, found, _ in below_title(document):
        text, span = found["number"].rstrip(".,-/"), found.span("number")
        why = ("stands with a date below the title",)
        yield Candidate(text, text, line.page, line.place(*span), 0.6, why, reading=line.reading(*span))


def kinds(document: Document) -> Iterator[Candidate]:
    """What kind of document it calls itself, in its titles: the larger and the higher on the page, the likelier."""
    tallest = max((segment.box.height for segment in document.segments), default=1.0)
    for sheet, label, found in titled(document):
        heads = label.alone or found is not None
        size = label.box.height / tallest
        high = 1 - label.box.top / max(sheet.height, 1.0)
        first = 1.0 if sheet.number == document.sheets[0].number else 0.5
        score = (0.5 if heads else 0.15) * (0.5 + 0.5 * size) * (0.5 + 0.5 * high) * first
        why = f"its title is “{label.text}”" if heads else f"it says “{label.text}”"
        yield _candidate(label.text, _KINDS[label.role], label, (label.start, label.end), score, why)


def _number_at(place: Place, label: Label) -> Candidate | None:
    said = without_dates(place.text)
    grouped = _GROUPS.fullmatch(said.rstrip(), len(said) - len(said.lstrip(" :.#=")))
    for found in [grouped] if grouped else list(_NUMBER.finditer(said))[:3]:
        text = found.group().rstrip(".,-/")
        fits = _like_a_number(text)
        if fits:
            away = len(re.findall(r"\w+", place.text[: found.start()]))
            alone = place.segment is label.segment or not any(c.isalpha() for c in said[found.end() :])
            score = label.weight * place.fits * fits * 0.6**away * (1.0 if alone else _IN_COMPANY)
            box = place.box(found.start(), found.start() + len(text))
            reading = place.reading(found.start(), found.end())
            return Candidate(text, text, place.segment.page, box, score, (place.why,), reading=reading)
    return None


def _like_a_number(text: str) -> float:
    """How much a text looks like the number of a document, 0 to 1."""
    text = text.rstrip(".,-/")
    if not any(c.isdigit() for c in text) or len(text) > _LONGEST or dates_in(text):
        return 0.0
    if _DECIMAL.fullmatch(text):
        return 0.15
    return 0.5 if len(text) < 3 else 1.0


def _candidate(raw: str, text: str, label: Label, span: tuple[int, int], score: float, why: str) -> Candidate:
    segment = label.segment
    return Candidate(text, raw, segment.page, segment.place(*span), score, (why,), reading=segment.reading(*span))
