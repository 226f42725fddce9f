"""Gathers the passages that may answer a question, by meaning and by words, and scores each in both ways."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.documents.logic.ranking.feedback import moved
from assets.documents.logic.ranking.fusion import Scores, fused
from resources.embeddings import Vectors
from resources.knowledge_base.bm25 import inverse_document_frequency
from resources.knowledge_base.interface import Filter, Hits, Snapshot

FIRST_DEPTH = 200
"""Passages that are looked up in each way at first."""
_DEEPER = 4
_LEXICAL_DEPTH = 5
"""So many times as many passages are looked up by words as by meaning: their scores are needed for those found by meaning."""
_MOST_TERMS = 32
"""A longer question is looked up by its most telling words: the time is proportional to their number."""
_DECIMALS = 6
"""Differences below are rounding of single precision, and must not decide between equal passages."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a snapshot understands it.

    Attributes:
        vector: Its unit vector.
        terms: Its words as the index has them, each with how often it occurs.
        telling: The same words, each with its inverse document frequency.
    """

    vector: Vectors
    terms: dict[str, float]
    telling: dict[str, float]

    @classmethod
    def of(cls, question: str, vector: Vectors, snapshot: Snapshot) -> "Asked":
        """The question with its most telling words."""
        counts = Counter(snapshot.analyse(question))
        occurs_in = snapshot.document_frequencies(counts.keys())
        passages = snapshot.generation.rows
        known = {term: inverse_document_frequency(n, passages) for term, n in occurs_in.items() if n}
        chosen = sorted(known, key=lambda term: (-counts[term] * known[term], term))[:_MOST_TERMS]
        return cls(vector, {term: float(counts[term]) for term in chosen}, {term: known[term] for term in chosen})


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages, the most relevant first.

    Attributes:
        rows: With the columns of `kb_documents`.
        vectors: Theirs.
        similarities: Cosine similarity of question and passage.
        lexical: Score of the words; 0 if the passage is not among those found by words.
        relevance: Both fused, meaning after feedback (see `feedback.moved`).
        nearest: What was found by meaning.
        matching: What was found by words; None if the question has no word that is in any passage.
    """

    rows: pl.DataFrame
    vectors: Vectors
    similarities: Scores
    lexical: Scores
    relevance: Scores
    nearest: Hits
    matching: Hits | None


def gather(snapshot: Snapshot, asked: Asked, where: Filter, documents: int) -> Candidates:
    """Look deeper and deeper until passages of so many documents, or all that pass the filter, have been seen."""
    depth = max(FIRST_DEPTH, documents)
    while True:
        found = _looked_up(snapshot, asked, where, depth)
        if len(found.nearest.doc_ids) < depth or found.rows["parent_doc_id"].n_unique() >= documents:
            return found
        depth *= _DEEPER


def _looked_up(snapshot: Snapshot, asked: Asked, where: Filter, depth: int) -> Candidates:
    nearest = snapshot.nearest(asked.vector, where, depth)
    matching = snapshot.matching(asked.terms, where, _LEXICAL_DEPTH * depth) if asked.terms else None
    by_words = matching.doc_ids if matching is not None else np.empty(0, np.int64)
    doc_ids = np.union1d(nearest.doc_ids, by_words[:depth])
    vectors = snapshot.vectors(doc_ids)
    similarities = _rounded(vectors @ asked.vector)
    lexical = np.zeros(len(doc_ids))
    if matching is not None:
        _, here, there = np.intersect1d(doc_ids, by_words, assume_unique=True, return_indices=True)
        lexical[here] = _rounded(matching.scores[there])
    rows = snapshot.rows(doc_ids)
    best = best_passages(rows, _order(doc_ids, fused(similarities, lexical)))
    relevance = fused(_rounded(vectors @ moved(asked.vector, vectors[best])), lexical)
    order = _order(doc_ids, relevance)
    return Candidates(rows[order], vectors[order], similarities[order], lexical[order], relevance[order], nearest, matching)


def best_passages(rows: pl.DataFrame, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """The best passage of each document, the best document first, of passages that are given with their order."""
    documents = rows["parent_doc_id"][order]
    return order[documents.is_first_distinct().to_numpy()]


def _order(doc_ids: NDArray[np.int64], relevance: Scores) -> NDArray[np.int64]:
    """The most relevant first; of equals the one with the lower identity."""
    order: NDArray[np.int64] = np.lexsort((doc_ids, -relevance))
    return order


def _rounded(scores: NDArray[np.float32]) -> Scores:
    rounded: Scores = np.asarray(scores, np.float64).round(_DECIMALS)
    return rounded
