"""Chooses how the nearest passages are looked up: by the cost of each way, given how many pass the filter."""

import math
from dataclasses import dataclass

from resources.knowledge_base.interface import PlanKind

_COMPARE = 0.125
_GATHER = 0.3
_ENTER = 150.0
_STEP = 2.0
"""Microseconds per row compared in storage order, per row compared out of order, per graph entered and per candidate of a
graph, measured for 384 dimensions on one core; only their ratios matter."""
_FEWEST, _FEWEST_OF = 128, 200_000
"""Candidates that a graph of so many vectors is asked for at least: recall@10 of 0.999 if they are clustered. More vectors lie
closer together: of a million, as few find only 0.976, so that the number grows with the root of theirs."""
_MARGIN = 1.5


@dataclass(frozen=True, slots=True)
class Situation:
    """What the choice depends on.

    Attributes:
        rows: Passages of the generation.
        matches: Those that pass the filter.
        in_graphs: Passages that graphs lead to.
        graphs: How many graphs there are.
        k: Results asked for.
    """

    rows: int
    matches: int
    in_graphs: int
    graphs: int
    k: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen and why; `candidates` is how many to ask each graph for."""

    kind: PlanKind
    reason: str
    candidates: int = 0


def choose(situation: Situation, *, exact: bool = False) -> Choice:
    """The cheapest way. `exact` leaves the graphs out."""
    rows, matches = situation.rows, situation.matches
    share = f"{matches:,} of {rows:,} passages pass the filter" if matches < rows else f"all {rows:,} passages may be found"
    scan = Choice("exact scan", f"{share}; {_why_no_graph(situation, exact)}"), rows * _COMPARE
    one_by_one = Choice("pre-filter", f"{share}: few enough to compare each"), matches * _GATHER
    ways = [scan, one_by_one] if matches < rows else [scan]
    if situation.graphs and matches and not exact:
        candidates = _candidates(situation)
        outside = rows - situation.in_graphs
        cost = situation.graphs * (_ENTER + _STEP * candidates) + outside * min(_COMPARE, _GATHER * matches / rows)
        also = f"; {outside:,} that it does not hold yet are compared" if outside else ""
        ways.append((Choice("index", f"{share}: the index is asked for {candidates:,} candidates{also}", candidates), cost))
    return min(ways, key=lambda way: way[1])[0]


def _candidates(situation: Situation) -> int:
    """So many that `k` of them pass the filter unless it is at odds with the question: k expected, and three deviations."""
    wanted = (situation.k + 3 * math.sqrt(situation.k)) * situation.rows / situation.matches
    fewest = math.ceil(_FEWEST * math.sqrt(max(1.0, situation.rows / _FEWEST_OF)))
    return min(max(fewest, math.ceil(_MARGIN * wanted)), situation.rows)


def _why_no_graph(situation: Situation, exact: bool) -> str:  # noqa: FBT001
    if exact:
        return "an exact answer was asked for"
    if not situation.graphs:
        return "there is no index yet, and comparing all is quick"
    return f"for {situation.k:,} results it costs less to compare all than to ask the index"
