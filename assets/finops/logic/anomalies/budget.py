"""The alert budget: at most so many alerts a week over all clouds, those with the most money at stake first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from assets.finops.logic.anomalies.detection import PRICE_STEP

_WEEK = timedelta(days=7)
_WAITING = timedelta(days=7)
_SILENCED = ("false", "expected")


@dataclass(frozen=True, slots=True)
class Budget:
    """How much attention there is.

    Attributes:
        per_week: Most alerts in any seven days in a row.
        rates: Currency → worth of one unit in a common one, for ranking alone. With several currencies and without a rate for
            each, alerts are ranked by their share of all cost in their currency.
    """

    per_week: int = 5
    rates: Mapping[str, float] = field(default_factory=dict)


def alerted(
    episodes: pl.DataFrame, daily_cost: Mapping[str, float], budget: Budget, told: Mapping[str, date] | None = None
) -> pl.DataFrame:
    """The episodes with `alerted_on`: the day on which people are told, null if they are not.

    Goes through the days in order: an episode waits for up to a week while others have more at stake. What people called false or
    expected, and price steps, are not told. What was told in an earlier run stays told, whatever is known of it by now.

    Args:
        episodes: Columns as `episodes.EPISODES`, with `verdict`.
        daily_cost: Mean daily cost per currency.
        budget: Of alerts.
        told: Days of the alerts of earlier runs, by episode.
    """
    present = set(episodes["episode_id"])
    before = {episode: day for episode, day in (told or {}).items() if episode in present}
    worth = _worth(episodes, daily_cost, budget)
    candidates = [
        (row["alarm_day"], row["last_day"], stake, row["episode_id"])
        for row, stake in zip(episodes.iter_rows(named=True), worth, strict=True)
        if row["kind"] != PRICE_STEP and row["verdict"] not in _SILENCED and row["episode_id"] not in before
    ]
    alerts = _tell(sorted(candidates), budget.per_week, before)
    days = [alerts.get(episode) for episode in episodes["episode_id"]]
    return episodes.with_columns(alerted_on=pl.Series(days, dtype=pl.Date))


def _worth(episodes: pl.DataFrame, daily_cost: Mapping[str, float], budget: Budget) -> list[float]:
    """What is at stake per day, made comparable over currencies."""
    currencies = set(daily_cost) | set(episodes["BillingCurrency"])
    if len(currencies) == 1:
        rates = dict.fromkeys(currencies, 1.0)
    elif currencies <= set(budget.rates):
        rates = dict(budget.rates)
    else:
        recent = {currency: daily_cost.get(currency, 0.0) for currency in currencies}
        rates = {currency: 1 / cost if cost > 0 else 0.0 for currency, cost in recent.items()}
    stakes = episodes.select("BillingCurrency", pl.col("at_stake_per_day").cast(pl.Float64))
    return [stake * rates[currency] for currency, stake in stakes.iter_rows()]


def _tell(candidates: list[tuple[date, date, float, str]], per_week: int, before: Mapping[str, date]) -> dict[str, date]:
    told = dict(before)
    waiting: list[tuple[date, date, float, str]] = []
    pending = list(candidates)
    day = min((c[0] for c in candidates), default=None)
    while day is not None and (pending or waiting):
        while pending and pending[0][0] <= day:
            waiting.append(pending.pop(0))
        # one that came back to normal while it waited is not worth an alert any more, unless it is new today
        waiting = [w for w in waiting if w[0] == day or (w[1] >= day and day - w[0] < _WAITING)]
        waiting.sort(key=lambda w: (-w[2], w[3]))
        left = max(per_week - sum(abs(day - d) < _WEEK for d in told.values()), 0)
        told |= dict.fromkeys((w[3] for w in waiting[:left]), day)
        del waiting[:left]
        day += timedelta(days=1)
        if not waiting and pending:
            day = max(day, pending[0][0])
    return told
