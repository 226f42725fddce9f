"""Moves the question towards what the best documents say, as words of the answer say more than those of the question."""

import numpy as np
from numpy.typing import NDArray

DOCUMENTS = 5
"""The best so many are taken to be relevant."""
STRENGTH = 0.25
"""Weight of their mean, against 1 of the question."""


def moved(question: NDArray[np.float32], best: NDArray[np.float32]) -> NDArray[np.float32]:
    """The unit vector of the question moved towards the mean of the best documents' vectors.

    Source: Rocchio, "Relevance Feedback in Information Retrieval", 1971, without judgements and without what is not relevant.

    Args:
        question: Unit vector, shape (dimensions,).
        best: Unit vectors, shape (documents, dimensions), the best first; those after the first `DOCUMENTS` do not count.
    """
    if not len(best):
        return question
    centre = best[:DOCUMENTS].mean(axis=0)
    towards = question + STRENGTH * centre / max(float(np.linalg.norm(centre)), 1e-12)
    unit: NDArray[np.float32] = (towards / max(float(np.linalg.norm(towards)), 1e-12)).astype(np.float32)
    return unit
