"""What is known of each database, gathered from the lake for those who judge it.

Costs are of another system: its table is read by name, as any engine would read it.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.fleet import tables
from assets.fleet.logic.recommendations.proposals import Cost, Facts
from assets.fleet.logic.recommendations.usage import WEEKS, cpu_use
from resources.lake import Lake
from resources.tables import MONEY, Column, Table

COSTS = Table(
    name="finops/resource_costs",
    description="Cost per resource and day, of which this needs a few columns.",
    columns=(
        Column("x_charge_date", pl.Date(), "Day."),
        Column("ResourceId", pl.String(), "Resource."),
        Column("BillingCurrency", pl.String(), "ISO 4217 code."),
        Column("BilledCost", MONEY, "Cost."),
    ),
)
COST_DAYS = 30
_Rows = dict[str, list[dict[str, Any]]]


def facts_of(lake: Lake, now: datetime) -> list[Facts]:
    """Facts of every database there is, by name."""
    current = lake.scan(tables.DATABASES).filter(pl.col("valid_to").is_null()).sort("display_name", "database_id").collect()
    usage = _cpu(lake, now)
    levels = _by_database(lake.scan(tables.STATUS).collect())
    measured = _by_database(last_collection(lake, tables.MEASUREMENTS))
    full = _by_database(lake.scan(tables.CAPACITY).collect())
    waits = _by_database(last_collection(lake, tables.WAIT_EVENTS))
    statements = _by_database(last_collection(lake, tables.TOP_SQL))
    costs = costs_of(lake, current["database_id"].to_list())
    found = []
    for row in current.to_dicts():
        key = row["database_id"]
        found.append(
            Facts(
                database=row,
                cpu=cpu_use(usage.get(key, ()), row["compute_count"], is_auto_scaling=row["is_auto_scaling_enabled"], now=now),
                levels={one["metric"]: one for one in levels.get(key, ())},
                measured={one["metric"]: one for one in measured.get(key, ())},
                full={(one["resource"], one["level_percent"]): one for one in full.get(key, ())},
                waits=waits.get(key, ()),
                statements=statements.get(key, ()),
                cost=costs[key],
                now=now,
            )
        )
    return found


def last_collection(lake: Lake, table: Table) -> pl.DataFrame:
    """Rows of the newest collection; what a table has of earlier ones is history. Ranked rows are in order."""
    rows = lake.scan(table)
    newest = rows.select(pl.col("collected_at").max()).collect().item()
    if newest is None:
        return rows.collect()
    found = rows.filter(pl.col("day") == newest.date(), pl.col("collected_at") == newest).collect()
    return found.sort("database_id", "rank") if "rank" in found.columns else found


def costs_of(lake: Lake, databases: list[str]) -> dict[str, Cost]:
    """What each database cost in the last 30 days that the bills have; unknown if they say nothing of it."""
    lines = lake.scan(COSTS).select(c.name for c in COSTS.columns)
    newest = lines.select(pl.col("x_charge_date").max()).collect().item()
    if newest is None:
        return dict.fromkeys(databases, Cost(None, None, "there are no bills"))
    cost = pl.col("BilledCost")
    sums = (
        lines.filter(pl.col("ResourceId").is_in(databases), pl.col("x_charge_date") > newest - timedelta(days=COST_DAYS))
        .group_by("ResourceId", "BillingCurrency")
        .agg(amount=cost.sum(), unknown=cost.null_count(), lines=pl.len())
        .sort("ResourceId", "BillingCurrency")
        .collect()
    )
    by_database: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in sums.to_dicts():
        by_database[row["ResourceId"]].append(row)
    return {key: _cost(by_database.get(key, [])) for key in databases}


def _cost(rows: list[Mapping[str, Any]]) -> Cost:
    if not rows:
        return Cost(None, None, "the bills do not name it")
    if len(rows) > 1:
        said = ", ".join(f"{row['amount'].normalize():f} {row['BillingCurrency']}" for row in rows)
        return Cost(None, None, f"it is billed in several currencies: {said}")
    (row,) = rows
    if row["unknown"]:
        return Cost(None, row["BillingCurrency"], f"{row['unknown']} of {row['lines']} days have no cost in the bills")
    return Cost(Decimal(row["amount"]), row["BillingCurrency"])


def _cpu(lake: Lake, now: datetime) -> dict[str, list[tuple[datetime, float]]]:
    """CPU utilisation by hour; of shorter intervals, the mean of the hour."""
    since = now - timedelta(weeks=WEEKS)
    rows = (
        lake.scan(tables.METRIC_HISTORY)
        .filter(pl.col("day") >= since.date(), pl.col("metric") == "cpu_utilization")
        .group_by("database_id", pl.col("time").dt.truncate("1h"))
        .agg(pl.col("value").mean())
        .sort("database_id", "time")
        .collect()
    )
    found: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for key, at, value in rows.iter_rows():
        found[key].append((at, value))
    return found


def _by_database(rows: pl.DataFrame) -> _Rows:
    found: _Rows = defaultdict(list)
    for row in rows.to_dicts():
        found[row["database_id"]].append(row)
    return found
