"""Documents read by Document Understanding through the SDK, from the sandbox: whole or an error, and nothing failed silently."""

import io
import json
import logging
from types import SimpleNamespace

import oci
import pytest
from PIL import Image

from resources.document_ai.interface import Limits, Unreadable
from resources.errors import BadInput, Denied, NotFound, Throttled, Unavailable
from resources.oci.document_results import _normalized
from resources.oci.document_understanding import OciDocumentAI
from sandbox.oci.services.ai_document import add_document, jobs
from sandbox.oci.services.object_storage import NAMESPACE, add_bucket, add_object, objects_table
from tests.pdf_files import pdf

LINES = ["Acme Tools GmbH", "Invoice number: A-17", "Hammer 2 10.00 20.00", "Nails 5.00", "Total 1,025.00"]
PAGE = {
    "lines": LINES,
    "fields": [
        {"label": "InvoiceId", "text": "A-17", "confidence": 0.93},
        {"label": "InvoiceDate", "text": "03/02/2026", "type": "DATE", "value": "2026-03-02"},
        {"label": "SubTotal", "text": "1,025.00", "type": "NUMBER", "value": 1025.0},
        {"label": "SomethingElse", "text": "Acme"},
    ],
    "items": [
        [
            {"label": "Description", "text": "Hammer"},
            {"label": "Quantity", "text": "2", "type": "INTEGER"},
            {"label": "UnitPrice", "text": "10.00", "type": "NUMBER", "value": 10.0},
            {"label": "Amount", "text": "20.00", "type": "NUMBER", "value": 20.0, "confidence": 0.7},
        ],
        [{"label": "Name", "text": "Nails"}, {"label": "Description", "text": "Nails 5.00"}],
    ],
    "tables": [[["Item", "Amount"], ["Hammer", "20.00"]]],
}
LONG = pdf([[f"page {n}"] for n in range(1, 8)])


@pytest.fixture
def engine(clients) -> OciDocumentAI:
    return OciDocumentAI(clients=clients)


@pytest.fixture
def by_job(sandbox, clients, monkeypatch) -> OciDocumentAI:
    """An engine with a bucket, whose waiting lets the time of the sandbox pass."""
    add_bucket(sandbox.cloud.store, NAMESPACE, "files", sandbox.tenancy, "eu-frankfurt-1", "test")
    monkeypatch.setattr("resources.oci.document_understanding.time.sleep", sandbox.advance)
    return OciDocumentAI(clients=clients, bucket="files")


@pytest.fixture
def analysed(tmp_path):
    def analysed(engine, content, **limits):
        path = tmp_path / "secret name.pdf"
        path.write_bytes(content)
        return engine.analyse(path, path.name, Limits(**limits))

    return analysed


def picture(width: int, height: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (width, height), 255).save(stream, "PNG")
    return stream.getvalue()


def test_fields_bear_our_names_and_lie_on_the_page_in_points(sandbox, engine, analysed):
    content = pdf([LINES])
    add_document(sandbox.cloud.store, content, [PAGE])
    found = analysed(engine, content)
    fields = {value.key: value for value in found.key_values}
    assert set(fields) == {"invoice_number", "issue_date", "line_total", "SomethingElse"}
    assert (fields["invoice_number"].text, fields["invoice_number"].confidence, fields["invoice_number"].page) == (
        "A-17",
        0.93,
        1,
    )
    assert (fields["issue_date"].text, fields["issue_date"].normalized) == ("03/02/2026", "2026-03-02")
    (page,) = found.pages
    assert (page.width, page.height, page.number) == (595, 842, 1)
    word = next(word for line in page.lines for word in line.words if word.text == "A-17")
    assert word.box == fields["invoice_number"].box
    assert 0 < word.box.left < word.box.right < 595
    assert [line.text for line in page.lines][:2] == LINES[:2]


def test_amounts_are_taken_from_the_text_and_never_from_a_float(sandbox, engine, analysed):
    content = pdf([LINES])
    add_document(sandbox.cloud.store, content, [PAGE])
    total = next(value for value in analysed(engine, content).key_values if value.key == "line_total")
    assert (total.text, total.normalized) == ("1,025.00", None)


