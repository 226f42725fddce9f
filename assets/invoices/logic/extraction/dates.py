"""Dates as they are printed. Which of two numbers is the month, the document's own evidence tells, never a locale."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from assets.invoices.logic.extraction.sheet import folded

Order = Literal["day", "month"]
"""Which of the two comes first."""

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_YEARS = range(1980, 2100)
_NUMERIC = re.compile(r"(?<![\d.,/\-])(\d{1,2})\s?([./\-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d/\-]|[.,]\d)")
_ISO = re.compile(r"(?<![\d.,/\-])(\d{4})([./\-])(\d{1,2})\2(\d{1,2})(?!\d|[/\-]\d)")
_COMPACT = re.compile(r"(?<![\w.,/\-])(\d{4})(\d{2})(\d{2})(?![\w/\-])")
_DAY_FIRST = re.compile(
    r"(?<![\w.,/])(\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?[\s\-./]{0,3}(?:de |of |d')?\s?"
    r"([^\W\d_]{3,12})[\s.,\-/']{1,4}(?:de |del |of )?(\d{4}|\d{2})(?![\w/])",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"(?<![^\W\d_])([^\W\d_]{3,12})[\s.\-]{1,2}(\d{1,2})(?:st|nd|rd|th)?[\s,.\-]{1,4}(\d{4})(?!\w)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Printed:
    """A date in a text.

    Attributes:
        days: The days that it may be: two if its day and month may be exchanged, the day first.
        start: Where it begins in the text.
        end: Where it ends.
        shows: Which order the date itself proves, by a number that is no month.
    """

    days: tuple[date, ...]
    start: int
    end: int
    shows: Order | None = None


@dataclass(frozen=True, slots=True)
class DateOrder:
    """What a document tells about the order of day and month: which comes first (None if nothing tells), how surely, and why."""

    first: Order | None
    sure: float
    why: str

    def ranked(self, days: tuple[date, ...]) -> Iterator[tuple[date, float, str | None]]:
        """The days that a printed date may be, each with its share of belief, and the reason where there was a choice."""
        if len(days) == 1:
            yield days[0], 1.0, None
            return
        day_first, month_first = days
        chosen, other = (month_first, day_first) if self.first == "month" else (day_first, month_first)
        yield chosen, self.sure, self.why
        if self.sure < 1:
            yield other, 1 - self.sure, f"the other order of day and month; {self.why}"


def dates_in(text: str, *, compact: bool = False) -> list[Printed]:
    """The dates in a text, in their order.

    Args:
        text: The text.
        compact: Whether eight digits may be a date (`20200115`), as where a label says so.
    """
    found = list(_iso(text)) + list(_numeric(text)) + list(_named(text))
    if compact and not found:
        found += [_only(m, _day(m[1], m[2], m[3])) for m in _COMPACT.finditer(text) if _day(m[1], m[2], m[3])]
    found.sort(key=lambda printed: (printed.start, -printed.end))
    kept: list[Printed] = []
    for printed in found:
        if not kept or printed.start >= kept[-1].end:
            kept.append(printed)
    return kept


def order_of(texts: Iterable[str], hint: tuple[Order | None, str]) -> DateOrder:
    """The order by impossible months among the dates of the texts, else by the hint.

    Args:
        texts: All lines of the document.
        hint: What else the document tells weakly (its currency, its country), and in which words.
    """
    shown: dict[Order, int] = {"day": 0, "month": 0}
    for text in texts:
        for printed in dates_in(text):
            if printed.shows:
                shown[printed.shows] += 1
    if shown["day"] != shown["month"]:
        first: Order = "day" if shown["day"] > shown["month"] else "month"
        sure = 1.0 if min(shown.values()) == 0 else 0.8
        return DateOrder(first, sure, f"another date shows that the {first} comes first")
    guess, why = hint
    return DateOrder(guess, 0.7 if guess else 0.55, why if guess else "nothing tells whether day or month comes first")


def without_dates(text: str) -> str:
    """A text with its dates blanked out, so that their numbers are not taken for others."""
    for printed in dates_in(text):
        text = text[: printed.start] + " " * (printed.end - printed.start) + text[printed.end :]
    return text


def _numeric(text: str) -> Iterator[Printed]:
    for m in _NUMERIC.finditer(text):
        one, mark, two, year = m[1], m[2], m[3], m[4]
        day_first, month_first = _day(year, two, one), _day(year, one, two)
        if mark == "." and day_first:
            yield Printed((day_first,), m.start(), m.end())  # points are written between day, month and year in this order only
        elif day_first and month_first and one != two:
            yield Printed((day_first, month_first), m.start(), m.end())
        elif day_first or month_first:
            shows: Order | None = None if day_first and month_first else "day" if day_first else "month"
            yield Printed((day_first or month_first or date.min,), m.start(), m.end(), shows)


def _iso(text: str) -> Iterator[Printed]:
    for m in _ISO.finditer(text):
        if day := _day(m[1], m[3], m[4]):
            yield _only(m, day)


def _named(text: str) -> Iterator[Printed]:
    if not any(c.isalpha() for c in text) or not any(c.isdigit() for c in text):
        return
    for m in _DAY_FIRST.finditer(text):
        month = months().get(folded(m[2]))
        if month and (day := _day(m[3], str(month), m[1])):
            yield _only(m, day)
    for m in _MONTH_FIRST.finditer(text):
        month = months().get(folded(m[1]))
        if month and (day := _day(m[3], str(month), m[2])):
            yield _only(m, day)


def _only(m: re.Match[str], day: date | None) -> Printed:
    return Printed((day or date.min,), m.start(), m.end())


def _day(year: str, month: str, day: str) -> date | None:
    full = int(year) + (2000 if int(year) < 70 else 1900) if len(year) == 2 else int(year)
    if full not in _YEARS:
        return None
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return None


@lru_cache(maxsize=1)
def months() -> dict[str, int]:
    """Numbers of months by their names and abbreviations (CLDR), without case and accents."""
    from babel import Locale

    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for context in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in context[width].items():
                    names.setdefault(folded(name).rstrip("."), number)
    names |= {"sept": 9, "maerz": 3, "jan": 1, "janner": 1, "feber": 2}
    return names
