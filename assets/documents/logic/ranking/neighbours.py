"""Lets documents that say similar things support each other: what is relevant lies close together."""

import numpy as np
from numpy.typing import NDArray

from assets.documents.logic.ranking.fusion import Scores

NEIGHBOURS = 6
SUPPORT = 0.4
"""Weight of a neighbour that says exactly the same, against 1 of the document itself."""
CLOSENESS = 2
"""Power of the similarity in a neighbour's weight: the higher it is, the less do distant ones count."""
POOL = 200
"""Neighbours are looked for among this many of the best."""


def supported(relevance: Scores, vectors: NDArray[np.float32]) -> Scores:
    """The relevance of each document averaged with that of its nearest neighbours, which keeps it from 0 to 1.

    A neighbour weighs `SUPPORT · similarity ** CLOSENESS`. Source: Diaz, "Regularizing Ad Hoc Retrieval Scores", 2005, on the
    cluster hypothesis; the mean is the kernel regression of Nadaraya and Watson.

    Args:
        relevance: 0 to 1, shape (documents,), best first.
        vectors: Of unit length, shape (documents, dimensions), in the same order.
    """
    pool = min(POOL, len(relevance))
    count = min(NEIGHBOURS, pool - 1)
    if count < 1:
        return relevance
    similarities = vectors @ vectors[:pool].T
    similarities[np.arange(pool), np.arange(pool)] = -np.inf
    nearest = np.argpartition(-similarities, count - 1, axis=1)[:, :count]
    closeness = np.maximum(np.take_along_axis(similarities, nearest, axis=1), 0.0).astype(np.float64)
    weights = SUPPORT * closeness**CLOSENESS
    supported: Scores = (relevance + (weights * relevance[nearest]).sum(axis=1)) / (1 + weights.sum(axis=1))
    return supported