def test_line_items_are_found_however_they_are_nested(sandbox, engine, analysed):
    content = pdf([LINES])
    add_document(sandbox.cloud.store, content, [PAGE])
    items, table = analysed(engine, content).tables
    assert (items.items, items.page) == (True, 1)
    assert [{cell.key: cell.text for cell in row} for row in items.rows] == [
        {"description": "Hammer", "quantity": "2", "unit_price": "10.00", "line_total": "20.00"},
        {"description": "Nails", "Description": "Nails 5.00"},
    ]
    assert items.rows[0][3].confidence == 0.7
    assert (table.items, [[cell.text for cell in row] for row in table.rows]) == (
        False,
        [["Item", "Amount"], ["Hammer", "20.00"]],
    )


def test_a_deployment_names_further_labels(sandbox, clients, engine, analysed):
    content = pdf([LINES])
    add_document(sandbox.cloud.store, content, [PAGE])
    own = OciDocumentAI(clients=clients, labels={"somethingelse": "seller"})
    assert "seller" in {value.key for value in analysed(own, content).key_values}
    assert own.engine != engine.engine
    assert OciDocumentAI(clients=clients, revision="2").engine != engine.engine
    assert OciDocumentAI(clients=clients).engine == engine.engine


def test_an_unknown_pdf_is_read_with_its_words_where_they_stand(engine, analysed):
    found = analysed(engine, pdf([LINES]))
    assert {value.key: value.text for value in found.key_values} == {"invoice_number": "A-17", "grand_total": "1,025.00"}
    first = found.pages[0].lines[0].words[0]
    assert (first.text, first.box.left) == ("Acme", pytest.approx(72, abs=2))
    assert any(note.startswith("models of Document Understanding: text_extraction") for note in found.notes)


def test_a_part_that_failed_is_noted(sandbox, engine, analysed):
    sandbox.fault("partial", service="ai_document")
    found = analysed(engine, pdf([["first"], ["second"]]))
    assert [len(page.lines) for page in found.pages] == [1, 0]
    assert found.notes[0].startswith("Document Understanding: InternalServerError")


def test_a_long_document_is_analysed_by_a_job_and_leaves_nothing_in_the_bucket(sandbox, by_job, analysed):
    sandbox.count_requests("create_processor_job")
    found = analysed(by_job, LONG)
    assert [page.lines[0].text for page in found.pages] == [f"page {n}" for n in range(1, 8)]
    assert sandbox.requests("create_processor_job") == 1
    assert not sandbox.cloud.store.table(objects_table(NAMESPACE, "files"))
    (job,) = sandbox.cloud.store.all(jobs.JOBS)
    assert "secret" not in json.dumps(job.body)


def test_a_large_document_is_analysed_by_a_job(sandbox, by_job, analysed):
    sandbox.count_requests("create_processor_job")
    found = analysed(by_job, pdf([["small"]]) + b"\n%" + b"x" * (8 * 1024**2))
    assert found.pages[0].lines[0].text == "small"
    assert sandbox.requests("create_processor_job") == 1


def test_a_job_that_is_created_in_a_lost_answer_is_not_created_again(sandbox, by_job, analysed):
    sandbox.fault("drop_after", operation="create_processor_job", times=1)
    analysed(by_job, LONG)
    assert len(list(sandbox.cloud.store.all(jobs.JOBS))) == 1


def test_a_job_that_succeeds_in_part_says_so(sandbox, by_job, analysed):
    sandbox.fault("partial", operation="create_processor_job")
    found = analysed(by_job, LONG)
    assert "Document Understanding: PARTIALLY_SUCCEEDED" in found.notes
    assert any("InternalServerError" in note for note in found.notes)


def test_a_job_that_fails_makes_the_document_unreadable(sandbox, by_job, analysed, monkeypatch):
    monkeypatch.setattr(jobs, "_results", lambda *_: ({}, 0, 1))
    with pytest.raises(Unreadable, match="COMPLETELY_FAILED"):
        analysed(by_job, LONG)
    assert not sandbox.cloud.store.table(objects_table(NAMESPACE, "files"))


