"""The analysis of an e-invoice becomes its invoice, value for value."""

import pytest

from assets.invoices.logic.extraction.structured import invoice_of
from resources.document_ai.layout import Analysis, Cell, KeyValue, Table

STORED = Analysis(
    "einvoices@1",
    key_values=(
        KeyValue("invoice_number", " A 1 ", normalized="A 1"),
        KeyValue("grand_total", "39.87", normalized="39.87"),
        KeyValue("seller_tax_ids", "12/345", normalized="12/345"),
        KeyValue("seller_tax_ids", "DE1", normalized="DE1"),
        KeyValue("note", "Thank you"),
    ),
    tables=(
        Table(None, ((Cell("Hammer", key="description"), Cell("2", key="quantity"), Cell("red", key="colour")),), items=True),
        Table(None, ((Cell("19.00", key="rate"), Cell("6.37", key="amount")), (Cell("a heading"),))),
    ),
    notes=("e-invoice: CII, BASIC",),
    structured=True,
)


def test_stored_values_become_fields_that_are_certain():
    found = invoice_of(STORED)
    assert {name: value.value for name, value in found.fields.items()} == {
        "invoice_number": "A 1",
        "grand_total": "39.87",
        "seller_tax_ids": "12/345, DE1",
    }
    number = found.fields["invoice_number"]
    assert (number.chosen.raw, number.chosen.source, number.confidence, number.candidates) == (
        " A 1 ",
        "structured",
        1.0,
        (number.chosen,),
    )
    assert found.notes == STORED.notes


def test_tables_become_line_items_and_taxes_without_what_no_column_is():
    found = invoice_of(STORED)
    assert [{name: value.value for name, value in item.columns.items()} for item in found.items] == [
        {"description": "Hammer", "quantity": "2"}
    ]
    (tax,) = found.taxes
    assert (tax.rate and tax.rate.value, tax.base, tax.amount and tax.amount.value) == ("19.00", None, "6.37")


def test_a_reading_of_pages_is_no_e_invoice():
    with pytest.raises(ValueError, match="no e-invoice"):
        invoice_of(Analysis("local@1"))
