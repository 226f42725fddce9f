"""What Document Understanding says of documents, and its limits."""

import base64

import oci
import pytest

from sandbox.oci.services.ai_document import add_document
from sandbox.oci.services.object_storage import NAMESPACE, add_bucket, add_object
from tests.pdf_files import pdf
from tests.sandbox.oci.conftest import refused

MODELS = oci.ai_document.models
HOME, AWAY = "eu-frankfurt-1", "us-ashburn-1"
TEXT = MODELS.DocumentTextExtractionFeature()
FIELDS = MODELS.DocumentKeyValueExtractionFeature()
TABLES = MODELS.DocumentTableExtractionFeature()
LANGUAGE = MODELS.DocumentLanguageClassificationFeature()
KIND = MODELS.DocumentClassificationFeature()
SCANNED = b"\x89PNG\r\n\x1a\n a scanned invoice"
PAGE = {
    "lines": [
        "Invoice RE-1001",
        ["Date:", {"text": "2026-03-01", "confidence": 0.71}],
        "Item Amount",
        "Database hosting 1,200.00",
        "Total 1,200.00",
    ],
    "fields": [
        {"label": "InvoiceId", "text": "RE-1001", "confidence": 0.93},
        {"label": "InvoiceDate", "text": "2026-03-01", "type": "DATE", "name": "Date:", "confidence": 0.71},
        {"label": "InvoiceTotal", "text": "1,200.00", "type": "NUMBER", "value": 1200.0},
    ],
    "items": [
        [
            {"label": "Description", "text": "Database hosting"},
            {"label": "Quantity", "text": "1", "type": "INTEGER"},
            {"label": "Amount", "text": "1,200.00", "type": "NUMBER", "value": "1200.00", "confidence": 0.8},
        ]
    ],
    "tables": [[["Item", "Amount"], ["Database hosting", "1,200.00"]]],
}


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.ai_document.AIServiceDocumentClient, "ai_document")


def inline(content, **more):
    return MODELS.InlineDocumentDetails(data=base64.b64encode(content).decode(), **more)


def stored(bucket, name):
    return MODELS.ObjectStorageDocumentDetails(namespace_name=NAMESPACE, bucket_name=bucket, object_name=name)


def details(document, *features, **more):
    return MODELS.AnalyzeDocumentDetails(document=document, features=list(features), **more)


def analyzed(client, document, *features, **more):
    return client.analyze_document(details(document, *features, **more)).data


def test_a_known_document_says_its_fields_with_their_types_and_confidences(sandbox, client):
    add_document(sandbox.cloud.store, SCANNED, [PAGE])
    found = analyzed(client, inline(SCANNED), FIELDS, document_type="INVOICE", compartment_id=sandbox.tenancy)
    assert (found.document_metadata.mime_type, found.document_metadata.page_count) == ("image/png", 1)
    (page,) = found.pages
    fields = {f.field_label.name: f for f in page.document_fields}
    assert (fields["InvoiceId"].field_value.text, fields["InvoiceId"].field_label.confidence) == ("RE-1001", 0.93)
    assert fields["InvoiceTotal"].field_value.value == 1200.0
    assert fields["InvoiceDate"].field_value.value.date().isoformat() == "2026-03-01"
    assert fields["InvoiceDate"].field_name.name == "Date:"
    where = fields["InvoiceDate"].field_value.word_indexes
    assert [page.words[n].text for n in where] == ["2026-03-01"]
    assert page.words[where[0]].confidence == 0.71
    assert (page.tables, found.errors, found.detected_languages) == (None, None, None)
    assert (found.key_value_extraction_model_version is None, found.table_extraction_model_version) == (False, None)


