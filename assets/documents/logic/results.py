"""What a search answers: ranked passages, each with the parts of its score."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Components:
    """The parts of a score, so that people see why a passage stands where it does.

    Attributes:
        dense: Cosine similarity of question and passage, -1 to 1; None if the passage was not compared.
        lexical: Score of the words that both have; None if there are none, or so few that others were preferred.
        relevance: Of the document, 0 to 1 in proportion to the best of this question: meaning and words of its passages fused,
            with the support of similar documents. What the ranking begins with.
        recency: 1 for today, falling with age, 0 to 1; None if the date is unknown.
        popularity: Share of useful votes, smoothed, 0 to 1; None without votes.
        dense_rank: Place among the passages by meaning, from 1; None if not among them.
        lexical_rank: Place among the passages by words, from 1; None if not among them.
    """

    dense: float | None
    lexical: float | None
    relevance: float
    recency: float | None
    popularity: float | None
    dense_rank: int | None
    lexical_rank: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """One document that was found, by its best passage.

    Attributes:
        rank: Place, from 1.
        score: What it is ranked by; higher is better.
        components: The parts of the score.
        document_id: Identity of the document.
        doc_id: Identity of the passage.
        title: Title of the document.
        heading: Headings above the passage, joined by ` › `.
        department: Department; None if unknown.
        created_date: Date of writing; None if unknown.
        tags: Tags.
        language: ISO 639-1 code; None if unknown.
        link: Where the document lies.
        page: Page that the passage begins on, from 1; None where there are none.
        start: First character of the passage in the document's text.
        end: Character after its last one.
        passage: Its text.
        highlights: Stretches of `passage` that answer the question, as (start, end), in order, without overlap.
        more_passages: Further passages of the same document among the candidates.
    """

    rank: int
    score: float
    components: Components
    document_id: str
    doc_id: int
    title: str
    heading: str | None
    department: str | None
    created_date: date | None
    tags: tuple[str, ...]
    language: str | None
    link: str
    page: int | None
    start: int
    end: int
    passage: str
    highlights: tuple[tuple[int, int], ...]
    more_passages: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question was answered with.

    Attributes:
        query_id: Identity of this question in the query log, for feedback.
        question: As it was asked.
        results: Best first.
        matches: Passages that pass the filter.
        vector_plan: How neighbours were looked up, and why (`kind: reason`).
        text_plan: The same for words.
        model_version: Model that was used.
        generation_id: Generation that answered.
        seconds: Time taken.
    """

    query_id: str
    question: str
    results: tuple[Result, ...]
    matches: int
    vector_plan: str
    text_plan: str
    model_version: str
    generation_id: str
    seconds: float
