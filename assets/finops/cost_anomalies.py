"""The asset of cost anomalies."""

from collections.abc import Mapping
from enum import Enum

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.anomalies import feedback
from assets.finops.logic.anomalies.budget import Budget
from assets.finops.logic.anomalies.detection import PRICE_STEP
from assets.finops.logic.anomalies.judgement import Judgement, judge
from resources.errors import BadInput
from resources.lake import Lake

# Run config names the members of an enum, not their values: so that people write what the tables say, both are the same.
Method = Enum(
    "Method",
    {
        "walk-forward": "walk-forward",
        "isolation-forest": "isolation-forest",
        "mean-plus-30-percent": "mean-plus-30-percent",
        "robust-z": "robust-z",
    },
)


class Watching(dg.Config):
    """How many alerts people can take, and how anomalies are found."""

    alerts_per_week: int = Field(
        default=5,
        ge=0,
        le=1000,
        description="Most alerts in any seven days, over all clouds; the most money at stake comes first.",
    )
    rates: dict[str, float] = Field(
        default={},
        description="Worth of one unit of each currency in a common one, such as JPY 0.0066, to rank alerts by and to scale the "
        "least amounts that are looked at; no amount is converted. Without a rate for each, alerts in several currencies are "
        "ranked by their share of the cost in their currency, and one unit of each is taken for one.",
    )
    method: Method = Field(
        default=Method("walk-forward"), description="Other methods than `walk-forward` are there to compare with."
    )


@dg.asset(
    key=["finops", "cost_anomalies"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"python", "numpy", "deltalake"},
    metadata=table_metadata(tables.COST_ANOMALIES),
    deps=[dg.AssetKey(["finops", "resource_costs"])],
    automation_condition=WHEN_COSTS_CHANGED,
)
def cost_anomalies(config: Watching, lake: Lake) -> dg.MaterializeResult:
    """What stands out of a series' own past: spikes, rises, falls, drifts, cost moved between resources, expensive new services.

    Judged anew over all days whenever costs change, each day with the days up to it alone, so that late and corrected files
    are taken in. The episodes with their culprits, verdicts of people and alerts go to `finops/anomaly_episodes`; a row here is
    a day of one. Changes of all resources by one factor are listed there as price steps, which are no anomalies.
    """
    with errors_classified():
        _demand_rates(config.rates)
    judged = judge(
        lake.scan(tables.RESOURCE_COSTS).collect(),
        decisions=lake.scan(tables.DECISIONS).collect(),
        known=lake.scan(tables.ANOMALY_EPISODES).collect(),
        allowance=Budget(config.alerts_per_week, config.rates),
        method=config.method.value,
    )
    lake.replace(tables.ANOMALY_EPISODES, judged.episodes.select(list(tables.ANOMALY_EPISODES.schema)), where=None)
    lake.replace(tables.COST_ANOMALIES, judged.days.select(list(tables.COST_ANOMALIES.schema)), where=None)
    return dg.MaterializeResult(metadata=_told(judged, config.method.value))


def _demand_rates(rates: Mapping[str, float]) -> None:
    wrong = sorted(currency for currency, rate in rates.items() if not rate > 0)
    if wrong:
        raise BadInput(f"the rate of {', '.join(wrong)} is not above 0", "Leave a currency out whose worth is not known.")


def _told(judged: Judgement, method: str) -> dict[str, dg.MetadataValue | str | int]:
    anomalies = judged.episodes.filter(pl.col("kind") != PRICE_STEP)
    real, said = feedback.precision(judged.episodes)
    newest = anomalies.sort("alarm_day", "episode_id", descending=True).select(
        "episode_id", "first_day", "ServiceName", "RegionId", "kind", "BillingCurrency", "impact", "at_stake_per_day",
        "confidence", "state", "resource_ids",
    )  # fmt: skip
    return {
        "dagster/row_count": len(judged.days),
        "method": method,
        "series": judged.series,
        "series_without_enough_history": judged.too_young,
        "episodes": len(anomalies),
        "open": len(anomalies.filter(pl.col("state") == "open")),
        "alerts": len(anomalies.drop_nulls("alerted_on")),
        "price_steps": len(judged.episodes) - len(anomalies),
        "alerts_that_people_judged": f"{real} of {said} were real" if said else "none yet",
        "newest": markdown_table(newest.with_columns(pl.col("impact", "at_stake_per_day").round(2))),
    }
