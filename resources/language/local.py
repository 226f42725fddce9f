"""Language understanding on this machine, by rules and word lists: no model, no download, no text that leaves.

It knows English, German, French and Spanish. Confidences are fixed for each rule and were not calibrated; they say which
finding is surer.
"""

from collections.abc import Sequence
from itertools import chain

from resources.language import sentiment
from resources.language.dates import dates
from resources.language.interface import (
    Answer,
    Entities,
    Entity,
    Failure,
    KeyPhrases,
    LanguageAI,
    PersonalData,
    Quality,
    Sentiment,
    Text,
)
from resources.language.key_phrases import key_phrases
from resources.language.locations import locations
from resources.language.money import money
from resources.language.organisations import organisations
from resources.language.personal_data import personal_data

_VERSION = "1"


class LocalLanguage(LanguageAI):
    """Organisations by legal forms, addresses and countries, sums, days; key phrases by RAKE; sentiment by a small lexicon.

    Products are those that the caller knows. Of the sentiment's quality `sentiment.HELD_OUT` tells: on sentences that were not
    used for the lexicon, 79 % are classified as they are labelled.
    """

    @property
    def engine(self) -> str:
        """See LanguageAI."""
        return f"local-language@{_VERSION}"

    @property
    def sentiment_quality(self) -> Quality:
        """See LanguageAI."""
        return sentiment.HELD_OUT

    def key_phrases(self, texts: Sequence[Text]) -> list[KeyPhrases]:
        """See LanguageAI."""
        return [Answer(text.key, tuple(key_phrases(text.text, text.language))) for text in texts]

    def sentiments(self, texts: Sequence[Text]) -> list[Answer[Sentiment]]:
        """See LanguageAI."""
        return [_felt(text) for text in texts]

    def personal_data(self, texts: Sequence[Text]) -> list[PersonalData]:
        """See LanguageAI."""
        return [Answer(text.key, tuple(personal_data(text.text))) for text in texts]

    def _entities(self, texts: Sequence[Text]) -> list[Entities]:
        return [Answer(text.key, tuple(_entities(text.text))) for text in texts]


def _felt(text: Text) -> Answer[Sentiment]:
    found = sentiment.sentiment(text.text, text.language)
    failures = () if found else (Failure(0, len(text.text), "there is no word in the text"),)
    return Answer(text.key, found, failures)


def _entities(text: str) -> list[Entity]:
    """Entities without overlaps: of two, the one of the rule that is surer."""
    kept: list[tuple[int, int, Entity]] = []
    found = chain(money(text), dates(text), organisations(text), locations(text))
    for entity in sorted(found, key=lambda e: -e.confidence):
        if entity.start is None or entity.end is None:
            continue
        if all(entity.end <= start or entity.start >= end for start, end, _ in kept):
            kept.append((entity.start, entity.end, entity))
    return [entity for _, _, entity in sorted(kept, key=lambda placed: placed[:2])]