def test_line_items_are_arrays_of_arrays(sandbox, client):
    add_document(sandbox.cloud.store, SCANNED, [PAGE])
    fields = analyzed(client, inline(SCANNED), FIELDS).pages[0].document_fields
    (group,) = [f for f in fields if f.field_type == "LINE_ITEM_GROUP"]
    (item,) = group.field_value.items
    assert (group.field_label.name, item.field_type) == ("Items", "LINE_ITEM")
    parts = {f.field_label.name: f.field_value.value for f in item.field_value.items}
    assert parts == {"Description": "Database hosting", "Quantity": 1, "Amount": 1200.0}
    assert group.field_label.confidence == 0.8


def test_lines_name_their_words_and_words_lie_on_the_page(sandbox, client):
    add_document(sandbox.cloud.store, SCANNED, [PAGE])
    (page,) = analyzed(client, inline(SCANNED), TEXT).pages
    assert [line.text for line in page.lines][:2] == ["Invoice RE-1001", "Date: 2026-03-01"]
    assert all(" ".join(page.words[n].text for n in line.word_indexes) == line.text for line in page.lines)
    assert page.lines[1].confidence == 0.71
    corners = [v for word in page.words for v in word.bounding_polygon.normalized_vertices]
    assert all(0 <= v.x <= 1 and 0 <= v.y <= 1 for v in corners)
    assert page.document_fields is None


def test_a_known_table_has_a_header_and_a_body(sandbox, client):
    add_document(sandbox.cloud.store, SCANNED, [PAGE])
    (table,) = analyzed(client, inline(SCANNED), TABLES).pages[0].tables
    assert (table.row_count, table.column_count) == (2, 2)
    assert [c.text for c in table.header_rows[0].cells] == ["Item", "Amount"]
    assert [(c.text, c.row_index, c.column_index) for c in table.body_rows[0].cells] == [
        ("Database hosting", 1, 0),
        ("1,200.00", 1, 1),
    ]


def test_kinds_and_languages_of_a_known_document_are_told(sandbox, client):
    add_document(sandbox.cloud.store, SCANNED, [PAGE], "RECEIPT", "de", type_confidence=0.9)
    found = analyzed(client, inline(SCANNED), KIND, LANGUAGE)
    assert [(t.document_type, t.confidence) for t in found.detected_document_types] == [("RECEIPT", 0.9), ("OTHERS", 0.1)]
    assert [x.language for x in found.detected_languages] == ["de"]
    assert found.pages[0].words is None
    best = MODELS.DocumentClassificationFeature(max_results=1)
    assert len(analyzed(client, inline(SCANNED), best).detected_document_types) == 1


def test_the_text_of_a_pdf_is_read_where_it_stands(client):
    content = pdf([["Rechnung 4711", "Betrag \\(netto\\): 12,00 \\200"], ["Zahlbar bis zum 1. Mai und nicht danach"]])
    found = analyzed(client, inline(content), TEXT, LANGUAGE, KIND, FIELDS)
    assert found.document_metadata.page_count == 2
    assert [line.text for line in found.pages[0].lines] == ["Rechnung 4711", "Betrag (netto): 12,00 €"]
    first, number = found.pages[0].words[:2]
    corner = first.bounding_polygon.normalized_vertices[0]
    assert (corner.x, corner.y) == (pytest.approx(72 / 595, abs=0.01), pytest.approx(1 - 770 / 842, abs=0.01))
    assert number.bounding_polygon.normalized_vertices[0].x > first.bounding_polygon.normalized_vertices[1].x
    assert found.detected_languages[0].language == "de"
    assert found.detected_document_types[0].document_type == "INVOICE"


def test_a_plain_text_is_read_page_by_page(client):
    found = analyzed(client, inline(b"The first page\f\nand the second, which is not long"), TEXT, LANGUAGE)
    assert [page.lines[0].text for page in found.pages] == ["The first page", "and the second, which is not long"]
    assert found.detected_languages[0].language == "en"


