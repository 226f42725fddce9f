"""What proposals claim to save, held against what is spent: no claim beyond its subject's cost, no money claimed twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from assets.finops.logic.panel import SERIES, cost
from assets.finops.logic.recommendations.shape import BUDGET, DAYS_A_MONTH, Datapoint, Proposal, Savings, Subject, text, total

_NOT_DELIVERED = "its provider delivered none of the last 30 days: what it costs now is not known"
Atom = tuple[tuple[str | None, ...], str | None]
"""The smallest thing that money is spent on: a series and a resource in it."""


@dataclass(frozen=True, slots=True)
class Spend:
    """What each resource cost in the last 30 days; what cost nothing, or was credited, is left out.

    Attributes:
        first: First of the 30 days.
        last: The newest day of any provider.
        costs: Cost above zero per resource of a series.
        providers: Those that delivered any of these days; of others, nothing is known.
    """

    first: date
    last: date
    costs: Mapping[Atom, Decimal]
    providers: Collection[str | None] = frozenset()

    @classmethod
    def of(cls, resource_costs: pl.DataFrame, last: date) -> Spend:
        """The costs of the 30 days up to `last`, EffectiveCost, or BilledCost where that is unknown."""
        first = last - timedelta(days=DAYS_A_MONTH - 1)
        recent = resource_costs.filter(pl.col("x_charge_date").is_between(first, last))
        summed = recent.group_by(*SERIES, "ResourceId").agg(cost=cost().sum()).filter(pl.col("cost") > 0)
        costs = {(tuple(row[:5]), row[5]): row[6] for row in summed.iter_rows()}
        return cls(first, last, costs, frozenset(recent["ProviderName"].unique()))

    @property
    def days(self) -> str:
        """The 30 days as a condition."""
        return f"x_charge_date from {self.first} to {self.last}"

    def atoms(self, subject: Subject, resources: Sequence[str] = ()) -> dict[Atom, Decimal]:
        """What the subject is made of, with its cost; only the given resources of it, if any are given."""
        wanted = {subject.resource_id} if subject.resource_id is not None else set(resources)
        if wanted and not subject.all_sub_accounts:
            keys = [(subject.series, resource) for resource in wanted]
            return {key: self.costs[key] for key in keys if key in self.costs}
        return {a: c for a, c in self.costs.items() if _covers(subject, a[0]) and (not wanted or a[1] in wanted)}

    def by_currency(self) -> dict[str, Decimal]:
        """All of it per currency, before credits."""
        amounts: dict[str, list[Decimal]] = {}
        for (series, _), amount in self.costs.items():
            amounts.setdefault(str(series[-1]), []).append(amount)
        return {currency: total(parts) for currency, parts in sorted(amounts.items())}


@dataclass(frozen=True, slots=True)
class Claim:
    """A proposal with its place among the others.

    Attributes:
        proposal: The proposal, its saving within its subject's cost.
        rank: Place among the proposals in its currency, from 1.
        atoms: What it claims a saving on.
        overlaps_with: Id of the proposal that counts the same money; None if there is none.
        closed: It is dismissed or done: what it might save is not to be had any more.
    """

    proposal: Proposal
    rank: int
    atoms: frozenset[Atom]
    overlaps_with: str | None = None
    closed: bool = False

    @property
    def counted(self) -> bool:
        """Whether its saving is known and may be added to those of others that count."""
        return self.proposal.savings.low is not None and self.overlaps_with is None and not self.closed


def claims(proposals: Iterable[Proposal], spend: Spend) -> list[Claim]:
    """Proposals limited to what their subjects cost, ranked per currency by the low end of their saving.

    Where two claim savings on the same resource, only one is counted: the one about fewer resources (usage is cut before what is
    left of it is committed to), then the one that saves more for sure. The other stays in the list and names it.
    """
    limited = [_limited(proposal, spend) for proposal in proposals]
    places: dict[str, int] = {}
    ranked = []
    for proposal, atoms in sorted(limited, key=lambda pair: _order(pair[0])):
        places[proposal.subject.currency] = place = places.get(proposal.subject.currency, 0) + 1
        ranked.append(Claim(proposal, place, atoms))
    return counted(ranked)


def counted(claimed: Sequence[Claim], closed: Collection[str] = ()) -> list[Claim]:
    """The claims, each with the one that counts the same money: those whose ids are closed count nothing, and hide none."""
    counting = _overlaps(claimed, closed)
    return [replace(c, closed=c.proposal.id in closed, overlaps_with=counting.get(c.proposal.id)) for c in claimed]


def savings_by_currency(claimed: Iterable[Claim]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Low and high end of all savings that count, per currency: each resource counts once."""
    low: dict[str, Decimal] = {}
    high: dict[str, Decimal] = {}
    for claim in claimed:
        savings, currency = claim.proposal.savings, claim.proposal.subject.currency
        if claim.counted and savings.low is not None and savings.high is not None:
            low[currency] = total((low.get(currency, Decimal(0)), savings.low))
            high[currency] = total((high.get(currency, Decimal(0)), savings.high))
    return dict(sorted(low.items())), dict(sorted(high.items()))


