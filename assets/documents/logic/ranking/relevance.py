"""The relevance of documents: all parts of the ranking, in their order."""

import numpy as np
from numpy.typing import NDArray

from assets.documents.logic.ranking.feedback import moved
from assets.documents.logic.ranking.fusion import Scores, fused
from assets.documents.logic.ranking.neighbours import supported
from assets.documents.logic.ranking.passages import Owners, closest, gathered, mean_vectors

_DECIMALS = 6
"""Differences below are rounding of single precision, and must not decide between equal documents."""


def relevance(
    question: NDArray[np.float32], vectors: NDArray[np.float32], lexical: Scores, owners: Owners, enough: float
) -> Scores:
    """How relevant each document is, 0 to 1 in proportion to the best of this question.

    Meaning and words are fused; the question is moved towards what the best documents say, and fused again; then similar
    documents support each other.

    Args:
        question: Unit vector, shape (dimensions,).
        vectors: Unit vectors of passages, shape (passages, dimensions).
        lexical: Scores of their words, 0 without any in common.
        owners: Their documents, numbered in the order that decides between equals.
        enough: Lexical score that says as much as words can say (see `evidence_needed`).
    """
    words, documents = gathered(lexical, owners), mean_vectors(vectors, owners)
    first = best_first(fused(similarities(question, vectors, owners), words, enough))
    closer = moved(question, documents[first])
    found = fused(similarities(closer, vectors, owners), words, enough)
    order = best_first(found)
    found[order] = supported(found[order], documents[order]).round(_DECIMALS)
    return found


def similarities(question: NDArray[np.float32], vectors: NDArray[np.float32], owners: Owners) -> Scores:
    """Cosine similarity of the question and the closest passage of each document."""
    return closest(rounded(vectors @ question), owners)


def best_first(scores: Scores) -> NDArray[np.int64]:
    """Places in the order of the scores; of equals the lower place first."""
    order: NDArray[np.int64] = np.argsort(-scores, kind="stable")
    return order


def rounded(scores: NDArray[np.float32]) -> Scores:
    """Scores without the noise of single precision."""
    plain: Scores = np.asarray(scores, np.float64).round(_DECIMALS)
    return plain