@pytest.mark.parametrize("content", [SCANNED, b"%PDF-1.7\nencrypted", b"\xff\xd8\xff\xe0 photo", b"II*\x00 scan"])
def test_a_document_that_cannot_be_read_has_no_words_and_says_so(client, content):
    found = analyzed(client, inline(content), TEXT, FIELDS, LANGUAGE)
    assert [page.words for page in found.pages] == [[]]
    assert [error.code for error in found.errors] == ["UnreadableDocument"]
    assert found.detected_languages == []


def test_a_document_is_read_from_object_storage(sandbox, client):
    store = sandbox.cloud.store
    add_bucket(store, NAMESPACE, "invoices", sandbox.tenancy, HOME, "test")
    add_object(store, NAMESPACE, "invoices", "march/a.png", SCANNED)
    add_document(store, SCANNED, [PAGE])
    found = analyzed(client, stored("invoices", "march/a.png"), TEXT)
    assert found.pages[0].lines[0].text == "Invoice RE-1001"


def test_objects_buckets_and_compartments_that_are_not_there_are_not_found(sandbox, client):
    store = sandbox.cloud.store
    add_bucket(store, NAMESPACE, "invoices", sandbox.tenancy, HOME, "test")
    add_bucket(store, NAMESPACE, "away", sandbox.tenancy, AWAY, "test")
    add_object(store, NAMESPACE, "away", "a.png", SCANNED)
    missing = (404, "NotAuthorizedOrNotFound")
    for document in (stored("invoices", "none"), stored("none", "none"), stored("away", "a.png")):
        assert refused(client.analyze_document, details(document, TEXT)) == missing
    wrong = details(inline(SCANNED), TEXT, compartment_id="ocid1.compartment.oc1..none")
    assert refused(client.analyze_document, wrong) == missing
    custom = MODELS.DocumentKeyValueExtractionFeature(model_id="ocid1.aidocumentmodel.oc1..none")
    assert refused(client.analyze_document, details(inline(SCANNED), custom)) == missing


def test_at_most_five_pages_are_analyzed_at_once_and_ranges_choose_them(client):
    content = pdf([[f"page {n}"] for n in range(1, 8)])
    assert refused(client.analyze_document, details(inline(content), TEXT)) == (400, "InvalidParameter")
    found = analyzed(client, inline(content, page_range=["1-2", "7-9"]), TEXT)
    assert [(p.page_number, p.lines[0].text) for p in found.pages] == [(1, "page 1"), (2, "page 2"), (7, "page 7")]
    assert found.document_metadata.page_count == 7
    for wrong in (["0"], ["3-2"], ["x"], ["9"], ["1-6"]):
        assert refused(client.analyze_document, details(inline(content, page_range=wrong), TEXT)) == (400, "InvalidParameter")


def test_at_most_eight_megabytes_are_analyzed_at_once(sandbox, client):
    assert refused(client.analyze_document, details(inline(b"x" * (8 * 1024**2 + 1)), TEXT)) == (400, "InvalidParameter")
    add_bucket(sandbox.cloud.store, NAMESPACE, "invoices", sandbox.tenancy, HOME, "test")
    add_object(sandbox.cloud.store, NAMESPACE, "invoices", "big", b"x" * (8 * 1024**2 + 1))
    assert refused(client.analyze_document, details(stored("invoices", "big"), TEXT)) == (400, "InvalidParameter")


def test_what_is_no_document_is_refused(client):
    wrong = (400, "InvalidParameter")
    assert refused(client.analyze_document, details(MODELS.InlineDocumentDetails(data="not base64!"), TEXT)) == wrong
    assert refused(client.analyze_document, details(inline(b""), TEXT)) == wrong
    assert refused(client.analyze_document, details(inline(b"PK\x03\x04\x00\x01"), TEXT)) == wrong
    assert refused(client.analyze_document, details(inline(SCANNED))) == wrong


