"""Sums of money in texts: amounts beside the code or symbol of a currency, both as the Unicode CLDR knows them (by Babel)."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from resources.language.interface import Entity

_AMOUNT = r"[-−–+]?\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|[-−–+]?\d+(?:[.,]\d{1,2})?(?!\d)"
_SPACE = r"[ \u00a0\u202f]?"
_LOCALES = ("en", "de", "fr", "es")
_LETTERS = ("zł", "Kč", "kr", "Fr.", "SFr.", "Lei", "Ft", "Euro", "Euros", "euro", "euros", "Dollar", "dollars", "US-Dollar")
"""What stands for a currency without a sign of its own, as printed on invoices."""


def money(text: str) -> Iterator[Entity]:
    """Sums with their currency; a bare number is none. One without decimals is less sure: it may count something."""
    for match in _pattern().finditer(text):
        sure = 0.97 if re.search(r"[.,]\d{2}\b", match.group()) else 0.9
        yield Entity("money", match.group(), match.start(), match.end(), sure, "MONEY")


@cache
def currency_codes() -> frozenset[str]:
    """ISO 4217 codes of the currencies that are legal tender somewhere."""
    from babel.core import get_global

    used = get_global("territory_currencies").values()
    return frozenset(code for uses in used for code, _, end, tender in uses if end is None and tender)


@cache
def currency_symbols() -> frozenset[str]:
    """Symbols of those currencies in the languages that are understood here, such as `€`, `US$` or `kr`."""
    from babel import Locale

    symbols = {symbol for name in _LOCALES for symbol in Locale(name).currency_symbols.values()}
    signs = {symbol for symbol in symbols if any(unicodedata.category(sign) == "Sc" for sign in symbol)}
    return frozenset({*signs, *_LETTERS, "US$", "$US"})


@cache
def _pattern() -> re.Pattern[str]:
    named = sorted({*currency_codes(), *currency_symbols()}, key=len, reverse=True)
    currency = "|".join(map(re.escape, named))
    before = rf"(?<![^\W\d_])(?:{currency}){_SPACE}(?:{_AMOUNT})"
    after = rf"(?<![\w.,])(?:{_AMOUNT}){_SPACE}(?:{currency})(?![^\W\d_])"
    return re.compile(f"{after}|{before}")
