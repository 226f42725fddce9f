"""Whether texts, their sentences and what they speak of are praised or blamed, by small lists of words.

Source of the classes' spelling and of what an answer holds without `level`: an answer of the service in a public tutorial on
meetings and the Language API. That the scores of the four classes sum to 1: docs.oracle.com, "Sentiment Analysis".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from sandbox.oci.services.ai_language.tongue import STOP_WORDS, WORD, listed

CLASSES = ("Positive", "Negative", "Neutral", "Mixed")
_GOOD = listed(
    "good great excellent fast reliable helpful love loved happy perfect friendly best easy improved thank thanks pleased smooth "
    "gut großartig schnell zuverlässig hilfreich zufrieden perfekt freundlich danke "
    "bon bonne excellent rapide fiable utile parfait merci content "
    "bueno buena excelente rápido fiable útil perfecto gracias contento"
)
_BAD = listed(
    "bad poor slow terrible awful broken wrong late hate hated unhappy failed failure error errors outage expensive worst angry "
    "unacceptable overcharged disappointed "
    "schlecht langsam schrecklich kaputt falsch spät unzufrieden fehler ausfall teuer "
    "mauvais mauvaise lent terrible cassé faux retard erreur panne cher "
    "malo mala lento terrible roto tarde error caída caro"
)
_NOT = listed("not no never nicht kein keine pas jamais nunca")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_CLAUSE = re.compile(r"[^,;.!?]+")
_COMMON = frozenset(chain.from_iterable(STOP_WORDS.values())) | _NOT


def scores(text: str) -> Mapping[str, float]:
    """Score of each class; they sum to 1."""
    good = sum(1 for _, _, worth in _opinions(text) if worth > 0)
    bad = sum(1 for _, _, worth in _opinions(text) if worth < 0)
    both = min(good, bad)
    raw = {
        "Positive": max(good - bad, 0) + 0.02,
        "Negative": max(bad - good, 0) + 0.02,
        "Neutral": 0.02 if good + bad else 2.0,
        "Mixed": 2.0 * both + 0.01,
    }
    total = sum(raw.values())
    found = {name: round(value / total, 6) for name, value in raw.items()}
    found["Neutral"] = round(1 - found["Positive"] - found["Negative"] - found["Mixed"], 6)
    return found


def best(of: Mapping[str, float]) -> str:
    """The class with the highest score."""
    return max(CLASSES, key=lambda name: of[name])


def sentences(text: str) -> list[Mapping[str, object]]:
    """Sentences with their sentiments."""
    return [_judged(start, part, scores(part)) for start, part in _parts(_SENTENCE, text)]


def aspects(text: str) -> list[Mapping[str, object]]:
    """What opinions are about: in each clause the word that is nearest to the opinion and neither common nor one itself."""
    rows = []
    for start, clause in _parts(_CLAUSE, text):
        opinions = _opinions(clause)
        words = [(m.start(), m.group()) for m in WORD.finditer(clause)]
        things = [(at, word) for at, word in words if word.lower() not in _COMMON | _GOOD | _BAD and len(word) > 2]
        if not opinions or not things:
            continue
        at, word = min(things, key=lambda thing: abs(thing[0] - opinions[0][0]))
        rows.append(_judged(start + at, word, scores(clause)))
    return rows


def _judged(start: int, text: str, of: Mapping[str, float]) -> Mapping[str, object]:
    return {"offset": start, "length": len(text), "text": text, "sentiment": best(of), "scores": dict(of)}


def _opinions(text: str) -> Sequence[tuple[int, str, int]]:
    """Words of praise (1) and blame (-1) with their places; a `not` shortly before turns them."""
    words = [(match.start(), match.group().lower()) for match in WORD.finditer(text)]
    found = []
    for n, (start, word) in enumerate(words):
        worth = (word in _GOOD) - (word in _BAD)
        if worth:
            turned = any(before in _NOT for _, before in words[max(n - 3, 0) : n])
            found.append((start, word, -worth if turned else worth))
    return found


def _parts(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    for match in pattern.finditer(text):
        part = match.group().strip()
        if part:
            yield match.start() + len(match.group()) - len(match.group().lstrip()), part
