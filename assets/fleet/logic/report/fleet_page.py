"""What the page of the fleet shows: what changed, how many stand how, what happened at once, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from assets.fleet.logic.report import wording
from assets.fleet.logic.report.changes import Change
from assets.fleet.logic.report.data import ReportData, Row
from assets.pages.content import Card, Cell, Figure, Table
from assets.pages.snapshots import Changes
from assets.pages.svg import Bar, bars

_MOST_RECOMMENDATIONS = 30
_SOON = 60
_OF_LATE = timedelta(days=2)
_GROUPS = (("Environment", "environment"), ("Region", "region"), ("Role", "role"))
_METRICS = ("cpu_utilization", "memory_utilization", "storage_utilization", "response_time_seconds")
_CHANGE_TONES = {"bad": "bad", "good": "good"}


def fleet_page(data: ReportData, changes: Changes[Change], links: Mapping[str, str]) -> dict[str, Any]:
    """Variables of the template.

    Args:
        data: What it shows.
        changes: What changed.
        links: Address of each database's page, by OCID.
    """
    return {
        "changes": changes,
        "changes_table": _changes(changes, links),
        "cards": _cards(data),
        "concerns": concerns(data),
        "groups": [_group(data, label, column) for label, column in _GROUPS],
        "not_monitored": _not_monitored(data),
        "incidents": _incidents(data, links),
        "databases": _databases(data, links),
        "soonest": _soonest(data, links),
        "recommendations": _recommendations(data, links),
        "more_recommendations": max(len(_live(data)) - _MOST_RECOMMENDATIONS, 0),
    }


def counts(data: ReportData) -> Counter[str]:
    """Databases by level."""
    return Counter(data.level(row["database_id"]) for row in data.databases)


def concerns(data: ReportData) -> list[str]:
    """Why what the report says may not be all there is."""
    found = [
        f"{row['compartment']} in {row['region']} could not be listed ({row['kind']}): {row['reason']}"
        for row in data.places
        if not row["is_listed"]
    ]
    lost = [row for row in data.databases if row["unknown_since"] is not None]
    if lost:
        names = ", ".join(wording.short(row["display_name"], 40) for row in lost[:5])
        found.append(f"{wording.count(len(lost), 'database')} could not be looked at: {names}{' …' if len(lost) > 5 else ''}")
    silent = _silent(data)
    if silent:
        found.append(
            f"{wording.count(silent, 'measurement')} of databases that run {'is' if silent == 1 else 'are'} unknown; "
            "their pages say why."
        )
    if data.status:
        last = max(row["assessed_at"] for row in data.status)
        if (data.now - last).total_seconds() > 24 * 3600:
            found.append(f"The status was last judged {wording.since(last, data.now)} ago.")
    return found


def _silent(data: ReportData) -> int:
    return sum(row["status"] == "unknown" for row in data.measured)


def _cards(data: ReportData) -> list[Card]:
    levels = counts(data)
    live = _live(data)
    full = [row for row in data.capacity if row["resource"] == "storage" and row["level_percent"] == 100]
    soon = [row for row in full if row["answer"] == "reached" or (row["earliest_days"] or _SOON + 1) <= _SOON]
    unknown_full = sum(row["answer"] == "unknown" for row in full)
    return [
        Card("Databases", wording.count(len(data.databases)), detail=_states(data)),
        *(
            Card(level.capitalize(), wording.count(levels[level]), wording.TONES[level] if levels[level] else "")
            for level in wording.LEVELS
        ),
        _incidents_open(data),
        Card(f"Storage may be full in {_SOON} days", wording.count(len(soon)), "warn" if soon else "", f"{unknown_full} unknown"),
        Card("Recommendations", wording.count(len(live)), detail=f"{sum(row['state'] == 'new' for row in live)} new"),
    ]  # fmt: skip


def _incidents_open(data: ReportData) -> Card:
    """How many, beside how many databases have no values of late in which anything could be unusual."""
    judged = set(data.history.filter(pl.col("time") >= data.now - _OF_LATE)["database_id"])
    unjudged = sum(row["database_id"] not in judged for row in data.databases)
    found = sum(row["is_open"] for row in data.incidents)
    if not found and unjudged == len(data.databases):
        return Card("Open incidents", wording.UNKNOWN, detail="nothing was measured of late")
    return Card("Open incidents", wording.count(found), "warn" if found else "", f"{unjudged} not judged" if unjudged else "")


def _states(data: ReportData) -> str:
    states = Counter(row["lifecycle_state"] for row in data.databases)
    return ", ".join(f"{number} {state}" for state, number in states.most_common())


def _group(data: ReportData, label: str, column: str) -> Figure:
    found: dict[str, Counter[str]] = {}
    usual = "no Data Guard" if column == "role" else wording.UNKNOWN
    for row in data.databases:
        found.setdefault(str(row[column] or usual), Counter())[data.level(row["database_id"])] += 1
    ordered = sorted(found.items(), key=lambda one: (-one[1].total(), one[0]))
    rows = [Bar(wording.short(name, 20), [(level, levels[level]) for level in wording.LEVELS]) for name, levels in ordered]
    return Figure(label, bars(f"Databases by {label.lower()} and level", rows), "There is no database.")


def _not_monitored(data: ReportData) -> str:
    found: Counter[str] = Counter()
    unknown = 0
    for row in data.places:
        if row["is_monitored"]:
            continue
        if row["databases"] is None:
            unknown += 1
        else:
            found[row["kind"]] += row["databases"]
    said = [f"{number} {kind}" for kind, number in sorted(found.items()) if number]
    if unknown:
        said.append(f"unknown in {wording.count(unknown, 'place')} that could not be listed")
    return ", ".join(said) or "none"


def _changes(changes: Changes[Change], links: Mapping[str, str]) -> Table:
    rows = [
        (
            Cell(one.kind),
            Cell(wording.short(one.name), link=links.get(one.database_id or "", "")),
            Cell(one.said, _CHANGE_TONES.get(one.tone, "")),
        )
        for one in changes.changes
    ]
    return Table("What changed", ("What", "Where", "Change"), rows, "Nothing changed.")


def _incidents(data: ReportData, links: Mapping[str, str]) -> Table:
    ordered = sorted(data.incidents, key=lambda row: (not row["is_open"], -row["start"].timestamp()))
    rows = [
        (
            Cell("open" if row["is_open"] else "over", "bad" if row["is_open"] else "muted"),
            Cell(wording.moment(row["start"])),
            Cell(wording.since(row["start"], row["end"])),
            Cell(
                wording.count(len(row["databases"]), "database"),
                link=links.get(row["databases"][0], "") if len(row["databases"]) == 1 else "",
            ),
            Cell(data.named(row["said"])),
        )
        for row in ordered
    ]
    return Table("Incidents", ("", "Began (UTC)", "Lasted", "Scope", "What"), rows, "No incident in this time.")


def _databases(data: ReportData, links: Mapping[str, str]) -> Table:
    columns = ("Database", "Status", "Since", "CPU", "Memory", "Storage", "Response", "Storage full in", "Role", "State",
               "Environment", "Region", "To do")  # fmt: skip
    return Table(
        "Databases, the worst first", columns, [_database(data, row, links) for row in data.worst_first], "There is no database."
    )


def _database(data: ReportData, row: Row, links: Mapping[str, str]) -> Sequence[Cell]:
    key = row["database_id"]
    overall, level = data.levels.get((key, "overall")), data.level(key)
    full = data.full.get((key, "storage", 100.0))
    live = data.recommended.get(key, ())
    urgent = full is not None and (full["answer"] == "reached" or (full["earliest_days"] or _SOON + 1) <= _SOON)
    return (
        Cell(wording.short(row["display_name"], 40), link=links[key], title=key),
        Cell(level, wording.TONES[level], title=(overall["reason"] or "") if overall else "nobody judged it yet"),
        Cell(wording.since(overall["since"], data.now) if overall else wording.UNKNOWN),
        *(_value(data, key, metric) for metric in _METRICS),
        Cell(wording.full(full), "bad" if urgent else _muted(full), title=(full["reason"] or "") if full else ""),
        Cell(row["role"] or "–"),
        Cell(row["lifecycle_state"], title=row["lifecycle_details"] or ""),
        Cell(row["environment"] or wording.UNKNOWN, "" if row["environment"] else "muted"),
        Cell(row["region"]),
        Cell(wording.count(len(live)), number=True),
    )


def _muted(full: Row | None) -> str:
    return "muted" if full is None or full["answer"] == "unknown" else ""


def _value(data: ReportData, key: str, metric: str) -> Cell:
    """The last value of a metric, coloured by its level; with the reason where there is none."""
    measured, status = data.values.get((key, metric)), data.levels.get((key, metric))
    if measured is None or measured["value"] is None:
        reason = measured["reason"] if measured else "not measured yet"
        said = "unavailable" if measured and measured["status"] == "unavailable" else wording.UNKNOWN
        return Cell(said, "muted", number=True, title=reason or "")
    level = status["level"] if status else ""
    return Cell(wording.quantity(measured["value"], measured["unit"]), wording.TONES.get(level, ""), number=True)


def _soonest(data: ReportData, links: Mapping[str, str]) -> Table:
    rows = [row for row in data.capacity if row["level_percent"] == 100 and row["database_id"] in data.names]
    near = [r for r in rows if r["answer"] in ("reached", "forecast") or (r["earliest_days"] or _SOON + 1) <= _SOON]
    near.sort(key=lambda r: (-1 if r["answer"] == "reached" else r["earliest_days"], data.names[r["database_id"]]))
    shown = [
        (
            Cell(wording.short(data.names[r["database_id"]], 40), link=links[r["database_id"]]),
            Cell(r["resource"]),
            Cell(f"{wording.number(r['used'])} of {wording.quantity(r['capacity'], r['unit'])}", number=True),
            Cell(f"{r['per_day']:+,.2f} {r['unit']}" if r["per_day"] is not None else wording.UNKNOWN, number=True),
            *(Cell(wording.full(data.full.get((r["database_id"], r["resource"], level)))) for level in (80.0, 90.0, 100.0)),
            Cell({True: "yes", False: "no", None: wording.UNKNOWN}[r["is_auto_scaling"]]),
        )
        for r in near
    ]
    others = Counter(r["answer"] for r in rows if r not in near)
    said = ", ".join(f"{number} {answer}" for answer, number in sorted(others.items()))
    columns = ("Database", "Of", "Used", "A day", "80 %", "90 %", "100 %", "Grows by itself")
    caption = f"Days until full: likely (earliest – latest, 80 %). Not shown: {said or 'none'}."
    return Table(caption, columns, shown, f"Nothing is full within a year. {said}")


def _live(data: ReportData) -> list[Row]:
    return [row for row in data.recommendations if row["state"] != "resolved"]


def _recommendations(data: ReportData, links: Mapping[str, str]) -> Table:
    rows = [
        (
            Cell(row["severity"], wording.TONES[row["severity"]]),
            Cell(wording.number(row["impact"]), number=True),
            Cell(wording.short(row["display_name"], 40), link=links.get(row["database_id"], "")),
            Cell(row["category"]),
            Cell(row["title"], title=row["reason"]),
            Cell(row["effort"]),
            Cell(
                wording.money_change(row["cost_effect_30d"], row["currency"]),
                "" if row["cost_effect_30d"] is not None else "muted",
                number=True,
                title=row["cost_note"],
            ),
            Cell(row["state"], "up" if row["state"] == "new" else ""),
        )
        for row in _first(_live(data), _MOST_RECOMMENDATIONS)
    ]
    columns = ("Severity", "Impact", "Database", "Category", "What", "Effort", "Cost in 30 days, at most", "")
    return Table("Recommendations, the greatest impact first", columns, rows, "Nothing is recommended.")


def _first(rows: Iterable[Row], number: int) -> list[Row]:
    return sorted(rows, key=lambda row: (-row["impact"], row["recommendation_id"]))[:number]
