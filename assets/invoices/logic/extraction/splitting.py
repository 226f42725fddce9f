"""Which pages of a file belong to one invoice, and which are no invoice at all."""

import re
from collections.abc import Iterable, Iterator

from assets.invoices.logic.extraction import wordings
from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.identifiers import numbers, title_numbers
from assets.invoices.logic.extraction.ranking import merged
from assets.invoices.logic.extraction.sheet import Sheet, folded

_PAGE = re.compile(
    r"(?:page|seite|pagina|página|blatt|pág\.?|pag\.?|s\.)\s*:?\s*(\d{1,3})\s*(?:of|von|sur|de|di|van|/|\|)\s*(\d{1,3})\b"
    r"|^\s*(\d{1,3})\s*/\s*(\d{1,3})\s*$",
    re.IGNORECASE,
)
_RULES_WORDS = 250
_SURE = 0.7


def rules_only(sheet: Sheet) -> bool:
    """Whether a page holds terms and conditions: their title, much text, and few numbers."""
    words = [word for segment in sheet.segments for word in segment.text.split()]
    if len(words) < _RULES_WORDS:
        return False
    titles = {folded(segment.text).strip(" .:") for segment in sheet.segments if len(segment.text) < 70}
    titled = any(title in said for said in titles for title in wordings.TERMS_PAGES.split("|") if len(title) > 4 or title == said)
    digits = sum(any(c.isdigit() for c in word) for word in words) / len(words)
    return digits < 0.12 and (titled or digits < 0.04)


def invoices_of(sheets: Iterable[Sheet]) -> Iterator[tuple[Sheet, ...]]:
    """The pages of each invoice: another begins with another number of its own, or anew with page one."""
    pages: list[Sheet] = []
    current: str | None = None
    for sheet in sheets:
        number = _number(sheet)
        if pages and _begins(sheet, number, current):
            yield tuple(pages)
            pages, current = [], None
        pages.append(sheet)
        current = current or number
    if pages:
        yield tuple(pages)


def _begins(sheet: Sheet, number: str | None, current: str | None) -> bool:
    marked = page_of(sheet)
    if number is None or number == current:
        return bool(number and marked and marked[0] == 1)
    return current is not None and (marked is None or marked[0] == 1)


def page_of(sheet: Sheet) -> tuple[int, int] | None:
    """The number of the page and of all pages, as printed on it (`page 2 of 3`)."""
    for segment in sheet.segments:
        if found := _PAGE.search(segment.text):
            one, of = (int(group) for group in found.groups() if group)
            if 1 <= one <= of:
                return one, of
    return None


def _number(sheet: Sheet) -> str | None:
    """The number of the invoice that a page gives clearly."""
    document = Document((sheet,))
    found = merged([*title_numbers(document), *numbers(document, "invoice_number")])
    return found[0].value if found and found[0].score >= _SURE else None
