"""From an analysis to invoices: several in a file, pages that are none, engines that name values, credit notes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from assets.invoices.logic.extraction import extract
from assets.invoices.logic.invoice import Invoice
from resources.document_ai.layout import Analysis, Box, KeyValue
from tests.logic.invoices.extraction.layouts import LAYOUTS, analysis, page_of


def numbers(invoices: list[Invoice]) -> list[tuple[str, tuple[int, ...]]]:
    return [(invoice.fields["invoice_number"].value, invoice.pages) for invoice in invoices]


def _invoice(number: str, mark: str = "") -> str:
    return f"""
40 | 40: Alpha Tools Ltd
54 | 40: 3 Forge Road
68 | 40: Sheffield S1 2AB
100 | 40: Invoice No: | 140: {number} | 430: {mark or "-"}
114 | 40: Invoice Date: | 140: 3 March 2025
200 | 40: Description | 300: Quantity | 480: Amount
220 | 40: Hammer | 300: 1 | 480: £10.00
260 | 380: Total | 480: £10.00
"""


RULES = "40 | 200: Terms and Conditions\n" + "\n".join(
    f"{60 + 12 * n} | 40: The supplier shall deliver the goods to the place that the order names, and the risk passes there"
    for n in range(20)
)


def test_a_file_with_several_invoices_is_split_where_another_number_begins() -> None:
    assert numbers(extract(analysis(_invoice("A-1"), _invoice("A-2")))) == [("A-1", (1,)), ("A-2", (2,))]


def test_pages_of_one_invoice_stay_together() -> None:
    file = analysis(_invoice("A-1", "Page 1 of 2"), _invoice("A-1", "Page 2 of 2"), _invoice("A-1", "Page 1 of 1"))
    assert numbers(extract(file)) == [("A-1", (1, 2)), ("A-1", (3,))]


def test_a_page_without_a_number_belongs_to_the_invoice_before_it() -> None:
    more = "40 | 40: Description | 300: Quantity | 480: Amount\n60 | 40: Nail | 300: 2 | 480: 4.00"
    assert numbers(extract(analysis(_invoice("A-1"), more))) == [("A-1", (1, 2))]


def test_pages_of_terms_and_conditions_belong_to_no_invoice() -> None:
    assert numbers(extract(analysis(_invoice("A-1"), RULES, _invoice("A-2")))) == [("A-1", (1,)), ("A-2", (3,))]
    assert extract(analysis(RULES)) == []


def test_a_file_without_pages_holds_no_invoice() -> None:
    assert extract(Analysis("none")) == []


def test_every_value_has_its_place_and_the_candidates_that_were_considered() -> None:
    [invoice] = extract(analysis(*LAYOUTS["british"].pages))
    number = invoice.fields["invoice_number"]
    assert number.chosen.page == 1
    assert number.chosen.box is not None
    assert number.chosen.box.left == pytest.approx(450, abs=1)
    assert number.chosen.raw == "BW-1043"
    for value in invoice.fields.values():
        assert value.chosen in value.candidates
        assert len(value.candidates) <= 8
        assert all(candidate.why for candidate in value.candidates)


def test_an_ambiguous_date_keeps_both_days_as_candidates() -> None:
    file = _invoice("A-1").replace("3 March 2025", "04/05/2025").replace("£", "").replace("Sheffield S1 2AB", "Sheffield")
    [invoice] = extract(analysis(file))
    days = {candidate.value for candidate in invoice.fields["issue_date"].candidates}
    assert {"2025-05-04", "2025-04-05"} <= days


def test_a_due_date_that_follows_from_the_terms_says_so() -> None:
    [invoice] = extract(analysis(*LAYOUTS["british"].pages))
    due = invoice.fields["due_date"].chosen
    assert due.source == "arithmetic"
    assert "30 days" in due.raw


def test_days_for_a_discount_are_no_days_to_pay() -> None:
    file = _invoice("A-1") + "300 | 40: 2% discount if paid within 10 days\n"
    [invoice] = extract(analysis(file))
    assert "due_date" not in invoice.fields


def test_what_the_engine_names_is_a_candidate_beside_the_page() -> None:
    box = Box(430, 40, 500, 50)
    named = (
        KeyValue("invoice_number", "A-1", 0.9, 1, box),
        KeyValue("due_date", "02.04.2025", 0.8, 1, box),
        KeyValue("grand_total", "£10.00", 0.9, 1, box),
        KeyValue("LoyaltyPoints", "12", 0.9, 1, box),
    )
    [invoice] = extract(replace(analysis(_invoice("A-1")), key_values=named))
    assert invoice.fields["due_date"].value == "2025-04-02"
    assert invoice.fields["due_date"].chosen.source == "engine"
    assert Decimal(invoice.fields["grand_total"].value) == 10
    assert invoice.fields["invoice_number"].chosen.score > 0.98


def test_values_that_the_engine_names_stay_with_their_page() -> None:
    named = (KeyValue("purchase_order", "PO-9", 0.9, 2, Box(0, 0, 1, 1)),)
    first, second = extract(replace(analysis(_invoice("A-1"), _invoice("A-2")), key_values=named))
    assert "purchase_order" not in first.fields
    assert second.fields["purchase_order"].value == "PO-9"


def test_a_correction_keeps_its_minus_and_a_credit_note_loses_it() -> None:
    page = LAYOUTS["credit_note"].pages[0]
    [credit] = extract(analysis(page))
    assert credit.fields["grand_total"].value == "48.00"
    assert credit.fields["grand_total"].chosen.raw == "-48.00"
    correction = page.replace("CREDIT NOTE", "RECHNUNGSKORREKTUR").replace("Credit Note No.", "Belegnummer")
    [corrected] = extract(analysis(correction))
    assert corrected.fields["document_type"].value == "invoice"
    assert corrected.fields["grand_total"].value == "-48.00"


def test_wrong_check_digits_are_told_and_count_against_a_number() -> None:
    page = LAYOUTS["swiss"].pages[0]
    [right] = extract(analysis(page))
    [wrong] = extract(analysis(page.replace("5295 7", "5295 8")))
    assert right.fields["iban"].chosen.score > 0.8 > wrong.fields["iban"].chosen.score
    assert "wrong" in wrong.fields["iban"].chosen.why[0]


def test_the_order_of_pages_and_words_in_the_file_does_not_matter() -> None:
    page = page_of(1, LAYOUTS["german_letter"].pages[0])
    shuffled = replace(page, lines=tuple(reversed(page.lines)))
    [one], [other] = extract(Analysis("set", (page,))), extract(Analysis("set", (shuffled,)))
    assert {name: value.value for name, value in one.fields.items()} == {
        name: value.value for name, value in other.fields.items()
    }


def test_the_tax_number_beside_a_label_of_the_customer_is_not_the_sellers() -> None:
    file = _invoice("A-1") + "300 | 40: VAT No: GB 980 7806 84\n320 | 40: Customer VAT No | 200: FR83404833048\n"
    [invoice] = extract(analysis(file))
    assert invoice.fields["seller_tax_ids"].value == "GB980780684"
    assert invoice.fields["buyer_tax_ids"].value == "FR83404833048"


def test_net_days_stand_beside_the_days_of_a_discount() -> None:
    file = _invoice("A-1") + "300 | 40: Terms: 2% 10 Net 30\n"
    [invoice] = extract(analysis(file))
    assert invoice.fields["due_date"].value == "2025-04-02"


def test_a_box_at_the_post_office_is_no_purchase_order() -> None:
    file = _invoice("A-1").replace("3 Forge Road", "P.O. Box 771") + "300 | 40: PO Number: | 140: 45-9921\n"
    [invoice] = extract(analysis(file))
    assert invoice.fields["purchase_order"].value == "45-9921"


def test_what_was_paid_is_the_total_where_no_other_is_named() -> None:
    file = _invoice("A-1").replace("380: Total |", "380: Total paid |")
    [invoice] = extract(analysis(file))
    assert invoice.fields["grand_total"].value == "10.00"


def test_a_block_to_the_hands_of_someone_is_the_buyer() -> None:
    file = """
60 | 60: Grosse Industrie GmbH & Co. KG | 380: Malermeister Olaf Pinsel
74 | 60: Einkauf, z. Hd. Frau Lenz | 380: Farbweg 3
88 | 60: Werkstraße 100 | 380: 45128 Essen
102 | 60: 45127 Essen | 380: Tel. 0201 12345
200 | 60: Rechnung Nr. 4711 | 380: Datum: 03.05.2021
280 | 380: Gesamtbetrag | 480: 285,60 €
"""
    [invoice] = extract(analysis(file))
    assert invoice.fields["seller"].value == "Malermeister Olaf Pinsel"
