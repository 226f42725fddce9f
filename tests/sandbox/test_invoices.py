"""The demo's invoices: the same bytes every time, readable as what they claim to be, with amounts that add up to the truth."""

import csv
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from lxml import etree
from PIL import Image

from sandbox.delivery import Invoiced
from sandbox.invoices import invoices

BILLED = [
    Invoiced(f"X26-{month}", date(2026, month, 1), {"Compute": Decimal("10.004"), "Storage": Decimal("5.004")})
    for month in (8, 9)
]


@pytest.fixture(scope="module")
def folder(scenario) -> Path:
    return scenario.folder / "invoices"


@pytest.fixture(scope="module")
def truth(scenario) -> dict[str, dict]:
    return {row["file"]: row for row in json.loads((scenario.folder / "truth/invoices.json").read_text())}


def text_of(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as pdf:
        return "\n".join(page.get_textpage().get_text_range() for page in pdf)


def test_invoices_are_the_same_bytes_every_time():
    assert invoices(BILLED, BILLED) == invoices(BILLED, BILLED)


def test_every_file_has_its_truth_and_every_kind_is_there(folder, truth):
    assert {path.name for path in folder.iterdir()} == set(truth)
    kinds = Counter(name.rpartition(".")[2] for name, row in truth.items() if row["reads"])
    assert kinds == {"pdf": 20, "png": 3, "jpg": 3, "tif": 1, "xml": 1}
    assert sum(not row["reads"] for row in truth.values()) == 5
    assert Counter(risk for row in truth.values() for risk in row["risks"]) == {
        "duplicate": 2, "iban_changed": 1, "own_tax_id": 1, "xml_disagrees": 1, "does_not_reconcile": 1, "does_not_tie_out": 1,
    }  # fmt: skip
    types = Counter(invoice["fields"]["document_type"] for row in truth.values() for invoice in row["invoices"])
    assert types == {"invoice": 27, "credit_note": 1, "receipt": 1}
    assert {invoice["fields"]["currency"] for row in truth.values() for invoice in row["invoices"]} == {"EUR", "GBP", "USD"}


def test_amounts_of_the_truth_agree_unless_it_says_that_they_do_not(truth):
    for row in truth.values():
        for invoice in row["invoices"]:
            fields, items = invoice["fields"], invoice["line_items"]
            if "grand_total" not in fields or "line_total" not in fields or "does_not_reconcile" in row["risks"]:
                continue
            amount = {
                name: Decimal(fields.get(name, "0"))
                for name in ("line_total", "allowance_total", "charge_total", "tax_total", "prepaid")
            }
            assert sum(Decimal(item["line_total"]) for item in items) == amount["line_total"]
            total = amount["line_total"] - amount["allowance_total"] + amount["charge_total"] + amount["tax_total"]
            assert Decimal(fields["grand_total"]) == total
            assert Decimal(fields["due_payable"]) == total - amount["prepaid"]


def test_what_is_true_stands_in_the_text_of_the_page(folder, truth):
    for name in ("nordlicht-2026-0711.pdf", "hofmann-R26-1187.pdf", "pinecrest-88213.pdf", "canal-avoir-AV-20033.pdf"):
        said = text_of(folder / name)
        for field in ("invoice_number", "seller", "buyer", "purchase_order"):
            value = truth[name]["invoices"][0]["fields"].get(field)
            assert value is None or value in said


def test_the_long_invoice_carries_its_sum_from_page_to_page(folder):
    said = text_of(folder / "hofmann-R26-1187.pdf")
    assert "Übertrag von Seite" in said
    assert said.count("3.220,91") == 2


def test_scans_have_no_text_and_can_be_opened(folder):
    assert text_of(folder / "scan-hofmann-R26-1160.pdf").strip() == ""
    for name in ("scan-atelier-F2026-341.png", "scan0042.jpg", "scan-iberica-T-2207.tif", "photo-cafe-loewe.jpg"):
        with Image.open(folder / name) as picture:
            picture.load()
            assert picture.width >= 600


def test_the_e_invoice_is_inside_its_pdf_and_one_says_something_else_than_its_page(folder):
    totals = {}
    for name in ("kraemer-RE-5521.pdf", "kraemer-RE-5563.pdf"):
        with pypdfium2.PdfDocument(folder / name) as pdf:
            assert pdf.count_attachments() == 1
            attached = pdf.get_attachment(0)
            assert attached.get_name() == "factur-x.xml"
            root = etree.parse(BytesIO(bytes(attached.get_data()))).getroot()
        (total,) = root.iter("{*}GrandTotalAmount")
        totals[name] = total.text.replace(".", ",")
    assert totals["kraemer-RE-5521.pdf"] in text_of(folder / "kraemer-RE-5521.pdf").replace(".", "").replace("\xa0", "")
    assert totals["kraemer-RE-5563.pdf"] not in text_of(folder / "kraemer-RE-5563.pdf").replace(".", "")


def test_the_copy_is_a_copy_and_the_misnamed_one_a_pdf(folder):
    assert (folder / "harbour-IN-10442.pdf").read_bytes() == (folder / "harbour-IN-10442 (copy).pdf").read_bytes()
    assert (folder / "IMG_2031.jpg").read_bytes().startswith(b"%PDF")


def test_invoices_of_the_clouds_ask_for_what_was_charged_but_for_one(scenario, truth):
    charged: dict[str, Decimal] = {}
    for row in scenario.aws():
        charged[row["InvoiceId"]] = charged.get(row["InvoiceId"], Decimal(0)) + Decimal(row["BilledCost"])
    for name, surplus in (("aws-2026-08.pdf", Decimal(0)), ("aws-2026-09.pdf", Decimal("118.40"))):
        (invoice,) = truth[name]["invoices"]
        asked = Decimal(invoice["fields"]["grand_total"])
        assert abs(asked - surplus - charged[invoice["fields"]["invoice_number"]]) <= Decimal("0.005")
    (oracle,) = truth["oracle-2026-09.pdf"]["invoices"]
    month = [Decimal(line["cost/myCost"]) for line in scenario.oci() if line["lineItem/intervalUsageStart"].startswith("2026-09")]
    assert abs(Decimal(oracle["fields"]["grand_total"]) - sum(month)) <= Decimal("0.005")


def test_payers_of_the_ledger_have_habits_that_differ(scenario):
    with (scenario.folder / "inputs/invoices/payment_history.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert 1_200 <= len(rows) <= 1_800
    assert {row["direction"] for row in rows} == {"payable", "receivable"}
    assert sum(not row["settled_date"] for row in rows) > 20
    late: dict[str, list[bool]] = {}
    for row in rows:
        if row["settled_date"]:
            late.setdefault(row["party"], []).append(row["settled_date"] > row["due_date"])
    shares = sorted(sum(times) / len(times) for times in late.values())
    assert shares[0] < 0.1
    assert shares[-1] > 0.9
    assert len({(row["party_id"], row["invoice_number"]) for row in rows}) == len(rows)
