"""What the page of one database shows: its shape, how it stands and did, when it is full, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import polars as pl

from assets.fleet.logic.recommendations.proposals import Cost
from assets.fleet.logic.report import wording
from assets.fleet.logic.report.data import DAYS, ReportData, Row
from assets.pages.content import Card, Cell, Figure, Table
from assets.pages.svg import Chart, Span, Threshold

_CHARTS = ("cpu_utilization", "storage_used_gb", "sessions", "execute_count")
_ASKED = ("response_time_seconds", "memory_utilization", "wait_seconds_per_second")
_GAP, _ASKED_GAP = timedelta(hours=3), timedelta(hours=50)
_AHEAD_DAYS = 60
_LEAST_POINTS = 3


def database_page(data: ReportData, row: Row, of: Mapping[str, Any]) -> dict[str, Any]:
    """Variables of the template.

    Args:
        data: Of the whole fleet.
        row: The database's row of fleet/databases.
        of: The database's own rows: history and asked by metric, waits, statements, anomalies.
    """
    key = row["database_id"]
    overall = data.levels.get((key, "overall"))
    level = data.level(key)
    return {
        "row": row,
        "level": level,
        "level_tone": wording.TONES[level],
        "level_said": _level_said(data, overall, row),
        "cards": _cards(data, key),
        "shape": _shape(data, row),
        "figures": [*_figures(data, row, of), *_asked(data, key, of)],
        "capacity": _capacity(data, key),
        "capacity_said": _capacity_said(data, key),
        "anomalies": _anomalies(of["anomalies"], is_watched=bool(of["history"] or of["asked"])),
        "waits": _waits(of["waits"]),
        "statements": _statements(of["statements"]),
        "recommendations": [_recommendation(one) for one in data.recommended.get(key, ())],
        "measured": _measured(data, key),
    }


def _level_said(data: ReportData, overall: Row | None, row: Row) -> str:
    if row["unknown_since"] is not None:
        return f"it could not be looked at since {wording.moment(row['unknown_since'])}: {row['unknown_reason']}"
    if overall is None:
        return "nobody judged it yet"
    said = f"since {wording.moment(overall['since'])} ({wording.since(overall['since'], data.now)})."
    return f"{said} {overall['reason'] or ''}".strip()


def _cards(data: ReportData, key: str) -> list[Card]:
    cards = []
    for metric in ("cpu_utilization", "memory_utilization", "storage_utilization", "response_time_seconds", "blocked_sessions"):
        status, measured = data.levels.get((key, metric)), data.values.get((key, metric))
        tone = wording.TONES.get(status["level"], "") if status else ""
        if measured is None or measured["value"] is None:
            reason = (measured["reason"] if measured else None) or "not measured yet"
            cards.append(Card(wording.metric(metric), _missing(measured), "muted", reason))
            continue
        marks = f"warning {wording.number(status['warning'])}, critical {wording.number(status['critical'])}" if status else ""
        cards.append(Card(wording.metric(metric), wording.quantity(measured["value"], measured["unit"], 2), tone, marks))
    full = data.full.get((key, "storage", 100.0))
    cards.append(Card("Storage full in", wording.full(full), detail=(full["reason"] or "") if full else "not forecast yet"))
    return cards


def _missing(measured: Row | None) -> str:
    return "unavailable" if measured is not None and measured["status"] == "unavailable" else wording.UNKNOWN


def _shape(data: ReportData, row: Row) -> list[tuple[str, str]]:
    key = row["database_id"]
    cost = data.costs.get(key, Cost(None, None, "not looked for"))
    model = row["compute_model"] or "CPUs"
    yes = {True: "yes", False: "no", None: wording.UNKNOWN}
    backups = wording.UNKNOWN if row["backup_retention_days"] is None else wording.count(row["backup_retention_days"], "day")
    return [
        ("OCID", key),
        ("Name inside the tenancy", row["db_name"]),
        ("Where", f"{row['compartment'] or wording.UNKNOWN}, {row['region']}"),
        ("Environment", row["environment"] or f"{wording.UNKNOWN}: it has no tag environment"),
        ("State", f"{row['lifecycle_state']}{' – ' + row['lifecycle_details'] if row['lifecycle_details'] else ''}"),
        ("Role", row["role"] or "without Data Guard"),
        ("Standbys", _standbys(row)),
        ("Workload, version", f"{row['workload'] or wording.UNKNOWN}, {row['db_version'] or wording.UNKNOWN}"),
        ("Compute", f"{wording.number(row['compute_count'])} {model}; auto-scaling: {yes[row['is_auto_scaling_enabled']]}"),
        (
            "Storage",
            f"{wording.quantity(row['data_storage_gb'], 'GB', 0)}; "
            f"grows by itself: {yes[row['is_storage_auto_scaling_enabled']]}",
        ),
        ("Backups are kept", backups),
        ("Protected by a tag", yes[row["is_protected"]]),
        ("Made", wording.moment(row["time_created"])),
        ("Cost of 30 days", wording.money(cost.amount, cost.currency) + (f": {cost.reason}" if cost.reason else "")),
        ("Last seen", f"{wording.moment(row['seen_at'])} UTC"),
    ]


def _standbys(row: Row) -> str:
    found = json.loads(row["standbys"] or "[]")
    said = []
    for one in found:
        lag = wording.UNKNOWN if one["lag_seconds"] is None else wording.quantity(one["lag_seconds"], "s")
        where = one["region"] or "same region"
        said.append(f"{one['kind']}, {where}, {one['lifecycle_state'] or wording.UNKNOWN}, lag {lag}")
    return "; ".join(said) or "none that it tells of"


def _figures(data: ReportData, row: Row, of: Mapping[str, Any]) -> list[Figure]:
    key, history = row["database_id"], of["history"]
    found = []
    for metric in _CHARTS:
        points = _points(history, metric)
        marks = [*_thresholds(data, key, metric)]
        ahead: list[tuple[datetime, float]] = []
        if metric == "storage_used_gb":
            ahead = _ahead(data, key)
            if row["data_storage_gb"]:
                marks = [Threshold(row["data_storage_gb"], "limit", f"allocated: {row['data_storage_gb']:,.0f} GB")]
        spans = [_span(one) for one in of["anomalies"] if one["metric"] == metric]
        unit = {"cpu_utilization": "%", "storage_used_gb": "GB"}.get(metric, "")
        title = f"{wording.metric(metric)}{f' in {unit}' if unit else ''}"
        found.append(
            Figure(title, Chart(title, points, _GAP, marks, spans, ahead, data.now - timedelta(days=DAYS), data.now).svg())
        )
    return found


def _asked(data: ReportData, key: str, of: Mapping[str, Any]) -> list[Figure]:
    """What the database says of itself, one value a collection."""
    found = []
    for metric in _ASKED:
        points = _points(of["asked"], metric)
        if len(points) < _LEAST_POINTS:
            continue
        last = data.values.get((key, metric))
        title = f"{wording.metric(metric)} in {last['unit']}" if last else wording.metric(metric)
        chart = Chart(
            title, points, _ASKED_GAP, _thresholds(data, key, metric), start=data.now - timedelta(days=DAYS), end=data.now
        )
        found.append(Figure(title, chart.svg()))
    return found


def _points(rows: Mapping[str, pl.DataFrame], metric: str) -> list[tuple[datetime, float]]:
    found = rows.get(metric)
    return [] if found is None else list(zip(found["time"].to_list(), found["value"].to_list(), strict=True))


def _thresholds(data: ReportData, key: str, metric: str) -> list[Threshold]:
    status = data.levels.get((key, metric))
    if status is None:
        return []
    return [
        Threshold(status[name], name, f"{name}: {wording.quantity(status[name], status['unit'])}")
        for name in ("warning", "critical")
        if status[name] is not None
    ]


def _ahead(data: ReportData, key: str) -> list[tuple[datetime, float]]:
    row = data.full.get((key, "storage", 100.0))
    if row is None or row["per_day"] is None or row["used"] is None or row["answer"] in ("unknown", "reached"):
        return []
    begin = datetime.combine(row["last_day"], time(12), UTC)
    days = min(row["days"] or _AHEAD_DAYS, _AHEAD_DAYS)
    return [(begin, row["used"]), (begin + timedelta(days=days), max(row["used"] + row["per_day"] * days, 0.0))]


def _span(one: Row) -> Span:
    said = f"anomaly, {one['direction']}: {wording.number(one['value'])} where {wording.number(one['expected'])} was expected"
    return Span(one["start"], one["end"], said)


def _capacity(data: ReportData, key: str) -> Table:
    rows = []
    for resource in ("storage", "cpu"):
        found = [data.full.get((key, resource, level)) for level in (80.0, 90.0, 100.0)]
        last = found[-1]
        if last is None:
            continue
        growth = wording.UNKNOWN if last["per_day"] is None else f"{last['per_day']:+,.2f} {last['unit']}"
        rows.append(
            (
                Cell(resource),
                Cell(f"{wording.number(last['used'])} of {wording.quantity(last['capacity'], last['unit'])}", number=True),
                Cell(growth, number=True),
                *(Cell(wording.full(one), title=(one["reason"] or "") if one else "") for one in found),
            )
        )
    return Table("Days until: likely (earliest – latest, 80 %)", ("Of", "Used", "A day", "80 %", "90 %", "100 %"), rows,
                 "Not forecast yet.")  # fmt: skip


def _capacity_said(data: ReportData, key: str) -> str:
    row = data.full.get((key, "storage", 100.0))
    if row is None:
        return ""
    said = []
    if row["reason"]:
        said.append(f"Unknown: {row['reason']}.")
    if row["last_step_on"] is not None:
        way = "fell" if row["last_step_size"] < 0 else "rose"
        said.append(
            f"It {way} by {wording.quantity(abs(row['last_step_size']), row['unit'])} on {row['last_step_on']:%d %b}, which is "
            "left out of the growth."
        )
    if row["is_auto_scaling"]:
        said.append("The service adds storage by itself, up to three times what is allocated: full is then a matter of cost.")
    return " ".join(said)


def _anomalies(rows: Sequence[Row], *, is_watched: bool) -> Table:
    shown = [
        (
            Cell("open" if one["is_open"] else "over", "bad" if one["is_open"] else "muted"),
            Cell(wording.metric(one["metric"])),
            Cell(wording.moment(one["start"])),
            Cell(wording.moment(one["end"])),
            Cell(one["direction"]),
            Cell(wording.number(one["value"], 2), number=True),
            Cell(wording.number(one["expected"], 2), number=True),
        )
        for one in sorted(rows, key=lambda row: -row["start"].timestamp())
    ]
    columns = ("", "Metric", "From (UTC)", "To", "Direction", "Value", "Expected")
    none = "None was found" if is_watched else "Unknown: nothing was measured"
    return Table("Anomalies", columns, shown, f"{none} in the last {DAYS} days.")


def _waits(rows: Sequence[Row]) -> Table:
    shown = [
        (
            Cell(one["event"]),
            Cell(one["wait_class"] or wording.UNKNOWN),
            Cell(wording.number(one["waits"], 0), number=True),
            Cell(wording.number(one["seconds"]), number=True),
            Cell(wording.share(one["share"]), number=True),
        )
        for one in rows
    ]
    said = "Not known: it takes two collections, and access to the view."
    return Table(_between(rows), ("Event", "Class", "Waits", "Seconds", "Share"), shown, said)


def _statements(rows: Sequence[Row]) -> Table:
    shown = [
        (
            Cell(one["sql_id"], code=True),
            Cell(one["sql_text"] or wording.UNKNOWN, code=True),
            Cell(wording.number(one["executions"], 0), number=True),
            Cell(wording.number(one["elapsed_seconds"]), number=True),
            Cell(wording.number(one["seconds_per_execution"], 3), number=True),
            Cell(wording.number(one["buffer_gets"], 0), number=True),
            Cell(wording.number(one["disk_reads"], 0), number=True),
            Cell(wording.share(one["share"]), number=True),
        )
        for one in rows
    ]
    columns = ("sql_id", "Statement", "Executions", "Seconds", "Each", "Blocks", "From storage", "Share")
    return Table(_between(rows), columns, shown, "Not known: it takes two collections, and access to the view.")


def _between(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    return f"From {wording.moment(rows[0]['interval_start'])} to {wording.moment(rows[0]['collected_at'])} UTC"


def _recommendation(row: Row) -> dict[str, Any]:
    return {
        **row,
        "tone": wording.TONES[row["severity"]],
        "impact_said": wording.number(row["impact"]),
        "cost": f"{wording.money_change(row['cost_effect_30d'], row['currency'])}{_note(row)}",
        "first_seen_said": wording.moment(row["first_seen"]),
    }


def _note(row: Row) -> str:
    if row["cost_effect_30d"] is None:
        return f" ({row['cost_note']})"
    return f" in 30 days ({row['cost_note']})" if row["cost_effect_30d"] else ""


def _measured(data: ReportData, key: str) -> Table:
    rows = [
        (
            Cell(wording.metric(row["metric"]), title=row["metric"]),
            Cell(
                wording.quantity(row["value"], row["unit"], 3) if row["value"] is not None else _missing(row),
                "" if row["value"] is not None else "muted",
                number=True,
            ),
            Cell(row["source"]),
            Cell(wording.moment(row["value_to"]) if row["value_to"] else (row["reason"] or "")),
        )
        for row in sorted(data.values_of.get(key, ()), key=lambda one: str(one["metric"]))
    ]
    return Table("Everything that was measured last", ("Metric", "Value", "By", "At (UTC), or why not"), rows, "Nothing yet.")