def test_a_job_that_takes_too_long_is_cancelled(sandbox, clients, by_job, analysed):
    patient = OciDocumentAI(clients=clients, bucket="files", wait_seconds=1, poll_seconds=0.5)
    with pytest.raises(Unavailable, match="was not done within 1 s and was told to stop"):
        analysed(patient, LONG)
    (job,) = sandbox.cloud.store.all(jobs.JOBS)
    assert job.body["lifecycleState"] == "CANCELING"
    assert not sandbox.cloud.store.table(objects_table(NAMESPACE, "files"))


def test_a_job_that_is_lost_sight_of_is_cancelled_and_leaves_no_copy(sandbox, by_job, analysed):
    sandbox.fault("status", operation="get_processor_job", status=403, code="NotAllowed")
    with pytest.raises(Denied):
        analysed(by_job, LONG)
    (job,) = sandbox.cloud.store.all(jobs.JOBS)
    assert job.body["lifecycleState"] == "CANCELING"
    assert not sandbox.cloud.store.table(objects_table(NAMESPACE, "files"))


def test_results_of_a_job_that_ended_too_late_are_deleted(sandbox, clients, by_job, analysed, monkeypatch):
    impatient = OciDocumentAI(clients=clients, bucket="files", wait_seconds=0)

    def too_late(_: OciDocumentAI, job: str) -> None:
        add_object(sandbox.cloud.store, NAMESPACE, "files", f"document-ai/{job}/result.json", b"{}")

    monkeypatch.setattr(OciDocumentAI, "_cancel", too_late)
    with pytest.raises(Unavailable, match="was not done within 0 s"):
        analysed(impatient, LONG)
    assert not sandbox.cloud.store.table(objects_table(NAMESPACE, "files"))


def test_copies_that_are_left_after_a_failure_are_told_with_it(sandbox, by_job, analysed, monkeypatch):
    monkeypatch.setattr(jobs, "_results", lambda *_: ({}, 0, 1))
    sandbox.fault("status", operation="delete_object", status=403, code="NotAllowed")
    with pytest.raises(Unreadable) as caught:
        analysed(by_job, LONG)
    assert "copies of the document are left in the bucket" in caught.value.__notes__[0]


@pytest.mark.parametrize("said", ["NaN", "Infinity", "ten"])
def test_what_is_no_number_is_not_the_normal_form_of_one(said):
    assert _normalized(SimpleNamespace(normalized_value=said, value_type="NUMBER")) is None


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ({}, "left no result"),
        ({"x.json": {"nothing": 1}}, "is none"),
        ({"x.json": "text"}, "is none"),
        ({"x.json": [1]}, "is none"),
    ],
)
def test_a_job_without_a_proper_result_is_an_error(by_job, analysed, monkeypatch, results, says):
    monkeypatch.setattr(jobs, "_results", lambda *_: (results, 7, 0))
    with pytest.raises(Unavailable, match=says):
        analysed(by_job, LONG)


def test_copies_that_cannot_be_deleted_are_noted(sandbox, by_job, analysed):
    sandbox.fault("status", operation="delete_object", status=403, code="NotAllowed")
    found = analysed(by_job, LONG)
    assert sum("copies of the document are left in the bucket" in note for note in found.notes) == 2


def test_a_long_document_needs_a_bucket(engine, by_job, clients, analysed):
    with pytest.raises(BadInput, match="Name a bucket"):
        analysed(engine, LONG)
    with pytest.raises(NotFound):
        analysed(OciDocumentAI(clients=clients, bucket="none"), LONG)


