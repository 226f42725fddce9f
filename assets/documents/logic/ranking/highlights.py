"""What to mark in a passage: the sentence that has most of the question, and the question's words elsewhere."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from assets.documents.logic.sentences import sentence_starts

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_Mark = tuple[int, int, frozenset[str]]


def highlights(
    passage: str, telling: Mapping[str, float], terms_of: Callable[[str], Sequence[str]]
) -> tuple[tuple[int, int], ...]:
    """Stretches of the passage as (start, end), in order and without overlap; none if it has no word of the question.

    Args:
        passage: Text that is shown.
        telling: Terms of the question, each with how telling it is, above 0.
        terms_of: The terms of a word.
    """
    marks = _marks(passage, telling, terms_of)
    best = max(_sentences(passage), key=lambda s: (_worth(marks, s, telling), s[0] - s[1], -s[0]), default=None)
    if best is None or len(_terms(marks, best)) < 2:
        return tuple((start, end) for start, end, _ in marks)
    elsewhere = [(start, end) for start, end, _ in marks if end <= best[0] or start >= best[1]]
    return tuple(sorted([best, *elsewhere]))


def _marks(passage: str, telling: Mapping[str, float], terms_of: Callable[[str], Sequence[str]]) -> list[_Mark]:
    found: list[_Mark] = []
    for word in _WORD.finditer(passage):
        shared = telling.keys() & set(terms_of(word[0]))
        if shared:
            found.append((word.start(), word.end(), frozenset(shared)))
    return found


def _sentences(passage: str) -> list[tuple[int, int]]:
    """Start and end of each sentence, without the blanks around it."""
    found = []
    for start, end in pairwise([0, *sentence_starts(passage, 0, len(passage)), len(passage)]):
        text = passage[start:end]
        if text.strip():
            found.append((end - len(text.lstrip()), start + len(text.rstrip())))
    return found


def _terms(marks: Sequence[_Mark], sentence: tuple[int, int]) -> frozenset[str]:
    return frozenset[str]().union(*(terms for start, end, terms in marks if sentence[0] <= start and end <= sentence[1]))


def _worth(marks: Sequence[_Mark], sentence: tuple[int, int], telling: Mapping[str, float]) -> float:
    return sum(telling[term] for term in sorted(_terms(marks, sentence)))
