"""The FinOps report opened in headless Chromium from a file: its charts are drawn, and nothing from the data runs."""

import re
import shutil
import subprocess

import pytest

from tests.logic.finops.report.plausible import made, report, whole

pytestmark = pytest.mark.ui


def _opened(page, folder):
    """The document as it stands after its scripts have run, and what the browser complained about."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not there: install the Debian package `chromium`.")
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --virtual-time-budget=10000 --enable-logging=stderr --dump-dom"
    )
    done = subprocess.run(
        [chromium, *flags.split(), f"--user-data-dir={folder / 'profile'}", file.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, re.findall(r"CONSOLE.*", done.stderr)


@pytest.fixture(scope="module")
def page():
    return whole(hostile=True).page


@pytest.fixture(scope="module")
def opened(page, tmp_path_factory):
    return _opened(page, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def unfolded(page, tmp_path_factory):
    """The page as a reader sees it who has unfolded everything."""
    return _opened(page.replace("<details>", "<details open>"), tmp_path_factory.mktemp("unfolded"))


def test_every_chart_that_is_in_sight_is_drawn_and_none_that_is_folded_away(page, opened):
    document, _ = opened
    folded = sum(fold.split("</details>")[0].count('class="chart"') for fold in page.split("<details>")[1:])
    assert document.count('data-state="drawn"') == page.count('class="chart"') - folded > 0
    assert folded > 0


def test_every_chart_is_drawn_once_unfolded(page, unfolded):
    document, _ = unfolded
    assert document.count('data-state="drawn"') == page.count('class="chart"')
    assert 'data-state="failed"' not in document


def test_the_charts_have_marks_of_the_data(opened):
    document, _ = opened
    trend = document.split('class="chart')[1].split("</svg>")[0]
    assert len(re.findall(r'aria-roledescription="bar"', trend)) >= 120


def test_the_browser_has_nothing_to_complain_about(opened, unfolded):
    assert (opened[1], unfolded[1]) == ([], [])


def test_a_hostile_name_is_shown_and_does_not_run(unfolded):
    document, _ = unfolded
    assert "<title>FinOps report, 1 Apr 2026</title>" in document
    assert "<img" not in re.sub(r"<script.*?</script>", "", document, flags=re.DOTALL)
    assert "&lt;/script&gt;&lt;script&gt;" in document


def test_a_page_without_data_opens_too(tmp_path):
    document, complaints = _opened(made(report()).page, tmp_path)
    assert "No costs yet" in document
    assert complaints == []
