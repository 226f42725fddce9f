"""Payments that people supply and invoices that were read become records of one kind."""

from datetime import date
from decimal import Decimal

import pytest

from assets.invoices.logic.payment_ledger import HEADER, as_of, ledger, of_invoices

LINE = "P-1,Print Ltd,payable,77,2026-03-01,2026-03-31,120.50,EUR,2026-04-02"


def text(*lines):
    return "\n".join([",".join(HEADER), *lines]) + "\n"


def read(**changed):
    row = {
        "invoice_id": "a-1", "seller": "PRINT  ltd", "seller_tax_ids": [], "invoice_number": "78", "issue_date": date(2026, 4, 1),
        "due_date": None, "document_type": "invoice", "due_payable": None, "grand_total": Decimal(9), "currency": "EUR",
    }  # fmt: skip
    return row | changed


def test_a_line_is_a_record():
    records, refused = ledger(text(LINE, LINE.replace(",77,", ",78,").replace("120.50", "").replace("2026-04-02", "")))
    assert refused == []
    assert records[0] | {} == {
        "invoice_id": "P-1/77", "direction": "payable", "party": "P-1", "party_name": "Print Ltd", "invoice_number": "77",
        "issued": date(2026, 3, 1), "due": date(2026, 3, 31), "settled": date(2026, 4, 2), "amount": Decimal("120.50"),
        "currency": "EUR", "source": "ledger",
    }  # fmt: skip
    assert (records[1]["amount"], records[1]["settled"]) == (None, None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (LINE.replace("payable", "sideways"), "direction"),
        (LINE.replace("2026-03-01", "1 March"), "Invalid isoformat"),
        (LINE.replace("120.50", "NaN"), "no amount"),
        (LINE.replace("2026-04-02", "2026-02-02"), "before it was issued"),
        (LINE.replace("P-1,", ",", 1), "missing"),
        (LINE, "there already"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_no_other_is_lost(line, why):
    records, refused = ledger(text(LINE, line))
    assert [record["invoice_id"] for record in records] == ["P-1/77"]
    assert refused[0].line == 3
    assert why in refused[0].reason


def test_a_file_without_a_column_is_no_ledger():
    with pytest.raises(ValueError, match="settled_date"):
        ledger(text(LINE).replace("settled_date", "paid"))


def test_an_invoice_that_was_read_is_open_and_its_seller_known_by_name():
    known, _ = ledger(text(LINE))
    (record,) = of_invoices([read()], known)
    assert (record["party"], record["settled"], record["amount"], record["source"]) == ("P-1", None, Decimal(9), "read")


def test_what_the_ledger_has_is_not_there_twice_and_what_has_no_day_is_left_out():
    known, _ = ledger(text(LINE))
    left_out = [read(invoice_number="77"), read(issue_date=None), read(seller=None), read(document_type="receipt")]
    assert list(of_invoices(left_out, known)) == []


def test_a_credit_note_is_negative_and_its_seller_known_by_tax_id():
    known, _ = ledger(text(LINE.replace("P-1", "DE281044776")))
    (record,) = of_invoices([read(document_type="credit_note", seller="x", seller_tax_ids=["DE281044776"])], known)
    assert (record["amount"], record["party"]) == (Decimal(-9), "DE281044776")


def test_the_day_of_the_look_is_not_after_what_is_known():
    known, _ = ledger(text(LINE))
    assert as_of(known, date(2030, 1, 1)) == date(2026, 4, 3)
    assert as_of(known, date(2026, 3, 15)) == date(2026, 3, 15)
    assert as_of([], date(2026, 3, 15)) == date(2026, 3, 15)


def test_an_invoice_that_was_read_from_two_files_is_owed_once():
    twice = [read(), read(invoice_id="b-1"), read(invoice_id="c-1", document_type="credit_note")]
    unnumbered = [read(invoice_id=name, invoice_number=None) for name in ("d-1", "e-1")]
    found = [(one["invoice_id"], one["amount"]) for one in of_invoices([*twice, *unnumbered], [])]
    assert found == [("a-1", 9), ("c-1", -9), ("d-1", 9), ("e-1", 9)]
