"""Which language a text is in, by its commonest words."""

from __future__ import annotations

import re
from collections.abc import Mapping


def listed(words: str) -> frozenset[str]:
    """A list of words, written as a text."""
    return frozenset(words.split())


NAMES: Mapping[str, str] = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}
STOP_WORDS: Mapping[str, frozenset[str]] = {
    "en": listed(
        "the a an and or but of to in on for with by from at as is are was were be been has have had it its this that these "
        "those we you they he she our your their not no if then than which who will would can could should into over under per "
        "your been being there here when where what all any each more most other some such only own same so too very i me my us "
        "please dear after before during between"
    ),
    "de": listed(
        "der die das den dem des ein eine einer eines einem einen und oder aber von zu im in auf für mit durch aus bei als ist "
        "sind war waren sein hat haben hatte es dies diese dieser dieses wir sie ihr ihre unser nicht kein keine wenn dann "
        "welche wer wird werden kann über unter pro nach vor am zum zur bis bitte sehr auch sich wie"
    ),
    "fr": listed(
        "le la les un une des et ou mais de du à au aux en dans sur pour avec par est sont était été être a ont avait il elle ce "
        "cette ces nous vous ils leur notre votre ne pas si qui que quoi sera peut plus sous entre après avant très aussi "
        "d l s n qu"
    ),
    "es": listed(
        "el la los las un una unos unas y o pero de del a al en por para con sin sobre es son era fue ser ha han había su sus "
        "este esta estos estas nosotros ustedes ellos no si que quien será puede más muy también entre después antes se lo le "
        "como"
    ),
}
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LEAST = 0.01


def ranked(text: str) -> list[tuple[str, float]]:
    """Languages with their scores, the likeliest first; the scores sum to 1.

    Source: SDK models DominantLanguageDocumentResult (the order) and DetectedLanguage (names, codes of ISO 639-1).
    """
    words = [word.lower() for word in WORD.findall(text)]
    counts = {code: sum(word in common for word in words) for code, common in STOP_WORDS.items()}
    weights = {code: (count + _LEAST) ** 3 for code, count in counts.items()}
    total = sum(weights.values())
    order = sorted(weights, key=lambda code: (-weights[code], list(NAMES).index(code)))
    return [(code, round(weights[code] / total, 6)) for code in order]


def of(text: str, said: str | None) -> str:
    """The language that was said, or the likeliest one if none was or `auto`. Source: SDK docstrings of `language_code`."""
    return ranked(text)[0][0] if said in (None, "", "auto") else str(said)
