"""The currency of an invoice: named by a label, or by the signs and codes beside its amounts."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from assets.invoices.logic.extraction.document import Document
from assets.invoices.logic.extraction.places import places
from assets.invoices.logic.extraction.sheet import Segment, folded
from assets.invoices.logic.invoice import Candidate

_CODES = (
    "EUR USD GBP CHF JPY CNY INR AUD CAD NZD SGD HKD SEK NOK DKK PLN CZK HUF RON BGN TRY BRL MXN ZAR MYR THB IDR"
    " PHP KRW TWD AED SAR ILS RUB UAH VND CLP COP ARS PEN EGP MAD TND KWD QAR BHD OMR JOD PKR BDT LKR NGN KES ISK RSD"
)
_CODE = re.compile(rf"(?<![A-Za-z])({'|'.join(_CODES.split())})(?![A-Za-z])")
_SIGNS = {
    "€": ("EUR",), "£": ("GBP",), "₹": ("INR",), "₽": ("RUB",), "₩": ("KRW",), "₺": ("TRY",), "₪": ("ILS",), "₫": ("VND",),
    "฿": ("THB",), "zł": ("PLN",), "Kč": ("CZK",), "RM": ("MYR",), "Rs": ("INR",), "Rs.": ("INR",), "Fr.": ("CHF",),
    "SFr.": ("CHF",), "US$": ("USD",), "A$": ("AUD",), "AU$": ("AUD",), "C$": ("CAD",), "CA$": ("CAD",), "HK$": ("HKD",),
    "NZ$": ("NZD",), "S$": ("SGD",), "R$": ("BRL",), "MX$": ("MXN",), "NT$": ("TWD",), "¥": ("JPY", "CNY"),
    "$": ("USD", "CAD", "AUD", "MXN"), "kr": ("SEK", "NOK", "DKK"), "kr.": ("DKK", "SEK", "NOK"),
}  # fmt: skip
"""Signs with the currencies that they stand for, the commonest first."""
_SIGN = re.compile("|".join(rf"(?<![A-Za-z\-]){re.escape(s)}(?![A-Za-z])" for s in sorted(_SIGNS, key=len, reverse=True)))
_WORDS = {
    "euro": "EUR", "euros": "EUR", "us dollar": "USD", "us dollars": "USD", "u.s. dollars": "USD", "dollars us": "USD",
    "pounds sterling": "GBP", "pound sterling": "GBP", "schweizer franken": "CHF", "swiss francs": "CHF", "francs suisses": "CHF",
    "indian rupees": "INR", "rupees": "INR", "canadian dollars": "CAD", "australian dollars": "AUD", "singapore dollars": "SGD",
    "ringgit": "MYR", "zloty": "PLN", "pesos mexicanos": "MXN",
}  # fmt: skip
_WORD = re.compile(rf"(?<![a-z])({'|'.join(sorted(_WORDS, key=len, reverse=True))})(?![a-z])")
_COUNTRIES = {
    "AUD": r"\baustralia\b|\babn\b", "CAD": r"\bcanada\b|\bgst/hst\b|\bhst\b", "MXN": r"\bmexico\b|\brfc\b", "CNY": r"\bchina\b",
    "NOK": r"\bnorge\b|\bnorway\b|\bmva\b", "DKK": r"\bdanmark\b|\bdenmark\b|\bcvr\b", "SEK": r"\bsverige\b|\bsweden\b|\bmoms\b",
}  # fmt: skip
_HOMES = {
    "EUR": r"AT|BE|CY|DE|EE|ES|FI|FR|GR|IE|IT|LT|LU|LV|MT|NL|PT|SI|SK", "CHF": r"CH", "GBP": r"GB", "PLN": r"PL", "SEK": r"SE",
    "DKK": r"DK", "NOK": r"NO", "CZK": r"CZ",
}  # fmt: skip
"""Currencies of the countries with which account and tax numbers begin."""
_AT_HOME = {
    code: re.compile(rf"(?<![A-Za-z0-9])(?:{countries})(?:\d{{2}}(?: ?[A-Z0-9]{{4}}){{3,}}|[A-Z]?\d{{8,11}}(?![\d]))")
    for code, countries in _HOMES.items()
}
_NUMBER_AFTER = re.compile(r"\s?[-+]?\s?\d")
_NUMBER_BEFORE = re.compile(r"\d[\d.,]{0,12}\s{0,2}\W?$")
_FEW = 0.25
_PLAIN = 0.8
"""Evidence of a code or sign beside an amount that stands for one currency only."""


@dataclass(frozen=True, slots=True)
class _Mention:
    code: str
    segment: Segment
    start: int
    end: int
    score: float
    why: str


def currencies(document: Document) -> Iterator[Candidate]:
    """Candidates for the currency: ISO 4217 codes, each once for each kind of evidence."""
    best: dict[tuple[str, str], _Mention] = {}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for mention in [*_labelled(document), *_mentioned(document)] or list(_of_country(document)):
        key = (mention.code, mention.why)
        counts[key] += 1
        if key not in best or mention.score > best[key].score:
            best[key] = mention
    for key, mention in best.items():
        segment, span = mention.segment, (mention.start, mention.end)
        often = min(1.0, mention.score * (1 + _FEW * (counts[key] - 1))) if mention.score < _FEW * 4 else mention.score
        why = mention.why if counts[key] == 1 else f"{mention.why}, {counts[key]} times"
        raw = segment.text[mention.start : mention.end]
        yield Candidate(
            mention.code, raw, segment.page, segment.place(*span), min(often, 0.97), (why,), reading=segment.reading(*span)
        )


def _labelled(document: Document) -> Iterator[_Mention]:
    for sheet, label in document.labelled("currency"):
        for place in places(sheet, label, document.named):
            found = _CODE.search(place.text)
            if found:
                start = place.start + found.start()
                yield _Mention(found[1], place.segment, start, start + 3, 0.97 * place.fits, place.why)


def _mentioned(document: Document) -> Iterator[_Mention]:
    other = {
        id(place.segment)
        for sheet, label in document.labelled("other_currency")
        for place in places(sheet, label, document.named)
    }
    for segment in document.segments:
        if id(segment) in other:
            continue
        text = segment.text
        for found in _CODE.finditer(text):
            beside = _beside_number(text, found.start(), found.end())
            heads = id(segment) in document.headings
            score, why = (_PLAIN, "beside an amount") if beside else (0.3, "is written on the page")
            score, why = (0.55, "heads a column of amounts") if heads and not beside else (score, why)
            yield _Mention(found[1], segment, found.start(), found.end(), score, why)
        if id(segment) in document.headings and (head := _SIGN.search(text)):
            yield _Mention(_SIGNS[head.group()][0], segment, head.start(), head.end(), 0.45, "heads a column of amounts")
        for found in _SIGN.finditer(text):
            if _beside_number(text, found.start(), found.end()) or text.strip() == found.group():
                yield from _signed(document, segment, found)
            elif not any(c.isalpha() for c in found.group()):
                first = _SIGNS[found.group()][0]
                yield _Mention(first, segment, found.start(), found.end(), 0.3, "its sign is written on the page")
        for found in _WORD.finditer(folded(text)):
            yield _Mention(_WORDS[found[1]], segment, found.start(), min(found.end(), len(text)), 0.6, "is written in words")


def _of_country(document: Document) -> Iterator[_Mention]:
    """Where no currency is named: that of the country with which an account or tax number begins."""
    for segment in document.segments:
        for code, pattern in _AT_HOME.items():
            if found := pattern.search(segment.text):
                why = "no currency is named; it is that of the country of a number"
                yield _Mention(code, segment, found.start(), found.end(), 0.3, why)


def _signed(document: Document, segment: Segment, found: re.Match[str]) -> Iterator[_Mention]:
    first, *others = _SIGNS[found.group()]
    why = f"its sign {found.group()} stands beside an amount"
    spoken = [code for code in others if any(re.search(_COUNTRIES.get(code, "$^"), folded(text)) for text in document.texts)]
    for code in spoken:
        yield _Mention(code, segment, found.start(), found.end(), 0.6, f"{why}, and the page names the country")
    yield _Mention(first, segment, found.start(), found.end(), 0.5 if others else _PLAIN, why)


def _beside_number(text: str, start: int, end: int) -> bool:
    return bool(_NUMBER_AFTER.match(text[end:]) or _NUMBER_BEFORE.search(text[:start]))
