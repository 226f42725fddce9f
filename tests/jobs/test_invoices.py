"""The jobs of invoices over files made for the test: risks are named, payments predicted, and a stream is followed."""

from dataclasses import replace
from datetime import date

import oci
import polars as pl
import pytest

from assets.invoices import tables
from assets.invoices.local_payment_models import LocalPaymentModels
from assets.invoices.logic.payments.gate import Gate
from assets.invoices.logic.payments.history import history_of
from assets.invoices.payment_model import replaced_if_better
from assets.invoices.payments import for_model, records_and_day
from orchestration.definitions import build_defs
from resources.document_ai.local import LocalDocumentAI
from resources.lake import Lake
from resources.language.local import LocalLanguage
from resources.message_stream import NotConfigured, Outgoing
from resources.metrics_sink import CUSTOM_METRICS, LakeMetrics
from resources.object_store import LocalObjectStore
from resources.oci.clients import OciClients
from resources.oci.streaming import OciStream
from sandbox.invoices.companies import ACME, KRAEMER, NORDLICHT, NORDLICHT_NEW_ACCOUNT
from sandbox.invoices.demo import brochures, office_supplies
from sandbox.invoices.ledger import payment_history
from sandbox.invoices.paper import pdf
from tests.invoice_lakes import CLOCK
from tests.sandboxes import running


class Place:
    """A deployment of the invoices system in a folder."""

    def __init__(self, folder, stream=None):
        self.folder, self.lake = folder, Lake(root=str(folder / "lake"))
        for name in ("invoices", "inputs/invoices", "models"):
            (folder / name).mkdir(parents=True)
        self.models = LocalPaymentModels(store=LocalObjectStore(root=str(folder / "models")))
        self.stream = stream or NotConfigured(advice="Name one.")

    def write(self, name, *written):
        (self.folder / "invoices" / name).write_bytes(pdf(written, "boxes"))

    def run(self, job):
        resources = {
            "invoices_store": LocalObjectStore(root=str(self.folder / "invoices"), read_only=True),
            "inputs_store": LocalObjectStore(root=str(self.folder / "inputs"), read_only=True),
            "document_ai": LocalDocumentAI(),
            "language_ai": LocalLanguage(),
            "payment_models": self.models,
            "invoice_stream": self.stream,
            "metrics_sink": LakeMetrics(lake=self.lake),
            "lake": self.lake,
            "clock": CLOCK,
        }
        every = {**build_defs().resources, **resources}
        result = build_defs(every).resolve_job_def(job).execute_in_process(raise_on_error=True)
        return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}

    def rows(self, table, *columns):
        return self.lake.scan(table).select(columns).sort(columns[0]).collect().rows()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("invoices"))
    place.write("1 nordlicht.pdf", brochures("2026-0711", date(2026, 8, 3), 1500))
    place.write(
        "2 moved.pdf",
        replace(brochures("2026-0845", date(2026, 10, 1), 900), seller=replace(NORDLICHT, iban=NORDLICHT_NEW_ACCOUNT)),
    )
    place.write("3 again.pdf", replace(brochures("2026-0711", date(2026, 8, 3), 1500), terms="Zweite Ausfertigung"))
    place.write("4 own.pdf", replace(office_supplies(), seller=replace(KRAEMER, tax_id=ACME.tax_id)))
    (place.folder / "inputs/invoices/payment_history.csv").write_bytes(payment_history())
    (place.folder / "inputs/invoices/own_tax_ids.txt").write_text(f"{ACME.tax_id}\n")
    place.checks = place.run("invoices_refresh") | place.run("payment_model_retrain")
    return place


def test_risks_are_named_and_wait_for_a_look(place):
    risks = {(row[0], row[1]) for row in place.rows(tables.RISKS, "source_key", "kind")}
    assert {("2 moved.pdf", "iban_changed"), ("3 again.pdf", "duplicate"), ("4 own.pdf", "own_tax_id_as_seller")} <= risks
    assert {row for row in place.rows(tables.RISKS, "source_key", "kind", "says") if row[0] == "1 nordlicht.pdf"} == set()
    assert place.checks["no_invoice_is_a_risk"] is False
    queue = {(row[0], row[1]) for row in place.rows(tables.REVIEW_QUEUE, "source_key", "field")}
    assert ("3 again.pdf", "risk:duplicate") in queue


def test_what_waits_is_posted_as_a_metric(place):
    metrics = {(row[0], row[1]) for row in place.rows(CUSTOM_METRICS, "name", "value")}
    assert ("review_queue_length", 4.0) in metrics


