"""How text becomes the terms of the lexical index: words that carry meaning, folded and stemmed."""

import re
import unicodedata
from collections import Counter
from threading import local
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from Stemmer import Stemmer

ANALYSIS_VERSION = 1
"""Raise it when the same text is to have other terms: those of passages are stored, and a generation is of one version."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
"""Hyphens, dots and slashes divide words, so that `multi-cloud` is found by `multi cloud`."""
_TITLE_WEIGHT = 1.5
"""What an occurrence in the title or a heading counts; one in the passage counts 1."""
_SNOWBALL_STOP_WORDS = (
    "i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its "
    "itself they them their theirs themselves what which who whom this that these those am is are was were be been being have "
    "has had having do does did doing would should could ought i'm you're he's she's it's we're they're i've you've we've "
    "they've i'd you'd he'd she'd we'd they'd i'll you'll he'll she'll we'll they'll isn't aren't wasn't weren't hasn't haven't "
    "hadn't doesn't don't didn't won't wouldn't shan't shouldn't can't cannot couldn't mustn't let's that's who's what's here's "
    "there's when's where's why's how's a an the and but if or because as until while of at by for with about against between "
    "into through during before after above below to from up down in out on off over under again further then once here there "
    "when where why how all any both each few more most other some such no nor not only own same so than too very"
)
_STOP_WORDS = frozenset(_SNOWBALL_STOP_WORDS.split())
_OF_THREAD = local()


def analyse(text: str) -> list[str]:
    """The terms of a text in order, with repetitions: without stop words, accents and capitals, stemmed (Snowball's English)."""
    stems: list[str] = _stemmer().stemWords([word for word in _words(text) if word not in _STOP_WORDS])
    return stems


def passage_terms(title: str, heading: str | None, content: str) -> dict[str, float]:
    """Weighted term frequencies of a passage, those of its title and headings counted in."""
    found: dict[str, float] = {}
    for weight, text in ((_TITLE_WEIGHT, title), (_TITLE_WEIGHT, heading or ""), (1.0, content)):
        for term, count in Counter(analyse(text)).items():
            found[term] = found.get(term, 0.0) + weight * count
    return found


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def _stemmer() -> "Stemmer":
    """The stemmer of this thread: PyStemmer's are not to be shared by several."""
    if not hasattr(_OF_THREAD, "stemmer"):
        from Stemmer import Stemmer

        _OF_THREAD.stemmer = Stemmer("english")
    stemmer: Stemmer = _OF_THREAD.stemmer
    return stemmer
