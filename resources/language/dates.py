"""Days in texts, whichever of the usual ways they are written in."""

import re
from collections.abc import Iterator
from functools import cache

from resources.language.interface import Entity

_LOCALES = ("en", "de", "fr", "es")
_ISO = re.compile(r"(?<![\d-])\d{4}-(\d{2})-(\d{2})(?![\d-])")
_NUMBERS = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(?:\d{4}|\d{2})(?![\d/-]|\.\d)")


def dates(text: str) -> Iterator[Entity]:
    """Days with day, month and year. Which number is the month is not told here; that one of them can be one is."""
    for match in _ISO.finditer(text):
        if _is_day(int(match[1]), int(match[2])):
            yield Entity("date", match.group(), *match.span(), 0.99, "DATE")
    for match in _NUMBERS.finditer(text):
        one, other = int(match[1]), int(match[3])
        if _is_day(one, other) or _is_day(other, one):
            yield Entity("date", match.group(), *match.span(), 0.95, "DATE")
    for match in _with_names().finditer(text):
        yield Entity("date", match.group(), *match.span(), 0.97, "DATE")


def _is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


@cache
def _with_names() -> re.Pattern[str]:
    """`3rd of March 2026`, `3. März 2026`, `1er mars 2026`, `3 de marzo de 2026`, `March 3, 2026`, `3-Mar-26`."""
    from babel import Locale

    names = {
        name.rstrip(".")
        for locale in _LOCALES
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for name in Locale(locale).months[context][width].values()
    }
    month = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    day = r"(?:0?[1-9]|[12]\d|3[01])"
    first = rf"{day}(?:\.|st|nd|rd|th|er|º)?[ -]?(?:of |de )?(?:{month})\.?(?:,? |-| de | del )(?:\d{{4}}|\d{{2}})"
    second = rf"(?:{month})\.? {day}(?:st|nd|rd|th)?,? \d{{4}}"
    return re.compile(rf"(?<![\w])(?:{first}|{second})(?!\w)", re.IGNORECASE)
