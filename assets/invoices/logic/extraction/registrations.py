"""Tax numbers and bank accounts, with their check digits tried (python-stdnum)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.places import places
from assets.invoices.logic.extraction.sheet import Segment, folded, tokens
from assets.invoices.logic.invoice import Candidate
from resources.document_ai.layout import Box

_VAT = re.compile(
    r"(?<![A-Za-z0-9])(?:ATU\d{8}|BE\s?[01]?\d{3}[.\s]?\d{3}[.\s]?\d{3}|BG\d{9,10}|CY\d{8}[A-Z]|CZ\d{8,10}|DE\s?\d{3}\s?\d{3}\s?\d{3}|DK\s?\d{2}\s?\d{2}\s?\d{2}\s?\d{2}"
    r"|EE\d{9}|(?:EL|GR)\d{9}|ES\s?[A-Z0-9]-?\d{7}-?[A-Z0-9]|FI\s?\d{8}|FR\s?[A-Z0-9]{2}\s?\d{3}\s?\d{3}\s?\d{3}|(?:GB|XI)\s?\d{3}\s?\d{4}\s?\d{2}|HR\d{11}|HU\d{8}"
    r"|IE\s?\d[A-Z0-9+*]\d{5}[A-Z]{1,2}|IT\s?\d{11}|LT\d{9}(?:\d{3})?|LU\s?\d{8}|LV\d{11}|MT\d{8}|NL\s?\d{4}\.?\d{2}\.?\d{3}\.?B\.?\d{2}|PL\s?\d{10}|PT\s?\d{9}"
    r"|RO\d{2,10}|SE\d{12}|SI\d{8}|SK\d{10}|CHE-?\d{3}\.?\d{3}\.?\d{3}(?:\s?(?:MWST|TVA|IVA))?|NO\s?\d{9}\s?MVA)(?![A-Za-z0-9])"
)
"""Shapes of VAT identification numbers in Europe."""
_LABELLED = re.compile(r"[A-Z0-9][A-Z0-9./\- ]{5,22}[A-Z0-9]")
_NATIONAL = {"gstin": r"\d{2}[A-Z]{5}\d{4}[A-Z]\d?Z?[A-Z0-9]{1,2}", "abn": r"\d{2} ?\d{3} ?\d{3} ?\d{3}", "ein": r"\d{2}-\d{7}"}
_TAX_WORDS = ("steuer", "st nr", "stnr", "tax", "codice fiscale", "dic")
_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?)(?![A-Za-z0-9])")
_UNSURE = 0.45


@dataclass(frozen=True, slots=True)
class Registration:
    """A tax number on a page.

    Attributes:
        number: Without spaces.
        raw: As printed.
        segment: The line.
        box: Where.
        valid: Whether its check digits are right; None if it has none that are known.
        label: The words that name it; empty if its shape alone does.
    """

    number: str
    raw: str
    segment: Segment
    box: Box
    valid: bool | None
    label: str = ""


def registrations(document: Document) -> Iterator[Registration]:
    """Tax numbers: those with the shape of a VAT number wherever they stand, others where a label names them."""
    seen: set[tuple[int, str]] = set()
    for segment in document.segments:
        for m in _VAT.finditer(segment.text):
            number = compact(m.group())
            seen.add((id(segment), number))
            yield Registration(number, m.group(), segment, segment.place(*m.span()), valid_vat(number))
    for sheet, label in document.labelled("tax_number", "vat_id"):
        words = " ".join(token.text for token in tokens(label.text))
        for place in list(places(sheet, label, document.named))[:1]:
            found = _LABELLED.search(place.text)
            if not found or len(place.text[: found.start()].split()) > 2 or not any(c.isdigit() for c in found.group()):
                continue
            number = found.group().strip()
            if (id(place.segment), compact(number)) in seen or not _named_so(words, number, vat=label.role == "vat_id"):
                continue
            valid = _valid_national(number)
            yield Registration(number, number, place.segment, place.box(*found.span()), valid, label.text)


def _named_so(words: str, number: str, *, vat: bool) -> bool:
    """Whether a number has a shape that its label allows; numbers of registers and of articles are no tax numbers."""
    digits = sum(c.isdigit() for c in number)
    for name, shape in _NATIONAL.items():
        if name in words:
            return bool(re.fullmatch(shape, number))
    if vat:
        return 7 <= digits <= 15
    return any(word in words for word in _TAX_WORDS) and 8 <= digits <= 14


def compact(number: str) -> str:
    """A number without what groups its digits."""
    return re.sub(r"[\s.\-]", "", number)


def valid_vat(number: str) -> bool | None:
    """Whether the check digits of a VAT number are right; None for countries whose rule is not known."""
    from stdnum.ch import vat as swiss
    from stdnum.eu import vat

    if number.startswith("CHE"):
        return bool(swiss.is_valid(number))
    if number[:2] in ("GB", "NO"):
        return None
    return bool(vat.is_valid(number))


def _valid_national(number: str) -> bool | None:
    from stdnum.de import stnr

    return True if stnr.is_valid(number) else None


def ibans(document: Document) -> Iterator[Candidate]:
    """Candidates for the account to pay to: international account numbers, those with wrong check digits scored low."""
    from stdnum import iban

    labelled = {id(label.segment) for _, label in document.labelled("other_number") if folded(label.text) == "iban"}
    for segment in document.segments:
        for m in _IBAN.finditer(segment.text):
            number = m[1].replace(" ", "")
            valid = iban.is_valid(number)
            if not valid:
                shortened = _valid_start(m[1])
                number, valid = (shortened, True) if shortened else (number, False)
            named = id(segment) in labelled or "iban" in folded(segment.text)
            if not valid and not named:
                continue
            score = (0.95 if named else 0.8) if valid else _UNSURE
            why = "its check digits are right" if valid else "named IBAN, but its check digits are wrong"
            yield Candidate(
                number, m[1], segment.page, segment.place(*m.span()), score, (why,), reading=segment.reading(*m.span())
            )


def _valid_start(text: str) -> str | None:
    """The account number at the beginning of a text that runs on with another word in capitals."""
    from stdnum import iban

    parts = text.split(" ")
    for count in range(len(parts) - 1, 2, -1):
        number = "".join(parts[:count])
        if iban.is_valid(number):
            return number
    return None
