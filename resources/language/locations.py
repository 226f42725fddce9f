"""Addresses and countries in texts: streets, places with their postal codes, and the countries' names in four languages (Babel).

Parts of one address that follow each other are one location.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

from resources.language.interface import Entity
from resources.language.spans import without_overlaps

_LOCALES = ("en", "de", "fr", "es")
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*"
_PARTICLE = r"(?:am|an der|im|in|bei|ob|sur|sous|de|de la|del|la|le|les|en|upon|i\.|a\.|d\.)"
_CITY = rf"{_CAPITAL}(?: (?:{_PARTICLE} )?{_CAPITAL}){{0,3}}(?![\w:])"
"""Up to four words; one with a colon behind it is a label of what follows."""
_STATES = "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
_TOWNS_PERHAPS = (
    rf"(?<![\w.,-])\d{{5}} {_CITY}",  # Germany, France, Spain, Italy and many others; or a number of an article and its name
    rf"(?m:^)\d{{4}} {_CITY}(?m:$)",  # Austria, Belgium, Denmark, Switzerland; or a year
    rf"(?<![\w.,-])\d{{4}} ?[A-Z]{{2}} {_CITY}",  # the Netherlands; or a quantity with its unit
)
_TOWNS = (
    rf"(?<![\w-])[A-Z]{{1,3}}-\d{{4,5}} {_CITY}",
    rf"(?<![\w-])NL-\d{{4}} ?[A-Z]{{2}} {_CITY}",
    rf"(?:{_CAPITAL} ?){{1,3}},? (?:{_STATES}) \d{{5}}(?:-\d{{4}})?(?!\d)",  # the United States
    rf"(?:{_CAPITAL},? )?\b[A-Z]{{1,2}}\d[A-Z\d]? \d[A-Z]{{2}}\b",  # the United Kingdom
)
"""Postal codes with a country's prefix, or of a form that nothing else has."""
_NUMBER = r"\d{1,4} ?[a-zA-Z]?(?:[-/]\d{1,4}[a-z]?)?"
_STREETS = (
    rf"(?m:^){_CAPITAL}(?: {_CAPITAL}){{0,3}} {_NUMBER}(?=\n(?:[A-Z]{{1,3}}-)?\d{{4,5}} [A-Z])",  # any name, above a town
    rf"{_CAPITAL}(?: {_CAPITAL}){{0,2}}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee|markt) {_NUMBER}\b",
    rf"(?:{_CAPITAL}[ -]){{1,3}}(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Chaussee) {_NUMBER}\b",
    r"\d{1,4}(?: ?(?:bis|ter|[A-D]))?,? (?:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|quai|route|cours|Rue|Avenue|"
    rf"Boulevard|Place|Chemin|Allée|Quai|Route) (?:(?:de|du|des|de la|de l['’]|d['’]|la|le|l['’]) ?)?{_CAPITAL}(?:[ -](?:de |du |"
    rf"la )?{_CAPITAL}){{0,3}}",
    rf"(?:Calle|C/|Avda\.?|Avenida|Plaza|Paseo|Ronda|Camino|Carrer|Polígono) ?(?:de |del |de la |de los )?{_CAPITAL}"
    rf"(?: (?:de |del |de la |y )?{_CAPITAL}){{0,3}},? (?:n[.º°o]{{1,2}} ?)?{_NUMBER}\b",
    rf"\d{{1,5}} (?:{_CAPITAL} ){{1,3}}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Ct|Square|Place|"
    r"Parkway|Pkwy|Terrace|Close)\b\.?",
)
_REACH = 200
"""Characters between a street and the town of the same address at most."""
_BETWEEN = re.compile(r"[ \t,;·|–-]{0,4}(?:\r?\n[ \t]*)?")


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    confidence: float
    rank: int
    """0 for a street, 1 for a town, 2 for a country: the order in an address."""


def locations(text: str) -> Iterator[Entity]:
    """Addresses, towns and countries.

    A part of an address that stands alone is less sure than one that others follow; so is a country in running text.
    """
    towns = chain(_parts(_any_of(_TOWNS), text, 0.93, 1), _parts(_any_of(_TOWNS_PERHAPS), text, 0.7, 1))
    found = without_overlaps(chain(_parts(_any_of(_STREETS), text, 0.75, 0), towns, _countries(text)))
    found = [_with_street(part, found) for part in found]
    for address in _addresses(text, found):
        start, end = address[0].start, address[-1].end
        ranks = {part.rank for part in address}
        sure = 0.96 if 1 in ranks and len(ranks) > 1 else max(part.confidence for part in address)
        own = "ADDRESS" if len(ranks) > 1 else ("STREET", "TOWN", "COUNTRY")[address[0].rank]
        yield Entity("location", text[start:end], start, end, sure, own)


def _with_street(part: _Part, parts: list[_Part]) -> _Part:
    """A town is surer where a street stands shortly before it, be it with words of another column between them."""
    near = part.rank == 1 and any(other.rank == 0 and 0 <= part.start - other.end <= _REACH for other in parts)
    return replace(part, confidence=max(part.confidence, 0.88)) if near else part


def _addresses(text: str, parts: list[_Part]) -> Iterator[list[_Part]]:
    address: list[_Part] = []
    for part in parts:
        if address and not (address[-1].rank < part.rank and _BETWEEN.fullmatch(text, address[-1].end, part.start)):
            yield address
            address = []
        address.append(part)
    if address:
        yield address


def _parts(pattern: re.Pattern[str], text: str, confidence: float, rank: int) -> Iterable[_Part]:
    return (_Part(match.start(), match.end(), confidence, rank) for match in pattern.finditer(text))


def _countries(text: str) -> Iterator[_Part]:
    for match in _country_names().finditer(text):
        alone = not (_line_before(text, match.start()) + _line_after(text, match.end())).strip(" \t,.;")
        yield _Part(match.start(), match.end(), 0.94 if alone else 0.8, 2)


def _line_before(text: str, place: int) -> str:
    return text[text.rfind("\n", 0, place) + 1 : place]


def _line_after(text: str, place: int) -> str:
    end = text.find("\n", place)
    return text[place : len(text) if end < 0 else end]


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(f'(?:{pattern})' for pattern in patterns)})")


@cache
def _country_names() -> re.Pattern[str]:
    from babel import Locale

    names = {
        name
        for locale in _LOCALES
        for code, name in Locale(locale).territories.items()
        if len(code) == 2 and code not in ("EU", "EZ", "UN", "ZZ", "QO", "XA", "XB") and len(name) > 3
    } | {"USA", "U.S.A.", "UK", "Great Britain", "Großbritannien", "Grande-Bretagne", "Gran Bretaña"}
    names |= {name.upper() for name in names}
    return re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})(?![\w-])")