def test_every_invoice_has_a_complexity_with_its_summands(place):
    for score, summands in place.rows(tables.COMPLEXITY, "complexity_score", "summands"):
        assert score == min(100, sum(one["points"] for one in summands))
        assert [one["name"] for one in summands] == ["line_items", "organisations", "locations", "currencies"]


def test_the_history_of_a_party_has_its_usual_amounts_by_currency(place):
    histories = place.rows(tables.VENDOR_HISTORY, "party", "invoices", "amounts")
    assert len(histories) > 3
    for _, invoices, amounts in histories:
        assert sum(one["invoices"] + one["unknown"] for one in amounts) == invoices
        assert all(one["least"] <= one["median"] <= one["greatest"] for one in amounts if one["invoices"])


def test_a_payment_model_is_learnt_and_predicts_what_is_open(place):
    ((action, card),) = place.rows(tables.PAYMENT_MODEL_JOURNAL, "action", "card")
    assert action == "replaced"
    assert '"auc_late"' in card
    waiting = place.lake.scan(tables.PAYMENT_RECORDS).filter(pl.col("settled").is_null()).collect()
    predicted = place.lake.scan(tables.PAYMENT_PREDICTIONS).collect()
    assert set(predicted["invoice_id"]) == set(waiting["invoice_id"])
    sums = predicted.select(pl.col("on_time") + pl.col("slightly_late") + pl.col("significantly_late")).to_series()
    assert sums.drop_nulls().is_between(0.999, 1.001).all()
    assert set(waiting["source"]) == {"ledger", "read"}
    assert place.checks["a_payment_model_is_live"] is True


def test_a_model_that_is_no_better_does_not_take_over(place):
    records, day = records_and_day(place.lake, CLOCK)
    before = place.models.live()
    verdict, _ = replaced_if_better(place.models, history_of(for_model(records)), day, Gate())
    assert verdict.replaced is False
    assert place.models.live() == before
    assert [one.model_id for one in place.models.models()] == [before.model_id]


def test_cash_flow_adds_up_to_what_is_open(place):
    records = place.lake.scan(tables.PAYMENT_RECORDS).filter(pl.col("settled").is_null()).collect()
    flow = place.lake.scan(tables.CASH_FLOW).collect()
    for (direction, currency), mine in records.group_by("direction", "currency"):
        expected = flow.filter(pl.col("direction") == direction, pl.col("currency") == currency)["expected"].sum()
        assert expected == pytest.approx(float(mine["amount"].sum()), rel=1e-6)


def test_insights_name_the_numbers_and_limits(place):
    found = dict(place.rows(tables.INSIGHTS, "type", "numbers"))
    assert set(found) <= {
        "HIGH_RISK",
        "MEDIUM_RISK",
        "COMPLEX_INVOICE",
        "MULTIPLE_VENDORS",
        "HIGH_VALUE",
        "UNKNOWN",
        "APPROVAL_LIMIT_UNKNOWN",
    }
    assert all(numbers.startswith("{") for numbers in found.values())


def test_a_repeat_writes_no_invoice_and_understands_no_text_anew(place):
    before = {table.name: place.lake.version(table) for table in (tables.INVOICES, tables.READINGS, tables.COMPLEXITY)}
    place.run("invoices_refresh")
    assert {table.name: place.lake.version(table) for table in (tables.INVOICES, tables.READINGS, tables.COMPLEXITY)} == before


def test_a_stream_is_followed_and_messages_that_are_none_are_kept(tmp_path):
    with running(tmp_path / "cloud") as sandbox:
        admin = sandbox.client(oci.streaming.StreamAdminClient, "streaming")
        details = oci.streaming.models.CreateStreamDetails(name="arrivals", partitions=1, compartment_id=sandbox.tenancy)
        stream_id = admin.create_stream(details).data.id
        sandbox.advance(10)
        clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, max_attempts=1)
        stream = OciStream(clients=clients, stream_id=stream_id)
        place = Place(tmp_path / "place", stream)
        place.write("a.pdf", office_supplies())
        stream.put([Outgoing(b'{"object_key": "a.pdf"}'), Outgoing(b"not json"), Outgoing(b'{"object_key": "gone.pdf"}')])

        place.run("invoices_from_stream")
        place.run("invoices_from_stream")

    assert place.rows(tables.INVOICES, "invoice_number") == [("IN-10442",)]
    ((excerpt,),) = place.rows(tables.STREAM_QUARANTINE, "excerpt")
    assert "not json" in excerpt