def test_what_the_sandbox_does_not_analyze_is_said(client):
    unknown = (501, "NotImplemented")
    searchable = MODELS.DocumentTextExtractionFeature(generate_searchable_pdf=True)
    assert refused(client.analyze_document, details(inline(SCANNED), searchable)) == unknown
    output = MODELS.OutputLocation(namespace_name=NAMESPACE, bucket_name="b", prefix="p")
    assert refused(client.analyze_document, details(inline(SCANNED), TEXT, output_location=output)) == unknown
    codes = MODELS.DocumentElementsExtractionFeature()
    assert refused(client.analyze_document, details(inline(SCANNED), codes)) == unknown


def test_a_part_fails_in_an_answer_that_succeeds(sandbox, client):
    add_document(sandbox.cloud.store, SCANNED, [PAGE, PAGE])
    sandbox.fault("partial", service="ai_document")
    found = analyzed(client, inline(SCANNED), FIELDS)
    assert [len(page.document_fields) for page in found.pages] == [4, 0]
    assert [error.code for error in found.errors] == ["InternalServerError"]


def job_details(sandbox, source, *features, prefix="out", **more):
    config = MODELS.GeneralProcessorConfig(features=list(features), document_type="INVOICE")
    output = MODELS.OutputLocation(namespace_name=NAMESPACE, bucket_name="invoices", prefix=prefix)
    usual = {"processor_config": config, "output_location": output, "compartment_id": sandbox.tenancy}
    return MODELS.CreateProcessorJobDetails(input_location=source, **{**usual, **more})


def objects(*names, bucket="invoices"):
    places = [MODELS.ObjectLocation(namespace_name=NAMESPACE, bucket_name=bucket, object_name=name) for name in names]
    return MODELS.ObjectStorageLocations(object_locations=places)


@pytest.fixture
def bucket(sandbox):
    store = sandbox.cloud.store
    add_bucket(store, NAMESPACE, "invoices", sandbox.tenancy, HOME, "test")
    add_object(store, NAMESPACE, "invoices", "long.pdf", pdf([[f"page {n}"] for n in range(1, 8)]))
    add_object(store, NAMESPACE, "invoices", "none.bin", b"PK\x03\x04\x00")
    return sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")


def names(bucket):
    return [found.name for found in bucket.list_objects(NAMESPACE, "invoices").data.objects]


def test_a_job_runs_in_the_time_of_the_sandbox_and_leaves_a_result(sandbox, client, bucket):
    job = client.create_processor_job(job_details(sandbox, objects("long.pdf"), TEXT)).data
    assert (job.lifecycle_state, job.percent_complete) == ("ACCEPTED", 0.0)
    sandbox.advance(2)
    assert client.get_processor_job(job.id).data.lifecycle_state == "IN_PROGRESS"
    sandbox.advance(10)
    ended = client.get_processor_job(job.id).data
    assert (ended.lifecycle_state, ended.lifecycle_details, ended.percent_complete) == ("SUCCEEDED", None, 100.0)
    assert ended.time_finished > ended.time_started > ended.time_accepted
    name = f"out/{job.id}/{NAMESPACE}_invoices/results/long.pdf.json"
    assert name in names(bucket)
    content = bucket.get_object(NAMESPACE, "invoices", name).data.content
    found = client.base_client.deserialize_response_data(content, "AnalyzeDocumentResult")
    assert [page.lines[0].text for page in found.pages] == [f"page {n}" for n in range(1, 8)]


def test_the_result_of_an_inline_document_has_the_default_name(sandbox, client, bucket):
    add_document(sandbox.cloud.store, SCANNED, [PAGE])
    source = MODELS.InlineDocumentContent(data=base64.b64encode(SCANNED).decode())
    job = client.create_processor_job(job_details(sandbox, source, FIELDS)).data
    sandbox.advance(60)
    client.get_processor_job(job.id)
    assert f"out/{job.id}/_/results/defaultObject.json" in names(bucket)


