"""The phrases that a text is about: runs of words between common ones, the oftener the more important."""

from __future__ import annotations

import re
from collections import Counter

from sandbox.oci.services.ai_language.tongue import STOP_WORDS

_MOST_WORDS, _MOST = 4, 20
_BREAK = re.compile(r"[^\w\s'’&-]+")


def key_phrases(text: str, language: str) -> list[tuple[str, float]]:
    """Phrases with a score between 0 and 1, the most important first. Source: SDK docstring of the operation."""
    common = STOP_WORDS.get(language, STOP_WORDS["en"])
    counts: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for clause in _BREAK.split(text):
        for phrase in _runs(clause.split(), common):
            key = phrase.lower()
            counts[key] += 1
            spelled.setdefault(key, phrase)
    if not counts:
        return []
    first = list(spelled)
    order = sorted(counts, key=lambda key: (-counts[key], -len(key.split()), first.index(key)))[:_MOST]
    most = counts[order[0]]
    return [(spelled[key], round(0.999 * (0.5 + 0.5 * counts[key] / most) - 0.005 * n, 6)) for n, key in enumerate(order)]


def _runs(words: list[str], common: frozenset[str]) -> list[str]:
    found: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if word and word.lower() not in common and len(word) > 1 and not word.isdigit():
            run.append(word)
            continue
        if run:
            found.append(" ".join(run[:_MOST_WORDS]))
        run = []
    return found
