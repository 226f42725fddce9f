"""Which documents answer a question: the golden questions that people wrote down, and what votes on results say."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any

import polars as pl
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from assets.documents.logic.query_drift import last_votes

_LONGEST_QUESTION = 2_000


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and the documents that answer it, by key of their object; all others do not.

    Attributes:
        question: As people ask it.
        relevant: Grade per document: 1 helps, 2 answers in part, 3 answers.
        departments: Only documents of these are asked for; None of all.
        created_from: Only documents from this day on.
        created_to: Only documents until this day.
        tags: Only documents with all of these.
        languages: Only passages in these; None in all.
    """

    question: str
    relevant: Mapping[str, int]
    departments: frozenset[str] | None = None
    created_from: date | None = None
    created_to: date | None = None
    tags: frozenset[str] = field(default_factory=frozenset)
    languages: frozenset[str] | None = None

    @property
    def asks_the_same_as(self) -> tuple[object, ...]:
        """Equal for judgements of the same question with the same filter; case and spacing do not matter."""
        asked = " ".join(self.question.casefold().split())
        return asked, self.departments, self.created_from, self.created_to, self.tags, self.languages


@dataclass(frozen=True, slots=True)
class GoldenFile:
    """What a file of golden questions says.

    Attributes:
        questions: Those that can be used.
        refused: The others, each as `line 3: what is wrong`.
    """

    questions: tuple[Judged, ...]
    refused: tuple[str, ...]


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _iso_day(value: object) -> object:
    if value is not None and not isinstance(value, str):
        raise ValueError("is no day such as 2026-01-31")
    return value and date.fromisoformat(value)


def _stripped(question: str) -> str:
    if not question.strip():
        raise ValueError("is empty")
    return question.strip()


_Texts = Annotated[frozenset[Annotated[str, Field(min_length=1)]], BeforeValidator(_one_or_many), Field(min_length=1)]
_Day = Annotated[date, BeforeValidator(_iso_day)]


class _Line(BaseModel):
    """A line of the file."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(max_length=_LONGEST_QUESTION), AfterValidator(_stripped)]
    relevant: dict[Annotated[str, Field(min_length=1)], Annotated[int, Field(strict=True, ge=1, le=3)]] = Field(min_length=1)
    department: _Texts | None = None
    created_from: _Day | None = None
    created_to: _Day | None = None
    tags: _Texts | None = None
    language: _Texts | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "_Line":
        if self.created_from and self.created_to and self.created_from > self.created_to:
            raise ValueError("created_from is after created_to")
        return self

    def judged(self) -> Judged:
        return Judged(
            self.question,
            self.relevant,
            self.department,
            self.created_from,
            self.created_to,
            self.tags or frozenset(),
            self.language,
        )


def golden_questions(text: str) -> GoldenFile:
    """Read golden questions: one JSON object per line, empty lines and those that begin with `#` left out.

    A line is `{"question": "…", "relevant": {"travel.md": 3}}`; it may restrict the search by `department` and `language`
    (a text or a list), `created_from` and `created_to` (`2026-01-31`), and `tags` (a text or a list). A bad line is refused by
    name, the others are used. Of two lines that ask the same, the second is refused.
    """
    asked: dict[tuple[object, ...], Judged] = {}
    refused: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            judged = _Line.model_validate(json.loads(line, object_pairs_hook=_named_once)).judged()
        except ValidationError as error:
            refused.append(f"line {number}: {'; '.join(_told(e) for e in error.errors())}")
        except (ValueError, RecursionError) as error:
            refused.append(f"line {number}: not a JSON object ({error})")
        else:
            if judged.asks_the_same_as in asked:
                refused.append(f"line {number}: asks the same as an earlier line")
            else:
                asked[judged.asks_the_same_as] = judged
    return GoldenFile(tuple(asked.values()), tuple(refused))


def from_votes(
    searches: pl.DataFrame, votes: pl.DataFrame, source_keys: Mapping[str, str], *, minimum_votes: int = 2
) -> tuple[Judged, ...]:
    """Judgements that votes on results amount to, in order of the questions.

    A document answers a question (grade 1) if at least `minimum_votes` called it useful, and more did than did not. A question
    without such a document is left out. Votes of the same question with the same filter count together.

    Args:
        searches: `query_id`, `question` and `filter` (a JSON object of `resources.search_log.filter_json`).
        votes: `query_id`, `document_id`, `by`, `said_at`, `useful`; of one result of one search, a person's last vote counts.
        source_keys: Key of its object by document; votes on others, which are gone, do not count.
        minimum_votes: Useful votes that it takes.
    """
    cast = last_votes(votes).join(searches.select("query_id", "question", "filter").unique("query_id"), on="query_id")
    asked: dict[tuple[object, ...], Judged] = {}
    balance: dict[tuple[object, ...], dict[str, list[int]]] = {}
    for row in cast.sort("said_at", "query_id", "document_id").iter_rows(named=True):
        key = source_keys.get(row["document_id"])
        if key is not None:
            question = _asked(row["question"], json.loads(row["filter"]))
            same = question.asks_the_same_as
            asked.setdefault(same, question)
            balance.setdefault(same, {}).setdefault(key, [0, 0])[not row["useful"]] += 1
    judged = (
        replace(
            question, relevant={key: 1 for key, (yes, no) in sorted(balance[same].items()) if yes >= minimum_votes and yes > no}
        )
        for same, question in asked.items()
    )
    return tuple(sorted((j for j in judged if j.relevant), key=lambda j: j.question))


def merged(golden: Iterable[Judged], voted: Iterable[Judged]) -> tuple[Judged, ...]:
    """Both together: where they judge the same question with the same filter, what people wrote down holds alone."""
    written = {judged.asks_the_same_as: judged for judged in golden}
    return (*written.values(), *(judged for judged in voted if judged.asks_the_same_as not in written))


def _asked(question: str, where: Mapping[str, Any]) -> Judged:
    def day(name: str) -> date | None:
        return date.fromisoformat(where[name]) if name in where else None

    def texts(name: str) -> frozenset[str] | None:
        return frozenset(where[name]) if name in where else None

    departments, tags, languages = texts("departments"), texts("tags"), texts("languages")
    return Judged(question.strip(), {}, departments, day("created_from"), day("created_to"), tags or frozenset(), languages)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if twice is not None:
        raise ValueError(f"{twice!r} is there twice")
    return dict(pairs)


def _told(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"] if part != "[key]")
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {said}" if place else said
