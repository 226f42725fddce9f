"""Reads generated costs with labelled anomalies, `costs.csv` and `labels.csv`, as the product sees costs; writes alerts.

`costs.csv` has series_id, sub_account, service, region, resource_id, currency, date, effective_cost; a resource without cost on a
day has no row. `labels.csv` has series_id, start, end, type, total_impact, resource_ids (joined by `;`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from assets.finops.logic.anomaly_quality.scoring import Span
from assets.finops.logic.panel import SERIES, Panel, panel

_MONEY = pl.Decimal(38, 10)
_COLUMNS = {"SubAccountId": "sub_account", "ServiceName": "service", "RegionId": "region", "BillingCurrency": "currency"}


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs, and the name that the files give to each series of the panel."""

    panel: Panel
    names: pl.Series

    @property
    def span(self) -> Span:
        """What alerts are scored over."""
        return Span(self.panel.first_days(), self.panel.days)


def read_costs(folder: Path) -> pl.DataFrame:
    """The rows of `costs.csv` as `resource_costs`, and `series_id`; the provider is what the sub-account's name begins with."""
    rows = pl.read_csv(folder / "costs.csv", schema_overrides={"effective_cost": pl.String}, try_parse_dates=True)
    amount = pl.col("effective_cost").cast(_MONEY)
    return rows.select(
        "series_id",
        x_charge_date="date",
        ProviderName=pl.col("sub_account").str.split("-").list.first(),
        ResourceId="resource_id",
        EffectiveCost=amount,
        BilledCost=amount,
        **_COLUMNS,
    )


def as_panel(rows: pl.DataFrame, until: date | None = None) -> Costs:
    """The costs up to a day as a panel; days without a row are free of cost, as the files say.

    Raises:
        ValueError: Two names stand for the same sub-account, service, region and currency.
    """
    known = rows if until is None else rows.filter(pl.col("x_charge_date") <= until)
    built = panel(known, until=until)
    names = built.series.join(known.select("series_id", *SERIES).unique(), on=SERIES, how="left", maintain_order="left")
    if len(names) != len(built.series):
        raise ValueError("two series have the same sub-account, service, region and currency")
    return Costs(replace(built, costs=np.nan_to_num(built.costs)), names["series_id"])


def read_labels(folder: Path, costs: Costs) -> pl.DataFrame:
    """The rows of `labels.csv` as `scoring.score` wants them; resources by name."""
    rows = pl.read_csv(folder / "labels.csv", try_parse_dates=True)
    numbers = pl.DataFrame({"series_id": costs.names}).with_row_index("series").cast({"series": pl.Int64})
    days = {name: (pl.col(name).cast(pl.Date) - costs.panel.start).dt.total_days() for name in ("start", "end")}
    return rows.join(numbers, on="series_id", maintain_order="left").select(
        "series", "type", **days, impact=pl.col("total_impact").cast(pl.Float64), resources=pl.col("resource_ids").str.split(";")
    )


def named(alerts: pl.DataFrame, costs: Costs) -> pl.DataFrame:
    """Alerts with their resources by name."""
    ids = costs.panel.resources.to_list()
    names = [[ids[row] for row in rows] for rows in alerts["resources"].to_list()]
    return alerts.with_columns(resources=pl.Series(names, dtype=pl.List(pl.String)))


def as_text(alerts: pl.DataFrame, costs: Costs) -> pl.DataFrame:
    """Alerts whose resources are named, as rows of `alerts.csv`: series_id, date, score, resource_ids."""
    return alerts.select(
        series_id=costs.names.gather(alerts["series"]),
        date=pl.lit(costs.panel.start) + pl.duration(days="day"),
        score="score",
        resource_ids=pl.col("resources").list.join(";"),
    )


def is_walk_forward(
    rows: pl.DataFrame, alerts: pl.DataFrame, detector: Callable[[Panel], pl.DataFrame], cuts: tuple[float, ...]
) -> bool:
    """Whether a detector says the same of a day when later ones do not exist yet, but for the last two days before a cut.

    Args:
        rows: All costs, as `read_costs` gives them.
        alerts: What the detector said of all of them, as `as_text` gives it.
        detector: From costs to alerts.
        cuts: Where to cut, as shares of the days.
    """
    days = rows["x_charge_date"].unique().sort()
    for share in cuts:
        place = round(share * len(days))
        costs = as_panel(rows, until=days[place - 1])
        then, now = (
            frame.filter(pl.col("date") < days[place - 2]).sort("series_id", "date", "score")
            for frame in (as_text(named(detector(costs.panel), costs), costs), alerts)
        )
        if not then.drop("score").equals(now.drop("score")) or not np.allclose(then["score"], now["score"], rtol=1e-9):
            return False
    return True
