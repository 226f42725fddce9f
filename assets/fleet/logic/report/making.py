"""Makes the report: a page of the fleet, a page for each database, Markdown, and what the next report is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from assets.fleet.logic.report import wording
from assets.fleet.logic.report.changes import Change, compared, snapshot
from assets.fleet.logic.report.data import ReportData, Row, grouped
from assets.fleet.logic.report.database_page import database_page
from assets.fleet.logic.report.fleet_page import fleet_page
from assets.fleet.logic.report.markdown import markdown
from assets.pages.rendering import rendered
from assets.pages.snapshots import Changes

PAGE, MARKDOWN, FOLDER = "report.html", "report.md", "databases"
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Report:
    """A report, ready to be stored.

    Attributes:
        files: Content by path relative to the report's folder; the page of the fleet is the last.
        changes: What changed since the report before.
        kept: What the next report is compared with.
    """

    files: Mapping[str, bytes]
    changes: Changes[Change]
    kept: bytes


def make(data: ReportData, kept: bytes | None) -> Report:
    """Make the report; the same data give the same bytes.

    Args:
        data: What it shows.
        kept: What the report before left to be compared with; None if there was none.
    """
    changes, keep = compared(kept, snapshot(data))
    links = page_names(data.databases)
    files = dict(_pages(data, links))
    files[MARKDOWN] = markdown(data, changes).encode()
    page = fleet_page(data, changes, links)
    subtitle = f"{wording.count(len(data.databases), 'database')}; made {wording.moment(data.now)} UTC."
    files[PAGE] = rendered(_HERE, "fleet.html.jinja", title="Database fleet", subtitle=subtitle, moment=wording.moment, **page)
    return Report(files, changes, keep)


def page_names(databases: Iterable[Row]) -> dict[str, str]:
    """Path of each database's page, by OCID: its name as far as a file's name can have it, and the end of the OCID."""
    found: dict[str, str] = {}
    for row in databases:
        plain = re.sub(r"[^A-Za-z0-9]+", "-", row["display_name"]).strip("-").lower()[:40]
        unique = re.sub(r"[^A-Za-z0-9]", "", row["database_id"])[-10:].lower()
        found[row["database_id"]] = f"{FOLDER}/{plain or 'database'}-{unique}.html"
    return found


def _pages(data: ReportData, links: Mapping[str, str]) -> Iterable[tuple[str, bytes]]:
    history, asked = _parts(data.history), _parts(data.asked)
    waits, statements, anomalies = grouped(data.waits), grouped(data.statements), grouped(data.anomalies)
    for row in data.databases:
        key = row["database_id"]
        of: dict[str, Any] = {
            "history": history.get(key, {}),
            "asked": asked.get(key, {}),
            "waits": waits.get(key, []),
            "statements": statements.get(key, []),
            "anomalies": anomalies.get(key, []),
        }
        page = database_page(data, row, of)
        made = f"Made {wording.moment(data.now)} UTC."
        yield (
            links[key],
            rendered(_HERE, "database.html.jinja", title=row["display_name"], subtitle=made, back=f"../{PAGE}", **page),
        )


def _parts(rows: pl.DataFrame) -> dict[str, dict[str, pl.DataFrame]]:
    """Rows by database and metric."""
    found: dict[str, dict[str, pl.DataFrame]] = {}
    for (key, metric), part in rows.partition_by("database_id", "metric", as_dict=True, maintain_order=True).items():
        found.setdefault(str(key), {})[str(metric)] = part
    return found
