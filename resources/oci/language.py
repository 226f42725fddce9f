"""Language understanding by OCI Language: texts leave this machine, personal data in them masked first if so configured."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import Field

from resources.errors import Unavailable
from resources.language.interface import (
    MOODS,
    Answer,
    Entities,
    Entity,
    Failure,
    KeyPhrase,
    KeyPhrases,
    Kind,
    LanguageAI,
    Mood,
    PersonalData,
    PersonalDatum,
    Sentiment,
    Text,
)
from resources.language.masking import SIGN, masked
from resources.language.personal_data import personal_data
from resources.language.pieces import Piece, batches, pieces
from resources.language.spans import outermost
from resources.oci.clients import OciClients

MOST_RECORDS, MOST_OF_RECORD, MOST_OF_REQUEST = 100, 5_000, 20_000
"""Records of a request, characters of a record and of a request. Source: SDK docstrings of the operations."""
_VERSION = "20221001"
_KINDS: Mapping[str, Kind] = {
    "ORGANIZATION": "organisation",
    "LOCATION": "location",
    "GPE": "location",
    "FACILITY": "location",
    "MONEY": "money",
    "QUANTITY/CURRENCY": "money",
    "DATETIME/DATE": "date",
    "DATE": "date",
    "PRODUCT": "product",
}
"""Kind by the service's type, or type and sub-type. Source: docs.oracle.com, "Named Entity Recognition" of Language."""
_PERMANENT = ("Invalid", "NotAuthorized", "MissingParameter", "Unsupported")
"""What the code of a record's error begins with if it would fail again."""
_ATTEMPTS = 3
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class _Failed:
    code: str
    message: str

    @property
    def reason(self) -> str:
        return f"{self.code}: {self.message}"


class OciLanguage(LanguageAI):
    """The pretrained models of OCI Language.

    A text that is longer than a record may be is cut at the end of a paragraph, a line or a sentence, and places are those of
    the whole text again. A record that fails for a while is asked for again with the next request; one that fails for good, or
    that the service leaves out of its answer, is a `Failure` of its text.
    """

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    compartment_id: str = Field(default="", description="OCID of the compartment that is billed; the tenancy's root if empty.")
    region: str = Field(default="", description="Region that is asked; the usual one if empty.")
    mask_first: bool = Field(
        default=True,
        description="Hide e-mail addresses, telephone numbers, account, card and tax numbers and names of persons before a "
        "text leaves, as far as the rules of this machine find them.",
    )

    @property
    def engine(self) -> str:
        """See LanguageAI. The service does not say which version of its models answers."""
        return f"oci-language@{_VERSION}{'-masked' if self.mask_first else ''}"

    def key_phrases(self, texts: Sequence[Text]) -> list[KeyPhrases]:
        """See LanguageAI. A phrase of several pieces of a text has its best score; masked ones are none."""

        def of(parts: list[tuple[Piece, Any]]) -> tuple[KeyPhrase, ...]:
            best: dict[str, float] = {}
            for phrase in (phrase for _, document in parts for phrase in document.key_phrases):
                if SIGN not in phrase.text:
                    best[phrase.text] = max(best.get(phrase.text, 0.0), float(phrase.score))
            return tuple(KeyPhrase(text, score) for text, score in sorted(best.items(), key=lambda item: -item[1]))

        return self._answers(texts, "key_phrases", lambda _, parts: of(parts), nothing=())

    def sentiments(self, texts: Sequence[Text]) -> list[Answer[Sentiment]]:
        """See LanguageAI. The scores of a text's pieces are weighted by their lengths."""
        return self._answers(texts, "sentiments", lambda _, parts: _sentiment(parts), nothing=None, level=["SENTENCE"])

    def personal_data(self, texts: Sequence[Text]) -> list[PersonalData]:
        """See LanguageAI. If texts are masked first, what was masked is told with what the service found in the rest."""

        def of(text: Text, parts: list[tuple[Piece, Any]]) -> tuple[PersonalDatum, ...]:
            own = list(personal_data(text.text)) if self.mask_first else []
            for piece, document in parts:
                for entity in document.entities:
                    start, end = _place(piece, entity)
                    own.append(PersonalDatum(entity.type, text.text[start:end], start, end, float(entity.score)))
            return tuple(outermost(own))

        return self._answers(texts, "pii_entities", of, nothing=())

    def _entities(self, texts: Sequence[Text]) -> list[Entities]:
        return self._answers(texts, "entities", _entities_of, nothing=())

    def _answers(
        self,
        texts: Sequence[Text],
        what: str,
        combined: Callable[[Text, list[tuple[Piece, Any]]], _Found],
        nothing: _Found | None,
        **query: object,
    ) -> list[Answer[_Found]]:
        """Answers of the texts; `nothing` is what is found in a text without a word."""
        cut = [list(pieces(number, self._leaving(text.text), MOST_OF_RECORD)) for number, text in enumerate(texts)]
        asked = self._asked([piece for of_text in cut for piece in of_text], texts, what, query)
        answers = []
        for text, of_text in zip(texts, cut, strict=True):
            understood = [(piece, asked[piece]) for piece in of_text if not isinstance(asked[piece], _Failed)]
            failures = tuple(
                Failure(piece.start, piece.end, asked[piece].reason) for piece in of_text if isinstance(asked[piece], _Failed)
            )
            if not of_text:
                failures = () if nothing is not None else (Failure(0, len(text.text), "there is no word in the text"),)
            found = combined(text, understood) if understood else None if of_text else nothing
            answers.append(Answer(text.key, found, failures))
        return answers

    def _leaving(self, text: str) -> str:
        """The text as it leaves this machine."""
        return masked(text, ((d.start, d.end) for d in personal_data(text))) if self.mask_first else text

    def _asked(
        self, of: Sequence[Piece], texts: Sequence[Text], what: str, query: Mapping[str, object]
    ) -> dict[Piece, Any | _Failed]:
        """What the service answered to each piece; those that failed for a while are asked for again."""
        found: dict[Piece, Any | _Failed] = {}
        left = list(of)
        for _ in range(_ATTEMPTS):
            for batch in batches(left, MOST_RECORDS, MOST_OF_REQUEST):
                found.update(self._answered(batch, texts, what, query))
            left = [piece for piece in left if _may_succeed(found[piece])]
            if not left:
                break
        return found

    def _answered(
        self, batch: Sequence[Piece], texts: Sequence[Text], what: str, query: Mapping[str, object]
    ) -> Iterator[tuple[Piece, Any | _Failed]]:
        import oci.ai_language.models as models

        documents = [
            models.TextDocument(key=str(number), text=piece.text, language_code=texts[piece.of].language or "auto")
            for number, piece in enumerate(batch)
        ]
        details = getattr(models, _DETAILS[what])(
            documents=documents, compartment_id=self.compartment_id or self.clients.tenancy()
        )
        ask = self.clients.operation("ai_language", f"batch_detect_language_{what}", self.region)
        answer = ask(details, **query).data
        by_key = {document.key: document for document in answer.documents or ()}
        failed = {one.key: _Failed(str(one.error.code), str(one.error.message)) for one in answer.errors or ()}
        unknown = set(by_key) | set(failed)
        unknown -= {document.key for document in documents}
        if unknown:
            raise Unavailable(
                f"OCI Language answered records that it was not asked for ({', '.join(sorted(unknown))})",
                "Repeat later; if it lasts, look at the state of the service.",
            )
        missing = _Failed("NotAnswered", "the service left the record out of its answer")
        for number, piece in enumerate(batch):
            yield piece, failed.get(str(number)) or by_key.get(str(number)) or missing


