"""The report as Markdown: for a chat, a ticket or a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assets.fleet.logic.report import wording
from assets.fleet.logic.report.changes import Changes
from assets.fleet.logic.report.content import Table
from assets.fleet.logic.report.data import ReportData
from assets.fleet.logic.report.fleet_page import concerns, counts, fleet_page

_MOST_ROWS = 40


def markdown(data: ReportData, changes: Changes) -> str:
    """The fleet's page without charts; links lead to the pages of databases."""
    links = dict.fromkeys((row["database_id"] for row in data.databases), "")
    page = fleet_page(data, changes, links)
    levels = counts(data)
    said = ", ".join(f"{levels[level]} {level}" for level in wording.LEVELS)
    parts = [
        f"# Database fleet, {wording.moment(data.now)} UTC",
        f"## What changed{f' since {wording.moment(changes.since)}' if changes.since else ''}",
        changes.remark or _table(page["changes_table"]),
        "## The fleet",
        f"{wording.count(len(data.databases), 'database')}: {said}. Not monitored: {_escaped(page['not_monitored'])}.",
        *_concerns(concerns(data)),
        "## Incidents",
        _table(page["incidents"]),
        "## Databases, the worst first",
        _table(page["databases"]),
        "## Capacity",
        f"{page['soonest'].caption}\n\n{_table(page['soonest'])}",
        "## Recommendations",
        _table(page["recommendations"]),
    ]
    return "\n\n".join(parts) + "\n"


def _concerns(found: Sequence[str]) -> list[str]:
    return ["**Before you trust it:**\n\n" + "\n".join(f"- {_escaped(one)}" for one in found)] if found else []


def _table(table: Table) -> str:
    if not table.rows:
        return _escaped(table.empty)
    lines = [_line(table.columns), "|" + "---|" * len(table.columns)]
    lines += [_line(_escaped(cell.text) for cell in row) for row in table.rows[:_MOST_ROWS]]
    if len(table.rows) > _MOST_ROWS:
        lines.append(f"\n… and {len(table.rows) - _MOST_ROWS} more, in the HTML page.")
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text that Markdown takes as text: no markup, no HTML, one line."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text.replace("\n", " "))
