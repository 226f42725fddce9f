"""The fleet report: what changed comes first, unknown is said everywhere, and nothing from the data is markup."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape

import polars as pl
import pytest

from assets.fleet.logic.recommendations.life import recommended
from assets.fleet.logic.recommendations.proposals import Cost
from assets.fleet.logic.report import wording
from assets.fleet.logic.report.changes import compared, snapshot
from assets.fleet.logic.report.data import ReportData
from assets.fleet.logic.report.making import MARKDOWN, PAGE, make, page_names
from assets.pages.svg import Bar, Chart, bars
from tests.logic.fleet import estate

HOSTILE = "<img src=x onerror=alert(1)>|`x`"
DAY = timedelta(days=1)


def busy(name: str = "orders", **fields) -> ReportData:
    """A fleet of which much is known."""
    rows = [estate.database(name, **fields), estate.database("crm", environment="dev", region="eu-zurich-1")]
    first = rows[0]
    facts = estate.facts(first, estate.hours(lambda _: 95), Cost(Decimal(900), "EUR"))
    found, _ = recommended([facts], [], estate.NOW)
    incident = {
        "incident_id": "i", "start": estate.NOW - DAY, "end": estate.NOW, "is_open": True, "databases": [first["database_id"]],
        "said": f"CPU of {first['database_id']} alone",
    }  # fmt: skip
    anomaly = {
        "incident_id": "i", "database_id": first["database_id"], "metric": "cpu_utilization", "start": estate.NOW - DAY,
        "end": estate.NOW, "direction": "up", "value": 91.0, "expected": 40.0, "is_open": True,
    }  # fmt: skip
    return estate.report_data(
        rows,
        status=[
            estate.status(first, level="critical", reason="cpu_utilization"),
            estate.status(first, "cpu_utilization", "critical", 91.0),
            estate.status(rows[1]),
        ],
        measured=[
            estate.measured(first, "cpu_utilization", 91.0),
            estate.measured(first, "memory_utilization", None),
            estate.measured(rows[1], "cpu_utilization", 12.0),
        ],
        history=estate.history(rows),
        waits=[estate.wait(first)],
        statements=[estate.statement(first, text="SELECT '<b>' FROM t WHERE a < :1")],
        anomalies=[anomaly],
        incidents=[incident],
        capacity=[estate.capacity(row, level) for row in rows for level in (80.0, 90.0, 100.0)],
        recommendations=found,
        costs={first["database_id"]: Cost(Decimal(900), "EUR")},
    )


def text_of(html: bytes) -> str:
    """What a reader sees, without titles of charts."""
    return re.sub(r"\s+", " ", re.sub(r"<title>.*?</title>|<style>.*?</style>|<[^>]+>", " ", html.decode(), flags=re.DOTALL))


def page_of(report, data: ReportData, place: int = 0) -> str:
    return text_of(report.files[page_names(data.databases)[data.databases[place]["database_id"]]])


def after(before: ReportData, now: ReportData) -> list[tuple[str, str, str]]:
    """What the report says to have changed, a day later."""
    _, kept = compared(None, snapshot(before))
    found, _ = compared(kept, snapshot(replace(now, now=before.now + DAY)))
    return [(one.kind, one.name, one.said) for one in found.changes]


def test_the_page_of_the_fleet_begins_with_what_changed_and_shows_the_worst_first():
    data = busy()
    before = make(replace(data, now=data.now - DAY, incidents=[], recommendations=[]), None)
    text = text_of(make(data, before.kept).files[PAGE])
    assert text.index("new incident") < text.index("Not monitored")
    table = text[text.index("Databases, the worst first") :]
    assert table.index("orders") < table.index("crm")
    assert "CPU of orders alone" in text


def test_no_incident_is_no_good_news_of_databases_that_nobody_measured():
    data = replace(busy(), incidents=[])
    assert "Open incidents 0" in text_of(make(data, None).files[PAGE])
    orders = data.databases[0]["database_id"]
    half = replace(data, history=data.history.filter(pl.col("database_id") == orders))
    assert "Open incidents 0 1 not judged" in text_of(make(half, None).files[PAGE])
    silent = replace(data, history=data.history.clear())
    assert "Open incidents unknown nothing was measured of late" in text_of(make(silent, None).files[PAGE])


def test_the_same_data_give_the_same_bytes_and_the_pages_link_to_each_other():
    data = busy()
    one, two = make(data, None), make(data, None)
    assert one.files == two.files
    names = page_names(data.databases).values()
    assert set(names) < set(one.files)
    assert all(f'href="{name}"' in one.files[PAGE].decode() for name in names)
    assert all('href="../report.html"' in one.files[name].decode() for name in names)


def test_pages_fetch_nothing_and_run_nothing():
    for path, content in make(busy(), None).files.items():
        page = content.decode()
        if path.endswith(".html"):
            assert "default-src 'none'" in unescape(page)
            assert "<script" not in page
            assert not re.search(r"(src|href)=\"(https?:)?//", page)


@pytest.mark.parametrize("fields", [{"display_name": HOSTILE}, {"lifecycle_details": HOSTILE}, {"environment": HOSTILE}])
def test_nothing_from_the_data_is_markup(fields):
    data = busy(**fields)
    report = make(data, None)
    for path, content in report.files.items():
        page = content.decode()
        assert "<img" not in re.sub(r"\\<", "", page) if path == MARKDOWN else "<img" not in page
        assert "SELECT '<b>'" not in page
    assert "SELECT &#39;&lt;b&gt;&#39;" in "".join(content.decode() for content in report.files.values())


def test_a_fleet_of_which_nothing_is_known_is_unknown_everywhere_and_never_well():
    data = estate.report_data(
        [estate.database(compute_count=None, data_storage_gb=None, backup_retention_days=None, environment=None)]
    )
    report = make(data, None)
    text = text_of(report.files[PAGE])
    assert "Unknown 1" in text
    assert "Ok 0" in text
    page = page_of(report, data)
    assert "orders unknown" in page
    for said in (
        "Cost of 30 days unknown",
        "Backups are kept unknown",
        "Storage full in unknown",
        "CPU unknown not measured yet",
        "Anomalies Unknown: nothing was measured",
    ):
        assert said in page
    assert "0 %" not in page


def test_a_database_that_could_not_be_looked_at_is_not_ok_though_it_was():
    row = estate.database(unknown_since=estate.NOW - DAY, unknown_reason="eu-frankfurt-1 did not answer")
    data = estate.report_data([row], status=[estate.status(row, level="ok")])
    assert data.level(row["database_id"]) == "unknown"
    report = make(data, None)
    assert "1 database could not be looked at: orders" in text_of(report.files[PAGE])
    assert "eu-frankfurt-1 did not answer" in page_of(report, data)


def test_places_that_could_not_be_listed_and_kinds_that_are_not_monitored_are_told():
    place = {"region": "eu-zurich-1", "compartment": "acme/dev", "reason": "not authorized"}
    places = [
        {**place, "kind": "Autonomous Database", "is_monitored": True, "is_listed": False, "databases": None},
        {**place, "kind": "base database", "is_monitored": False, "is_listed": True, "databases": 3},
        {**place, "kind": "others", "is_monitored": False, "is_listed": False, "databases": None},
    ]
    text = text_of(make(estate.report_data(places=places), None).files[PAGE])
    assert "acme/dev in eu-zurich-1 could not be listed (Autonomous Database): not authorized" in text
    assert "Not monitored: 3 base database, unknown in 1 place that could not be listed." in text


def test_what_is_not_measured_says_why_and_what_cannot_be_had_is_told_apart():
    row = estate.database()
    measured = [
        estate.measured(row, "cpu_utilization", None),
        estate.measured(row, "memory_utilization", None, status="unavailable", reason="no access to gv$pgastat"),
    ]
    data = estate.report_data([row], measured=measured)
    page = page_of(make(data, None), data)
    assert "CPU unknown it did not answer in 30 s" in page
    assert "Process memory unavailable no access to gv$pgastat" in page


def test_every_kind_of_change_is_told():
    before = busy()
    first, second = before.databases
    gone = replace(before, databases=[first])
    assert ("fleet", "crm", "gone; it was AVAILABLE") in after(before, gone)
    assert ("fleet", "crm", "new in the fleet, AVAILABLE") in after(gone, before)
    role = replace(before, databases=[{**first, "role": "STANDBY", "lifecycle_state": "STANDBY", "compute_count": 4.0}, second])
    assert {said for _, _, said in after(before, role)} >= {
        "without Data Guard → STANDBY", "AVAILABLE → STANDBY", "8 CPUs, 1,000 GB → 4 CPUs, 1,000 GB",
    }  # fmt: skip
    calm = replace(before, status=[estate.status(first), estate.status(second)], incidents=[], recommendations=[])
    said = after(before, calm)
    assert ("status", "orders", "critical → ok") in said
    assert ("incident", "over", "CPU of orders alone") in said
    assert any(kind == "recommendation" and text.startswith("resolved:") for kind, _, text in said)
    assert any(kind == "recommendation" and text.startswith("new:") for kind, _, text in after(calm, before))
    sooner = replace(before, capacity=[estate.capacity(first, days=10, earliest_days=8, latest_days=20)])
    assert ("capacity", "orders", "storage full: 40 days (30 – 70) → 10 days (8 – 20)") in after(before, sooner)


def test_a_forecast_that_moves_with_the_day_has_not_moved():
    before = busy()
    moved = replace(before, capacity=[{**row, "days": 39} for row in before.capacity])
    assert after(before, moved) == []


def test_compared_is_with_the_day_before_however_often_the_report_is_made_today():
    data = busy()
    calm = replace(data, incidents=[])
    _, kept = compared(None, snapshot(replace(calm, now=data.now - DAY)))
    first, kept = compared(kept, snapshot(data))
    again, kept = compared(kept, snapshot(replace(data, now=data.now + timedelta(hours=2))))
    assert [one.kind for one in first.changes] == [one.kind for one in again.changes] == ["incident"]
    next_day, _ = compared(kept, snapshot(replace(data, now=data.now + DAY)))
    assert next_day.changes == ()
    assert next_day.since == data.now + timedelta(hours=2)


@pytest.mark.parametrize("kept", [b"", b"{", b"[1]", b'[{"at": "2026-11-15"}]'])
def test_a_snapshot_that_cannot_be_read_prevents_no_report_and_is_told(kept):
    report = make(busy(), kept)
    assert "cannot be read" in text_of(report.files[PAGE])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"answer": "forecast", "days": 40, "earliest_days": 30, "latest_days": None}, "40 days (30 – 365+)"),
        ({"answer": "not within a year", "days": None, "earliest_days": None}, "not within a year"),
        ({"answer": "not within a year", "days": None, "earliest_days": 90}, "not within a year (earliest in 90 days)"),
        ({"answer": "shrinking", "days": None}, "shrinking"),
        ({"answer": "reached", "days": 0}, "reached"),
        ({"answer": "unknown", "days": None, "needs_days": 5}, "unknown: needs 5 days"),
        ({"answer": "unknown", "days": None}, "unknown"),
    ],
)
def test_answers_of_capacity_are_told_apart(fields, said):
    assert wording.full(estate.capacity(estate.database(), **fields)) == said


def test_a_chart_breaks_where_nothing_was_measured_and_keeps_its_peaks():
    points = [(estate.NOW + timedelta(hours=n), 900.0 if n == 777 else 5.0) for n in range(1000) if n not in range(300, 330)]
    drawn = str(Chart("CPU", points, timedelta(hours=3)).svg())
    assert drawn.count('<polyline class="line"') == 2
    heights = [float(pair.split(",")[1]) for line in re.findall(r'points="([^"]+)"', drawn) for pair in line.split()]
    assert min(heights) < 30
    assert len(heights) <= 500
    assert str(Chart("CPU", [], timedelta(hours=3)).svg()) == ""


def test_bars_show_every_part_and_their_sum():
    drawn = str(bars("By region", [Bar("<eu>", [("critical", 2), ("ok", 3)])]))
    assert "<eu>" not in drawn.replace("&lt;eu&gt;", "")
    assert "&lt;eu&gt;: 2 critical" in drawn
    assert ">5</text>" in drawn
