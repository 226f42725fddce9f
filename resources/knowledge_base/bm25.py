"""The lexical score: Okapi BM25 of one term in many passages.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; the non-negative inverse
document frequency is Lucene's.
"""

import math

import numpy as np
from numpy.typing import NDArray

K1, B = 0.9, 0.4
"""Saturation of repeated terms, and how much long passages are held back: as Anserini has them for passages."""


def inverse_document_frequency(occurs_in: int, passages: int) -> float:
    """How telling a term is that occurs in so many of the passages; positive."""
    return math.log(1 + (passages - occurs_in + 0.5) / (occurs_in + 0.5))


def contribution(
    frequency: NDArray[np.float32], length: NDArray[np.float32], mean_length: float, idf: float
) -> NDArray[np.float32]:
    """What a term adds to the score of each passage.

    Args:
        frequency: Weighted occurrences of the term in each passage.
        length: Sum of the weighted occurrences of all terms in each passage.
        mean_length: Mean of that over all passages.
        idf: See `inverse_document_frequency`.
    """
    saturation = K1 * (1 - B + B * length / max(mean_length, 1e-9))
    return (idf * frequency * (K1 + 1) / (frequency + saturation)).astype(np.float32)
