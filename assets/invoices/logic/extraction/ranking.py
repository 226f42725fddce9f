"""Candidates of one field: those that say the same are one, which several findings support; the best few are kept."""

from collections.abc import Iterable
from dataclasses import replace

from assets.invoices.logic.invoice import Candidate, Value

KEPT = 8
"""Candidates of a field that are kept."""


def merged(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """One candidate for each value, best first.

    Independent findings of a value raise its score as independent evidence does: 1 - Π(1 - score).
    """
    by_value: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_value.setdefault(candidate.value, []).append(candidate)
    together = [_one(sorted(same, key=lambda c: c.score, reverse=True)) for same in by_value.values()]
    return tuple(sorted(together, key=lambda c: c.score, reverse=True)[:KEPT])


def value(candidates: Iterable[Candidate]) -> Value | None:
    """The best candidate with all that were considered; None of none."""
    ranked = merged(candidates)
    return Value(ranked[0], ranked) if ranked else None


def _one(same: list[Candidate]) -> Candidate:
    missing = 1.0
    seen = set()
    for candidate in same:
        place = (candidate.page, candidate.box)
        if place not in seen:
            missing *= 1 - min(candidate.score, 0.99)
        seen.add(place)
    reasons = tuple(dict.fromkeys(reason for candidate in same for reason in candidate.why))
    return replace(same[0], score=round(max(1 - missing, same[0].score), 4), why=reasons[:KEPT])
