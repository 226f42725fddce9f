"""Immediate actions: anomalies that are open and cost money every day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.panel import SERIES, cost
from assets.finops.logic.recommendations.shape import (
    DAYS_A_MONTH,
    EXACT,
    IMMEDIATE,
    Datapoint,
    Proposal,
    Savings,
    Subject,
    rounded,
    text,
)

_LEAST_DAYS = 3
"""Of a cost that was seen on fewer days, it is not known whether it goes on."""
_TABLE = "finops/anomaly_episodes"
_PRICE_STEP = "price step"
NO_ANOMALY = ("false", "expected")
"""Verdicts after which nothing is to be done."""


def propose(episodes: pl.DataFrame, daily: pl.DataFrame, dismissed: Collection[str]) -> Iterator[Proposal]:
    """An action per open episode that costs more than expected.

    What is missing from the bill (direction down) saves nothing by being found, so it is left to the list of anomalies; so are
    steps of the price, which are none, and what people know of or what resembles that.

    Args:
        episodes: Rows of `finops/anomaly_episodes`.
        daily: Rows of `finops/daily_costs`.
        dismissed: Ids of episodes of which people said since then that they are none, or were expected.
    """
    at_stake = (pl.col("state") == "open") & (pl.col("direction") != "down") & (pl.col("impact_per_day") > 0)
    answered = pl.col("verdict").is_in(NO_ANOMALY).fill_null(value=False) | pl.col("episode_id").is_in(list(dismissed))
    opened = episodes.filter(at_stake & ~answered & (pl.col("kind") != _PRICE_STEP))
    if opened.is_empty():
        return
    per_day = daily.group_by(*SERIES, "x_charge_date").agg(cost=cost().sum())
    of_episode = opened.select("episode_id", "first_day", "last_day", *SERIES).join(per_day, on=list(SERIES), nulls_equal=True)
    inside = of_episode.filter(pl.col("x_charge_date").is_between(pl.col("first_day"), pl.col("last_day")))
    costs: dict[str, dict[date, Decimal]] = {}
    for episode, day, amount in inside.select("episode_id", "x_charge_date", "cost").iter_rows():
        costs.setdefault(episode, {})[day] = amount
    for row in opened.sort("episode_id").iter_rows(named=True):
        yield _proposal(row, costs.get(row["episode_id"], {}))


def _proposal(row: dict[str, Any], costs: dict[date, Decimal]) -> Proposal:
    subject = Subject.of(row, episode_id=row["episode_id"])
    per_day: Decimal = row["impact_per_day"]
    resources = tuple(row["resource_ids"] or ())
    days = (row["last_day"] - row["first_day"]).days + 1
    named = f" Begin with {', '.join(resources)}." if resources else ""
    return Proposal(
        IMMEDIATE,
        "anomaly",
        subject,
        title=f"{subject.place()} costs {text(per_day)} {subject.currency} a day more than expected since {row['first_day']}",
        action=f"Find what changed on {row['first_day']}, and stop it if it is not wanted.{named} If it is wanted, say so: "
        f"`cloudops feedback {row['episode_id']} expected`.",
        savings=_savings(per_day, days, costs, row),
        effort="low",
        risk="what is stopped may be in use: ask its owner first",
        datapoints=(
            Datapoint(_TABLE, f"episode_id = {row['episode_id']}", "impact so far", text(row["impact"])),
            Datapoint(_TABLE, f"episode_id = {row['episode_id']}", "impact per day", text(per_day)),
            Datapoint(_TABLE, f"episode_id = {row['episode_id']}", "confidence", row["confidence"] or "unknown"),
            *_least(subject, costs),
        ),
        resource_ids=resources,
        began=row["first_day"],
        at_stake_per_day=per_day,
    )


def _savings(per_day: Decimal, days: int, costs: dict[date, Decimal], row: dict[str, Any]) -> Savings:
    """From the day on which it cost least to the average day, each for a month."""
    if days < _LEAST_DAYS:
        return Savings.unknown(f"seen on {days} day{'s' if days > 1 else ''} only: whether it goes on is not known")
    all_days = [costs.get(row["first_day"] + timedelta(days=n), Decimal(0)) for n in range(days)]
    average = EXACT.divide(sum(all_days, Decimal(0)), Decimal(days))
    least = max(min(all_days) - (average - per_day), Decimal(0))
    return Savings(_a_month(min(least, per_day)), _a_month(per_day))


def _a_month(per_day: Decimal) -> Decimal:
    return rounded(EXACT.multiply(per_day, Decimal(DAYS_A_MONTH)))


def _least(subject: Subject, costs: dict[date, Decimal]) -> Iterator[Datapoint]:
    """The day of the episode on which the series cost least: the low end rests on it."""
    if costs:
        day = min(costs, key=lambda d: (costs[d], d))
        where = replace(subject, episode_id=None).where(f"x_charge_date = {day}")
        yield Datapoint("finops/daily_costs", where, "cost of the cheapest day of the anomaly", text(costs[day]))