@pytest.mark.parametrize(
    ("given", "ending"),
    [
        (["none.bin"], ("FAILED", "COMPLETELY_FAILED")),
        (["none.bin", "long.pdf"], ("SUCCEEDED", "PARTIALLY_SUCCEEDED")),
    ],
)
def test_documents_that_cannot_be_read_fail_and_the_others_do_not(sandbox, client, bucket, given, ending):
    job = client.create_processor_job(job_details(sandbox, objects(*given), TEXT)).data
    sandbox.advance(60)
    ended = client.get_processor_job(job.id).data
    assert (ended.lifecycle_state, ended.lifecycle_details) == ending


def test_a_job_may_fail_in_part_on_demand(sandbox, client, bucket):
    sandbox.fault("partial", operation="create_processor_job")
    job = client.create_processor_job(job_details(sandbox, objects("long.pdf"), TEXT)).data
    sandbox.advance(60)
    assert client.get_processor_job(job.id).data.lifecycle_details == "PARTIALLY_SUCCEEDED"


def test_a_job_can_be_cancelled_until_it_has_ended(sandbox, client, bucket):
    job = client.create_processor_job(job_details(sandbox, objects("long.pdf"), TEXT)).data
    client.cancel_processor_job(job.id)
    assert client.get_processor_job(job.id).data.lifecycle_state == "CANCELING"
    sandbox.advance(60)
    assert client.get_processor_job(job.id).data.lifecycle_state == "CANCELED"
    assert refused(client.cancel_processor_job, job.id) == (409, "IncorrectState")
    assert names(bucket) == ["long.pdf", "none.bin"]


def test_a_job_that_is_asked_for_twice_with_one_token_is_one(sandbox, client, bucket):
    made = [
        client.create_processor_job(job_details(sandbox, objects("long.pdf"), TEXT), opc_retry_token="t").data for _ in range(2)
    ]
    assert made[0].id == made[1].id


def test_jobs_without_documents_buckets_or_known_processors_are_refused(sandbox, client, bucket):
    missing, unknown, wrong = (404, "NotAuthorizedOrNotFound"), (501, "NotImplemented"), (400, "InvalidParameter")
    create = client.create_processor_job
    assert refused(create, job_details(sandbox, objects("gone.pdf"), TEXT)) == missing
    assert refused(create, job_details(sandbox, objects("long.pdf"), TEXT, compartment_id="ocid1.compartment.oc1..x")) == missing
    output = MODELS.OutputLocation(namespace_name=NAMESPACE, bucket_name="none", prefix="")
    assert refused(create, job_details(sandbox, objects("long.pdf"), TEXT, output_location=output)) == missing
    assert refused(client.get_processor_job, "ocid1.aidocumentprocessorjob.oc1..x") == missing
    special = MODELS.InvoiceProcessorConfig(normalization_fields=MODELS.NormalizationFields())
    assert refused(create, job_details(sandbox, objects("long.pdf"), TEXT, processor_config=special)) == unknown
    assert refused(create, job_details(sandbox, objects(), TEXT)) == wrong
    assert refused(create, job_details(sandbox, objects("long.pdf"))) == wrong


def test_fields_of_an_unknown_invoice_are_read_by_their_captions(client):
    content = pdf([["Invoice number: A-17", "Due date: 2026-04-01", "VAT 19 % 6.37", "Total EUR 1,039.87", "A total of nothing"]])
    (page,) = analyzed(client, inline(content), FIELDS).pages
    found = {f.field_label.name: (f.field_value.text, f.field_value.value) for f in page.document_fields}
    assert found == {
        "InvoiceId": ("A-17", "A-17"),
        "DueDate": ("2026-04-01", "2026-04-01"),
        "TotalTax": ("6.37", 6.37),
        "InvoiceTotal": ("1,039.87", 1039.87),
    }
    total = next(f for f in page.document_fields if f.field_label.name == "InvoiceTotal")
    assert [page.words[n].text for n in total.field_value.word_indexes] == ["1,039.87"]
