"""Small bills for tests of recommendations: costs per resource and day, and charge lines per hour or day."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops import tables
from assets.finops.logic.recommendations.shape import Subject

START = date(2026, 1, 5)
EC2 = {"ProviderName": "AWS", "SubAccountId": "a", "ServiceName": "EC2", "RegionId": "r", "BillingCurrency": "USD"}


def subject(**more: Any) -> Subject:
    other = {name: more.pop(name) for name in EC2 if name in more}
    return Subject.of({**EC2, **other}, **more)


def day(number: int) -> date:
    return START + timedelta(days=number)


def resource(name: str | None, costs: Iterable[float], **series: Any) -> list[dict[str, Any]]:
    """Rows of `resource_costs` of one resource, from `START`; a day that costs nothing has no row."""
    return [
        {
            **EC2, "ServiceCategory": "Compute", "x_comparable_unit": "Hours", **series, "ResourceId": name,
            "x_charge_date": day(n), "EffectiveCost": Decimal(str(cost)), "BilledCost": Decimal(str(cost)),
            "ListCost": Decimal(str(cost)), "x_lines": 1, "x_lines_without_cost": 0,
        }
        for n, cost in enumerate(costs)
        if cost
    ]  # fmt: skip


def resource_costs(*resources: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([row for rows in resources for row in rows], schema=tables.RESOURCE_COSTS.schema)


def daily_costs(costs: pl.DataFrame) -> pl.DataFrame:
    amounts = ["BilledCost", "EffectiveCost", "ListCost", "x_lines", "x_lines_without_cost"]
    keys = [name for name in tables.DAILY_COSTS.schema if name not in (*amounts, "ContractedCost")]
    summed = costs.group_by(keys).agg(pl.col(amounts).sum(), pl.lit(None).alias("ContractedCost"))
    return summed.select(pl.col(name).cast(dtype) for name, dtype in tables.DAILY_COSTS.schema.items())


def lines(hours: Callable[[int, int], float], days: int, **columns: Any) -> pl.LazyFrame:
    """On-demand charge lines of one machine, one an hour: `hours(day, hour)` is what it costs; nothing, no line."""
    rows = [_line(n, hour, 1, cost, 1, columns) for n in range(days) for hour in range(24) if (cost := hours(n, hour))]
    return _frame(rows)


def day_lines(costs: Callable[[int], tuple[float, float]], days: int, **columns: Any) -> pl.LazyFrame:
    """On-demand charge lines of one machine, one a day: cost and hours that it ran."""
    return _frame([_line(n, 0, 24, *costs(n), columns) for n in range(days)])


def _line(n: int, hour: int, length: int, cost: float, ran: float, columns: dict[str, Any]) -> dict[str, Any]:
    begin = datetime.combine(day(n), datetime.min.time(), UTC) + timedelta(hours=hour)
    given = {"ChargeCategory": "Usage", "PricingCategory": "Standard", "ServiceCategory": "Compute", "PricingUnit": "Hrs"}
    return {
        **EC2, **given, "ResourceId": "i-1", "x_charge_date": day(n), "ChargePeriodStart": begin,
        "ChargePeriodEnd": begin + timedelta(hours=length), "EffectiveCost": Decimal(str(cost)),
        "PricingQuantity": Decimal(str(ran)), **columns,
    }  # fmt: skip


def _frame(rows: list[dict[str, Any]]) -> pl.LazyFrame:
    return pl.DataFrame(rows, schema=tables.COST_AND_USAGE.schema).lazy()
