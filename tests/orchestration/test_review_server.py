"""The review over HTTP: what it shows, what it takes, and from whom."""

from pathlib import Path

import pytest

from assets.invoices import tables
from assets.invoices.review import Review
from orchestration.http_guard import Limits
from orchestration.review_server import create_app
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from tests.invoice_lakes import CLOCK, files, read_all
from tests.uvicorns import running

PNG = b"\x89PNG\r\n\x1a\n"
UNKNOWN = f"{'0' * 32}-1"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("review")
    read_all(files(place / "invoices"), Lake(root=str(place / "lake")))
    return place


@pytest.fixture(scope="module")
def lake(place) -> Lake:
    return Lake(root=str(place / "lake"))


@pytest.fixture(scope="module")
def client(place, lake):
    store = LocalObjectStore(root=str(place / "invoices"), read_only=True)
    with running(
        create_app(Review(lake, CLOCK), store, by="Ada", limits=Limits(per_second=1000, burst=1000, seconds=60))
    ) as client:
        yield client


@pytest.fixture
def identity(client) -> str:
    return next(one["invoice_id"] for one in client.get("/queue").json() if one["source_key"] == "nordlicht.pdf")


def said(identity, **other):
    return {"invoice_id": identity, "revision": 0, "field": "grand_total", "action": "corrected", "value": "1.00", **other}


def test_an_invoice_is_shown_with_places_within_its_pages(client, identity):
    shown = client.get(f"/invoices/{identity}").json()
    assert shown["source_key"] == "nordlicht.pdf"
    total = next(field for field in shown["fields"] if field["name"] == "grand_total")
    assert total["kind"] == "amount"
    assert 0 < total["place"]["left"] < total["place"]["right"] < 1
    assert total["options"][0]["value"] == "1860.28"
    picture = client.get(f"/pages/{identity}/1")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(PNG)


@pytest.mark.parametrize("path", [f"/invoices/{UNKNOWN}", f"/pages/{UNKNOWN}/1"])
def test_what_is_not_there_is_not_found(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_that_the_invoice_has_not_is_not_found(client, identity):
    assert client.get(f"/pages/{identity}/9").status_code == 404


@pytest.mark.parametrize("path", ["/invoices/../../etc/passwd", "/invoices/x", "/pages/x/1", f"/pages/{UNKNOWN}/0"])
def test_what_is_no_identity_is_refused(client, path):
    assert client.get(path).status_code in (404, 422)


@pytest.mark.parametrize(
    "wrong",
    [{"value": "much"}, {"field": "no field"}, {"action": "deleted"}, {"revision": -1}, {"by": "Eve"}, {"value": "9" * 3000}],
)
def test_what_cannot_be_a_correction_is_refused_with_what_is_wrong(client, lake, identity, wrong):
    answer = client.post("/corrections", json=said(identity, **wrong))
    assert answer.status_code == 422
    assert answer.json()["advice"]
    assert lake.scan(tables.CORRECTIONS).collect().is_empty()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Host": "evil.example"}, 421),
    ],
)
def test_pages_of_other_sites_can_neither_look_nor_correct(client, lake, identity, headers, status):
    assert client.post("/corrections", json=said(identity), headers=headers).status_code == status
    if status == 403:
        for path in ("/queue", f"/invoices/{identity}", f"/pages/{identity}/1"):
            assert client.get(path, headers=headers).status_code == 403
    assert lake.scan(tables.CORRECTIONS).collect().is_empty()


def test_every_answer_keeps_foreign_scripts_out(client, identity):
    for path in ("/", "/queue", f"/invoices/{identity}", f"/pages/{identity}/1", "/review.js", "/docs"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"


def test_a_correction_is_saved_once_and_an_older_look_is_told(client, lake, identity):
    assert client.post("/corrections", json=said(identity, value="1.860,29")).json() == {"revision": 1}
    again = client.post("/corrections", json=said(identity))
    assert again.status_code == 409
    assert "Look at it again" in again.json()["advice"]
    rows = lake.scan(tables.CORRECTIONS).select("field", "value", "before", "by").collect().rows()
    assert rows == [("grand_total", "1860.29", "1860.28", "Ada")]


def test_a_file_that_was_replaced_since_it_was_read_is_not_drawn(client, place):
    identity = next(one["invoice_id"] for one in client.get("/queue").json() if one["source_key"] == "hostile.pdf")
    (place / "invoices/hostile.pdf").write_bytes((place / "invoices/harbour.pdf").read_bytes())
    answer = client.get(f"/pages/{identity}/1")
    assert answer.status_code == 404
    assert "replaced since it was read" in answer.json()["detail"]
