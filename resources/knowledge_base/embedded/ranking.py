"""The best of many scores."""

import numpy as np
from numpy.typing import NDArray


def best(scores: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The scores and rows of the `k` best, those as good as the last one too, in no order."""
    if len(scores) <= k:
        return scores, rows
    least = np.partition(scores, len(scores) - k)[len(scores) - k]
    chosen = np.flatnonzero(scores >= least)
    return scores[chosen], rows[chosen]


def ranked(scores: NDArray[np.float32], doc_ids: NDArray[np.int64], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The `k` best, best first; of equals the one with the lower `doc_id` first."""
    order = np.lexsort((doc_ids, -scores))[:k]
    return scores[order], doc_ids[order]
