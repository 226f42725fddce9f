"""Measures how well a generation of the knowledge base answers questions whose answers are known."""

from collections.abc import Sequence
from dataclasses import dataclass

from assets.documents.logic.judgements import Judged
from assets.documents.logic.retrieval_metrics import ndcg, recall, reciprocal_rank
from assets.documents.search import Searcher
from resources.embeddings import Embedder
from resources.knowledge_base.interface import Filter, Generation, KnowledgeBase

_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Measured:
    """How one question was answered.

    Attributes:
        judged: The question.
        ndcg10: nDCG@10, 0 to 1.
        recall100: Share of the relevant documents among the first 100.
        reciprocal_rank: 1 / place of the first relevant document, 0 if it is not among the first 100.
        first_relevant: That place; None if it is not among the first 100.
    """

    judged: Judged
    ndcg10: float
    recall100: float
    reciprocal_rank: float
    first_relevant: int | None


def searcher_of(knowledge_base: KnowledgeBase, generation: Generation, embedder: Embedder) -> Searcher:
    """Searches one generation, whether it is live or not."""
    return Searcher(embedder, knowledge_base, generation_id=generation.generation_id)


def where(judged: Judged) -> Filter:
    """The filter that a question is asked with."""
    return Filter(judged.departments, judged.created_from, judged.created_to, judged.tags, judged.languages)


def measured(searcher: Searcher, questions: Sequence[Judged]) -> list[Measured]:
    """Ask each question as people do, and hold the first 100 documents against what is known."""
    return [_measured(searcher, judged) for judged in questions]


def ndcg_by_question(searcher: Searcher, questions: Sequence[Judged]) -> dict[str, float]:
    """nDCG@10 of each question; a question that is asked with several filters counts once for each."""
    return {f"{m.judged.question} {_said(where(m.judged))}".strip(): m.ndcg10 for m in measured(searcher, questions)}


def _measured(searcher: Searcher, judged: Judged) -> Measured:
    answer = searcher.search(judged.question, where(judged), _DEPTH)
    ranking = [result.link for result in answer.results]
    first = next((n for n, key in enumerate(ranking, 1) if judged.relevant.get(key)), None)
    grades = {key: float(grade) for key, grade in judged.relevant.items()}
    return Measured(
        judged,
        ndcg(ranking, grades, 10) or 0.0,
        recall(ranking, grades, _DEPTH) or 0.0,
        reciprocal_rank(ranking, grades) or 0.0,
        first,
    )


def _said(asked: Filter) -> str:
    return "" if asked.passes_everything else str(asked)
