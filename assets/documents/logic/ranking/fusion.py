"""Joins how close passages are in meaning with how well their words match."""

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

DENSE_SHARE = 0.6
"""Weight of meaning in the relevance; words have the rest."""
ENOUGH_WORDS = 4
"""So many of a question's most telling words in a document are as much as its words can say for it."""


def fused(similarities: Scores, lexical: Scores, enough: float, dense_share: float = DENSE_SHARE) -> Scores:
    """The relevance of each passage, 0 to 1: a convex combination of both scores.

    Similarities are divided by the best of the question. Words are divided by the best too, but by no less than `enough`: where
    the best passage shares one word of four with the question, words say little, and meaning decides. Both scores have a zero
    with a meaning (vectors at right angles say nothing of each other; no word in common), so that dividing keeps the distances
    between passages, which a fusion of ranks throws away. Source: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for
    Hybrid Retrieval", 2022; the bound by what the question could have is ours.

    Args:
        similarities: Cosine similarity of question and passage; below 0 counts as 0.
        lexical: Score of the words, 0 without any in common. If no passage has any, meaning decides alone.
        enough: Lexical score of a passage that has the most telling words of the question (see `evidence_needed`).
        dense_share: Weight of meaning, 0 to 1.
    """
    dense = _of_the_best(np.maximum(similarities, 0.0), 0.0)
    words = _of_the_best(lexical, enough)
    if not words.any():
        return dense
    return dense_share * dense + (1 - dense_share) * words


def evidence_needed(telling: Collection[float]) -> float:
    """The lexical score of a passage of mean length that has the most telling words of the question once each.

    Args:
        telling: Inverse document frequency of every word of the question, also of those that no passage has.
    """
    return math.fsum(sorted(telling, reverse=True)[:ENOUGH_WORDS])


def _of_the_best(scores: Scores, least: float) -> Scores:
    best = max(scores.max(initial=0.0), least)
    return scores / best if best > 0 else np.zeros_like(scores)
