"""Joins how close passages are in meaning with how well their words match."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

DENSE_SHARE = 0.55
"""Weight of meaning in the relevance; words have the rest."""


def fused(similarities: Scores, lexical: Scores, dense_share: float = DENSE_SHARE) -> Scores:
    """The relevance of each passage, 0 to 1: a convex combination of both scores, each divided by the best of the question.

    Both have a zero with a meaning (vectors at right angles say nothing of each other; no word in common), so that dividing by
    the best keeps the distances between passages, which a fusion of ranks throws away. Source: Bruch, Gai and Ingber, "An
    Analysis of Fusion Functions for Hybrid Retrieval", 2022.

    Args:
        similarities: Cosine similarity of question and passage; below 0 counts as 0.
        lexical: Score of the words, 0 without any in common. If no passage has any, meaning decides alone.
        dense_share: Weight of meaning, 0 to 1.
    """
    dense, words = _of_the_best(np.maximum(similarities, 0.0)), _of_the_best(lexical)
    if not words.any():
        return dense
    return dense_share * dense + (1 - dense_share) * words


def _of_the_best(scores: Scores) -> Scores:
    best = scores.max(initial=0.0)
    return scores / best if best > 0 else np.zeros_like(scores)
