"""Answers questions: the documents that say it, by their best passages, each with the parts of its score."""

import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from threading import Lock
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from assets.documents.candidates import Asked, Candidates, gather
from assets.documents.logic.ranking.highlights import highlights
from assets.documents.logic.ranking.preferences import Weights, popularity, preferred, recency
from assets.documents.logic.results import Answer, Components, Result
from assets.documents.serving import model_of
from resources.clock import Clock
from resources.embeddings import Embedder, EmbeddingModels
from resources.errors import BadInput
from resources.knowledge_base.interface import Filter, Generation, Hits, KnowledgeBase, Plan, Snapshot

LONGEST_QUESTION = 2000
"""Characters."""
Votes = Mapping[str, tuple[int, int]]
"""Useful and not useful votes by `document_id`."""


class Searcher:
    """Searches the live generation of a knowledge base, or one that is named; any number of threads may use it.

    Every question is answered from the state that the knowledge base has when it is asked, by one snapshot from beginning to
    end, so that writes and cut-overs meanwhile do not show in it.
    """

    def __init__(
        self,
        embedder: Embedder | EmbeddingModels,
        knowledge_base: KnowledgeBase,
        *,
        generation_id: str | None = None,
        clock: Clock | None = None,
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        """Nothing is loaded yet.

        Args:
            embedder: The model, or all models: then the one that made the generation that answers, also after a cut-over.
            knowledge_base: Where passages are.
            generation_id: Generation to search; the live one if it is not given.
            clock: Gives the day that ages count from.
            new_id: Makes the identity of a question that comes without one.
        """
        self._embedder, self._base, self._generation_id = embedder, knowledge_base, generation_id
        self._clock, self._new_id = clock or Clock(), new_id
        self._serving: tuple[Generation, Embedder] | None = None
        self._loading = Lock()

    def search(
        self,
        question: str,
        where: Filter = Filter(),  # noqa: B008 (frozen)
        k: int = 10,
        *,
        weights: Weights = Weights(),  # noqa: B008 (frozen)
        today: date | None = None,
        votes: Votes = MappingProxyType({}),
        query_id: str | None = None,
    ) -> Answer:
        """The `k` best documents that pass the filter; fewer only if fewer pass it.

        Args:
            question: At most 2,000 characters; control characters count as blanks.
            where: Which passages may be found; names count as the same however their letters are composed, languages also in
                capitals.
            k: How many documents, at least 1.
            weights: What counts beside relevance.
            today: Day that ages count from; that of the clock if it is not given.
            votes: Of users, for the popularity.
            query_id: Identity of the question; a new one if it is not given.

        Raises:
            BadInput: The question is empty, has no word or is too long; `k` is less than 1; or the generation was made by
                another model.
            NotFound: There is no generation.
        """
        started = time.perf_counter()
        asked_for, where = _checked(question, k), _as_stored(where)
        with self._base.snapshot(self._generation_id) as snapshot:
            embedder = self._model_of(snapshot.generation)
            asked = Asked.of(asked_for, embedder.embed_query(asked_for), snapshot)
            found = gather(snapshot, asked, where, k)
            ranking = _Ranking(found, weights, today or self._clock.today(), votes)
            nearest = found.nearest.plan
            return Answer(
                query_id=query_id or self._new_id(),
                question=question,
                results=ranking.results(k, asked, snapshot),
                matches=snapshot.count(where) if nearest.matches is None else nearest.matches,
                vector_plan=_said(nearest),
                text_plan=_said(found.matching.plan)
                if found.matching is not None
                else "none: no passage has a word of the question",
                model_version=snapshot.generation.model.version,
                generation_id=snapshot.generation.generation_id,
                seconds=time.perf_counter() - started,
            )

    def _model_of(self, generation: Generation) -> Embedder:
        serving = self._serving
        if serving is None or serving[0].generation_id != generation.generation_id:
            # after a cut-over all threads come here at once, and a model takes seconds and hundreds of megabytes to load
            with self._loading:
                serving = self._serving
                if serving is None or serving[0].generation_id != generation.generation_id:
                    self._serving = serving = (generation, self._loaded(generation))
        return serving[1]

    def _loaded(self, generation: Generation) -> Embedder:
        embedder = self._embedder
        if isinstance(embedder, EmbeddingModels):
            return model_of(generation, embedder)
        if embedder.model().version != generation.model.version:
            raise BadInput(
                f"the knowledge base was made by {generation.model.version}, not by {embedder.model().version}: "
                "question and passages could not be compared",
                "Search with the former model, or run the job documents_reembed, which builds the knowledge base anew.",
            )
        return embedder


class _Ranking:
    """Documents in the order of their scores."""

    def __init__(self, found: Candidates, weights: Weights, today: date, votes: Votes) -> None:
        self._found = found
        self._relevance: list[float] = found.relevance.tolist()
        documents = found.rows[found.best].select("parent_doc_id", "created_date").rows()
        self._recency = [recency(day, today, weights.half_life_days) for _, day in documents]
        self._popularity = [popularity(*votes.get(document, (0, 0))) for document, _ in documents]
        parts = zip(self._relevance, self._recency, self._popularity, strict=True)
        self._scores = [preferred(*known, weights) for known in parts]

    def results(self, k: int, asked: Asked, snapshot: Snapshot) -> tuple[Result, ...]:
        """The first `k`; of equals the one with the lower identity first."""
        first = sorted(range(len(self._scores)), key=lambda document: (-self._scores[document], document))[:k]
        rows = self._found.rows[self._found.best[first]].to_dicts()
        terms_of = lru_cache(maxsize=None)(snapshot.analyse)
        return tuple(
            Result(
                rank=rank,
                score=self._scores[document],
                components=components,
                highlights=highlights(row["content"], asked.telling, terms_of),
                more_passages=int(self._found.passages[document]) - 1,
                **_shown(row),
            )
            for rank, (document, row, components) in enumerate(zip(first, rows, self._components(first), strict=True), 1)
        )

    def _components(self, documents: list[int]) -> list[Components]:
        found = self._found
        dense_ranks = _ranks(found.nearest)
        lexical_ranks = _ranks(found.matching) if found.matching is not None else {}
        places = found.best[documents]
        return [
            Components(
                dense=float(found.similarities[place]),
                lexical=float(found.lexical[place]) if doc_id in lexical_ranks else None,
                relevance=self._relevance[document],
                recency=self._recency[document],
                popularity=self._popularity[document],
                dense_rank=dense_ranks.get(doc_id),
                lexical_rank=lexical_ranks.get(doc_id),
            )
            for document, place, doc_id in zip(documents, places, found.rows["doc_id"][places].to_list(), strict=True)
        ]


def _checked(question: str, k: int) -> str:
    """The question without characters that are no text."""
    if k < 1:
        raise BadInput(f"{k} results cannot be asked for", "Ask for at least 1.")
    if len(question) > LONGEST_QUESTION:
        raise BadInput(
            f"the question has {len(question):,} characters, at most {LONGEST_QUESTION:,} are taken", "Ask a shorter question."
        )
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in question)
    if not any(c.isalnum() for c in plain):
        raise BadInput("the question has no words", "Ask with at least one word.")
    return plain


def _as_stored(where: Filter) -> Filter:
    """The filter with names in the form that documents' metadata are stored in: keyboards and file names differ in theirs."""

    def composed(names: frozenset[str]) -> frozenset[str]:
        return frozenset(unicodedata.normalize("NFC", name) for name in names)

    return replace(
        where,
        departments=None if where.departments is None else composed(where.departments),
        tags=composed(where.tags),
        languages=None if where.languages is None else frozenset(language.lower() for language in where.languages),
    )


def _said(plan: Plan) -> str:
    return f"{plan.kind}: {plan.reason}"


def _ranks(hits: Hits) -> dict[int, int]:
    return {doc_id: rank for rank, doc_id in enumerate(hits.doc_ids.tolist(), 1)}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """What is shown of a passage, by the names of `Result`."""
    return {
        "document_id": row["parent_doc_id"],
        "doc_id": row["doc_id"],
        "title": row["title"],
        "heading": row["heading"],
        "department": row["dept"],
        "created_date": row["created_date"],
        "tags": tuple(row["tags"]),
        "language": row["language"],
        "link": row["source_key"],
        "page": row["page"],
        "start": row["start_offset"],
        "end": row["end_offset"],
        "passage": row["content"],
    }
