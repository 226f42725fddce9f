"""Charge lines added up per day: the frames behind `daily_costs` and `resource_costs`."""

import polars as pl

from assets.finops.logic.columns import COST_COLUMNS
from assets.finops.logic.comparable.regions import with_geography
from assets.finops.logic.comparable.services import with_services
from assets.finops.logic.comparable.units import with_comparable_units

SERIES = (
    "ProviderName",
    "BillingAccountId",
    "SubAccountId",
    "SubAccountName",
    "ServiceName",
    "ServiceCategory",
    "RegionId",
    "BillingCurrency",
)
_RESOURCE = ("ResourceId", "ResourceName", "ResourceType")


def daily_costs(lines: pl.LazyFrame) -> pl.DataFrame:
    """Cost per sub-account, service, region, currency and day. Currencies are never added to each other."""
    grouped = lines.group_by("x_charge_date", *SERIES).agg(_sums()).collect(engine="streaming")
    return _merged(_placed(grouped)).sort("x_charge_date", *SERIES, nulls_last=True)


def resource_costs(lines: pl.LazyFrame) -> pl.DataFrame:
    """Cost and comparable usage per resource, service, region, currency, unit and day."""
    quantity = pl.col("PricingQuantity")
    grouped = (
        lines.group_by("x_charge_date", *SERIES, *_RESOURCE, "PricingUnit")
        .agg(*_sums(), pl.when(quantity.null_count() < pl.len()).then(quantity.sum()).alias("PricingQuantity"))
        .collect(engine="streaming")
    )
    placed = with_comparable_units(_placed(grouped)).drop("PricingUnit", "PricingQuantity")
    known = pl.col("x_comparable_quantity")
    quantities = pl.when(known.null_count() == 0).then(known.sum()).alias("x_comparable_quantity")
    return _merged(placed, quantities).sort("x_charge_date", *SERIES, *_RESOURCE, "x_comparable_unit", nulls_last=True)


def _merged(placed: pl.DataFrame, *more: pl.Expr) -> pl.DataFrame:
    """One row per key: what a line lacked and was filled in may make two groups one."""
    keys = [c for c in placed.columns if c not in _figures()]
    sums = [_sum_or_unknown(c) for c in COST_COLUMNS]
    return placed.group_by(keys).agg(*sums, pl.col("x_lines", "x_lines_without_cost").sum(), *more)


def _figures() -> tuple[str, ...]:
    return (*COST_COLUMNS, "x_lines", "x_lines_without_cost", "x_comparable_quantity")


def _sums() -> list[pl.Expr]:
    unknown = pl.col("BilledCost").null_count().cast(pl.Int64)
    return [
        *(_sum_or_unknown(c) for c in COST_COLUMNS),
        pl.len().cast(pl.Int64).alias("x_lines"),
        unknown.alias("x_lines_without_cost"),
    ]


def _sum_or_unknown(column: str) -> pl.Expr:
    """The sum, or null where no line has a value: unknown is not zero."""
    cost = pl.col(column)
    return pl.when(cost.null_count() < pl.len()).then(cost.sum()).alias(column)


def _placed(grouped: pl.DataFrame) -> pl.DataFrame:
    """With the provider-neutral service and place, so that clouds compare."""
    return with_geography(with_services(grouped).drop("ServiceSubcategory", strict=False))
