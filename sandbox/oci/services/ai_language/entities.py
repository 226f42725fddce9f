"""Names, places, sums, dates and addresses in texts, by patterns.

Source of the shape and of `ORGANIZATION`: an answer of the service in a public tutorial on meetings and the Language API;
of offsets in code points, and of `GPE` as a sub-type of `LOCATION`: SDK model HierarchicalEntity. The types of sums, dates,
e-mail addresses, URLs and telephone numbers are not sourced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MONTHS = (
    "jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|mar(?:ch|s)?|märz|apr(?:il)?|may|mai|june?|juni|juin|july?|juli|juillet|aug(?:ust)?|"
    "sep(?:t(?:ember)?)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?|dez(?:ember)?|enero|febrero|marzo|abril|mayo|junio|"
    "julio|agosto|septiembre|octubre|noviembre|diciembre"
)
_COMPANY = r"Inc|LLC|Ltd|Limited|Corp|Corporation|GmbH|AG|KG|SE|SA|SAS|SARL|S\.A|S\.L|SL|BV|B\.V|PLC|plc|Co"
_CODES = "USD|EUR|GBP|CHF|JPY|INR|CAD|AUD"
_SUM = r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
URL = r"https?://[^\s<>\"')]+"
TELEPHONE = r"(?<![\w+])\+\d{1,3}(?:[ ./()-]{0,2}\d){6,12}(?!\w)"
DATE = (
    r"(?<![\d-])\d{4}-\d{2}-\d{2}(?![\d-])|(?<![\d.])\d{1,2}[./]\d{1,2}[./]\d{4}(?!\d)"
    rf"|\b\d{{1,2}}\.?\s+(?:de\s+)?(?i:{_MONTHS})\.?,?(?:\s+de)?\s+\d{{4}}\b|\b(?i:{_MONTHS})\.?\s+\d{{1,2}},?\s+\d{{4}}\b"
)
MONEY = rf"(?:[$€£¥]\s?|\b(?:{_CODES})\s)(?:{_SUM})(?!\w)|(?<![\w.,])(?:{_SUM})\s?(?:[€£$]|(?:{_CODES})\b)"
ORGANISATION = rf"(?:[A-ZÄÖÜÉ][\w&'-]*\s+){{1,4}}(?:{_COMPANY})\b\.?"

_TOWN = r"[A-ZÄÖÜÉ][\wäöüßé'-]+(?: [A-ZÄÖÜÉ][\wäöüßé'-]+)?"
PLACE = (
    rf"\b(?:[A-Z]{{1,2}}-)?\d{{5}} {_TOWN}|\b(?:Germany|Deutschland|Allemagne|Alemania|France|Frankreich|Francia|Spain|Spanien|"
    r"Espagne|España|Austria|Österreich|Switzerland|Schweiz|Suisse|Italy|Italien|Netherlands|Belgium|United Kingdom)\b"
)


@dataclass(frozen=True, slots=True)
class Found:
    """Something in a text.

    Attributes:
        start: Code points before it.
        text: It.
        kind: Its type.
        part: Its sub-type.
        score: How sure it is.
    """

    start: int
    text: str
    kind: str
    part: str | None
    score: float

    @property
    def end(self) -> int:
        """Code points up to its end."""
        return self.start + len(self.text)


_PATTERNS: Sequence[tuple[str, str | None, float, re.Pattern[str]]] = (
    ("EMAIL", None, 0.999, re.compile(EMAIL)),
    ("URL", None, 0.998, re.compile(URL)),
    ("DATETIME", "DATE", 0.992, re.compile(DATE)),
    ("QUANTITY", "CURRENCY", 0.987, re.compile(MONEY)),
    ("PHONE_NUMBER", None, 0.97, re.compile(TELEPHONE)),
    ("ORGANIZATION", None, 0.953, re.compile(ORGANISATION)),
    ("LOCATION", "GPE", 0.944, re.compile(PLACE)),
)


def matches(text: str, patterns: Sequence[tuple[str, str | None, float, re.Pattern[str]]] = _PATTERNS) -> list[Found]:
    """What patterns find, in its order in the text; of two that overlap, what the earlier pattern finds."""
    found: list[Found] = []
    for kind, part, score, pattern in patterns:
        for match in pattern.finditer(text):
            it = Found(match.start(), match.group(), kind, part, _varied(score, match.group()))
            if all(it.end <= other.start or it.start >= other.end for other in found):
                found.append(it)
    return sorted(found, key=lambda f: f.start)


def shown(found: Found) -> Mapping[str, object]:
    """As a HierarchicalEntity."""
    return {
        "offset": found.start,
        "length": len(found.text),
        "text": found.text,
        "type": found.kind,
        "subType": found.part,
        "score": found.score,
        "metaInfo": None,
    }


def _varied(score: float, text: str) -> float:
    """Scores differ a little from one finding to the next, as a model's do, and are the same for the same text."""
    return round(score - (sum(map(ord, text)) % 97) / 10_000, 6)
