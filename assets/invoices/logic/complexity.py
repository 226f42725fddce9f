"""How much there is to an invoice: a score from 0 to 100 for people who decide what to look at first.

The score adds 2 for each line item, 5 for each organisation after the first that is surer than 0.8, 3 for each such location
after the first, and 10 for each currency after the first; it ends at 100.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from assets.invoices.logic.currency_mentions import currencies

MOST = 100
SURE = 0.8
"""Confidence that a mention must exceed to count."""
PER_ITEM, PER_ORGANISATION, PER_LOCATION, PER_CURRENCY = 2, 5, 3, 10
_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that the invoice names, and how sure it is, 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Summand:
    """A part of the score.

    Attributes:
        name: What is counted.
        found: What there is: names that are different, codes and symbols of currencies; empty for line items.
        count: How many there are; None if it is not known.
        counted: How many of them add to the score; None likewise.
        each: Points for each.
    """

    name: Literal["line_items", "organisations", "locations", "currencies"]
    found: tuple[str, ...]
    count: int | None
    counted: int | None
    each: int

    @property
    def points(self) -> int | None:
        """What it adds to the score; None if that is not known."""
        return None if self.counted is None else self.counted * self.each


@dataclass(frozen=True, slots=True)
class Complexity:
    """A score and what it is the sum of.

    Attributes:
        summands: Its parts.
        unresolved: Ambiguous symbols of currencies, such as `$`, of which no other sum tells what they stand for.
    """

    summands: tuple[Summand, ...]
    unresolved: tuple[str, ...] = ()

    @property
    def at_least(self) -> int:
        """The score by what is known, 0 to 100."""
        return min(sum(summand.points or 0 for summand in self.summands), MOST)

    @property
    def score(self) -> int | None:
        """The score, 0 to 100; None if a part of it is not known and could change it."""
        known = all(summand.points is not None for summand in self.summands)
        return self.at_least if known or self.at_least == MOST else None


def complexity(
    line_items: int | None,
    organisations: Iterable[Mention] | None,
    locations: Iterable[Mention] | None,
    sums: Iterable[str] | None,
    currency: str | None = None,
) -> Complexity:
    """The complexity of an invoice. What is None is not known, as of a text that was not understood.

    The same name in other letters, or with and without its legal form, is one organisation; an address and a part of it are
    one location.

    Args:
        line_items: How many there are.
        organisations: Organisations that its text names, as often as it does.
        locations: Addresses, towns and countries that it names.
        sums: Sums of money, as printed.
        currency: ISO 4217 code of the invoice's own currency, if it is known.
    """
    named = _different(organisations, _begins)
    places = _different(locations, _contains)
    money = None if sums is None else currencies(sums, [currency] if currency else [])
    kinds = None if money is None else (*sorted(money.codes), *sorted(money.unresolved))
    return Complexity(
        (
            Summand("line_items", (), line_items, line_items, PER_ITEM),
            _extra("organisations", named, PER_ORGANISATION),
            _extra("locations", places, PER_LOCATION),
            _extra("currencies", kinds, PER_CURRENCY),
        ),
        tuple(sorted(money.unresolved)) if money else (),
    )


def _extra(name: Literal["organisations", "locations", "currencies"], found: Sequence[str] | None, each: int) -> Summand:
    if found is None:
        return Summand(name, (), None, None, each)
    return Summand(name, tuple(found), len(found), max(len(found) - 1, 0), each)


def _different(mentions: Iterable[Mention] | None, same: Callable[[_Words, _Words], bool]) -> tuple[str, ...] | None:
    """What is surely named, each once, by its longest name."""
    if mentions is None:
        return None
    sure = [mention.text for mention in mentions if mention.confidence > SURE]
    kept: list[tuple[_Words, str]] = []
    for text in sorted(sure, key=lambda t: -len(_words(t))):
        words = _words(text)
        if words and not any(same(longer, words) for longer, _ in kept):
            kept.append((words, " ".join(text.split())))
    order = {" ".join(text.split()): place for place, text in reversed(list(enumerate(sure)))}
    return tuple(sorted((text for _, text in kept), key=order.__getitem__))


def _words(text: str) -> _Words:
    plain = unicodedata.normalize("NFKC", text).casefold().replace(".", "")
    return tuple(re.findall(r"\w+", plain))


def _begins(longer: _Words, words: _Words) -> bool:
    return longer[: len(words)] == words


def _contains(longer: _Words, words: _Words) -> bool:
    return set(words) <= set(longer)
