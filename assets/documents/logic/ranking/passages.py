"""Makes scores and vectors of documents out of those of their passages."""

import numpy as np
from numpy.typing import NDArray

from assets.documents.logic.ranking.fusion import Scores

Owners = NDArray[np.int64]
"""The number of the document that each passage is from, 0 to the number of documents less one, each occurring."""
FURTHER_PASSAGE = 0.2
"""What the words of the second-best passage of a document count, those of the third the square of it, and so on."""


def closest(similarities: Scores, owners: Owners) -> Scores:
    """The similarity of the closest passage of each document."""
    highest = np.full(owners.max(initial=-1) + 1, -np.inf)
    np.maximum.at(highest, owners, similarities)
    return highest


def gathered(lexical: Scores, owners: Owners) -> Scores:
    """The lexical score of each document: that of its best passage, and ever less of the further ones.

    A document may have one word of the question in one passage and another in the next; the sum of all would prefer long ones.
    """
    order = np.lexsort((-lexical, owners))
    sizes = np.bincount(owners)
    places = np.arange(len(owners)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    total: Scores = np.bincount(owners[order], lexical[order] * FURTHER_PASSAGE**places).astype(np.float64)
    return total


def mean_vectors(vectors: NDArray[np.float32], owners: Owners) -> NDArray[np.float32]:
    """The mean direction of the passages of each document, of unit length."""
    sums = np.zeros((owners.max(initial=-1) + 1, vectors.shape[1]), np.float32)
    np.add.at(sums, owners, vectors)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    unit: NDArray[np.float32] = sums / np.maximum(lengths, np.float32(1e-12))
    return unit


def best_passages(relevance: Scores, owners: Owners) -> NDArray[np.int64]:
    """The place of the most relevant passage of each document; of equals the first."""
    order = np.lexsort((-relevance, owners))
    _, first = np.unique(owners[order], return_index=True)
    return order[first].astype(np.int64)