@pytest.mark.parametrize(
    ("content", "limits", "reason"),
    [
        (b"", {}, "it is empty"),
        (b"no document", {}, "it is an unknown file, not a PDF"),
        (b"%PDF-1.4 and no more", {}, "it is damaged"),
        (pdf([["x"]], password="y"), {}, "it is encrypted"),
        (picture(31, 100), {}, "31 × 100 pixels; each side needs 32 to 10,000"),
        (picture(10_001, 40), {}, "10001 × 40 pixels"),
        (picture(1000, 1000), {"pixels": 999_999}, "1,000,000 pixels, more than 999,999"),
        (picture(100, 100)[:20], {}, "its picture is damaged"),
        (LONG, {"pages": 6}, "it has 7 pages, more than 6"),
        (LONG, {"size": 100}, "more than 100"),
    ],
    ids=["empty", "text", "broken", "encrypted", "narrow", "wide", "large", "torn", "long", "heavy"],
)
def test_what_the_service_would_refuse_is_not_sent(sandbox, engine, analysed, content, limits, reason):
    sandbox.count_requests("analyze_document")
    with pytest.raises(Unreadable, match=reason):
        analysed(engine, content, **limits)
    assert sandbox.requests("analyze_document") == 0


def test_a_document_of_which_the_service_reads_nothing_is_unreadable(engine, analysed):
    with pytest.raises(Unreadable, match="UnreadableDocument"):
        analysed(engine, picture(100, 100))


def test_throttling_is_waited_out_and_else_told(sandbox, clients_of, engine, analysed):
    sandbox.fault("status", status=429, times=2, service="ai_document")
    assert analysed(engine, pdf([["a"]])).pages
    sandbox.fault("status", status=429, service="ai_document")
    with pytest.raises(Throttled):
        analysed(OciDocumentAI(clients=clients_of(max_attempts=2)), pdf([["a"]]))


def test_nothing_of_a_document_is_logged(sandbox, by_job, analysed, caplog):
    caplog.set_level(logging.INFO)
    content = pdf([["Invoice number: TOP-SECRET-17"], *([f"page {n}"] for n in range(6))])
    assert analysed(by_job, content).key_values[0].text == "TOP-SECRET-17"
    analysed(by_job, pdf([["Invoice number: TOP-SECRET-17"]]))
    assert "SECRET" not in caplog.text
    assert "secret name" not in caplog.text


def test_a_bucket_may_hold_other_things(sandbox, by_job, analysed):
    add_object(sandbox.cloud.store, NAMESPACE, "files", "document-ai/kept.json", b"{}")
    analysed(by_job, LONG)
    assert list(sandbox.cloud.store.table(objects_table(NAMESPACE, "files"))) == ["document-ai/kept.json"]


def test_the_shapes_are_those_of_the_sdk():
    """Values that the service leaves out are no obstacle."""
    from resources.oci.document_results import Labels, analysis_of

    m = oci.ai_document.models
    value = m.ValueNumber(value=37908720.0, confidence=1.7, word_indexes=[0, 9], normalized_value="x")
    fields = [
        m.DocumentField(field_type="KEY_VALUE", field_label=m.FieldLabel(name="Total"), field_value=value),
        m.DocumentField(field_type="KEY_VALUE", field_value=m.ValueString(text="no label")),
    ]
    polygon = m.BoundingPolygon(normalized_vertices=[m.NormalizedVertex(x=0.1, y=0.2), m.NormalizedVertex(x=0.3, y=0.4)])
    words = [m.Word(text="3,79,08,719", bounding_polygon=polygon, confidence=-1.0), m.Word(text="nowhere", confidence=0.5)]
    pages = [m.Page(page_number=2, words=words, document_fields=fields), m.Page(page_number=3)]
    found = analysis_of(
        m.AnalyzeDocumentResult(pages=pages), [(100, 100), (100, 200)], Labels.of({"TOTAL": "grand_total"}, {}), "e"
    )
    (total,) = found.key_values
    assert (total.key, total.text, total.normalized, total.confidence, total.box) == (
        "grand_total",
        "3,79,08,719",
        None,
        1.0,
        None,
    )
    (page,) = found.pages
    (word,) = page.lines[0].words
    assert (page.number, word.box.bottom, word.confidence) == (2, pytest.approx(80), 0.0)
    assert found.notes == (
        "Document Understanding answered nothing on pages 1",
        "words of page 2 without a text or a place, which are left out: 1",
        "Document Understanding answered a page 3 that the document does not have",
    )
