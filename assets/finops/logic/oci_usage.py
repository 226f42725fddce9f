"""Answers of OCI's Usage API as rows of FOCUS columns, and how they compare with the cost reports of the same days.

The Usage API is coarser than a cost report: a row is a day of a service in a compartment and region, counted in one unit. Its
tags are not used: an answer has one set of tags where a resource may have many (oracle/oci-python-sdk#513, #606).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

GROUPS = ("service", "compartmentId", "region", "unit")
"""What is grouped by: no more than four are possible."""
GRAIN = "day × service × compartment × region × unit"
_MONEY = pl.Decimal(38, 24)
_QUANTITY = pl.Decimal(38, 18)
USAGE = {
    "x_charge_date": pl.Date(),
    "ProviderName": pl.String(),
    "BillingAccountId": pl.String(),
    "SubAccountId": pl.String(),
    "ServiceName": pl.String(),
    "RegionId": pl.String(),
    "BillingCurrency": pl.String(),
    "PricingUnit": pl.String(),
    "PricingQuantity": _QUANTITY,
    "BilledCost": _MONEY,
    "x_grain": pl.String(),
}
"""Columns of `finops/oci_usage`."""
RECONCILIATION = {
    "x_charge_date": pl.Date(),
    "BillingCurrency": pl.String(),
    "ServiceName": pl.String(),
    "usage_api": _MONEY,
    "reports": _MONEY,
    "difference": _MONEY,
    "status": pl.String(),
}
"""Columns of `finops/oci_usage_reconciliation`."""
_KEYS = ["x_charge_date", "BillingCurrency", "ServiceName"]
_TOLERANCE = Decimal("0.01")
"""The Usage API rounds; a day of a service that differs by less is the same."""


def usage_rows(items: Iterable[Mapping[str, Any]], tenancy: str) -> pl.DataFrame:
    """One row per answer item; forecasts are left out. An amount that is not told is null.

    Args:
        items: `UsageSummary` in JSON, grouped by `GROUPS`.
        tenancy: Whose usage it is.
    """
    # by columns: a row as an object of its own would take most of the time
    kept = [item for item in items if not item.get("isForecast")]
    text = {
        name: [_text(item.get(field)) for item in kept]
        for name, field in (
            ("SubAccountId", "compartmentId"), ("ServiceName", "service"), ("RegionId", "region"),
            ("BillingCurrency", "currency"), ("PricingUnit", "unit"), ("day", "timeUsageStarted"),
        )
    }  # fmt: skip
    amounts = {
        name: pl.Series([_number(item.get(field)) for item in kept], dtype=pl.String)
        for name, field in (("BilledCost", "computedAmount"), ("PricingQuantity", "computedQuantity"))
    }
    frame = pl.DataFrame({**text, **amounts}, schema_overrides=dict.fromkeys(text, pl.String()))
    return frame.select(
        pl.col("day").str.slice(0, 10).str.to_date().alias("x_charge_date"),
        pl.lit("Oracle").alias("ProviderName"),
        pl.lit(tenancy).alias("BillingAccountId"),
        "SubAccountId",
        "ServiceName",
        "RegionId",
        pl.col("BillingCurrency").fill_null("unknown"),
        "PricingUnit",
        pl.col("PricingQuantity").cast(_QUANTITY),
        pl.col("BilledCost").cast(_MONEY),
        pl.lit(GRAIN).alias("x_grain"),
    ).sort("x_charge_date", "ServiceName", "SubAccountId", "RegionId", "PricingUnit", "BillingCurrency", nulls_last=True)


def reconciled(usage: pl.DataFrame, daily: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """What the Usage API and the reports say of each day and service: the difference, and whether they agree.

    Args:
        usage: Rows of `finops/oci_usage`.
        daily: Rows of `finops/daily_costs`.
        first: First day that is compared.
        last: Last day that is compared.
    """
    inside = pl.col("x_charge_date").is_between(first, last)
    oracle = pl.col("ProviderName").str.starts_with("Oracle")
    told = _summed(usage.filter(inside), "usage_api")
    reported = _summed(daily.filter(inside & oracle), "reports")
    joined = told.join(reported, on=_KEYS, how="full", coalesce=True, nulls_equal=True)
    difference = pl.col("usage_api") - pl.col("reports")
    status = (
        pl.when(pl.col("known_reports").is_null()).then(pl.lit("only in the Usage API"))
        .when(pl.col("known_usage_api").is_null()).then(pl.lit("only in the reports"))
        .when(difference.is_null()).then(pl.lit("unknown"))
        .when(difference.abs() < _TOLERANCE).then(pl.lit("agrees"))
        .otherwise(pl.lit("differs"))
    )  # fmt: skip
    compared = joined.with_columns(difference=difference, status=status).sort(_KEYS, nulls_last=True)
    return compared.select(pl.col(name).cast(dtype) for name, dtype in RECONCILIATION.items())


def _summed(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    cost = pl.col("BilledCost")
    known = pl.when(cost.null_count() == 0).then(cost.sum()).alias(name)
    return rows.group_by(_KEYS).agg(known, pl.lit(value=True).alias(f"known_{name}"))


def _text(value: object) -> str | None:
    """A name; blank ones, which the service sends for fields that it does not know, are unknown."""
    return value if isinstance(value, str) and value.strip() else None


def _number(value: object) -> str | None:
    """A number of JSON in decimal text: the shortest that reads as the same number."""
    return None if value is None else format(Decimal(str(value)), "f")
