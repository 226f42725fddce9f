"""Gathers the passages that may answer a question, by meaning and by words, and scores them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.documents.logic.ranking.fusion import Scores, evidence_needed, fused
from assets.documents.logic.ranking.passages import best_passages
from assets.documents.logic.ranking.relevance import relevance, rounded
from resources.embeddings import Vectors
from resources.knowledge_base.bm25 import inverse_document_frequency
from resources.knowledge_base.interface import Filter, Hits, Snapshot

FIRST_DEPTH = 200
"""Passages that are looked up in each way at first."""
_DEEPER = 4
_LEXICAL_DEPTH = 5
"""So many times as many passages are looked up by words as by meaning: their scores are needed for those found by meaning."""
_MOST_TERMS = 64
"""A longer question is looked up by its most telling words: the time is proportional to their number."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a snapshot understands it.

    Attributes:
        vector: Its unit vector.
        terms: Its words as the index has them, each with how often it occurs.
        telling: The same words, each with its inverse document frequency.
        enough: Lexical score of a passage that has the most telling words, of those that no passage has too.
    """

    vector: Vectors
    terms: dict[str, float]
    telling: dict[str, float]
    enough: float

    @classmethod
    def of(cls, question: str, vector: Vectors, snapshot: Snapshot) -> "Asked":
        """The question with its most telling words."""
        counts = Counter(snapshot.analyse(question))
        occurs_in = snapshot.document_frequencies(counts.keys())
        passages = snapshot.generation.rows
        telling = {term: inverse_document_frequency(n, passages) for term, n in occurs_in.items()}
        known = {term: weight for term, weight in telling.items() if occurs_in[term]}
        chosen = sorted(known, key=lambda term: (-counts[term] * known[term], term))[:_MOST_TERMS]
        terms = {term: float(counts[term]) for term in chosen}
        return cls(vector, terms, {term: known[term] for term in chosen}, evidence_needed(telling.values()))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages, by `doc_id`, and their documents, by identity.

    Attributes:
        rows: Passages with the columns of `kb_documents`.
        similarities: Cosine similarity of question and passage.
        lexical: Score of the passage's words; 0 if it is not among those found by words.
        relevance: Of each document, 0 to 1.
        best: Place in `rows` of the best passage of each document.
        passages: How many of the passages are from each document.
        nearest: What was found by meaning.
        matching: What was found by words; None if the question has no word that is in any passage.
    """

    rows: pl.DataFrame
    similarities: Scores
    lexical: Scores
    relevance: Scores
    best: NDArray[np.int64]
    passages: NDArray[np.int64]
    nearest: Hits
    matching: Hits | None


def gather(snapshot: Snapshot, asked: Asked, where: Filter, documents: int) -> Candidates:
    """Look deeper and deeper until passages of so many documents, or all that pass the filter, have been seen."""
    depth = max(FIRST_DEPTH, documents)
    while True:
        found = _looked_up(snapshot, asked, where, depth)
        if len(found.nearest.doc_ids) < depth or len(found.best) >= documents:
            return found
        depth *= _DEEPER


def _looked_up(snapshot: Snapshot, asked: Asked, where: Filter, depth: int) -> Candidates:
    nearest = snapshot.nearest(asked.vector, where, depth)
    matching = snapshot.matching(asked.terms, where, _LEXICAL_DEPTH * depth) if asked.terms else None
    by_words = matching.doc_ids if matching is not None else np.empty(0, np.int64)
    doc_ids = np.union1d(nearest.doc_ids, by_words[:depth])
    lexical = np.zeros(len(doc_ids))
    if matching is not None:
        _, here, there = np.intersect1d(doc_ids, by_words, assume_unique=True, return_indices=True)
        lexical[here] = rounded(matching.scores[there])
    rows, vectors = snapshot.rows(doc_ids), snapshot.vectors(doc_ids)
    similar = rounded(np.clip(vectors @ asked.vector, -1.0, 1.0))  # stored lengths are 1 to a thousandth only
    _, owners = np.unique(rows["parent_doc_id"].to_numpy(), return_inverse=True)
    return Candidates(
        rows=rows,
        similarities=similar,
        lexical=lexical,
        relevance=relevance(similar, lexical, vectors, owners, asked.enough),
        best=best_passages(fused(similar, lexical, asked.enough), owners),
        passages=np.bincount(owners).astype(np.int64),
        nearest=nearest,
        matching=matching,
    )
