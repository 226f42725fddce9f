"""Small panels for the tests of the quality of anomalies."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from assets.finops.logic.panel import SERIES, Matrix, Panel


def panel_of(costs: Matrix, resources: int = 1, start: date = date(2024, 1, 1), currencies: list[str] | None = None) -> Panel:
    """A panel whose series have that many rows of costs each."""
    number = len(costs) // resources
    series = pl.DataFrame(
        {
            "ProviderName": ["AWS"] * number,
            "SubAccountId": [f"account-{n}" for n in range(number)],
            "ServiceName": ["AmazonEC2"] * number,
            "RegionId": ["eu-west-1"] * number,
            "BillingCurrency": currencies or ["USD"] * number,
        }
    ).select(SERIES)
    names = pl.Series([f"i-{n}" for n in range(len(costs))], dtype=pl.String)
    return Panel(start, series, names, np.repeat(np.arange(number), resources), costs)


def quiet_panel(series: int = 12, days: int = 240, resources: int = 3, seed: int = 0) -> Panel:
    """Costs of about 90 a day in each series with a little noise, cheaper on every other series' weekends."""
    rng = np.random.default_rng(seed)
    costs = 30 * np.exp(0.02 * rng.standard_normal((series * resources, days)))
    weekend = np.arange(days) % 7 >= 5
    odd = np.repeat(np.arange(series), resources) % 2 == 1
    costs[np.ix_(odd, weekend)] *= 0.1
    return panel_of(costs, resources)
