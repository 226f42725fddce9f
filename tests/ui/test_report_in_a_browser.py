"""The FinOps report opened in headless Chromium from a file: its charts are drawn, and nothing from the data runs."""

import re
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.page import render
from assets.finops.tables import COST_ANOMALIES, DAILY_COSTS

pytestmark = pytest.mark.ui

LAST = date(2026, 3, 31)
NOW = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)
HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror=\'document.title="owned"\'>'
SERVICES = (("AWS", "Amazon EC2", "1200.5"), ("Oracle", "Compute", "800.25"), ("Oracle", HOSTILE, "333.33"))
CHARTS = 4


def _daily(currency="USD", days=90):
    records = [
        {
            "x_charge_date": LAST - timedelta(days=ago),
            "ProviderName": provider,
            "SubAccountId": HOSTILE,
            "ServiceName": service,
            "x_comparable_service": "Virtual machines" if service != HOSTILE else None,
            "RegionId": HOSTILE,
            "x_geography": HOSTILE,
            "BillingCurrency": currency,
            "BilledCost": Decimal(cost),
            "EffectiveCost": Decimal(cost),
            "x_lines": 1,
            "x_lines_without_cost": 0,
        }
        for ago in range(days)
        for provider, service, cost in SERVICES
    ]
    return pl.DataFrame(records, schema=DAILY_COSTS.schema)


def _anomalies():
    found = {
        "x_charge_date": LAST,
        "ProviderName": "Oracle",
        "ServiceName": HOSTILE,
        "BillingCurrency": "USD",
        "direction": "up",
        "actual": Decimal(500),
        "expected": Decimal(300),
        "impact": Decimal(200),
        "score": 6.5,
        "history_days": 20,
        "confidence": "low",
        "resource_ids": [HOSTILE],
    }
    return pl.DataFrame([found], schema=COST_ANOMALIES.schema)


def _opened(html, folder):
    """The document as it stands after its scripts have run."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not there: install the Debian package `chromium`.")
    page = folder / "report.html"
    page.write_text(html, encoding="utf-8")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --virtual-time-budget=10000 --enable-logging=stderr --dump-dom"
    )
    done = subprocess.run(
        [chromium, *flags.split(), f"--user-data-dir={folder / 'profile'}", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, re.findall(r"CONSOLE.*", done.stderr)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    daily = pl.concat([_daily(), _daily("MC", days=1)])
    data = ReportData(generated_at=NOW, daily=daily, anomalies=_anomalies())
    return _opened(render(data), tmp_path_factory.mktemp("report"))


def test_every_chart_is_drawn(opened):
    document, _ = opened
    assert document.count('data-state="drawn"') == 2 * CHARTS
    assert len(re.findall(r'<svg[^>]*class="marks"', document)) == 2 * CHARTS
    assert 'data-state="failed"' not in document


def test_the_charts_have_marks_of_the_data(opened):
    document, _ = opened
    trend = document.split('class="chart')[1].split("</svg>")[0]
    assert len(re.findall(r'aria-roledescription="bar"', trend)) == 90 * 2
    assert len(re.findall(r'aria-roledescription="point"', trend)) == 1


def test_the_browser_has_nothing_to_complain_about(opened):
    _, complaints = opened
    assert complaints == []


def test_the_figures_are_on_the_page(opened):
    document, _ = opened
    assert "210,067.20 USD" in document
    assert "2,334.08 MC" in document
    assert "36,015.00" in document


def test_a_hostile_name_is_shown_and_does_not_run(opened):
    document, _ = opened
    assert "<title>FinOps report, 1 Apr 2026</title>" in document
    assert "<img" not in re.sub(r"<script.*?</script>", "", document, flags=re.DOTALL)
    assert "&lt;/script&gt;&lt;script&gt;" in document


def test_a_page_without_data_opens_too(tmp_path):
    document, complaints = _opened(render(ReportData(generated_at=NOW, daily=pl.DataFrame())), tmp_path)
    assert "No costs yet" in document
    assert complaints == []
