"""The relevance of documents: all parts of the ranking, in their order."""

import numpy as np
from numpy.typing import NDArray

from assets.documents.logic.ranking.fusion import Scores, fused
from assets.documents.logic.ranking.neighbours import supported
from assets.documents.logic.ranking.passages import Owners, closest, gathered, mean_vectors

_DECIMALS = 6


def relevance(similarities: Scores, lexical: Scores, vectors: NDArray[np.float32], owners: Owners, enough: float) -> Scores:
    """How relevant each document is, 0 to 1 in proportion to the best of this question.

    The document's closest passage and the words of all its passages are fused; then similar documents support each other.

    Args:
        similarities: Cosine similarity of the question and each passage.
        lexical: Score of each passage's words, 0 without any in common.
        vectors: Unit vectors of the passages, shape (passages, dimensions).
        owners: Their documents, numbered in the order that decides between equals.
        enough: Lexical score that says as much as words can say (see `evidence_needed`).
    """
    found = fused(closest(similarities, owners), gathered(lexical, owners), enough)
    order = np.argsort(-found, kind="stable")
    found[order] = rounded(supported(found[order], mean_vectors(vectors, owners)[order]))
    return found


def rounded(scores: Scores | NDArray[np.float32]) -> Scores:
    """Scores without the noise of single precision, which must not decide between equal passages."""
    plain: Scores = np.asarray(scores, np.float64).round(_DECIMALS)
    return plain
