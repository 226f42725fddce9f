"""What people may prefer among relevant documents: new ones, and those that others found useful."""

from dataclasses import dataclass
from datetime import date

NEUTRAL = 0.5
"""What counts for a document without a date or without votes: neither for it nor against it."""
_PRIOR_VOTES = 2
"""Votes of either kind that every document is taken to have; source: Agresti and Coull, 1998 ("plus four")."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much preferences count beside a relevance that counts 1. By default relevance decides alone.

    Attributes:
        recency: Of the age; 0 or more.
        popularity: Of the votes; 0 or more.
        half_life_days: Age at which the recency has fallen to one half; above 0.

    Raises:
        ValueError: A value is out of its range.
    """

    recency: float = 0.0
    popularity: float = 0.0
    half_life_days: float = 365.0

    def __post_init__(self) -> None:
        # so written, NaN is refused too
        if not (0 <= self.recency < float("inf") and 0 <= self.popularity < float("inf")):
            raise ValueError("weights of recency and popularity are finite and not negative")
        if not 0 < self.half_life_days < float("inf"):
            raise ValueError("the half-life of recency is finite and above 0 days")


def recency(written: date | None, today: date, half_life_days: float) -> float | None:
    """1 for what was written today (or is dated later), halved with every half-life of age; None without a date."""
    if written is None:
        return None
    return float(0.5 ** (max((today - written).days, 0) / half_life_days))


def popularity(useful: int, not_useful: int) -> float | None:
    """Share of useful votes, 0 to 1, drawn towards one half while there are few; None without votes."""
    votes = useful + not_useful
    return (useful + _PRIOR_VOTES) / (votes + 2 * _PRIOR_VOTES) if votes else None


def preferred(relevance: float, recent: float | None, popular: float | None, weights: Weights) -> float:
    """The score, 0 to 1: the mean of relevance, recency and popularity by their weights; what is unknown counts as neutral."""
    wanted = weights.recency * _known(recent) + weights.popularity * _known(popular)
    return (relevance + wanted) / (1 + weights.recency + weights.popularity)


def _known(value: float | None) -> float:
    return NEUTRAL if value is None else value
