"""What a text is about, by the company that its words keep.

The method is RAKE (Rose, Engel, Cramer and Cowley, "Automatic Keyword Extraction from Individual Documents", 2010): phrases are
the runs of words between common ones and signs; a word counts as much as the words that it stands with divided by how often
it stands there itself, a phrase as much as its words together.
"""

import re
from collections import Counter
from collections.abc import Iterator

from resources.language.interface import KeyPhrase
from resources.language.words import STOP_WORDS, languages_of

MOST_WORDS, MOST_PHRASES = 4, 20
_BREAK = re.compile(r"[^\w\s&’'-]+|\n|\d\S*|\s[-–—]\s")
_TOKEN = re.compile(r"[^\W\d_][\w&’'-]*")


def key_phrases(text: str, language: str | None = None) -> list[KeyPhrase]:
    """At most 20 phrases of at most four words, best first; of equal ones the earlier first. Longer runs are no phrases."""
    common = frozenset().union(*(STOP_WORDS[one] for one in languages_of(text, language)))
    runs = [run for clause in _BREAK.split(text) for run in _runs(clause, common) if len(run) <= MOST_WORDS]
    frequency: Counter[str] = Counter()
    degree: Counter[str] = Counter()
    printed: dict[str, str] = {}
    times: Counter[str] = Counter()
    for run in runs:
        words = [word.casefold() for word in run]
        frequency.update(words)
        for word in words:
            degree[word] += len(words)
        phrase = " ".join(words)
        printed.setdefault(phrase, " ".join(run))
        times[phrase] += 1
    scores = {phrase: times[phrase] ** 0.5 * sum(degree[w] / frequency[w] for w in phrase.split()) for phrase in printed}
    best = sorted(scores, key=lambda phrase: -scores[phrase])[:MOST_PHRASES]
    return [KeyPhrase(printed[phrase], round(scores[phrase] / scores[best[0]], 6)) for phrase in best]


def _runs(clause: str, common: frozenset[str]) -> Iterator[list[str]]:
    run: list[str] = []
    for word in _TOKEN.findall(clause):
        # `l'équipe` begins with an article, which is common
        bare = re.split(r"[’']", word)[-1] or word
        if bare.casefold() in common or len(bare) < 2:
            if run:
                yield run
            run = []
        else:
            run.append(bare)
    if run:
        yield run
