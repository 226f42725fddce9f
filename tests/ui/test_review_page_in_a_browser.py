"""The review page in headless Chromium over the real server: doubts are settled by keyboard, and nothing from files runs."""

import base64
import os
from pathlib import Path

import polars as pl
import pytest

from assets.invoices import tables
from assets.invoices.review import Correction, Review
from orchestration.http_guard import Limits
from orchestration.review_server import create_app
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from tests.invoice_lakes import CLOCK, files, read_all
from tests.ui.browser import browser
from tests.uvicorns import running

pytestmark = pytest.mark.ui

STATUS = "document.getElementById('status').textContent"
FIELD = "document.querySelector('#fields .field.current').dataset.field"


@pytest.fixture(scope="module")
def read(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("review")
    read_all(files(place / "invoices"), Lake(root=str(place / "lake")))
    return place


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def lake(read, tmp_path) -> Lake:
    """A lake of its own, as it was read."""
    import shutil

    shutil.copytree(read / "lake", tmp_path / "lake")
    return Lake(root=str(tmp_path / "lake"))


@pytest.fixture
def page(opened, read, lake):
    store = LocalObjectStore(root=str(read / "invoices"), read_only=True)
    app = create_app(Review(lake, CLOCK), store, by="Ada", limits=Limits(per_second=1000, burst=1000, seconds=60))
    with running(app) as client:
        opened.complaints.clear()
        opened.open(f"{client.base_url}/")
        opened.until("document.querySelectorAll('#fields .field').length > 5")
        yield opened


def of(lake, key):
    return lake.scan(tables.INVOICES).filter(pl.col("source_key") == key).collect().row(0, named=True)


def show(page, lake, key):
    identity = of(lake, key)["invoice_id"]
    page.value("document.querySelector('#fields h2').remove()")  # it comes back with what is drawn
    page.value(f"document.querySelector('[data-invoice=\"{identity}\"]').click()")
    page.until(f"document.querySelector('#fields h2')?.textContent === '{key}'")
    page.until("[...document.querySelectorAll('.sheet img')].every(image => image.complete && image.naturalWidth > 500)")
    return identity


def go_to(page, field):
    place = page.value(f"[...document.querySelectorAll('#fields .field')].findIndex(one => one.dataset.field === '{field}')")
    page.value(f"choose({place}, true)")
    assert page.value("document.activeElement.dataset.field") == field
    if page.value("document.activeElement.querySelector('form') === null"):
        page.enter()  # it is not doubtful: its button opens what corrects it
        page.until("document.querySelector('#fields .field.current form') !== null")
        page.value(f"choose({place}, true)")


def said(lake):
    rows = lake.scan(tables.CORRECTIONS).sort("revision").collect()
    return [(r["field"], r["action"], r["value"], r["by"]) for r in rows.iter_rows(named=True)]


def test_doubtful_fields_are_marked_on_the_page_where_they_are_printed(page, lake):
    show(page, lake, "nordlicht.pdf")
    total = page.value("JSON.stringify(document.querySelector('.box[data-field=grand_total]').getBoundingClientRect())")
    sheet = page.value("JSON.stringify(document.querySelector('.sheet').getBoundingClientRect())")
    import json

    total, sheet = json.loads(total), json.loads(sheet)
    # the total is printed at the right edge, at the height of 358 of 842 points or a little above
    assert 0.75 < (total["left"] - sheet["left"]) / sheet["width"] < 0.93
    assert 0.2 < (total["top"] - sheet["top"]) / sheet["height"] < 0.5
    printed = lake.scan(tables.FIELD_VALUES).filter(pl.col("part") == "head", pl.col("left").is_not_null())
    doubts = lake.scan(tables.REVIEW_QUEUE).filter(pl.col("source_key") == "nordlicht.pdf")
    open_doubts = set(doubts.join(printed, on=["invoice_id", "field"], how="semi").collect()["field"])
    marked = page.value("[...document.querySelectorAll('.sheet .box.doubtful')].map(box => box.dataset.field).join()")
    assert open_doubts
    assert set(marked.split(",")) == open_doubts
    assert page.value("[...document.querySelectorAll('.box.doubtful span')].every(span => span.textContent.endsWith(' ?'))")
    assert page.complaints == []


def test_a_value_is_confirmed_by_keyboard_and_leaves_the_queue(page, lake):
    identity = show(page, lake, "nordlicht.pdf")
    before = page.value("document.querySelectorAll('#fields .field.doubtful').length")
    field = of(lake, "nordlicht.pdf")["doubts"][0]
    go_to(page, field["field"])
    page.enter()
    page.until(f"{STATUS}.startsWith('Saved.')")
    page.until(f"document.querySelectorAll('#fields .field.doubtful').length === {before - 1}")

    assert said(lake) == [(field["field"], "confirmed", field["value"], "Ada")]
    assert "said by Ada" in page.value(f"document.querySelector('[data-field={field['field']}]').innerText")
    waiting = {one.invoice_id: one.doubts for one in Review(lake, CLOCK).waiting()}
    assert field["field"] not in waiting.get(identity, ())


def test_a_typed_correction_is_checked_by_the_kind_of_its_field(page, lake):
    show(page, lake, "harbour.pdf")
    go_to(page, "grand_total")
    page.fill("value-grand_total", "about two thousand")
    page.enter()
    page.until("document.querySelector('[data-field=grand_total] .refused') !== null")
    assert "an amount is expected" in page.value("document.querySelector('[data-field=grand_total] .refused').textContent")
    assert said(lake) == []

    page.fill("value-grand_total", "1,757.05")
    page.enter()
    page.until(f"{STATUS}.startsWith('Saved.')")
    assert said(lake) == [("grand_total", "corrected", "1757.05", "Ada")]


def test_two_people_cannot_overwrite_each_other(page, lake):
    identity = show(page, lake, "harbour.pdf")
    Review(lake, CLOCK).save(Correction(identity, 0, "currency", "corrected", "EUR"), "Bob")
    go_to(page, "invoice_number")
    page.enter()
    page.until("!document.getElementById('problem').hidden")

    assert "Somebody else corrected this invoice meanwhile" in page.value("document.getElementById('problem').innerText")
    assert said(lake) == [("currency", "corrected", "EUR", "Bob")]
    assert "said by Bob" in page.value("document.querySelector('[data-field=currency]').innerText")  # it was loaded anew


def test_what_invoices_say_is_text_and_never_runs(page, lake):
    show(page, lake, "hostile.pdf")
    assert page.value("document.title") == "Review invoices"
    assert page.value("document.querySelectorAll('main script, #fields img, nav img').length") == 0
    assert "<img src=x onerror=alert(1)>" in page.value("document.getElementById('fields').innerText")
    assert page.complaints == []


def test_fields_are_walked_by_keys_and_the_next_invoice_too(page, lake):
    page.value("document.querySelector('#fields .field').focus()")
    first = page.value(FIELD)
    page.press("j", 74)
    assert page.value(FIELD) != first
    page.press("k", 75)
    assert page.value(FIELD) == first
    before = page.value("document.querySelector('#fields h2').textContent")
    page.press("n", 78)
    page.until(f"document.querySelector('#fields h2').textContent !== '{before}'")


def test_every_control_has_a_name(page):
    unnamed = "!(one.ariaLabel || one.labels?.length || one.textContent.trim())"
    nameless = f"[...document.querySelectorAll('input, button')].filter(one => {unnamed})"
    assert page.value(f"{nameless}.length") == 0


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1400, "dark"), (1400, "light")])
def test_the_page_fits_a_phone_and_is_readable_in_both_schemes(page, lake, width, scheme):
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=1000, deviceScaleFactor=1, mobile=width < 500)
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        show(page, lake, "nordlicht.pdf")
        assert page.value("document.documentElement.scrollWidth") <= width
        ink, ground = (page.value(f"getComputedStyle(document.body).{name}") for name in ("color", "backgroundColor"))
        light = [sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")) for colour in (ink, ground)]
        assert (light[0] < light[1]) == (scheme == "light")
        if folder := os.environ.get("CLOUDOPS_SCREENSHOTS"):
            picture = page.call("Page.captureScreenshot")["data"]
            Path(folder, f"review-{width}-{scheme}.png").write_bytes(base64.b64decode(picture))
    finally:
        page.call("Emulation.clearDeviceMetricsOverride")
        page.call("Emulation.setEmulatedMedia", features=[])