def over_spend(claimed: Sequence[Claim], spend: Spend) -> list[str]:
    """What claims more than was spent: recommendations beyond their subject's cost, currencies beyond all of their spend."""
    single = [
        f"{claim.proposal.id}: {claim.proposal.savings.high} of {claim.proposal.subject_cost} {claim.proposal.subject.currency}"
        for claim in claimed
        if (claim.proposal.savings.high or 0) > (claim.proposal.subject_cost or 0)
    ]
    spent = spend.by_currency()
    _, high = savings_by_currency(claimed)
    return single + [f"all: {sum_} of {spent.get(c, 0)} {c}" for c, sum_ in high.items() if sum_ > spent.get(c, Decimal(0))]


def _order(proposal: Proposal) -> tuple[bool, Decimal, bool, Decimal, str]:
    """Greatest certain saving first; those without one by what is at stake."""
    low, stake = proposal.savings.low, proposal.at_stake_per_day
    return (low is None, -(low or Decimal(0)), stake is None, -(stake or Decimal(0)), proposal.id)


def _limited(proposal: Proposal, spend: Spend) -> tuple[Proposal, frozenset[Atom]]:
    """The proposal with a saving no greater than its subject's cost, and what it claims a saving on."""
    if proposal.category == BUDGET:
        return proposal, frozenset()
    if proposal.subject.provider not in spend.providers:
        unknown = proposal.savings if proposal.savings.low is None else Savings.unknown(_NOT_DELIVERED)
        return replace(proposal, savings=unknown), frozenset()
    named = spend.atoms(proposal.subject, proposal.resource_ids) if proposal.resource_ids else {}
    atoms = named if named and total(named.values()) >= (proposal.savings.high or 0) else spend.atoms(proposal.subject)
    cost_of_it = total(atoms.values())
    figure = Datapoint("finops/resource_costs", proposal.subject.where(spend.days), "cost of 30 days", text(cost_of_it))
    low, high = proposal.savings.low, proposal.savings.high
    savings = proposal.savings
    if low is not None and high is not None:
        savings = Savings(min(low, cost_of_it), min(high, cost_of_it))
    return replace(proposal, savings=savings, subject_cost=cost_of_it, datapoints=(*proposal.datapoints, figure)), frozenset(
        atoms
    )


def _overlaps(claimed: Iterable[Claim], closed: Collection[str]) -> dict[str, str]:
    """Of each proposal that is not counted, the one that is counted instead."""
    claiming = [(claim.proposal, claim.atoms) for claim in claimed if claim.proposal.savings.low is not None]
    claiming.sort(key=lambda pair: (pair[0].id in closed, len(pair[1]), *_order(pair[0])))
    taken: dict[Atom, str] = {}
    found: dict[str, str] = {}
    for proposal, atoms in claiming:
        other = next((taken[atom] for atom in sorted(atoms & taken.keys(), key=repr)), None)
        if other is not None:
            found[proposal.id] = other
        else:
            taken |= dict.fromkeys(atoms, proposal.id)
    return found


def _covers(subject: Subject, series: tuple[str | None, ...]) -> bool:
    mine = subject.series
    if subject.all_sub_accounts:
        return (mine[0], *mine[2:]) == (series[0], *series[2:])
    return mine == series
