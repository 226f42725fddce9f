"""How text becomes the terms of the lexical index: words, folded and stemmed."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from Stemmer import Stemmer

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


def analyse(text: str) -> list[str]:
    """The terms of a text in order, with repetitions: lower case, without accents, stemmed (Snowball's English)."""
    stems: list[str] = _stemmer().stemWords(_words(text))
    return stems


def passage_terms(title: str, heading: str | None, content: str) -> dict[str, float]:
    """Term frequencies of a passage, those of its title and headings counted in."""
    return dict(Counter(analyse(" ".join(filter(None, (title, heading, content))))))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.lower())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


@lru_cache(maxsize=1)
def _stemmer() -> "Stemmer":
    from Stemmer import Stemmer

    return Stemmer("english")
