"""What a complete run tells on the terminal about databases: how they stand, what happens to them, when they are full."""

from collections import Counter
from pathlib import Path

import polars as pl
from rich.markup import escape

from assets.fleet import tables
from assets.fleet.fleet_report import REPORT_KEY
from assets.fleet.logic.report.wording import LEVELS, full
from orchestration.terminal import console
from resources.lake import Lake

_SOONEST = 3


def fleet(lake: Lake, reports: Path) -> None:
    """The fleet of the deployment; nothing without a look at it.

    Args:
        lake: Tables of the deployment.
        reports: Folder of its reports.
    """
    databases = lake.scan(tables.DATABASES).filter(pl.col("valid_to").is_null()).collect()
    places = lake.scan(tables.PLACES).collect()
    if places.is_empty():
        return
    for line in (_standing(lake, databases), _happening(lake), *_capacity(lake, databases), _recommended(lake)):
        console.print(line)
    console.print(f"Fleet report: [bold]{reports / REPORT_KEY}[/bold]")


def _standing(lake: Lake, databases: pl.DataFrame) -> str:
    overall = lake.scan(tables.STATUS).filter(pl.col("metric") == "overall").select("database_id", "level").collect()
    known = dict(overall.iter_rows())
    levels = Counter(known.get(key, "unknown") for key in databases["database_id"])
    said = ", ".join(f"{levels[level]} {level}" for level in LEVELS)
    places = lake.scan(tables.PLACES).filter(~pl.col("is_listed")).select(pl.len()).collect().item()
    lost = f"; {places} listings failed" if places else ""
    regions = databases["region"].n_unique()
    return f"Databases: {len(databases)} in {regions} region{'s' if regions != 1 else ''}: {said}{lost}."


def _happening(lake: Lake) -> str:
    incidents = lake.scan(tables.INCIDENTS).collect()
    opened = incidents.filter(pl.col("is_open"))
    anomalies = lake.scan(tables.METRIC_ANOMALIES).select(pl.len()).collect().item()
    return f"Incidents in 30 days: {len(incidents)}, made of {anomalies} anomalies of metrics; {len(opened)} still open."


def _capacity(lake: Lake, databases: pl.DataFrame) -> list[str]:
    rows = lake.scan(tables.CAPACITY).filter(pl.col("resource") == "storage", pl.col("level_percent") == 100).collect()
    names = dict(databases.select("database_id", "display_name").iter_rows())
    near = rows.filter(pl.col("answer").is_in(["forecast", "reached"])).sort("days").head(_SOONEST)
    said = "; ".join(f"{escape(names.get(row['database_id'], row['database_id']))}: {full(row)}" for row in near.to_dicts())
    counted = ", ".join(f"{number} {answer}" for answer, number in rows.group_by("answer").len().sort("answer").iter_rows())
    lines = [f"Storage full within a year: {counted}." + (f" Soonest: {said}." if said else "")] if counted else []
    held = lake.scan(tables.CAPACITY_QUALITY).filter(pl.col("resource") == "storage").collect()
    held = held.filter(pl.col("measured_at") == held["measured_at"].max())
    if forecasts := int(held["forecasts"].sum() or 0):
        lines.append(
            f"Storage as it was forecast: {held['inside'].sum() / forecasts:.0%} of {forecasts} intervals (80 %) held what came."
        )
    return lines


def _recommended(lake: Lake) -> str:
    live = lake.scan(tables.RECOMMENDATIONS).filter(pl.col("state") != "resolved").collect()
    said = ", ".join(f"{number} {category}" for category, number in live.group_by("category").len().sort("category").iter_rows())
    return f"Recommended for databases: {said or 'nothing'}."
