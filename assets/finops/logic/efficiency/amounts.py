"""Exact amounts per resource: cost and use of the last period and of the one before, and the price of a unit between them."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from assets.finops.logic.efficiency.rule import Rule
from assets.finops.logic.panel import SERIES, cost

KEY = (*SERIES, "ResourceId")
NAMES = ("SubAccountName", "x_comparable_service", "ResourceName", "ResourceType")
_MONEY = pl.Decimal(38, 24)
_QUANTITY = pl.Decimal(38, 18)
_LARGEST_FIGURE = 9e13
"""What a figure with 24 decimals can hold; Polars refuses a whole column for one quotient that does not fit."""


@dataclass(frozen=True, slots=True)
class Periods:
    """The last period of settled days, which ends on `as_of`, and the one of the same length before it."""

    as_of: date
    days: int

    @property
    def begin(self) -> date:
        """First day of the last period."""
        return self.as_of - timedelta(days=self.days - 1)

    def last(self) -> pl.Expr:
        """Rows of the last period."""
        return pl.col("x_charge_date").is_between(self.begin, self.as_of)

    def before(self) -> pl.Expr:
        """Rows of the period before."""
        end = self.begin - timedelta(days=1)
        return pl.col("x_charge_date").is_between(end - timedelta(days=self.days - 1), end)


def names(resource_costs: pl.DataFrame) -> pl.DataFrame:
    """The latest known name, type and comparable service of each resource."""
    distinct = resource_costs.group_by(*KEY, *NAMES).agg(pl.col("x_charge_date").max())
    ordered = distinct.sort("x_charge_date", *NAMES, nulls_last=False)
    return ordered.group_by(KEY, maintain_order=True).agg(pl.col(n).drop_nulls().last() for n in NAMES)


def without_cost() -> pl.Expr:
    """Rows of which a line has no cost: what they cost is not known, or known in part."""
    return cost().is_null() | (pl.col("x_lines_without_cost") > 0).fill_null(value=False)


def amounts(resource_costs: pl.DataFrame, periods: Periods) -> pl.DataFrame:
    """Cost, unit and use per resource and period; `cost_whole_days` of the last one without days that are known in part.

    `usage_status` is `known` if every line of both periods counts in one unit; `mixed units` if they count in several, which are
    never added; else `unknown`. Only where it is known are there quantities.
    """
    last, before = periods.last(), periods.before()
    unit, quantity = pl.col("x_comparable_unit"), pl.col("x_comparable_quantity").cast(_QUANTITY)
    recent = last | before
    used = recent & (quantity > 0)
    whole = ~without_cost().any().over(*KEY, "x_charge_date")
    summed = (
        resource_costs.with_columns(whole=whole, priced=~without_cost())
        .group_by(KEY)
        .agg(
            cost_last=cost().filter(last).sum(),
            cost_before=cost().filter(before).sum(),
            cost_whole_days=cost().filter(last & pl.col("whole")).sum(),
            priced_cost_last=cost().filter(last & pl.col("priced")).sum(),
            priced_cost_before=cost().filter(before & pl.col("priced")).sum(),
            priced_usage_last=quantity.filter(last & pl.col("priced")).sum(),
            priced_usage_before=quantity.filter(before & pl.col("priced")).sum(),
            units=unit.filter(recent).drop_nulls().n_unique(),
            uncounted=(unit.is_null() | quantity.is_null()).filter(recent).sum(),
            usage_unit=unit.filter(recent).drop_nulls().first(),
            usage_last=quantity.filter(last).sum(),
            usage_before=quantity.filter(before).sum(),
            used_last=pl.col("x_charge_date").filter(used & last).n_unique(),
            used_before=pl.col("x_charge_date").filter(used & before).n_unique(),
        )
    )
    status = (
        pl.when(pl.col("units") > 1)
        .then(pl.lit("mixed units"))
        .when((pl.col("units") == 1) & (pl.col("uncounted") == 0))
        .then(pl.lit("known"))
        .otherwise(pl.lit("unknown"))
    )
    known = pl.col("usage_status") == "known"
    counted = ("usage_unit", "usage_last", "usage_before")
    return summed.with_columns(usage_status=status).with_columns(pl.when(known).then(pl.col(c)).alias(c) for c in counted)


def with_unit_prices(resources: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Adds cost per unit of both periods, of what has a known cost, and its change in percent.

    Null where the unit is unknown or mixed, and where a period has fewer than `evidence_days` days with use or no cost. The unit
    is that of the meter: another size of machine changes its price per hour, too.
    """
    priced = [_per_unit(which, rule).alias(f"unit_price_{which}") for which in ("last", "before")]
    ratio = pl.col("unit_price_last").cast(pl.Float64) / pl.col("unit_price_before").cast(pl.Float64)
    both = (pl.col("unit_price_last") > 0) & (pl.col("unit_price_before") > 0)
    return resources.with_columns(priced).with_columns(unit_price_change_percent=pl.when(both).then((ratio - 1) * 100))


def monthly(amount: pl.Expr, days: pl.Expr, month: int) -> pl.Expr:
    """The amount of some days as one of `month` days, rounded half-even; null without any day, or if it does not fit."""
    fits = (days > 0) & ((amount.cast(pl.Float64) / days * month).abs() < _LARGEST_FIGURE)
    daily = pl.when(fits).then(amount) / pl.when(fits).then(days).otherwise(1)
    return (daily * month).cast(_MONEY)


def _per_unit(which: str, rule: Rule) -> pl.Expr:
    spent, used = pl.col(f"priced_cost_{which}"), pl.col(f"priced_usage_{which}")
    fits = (
        (pl.col(f"usage_{which}") > 0) & (used > 0) & ((spent.cast(pl.Float64) / used.cast(pl.Float64)).abs() < _LARGEST_FIGURE)
    )
    enough = fits & (pl.col(f"used_{which}") >= rule.evidence_days)
    return (pl.when(enough).then(spent) / pl.when(enough).then(used).otherwise(1)).cast(_MONEY)
