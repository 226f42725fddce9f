"""Makes the report: a page, Markdown, and what the next report is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.layers.logic.report.changes import Change, compared, snapshot
from assets.layers.logic.report.data import ReportData
from assets.layers.logic.report.page import page
from assets.pages import markdown as parts
from assets.pages import wording
from assets.pages.rendering import rendered
from assets.pages.snapshots import Changes

PAGE, MARKDOWN = "report.html", "report.md"
_HERE = Path(__file__).parent
_TABLES = (
    ("Used and gone", "gone"), ("Usage", "usage"), ("Behind the newest version", "behind"), ("Orphaned versions", "orphans"),
    ("Runtimes", "runtimes"), ("Code storage", "storage"), ("For everybody", "public"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """A report, ready to be stored.

    Attributes:
        files: Content by path relative to the report's folder; the page is the last.
        summary: The Markdown, as text.
        changes: What changed since the report before.
        kept: What the next report is compared with.
    """

    files: Mapping[str, bytes]
    summary: str
    changes: Changes[Change]
    kept: bytes


def make(data: ReportData, kept: bytes | None) -> Report:
    """Make the report; the same data give the same bytes.

    Args:
        data: What it shows.
        kept: What the report before left to be compared with; None if there was none.
    """
    changes, keep = compared(kept, snapshot(data))
    shown = page(data, changes)
    subtitle = f"{wording.count(len(data.places), 'place')}; made {wording.moment(data.now)} UTC."
    html = rendered(_HERE, "layers.html.jinja", title="Lambda layers", subtitle=subtitle, moment=wording.moment, **shown)
    summary = _markdown(data, changes, shown)
    return Report({MARKDOWN: summary.encode(), PAGE: html}, summary, changes, keep)


def _markdown(data: ReportData, changes: Changes[Change], shown: Mapping[str, Any]) -> str:
    """The page without charts: for a chat, a ticket or the UI."""
    cards = "; ".join(
        f"{card.label.lower()}: {card.value}{f' ({card.detail})' if card.detail else ''}" for card in shown["cards"]
    )
    sections = [
        f"# Lambda layers, {wording.moment(data.now)} UTC",
        f"## What changed{f' since {wording.moment(changes.since)}' if changes.since else ''}",
        changes.remark or parts.table(shown["changes_table"]),
        parts.escaped(f"{cards[0].upper()}{cards[1:]}."),
        *parts.concerns(shown["concerns"]),
    ]
    for title, name in _TABLES:
        sections += [f"## {title}", parts.table(shown[name])]
    return "\n\n".join(sections) + "\n"
