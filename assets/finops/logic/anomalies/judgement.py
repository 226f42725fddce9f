"""All of it together: from costs per resource to episodes with exact amounts, verdicts and alerts."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.finops.logic.anomalies import budget, feedback
from assets.finops.logic.anomalies.detection import PRICE_STEP
from assets.finops.logic.anomalies.episodes import DAYS, EPISODES, episodes
from assets.finops.logic.anomalies.methods import OWN, watched
from assets.finops.logic.anomalies.settings import Settings
from assets.finops.logic.panel import SERIES, cost, panel

_MONEY = pl.Decimal(38, 24)
_SAID = {"verdict": pl.String(), "verdict_reason": pl.String(), "alerted_on": pl.Date()}
_RECENT_DAYS = 28
WITHDRAWN = "withdrawn"
"""State of an episode that people were told of and that is none any more, as bills were corrected."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Rows of `finops/anomaly_episodes` and `finops/cost_anomalies`, and how many series there are and are too young."""

    episodes: pl.DataFrame
    days: pl.DataFrame
    series: int
    too_young: int


def judge(
    resource_costs: pl.DataFrame,
    *,
    decisions: pl.DataFrame,
    known: pl.DataFrame,
    allowance: budget.Budget,
    method: str = OWN,
) -> Judgement:
    """Judge all days anew, each with the days up to it.

    Args:
        resource_costs: `finops/resource_costs` of all days.
        decisions: `finops/decisions`, what people said.
        known: Episodes of the run before, whose ids and alerts are kept; those that were told stay even if they are none by now.
        allowance: How many alerts there may be.
        method: One of `methods.DETECTORS`.
    """
    if resource_costs.is_empty():
        return Judgement(pl.DataFrame(schema={**EPISODES, **_SAID}), pl.DataFrame(schema=dict(DAYS)), 0, 0)
    seen = panel(resource_costs)
    found = episodes(seen, watched(seen, method, Settings(rates=allowance.rates)), known)
    days = _exact_days(found.days, resource_costs)
    every = pl.concat([_exact_episodes(found.episodes, days), _withdrawn(known, found.episodes)])
    judged = feedback.judged(every, decisions)
    told = dict(known.drop_nulls("alerted_on").select("episode_id", "alerted_on").iter_rows())
    alerted = budget.alerted(judged, _recent_cost(resource_costs), allowance, told)
    history = (seen.days - seen.first_days()).clip(min=0)
    return Judgement(alerted, days, len(seen.series), int((history <= Settings().least_history).sum()))


def _exact_days(days: pl.DataFrame, resource_costs: pl.DataFrame) -> pl.DataFrame:
    """The days with the exact sums of what was charged instead of the floats that were judged."""
    keys = ["x_charge_date", *SERIES]
    exact = resource_costs.group_by(keys).agg(exact=cost().sum())
    joined = days.join(exact, on=keys, how="left", nulls_equal=True)
    joined = joined.with_columns(actual=pl.col("exact").fill_null(0).cast(_MONEY))
    return joined.with_columns(impact=pl.col("actual") - pl.col("expected")).select(list(DAYS))


def _exact_episodes(found: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """The episodes with the sums of their days."""
    sums = days.group_by("episode_id").agg(pl.col("actual", "expected", "impact").sum().name.prefix("sum_"), known=pl.len())
    joined = found.join(sums, on="episode_id", how="left", maintain_order="left")
    has_days = (pl.col("kind") != PRICE_STEP) & pl.col("known").is_not_null()
    amounts = {n: pl.when(has_days).then(pl.col(f"sum_{n}")).otherwise(pl.col(n)) for n in ("actual", "expected", "impact")}
    mean = (pl.col("sum_impact").cast(pl.Float64) / pl.col("known")).round(6).cast(_MONEY)
    per_day = pl.when(has_days).then(mean).otherwise(pl.col("impact_per_day"))
    return joined.with_columns(**amounts, impact_per_day=per_day).select(list(EPISODES))


def _withdrawn(known: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Known episodes that were told and are none any more: what people heard is not forgotten, and was paid from the budget."""
    gone = known.drop_nulls("alerted_on").join(found, on="episode_id", how="anti")
    nothing = pl.lit(0, dtype=_MONEY)
    amounts = ("expected", "actual", "impact", "impact_per_day", "at_stake_per_day")
    emptied = gone.with_columns(**dict.fromkeys(amounts, nothing), culprits=pl.lit([], dtype=EPISODES["culprits"]))
    return emptied.with_columns(state=pl.lit(WITHDRAWN)).select(list(EPISODES))


def _recent_cost(resource_costs: pl.DataFrame) -> dict[str, float]:
    """Mean daily cost per currency over the last four weeks of data."""
    days = pl.col("x_charge_date")
    recent = resource_costs.filter(days > days.max() - pl.duration(days=_RECENT_DAYS))
    sums = recent.group_by("BillingCurrency").agg(cost().sum().cast(pl.Float64) / days.n_unique())
    return dict(sums.iter_rows())
