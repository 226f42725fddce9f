"""Taxes by rate."""

import pytest

from assets.invoices.logic.invoice import Candidate, FieldName, TaxLine, Value
from assets.invoices.logic.items import summed_tax, tax_lines
from assets.invoices.logic.numbers import numerals
from resources.document_ai.layout import Page, Word
from tests.logic.invoices.set_pages import Setting, page, table, words


def read(one: Page) -> list[tuple[str | None, str | None, str | None]]:
    found = tax_lines([one], numerals(line.text for line in one.lines))
    return [tuple(value and value.value for value in (line.rate, line.base, line.amount)) for line in found]  # type: ignore[misc]


@pytest.mark.parametrize(
    "heads",
    [
        ("MwSt-Satz", "Netto", "MwSt-Betrag"),
        ("VAT rate", "Taxable amount", "VAT amount"),
        ("Taux", "Base HT", "Montant TVA"),
        ("Tipo IVA", "Base imponible", "Cuota IVA"),
    ],
)
def test_a_table_of_taxes_is_read(heads: tuple[str, str, str]) -> None:
    columns: list[Setting] = [(150, heads[0], True), (300, heads[1], True), (450, heads[2], True)]
    content, _ = table(columns, [["19 %", "100,00", "19,00"], ["7 %", "50,00", "3,50"]], 400)
    assert read(page(1, content)) == [("19", "100.00", "19.00"), ("7", "50.00", "3.50")]


@pytest.mark.parametrize("line", ["VAT 20% on 112.90 22.58", "Tax 20 % 112.90 22.58", "112.90 x 20% VAT 22.58"])
def test_a_line_with_rate_base_and_tax_is_read(line: str) -> None:
    assert read(page(1, words(60, 400, line))) == [("20", "112.90", "22.58")]


def test_a_line_with_rate_and_tax_only_is_read() -> None:
    assert read(page(1, words(60, 400, "USt 19 % 9,50"))) == [("19", None, "9.50")]


def test_a_rate_of_nothing_is_read_with_its_base() -> None:
    columns: list[Setting] = [(150, "MwSt-Satz", True), (300, "Bemessungsgrundlage", True), (450, "MwSt-Betrag", True)]
    content, _ = table(columns, [["0 %", "380,00", "0,00"]], 400)
    assert read(page(1, content)) == [("0", "380.00", "0.00")]


@pytest.mark.parametrize(
    "line", ["Discount 2% on 100.00 VAT 2.00", "Pay 98.00 within 10 days at 2% discount", "Interest of 9% a year"]
)
def test_other_rates_are_no_taxes(line: str) -> None:
    assert read(page(1, words(60, 400, line))) == []


def test_the_same_tax_printed_twice_is_one() -> None:
    content: list[Word] = words(60, 400, "VAT 20% on 112.90 22.58") + words(60, 500, "VAT 20% on 112.90 22.58")
    assert len(read(page(1, content))) == 1


def test_a_tax_that_is_named_once_with_and_once_without_its_base_is_one() -> None:
    content: list[Word] = words(60, 400, "VAT 20% 22.58") + words(60, 500, "VAT 20% on 112.90 22.58")
    assert read(page(1, content)) == [("20", "112.90", "22.58")]


def _of(text: str) -> Value:
    only = Candidate(text, text, score=0.9)
    return Value(only, (only,))


def _line(amount: str) -> TaxLine:
    return TaxLine(None, None, _of(amount))


def test_taxes_that_are_printed_by_rate_only_are_added_up() -> None:
    found = summed_tax({"tax_total": _of("8.80")}, [_line("18.20"), _line("8.80")])
    assert found["tax_total"].value == "27.00"
    assert found["tax_total"].chosen.source == "arithmetic"


@pytest.mark.parametrize(
    ("fields", "taxes"),
    [
        ({"tax_total": _of("27.00")}, ["18.20", "8.80"]),
        ({"tax_total": _of("8.80")}, ["8.80"]),
        ({}, ["18.20", "8.80"]),
        ({"tax_total": _of("8.80"), "line_total": _of("100.00"), "grand_total": _of("108.80")}, ["18.20", "8.80"]),
    ],
)
def test_a_tax_that_is_the_total_already_stays(fields: dict[FieldName, Value], taxes: list[str]) -> None:
    assert summed_tax(fields, [_line(amount) for amount in taxes]) == {}


def test_taxes_of_one_rate_that_go_to_different_states_are_two() -> None:
    content = words(300, 400, "CGST 6%") + words(450, 400, "103.88") + words(300, 420, "SGST 6%") + words(450, 420, "103.88")
    assert read(page(1, content)) == [("6", None, "103.88"), ("6", None, "103.88")]
