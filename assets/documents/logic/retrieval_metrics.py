"""How good a ranking is, against judgements of people.

Definitions are those of trec_eval and BEIR: the gain of a document is its judgement itself (linear, not 2^grade − 1), unjudged
documents gain nothing, and a document counts as relevant if it is judged above 0.
"""

import math
from collections.abc import Mapping, Sequence


def ndcg(ranking: Sequence[str], judgements: Mapping[str, float], k: int = 10) -> float | None:
    """Normalised discounted cumulative gain of the first k: Σ gain / log2(rank + 1) over that of the best ranking possible.

    Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002.

    Args:
        ranking: Identities of documents, best first, each once.
        judgements: Grade of every judged document; below 0 counts as 0.
        k: Depth, at least 1.

    Returns:
        0 to 1; None if nothing relevant is known, so that no ranking could be judged.
    """
    gains = [max(judgements.get(document, 0), 0) for document in ranking[:k]]
    best = _discounted(sorted((max(grade, 0) for grade in judgements.values()), reverse=True)[:k])
    return _discounted(gains) / best if best > 0 else None


def recall(ranking: Sequence[str], judgements: Mapping[str, float], k: int = 100) -> float | None:
    """Share of the relevant documents that are among the first k; None if none are known."""
    relevant = _relevant(judgements)
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else None


def reciprocal_rank(ranking: Sequence[str], judgements: Mapping[str, float]) -> float | None:
    """One over the rank of the first relevant document, 0 if there is none in the ranking; None if none are known."""
    relevant = _relevant(judgements)
    if not relevant:
        return None
    return next((1 / rank for rank, document in enumerate(ranking, start=1) if document in relevant), 0.0)


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of what could be judged; None if nothing could."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _relevant(judgements: Mapping[str, float]) -> set[str]:
    return {document for document, grade in judgements.items() if grade > 0}


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
