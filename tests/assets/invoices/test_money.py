"""What invoices ask for is added up by currency, to the last digit, and never made up."""

from decimal import Decimal

import polars as pl

from assets.invoices import tables
from assets.invoices.invoices import money


def asked(*rows):
    schema = {name: tables.INVOICES.schema[name] for name in ("currency", "document_type", "grand_total")}
    found = money(pl.DataFrame(rows, schema=schema, orient="row"))
    return {row[0]: row[1:] for row in found.select("currency", "invoices", "total", "total_unknown").iter_rows()}


def test_amounts_are_exact_and_credit_notes_count_against_them():
    found = asked(
        ("KWD", "invoice", Decimal("1.234")), ("KWD", "credit_note", Decimal("0.001")), ("KWD", "credit_note", Decimal("-0.002"))
    )
    assert found == {"KWD": (3, Decimal("1.231"), 0)}


def test_without_a_currency_or_a_total_nothing_is_summed():
    found = asked((None, "invoice", Decimal(1)), (None, "invoice", Decimal(2)), ("EUR", "invoice", None))
    assert found == {None: (2, None, 0), "EUR": (1, None, 1)}
