"""Automation opportunities: what the efficiency of resources suggests to be switched, sized or moved by a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.panel import SERIES, cost
from assets.finops.logic.recommendations.claims import Atom, Spend
from assets.finops.logic.recommendations.shape import (
    AUTOMATION,
    DAYS_A_MONTH,
    EXACT,
    STRATEGIC,
    Datapoint,
    Proposal,
    Savings,
    Subject,
    rounded,
    text,
)

_TABLE = "finops/resource_efficiency"
_WEEK = Decimal(168)
_WEEKEND, _NIGHTS_AND_WEEKEND = Decimal(48), Decimal(108)
"""Hours of a week without the weekend, and outside of twelve hours on each working day: what a schedule switches off."""
_MATERIAL_GROWTH = Decimal("1.10")
_MATERIAL = Decimal("0.001")
_AIM = Decimal(80)
_LEAST_SIZE = Decimal("0.125")
"""Peak use of the size that remains, a fifth in reserve; and the least size that a saving is promised for, three halvings."""
_OBJECT_STORAGE = "Object storage"
_NOT_BY_THE_HOUR = "none of its cost is known to be billed by the hour and not covered by a commitment, which is paid in any case"


def propose(efficiency: pl.DataFrame, hourly: Mapping[Atom, Decimal]) -> Iterator[Proposal]:
    """A proposal per resource and candidate of `finops/resource_efficiency`.

    Args:
        efficiency: Its rows.
        hourly: Per resource, the part of its cost of 30 days that is billed by the hour and that no commitment covers: what
            switching it off saves.
    """
    for row in efficiency.filter(pl.col("candidates").list.len() > 0).iter_rows(named=True):
        for candidate in row["candidates"]:
            if make := _KINDS.get(candidate):
                yield make(row, hourly)


def storage_rules(resource_costs: pl.DataFrame, spend: Spend) -> Iterator[Proposal]:
    """A lifecycle rule per object store that keeps growing: at least 10 % more stored than in the 30 days before.

    Only stores that cost a thousandth of their currency's spend or more. What a rule saves depends on how old the objects are and
    how often they are read, which bills do not hold.
    """
    before = spend.first - timedelta(days=DAYS_A_MONTH)
    stored = resource_costs.filter(
        (pl.col("x_comparable_service") == _OBJECT_STORAGE)
        & (pl.col("x_comparable_unit") == "GiB-Months")
        & pl.col("ResourceId").is_not_null()
        & pl.col("x_charge_date").is_between(before, spend.last)
    )
    now, quantity = pl.col("x_charge_date") >= spend.first, pl.col("x_comparable_quantity")
    level = quantity * pl.col("x_charge_date").dt.month_end().dt.day().cast(pl.Int64)
    grown = stored.group_by(*SERIES, "ResourceId").agg(
        cost=cost().filter(now).sum(), now=quantity.filter(now).sum(), then=quantity.filter(~now).sum(),
        level_now=level.filter(now).sum(), level_then=level.filter(~now).sum(),
        days=pl.col("x_charge_date").filter(~now).n_unique(), unknown=quantity.null_count(),
    )  # fmt: skip
    amounts = spend.by_currency()
    for row in grown.sort(*SERIES, "ResourceId", nulls_last=True).iter_rows(named=True):
        material = row["cost"] > EXACT.multiply(amounts.get(row["BillingCurrency"], Decimal(0)), _MATERIAL)
        steady = row["days"] == DAYS_A_MONTH and row["then"] > 0 and not row["unknown"]
        # a day is a greater share of a shorter month: what is stored must have grown by either measure
        if material and steady and all(_grew(row[f"{of}now"], row[f"{of}then"]) for of in ("", "level_")):
            yield _lifecycle_rule(row, spend)


def _grew(now: Decimal, then: Decimal) -> bool:
    return now >= EXACT.multiply(then, _MATERIAL_GROWTH)


def hourly_costs(resource_costs: pl.DataFrame, covered: pl.DataFrame, spend: Spend) -> dict[Atom, Decimal]:
    """Per resource, the part of its cost of the last 30 days that is billed by the hour and that no commitment covers.

    Args:
        resource_costs: `finops/resource_costs`.
        covered: What commitments cover, from `commitments.covered`: it is paid whether the resource runs or not.
        spend: Tells the days.
    """
    recent = resource_costs.filter(
        pl.col("x_charge_date").is_between(spend.first, spend.last) & pl.col("x_comparable_unit").str.ends_with("Hours")
    )
    keys = [*SERIES, "ResourceId"]
    summed = recent.group_by(keys).agg(cost=cost().sum()).join(covered, on=keys, how="left", nulls_equal=True, suffix="_covered")
    left = summed.select(*keys, pl.col("cost") - pl.col("cost_covered").fill_null(0))
    return {(tuple(row[:5]), row[5]): row[6] for row in left.iter_rows()}


def _off_hours(row: dict[str, Any], hourly: Mapping[Atom, Decimal]) -> Proposal:
    subject = Subject.of(row, resource_id=row["ResourceId"])
    by_the_hour = hourly.get((subject.series, subject.resource_id))
    savings = Savings.unknown(_NOT_BY_THE_HOUR)
    if by_the_hour is not None and by_the_hour > 0:
        savings = Savings(_share(by_the_hour, _WEEKEND, _WEEK), _share(by_the_hour, _NIGHTS_AND_WEEKEND, _WEEK))
    figures = (
        Datapoint(
            "finops/resource_costs", subject.where("x_comparable_unit ends with Hours", "last 30 days"),
            "cost billed by the hour that no commitment covers", "unknown" if by_the_hour is None else text(by_the_hour),
        ),
        Datapoint("arithmetic", "hours of a week", "switched off", "48 of 168 (weekends) to 108 of 168 (nights as well)"),
    )  # fmt: skip
    return _of_resource(
        row,
        AUTOMATION,
        "off-hours schedule",
        "runs around the clock",
        "Stop it at weekends, and at night if nobody works then, by a schedule; ask its owner which hours it must run.",
        savings,
        ("low", "low if its owner agrees to the hours: jobs at night and users in other time zones would find it off"),
        figures,
    )


def _rightsizing(row: dict[str, Any], hourly: Mapping[Atom, Decimal]) -> Proposal:
    subject = Subject.of(row, resource_id=row["ResourceId"])
    by_the_hour = hourly.get((subject.series, subject.resource_id))
    savings = Savings.unknown(_NOT_BY_THE_HOUR)
    if by_the_hour is not None and by_the_hour > 0:
        savings = _of_smaller_size(by_the_hour, row)
    return _of_resource(
        row,
        AUTOMATION,
        "rightsizing",
        "is used so little that half its size would do",
        "Change it to half its size, after a look at its peaks; the change restarts it.",
        savings,
        ("medium", "medium: peaks that the days looked at do not show"),
        (
            Datapoint(_TABLE, subject.where(), "95th percentile of CPU use", _percent(row["cpu_utilisation"])),
            Datapoint(_TABLE, subject.where(), "95th percentile of memory use", _percent(row["memory_utilisation"])),
            Datapoint(
                "assumption", "price in proportion to the size", "saved of the cost billed by the hour",
                "half, up to all but what a peak of 80 % of the rest asks for",
            ),
        ),
        at_stake=row["cost_30d"],
    )  # fmt: skip


def _of_smaller_size(by_the_hour: Decimal, row: dict[str, Any]) -> Savings:
    """From half the size to the one at which the measured peak would be 80 %, but no less than an eighth; half if unmeasured."""
    half = _share(by_the_hour, Decimal(1), Decimal(2))
    measured = [row[name] for name in ("cpu_utilisation", "memory_utilisation") if row[name] is not None]
    if not measured:
        return Savings(half, half)
    needed = max(EXACT.divide(Decimal(str(max(measured))), _AIM), _LEAST_SIZE)
    return Savings(half, max(half, _share(by_the_hour, 1 - needed, Decimal(1))))


def _idle(row: dict[str, Any], hourly: Mapping[Atom, Decimal]) -> Proposal:
    """Where its use is measured, from nothing, if its owner keeps it, to all that is billed by the hour, if it is stopped."""
    subject = Subject.of(row, resource_id=row["ResourceId"])
    by_the_hour = hourly.get((subject.series, subject.resource_id))
    savings = Savings.unknown("whether it may go is for its owner to say; at most its whole cost")
    figures: tuple[Datapoint, ...] = ()
    if row["utilisation_status"] == "observed":
        figures = (
            Datapoint(_TABLE, subject.where(), "95th percentile of CPU use", _percent(row["cpu_utilisation"])),
            Datapoint(_TABLE, subject.where(), "95th percentile of memory use", _percent(row["memory_utilisation"])),
            Datapoint("finops/resource_costs", subject.where("x_comparable_unit ends with Hours", "last 30 days"),
                      "cost billed by the hour", "unknown" if by_the_hour is None else text(by_the_hour)),
        )  # fmt: skip
        if by_the_hour is not None and by_the_hour > 0:
            savings = Savings(Decimal(0), rounded(by_the_hour))
    return _of_resource(
        row,
        AUTOMATION,
        "idle review",
        "looks idle",
        "Ask its owner whether it is needed. Keep a backup, stop it, and delete it after a week in which nobody missed it.",
        savings,
        ("low", "medium: what looks idle may be a standby"),
        figures,
        at_stake=row["cost_30d"],
    )


def _price(row: dict[str, Any], _: Mapping[Atom, Decimal]) -> Proposal:
    now, before = row["unit_price_last"], row["unit_price_before"]
    known = now is not None and before is not None and now > before > 0
    extra = _share(row["cost_30d"], now - before, now) if known and row["cost_30d"] is not None else None
    where = Subject.of(row, resource_id=row["ResourceId"]).where()
    return _of_resource(
        row,
        STRATEGIC,
        "price increase",
        "pays more per unit than before",
        "Find out why (list price, expired discount or commitment, another tier), and renegotiate, or move to what is cheaper.",
        Savings.unknown("whether the former price can be had again is for the provider to say"),
        ("medium", "low"),
        (
            Datapoint(_TABLE, where, "cost per unit now", "unknown" if now is None else f"{now.normalize():f}"),
            Datapoint(_TABLE, where, "cost per unit before", "unknown" if before is None else f"{before.normalize():f}"),
        ),
        at_stake=extra,
    )


_KINDS: Mapping[str, Callable[[dict[str, Any], Mapping[Atom, Decimal]], Proposal]] = {
    "off_hours_schedule": _off_hours,
    "rightsizing": _rightsizing,
    "idle_review": _idle,
    "price_increase": _price,
}


def _of_resource(
    row: dict[str, Any],
    category: str,
    kind: str,
    finding: str,
    action: str,
    savings: Savings,
    effort_and_risk: tuple[str, str],
    figures: tuple[Datapoint, ...] = (),
    at_stake: Decimal | None = None,
) -> Proposal:
    """A proposal about the resource of a row; `at_stake` is per 30 days."""
    subject = Subject.of(row, resource_id=row["ResourceId"])
    cost_of_it = row["cost_30d"]
    effort, risk = effort_and_risk
    return Proposal(
        category,
        kind,
        subject,
        title=f"{row['ResourceId']} ({subject.place()}) {finding}",
        action=action,
        savings=savings,
        effort=effort,
        risk=risk,
        datapoints=(
            Datapoint(_TABLE, subject.where(), "evidence", row["evidence"] or "none"),
            Datapoint(_TABLE, subject.where(), "cost_30d", "unknown" if cost_of_it is None else text(cost_of_it)),
            *figures,
        ),
        resource_ids=(row["ResourceId"],),
        at_stake_per_day=None if at_stake is None else _share(at_stake, Decimal(1), Decimal(DAYS_A_MONTH)),
    )


def _lifecycle_rule(row: dict[str, Any], spend: Spend) -> Proposal:
    subject = Subject.of(row, resource_id=row["ResourceId"])
    where = subject.where("x_comparable_unit = GiB-Months", spend.days)
    growth = min(float(EXACT.divide(row[f"{of}now"], row[f"{of}then"])) for of in ("", "level_")) - 1
    return Proposal(
        AUTOMATION,
        "lifecycle rule",
        subject,
        title=f"{row['ResourceId']} ({subject.place()}) stores {growth:.0%} more than 30 days before",
        action="Add a lifecycle rule: move objects that are not read any more to a colder class, delete old versions and "
        "unfinished uploads.",
        savings=Savings.unknown("how old the objects are, and how often they are read, is not in a bill"),
        effort="low",
        risk="medium: reading from colder classes costs, and what is deleted is gone",
        datapoints=(
            Datapoint("finops/resource_costs", where, "stored in 30 days (GiB-Months)", text(row["now"])),
            Datapoint("finops/resource_costs", where, "stored in the 30 days before (GiB-Months)", text(row["then"])),
            Datapoint("finops/resource_costs", where, "cost of storing", text(row["cost"])),
        ),
        resource_ids=(row["ResourceId"],),
        at_stake_per_day=_share(row["cost"], Decimal(1), Decimal(DAYS_A_MONTH)),
    )


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} %"


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    return rounded(EXACT.divide(EXACT.multiply(amount, part), whole))
