"""The report as Markdown: for a chat, a ticket or a terminal."""

from __future__ import annotations

from assets.fleet.logic.report import wording
from assets.fleet.logic.report.changes import Change
from assets.fleet.logic.report.data import ReportData
from assets.fleet.logic.report.fleet_page import concerns, counts, fleet_page
from assets.pages import markdown as parts
from assets.pages.snapshots import Changes


def markdown(data: ReportData, changes: Changes[Change]) -> str:
    """The fleet's page without charts; links lead to the pages of databases."""
    links = dict.fromkeys((row["database_id"] for row in data.databases), "")
    page = fleet_page(data, changes, links)
    levels = counts(data)
    said = ", ".join(f"{levels[level]} {level}" for level in wording.LEVELS)
    sections = [
        f"# Database fleet, {wording.moment(data.now)} UTC",
        f"## What changed{f' since {wording.moment(changes.since)}' if changes.since else ''}",
        changes.remark or parts.table(page["changes_table"]),
        "## The fleet",
        f"{wording.count(len(data.databases), 'database')}: {said}. Not monitored: {parts.escaped(page['not_monitored'])}.",
        *parts.concerns(concerns(data)),
        "## Incidents",
        parts.table(page["incidents"]),
        "## Databases, the worst first",
        parts.table(page["databases"]),
        "## Capacity",
        f"{page['soonest'].caption}\n\n{parts.table(page['soonest'])}",
        "## Recommendations",
        parts.table(page["recommendations"]),
    ]
    return "\n\n".join(sections) + "\n"
