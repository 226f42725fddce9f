"""Builders of panels of costs for tests: series that people would call ordinary, and things that happen to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.panel import SERIES, Panel

START = date(2026, 1, 5)
"""A Monday."""
Costs = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Daily costs by resource, and the cells of the series' key that are not the usual ones."""

    resources: Mapping[str | None, Costs]
    cells: Mapping[str, str | None] = field(default_factory=dict)


def ordinary(days: int, level: float = 100.0, *, noise: float = 0.03, weekend: float = 1.0, seed: int = 0) -> Costs:
    """Costs about a level, with some noise, another level on weekends; the first day is a Monday."""
    rng = np.random.default_rng(seed)
    week = np.where(np.arange(days) % 7 >= 5, weekend, 1.0)
    return np.asarray(level * week * np.exp(noise * rng.standard_normal(days)))


def changed(costs: Costs, days: slice | int | Sequence[int], *, by: float = 0.0, times: float = 1.0) -> Costs:
    """The costs with some days multiplied, then raised."""
    new = costs.copy()
    new[days] = new[days] * times + by
    return new


def three(days: int = 120, level: float = 120.0, **more: float) -> dict[str | None, Costs]:
    """Three ordinary resources `a`, `b` and `c` with a half, a third and a sixth of the level."""
    shares = {"a": 1 / 2, "b": 1 / 3, "c": 1 / 6}
    seed = int(more.pop("seed", 0))
    return {name: ordinary(days, level * share, seed=10 * seed + n, **more) for n, (name, share) in enumerate(shares.items())}


def bystanders(days: int, number: int = 6, **more: float) -> list[Series]:
    """Series to which nothing happens, as any company has."""
    return [Series(three(days, 80.0 + 20 * n, seed=50 + n, **more), {"SubAccountId": f"bystander-{n}"}) for n in range(number)]


def panel_of(*series: Series, start: date = START) -> Panel:
    """The panel of the series, in the order given."""
    usual = {"ProviderName": "AWS", "ServiceName": "EC2", "RegionId": "eu-1", "BillingCurrency": "USD"}
    keys = [{**usual, "SubAccountId": f"account-{n}", **s.cells} for n, s in enumerate(series)]
    names = [name for s in series for name in s.resources]
    return Panel(
        start=start,
        series=pl.DataFrame(keys, schema=dict.fromkeys(SERIES, pl.String())),
        resources=pl.Series(names, dtype=pl.String),
        owner=np.repeat(np.arange(len(series)), [len(s.resources) for s in series]),
        costs=np.vstack([costs for s in series for costs in s.resources.values()]).astype(float),
    )


def rows_of(panel: Panel) -> pl.DataFrame:
    """The panel as rows of `resource_costs`: none where there is no charge or nothing is known."""
    rows = [
        {
            **panel.series.row(int(panel.owner[row]), named=True),
            "ResourceId": panel.resources[int(row)],
            "x_charge_date": panel.start + timedelta(days=int(day)),
            "EffectiveCost": float(panel.costs[row, day]),
        }
        for row, day in zip(*np.nonzero(np.nan_to_num(panel.costs)), strict=True)
    ]
    names = dict.fromkeys((*SERIES, "ResourceId"), pl.String())
    money = pl.Decimal(38, 24)
    frame = pl.DataFrame(rows, schema={**names, "x_charge_date": pl.Date(), "EffectiveCost": pl.Float64()})
    return frame.with_columns(pl.col("EffectiveCost").round(9).cast(money), BilledCost=pl.lit(None, dtype=money))
