"""The chart of one anomaly: actual cost around it, and what was expected on its days."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.panel import SERIES, cost
from assets.finops.logic.report.charts import Spec
from assets.finops.logic.report.lines import ANOMALOUS, EXPECTED, Line, Marks, OverTime
from assets.finops.logic.report.sources import Rows, Source, between, both, equal

DAYS_BEFORE, DAYS_AFTER = 31, 14


def chart(episode: Mapping[str, Any], daily: pl.DataFrame, days: pl.DataFrame) -> tuple[Spec, Rows]:
    """The chart, and where its actual costs are from.

    Args:
        episode: A row of `finops/anomaly_episodes`.
        daily: `finops/daily_costs`.
        days: `finops/cost_anomalies`.
    """
    first, last = episode["first_day"] - timedelta(days=DAYS_BEFORE), episode["last_day"] + timedelta(days=DAYS_AFTER)
    here = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(episode[name], dtype=pl.String)) for name in SERIES)
    anomalous = days.filter(pl.col("episode_id") == episode["episode_id"]).sort("x_charge_date")
    expected = anomalous.select("x_charge_date", "expected").rows()
    paid = actual(daily.filter(here & pl.col("x_charge_date").is_between(first, last)))
    drawn = OverTime(
        f"Cost per day in {episode['BillingCurrency']}",
        lines=(Line("Actual", "#5d7f99", paid), Line("Expected", EXPECTED, expected, dashed=True)),
        marks=(Marks("Anomalous day", ANOMALOUS, anomalous.select("x_charge_date", "actual").rows()),),
    )
    series = equal(**{name: episode[name] for name in SERIES})
    return drawn.spec(), Rows(Source.DAILY_COSTS, both(series, between("x_charge_date", first, last)))


def actual(costs: pl.DataFrame) -> list[tuple[date, Decimal | None]]:
    """Cost of each day from the first to the last one; None where no row, or not every row, tells one."""
    known = pl.when(cost().null_count() == 0).then(cost().sum())
    summed: dict[date, Decimal | None] = dict(costs.group_by("x_charge_date").agg(cost=known).iter_rows())
    if not summed:
        return []
    first, last = min(summed), max(summed)
    return [(day, summed.get(day)) for day in (first + timedelta(days=n) for n in range((last - first).days + 1))]
