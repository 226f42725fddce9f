"""Numbers as they are printed: which mark is the decimal one, and what an amount says. Amounts are decimals, never floats."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Mark = Literal[".", ","]

_DIGITS = 15
"""Digits that an amount has at most: what is longer is an account or an article number."""

CURRENCIES = frozenset({
    "AED", "ARS", "AUD", "BGN", "BHD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "EURO",
    "EUROS", "GBP", "HKD", "HRK", "HUF", "IDR", "ILS", "INR", "ISK", "JOD", "JPY", "KRW", "KWD", "MAD", "MXN", "MYR",
    "NOK", "NZD", "OMR", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TND",
    "TRY", "TWD", "UAH", "USD", "UYU", "VND", "ZAR", "DM", "SFR", "FR", "RM", "RS", "KR", "LEI", "ZŁ", "KČ", "FT",
    "LV", "LT", "RP", "BS",
})  # fmt: skip
"""Codes and abbreviations of currencies that stand beside an amount, in capitals."""

_NAMES = "|".join(sorted(CURRENCIES, key=len, reverse=True))
_CURRENCY = rf"(?:(?:{_NAMES})(?![a-z])\.?|(?:us|a|au|c|ca|r|s|hk|nz|nt|mx)?\$|€)"
_LEADING = re.compile(rf"(?:{_CURRENCY}|[-+:=*~\s])+", re.IGNORECASE)
_TRAILING = re.compile(rf"(?:(?<![a-z]){_CURRENCY}|[-+%*:;\s]|(?<![a-z])[cd]r\.?)+$", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"))
_QUOTES = str.maketrans(dict.fromkeys("\u2019\u2018\u00b4\u0060\u02bc", "'"))
_NO_CENTS = re.compile(r"(?<=\d)[.,]-+")
_GROUPED = {s: re.compile(rf"[1-9]\d{{0,2}}(?:[{s}]\d{{3}})+|[1-9]\d?(?:[{s}]\d{{2}})+[{s}]\d{{3}}") for s in ".,' "}
_TOKEN = re.compile(r"(?<![\d.,:/'])\d{1,15}(?:[.,' ]\d+)*(?![\d:/]|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Numerals:
    """How a document writes numbers.

    Attributes:
        decimal: The mark between units and fractions; None if the document does not tell.
        point: Weight of what speaks for the point.
        comma: Weight of what speaks for the comma.
    """

    decimal: Mark | None = None
    point: float = 0.0
    comma: float = 0.0


def numerals(texts: Iterable[str]) -> Numerals:
    """The decimal mark by a document's own evidence: numbers that can be read in one way only (`1.234,56`, `0.0520`) vote."""
    votes: dict[Mark, float] = {".": 0.0, ",": 0.0}
    for text in texts:
        for token in _TOKEN.findall(_plain(text)):
            for part in _separate(token):
                found = _interpretations(part)
                if len(found) == 1 and found[0][0] is not None:
                    votes[found[0][0]] += _weight(part)
    point, comma = votes["."], votes[","]
    decimal: Mark | None = None if point == comma else "." if point > comma else ","
    return Numerals(decimal, point, comma)


def amount(text: str, numerals: Numerals) -> Decimal | None:
    """The number that a text is; None if it is none, or may be two and the document does not tell which.

    Currency signs and codes, percent signs, a leading or trailing minus, parentheses and `CR` (both negative) may stand
    around it.
    """
    found = _signed(text)
    if len(found) == 1:
        return found[0][1]
    return next((value for mark, value in found if mark == numerals.decimal), None)


def readings(text: str, numerals: Numerals) -> tuple[Decimal, ...]:
    """All numbers that a text may be, the likelier first: two for `1.234`, one for `1.234,56`, none for `Total`."""
    return tuple(value for mark, value in sorted(_signed(text), key=lambda f: f[0] != numerals.decimal))


def plain(value: Decimal) -> str:
    """A decimal in its canonical form: digits and a point, no exponent, with the fractions that it was printed with."""
    return f"{value:f}"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_QUOTES)).translate(_DASHES)


def _signed(text: str) -> list[tuple[Mark | None, Decimal]]:
    body = _NO_CENTS.sub("", _plain(text).strip())
    negative = False
    if body.startswith("(") and body.endswith(")"):
        body, negative = body[1:-1].strip(), True
    body = "".join(c if unicodedata.category(c) != "Sc" or c in "$€" else "$" for c in body)
    lead = _LEADING.match(body)
    before = lead.group() if lead else ""
    body = body[len(before) :]
    trail = _TRAILING.search(body)
    after = trail.group() if trail else ""
    body = body[: len(body) - len(after)].rstrip(".") if body else body
    minus = before.count("-") + after.count("-") + ("cr" in after.casefold())
    if minus + negative > 1 or (after.count("%") > 1):
        return []
    sign = -1 if minus or negative else 1
    return [(mark, sign * value) for mark, value in _interpretations(body)]


def _interpretations(body: str) -> list[tuple[Mark | None, Decimal]]:
    """The values of digits and separators, each with the decimal mark that it implies; None where it implies none."""
    if not body or sum(c.isdigit() for c in body) > _DIGITS or any(c not in "0123456789.,' " for c in body):
        return []
    if body.isdigit():
        return [(None, Decimal(body))]
    found: list[tuple[Mark | None, Decimal]] = []
    other: dict[Mark, Mark] = {".": ",", ",": "."}
    for mark, group in other.items():
        whole, there, fraction = body.partition(mark)
        if there and fraction.isdigit() and (units := _units(whole, group)) is not None:
            found.append((mark, Decimal(f"{units}.{fraction}")))
        if _GROUPED[group].fullmatch(body):
            found.append((mark, Decimal(body.replace(group, ""))))
    found.extend((None, Decimal(body.replace(group, ""))) for group in "' " if _GROUPED[group].fullmatch(body))
    return found


def _units(whole: str, group: Mark) -> str | None:
    """The digits before the decimal mark, without what groups them."""
    if whole.isdigit() or not whole:
        return whole or "0"
    separator = next((s for s in (group, "'", " ") if s in whole), None)
    return whole.replace(separator, "") if separator and _GROUPED[separator].fullmatch(whole) else None


def _separate(token: str) -> Iterator[str]:
    """A run of digits as one number, or as the several that stand side by side."""
    if _interpretations(token):
        yield token
    else:
        yield from token.split(" ")


def _weight(token: str) -> float:
    """Two fractional digits are money; one may be the number of a section, many are no money but still a number."""
    fraction = re.split(r"[.,]", token)[-1]
    return 1.0 if len(fraction) == 2 or len(re.findall(r"[.,]", token)) > 1 else 0.25 if len(fraction) == 1 else 0.5
