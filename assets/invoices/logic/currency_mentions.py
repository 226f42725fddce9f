"""Which currencies the sums of a text are in, by their codes and symbols.

A symbol that several countries use, such as `$`, is one of theirs: which one, another sum of the same text may tell.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

AMBIGUOUS: Mapping[str, frozenset[str]] = {
    sign: frozenset(codes.split())
    for sign, codes in {
        "$": "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP UYU BBD BMD BSD BZD DOP FJD GYD JMD KYD LRD NAD SBD SRD TTD XCD",
        "¥": "JPY CNY",
        "￥": "JPY CNY",
        "kr": "SEK NOK DKK ISK",
        "kr.": "DKK SEK NOK ISK",
        "Rs": "INR PKR LKR NPR MUR SCR",
        "Rs.": "INR PKR LKR NPR MUR SCR",
        "lei": "RON MDL",
        "Lei": "RON MDL",
    }.items()
}
"""Symbols of several currencies that are in use, with the codes of these (Unicode CLDR, narrow symbols)."""
_PLAIN: Mapping[str, str] = {
    "€": "EUR", "£": "GBP", "₣": "CHF", "Fr.": "CHF", "SFr.": "CHF", "US$": "USD", "$US": "USD", "USD$": "USD", "U$S": "USD",
    "C$": "CAD", "$CA": "CAD",
    "AU$": "AUD", "$AU": "AUD", "S$": "SGD", "RM": "MYR", "Kč": "CZK", "Ft": "HUF", "zł": "PLN",
    "лв": "BGN", "R": "ZAR", "₽": "RUB", "₺": "TRY", "euro": "EUR", "euros": "EUR", "eur": "EUR",
    "us-dollar": "USD", "sterling": "GBP",
}  # fmt: skip
"""Symbols and words of one currency that the CLDR's English symbols do not have; `£` is taken for the pound sterling."""
_LOCALES = ("en", "de", "fr", "es")
_NUMBER = re.compile(r"[-−–+]?\d[\d.,'’\u00a0\u202f ]*")


@dataclass(frozen=True, slots=True)
class Currencies:
    """Currencies of sums.

    Attributes:
        codes: ISO 4217 codes that are sure.
        unresolved: Ambiguous symbols beside sums, none of whose currencies is among `codes`.
        without: Sums beside which no currency stands.
    """

    codes: frozenset[str]
    unresolved: frozenset[str]
    without: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many different currencies there are at least; one for each symbol that was not resolved."""
        return len(self.codes) + len(self.unresolved)


def currencies(sums: Iterable[str], known: Iterable[str] = ()) -> Currencies:
    """Currencies of sums such as `1.234,56 €` or `USD 99`.

    An ambiguous symbol adds none if one of its currencies is sure, since it is then taken for that one.

    Args:
        sums: As printed.
        known: Codes that are known without them, such as that of the invoice.
    """
    codes, signs, without = set(known), set(), []
    for printed in sums:
        name = " ".join(_NUMBER.sub(" ", printed).split())
        code = _code(name)
        if code is not None:
            codes.add(code)
        elif name in AMBIGUOUS:
            signs.add(name)
        else:
            without.append(printed)
    unresolved = frozenset(sign for sign in signs if not AMBIGUOUS[sign] & codes)
    return Currencies(frozenset(codes), unresolved, tuple(without))


def _code(name: str) -> str | None:
    """Code of a currency's code, symbol or word; None if it is none or ambiguous."""
    parts = name.split()
    if len(parts) > 1:
        # `USD $`: of two names, the one that is sure
        found = {code for part in parts if (code := _code(part)) is not None}
        return found.pop() if len(found) == 1 else None
    if name in AMBIGUOUS:
        return None
    return _names().get(name) or _names().get(name.casefold())


@cache
def _names() -> Mapping[str, str]:
    """Code by code and by the symbols that only one currency has in the languages of invoices."""
    from babel import Locale
    from babel.core import get_global

    used = get_global("territory_currencies").values()
    codes = {code for uses in used for code, _, end, tender in uses if end is None and tender}
    symbols: dict[str, set[str]] = {}
    for locale in _LOCALES:
        for code, symbol in Locale(locale).currency_symbols.items():
            if code in codes:
                symbols.setdefault(symbol, set()).add(code)
    single = {symbol: next(iter(of)) for symbol, of in symbols.items() if len(of) == 1 and symbol not in AMBIGUOUS}
    return {**single, **_PLAIN, **{code: code for code in codes}}
