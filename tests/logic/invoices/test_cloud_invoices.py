"""Cloud invoices against the charge lines under their number."""

from decimal import Decimal

import polars as pl

from assets.invoices.logic.cloud_invoices import MONEY, TIED, tied

LINES = pl.DataFrame(
    {
        "InvoiceId": ["A", "A", "B", "C", "D", "D", None, "F"],
        "BillingCurrency": ["USD", "USD", "USD", "EUR", "USD", "USD", "USD", "USD"],
        "BilledCost": [
            Decimal("10.001"),
            Decimal("5.003"),
            Decimal("7"),
            Decimal("3"),
            Decimal("1"),
            None,
            Decimal("4"),
            Decimal("9"),
        ],
    },
    schema_overrides={"BilledCost": MONEY},
)
INVOICES = pl.DataFrame(
    {
        "invoice_number": ["A", "B", "D", "E", "F", "F", None],
        "currency": ["USD", "USD", "USD", "USD", "USD", "USD", "USD"],
        "total": [Decimal("15.00"), Decimal("7.01"), Decimal("1"), Decimal("2"), Decimal("9"), Decimal("8"), Decimal("6")],
    },
    schema_overrides={"total": pl.Decimal(38, 2)},
)


def results(invoices: pl.DataFrame = INVOICES, lines: pl.DataFrame = LINES) -> dict:
    return {(row["invoice_number"], row["currency"]): row for row in tied(invoices, lines).iter_rows(named=True)}


def test_every_invoice_and_every_number_that_was_billed_gets_a_result():
    assert {key: row["result"] for key, row in results().items()} == {
        ("A", "USD"): "matched",
        ("B", "USD"): "differs",
        ("C", "EUR"): "no invoice",
        ("D", "USD"): "unknown",
        ("E", "USD"): "not billed",
        ("F", "USD"): "several invoices",
        (None, "USD"): "unknown number",
    }


def test_differences_are_exact():
    assert results()["A", "USD"]["difference"] == Decimal("-0.004")
    assert results()["B", "USD"]["difference"] == Decimal("0.01")
    assert results()["D", "USD"]["difference"] is None
    assert results()["D", "USD"]["billed_total"] is None


def test_a_number_billed_in_another_currency_is_not_its_match():
    found = results(INVOICES.head(1).with_columns(currency=pl.lit("EUR")), LINES.head(2))

    assert {key: row["result"] for key, row in found.items()} == {("A", "EUR"): "not billed", ("A", "USD"): "no invoice"}


def test_the_same_invoice_read_twice_is_compared_once():
    found = results(INVOICES.head(1).select(pl.all().repeat_by(2).explode()), LINES.head(2))["A", "USD"]

    assert (found["result"], found["invoices"]) == ("matched", 2)


def test_nothing_to_compare_is_an_empty_frame():
    found = tied(INVOICES.clear(), LINES.clear())

    assert found.is_empty()
    assert found.schema == TIED
