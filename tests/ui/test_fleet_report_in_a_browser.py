"""The fleet report opened in headless Chromium from files: it follows its links, fits narrow screens, and nothing complains."""

import pytest

from assets.fleet.logic.report.making import PAGE, make
from tests.logic.fleet.test_fleet_report import busy
from tests.ui.browser import browser

pytestmark = pytest.mark.ui


def test_pages_open_offline_lead_to_each_other_and_fit_a_narrow_screen(tmp_path):
    for path, content in make(busy(), None).files.items():
        file = tmp_path / "fleet" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    with browser(tmp_path) as page:
        page.open((tmp_path / "fleet" / PAGE).as_uri())
        assert page.value("document.querySelectorAll('svg.bars').length") == 3
        page.value("document.querySelector('#databases tbody a').click()")
        page.until("location.href.includes('/databases/') && document.readyState === 'complete'")
        assert page.value("document.querySelectorAll('svg.over-time polyline').length") >= 4
        assert page.value("getComputedStyle(document.querySelector('svg .line')).stroke") != "none"
        for width in (360, 1200):
            page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            assert page.value("document.documentElement.scrollWidth <= window.innerWidth")
        page.value("document.querySelector('header a').click()")
        page.until("location.href.endsWith('report.html') && document.readyState === 'complete'")
        assert page.complaints == []