_DETAILS: Mapping[str, str] = {
    "entities": "BatchDetectLanguageEntitiesDetails",
    "key_phrases": "BatchDetectLanguageKeyPhrasesDetails",
    "sentiments": "BatchDetectLanguageSentimentsDetails",
    "pii_entities": "BatchDetectLanguagePiiEntitiesDetails",
}


def _may_succeed(answer: Any | _Failed) -> bool:  # noqa: ANN401  # the SDK has no types
    return isinstance(answer, _Failed) and not answer.code.startswith(_PERMANENT)


def _place(piece: Piece, entity: Any) -> tuple[int, int]:  # noqa: ANN401
    start = piece.start + int(entity.offset)
    return start, start + int(entity.length)


def _entities_of(text: Text, parts: Iterable[tuple[Piece, Any]]) -> tuple[Entity, ...]:
    """Entities of the whole text, whose words are those of the text before it was masked."""
    found = []
    for piece, document in parts:
        for entity in document.entities:
            start, end = _place(piece, entity)
            own = entity.type if not entity.sub_type else f"{entity.type}/{entity.sub_type}"
            kind = _KINDS.get(own) or _KINDS.get(entity.type) or "other"
            found.append(Entity(kind, text.text[start:end], start, end, float(entity.score), own))
    return tuple(sorted(found, key=lambda entity: entity.start or 0))


def _sentiment(parts: Sequence[tuple[Piece, Any]]) -> Sentiment:
    letters = sum(len(piece.text) for piece, _ in parts)
    scores = dict.fromkeys(MOODS, 0.0)
    for piece, document in parts:
        for name, score in document.document_scores.items():
            mood = cast(Mood, name.lower())
            if mood in scores:
                scores[mood] += float(score) * len(piece.text) / letters
    total = sum(scores.values()) or 1.0
    shares = {mood: score / total for mood, score in scores.items()}
    return Sentiment(max(MOODS, key=shares.__getitem__), shares)
