"""Reads both sides of the tie-out from the lake: control totals of the files, and what is stored and quarantined of them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from assets.finops import tables
from assets.finops.logic.conservation import KEYS, by_currency, differences
from resources.lake import Lake


@dataclass(frozen=True, slots=True)
class Proof:
    """Control totals, stored and quarantined totals of some files, and where they differ."""

    files: int
    control: pl.DataFrame
    stored: pl.DataFrame
    quarantined: pl.DataFrame
    differences: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of some days: how many, their cost per currency, and how many have none."""

    rows: int
    billed: dict[str, Decimal]
    without_cost: int


def prove(lake: Lake, days: tuple[date, date] | None = None) -> Proof:
    """Compare every file in force that charges any of the days (all files if None), over all its days.

    Rows in the lake that belong to no file in force are a difference, too, whatever their day.
    """
    files = _counting(lake, days)
    ids = files["x_delivery_id"]
    others = _counting(lake, None).filter(~pl.col("x_delivery_id").is_in(ids.implode()))["x_delivery_id"]
    mine, not_others = pl.col("x_delivery_id").is_in(ids.implode()), ~pl.col("x_delivery_id").is_in(others.implode())
    control = _totals(lake.scan(tables.BILLING_FILE_TOTALS).filter(mine), rows=pl.col("rows").sum())
    stored = _totals(lake.scan(tables.COST_AND_USAGE).filter(not_others), rows=pl.len())
    quarantined = _totals(lake.scan(tables.BILLING_QUARANTINE).filter(not_others), rows=pl.len())
    return Proof(len(files), control, stored, quarantined, differences(control, stored, quarantined))


def days_not_stored(lake: Lake) -> list[date]:
    """Days of files in force that are not in the lake, and of files that are but are not in force.

    Read from the lake alone, so that an inspection which was killed before it could say what changed loses nothing.
    """
    billing = lake.scan(tables.BILLING_FILES).filter(pl.col("result") == "billing")
    counting = billing.filter(pl.col("state").is_in(["in force", "incomplete"]))
    here = [lake.scan(t).select(pl.col("x_delivery_id").unique()) for t in (tables.COST_AND_USAGE, tables.BILLING_QUARANTINE)]
    stored = pl.concat(here).unique()
    missing = counting.select("x_delivery_id").join(stored, on="x_delivery_id", how="anti")
    left_over = stored.join(counting, on="x_delivery_id", how="anti")
    concerned = pl.concat([missing, left_over]).collect(engine="streaming")["x_delivery_id"]
    days = lake.scan(tables.BILLING_FILE_TOTALS).filter(pl.col("x_delivery_id").is_in(concerned.implode()))
    return days.select(pl.col("x_charge_date").drop_nulls().unique().sort()).collect()["x_charge_date"].to_list()


def lines_of(lake: Lake, days: tuple[date, date]) -> Lines:
    """Count and add up the lines of the days, inclusive."""
    totals = (
        lake.scan(tables.COST_AND_USAGE)
        .filter(of_days(days))
        .group_by("BillingCurrency")
        .agg(rows=pl.len(), BilledCost=pl.col("BilledCost").sum(), unknown=pl.col("BilledCost").null_count())
        .collect(engine="streaming")
    )
    return Lines(int(totals["rows"].sum()), by_currency(totals), int(totals["unknown"].sum()))


def quarantine_of(lake: Lake, days: tuple[date, date]) -> pl.DataFrame:
    """Quarantined records of the files in force that charge any of the days."""
    ids = _counting(lake, days)["x_delivery_id"]
    return (
        lake.scan(tables.BILLING_QUARANTINE)
        .filter(pl.col("x_delivery_id").is_in(ids.implode()))
        .sort("x_source_file", "x_source_row")
        .collect()
    )


def _counting(lake: Lake, days: tuple[date, date] | None) -> pl.DataFrame:
    files = lake.scan(tables.BILLING_FILES).filter(pl.col("state").is_in(["in force", "incomplete"]))
    if days:
        first, last = days
        overlaps = (pl.col("first_day") <= last) & (pl.col("last_day") >= first)
        files = files.filter(overlaps | pl.col("first_day").is_null())
    return files.select("x_delivery_id", "x_source_file").collect()


def _totals(table: pl.LazyFrame, *, rows: pl.Expr) -> pl.DataFrame:
    grouped = table.group_by(KEYS).agg(rows=rows.cast(pl.Int64), BilledCost=pl.col("BilledCost").sum())
    return grouped.collect(engine="streaming")


def of_days(days: tuple[date, date]) -> pl.Expr:
    """Lines of the days, inclusive; names their physical partitions as well, so that others are not read."""
    first, last = days
    months = pl.col("x_charge_month").is_between(pl.lit(f"{first:%Y-%m}"), pl.lit(f"{last:%Y-%m}"))
    return months & pl.col("x_charge_date").is_between(first, last)


def per_file(lake: Lake) -> pl.DataFrame:
    """The tie-out of every file in force, per currency: `file`, `currency`, money and rows on both sides, and `exact`."""
    proof = prove(lake)
    keys = ("x_source_file", "BillingCurrency")
    parts = [
        frame.group_by(keys).agg(pl.col("BilledCost").sum().alias(money), pl.col("rows").sum().alias(rows))
        for frame, money, rows in (
            (proof.control, "in_files", "rows_in_file"),
            (proof.stored, "stored", "rows_stored"),
            (proof.quarantined, "quarantined", "rows_quarantined"),
        )
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.join(part, on=keys, how="full", coalesce=True, nulls_equal=True)
    figures = joined.with_columns(pl.exclude(keys).fill_null(0))
    exact = (pl.col("in_files") == pl.col("stored") + pl.col("quarantined")) & (
        pl.col("rows_in_file") == pl.col("rows_stored") + pl.col("rows_quarantined")
    )
    return (
        figures.with_columns(exact=exact)
        .rename({"x_source_file": "file", "BillingCurrency": "currency"})
        .sort("file", "currency")
    )
