"""The interface of language understanding: entities, key phrases, sentiment and personal data of texts.

Variants lie beside it and in `resources.oci`. A text that could not be understood, or not all of it, says so in its answer:
one bad text neither spoils the others nor looks like one in which nothing is.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

import dagster as dg

from resources.language.known import places_of
from resources.language.masking import masked

Kind = Literal["organisation", "location", "money", "date", "product", "other"]
Mood = Literal["positive", "negative", "neutral", "mixed"]
MOODS: tuple[Mood, ...] = ("positive", "negative", "neutral", "mixed")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be understood.

    Attributes:
        key: Its name, by which its answer is found.
        text: The text itself, of any length.
        language: Its language (ISO 639-1), if it is known; otherwise it is told by its words.
        known: Entities that the caller knows to be in it, as printed: names of the parties, descriptions of line items.
    """

    key: str
    text: str
    language: str | None = None
    known: tuple[tuple[Kind, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """Something that a text names.

    Attributes:
        kind: What it is.
        text: As printed.
        start: Code points before it; None if the caller knows it and it is not printed as the caller wrote it.
        end: Code points up to its end; None likewise.
        confidence: By the engine's own account, 0 to 1; 1 for what the caller knows.
        engine_type: The engine's own type, with its sub-type after a `/`; `KNOWN` for what the caller knows.
    """

    kind: Kind
    text: str
    start: int | None
    end: int | None
    confidence: float
    engine_type: str


@dataclass(frozen=True, slots=True)
class KeyPhrase:
    """A phrase that says what a text is about; the score orders the phrases of one text, 0 to 1."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Sentiment:
    """Whether a text praises or blames; `scores` has every mood and sums to 1."""

    mood: Mood
    scores: Mapping[Mood, float]


@dataclass(frozen=True, slots=True)
class PersonalDatum:
    """Personal data in a text; places as in `Entity`, `engine_type` is the engine's own type."""

    engine_type: str
    text: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A part of a text that was not understood.

    Attributes:
        start: Code points before the part.
        end: Code points up to its end.
        reason: Why, with the engine's own code where it gives one.
    """

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Answer(Generic[_Found]):
    """What was found in one text.

    Attributes:
        key: `Text.key`.
        found: What was found in the parts that were understood; None if that is none of it.
        failures: The parts that were not.
    """

    key: str
    found: _Found | None
    failures: tuple[Failure, ...] = ()


Entities = Answer[tuple[Entity, ...]]
KeyPhrases = Answer[tuple[KeyPhrase, ...]]
PersonalData = Answer[tuple[PersonalDatum, ...]]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a classification does on labelled sentences.

    Attributes:
        sentences: How many there are.
        accuracy: Share that is classified as labelled.
        macro_f1: Mean of the F1 scores of the classes.
    """

    sentences: int
    accuracy: float
    macro_f1: float


class LanguageAI(dg.ConfigurableResource[Any], ABC):
    """Understands texts. Methods answer in the order of the texts, and raise only errors of `resources.errors`."""

    @property
    @abstractmethod
    def engine(self) -> str:
        """`name@version`: it changes whenever the answer for some text may."""

    @property
    def sentiment_quality(self) -> Quality | None:
        """How well notes are classified, on sentences that were held out; None if it was not measured."""
        return None

    def entities(self, texts: Sequence[Text]) -> list[Entities]:
        """What the texts name, in the order of its places; what the caller knows is among it.

        An entity of the engine's own that overlaps one that the caller knows is not told.
        """
        return [_with_known(text, answer) for text, answer in zip(texts, self._entities(texts), strict=True)]

    @abstractmethod
    def key_phrases(self, texts: Sequence[Text]) -> list[KeyPhrases]:
        """What the texts are about, the most important phrase first."""

    @abstractmethod
    def sentiments(self, texts: Sequence[Text]) -> list[Answer[Sentiment]]:
        """Whether the texts praise or blame. A text without a word has no sentiment: that is a failure, not `neutral`."""

    @abstractmethod
    def personal_data(self, texts: Sequence[Text]) -> list[PersonalData]:
        """Personal data in the texts, in the order of its places, none of which lies in another."""

    def masked(self, texts: Sequence[Text], keep: int = 0) -> list[Answer[str]]:
        """The texts with `*` for every character of personal data: of the same length, so that places stay what they are.

        A text that was not understood as a whole is not given at all: what is not known to be masked does not leave.

        Args:
            texts: The texts.
            keep: So many last characters of each datum are left as they are, but never more than half of it.
        """
        return [
            Answer(text.key, masked(text.text, _spans(answer), keep) if not answer.failures else None, answer.failures)
            for text, answer in zip(texts, self.personal_data(texts), strict=True)
        ]

    @abstractmethod
    def _entities(self, texts: Sequence[Text]) -> list[Entities]:
        """As `entities`, without what the caller knows."""


def _spans(answer: PersonalData) -> Iterable[tuple[int, int]]:
    return ((datum.start, datum.end) for datum in answer.found or ())


def _with_known(text: Text, answer: Entities) -> Entities:
    if not text.known or answer.found is None:
        return answer
    known: list[Entity] = []
    for kind, printed in text.known:
        places = places_of(printed, text.text)
        known += [Entity(kind, text.text[start:end], start, end, 1.0, "KNOWN") for start, end in places]
        if not places:
            known.append(Entity(kind, printed, None, None, 1.0, "KNOWN"))
    own = [entity for entity in answer.found if not any(_overlap(entity, other) for other in known)]
    found = sorted([*known, *own], key=lambda entity: (entity.start is None, entity.start or 0))
    return replace(answer, found=tuple(dict.fromkeys(found)))


def _overlap(entity: Entity, other: Entity) -> bool:
    if entity.start is None or entity.end is None or other.start is None or other.end is None:
        return False
    return entity.start < other.end and other.start < entity.end
